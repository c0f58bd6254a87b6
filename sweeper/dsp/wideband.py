"""Signals wider than one look, from the looks of a sweep laid side by side.

A signal that fills a look reads as that look's floor. Beside its neighbours it does not: a transmission has
two edges where the noise level rises and falls within a fraction of its width, and it is as even as noise
between them.

    density      ______________
                |              |          looks, one beside the other:  each level is the quiet part of
    ____________|              |____      50 kHz, so that carriers and bursts do not count
     look 1  |  look 2  |  look 3  |

Three things look alike and are not. The receiver's filter bends every look in the same way: what all looks
have in common is taken off. Its gain changes from look to look: a step *between* looks proves nothing, so at
least one edge must lie inside a look. Noise from outside swells and fades over many megahertz: its flanks are
not steep.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.ndimage import grey_opening, median_filter

from sweeper.dsp.islands import runs
from sweeper.dsp.spectrum import Real
from sweeper.dsp.statistics import independent, quantile_bias

Array = npt.NDArray[np.float64]

CELL_HZ = 50e3
"""Twenty bins of a look of a sweep: enough for a quantile, and a tenth of the narrowest signal sought."""

QUIET = 0.3
"""Quantile of a cell's bins that stands for it: lines in half of them do not lift it."""

LEAST_HZ = 1.2e6
"""Narrower ones are found within a look: half of the span of a usual dongle."""

LEAST_DB = 2.0
"""A level this much over both sides; chance makes 0.3 dB of five cells, the filter within a look 1 dB."""

SCATTER = 3.0
"""And it stands this many times over the usual difference of gain between neighbouring looks."""

ONE_HEIGHT = 0.35
"""Share of the highest level down to which looks of less gain are still the same signal."""

WIDEST_HZ = 45e6
"""Raised stretches up to this width stand on the base: several networks side by side."""

LOOKS = 4
COMMON = 8
"""Fewer looks show no neighbourhood; and from so many on it is known what they have in common."""

SMOOTH = 5
"""Cells of the running median."""

NOTCH = 10
"""Cells (0.5 MHz) by which a fade or a gap between two carriers may interrupt a signal."""

SEAM = 3
"""Cells that may be missing between two looks: those on the border belong to neither."""

GUARD, BESIDE, LEAST_BESIDE = 6, 40, 8
"""Cells beside an edge that are skipped, looked at, and at least needed to know the level outside."""

CLEAR, ENDS, INSIDE = 4, 3, 0.5
"""Cells looked at on either side of an edge, cells at either end of a look's part of it that tell its level,
and the share of the whole height that it must rise by within one look."""

STEEP, STEEP_HZ = 0.2, 350e3
"""An edge rises from a fifth to four fifths of the level within this share of the width, or this. Root-raised
cosine with a roll-off of 0.35 takes 0.14, a bell-shaped hump of noise 0.48."""

UNEVEN_DB = 2.0
"""Mean over quiet level within the cells: noise-like signals have 0 to 1 dB, a band of stations far more."""


class Look(NamedTuple):
    """Levels of one look on absolute cells (cell ``k`` begins at ``k * CELL_HZ``): ``quiet_db`` the quiet
    part, ``mean_db`` the mean, both dB per hertz."""

    center_hz: float
    first: int
    quiet_db: Array
    mean_db: Array


class Wide(NamedTuple):
    """A wide signal: its band, power over the noise beside it (FS²), level over that noise, and whether both
    of its edges were heard."""

    low_hz: float
    high_hz: float
    power: float
    excess_db: float
    whole: bool


class _Stitched(NamedTuple):
    cells: npt.NDArray[np.int64]
    level: Array
    uneven: Array
    look: npt.NDArray[np.int64]


def levels(mean: Real, frames: int, rate_hz: float, center_hz: float, usable_hz: float) -> Look | None:
    """The levels of one look from its mean spectrum (ascending, density) over ``frames`` transforms; ``None``
    where its bins are too coarse for the cells."""
    bins = len(mean)
    step = rate_hz / bins
    if step > CELL_HZ / 8:
        return None
    first = int(np.ceil((center_hz - usable_hz / 2) / CELL_HZ))
    last = int(np.floor((center_hz + usable_hz / 2) / CELL_HZ))
    if last - first < 2 * GUARD:
        return None
    edges = np.arange(first, last + 1) * CELL_HZ - center_hz
    at = np.clip(np.round(edges / step + bins / 2).astype(int), 0, bins)
    shape = independent(frames, 1, min(bins, 1024))
    quiet = [np.quantile(mean[a:b], QUIET) for a, b in pairwise(at.tolist())]
    whole = np.add.reduceat(mean, at[:-1])[: len(quiet)] / np.diff(at)
    tiny = 1e-30
    level = 10 * np.log10(np.maximum(quiet, tiny) / quantile_bias(shape, QUIET))
    return Look(center_hz, first, np.asarray(level), 10 * np.log10(np.maximum(whole, tiny)))


def find(looks: Sequence[Look]) -> list[Wide]:
    """Signals wider than ``LEAST_HZ`` in the looks of one pass, in order of frequency."""
    if len(looks) < LOOKS:
        return []
    looks = sorted(looks, key=lambda one: one.center_hz)
    side = _stitched(looks)
    steps = np.abs(np.diff([float(np.median(one.quiet_db)) for one in looks]))
    least_db = max(LEAST_DB, SCATTER * 1.4826 / np.sqrt(2) * float(np.median(steps)))
    breaks = np.flatnonzero(np.diff(side.cells) > SEAM) + 1
    bounds = [0, *breaks.tolist(), len(side.cells)]
    smooth = np.concatenate(
        [median_filter(side.level[a:b], SMOOTH, mode="nearest") for a, b in pairwise(bounds)]
    )
    size = int(min(WIDEST_HZ / CELL_HZ, 0.6 * len(smooth)))
    base = grey_opening(median_filter(smooth, 2 * SMOOTH + 1, mode="nearest"), size, mode="nearest")
    found: list[Wide] = []
    for a, b in pairwise(bounds):
        part = _Stitched(side.cells[a:b], smooth[a:b], side.uneven[a:b], side.look[a:b])
        over = np.power(10.0, (part.level - base[a:b]) / 10) - 1
        for start, stop in runs(smooth[a:b] - base[a:b] > LEAST_DB, NOTCH):
            for i, j in _steps(over[start:stop]):
                one = _examined(part, base[a:b], start + i, start + j)
                if one is not None and one.excess_db >= least_db:
                    found.append(one)
    return found


def _stitched(looks: Sequence[Look]) -> _Stitched:
    """One level a cell, from the look whose centre is nearest, without what all looks have in common."""
    reach = max(max(abs(one.first + np.array([0, len(one.quiet_db)]) - _middle(one))) for one in looks)
    offsets = int(reach) + 2
    table = np.full((len(looks), 2 * offsets + 1), np.nan)
    places = []
    for row, one in enumerate(looks):
        at = np.round(one.first + np.arange(len(one.quiet_db)) - _middle(one)).astype(int) + offsets
        places.append(at)
        table[row, at] = one.quiet_db - np.median(one.quiet_db)
    common = np.zeros(table.shape[1])
    if len(looks) >= COMMON:
        known = np.isfinite(table).sum(axis=0) >= COMMON // 2
        common[known] = np.nanmedian(table[:, known], axis=0)
    best: dict[int, tuple[float, float, float, int]] = {}
    for row, (one, at) in enumerate(zip(looks, places, strict=True)):
        level = one.quiet_db - common[at]
        away = np.abs(one.first + np.arange(len(level)) - _middle(one))
        for i in range(len(level)):
            new = (float(away[i]), float(level[i]), float(one.mean_db[i] - one.quiet_db[i]), row)
            if one.first + i not in best or new < best[one.first + i]:
                best[one.first + i] = new
    cells = np.array(sorted(best))
    rows = [best[cell] for cell in cells.tolist()]
    return _Stitched(
        cells, np.array([r[1] for r in rows]), np.array([r[2] for r in rows]), np.array([r[3] for r in rows])
    )


def _middle(one: Look) -> float:
    """The look's centre, in cells' middles."""
    return one.center_hz / CELL_HZ - 0.5


def _steps(over: Array) -> list[tuple[int, int]]:
    """The stretches of one height in a raised run: looks of more gain lie beside signals."""
    least = int(LEAST_HZ / CELL_HZ)
    found: list[tuple[int, int]] = []
    todo = [(0, len(over))]
    while todo:
        start, stop = todo.pop()
        if stop - start < least:
            continue
        high = ONE_HEIGHT * float(np.quantile(over[start:stop], 1 - 0.6 * least / (stop - start)))
        parts = [(start + i, start + j) for i, j in runs(over[start:stop] > high, NOTCH)]
        wide = [(i, j) for i, j in parts if j - i >= least]
        if not wide:
            continue
        found += wide
        todo += list(zip([start, *(j for _, j in wide)], [*(i for i, _ in wide), stop], strict=True))
    return sorted(found)


def _examined(part: _Stitched, base: Array, start: int, stop: int) -> Wide | None:
    """The raised stretch as a signal, if it has a signal's level, edges and evenness. A side that is raised
    itself is a neighbour's signal, and says nothing of the noise."""
    sides: list[float | None] = []
    for beside in (
        slice(max(0, start - GUARD - BESIDE), max(0, start - GUARD)),
        slice(stop + GUARD, stop + GUARD + BESIDE),
    ):
        side, usual = part.level[beside], base[beside]
        quiet = len(side) >= LEAST_BESIDE and float(np.median(side - usual)) < LEAST_DB
        sides.append(float(np.median(side)) if quiet else None)
    known = [side for side in sides if side is not None]
    if not known:
        return None
    ends = [side if side is not None else known[0] for side in sides]
    below = np.interp(np.arange(len(part.level)), (start, stop - 1), ends)
    over = np.power(10.0, (part.level - below) / 10) - 1
    height = float(np.median(over[start:stop]))
    if 10 * np.log10(1 + max(height, 0.0)) < LEAST_DB:
        return None
    raised = runs(over > 0.5 * height, NOTCH)
    a, b = max(raised, key=lambda run: min(run[1], stop) - max(run[0], start))
    if (b - a) * CELL_HZ < LEAST_HZ or float(np.median(part.uneven[a:b])) > UNEVEN_DB:
        return None
    if not _edged(part.look, over, (a, b), (sides[0] is not None, sides[1] is not None)):
        return None
    power = float(np.sum(over[a:b] * np.power(10.0, below[a:b] / 10)) * CELL_HZ)
    low, high = int(part.cells[a]), int(part.cells[b - 1]) + 1
    excess_db = float(10 * np.log10(1 + height))
    return Wide(low * CELL_HZ, high * CELL_HZ, power, excess_db, len(known) == 2)


def _edged(look: npt.NDArray[np.int64], over: Array, run: tuple[int, int], heard: tuple[bool, bool]) -> bool:
    """Whether the edges beside which something was ``heard`` are steep, and one at least inside a look."""
    a, b = run
    last = len(over) - 1
    steep = max(STEEP * (b - a), STEEP_HZ / CELL_HZ)
    inside = False
    for known, mirrored in zip(heard, (True, False), strict=True):
        if not known:
            continue
        near = min(BESIDE // 2, (b - a) // 2)
        height = float(np.median(over[a : a + near] if mirrored else over[b - near : b]))
        inner, outer = _edge(over[::-1], last - a, height) if mirrored else _edge(over, b - 1, height)
        if outer - inner > steep:
            return False
        i, j = (last - outer, last - inner) if mirrored else (inner, outer)
        part = slice(max(0, i - CLEAR), j + CLEAR + 1)
        inside |= _rise(look[part], over[part]) > INSIDE * height
    return inside


def _rise(look: npt.NDArray[np.int64], over: Array) -> float:
    """By how much the level changes within one look, at most."""
    most = 0.0
    for one in np.unique(look).tolist():
        own = over[look == one]
        if len(own) > 2 * ENDS:
            most = max(most, abs(float(np.median(own[-ENDS:]) - np.median(own[:ENDS]))))
    return most


def _edge(over: Array, last: int, height: float) -> tuple[int, int]:
    """Where the level falls behind ``last``: the last cell at four fifths of it, the first at one fifth."""
    high = np.flatnonzero(over[: last + 1] >= 0.8 * height)
    low = np.flatnonzero(over[last:] <= 0.2 * height)
    inner = int(high[-1]) if len(high) else 0
    return inner, last + int(low[0]) if len(low) else len(over) - 1
