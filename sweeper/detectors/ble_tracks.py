"""How long and how far each Bluetooth device has come along: one walk, seen from the listener.

Places come with the advertisements: degrees, or names that the user typed. They are turned into metres around
the first one; names are a kilometre apart, because a named place is somewhere else. A fix that jumps faster
than any vehicle is held back until it has stood for a while.
"""

from __future__ import annotations

import math
from bisect import insort
from collections import deque

from sweeper.records import Place

Point = tuple[float, float]

METRES_PER_DEGREE = 111_320.0
NAMED_APART_M = 1_000.0
FASTEST_M_S = 70.0
"""250 km/h: faster is an error of the receiver."""
JUMP_M = 300.0
"""Shorter jumps are within what a phone's position wanders."""
CONFIRM_S = 10.0
"""A jump that has stood this long is believed: some phones give a fix a minute, and then it is far off."""
PLACE_M = 100.0
"""Places nearer than this are one: a transmitter at rest is heard from all of it."""
MOST_PLACES = 64

MINUTE_S = 60.0
LAG = 3
"""Minutes between the two that are compared: phones change addresses every 15, so few do in between."""
ENOUGH = 10
"""Devices in a minute below which nothing is concluded."""
MOVED_SHARE = 0.2
"""On 15 real walks and drives the share in common was 0.0 to 0.3 on the move and 0.35 to 0.8 at rest."""
MOVED_M = 10.0
"""What a minute on the move counts for. Little on purpose: 20 minutes make the 200 m that a tracker needs."""
MOST_LEVELS = 128


class Walk:
    """Where the listener is: places as points in metres."""

    def __init__(self) -> None:
        self._origin: tuple[float, float, float] | None = None
        self._names: dict[str, float] = {}
        self._last: Point | None = None
        self._last_s = 0.0
        self._jump: tuple[Point, float] | None = None

    @property
    def known(self) -> bool:
        """Whether any place has been told."""
        return self._origin is not None or bool(self._names)

    def point(self, place: Place | None, time_s: float) -> Point | None:
        """The point of a place; ``None`` without a place, or where a jump is not believed yet."""
        if place is None:
            return None
        if place.lat is None or place.lon is None:
            if not place.name:
                return None
            return (self._names.setdefault(place.name, len(self._names) * NAMED_APART_M), 0.0)
        if self._origin is None:
            self._origin = (place.lat, place.lon, math.cos(math.radians(place.lat)))
        lat, lon, shrink = self._origin
        east = (place.lon - lon + 180.0) % 360.0 - 180.0
        return self._believed(
            ((place.lat - lat) * METRES_PER_DEGREE, east * METRES_PER_DEGREE * shrink), time_s
        )

    def _believed(self, point: Point, time_s: float) -> Point | None:
        last = self._last
        far = math.dist(point, last) if last is not None else 0.0
        if far > JUMP_M and far > FASTEST_M_S * (time_s - self._last_s):
            if self._jump is None or math.dist(point, self._jump[0]) > JUMP_M:
                self._jump = (point, time_s)
            if time_s - self._jump[1] < CONFIRM_S:
                return None
        self._last = point
        self._last_s = time_s
        self._jump = None
        return point


class Surroundings:
    """Motion without a position: who is heard around changes on the move and stays at rest.

    Each minute's devices are compared with those of three minutes before; where hardly any are in common the
    listener has moved on, and the point is moved by ``MOVED_M``.
    """

    def __init__(self) -> None:
        self._minutes: deque[set[str]] = deque(maxlen=LAG)
        self._now: set[str] = set()
        self._began_s: float | None = None
        self._moved_m = 0.0

    def hear(self, address: str, time_s: float) -> Point:
        """One advertisement; where the listener is by now."""
        if self._began_s is None:
            self._began_s = time_s
        if time_s - self._began_s >= MINUTE_S:
            self._close()
            self._began_s += MINUTE_S * ((time_s - self._began_s) // MINUTE_S)
        self._now.add(address)
        return (self._moved_m, 0.0)

    def _close(self) -> None:
        if len(self._minutes) == LAG:
            before = self._minutes[0]
            least = min(len(before), len(self._now))
            if least >= ENOUGH and len(before & self._now) <= MOVED_SHARE * least:
                self._moved_m += MOVED_M
        self._minutes.append(self._now)
        self._now = set()


class Track:
    """One device along the walk.

    ``heard_s`` is how long it has been around: the time between its sightings, long silences cut to
    ``longest_gap_s``. ``looks`` counts sightings that lie apart, ``reach_m`` is how far apart the two
    farthest of its places are.
    """

    __slots__ = (
        "first_s",
        "heard_s",
        "last_s",
        "levels",
        "looks",
        "places",
        "raised_s",
        "reach_m",
        "ticked_s",
    )

    def __init__(self, time_s: float) -> None:
        self.first_s = self.last_s = time_s
        self.ticked_s = -math.inf
        self.heard_s = 0.0
        self.looks = 0
        self.places: list[Point] = []
        self.reach_m = 0.0
        self.levels: list[int] = []
        self.raised_s: float | None = None

    def hear(self, time_s: float, longest_gap_s: float) -> None:
        """It was heard: time goes on."""
        gap = time_s - self.last_s
        if gap > 0:
            self.heard_s += min(gap, longest_gap_s)
            self.last_s = time_s

    def look(self, time_s: float, point: Point, rssi_dbm: int | None) -> None:
        """One sighting that counts, at a place. A level of zero and above is a driver's *unknown*."""
        self.ticked_s = time_s
        self.looks += 1
        if rssi_dbm is not None and rssi_dbm < 0:
            insort(self.levels, rssi_dbm)
            if len(self.levels) > MOST_LEVELS:
                self.levels = self.levels[::2]
        distances = [math.dist(point, place) for place in self.places]
        if not distances:
            self.places.append(point)
            return
        self.reach_m = max(self.reach_m, *distances)
        if min(distances) >= PLACE_M and len(self.places) < MOST_PLACES:
            self.places.append(point)

    @property
    def level_dbm(self) -> int | None:
        """Its signal in its better moments (upper quartile): bodies and bags often stand between."""
        return self.levels[len(self.levels) * 3 // 4] if self.levels else None
