"""How long and how far each Bluetooth device has come along: one walk, seen from the listener.

Places come with the advertisements: degrees, or names that the user typed. They are turned into metres around
the first one; names are a kilometre apart, because a named place is somewhere else. A fix that jumps faster
than any vehicle is held back until it has stood for a while.
"""

from __future__ import annotations

import math
from bisect import insort

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
MOST_LEVELS = 128


class Walk:
    """Where the listener is: places as points in metres."""

    def __init__(self) -> None:
        self._origin: tuple[float, float, float] | None = None
        self._names: dict[str, float] = {}
        self._last: Point | None = None
        self._last_s = 0.0
        self._jump: tuple[Point, float] | None = None

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
