"""SigMF recordings: a pair of files (``.sigmf-meta`` and ``.sigmf-data``) or an archive of such pairs.

The metadata is JSON: ``global`` names the datatype, rate and number of channels, ``captures`` the stretches
of samples with their centre and start, ``annotations`` what somebody marked (https://sigmf.org). One capture
is one look; captures that go on where the last one ended, at the same centre, are one look together.

Samples are laid out so: ``[header_bytes of capture 0] samples [header_bytes of capture 1] samples ...
[trailing_bytes]``, channels interleaved sample by sample. All sample numbers count from ``core:offset``.

The ``sigmf`` package knows the schema; what it objects to is told as a problem, and what can be read is
read: real recordings often miss a formality.
"""

from __future__ import annotations

import tarfile
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

import msgspec

from sweeper.errors import InputError
from sweeper.recording.files import READ_ERRORS, open_regular, reason, shown, size_of
from sweeper.recording.formats import REAL_SAMPLES, SampleFormat, format_named
from sweeper.recording.overrides import Overrides
from sweeper.recording.samples import MAX_CHANNELS, Look
from sweeper.text import Words, say

META, DATA, COLLECTION = ".sigmf-meta", ".sigmf-data", ".sigmf-collection"
MAX_META = 16 << 20
"""Bytes of metadata read: a hundred thousand annotations; as JSON values they take up to 400 MB."""
MAX_TAR_HEADER = 1 << 20
"""Bytes of an extended tar header, taken into memory by the tar reader: real ones have under 1000."""
MAX_VALIDATED = 2 << 20
"""Bytes of metadata checked against the schema, which takes about a second for this much."""
SAME_CLOCK_S = 1e-3
"""Captures whose stated times differ from their sample count by less follow each other without a gap:
``core:datetime`` is often written in milliseconds."""

Opener = Callable[[], AbstractContextManager[BinaryIO]]


@dataclass(frozen=True)
class Bytes:
    """A stretch of a stream: a file, or a member of an archive."""

    opener: Opener
    size: int
    offset: int = 0


@dataclass(frozen=True)
class Recording:
    """What one or several SigMF recordings come to. ``data`` is the file of the samples, where it is not the
    named one."""

    looks: tuple[Look, ...]
    start_utc_s: float | None
    annotations: tuple[dict[str, Any], ...]
    problems: tuple[Words, ...]
    data: Path | None = None


def pair(path: Path) -> tuple[Path, Path] | None:
    """(metadata, data) of a recording of which either file is named; ``None`` if it is no such name.

    The data file need not exist yet; metadata may name another one, see ``read_pair``.
    """
    name = path.name
    for ending in (META, DATA):
        if name.lower().endswith(ending):
            stem = name[: -len(ending)]
            return path.with_name(stem + META), path.with_name(stem + DATA)
    return None


def read_pair(meta: Path, data: Path, overrides: Overrides) -> Recording:
    """The recording of a pair of files."""
    path = shown(meta)
    with open_regular(meta) as file:
        if size_of(file) > MAX_META:
            raise InputError(
                path, say("metadata of more than {max_meta} bytes is not read", max_meta=MAX_META)
            )
        raw = file.read()
    parsed, problems = _parse(path, raw)
    other = parsed["global"].get("core:dataset")
    if isinstance(other, str):
        if Path(other).name != other:
            raise InputError(path, say("core:dataset names a file in another folder, which is not opened"))
        data = meta.with_name(other)
    elif parsed["global"].get("core:metadata_only") is True and not data.exists():
        raise InputError(path, say("metadata only: the samples were not distributed with it"))
    with open_regular(data) as file:
        size = size_of(file)
    read = _recording(shown(data), parsed, Bytes(lambda: open_regular(data), size), overrides, problems)
    return replace(read, data=data)


def read_archive(path: Path, overrides: Overrides) -> Recording:
    """All recordings of an archive, one after the other."""
    name = shown(path)
    found: list[Recording] = []
    problems: list[Words] = []
    members = _members(path, problems)
    for meta, member in members.items():
        if not meta.lower().endswith(META):
            continue
        with member.opener() as file:
            file.seek(member.offset)
            raw = file.read(min(member.size, MAX_META))
        parsed, own = _parse(name, raw)
        data = _data_member(meta, parsed, members)
        if data is None:
            problems.append(say("no samples for {meta}", meta=meta))
            continue
        found.append(_recording(name, parsed, members[data], overrides, own))
    if not found:
        if problems:
            words = say("an archive without a SigMF recording ({problem})", problem=problems[0])
            raise InputError(name, words)
        raise InputError(name, say("an archive without a SigMF recording"))
    return _join(found, problems)


def _join(found: list[Recording], problems: list[Words]) -> Recording:
    """Recordings one after the other: at their stated times if these rise, else end to start."""
    looks: list[Look] = []
    first = found[0].start_utc_s
    end = 0.0
    for recording in found:
        begin = end
        if first is not None and recording.start_utc_s is not None and recording.start_utc_s - first >= end:
            begin = recording.start_utc_s - first
        for look in recording.looks:
            moved = replace(look, start_s=look.start_s + begin)
            looks.append(moved)
            end = max(end, moved.stop_s)
        problems += recording.problems
    annotations = tuple(mark for recording in found for mark in recording.annotations)
    return Recording(tuple(looks), first, annotations, tuple(problems))


def _data_member(meta: str, parsed: dict[str, Any], members: dict[str, Bytes]) -> str | None:
    stem = meta[: -len(META)]
    dataset = parsed["global"].get("core:dataset")
    beside = meta.rpartition("/")[0]
    named = f"{beside}/{dataset}" if beside else dataset
    return next((name for name in (stem + DATA, named) if name in members), None)


def _members(path: Path, problems: list[Words]) -> dict[str, Bytes]:
    """Files in a tar (plain or compressed) or zip by name, in the archive's order.

    Members of a plain tar are read in place: what is left of a cut archive can be read to its last byte.
    """
    members: dict[str, Bytes] = {}
    with open_regular(path) as file:
        end = size_of(file)
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                for info in archive.infolist():
                    members[info.filename] = Bytes(_zip_opener(path, info.filename), info.file_size)
            return members
        file.seek(257)
        plain = file.read(5) == b"ustar"
        file.seek(0)
        try:
            with tarfile.open(fileobj=file, mode="r:*", tarinfo=_Member) as tar:
                for member in tar:
                    if not member.isreg():
                        continue
                    if plain and not member.issparse():
                        there = min(member.size, end - member.offset_data)
                        members[member.name] = Bytes(lambda: open_regular(path), there, member.offset_data)
                    else:
                        members[member.name] = Bytes(_tar_opener(path, member.name), member.size)
        except READ_ERRORS as error:
            problems.append(say("the archive breaks off: {error}", error=reason(error)))
    return members


class _Member(tarfile.TarInfo):
    """A tar header that refuses to be a gigabyte long: a packed archive can claim and deliver that."""

    def _proc_member(self, tar: tarfile.TarFile) -> tarfile.TarInfo:
        extended = self.type in (*_EXTENDED, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK)
        if extended and self.size > MAX_TAR_HEADER:
            raise tarfile.ReadError(f"a header of {self.size} bytes")
        member: tarfile.TarInfo = super()._proc_member(tar)  # type: ignore[misc]
        return member


_EXTENDED = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE)


def _tar_opener(path: Path, name: str) -> Opener:
    @contextmanager
    def opener() -> Iterator[BinaryIO]:
        with open_regular(path) as file, tarfile.open(fileobj=file, mode="r:*") as tar:
            member = next((member for member in tar if member.name == name and member.isreg()), None)
            stream = tar.extractfile(member) if member is not None else None
            if stream is None:
                raise EOFError(f"{name} is no longer in the archive")
            with stream:
                yield cast("BinaryIO", stream)

    return opener


def _zip_opener(path: Path, name: str) -> Opener:
    @contextmanager
    def opener() -> Iterator[BinaryIO]:
        with open_regular(path) as file, zipfile.ZipFile(file) as archive, archive.open(name) as stream:
            yield cast("BinaryIO", stream)

    return opener


def _parse(path: str, raw: bytes) -> tuple[dict[str, Any], list[Words]]:
    """Metadata as a dictionary whose three parts have the right types, and what is wrong with it."""
    try:
        parsed = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(path, say("metadata that is no JSON: {error}", error=reason(error))) from error
    if not isinstance(parsed, dict) or not isinstance(parsed.get("global"), dict):
        raise InputError(path, say("metadata without a global part"))
    problems = _validate(parsed) if len(raw) <= MAX_VALIDATED else []
    for part in ("captures", "annotations"):
        rows = parsed.get(part)
        parsed[part] = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return parsed, problems


def _validate(parsed: dict[str, Any]) -> list[Words]:
    """What the sigmf package's schema objects to, the gravest only."""
    import sigmf.validate

    schema_errors = sigmf.validate.jsonschema.exceptions
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sigmf.validate.validate(parsed)
    except schema_errors.ValidationError as error:
        where = "/".join(str(step) for step in error.absolute_path)
        problem = f"{where + ': ' if where else ''}{reason(error)}"
        return [say("metadata against the SigMF schema: {problem}", problem=problem)]
    except (
        schema_errors.SchemaError,
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        RecursionError,
    ) as error:
        return [f"metadata against the SigMF schema: {reason(error)}"]
    return []


def _recording(
    path: str, parsed: dict[str, Any], data: Bytes, overrides: Overrides, problems: list[Words]
) -> Recording:
    glob = parsed["global"]
    form = _form(path, glob, overrides)
    rate = overrides.rate_hz or _number(glob.get("core:sample_rate"))
    channels = _whole(glob.get("core:num_channels"), 1)
    if not 1 <= channels <= MAX_CHANNELS:
        raise InputError(
            path,
            say(
                "{channels} channels are not possible (1 to {max_channels})",
                channels=channels,
                max_channels=MAX_CHANNELS,
            ),
        )
    if rate is None:
        raise InputError(path, say("the sample rate is not known; say --rate, as --rate 2.4M"))
    layout = _Layout(data, form, channels, rate, _whole(glob.get("core:trailing_bytes"), 0))
    origin = _whole(glob.get("core:offset"), 0)
    looks, start = _looks(parsed["captures"], layout, overrides.center_hz, origin, problems)
    if not form.complex:
        problems.append(REAL_SAMPLES)
    return Recording(tuple(looks), start, tuple(parsed["annotations"]), tuple(problems))


@dataclass(frozen=True)
class _Layout:
    """How samples lie in the data file."""

    data: Bytes
    form: SampleFormat
    channels: int
    rate_hz: float
    trailing: int

    @property
    def frame(self) -> int:
        return self.form.sample_bytes * self.channels


def _looks(
    captures: list[dict[str, Any]],
    layout: _Layout,
    center_hz: float | None,
    origin: int,
    problems: list[Words],
) -> tuple[list[Look], float | None]:
    """One look for each capture, and the UTC start of the first."""
    rows = sorted(captures, key=lambda row: _whole(row.get("core:sample_start"), 0)) or [{}]
    starts = [max(0, _whole(row.get("core:sample_start"), 0) - origin) for row in rows]
    headers = [_whole(row.get("core:header_bytes"), 0) for row in rows]
    room = layout.data.size - layout.trailing - sum(headers)
    total, rest = divmod(max(room, 0), layout.frame)
    if rest:
        at = layout.data.offset + layout.data.size - layout.trailing - rest
        problems.append(
            say(
                "the last sample is cut: {rest} of {frame} bytes at byte {at}",
                rest=rest,
                frame=layout.frame,
                at=at,
            )
        )
    if starts[-1] > total:
        problems.append(
            say("a capture starts at sample {sample}, the file has {total}", sample=starts[-1], total=total)
        )
    times = [_moment(row.get("core:datetime")) for row in rows]
    looks: list[Look] = []
    clock = _Clock(times[0], layout.rate_hz)
    skipped = 0
    for index, row in enumerate(rows):
        skipped += headers[index]
        stop = starts[index + 1] if index + 1 < len(rows) else total
        count = min(stop, total) - starts[index]
        if count <= 0:
            continue
        center = center_hz if center_hz is not None else _number(row.get("core:frequency"), zero=True) or 0.0
        begin = clock.at(times[index], starts[index], problems)
        offset = layout.data.offset + skipped + starts[index] * layout.frame
        look = Look(
            layout.data.opener, offset, count, layout.form, layout.rate_hz, center, begin, layout.channels
        )
        if looks and _follows(looks[-1], look):
            last = looks.pop()
            look = replace(last, samples=last.samples + look.samples)
        looks.append(look)
    return looks, times[0]


def _follows(last: Look, look: Look) -> bool:
    """Whether a look goes on where the last one ended, in the file, in time and at the same centre."""
    return (
        last.offset + last.samples * last.frame_bytes == look.offset
        and last.center_hz == look.center_hz
        and abs(last.stop_s - look.start_s) < 0.5 / look.rate_hz
    )


class _Clock:
    """Where a capture lies in time: by its sample number, moved on where stated times tell of a gap."""

    def __init__(self, origin_utc_s: float | None, rate_hz: float) -> None:
        self._origin = origin_utc_s
        self._rate = rate_hz
        self._gap = 0.0

    def at(self, moment: float | None, sample: int, problems: list[Words]) -> float:
        by_count = sample / self._rate + self._gap
        if moment is None or self._origin is None:
            return by_count
        ahead = moment - self._origin - by_count
        if ahead > SAME_CLOCK_S:
            self._gap += ahead
            return by_count + ahead
        if ahead < -SAME_CLOCK_S:
            problems.append(
                say(
                    "the clock of the capture at sample {sample} is {seconds:.3f} s behind; not followed",
                    sample=sample,
                    seconds=-ahead,
                )
            )
        return by_count


def _form(path: str, glob: dict[str, Any], overrides: Overrides) -> SampleFormat:
    datatype = overrides.format or glob.get("core:datatype")
    form = format_named(datatype) if isinstance(datatype, str) else None
    if form is None:
        raise InputError(
            path, say("samples of type {datatype!r:.40} are not read; say --format", datatype=datatype)
        )
    return form


def _whole(value: Any, default: int) -> int:
    """A count; what is none, or beyond 2**62, is the default."""
    ok = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**62
    return int(value) if ok else default


def _number(value: Any, *, zero: bool = False) -> float | None:
    """A finite number, positive unless ``zero``."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e15:
        return None
    return float(value) if zero or value > 0 else None


def _moment(value: Any) -> float | None:
    """UTC seconds of an ISO 8601 time; SigMF's are UTC whether or not they say so."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
