"""The waterfall's memory: a ring of byte rows of fixed size, newest last, with their times.

When the ring is full, older rows give way pairwise: the older half is halved in time by keeping the
stronger of each two rows, so hours stay in view in bounded memory and a short burst is never lost from them.

A second copy with a quarter of the columns (the strongest of four) is what a zoomed-out view draws: a narrow
line then stays visible and a frame costs a quarter.
"""

from __future__ import annotations

import numpy as np

from sweeper.ui.panorama import Row

ROWS = 1200
"""Rows kept: 4.9 MB at 4,096 columns, and 1.2 MB for the coarse copy."""

COARSE = 4


class History:
    """Rows ``0 .. len - 1``, oldest first, as one contiguous array."""

    def __init__(self, columns: int, rows: int = ROWS) -> None:
        self.columns = columns
        self.capacity = rows
        self.count = 0
        self.thinned = 0
        self.fine = np.zeros((rows, columns), np.uint8)
        self.coarse = np.zeros((rows, max(1, -(-columns // COARSE))), np.uint8)
        self.times_s = np.zeros(rows, np.float64)

    def extend(self, rows: Row, times_s: tuple[float, ...]) -> None:
        """Add rows; each of ``rows`` has ``columns`` bytes."""
        keep = min(len(rows), self.capacity // 2)
        rows, times = rows[len(rows) - keep :], times_s[len(times_s) - keep :]
        if self.count + keep > self.capacity:
            self._thin()
        start, stop = self.count, self.count + keep
        self.fine[start:stop] = rows
        self.coarse[start:stop] = _pooled(rows, self.coarse.shape[1])
        self.times_s[start:stop] = times
        self.count = stop

    def at(self, row: int, column: int) -> int:
        """The byte at a row and column; 0 outside."""
        if 0 <= row < self.count and 0 <= column < self.columns:
            return int(self.fine[row, column])
        return 0

    def _thin(self) -> None:
        """Halve the older part in time until at least half of the ring is free."""
        self.thinned += 1
        recent = self.capacity // 4
        recent += (self.count - recent) % 2
        pairs = (self.count - recent) // 2
        for ring in (self.fine, self.coarse):
            ring[:pairs] = np.maximum(ring[0 : 2 * pairs : 2], ring[1 : 2 * pairs : 2])
            ring[pairs : pairs + recent] = ring[self.count - recent : self.count].copy()
        self.times_s[:pairs] = self.times_s[1 : 2 * pairs : 2]
        self.times_s[pairs : pairs + recent] = self.times_s[self.count - recent : self.count].copy()
        self.count = pairs + recent
        if self.count > self.capacity // 2:
            self._thin()


def _pooled(rows: Row, columns: int) -> Row:
    padded = np.zeros((len(rows), columns * COARSE), np.uint8)
    padded[:, : rows.shape[1]] = rows
    pooled: Row = padded.reshape(len(rows), columns, COARSE).max(axis=2)
    return pooled
