"""How far a tag may be, from how strongly it is heard: a band, never a number alone.

The curve is what was measured of AirTags at known distances, indoors to 10 m and outdoors to 50 m (public
measurements of 2024, 9,000 levels; medians below). At one distance single levels scatter by 4 to 10 dB,
because of reflections, hands and bags; so the band is what the curve gives for a level ``SCATTER_DB`` higher
and lower. Other tags send more or less than an AirTag, and other adapters hear differently.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec

CURVE = (
    (0.1, -42.0),
    (0.3, -51.0),
    (0.5, -57.0),
    (1.0, -64.0),
    (3.0, -66.0),
    (5.0, -69.0),
    (7.0, -73.0),
    (10.0, -75.0),
    (13.0, -76.0),
    (15.0, -78.0),
    (20.0, -83.0),
    (30.0, -87.0),
    (50.0, -88.0),
)
"""Metres and the median level there in dBm; made monotone."""
SCATTER_DB = 6.0
"""Standard deviation of single levels, the middle of what was measured (4 to 10 dB)."""
SMOOTH = 9
"""Levels that the median is taken over: about ten seconds of a tag that sends every second."""


class Reach(msgspec.Struct, frozen=True):
    """Metres. ``farthest_m`` is ``None`` where the curve ends: farther than can be told."""

    nearest_m: float
    likely_m: float
    farthest_m: float | None


def reach(level_dbm: float) -> Reach:
    """The band for a smoothed level."""
    return Reach(
        nearest_m=_metres(level_dbm + SCATTER_DB) or CURVE[-1][0],
        likely_m=_metres(level_dbm) or CURVE[-1][0],
        farthest_m=_metres(level_dbm - SCATTER_DB),
    )


def smoothed(levels: Sequence[float]) -> float | None:
    """The median of the newest levels: single deep fades and flashes do not move it."""
    newest = sorted(levels[-SMOOTH:])
    if not newest:
        return None
    middle = len(newest) // 2
    return newest[middle] if len(newest) % 2 else (newest[middle - 1] + newest[middle]) / 2


def _metres(level_dbm: float) -> float | None:
    """The curve read backwards, straight between its points; ``None`` beyond its end."""
    if level_dbm >= CURVE[0][1]:
        return CURVE[0][0]
    for (near_m, strong), (far_m, weak) in pairwise(CURVE):
        if level_dbm >= weak:
            return near_m + (far_m - near_m) * (strong - level_dbm) / (strong - weak)
    return None
