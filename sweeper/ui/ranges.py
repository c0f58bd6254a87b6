"""Ranges of a sweep as text, and how long a sweep of them takes. No Qt.

One range a line, in megahertz, as a technician would write it: ``433-435``, ``863,5 – 870``.
"""

from __future__ import annotations

import re

from sweeper.plan import DWELL_S, Band, Mode, SweepPlan

HOP_HZ = 1.92e6
"""What one hop adds of a 2.4 MS/s receiver, four fifths of its rate."""

SETTLE_S = 0.012
"""Retuning and settling of an R820T as measured by the sweep engine on common dongles."""

LOWEST_HZ, HIGHEST_HZ = 1e3, 30e9
MOST = 200
_LINE = re.compile(r"^\s*(\d+(?:[.,]\d+)?)\s*(?:-|–|—|:|\s|…|to)\s*(\d+(?:[.,]\d+)?)\s*$")


def parse(text: str) -> tuple[tuple[Band, ...], list[int]]:
    """The bands, and the numbers of the lines that are none."""
    bands: list[Band] = []
    wrong: list[int] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        found = _LINE.match(line)
        low, high = (float(part.replace(",", ".")) * 1e6 for part in found.groups()) if found else (0.0, 0.0)
        if LOWEST_HZ <= low < high <= HIGHEST_HZ and len(bands) < MOST:
            bands.append(Band(low, high))
        else:
            wrong.append(number)
    return tuple(bands), wrong


def written(bands: tuple[Band, ...]) -> str:
    """The bands as lines."""
    return "\n".join(f"{band.start_hz / 1e6:g} – {band.stop_hz / 1e6:g}" for band in bands)


def seconds(plan: SweepPlan) -> float:
    """About how long a sweep of a plan takes."""
    hops = sum(max(1.0, (band.stop_hz - band.start_hz) / HOP_HZ) for band in plan.bands)
    return hops * plan.passes * (DWELL_S[Mode(plan.mode)] + SETTLE_S)
