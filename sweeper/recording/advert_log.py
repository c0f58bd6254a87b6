"""Logs of Bluetooth advertisements as JSON lines: what phone apps and scripts export.

    {"type": "log", ...}                                    a header; anything may stand in it
    {"type": "advertisement", "time": 1669209443.77, "address": "00:11:22:33:44:55", "rssi_dbm": -61,
     "lat": 42.1, "lon": -71.2, "kind": "AirTag", "data": "1eff4c00...", "address_type": "random"}

``time`` is UTC seconds or ISO 8601, ``data`` the AD structures in hex; all but ``time`` and ``address`` may
be missing or null. Logs of other programs are read too: their names for the fields, and bleak's fields in
place of ``data`` (see ``advert_fields``). ``kind`` is what the logging program took the sender for: a hint,
never evidence. A line that is none of these is passed over and told with its byte offset.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, BinaryIO

import msgspec

from sweeper.recording.advert_fields import advert_of, folded, is_sender
from sweeper.recording.problems import Problems
from sweeper.records import Advertisement, Place
from sweeper.text import say

FORMAT = "ble-jsonl"
MAX_LINE = 1 << 20
"""Bytes of one line: the longest advertisement has 1650 bytes; a line of a megabyte is none."""
MAX_DATA = 2_048
"""Bytes of AD structures: Bluetooth 5 chains at most 1650."""
HEAD_LINES = 16
"""Lines looked at to recognise such a log; headers take one or two."""


class _Line(msgspec.Struct):
    """A log line as it came: fields of any type, looked at one by one."""

    time: Any = None
    address: Any = None
    type: Any = None
    rssi_dbm: Any = None
    rssi: Any = None
    lat: Any = None
    lon: Any = None
    place: Any = None
    kind: Any = None
    data: Any = None
    address_type: Any = None
    channel: Any = None


_decode = msgspec.json.Decoder(_Line).decode


def is_log(head: bytes) -> bool:
    """Whether a file that starts with ``head`` is such a log: an advertisement or a log header early on."""
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return False
    for line in head.split(b"\n")[:HEAD_LINES]:
        if (other := _other(line)) is not None and is_sender(other.address):
            return True
        parsed = _parse(line)
        if parsed is not None and (
            parsed.type in ("advertisement", "log") or (parsed.type is None and _advert(parsed) is not None)
        ):
            return True
    return False


def adverts(file: BinaryIO, problems: Problems) -> Iterator[Advertisement]:
    """Advertisements in file order, ``time_s`` in UTC seconds."""
    offset = 0
    while line := file.readline(MAX_LINE):
        parsed = _parse(line)
        advert = _advert(parsed) if parsed is not None else None
        if advert is None or (not advert.data and _has_fields(line)):
            advert = _other(line) or advert
        if advert is not None:
            yield advert
        elif line.strip() and not (parsed is not None and parsed.type not in (None, "advertisement")):
            cut = not line.endswith(b"\n")
            what = say("the last line is cut") if cut else say("lines that are no advertisement")
            problems.count(what, say("at byte {offset}", offset=offset))
        offset += len(line)


def parse(line: bytes) -> Advertisement | None:
    """The advertisement that a line holds, if it holds one."""
    parsed = _parse(line)
    advert = None if parsed is None else _advert(parsed)
    return advert or _other(line)


def _has_fields(line: bytes) -> bool:
    """Whether a line without bytes has bleak's fields: most logs have neither, and are long."""
    return b"anufacturer" in line or b"ervice" in line or b"ame" in line


def _other(line: bytes) -> Advertisement | None:
    """An advertisement as other programs log it; not for lines that say they are something else."""
    if b"{" not in line[:8]:
        return None
    try:
        found = msgspec.json.decode(line.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    if not isinstance(found, dict) or found.get("type") not in (None, "advertisement"):
        return None
    row = {folded(name): value for name, value in found.items()}
    inner = row.get("advertisementdata") or row.get("adv")
    if isinstance(inner, dict):
        row = {**{folded(name): value for name, value in inner.items()}, **row}
    return advert_of(row)


def _parse(line: bytes) -> _Line | None:
    try:
        return _decode(line.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None


def _advert(line: _Line) -> Advertisement | None:
    time_s = _time(line.time)
    if time_s is None or not isinstance(line.address, str) or not 0 < len(line.address) <= 64:
        return None
    if line.type not in (None, "advertisement"):
        return None
    rssi = _number(line.rssi_dbm if line.rssi_dbm is not None else line.rssi)
    channel = _number(line.channel)
    return Advertisement(
        time_s=time_s,
        address=line.address,
        address_type=line.address_type if line.address_type in ("random", "public") else None,
        rssi_dbm=round(rssi) if rssi is not None and -127 <= rssi <= 20 else None,
        data=_bytes(line.data),
        channel=int(channel) if channel is not None and 0 <= channel <= 39 else None,
        place=_place(line),
        hint=line.kind[:200] if isinstance(line.kind, str) else "",
    )


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _time(value: Any) -> float | None:
    """UTC seconds; milliseconds, as Android counts them, are told by their size (beyond the year 5000)."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            return None
    number = _number(value)
    if number is None or abs(number) > 1e14:
        return None
    return number / 1000 if number > 1e11 else number


def _place(line: _Line) -> Place | None:
    lat, lon = _number(line.lat), _number(line.lon)
    name = line.place[:200] if isinstance(line.place, str) else ""
    if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180:
        return Place(name=name) if name else None
    return Place(lat, lon, name)


def _bytes(value: Any) -> bytes:
    if not isinstance(value, str) or len(value) > 2 * MAX_DATA:
        return b""
    try:
        return bytes.fromhex(value)
    except ValueError:
        return b""
