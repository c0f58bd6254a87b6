"""IQ in WAV files: left is I, right is Q.

    "RIFF" size "WAVE"   then chunks: id[4] | size u32 | body, padded to two bytes
    "RF64"/"BW64" ffffffff "WAVE"  with "ds64": riff u64 | data u64 | samples u64 | ...   (EBU Tech 3306)
    "fmt "  tag u16 | channels u16 | rate u32 | byte rate u32 | block u16 | bits u16 | [extension: subformat]
    "auxi"  start SYSTEMTIME | stop SYSTEMTIME | centre u32 | ADC rate u32 | IF u32 | bandwidth u32 | ...
            SYSTEMTIME: year, month, weekday, day, hour, minute, second, millisecond, each u16, UTC
            (SpectraVue's chunk, also written by HDSDR, SDR#, SDRuno and Perseus)
    "auxi"  in SDR Console: XML in UTF-16 with CurrentTimeUTC and RadioCenterFreq
    "data"  the samples

A recorder that was cut off leaves a data size of 0 or ffffffff, and beyond 4 GiB the 32-bit size is wrong;
both are read to the end of the file. The samples are read like those of any raw recording.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO

from sweeper.errors import InputError
from sweeper.recording.files import size_of
from sweeper.recording.formats import SampleFormat, format_named
from sweeper.text import Words, say

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
MAX_AUXI = 65_536
"""Longest auxi chunk looked into: the binary one has 164 bytes, SDR Console's XML a few kilobytes."""
MOST_CHUNKS = 1_000
"""Chunks walked before giving up: real files have under ten."""
UNKNOWN_SIZES = (0, 0xFFFFFFFF)

_XML_TIME = re.compile(r'CurrentTimeUTC="(\d{2})-(\d{2})-(\d{4}) (\d{2}):(\d{2}):(\d{2})"', re.ASCII)
_XML_CENTER = re.compile(r'RadioCenterFreq="(\d{1,12})"', re.ASCII)


class SoundError(InputError):
    """A WAV file that is sound, not IQ."""


@dataclass(frozen=True)
class WavHeader:
    """What the chunks tell. ``offset`` and ``size`` are those of the samples, in bytes."""

    format: SampleFormat
    channels: int
    rate_hz: float
    offset: int
    size: int
    center_hz: float | None
    start_utc_s: float | None
    problems: tuple[Words, ...]


def is_wav(head: bytes) -> bool:
    """Whether a file that starts with ``head`` (12 bytes) is RIFF/WAVE or its 64-bit form."""
    return head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE"


def header(path: str, file: BinaryIO) -> WavHeader:
    """The header of an open WAV file; ``InputError`` where the samples cannot be told."""
    walk = _Walk(path, size_of(file))
    walk.chunks(file)
    if walk.form is None:
        raise InputError(path, say("a WAV file without a format chunk"), 12)
    if walk.offset is None:
        raise InputError(path, say("a WAV file without samples"), walk.at)
    form, channels, rate = _form(path, walk.form)
    return WavHeader(
        form, channels, rate, walk.offset, walk.size, walk.center_hz, walk.start_utc_s, tuple(walk.problems)
    )


class _Walk:
    """One pass over the chunks."""

    def __init__(self, path: str, end: int) -> None:
        self.path, self.end, self.at = path, end, 12
        self.form: bytes | None = None
        self.offset: int | None = None
        self.size = 0
        self.long_size: int | None = None
        self.center_hz: float | None = None
        self.start_utc_s: float | None = None
        self.problems: list[Words] = []

    def chunks(self, file: BinaryIO) -> None:
        for _ in range(MOST_CHUNKS):
            file.seek(self.at)
            head = file.read(8)
            if len(head) < 8:
                return
            name, size = head[:4], struct.unpack("<I", head[4:])[0]
            if name == b"data":
                if self.offset is None:
                    self._data(size)
                if size in UNKNOWN_SIZES or self.size > size:
                    return
            elif name in (b"fmt ", b"ds64", b"auxi"):
                self._body(name, file.read(min(size, MAX_AUXI)))
            self.at += 8 + size + (size & 1)

    def _data(self, size: int) -> None:
        """Where the samples are, and how many bytes of them there really are."""
        self.offset = self.at + 8
        there = self.end - self.offset
        told = self.long_size if self.long_size is not None and size == 0xFFFFFFFF else size
        if told in UNKNOWN_SIZES or (self.long_size is None and self.end > 2**32):
            self.size = there
            if told in UNKNOWN_SIZES and there:
                self.problems.append(
                    say("the recorder was cut off: the header tells no length, read to the file's end")
                )
            return
        self.size = min(told, there)
        if told > there:
            self.problems.append(
                say(
                    "the file ends {lack} bytes before its header says, at byte {end}",
                    lack=told - there,
                    end=self.end,
                )
            )

    def _body(self, name: bytes, body: bytes) -> None:
        if name == b"fmt ":
            self.form = self.form or body
        elif name == b"ds64" and len(body) >= 16:
            self.long_size = struct.unpack_from("<Q", body, 8)[0]
        elif name == b"auxi":
            self.center_hz, self.start_utc_s = auxi(body)


def _form(path: str, body: bytes) -> tuple[SampleFormat, int, float]:
    """Sample format, IQ channels and rate that a ``fmt `` chunk tells."""
    if len(body) < 16:
        raise InputError(path, say("a WAV format chunk that is cut short"), 12)
    tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", body)
    if tag == EXTENSIBLE and len(body) >= 26:
        tag = struct.unpack_from("<H", body, 24)[0]
    kind = {PCM: "u" if bits == 8 else "s", FLOAT: "f"}.get(tag)
    form = format_named(f"c{kind}{bits}") if kind else None
    if form is None:
        raise InputError(
            path, say("WAV samples of kind {tag} with {bits} bits are not read", tag=tag, bits=bits), 12
        )
    if channels == 1:
        raise SoundError(path, say("a mono WAV file: sound, not IQ, which needs two channels"))
    if channels == 0 or channels % 2:
        raise InputError(path, say("a WAV file of {channels} channels: IQ needs pairs", channels=channels))
    return form, channels // 2, float(rate)


def auxi(body: bytes) -> tuple[float | None, float | None]:
    """Centre (hertz) and start (UTC seconds) from an auxi chunk; ``None`` for what it does not tell.

    A centre of 0 is what recorders write that do not know it.
    """
    if body[:2] in (b"\xff\xfe", b"<\x00"):
        text = body.decode("utf-16-le", "replace")
        center, time = _XML_CENTER.search(text), _XML_TIME.search(text)
        day, month, year, *clock = (int(part) for part in time.groups()) if time else (0, 0, 0)
        return (float(center[1]) or None) if center else None, _utc(year, month, day, *clock)
    if len(body) < 36:
        return None, None
    year, month, _, day, hour, minute, second, milli = struct.unpack_from("<8H", body)
    start = _utc(year, month, day, hour, minute, second)
    center_hz = float(struct.unpack_from("<I", body, 32)[0]) or None
    return center_hz, None if start is None else start + min(milli, 999) / 1000


def _utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> float | None:
    if year < 1990:  # an unset clock, or bytes that are no date
        return None
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()
    except ValueError:
        return None
