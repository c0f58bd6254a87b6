"""Signal strengths of one address over time: ten bytes a point, a twelfth of a list of tuples.

A busy place has thousands of addresses, and each keeps up to some hundred points for the whole sweep.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

LOWEST, HIGHEST = -(1 << 15), (1 << 15) - 1
"""What a point can hold: far beyond any level, but a job's database may be anybody's."""


class Strengths:
    """Points (seconds, dBm) in the order in which they came."""

    def __init__(self, points: Iterable[tuple[float, int]] = ()) -> None:
        self._times_s = array("d")
        self._dbm = array("h")
        self.extend(points)

    def append(self, time_s: float, dbm: int) -> None:
        self._times_s.append(time_s)
        self._dbm.append(min(max(dbm, LOWEST), HIGHEST))

    def extend(self, points: Iterable[tuple[float, int]]) -> None:
        for time_s, dbm in points:
            self.append(time_s, dbm)

    def thin(self) -> None:
        """Drop every second point."""
        del self._times_s[1::2]
        del self._dbm[1::2]

    def __len__(self) -> int:
        return len(self._times_s)

    def __iter__(self) -> Iterator[tuple[float, int]]:
        return zip(self._times_s, self._dbm, strict=True)

    def __getitem__(self, index: int) -> tuple[float, int]:
        return self._times_s[index], self._dbm[index]
