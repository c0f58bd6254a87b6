"""Levels over frequency on fixed cells, gathered from many looks: the memory behind references.

Traces come with bins of any width at any place; here they are laid on cells that stay the same from sweep to
sweep, by conserving power. Only what was heard takes memory.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from sweeper.records import Trace

Array = npt.NDArray[np.float64]

FIELDS = ("looks", "mean", "mean2", "peak", "peak2", "top", "floor", "recent", "mean_noise", "peak_noise")

CHUNK = 4096
"""Cells kept together: 20 MHz at 5 kHz, so that a few narrow bands do not cost the whole range."""

DB = 10 / math.log(10)
"""Relative deviations times this are decibels."""

INDEPENDENT = 0.55
"""Share of half-overlapped Hann transforms that count as independent (Welch 1967: 0.53 to 0.56)."""

LEAST_SIGMA_DB = 0.5
"""No level is steadier than this from day to day: warmth moves a tuner's gain by some tenths of a dB."""


class Grid:
    """Levels on cells of ``cell_hz``: cell ``k`` reaches from ``(k - 1/2)`` to ``(k + 1/2) * cell_hz``.

    Kept per cell: the number of looks; mean and spread (in dB) of the mean and of the greatest level of each
    look; the greatest of all; the mean floor; ``recent``, where newer looks count more; and the wavering of
    one look's mean and greatest level that chance alone makes.
    """

    def __init__(self, cell_hz: float) -> None:
        self.cell_hz = cell_hz
        self.chunks: dict[int, dict[str, Array]] = {}

    def add(self, trace: Trace) -> None:
        """File one look."""
        low_hz = trace.start_hz - 0.5 * trace.bin_hz
        high_hz = low_hz + len(trace.mean_db) * trace.bin_hz
        first = math.ceil(low_hz / self.cell_hz + 0.5 - 1e-9)
        last = math.floor(high_hz / self.cell_hz - 0.5 + 1e-9)
        if last < first:
            return
        edges = self._edges(first, last, low_hz, trace.bin_hz)
        mean = _averaged(trace.mean_db, edges)
        peak = _greatest(trace.max_db, edges)
        floor = _averaged(trace.floor_db, edges) if trace.floor_db is not None else None
        self._file(first, mean, peak, floor)
        independent = max(1.0, trace.transforms * INDEPENDENT)
        chance = {
            "mean_noise": DB / math.sqrt(independent * max(1.0, self.cell_hz / trace.bin_hz)),
            "peak_noise": DB * math.pi / math.sqrt(6) / (math.log(independent) + 0.5772),
        }
        for chunk, inside, _ in parts(first, len(mean)):
            for name, value in chance.items():
                cells = self.chunks[chunk][name][inside]
                np.maximum(cells, value, out=cells)

    def _edges(self, first: int, last: int, low_hz: float, bin_hz: float) -> Array:
        """Borders of the cells ``first`` to ``last``, in bins of ``bin_hz`` from ``low_hz`` on."""
        borders: Array = np.arange(first, last + 2, dtype=np.float64)
        return np.asarray(((borders - 0.5) * self.cell_hz - low_hz) / bin_hz)

    def _file(self, first: int, mean: Array, peak: Array, floor: Array | None) -> None:
        for chunk, inside, part in parts(first, len(mean)):
            have = self.chunks.setdefault(chunk, empty())
            cells = {name: have[name][inside] for name in FIELDS}  # views
            fresh = cells["looks"] == 0
            cells["recent"][:] = np.where(fresh, mean[part], 0.5 * (cells["recent"] + mean[part]))
            cells["top"][:] = np.maximum(cells["top"], peak[part])
            cells["looks"] += 1
            for name, value in (("mean", mean[part]), ("peak", peak[part])):
                step = value - cells[name]
                cells[name] += step / cells["looks"]
                cells[name + "2"] += step * (value - cells[name])
            if floor is not None:
                cells["floor"][:] = np.where(
                    fresh, floor[part], cells["floor"] + (floor[part] - cells["floor"]) / cells["looks"]
                )

    def read(self, name: str, first: int, count: int) -> Array:
        """One field of ``count`` cells from ``first`` on; NaN (for ``looks`` 0) where nothing was heard."""
        out = np.zeros(count) if name == "looks" else np.full(count, np.nan)
        for chunk, inside, part in parts(first, count):
            have = self.chunks.get(chunk)
            if have is not None:
                looks = have["looks"][inside]
                value = have[name][inside]
                out[part] = value if name == "looks" else np.where(looks > 0, value, np.nan)
        return out

    def sigma(self, name: str, first: int, count: int) -> Array:
        """Standard deviation in dB of "mean" or "peak" from look to look, no less than chance makes it."""
        looks = self.read("looks", first, count)
        with np.errstate(invalid="ignore"):
            spread: Array = np.sqrt(self.read(name + "2", first, count) / np.maximum(looks - 1, 1))
        chance = np.nan_to_num(self.read(name + "_noise", first, count))
        return np.asarray(np.maximum(np.nan_to_num(spread), np.maximum(chance, LEAST_SIGMA_DB)))

    def cells(self, low_hz: float, high_hz: float) -> tuple[int, int]:
        """First cell and number of cells that a band touches."""
        first = math.floor(low_hz / self.cell_hz + 0.5)
        return first, math.floor(high_hz / self.cell_hz + 0.5) - first + 1

    def covered(self, low_hz: float, high_hz: float) -> bool:
        """Whether every cell of a band was heard."""
        return bool((self.read("looks", *self.cells(low_hz, high_hz)) > 0).all())

    def regridded(self, cell_hz: float) -> Grid:
        """The same levels on other cells: powers averaged over what a cell covers, spreads at their worst."""
        if cell_hz == self.cell_hz:
            return self
        new = Grid(cell_hz)
        for first, count in self.stretches():
            low_hz = (first - 0.5) * self.cell_hz
            to_first = math.ceil(low_hz / cell_hz + 0.5 - 1e-9)
            to_last = math.floor((low_hz + count * self.cell_hz) / cell_hz - 0.5 + 1e-9)
            if to_last < to_first:
                continue
            edges = new._edges(to_first, to_last, low_hz, self.cell_hz)
            made = {}
            for name in FIELDS:
                old = self.read(name, first, count)
                made[name] = (_averaged if name in ("mean", "floor", "recent") else _greatest)(old, edges)
            for chunk, inside, part in parts(to_first, to_last - to_first + 1):
                have = new.chunks.setdefault(chunk, empty())
                for name in FIELDS:
                    have[name][inside] = made[name][part]
        return new

    def stretches(self) -> Iterator[tuple[int, int]]:
        """Runs of neighbouring cells that were heard: first cell and count, in order."""
        runs: list[list[int]] = []
        for chunk in sorted(self.chunks):
            heard = np.concatenate([[False], self.chunks[chunk]["looks"] > 0, [False]])
            edges = np.flatnonzero(heard[1:] != heard[:-1]) + chunk * CHUNK
            for start, stop in edges.reshape(-1, 2).tolist():
                if runs and runs[-1][1] == start:
                    runs[-1][1] = stop
                else:
                    runs.append([start, stop])
        for start, stop in runs:
            yield start, stop - start

    def absorb(self, other: Grid) -> None:
        """Add the looks of another grid of the same cells (means and spreads pooled as if heard together)."""
        for chunk in sorted(other.chunks):
            mine, theirs = self.chunks.setdefault(chunk, empty()), other.chunks[chunk]
            n, m = mine["looks"].copy(), theirs["looks"]
            total = np.maximum(n + m, 1)
            for name in ("mean", "peak"):
                apart = theirs[name] - mine[name]
                mine[name] += apart * m / total
                mine[name + "2"] += theirs[name + "2"] + apart**2 * n * m / total
            for name in ("floor", "recent"):
                mine[name] += (theirs[name] - mine[name]) * m / total
            for name in ("mean_noise", "peak_noise"):
                mine[name] = np.maximum(mine[name], theirs[name])
            mine["top"] = np.maximum(mine["top"], theirs["top"])
            mine["looks"] = n + m


def empty() -> dict[str, Array]:
    """A chunk in which nothing was heard."""
    made = {name: np.zeros(CHUNK) for name in FIELDS}
    made["top"] = np.full(CHUNK, -np.inf)
    return made


def parts(first: int, count: int) -> Iterator[tuple[int, slice, slice]]:
    """Cells ``first``… as (chunk, where in the chunk, where in the run)."""
    done = 0
    while done < count:
        chunk, inside = divmod(first + done, CHUNK)
        length = min(CHUNK - inside, count - done)
        yield chunk, slice(inside, inside + length), slice(done, done + length)
        done += length


def _averaged(level_db: npt.ArrayLike, edges: Array) -> Array:
    """Mean density in dB between neighbouring ``edges``, which count bins from the first one's lower end."""
    power = np.power(10.0, np.asarray(level_db, np.float64) / 10)
    total = np.concatenate([[0.0], np.cumsum(power)])
    at = np.interp(edges, np.arange(len(total)), total)
    return np.asarray(10 * np.log10(np.maximum(np.diff(at) / np.diff(edges), 1e-30)))


def _greatest(level: npt.ArrayLike, edges: Array) -> Array:
    """The greatest value of any bin between neighbouring edges."""
    values = np.asarray(level, np.float64)
    starts = np.clip(np.floor(edges[:-1] + 1e-9).astype(int), 0, len(values) - 1)
    stops = np.clip(np.ceil(edges[1:] - 1e-9).astype(int), starts + 1, len(values))
    widest = int((stops - starts).max())
    out = values[starts]
    for step in range(1, widest):
        out = np.maximum(out, values[np.minimum(starts + step, stops - 1)])
    return np.asarray(out)
