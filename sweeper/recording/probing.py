"""What a file is: decided by its content, then by its name, and by the user over both.

1. Bytes that say what they are: pcap, pcapng, btsnoop, RIFF, a SigMF pair or archive, a log in JSON lines
   or CSV, a sweep in CSV.
2. Otherwise a headerless IQ file. Its extension names the format; where the content plainly contradicts it,
   the content is believed and the reader told. Under ``.iq``, ``.raw``, ``.bin`` and their like the content
   decides alone (see ``guess``).
3. Rate and centre come from the user, from a PortaPack ``.TXT`` beside the file, or from the name. A rate
   that nobody tells is asked for: without it every frequency and time would be made up.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sweeper.errors import InputError
from sweeper.recording import advert_csv, advert_log, captures, power_csv, raw, sigmf_files, wav
from sweeper.recording.files import READ_ERRORS, open_regular, open_stream, packing, reason, shown, size_of
from sweeper.recording.names import facts
from sweeper.recording.overrides import CONTAINERS, Overrides, believable, checked
from sweeper.recording.problems import Problems
from sweeper.recording.samples import Look, fits
from sweeper.records import Medium
from sweeper.text import Words, phrase_of, say

HEAD_BYTES = 65_536
"""Bytes looked at to recognise a file: a hackrf_sweep line has a few thousand, a log header fewer."""
CAPTURE_NAMES = (".pcap", ".pcapng", ".cap", ".btsnoop", ".ntar")
"""Extensions that promise a packet capture."""
TAIL_BYTES = 65_536
"""Bytes at the end of a text log in which its last line, and so its duration, is looked for."""


@dataclass(frozen=True)
class Probe:
    """What a recording is and how it will be read. ``name`` is the path, safe to show."""

    path: Path
    name: str
    medium: Medium
    format: str
    rate_hz: float | None = None
    center_hz: float | None = None
    start_utc_s: float | None = None
    duration_s: float | None = None
    problems: tuple[Words, ...] = ()
    annotations: tuple[dict[str, Any], ...] = ()
    looks: tuple[Look, ...] = ()
    origin_s: float = 0.0
    data: Path | None = None

    @property
    def data_path(self) -> Path:
        """The file whose bytes the records are made of: a SigMF pair's data file, else the file itself."""
        return self.data or self.path


def promises_container(path: Path) -> bool:
    """Whether the name says that the file tells itself what it is."""
    lower = path.name.lower()
    return lower.endswith((*CAPTURE_NAMES, ".wav", ".sigmf", sigmf_files.META)) or ".sigmf." in lower


def probe(
    path: str | Path,
    *,
    format: str | None = None,
    rate_hz: float | None = None,
    center_hz: float | None = None,
) -> Probe:
    """What the file is. Raises ``InputError``: one line that says what is wrong and what would help."""
    place = Path(path)
    name = shown(place)
    overrides = checked(name, Overrides(format, rate_hz, center_hz))
    try:
        return _probe(place, name, overrides)
    except READ_ERRORS as error:
        raise InputError(name, say("cannot be read: {error}", error=reason(error))) from error


def _probe(place: Path, name: str, overrides: Overrides) -> Probe:
    if place.name.lower().endswith(sigmf_files.COLLECTION):
        raise InputError(name, say("a SigMF collection names recordings; give those instead"))
    both = sigmf_files.pair(place)
    if both is not None and both[0].exists():
        found = sigmf_files.read_pair(*both, overrides)
        return _of_looks(place, name, _sigmf_format(found.looks), found)
    with open_regular(place) as file:
        size = size_of(file)
        head = file.read(HEAD_BYTES)
        if not head:
            raise InputError(name, say("is empty"), 0)
        forced = overrides.format
        if forced is None or forced in CONTAINERS:
            container = _container(place, name, file, head, overrides) or _packed(
                place, name, head, overrides
            )
            if container is not None:
                return container
        if forced in CONTAINERS:
            raise InputError(name, say("is not {forced}", forced=forced), 0)
        if forced is None and place.suffix.lower() in CAPTURE_NAMES:
            raise InputError(
                name, say("is no packet capture: it begins with no pcap, pcapng or btsnoop header"), 0
            )
        found = raw.recording(place, name, file, head, size, overrides)
        return _of_looks(place, name, found.looks[0].format.name, found)


def _container(place: Path, name: str, file: BinaryIO, head: bytes, overrides: Overrides) -> Probe | None:
    """The probe of a file that says what it is."""
    file.seek(0)
    if wav.is_wav(head) and overrides.format in (None, "wav"):
        return _wav(place, name, file, overrides)
    if _is_archive(place, head) and overrides.format in (None, "sigmf"):
        found = sigmf_files.read_archive(place, overrides)
        return _of_looks(place, name, _sigmf_format(found.looks), found)
    return _stream(place, name, file, head, overrides.format, size_of(file))


def _packed(place: Path, name: str, head: bytes, overrides: Overrides) -> Probe | None:
    """The probe of a compressed capture, log or sweep; samples have to be unpacked first, to be sought in."""
    if packing(head) is None:
        return None
    try:
        with open_stream(place) as file:
            inner = file.read(HEAD_BYTES)
            file.seek(0)
            return _stream(place, name, file, inner, overrides.format, None)
    except READ_ERRORS as error:
        raise InputError(
            name, say("is compressed ({head}) and damaged: {error}", head=packing(head), error=reason(error))
        ) from error


def _stream(
    place: Path, name: str, file: BinaryIO, head: bytes, wanted: str | None, size: int | None
) -> Probe | None:
    """The probe of what is read from front to back. Without a ``size`` the end is not looked at."""
    if captures.is_capture(head) and wanted in (None, "pcap", "pcapng", "btsnoop"):
        begun = captures.start(name, file)
        first = begun.time_s
        utc = first if first is not None and first > captures.UNSET_CLOCK_S else None
        return Probe(place, name, begun.medium, begun.format, start_utc_s=utc, origin_s=first or 0.0)
    if advert_log.is_log(head) and wanted in (None, advert_log.FORMAT):
        return _log(place, name, file, size)
    if advert_csv.is_table(head) and wanted in (None, advert_csv.FORMAT):
        return _table(place, name, file, head, size)
    kind = power_csv.kind_of(head)
    if kind is not None and wanted in (None, power_csv.RTL_POWER, power_csv.HACKRF_SWEEP):
        return Probe(place, name, Medium.RF, wanted or kind, duration_s=_csv_duration(file, head, size))
    return None


def _is_archive(place: Path, head: bytes) -> bool:
    lower = place.name.lower()
    if head[257:262] == b"ustar":
        return True
    packed = head[:2] in (b"\x1f\x8b", b"PK") or head[:6] == b"\xfd7zXZ\x00"
    return packed and lower.endswith((".sigmf.gz", ".sigmf.xz", ".sigmf.zip", ".sigmf"))


def _sigmf_format(looks: tuple[Look, ...]) -> str:
    return f"sigmf-{looks[0].format.name}" if looks else "sigmf"


def _of_looks(place: Path, name: str, form: str, found: sigmf_files.Recording) -> Probe:
    looks = found.looks
    if not looks:
        if found.problems:
            raise InputError(name, say("no samples ({problem})", problem=phrase_of(found.problems[-1])), 0)
        raise InputError(name, say("no samples"), 0)
    for look in looks:
        believable(name, look.rate_hz, look.center_hz)
    return Probe(
        place,
        name,
        Medium.RF,
        form,
        rate_hz=looks[0].rate_hz,
        center_hz=looks[0].center_hz or None,
        start_utc_s=found.start_utc_s,
        duration_s=max(look.stop_s for look in looks),
        problems=found.problems,
        annotations=found.annotations,
        looks=looks,
        data=found.data,
    )


def _wav(place: Path, name: str, file: BinaryIO, overrides: Overrides) -> Probe:
    head = wav.header(name, file)
    told = facts(place.name)
    rate = overrides.rate_hz or head.rate_hz
    center = overrides.center_hz
    if center is None:
        center = head.center_hz or told.center_hz
    problems = list(head.problems)
    frame = head.format.sample_bytes * head.channels
    look = Look(
        lambda: open_regular(place),
        head.offset,
        fits(head.size, frame, head.offset, problems),
        head.format,
        rate,
        center or 0.0,
        channels=head.channels,
    )
    if not look.samples:
        raise InputError(name, say("a WAV file without samples"), head.offset)
    start = head.start_utc_s if head.start_utc_s is not None else told.start_utc_s
    found = sigmf_files.Recording((look,), start, (), tuple(problems))
    return _of_looks(place, name, f"wav-{head.format.name}", found)


def _log(place: Path, name: str, file: BinaryIO, size: int | None) -> Probe:
    first = next(advert_log.adverts(file, Problems()), None)
    origin = first.time_s if first is not None else 0.0
    last = None
    for line in _tail(file, size):
        parsed = advert_log.parse(line)
        last = parsed.time_s if parsed is not None else last
    return Probe(
        place,
        name,
        Medium.BLE,
        advert_log.FORMAT,
        start_utc_s=origin if first is not None and origin > captures.UNSET_CLOCK_S else None,
        duration_s=max(0.0, round(last - origin, captures.CLOCK_DIGITS)) if last is not None else None,
        origin_s=origin,
    )


def _table(place: Path, name: str, file: BinaryIO, head: bytes, size: int | None) -> Probe:
    first = next(advert_csv.adverts(file, Problems()), None)
    last_s = advert_csv.parse_tail(_tail(file, size), head)
    origin_s = first.time_s if first is not None else 0.0
    return Probe(
        place,
        name,
        Medium.BLE,
        advert_csv.FORMAT,
        start_utc_s=origin_s if first is not None and origin_s > captures.UNSET_CLOCK_S else None,
        duration_s=max(0.0, round(last_s - origin_s, captures.CLOCK_DIGITS)) if last_s is not None else None,
        origin_s=origin_s,
    )


def _csv_duration(file: BinaryIO, head: bytes, size: int | None) -> float | None:
    times = [segment.time_s for line in head.split(b"\n")[:3] if (segment := power_csv.parse(line))]
    times += [segment.time_s for line in _tail(file, size) if (segment := power_csv.parse(line))]
    return max(0.0, times[-1] - times[0]) if size is not None and times else None


def _tail(file: BinaryIO, size: int | None) -> list[bytes]:
    """The whole lines within the last bytes of a text file of that size."""
    if size is None:
        return []
    begin = max(0, size - TAIL_BYTES)
    file.seek(begin)
    return file.read(TAIL_BYTES).split(b"\n")[1 if begin else 0 :]
