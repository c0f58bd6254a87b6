"""Where the listener was: a log of positions beside a recording, joined with it by time.

    GPX      <trkpt lat="43.238" lon="76.945"><time>2026-11-22T08:00:00Z</time></trkpt>      tracks
    NMEA     $GPRMC,080000,A,4314.28,N,07656.70,E,0.0,0.0,221126,,*1B                        receivers
    gpsd     {"class":"TPV","mode":3,"time":"2026-11-22T08:00:00.000Z","lat":43.238,"lon":76.945}  gpspipe -w
    places   2026-11-22T08:00:00Z, office          typed by the user; holds until the next one

Positions are joined by straight lines as long as the receiver kept up; across a longer gap nobody knows, and
an advertisement there has no place. Fixes that their own receiver calls bad are left out.

Sources: GPX 1.1 (Topografix), read by ``gpxpy``; NMEA 0183, whose sentences ``pynmea2`` checks; gpsd's
``gpsd_json(5)``.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec

from sweeper.errors import InputError
from sweeper.recording.problems import Problems
from sweeper.records import Place
from sweeper.text import Words, say

BRIDGE_S = 120.0
"""Two fixes so far apart are still joined: saving phones log one a minute, and lose some."""
ALONE_S = 30.0
"""How long a fix holds by itself: at 100 km/h that is 800 m, so no longer."""
WORST_M = 100.0
"""Fixes with a larger stated error are left out (AirGuard takes places to 100 m)."""
WORST_HDOP = 20.0
"""Dilution beyond which NMEA receivers themselves call a fix poor: some 100 m."""
MOST_BYTES = 64 << 20
"""A day of one fix a second is 10 MB as GPX."""


class Fix(msgspec.Struct, frozen=True):
    """One moment. ``place`` has degrees, a name, or both."""

    utc_s: float
    place: Place


class Positions:
    """Fixes in order of time; ``at`` is where the listener was."""

    def __init__(self, fixes: Iterable[Fix], problems: tuple[Words, ...] = ()) -> None:
        self.fixes = sorted(fixes, key=lambda fix: fix.utc_s)
        self.problems = problems
        self._times = [fix.utc_s for fix in self.fixes]

    def at(self, utc_s: float) -> Place | None:
        """The place at a moment, ``None`` where the log has none."""
        after = bisect_right(self._times, utc_s)
        before = self.fixes[after - 1] if after else None
        then = self.fixes[after] if after < len(self.fixes) else None
        if before is not None and before.place.lat is None:
            return before.place  # typed: it holds until the next
        if before is not None and then is not None and then.utc_s - before.utc_s <= BRIDGE_S:
            return _between(before, then, utc_s)
        near = [fix for fix in (before, then) if fix is not None and abs(fix.utc_s - utc_s) <= ALONE_S]
        near = [fix for fix in near if fix.place.lat is not None]
        return min(near, key=lambda fix: abs(fix.utc_s - utc_s)).place if near else None


def _between(before: Fix, then: Fix, utc_s: float) -> Place:
    one, two = before.place, then.place
    if one.lat is None or one.lon is None or two.lat is None or two.lon is None or then.utc_s == before.utc_s:
        return one
    share = (utc_s - before.utc_s) / (then.utc_s - before.utc_s)
    east = (two.lon - one.lon + 180.0) % 360.0 - 180.0  # the short way round the globe
    lon = (one.lon + share * east + 180.0) % 360.0 - 180.0
    return Place(one.lat + share * (two.lat - one.lat), lon, one.name)


def read_positions(path: str | Path) -> Positions:
    """The positions in a file, whatever of the four it is. Raises ``InputError`` in one line."""
    target = Path(path)
    try:
        with target.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(str(path), say("cannot be read: {error}", error=error.strerror)) from None
    if len(data) > MOST_BYTES:
        raise InputError(
            str(path), say("more than {most_bytes} MB of positions", most_bytes=MOST_BYTES >> 20)
        )
    problems = Problems()
    text = data.decode("utf-8-sig", "backslashreplace")
    head = text.lstrip()[:4096]
    if "<gpx" in head:
        fixes = list(_gpx(str(path), text, problems))
    elif head.startswith("{"):
        fixes = list(_gpsd(text, problems))
    elif head.startswith(("$", "!", "\\")):
        fixes = list(_nmea(text, problems))
    else:
        fixes = list(_typed(text, problems))
    if not fixes:
        told = problems.said()
        raise InputError(
            str(path), told[0] if told else say("no positions with a time (GPX, NMEA, gpsd, places)")
        )
    return Positions(fixes, problems.said())


def place_of(lat: Any, lon: Any, name: str = "") -> Place | None:
    """A place from two numbers, ``None`` if they are no position on the globe."""
    if isinstance(lat, bool) or isinstance(lon, bool):
        return None
    if not isinstance(lat, int | float) or not isinstance(lon, int | float):
        return None
    if not (math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180):
        return None
    return Place(float(lat), float(lon), name)


def of_tpv(report: Any) -> Fix | None:
    """The fix in one of gpsd's reports, as its socket sends them; ``None`` if there is none, or a bad one."""
    if not isinstance(report, dict) or report.get("class") != "TPV":
        return None
    mode, error_m = report.get("mode"), report.get("eph", report.get("epx"))
    if not isinstance(mode, int) or mode < 2:
        return None
    if isinstance(error_m, int | float) and error_m > WORST_M:
        return None
    place = place_of(report.get("lat"), report.get("lon"))
    utc_s = utc(report.get("time"))
    return Fix(utc_s, place) if place is not None and utc_s is not None else None


def utc(value: Any) -> float | None:
    """UTC seconds of an ISO 8601 text or a number; a text without a zone is taken for UTC."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if math.isfinite(value) else None
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _gpx(path: str, text: str, problems: Problems) -> Iterator[Fix]:
    try:
        import gpxpy
        import gpxpy.gpx
    except ImportError:
        raise InputError(path, say("reading GPX needs gpxpy: pip install 'sweeper[gps]'")) from None
    try:
        track = gpxpy.parse(text)
    except (gpxpy.gpx.GPXException, ValueError, AttributeError, TypeError, RecursionError) as error:
        raise InputError(
            path,
            say("damaged GPX: {error}", error=(str(error).splitlines() or [type(error).__name__])[0][:200]),
        ) from None
    points = [point.point for point in track.get_points_data()] + list(track.waypoints)
    for point in points:
        place = place_of(point.latitude, point.longitude)
        if place is None or point.time is None:
            problems.count(say("points without a time or position"), say("left out"))
            continue
        if point.horizontal_dilution is not None and point.horizontal_dilution > WORST_HDOP:
            problems.count(say("points that the receiver calls bad"), say("left out"))
            continue
        moment = point.time if point.time.tzinfo else point.time.replace(tzinfo=UTC)
        yield Fix(moment.timestamp(), place)


def _nmea(text: str, problems: Problems) -> Iterator[Fix]:
    """Only RMC tells the date: GGA before the first of them is left out, and sentences with a bad sum."""
    try:
        import pynmea2
    except ImportError:
        problems.count(say("reading NMEA needs pynmea2: pip install 'sweeper[gps]'"), "")
        return
    today: date | None = None
    for line in text.splitlines():
        at = line.find("$")
        if at < 0:
            continue
        try:
            said = pynmea2.parse(line[at:].strip(), check="*" in line)
            if not isinstance(said, pynmea2.types.talker.RMC | pynmea2.types.talker.GGA):
                continue
            fix, today = _of_sentence(said, today)
        except (pynmea2.ParseError, ValueError, AttributeError, TypeError, IndexError, OverflowError):
            problems.count(say("damaged NMEA sentences"), say("left out"))
            continue
        if fix is not None:
            yield fix


def _of_sentence(said: Any, today: date | None) -> tuple[Fix | None, date | None]:
    if said.sentence_type == "RMC":
        today = said.datestamp or today
        good = said.status == "A"
    else:
        dilution = float(said.horizontal_dil or 0)
        good = int(said.gps_qual or 0) > 0 and dilution <= WORST_HDOP
    place = place_of(said.latitude, said.longitude)
    if not good or place is None or today is None or said.timestamp is None:
        return None, today
    moment = datetime.combine(today, said.timestamp)
    return Fix((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp(), place), today


def _gpsd(text: str, problems: Problems) -> Iterator[Fix]:
    for line in text.splitlines():
        if not line.strip():
            continue
        try:
            fix = of_tpv(msgspec.json.decode(line.encode()))
        except (ValueError, RecursionError):
            problems.count(say("lines that are no JSON"), say("left out"))
            continue
        if fix is not None:
            yield fix


def _typed(text: str, problems: Problems) -> Iterator[Fix]:
    """``time, name[, lat, lon]`` a line; a header or another line is told."""
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        parts = [part.strip() for part in line.split(",")]
        utc_s = utc(parts[0]) if not _is_number(parts[0]) else float(parts[0])
        name = parts[1][:200] if len(parts) > 1 else ""
        place: Place | None = Place(name=name) if name else None
        if len(parts) > 3 and _is_number(parts[2]) and _is_number(parts[3]):
            place = place_of(float(parts[2]), float(parts[3]), name)
        if utc_s is None or not math.isfinite(utc_s) or place is None:
            problems.count(say("lines that are no place with a time"), say("left out"))
            continue
        yield Fix(utc_s, place)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
