"""The symbol clock of a keyed signal, from the moments at which its sliced value changes.

All changes of a digital signal fall on a grid of symbol boundaries. For a trial period T the mean of
exp(2πi t/T) over the changes has a modulus near 1 if they do (a Rayleigh test on the circle). Its
divisors fit as well, so the longest period that fits is the symbol. An analogue signal crosses its
middle at any time and fits no period.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sweeper.dsp.statistics import percentile

LEAST_CHANGES = 8
"""Fewer changes cannot show a grid."""

MOST_CHANGES = 600
"""More add nothing, and drift of a cheap oscillator then blurs the grid."""


MOST_RATES = 60_000
"""Trial rates; a longer grid is thinned out."""

WINDOW = 64
"""Changes compared with each other: within so many a cheap oscillator keeps its phase."""

SAMPLED = 8
"""Samples of the fit in 1/w: a peak between two of them is at most 2 % higher than the nearer one."""


LEAST_BLOCK = 4
"""Rates between two samples; with fewer, sampling first saves nothing."""


MOST_PRODUCT = 1 << 16
"""Multiplications up to which OpenBLAS stays on one thread."""


EXACT = 9
"""Decimals of a fit that are compared: the order in which OpenBLAS adds depends on the processor and shows in
the fifteenth, and a name must not. (A sum in fixed order took 2.5 times as long for a whole clock.)"""


class Clock(NamedTuple):
    """``period`` in samples, ``fit`` 0..1, ``changes`` looked at."""

    period: float
    fit: float
    changes: int

    @property
    def holds(self) -> bool:
        """Whether the changes lie on a grid: what chance reaches falls with their number."""
        return self.fit > min(0.92, 0.5 + 1.1 / math.sqrt(self.changes))


def changes(values: npt.NDArray[np.floating], level: float, hysteresis: float) -> npt.NDArray[np.float64]:
    """Moments (fractional samples) at which ``values`` cross ``level``, noise within ``hysteresis`` aside."""
    state = np.zeros(len(values), np.int8)
    state[values > level + hysteresis] = 1
    state[values < level - hysteresis] = -1
    known = np.flatnonzero(state)
    if len(known) < 2:
        return np.empty(0)
    signs = state[known]
    turn = np.flatnonzero(signs[1:] != signs[:-1])
    before, after = known[turn], known[turn + 1]
    above = values - level
    crossings = np.flatnonzero(above[:-1] * above[1:] <= 0)
    first, end = np.searchsorted(crossings, before), np.searchsorted(crossings, after)
    at = (before + after) // 2
    crossed = end > first
    at[crossed] = crossings[(first + (end - first) // 2)[crossed]]
    step = above[at + 1] - above[at]
    steep = np.abs(step) > 1e-30
    part = np.divide(-above[at], step, out=np.zeros_like(step), where=steep)
    return np.asarray(at + part.astype(np.float64))


def clock(moments: npt.NDArray[np.float64], shortest: float = 2.0) -> Clock | None:
    """The symbol period that the changes share, or ``None`` where there are too few."""
    moments = _densest(moments)
    if len(moments) < LEAST_CHANGES:
        return None
    gaps = np.diff(moments)
    gaps = gaps[gaps > 0.5]
    if len(gaps) < LEAST_CHANGES - 1:
        return None
    low = max(shortest, 0.4 * float(percentile(gaps, 5)))
    high = max(low * 1.5, 1.6 * float(percentile(gaps, 30)))
    span = float(moments[-1] - moments[0])
    step = 1.0 / (6.0 * span)
    count = max(1, math.ceil((1.0 / low - 1.0 / high) / step))
    stride = count // MOST_RATES + 1 if count > MOST_RATES else 1
    grid = _Grid(moments, 1.0 / high, step * stride, -(-count // stride))
    rate = _refined(moments, grid.slowest(), step)
    return Clock(1.0 / rate, float(_fits(moments, np.array([rate]), 0.0, 1)[0, 0]), len(moments))


class _Grid:
    """``count`` trial rates from ``first`` in ``step``s, each worked out when it is asked for.

    The fit of a window that is ``w`` long is band-limited to ``w``, so it is first sampled ``SAMPLED`` times
    in 1/w; only blocks between samples near what is sought are worked out in full.
    """

    def __init__(self, moments: npt.NDArray[np.float64], first: float, step: float, count: int) -> None:
        self._moments, self._first, self._step, self._count = moments, first, step, count
        self._fine: dict[int, npt.NDArray[np.float64]] = {}
        ends = moments[WINDOW - 1 :] - moments[: 1 - WINDOW] if len(moments) > WINDOW else np.ptp(moments)
        self._block = int(1.0 / (SAMPLED * float(np.max(ends)) * step))
        if self._block < LEAST_BLOCK:
            self._block = count
            self._fine[0] = _row(moments, first, step, count)
            self._near = self._fine[0].max(keepdims=True)
        else:
            sampled = _row(moments, first, step * self._block, -(-count // self._block) + 1)
            self._near = np.maximum(sampled[:-1], sampled[1:])

    def slowest(self) -> float:
        """The slowest rate that fits about as well as the best, at the top of its peak."""
        near = self._near
        best = max(float(part.max()) for part in self._blocks(np.flatnonzero(near >= 0.94 * near.max())))
        enough = max(0.9 * best, best - 0.06)
        likely = np.flatnonzero(near >= 0.92 * enough)
        for some in np.split(likely, range(16, len(likely), 16)):
            for block, fit in zip(some.tolist(), self._blocks(some), strict=True):
                if fit.max() >= enough:
                    return self._climbed(block * self._block + int(np.argmax(fit >= enough)))
        return self._first

    def _blocks(self, wanted: npt.NDArray[np.intp]) -> list[npt.NDArray[np.float64]]:
        """The fits of whole blocks (the last one ends with the grid)."""
        new = np.array([block for block in wanted.tolist() if block not in self._fine], dtype=np.int64)
        if len(new):
            starts = self._first + self._step * self._block * new.astype(np.float64)
            rows = _fits(self._moments, starts, self._step, self._block)
            for block, row in zip(new.tolist(), rows, strict=True):
                self._fine[block] = row[: self._count - block * self._block]
        return [self._fine[block] for block in wanted.tolist()]

    def _climbed(self, at: int) -> float:
        while at + 1 < self._count and self._fit(at + 1) >= self._fit(at):
            at += 1
        return self._first + self._step * at

    def _fit(self, at: int) -> float:
        block, place = divmod(at, self._block)
        return float(self._blocks(np.array([block]))[0][place])


def _densest(moments: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The stretch of at most ``MOST_CHANGES`` changes that follow each other fastest."""
    extra = len(moments) - MOST_CHANGES
    if extra <= 0:
        return moments
    spans = moments[MOST_CHANGES:] - moments[:extra]
    at = int(np.argmin(spans))
    return moments[at : at + MOST_CHANGES]


def _fits(
    moments: npt.NDArray[np.float64], starts: npt.NDArray[np.float64], step: float, count: int
) -> npt.NDArray[np.float64]:
    """Mean vector's modulus at ``count`` rates from each of ``starts``, shape ``[len(starts), count]``.

    It is taken over windows of ``WINDOW`` changes, half overlapping, and averaged, so that a drifting clock
    still fits. As exp(2πi(a + b)t) is a product, A starts and B steps take one matrix product per half
    window.
    """
    parts = _halves(moments)
    lefts = np.exp(2j * np.pi * np.outer(starts, parts))
    return _mean_moduli(lefts, _powers(2 * np.pi * step * parts.ravel(), count), parts.shape)


def _halves(moments: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The changes by half windows (one, where they fill no window), counted from the first; a rest is left
    out."""
    half = WINDOW // 2 if len(moments) >= WINDOW else len(moments)
    return np.asarray(moments[: len(moments) // half * half].reshape(-1, half) - moments[0])


def _mean_moduli(
    lefts: npt.NDArray[np.complex128], nears: npt.NDArray[np.complex128], shape: tuple[int, ...]
) -> npt.NDArray[np.float64]:
    """The windows' mean vectors' moduli, averaged. ``lefts`` and ``nears`` are the changes' turns at each
    start and after each step, a column a change; ``shape`` is that of the half windows."""
    halves, half = shape
    total = np.zeros((len(lefts), len(nears)))
    before: npt.NDArray[np.complex128] | None = None
    for at in range(0, halves * half, half):
        sums = _product(lefts[:, at : at + half], nears[:, at : at + half].T)
        if before is not None:
            total += _modulus(before + sums)
        before = sums
    if halves == 1 and before is not None:
        total = _modulus(before)
    return np.round(total / (min(halves, 2) * half * max(1, halves - 1)), EXACT)


def _powers(angles: npt.NDArray[np.float64], count: int) -> npt.NDArray[np.complex128]:
    """exp(i k angle) for k below ``count``, shape ``[count, len(angles)]``: all rows known, turned once more,
    are as many new ones, which is much cheaper than an exponential for each."""
    out = np.empty((count, len(angles)), np.complex128)
    out[0] = 1
    turn = np.exp(1j * angles)
    done = 1
    while done < count:
        more = min(done, count - done)
        np.multiply(out[:more], turn, out=out[done : done + more])
        turn = turn * turn
        done += more
    return out


def _row(moments: npt.NDArray[np.float64], first: float, step: float, count: int) -> npt.NDArray[np.float64]:
    """The fits at ``count`` rates, in about as many starts as steps."""
    fine = max(1, math.isqrt(count))
    parts = _halves(moments)
    angles = 2 * np.pi * step * parts.ravel()
    lefts = _powers(fine * angles, -(-count // fine)) * np.exp(2j * np.pi * first * parts.ravel())
    return _mean_moduli(lefts, _powers(angles, fine), parts.shape).ravel()[:count]


def _product(
    left: npt.NDArray[np.complex128], right: npt.NDArray[np.complex128]
) -> npt.NDArray[np.complex128]:
    """``left @ right`` in slabs: a product this small is slower on two threads, and OpenBLAS takes two."""
    rows = max(2, MOST_PRODUCT // right.size)
    return np.concatenate([left[at : at + rows] @ right for at in range(0, len(left), rows)])


def _modulus(sums: npt.NDArray[np.complex128]) -> npt.NDArray[np.float64]:
    return np.asarray(np.sqrt(sums.real**2 + sums.imag**2))


def _refined(moments: npt.NDArray[np.float64], rate: float, step: float) -> float:
    fits = _fits(moments, np.array([rate - 1.5 * step]), 0.05 * step, 61)[0]
    return float(rate + (0.05 * int(np.argmax(fits)) - 1.5) * step)
