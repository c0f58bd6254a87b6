"""Headerless IQ files: their format by extension and content, their rate and centre by name or neighbour."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from sweeper.errors import InputError
from sweeper.recording.files import open_regular
from sweeper.recording.formats import AMBIGUOUS, EXTENSIONS, REAL_SAMPLES, SampleFormat, format_named
from sweeper.recording.guess import LEAST_BYTES, guess, is_float, sample_bytes
from sweeper.recording.names import facts
from sweeper.recording.overrides import HIGHEST_HZ, Overrides
from sweeper.recording.samples import Look, fits
from sweeper.recording.sigmf_files import Recording
from sweeper.text import Phrase, Words, say

SURE_BYTES = 4_096
"""Content contradicts an extension only with this much of it to look at."""

_FOREIGN = (
    (b"\x1f\x8b", say("compressed (gzip); unpack it first")),
    (b"BZh", say("compressed (bzip2); unpack it first")),
    (b"\xfd7zXZ\x00", say("compressed (xz); unpack it first")),
    (b"\x28\xb5\x2f\xfd", say("compressed (zstd); unpack it first")),
    (b"PK\x03\x04", say("a zip archive; unpack it first")),
    (b"\x7fELF", say("a program, not a recording")),
    (b"%PDF", say("a PDF document, not a recording")),
    (b"\x89PNG", say("a picture, not a recording")),
    (b"\xff\xd8\xff", say("a picture, not a recording")),
    (b"SQLite format 3\x00", say("a database, not a recording")),
    (b"fLaC", say("sound (FLAC), not IQ")),
    (b"OggS", say("sound (Ogg), not IQ")),
    (b"ID3", say("sound (MP3), not IQ")),
)


def recording(place: Path, name: str, file: BinaryIO, head: bytes, size: int, wanted: Overrides) -> Recording:
    """The one look of a headerless file; ``InputError`` says what the user has to tell."""
    told = facts(place.name)
    problems: list[Words] = [*told.notes] if wanted.rate_hz is None else []
    form = _format(place, name, file, head, size, wanted, told.format, problems)
    beside = _portapack(place)
    rate = wanted.rate_hz or beside[0] or told.rate_hz
    center = next((hz for hz in (wanted.center_hz, beside[1], told.center_hz) if hz is not None), 0.0)
    if size < form.sample_bytes:
        raise InputError(
            name, say("is too short for one sample of {name} ({size} bytes)", name=form.name, size=size), 0
        )
    if rate is None:
        raise InputError(
            name,
            say("the sample rate of this {name} recording is not known; say --rate, as 2.4M", name=form.name),
        )
    count = fits(size, form.sample_bytes, 0, problems)
    if not form.complex:
        problems.append(REAL_SAMPLES)
    look = Look(lambda: open_regular(place), 0, count, form, rate, center)
    return Recording((look,), told.start_utc_s, (), tuple(problems))


def likely(place: Path, head: bytes, file: BinaryIO, size: int) -> bool:
    """Whether a file found in a folder is to be taken for IQ: by its extension, or by ambiguous extension
    and telling content."""
    if named(place):
        return True
    ending = place.suffix.lstrip(".").lower()
    if ending not in AMBIGUOUS or not ending or _foreign(head) is not None:
        return False
    return guess(sample_bytes(file, 0, size)) is not None


def named(place: Path) -> bool:
    """Whether the name alone says that a file is IQ."""
    return place.suffix.lstrip(".").lower() in EXTENSIONS or facts(place.name).format is not None


def _format(
    place: Path,
    name: str,
    file: BinaryIO,
    head: bytes,
    size: int,
    wanted: Overrides,
    named: str | None,
    problems: list[Words],
) -> SampleFormat:
    """Format by override, by extension unless the content plainly contradicts it, or by content."""
    if (forced := format_named(wanted.format or "")) is not None:
        return forced
    ending = place.suffix.lstrip(".").lower()
    said = format_named(EXTENSIONS.get(ending) or named or "")
    if said is None:
        if (foreign := _foreign(head)) is not None:
            raise InputError(name, say("is {what}", what=foreign), 0)
        if ending not in AMBIGUOUS:
            raise InputError(
                name, say("is no recording that is known here; if it is raw IQ, say --format and --rate")
            )
    raw = sample_bytes(file, 0, size)
    seen = format_named(guess(raw) or "")
    if said is None:
        if seen is None:
            if size < LEAST_BYTES:
                words = say(
                    "its content does not tell the sample format (too few bytes); say --format, as cu8"
                )
                raise InputError(name, words)
            raise InputError(name, say("its content does not tell the sample format; say --format, as cu8"))
        return seen
    if seen is not None and _contradicts(said, seen, raw):
        problems.append(
            say(
                "named .{ending}, but its content is {name} and is read so; --format overrides",
                ending=ending,
                name=seen.name,
            )
        )
        return seen
    return said


def _contradicts(said: SampleFormat, seen: SampleFormat, raw: npt.NDArray[np.uint8]) -> bool:
    """Only what is plain: numbers that are no floats under a float's extension, floats under another.

    Integer formats among each other are left to the name: a weak or one-sided signal can look like either.
    """
    if raw.size < SURE_BYTES:
        return False
    if said.kind == "f":
        return seen.bits != said.bits and not (said.complex and is_float(raw, said.component_bytes))
    return seen.kind == "f"


def _foreign(head: bytes) -> Phrase | None:
    for magic, what in _FOREIGN:
        if head.startswith(magic):
            return what
    text = head[:4096]
    if not text.translate(None, delete=bytes(range(32, 127)) + b"\t\r\n\x0c") or _is_utf8_text(text):
        return say("text, not a recording that is known here")
    return None


def _is_utf8_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:
            return False
        text = head[: error.start].decode("utf-8")
    return bool(text) and all(character.isprintable() or character in "\t\r\n\f" for character in text)


def _portapack(place: Path) -> tuple[float | None, float | None]:
    """Rate and centre from the ``.TXT`` that a PortaPack writes beside its ``.C16`` and ``.C8`` files."""
    if place.suffix.lower() not in (".c16", ".c8"):
        return None, None
    for ending in (".TXT", ".txt"):
        try:
            with open_regular(place.with_suffix(ending)) as file:
                lines = file.read(4_096).decode("ascii", "replace").splitlines()
        except InputError:
            continue
        values = dict(line.split("=", 1) for line in lines if "=" in line)
        return _positive(values.get("sample_rate")), _positive(values.get("center_frequency"))
    return None, None


def _positive(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if 0 < value < HIGHEST_HZ else None
