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

LEAST_CHANGES = 8
"""Fewer changes cannot show a grid."""

MOST_CHANGES = 600
"""More add nothing, and drift of a cheap oscillator then blurs the grid."""


MOST_RATES = 60_000
"""Trial rates; a longer grid is thinned out."""

WINDOW = 64
"""Changes compared with each other: within so many a cheap oscillator keeps its phase."""


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
    low = max(shortest, 0.4 * float(np.percentile(gaps, 5)))
    high = max(low * 1.5, 1.6 * float(np.percentile(gaps, 30)))
    span = float(moments[-1] - moments[0])
    step = 1.0 / (6.0 * span)
    count = max(1, math.ceil((1.0 / low - 1.0 / high) / step))
    stride = count // MOST_RATES + 1 if count > MOST_RATES else 1
    rates = 1.0 / high + step * np.arange(0, count, stride, dtype=np.float64)
    fit = _fits(moments, rates)
    best = float(fit.max())
    good = np.flatnonzero(fit >= max(0.9 * best, best - 0.06))
    first = int(good[0])
    end = first
    while end + 1 < len(fit) and fit[end + 1] >= fit[end]:
        end += 1
    rate = _refined(moments, float(rates[end]), step)
    return Clock(1.0 / rate, float(_fits(moments, np.array([rate]))[0]), len(moments))


def _densest(moments: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The stretch of at most ``MOST_CHANGES`` changes that follow each other fastest."""
    extra = len(moments) - MOST_CHANGES
    if extra <= 0:
        return moments
    spans = moments[MOST_CHANGES:] - moments[:extra]
    at = int(np.argmin(spans))
    return moments[at : at + MOST_CHANGES]


def _fits(moments: npt.NDArray[np.float64], rates: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Mean vector's modulus at each of the evenly spaced ``rates``.

    It is taken over windows of ``WINDOW`` changes, half overlapping, and averaged, so that a drifting clock
    still fits. As exp(2πi(a + b)t) is a product, a grid of A·B rates takes A + B exponentials per change and
    one matrix product per half window.
    """
    half = WINDOW // 2 if len(moments) >= WINDOW else len(moments)
    parts = moments[: len(moments) // half * half].reshape(-1, half)
    count = len(rates)
    fine = max(1, math.isqrt(count))
    step = float(rates[-1] - rates[0]) / max(1, count - 1)
    starts = float(rates[0]) + step * fine * np.arange(-(-count // fine))
    total = np.zeros((len(starts), fine))
    before: npt.NDArray[np.complex128] | None = None
    for part in parts - moments[0]:
        near = np.exp(2j * np.pi * step * np.outer(part, np.arange(fine)))
        sums = np.exp(2j * np.pi * np.outer(starts, part)) @ near
        if before is not None:
            total += _modulus(before + sums)
        before = sums
    if len(parts) == 1 and before is not None:
        total = _modulus(before)
    return total.ravel()[:count] / (min(len(moments), WINDOW) * max(1, len(parts) - 1))


def _modulus(sums: npt.NDArray[np.complex128]) -> npt.NDArray[np.float64]:
    return np.asarray(np.sqrt(sums.real**2 + sums.imag**2))


def _refined(moments: npt.NDArray[np.float64], rate: float, step: float) -> float:
    fine = rate + np.linspace(-1.5, 1.5, 61) * step
    return float(fine[int(np.argmax(_fits(moments, fine)))])
