"""The symbol clock of a keyed signal, from the moments at which its sliced value changes.

All changes of a digital signal fall on a grid of symbol boundaries. For a trial period T the mean of
exp(2πi t/T) over the changes has a modulus near 1 if they do (a Rayleigh test on the circle). Its
divisors fit as well, so the longest period that fits is the symbol. An analogue signal crosses its
middle at any time and fits no period.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

LEAST_CHANGES = 8
"""Fewer changes cannot show a grid."""

MOST_CHANGES = 600
"""More add nothing, and drift of a cheap oscillator then blurs the grid."""


class Clock(NamedTuple):
    """``period`` in samples, ``fit`` 0..1, ``changes`` looked at."""

    period: float
    fit: float
    changes: int

    @property
    def holds(self) -> bool:
        """Whether the changes lie on a grid: what chance reaches falls with their number."""
        return self.fit > min(0.92, 0.5 + 1.1 / self.changes**0.5)


def changes(values: npt.NDArray[np.floating], level: float, hysteresis: float) -> npt.NDArray[np.float64]:
    """Moments (fractional samples) at which ``values`` cross ``level``, noise within ``hysteresis`` ignored."""
    state = np.zeros(len(values), np.int8)
    state[values > level + hysteresis] = 1
    state[values < level - hysteresis] = -1
    known = np.flatnonzero(state)
    if len(known) < 2:
        return np.empty(0)
    signs = state[known]
    turn = np.flatnonzero(signs[1:] != signs[:-1])
    before, after = known[turn], known[turn + 1]
    out = np.empty(len(turn))
    for i, (a, b) in enumerate(zip(before.tolist(), after.tolist(), strict=True)):
        part = values[a : b + 1] - level
        cross = np.flatnonzero(part[:-1] * part[1:] <= 0)
        k = int(cross[len(cross) // 2]) if len(cross) else (b - a) // 2
        step = part[k + 1] - part[k] if k + 1 < len(part) else 0.0
        out[i] = a + k + (float(-part[k] / step) if abs(step) > 1e-30 else 0.0)
    return out


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
    rates = np.arange(1.0 / high, 1.0 / low, step)
    if len(rates) > 60_000:
        rates = rates[:: len(rates) // 60_000 + 1]
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
    """Mean vector's modulus at each rate. Weighted so that neighbours count against each other locally.

    The phase between changes within a window of 24 is compared, so that a drifting clock still fits.
    """
    out = np.empty(len(rates))
    window = min(len(moments), 64)
    starts = range(0, max(1, len(moments) - window + 1), max(1, window // 2))
    for i in range(0, len(rates), 2048):
        some = rates[i : i + 2048]
        turns = np.exp(2j * np.pi * np.outer(some, moments))
        sums = np.concatenate([np.zeros((len(some), 1)), np.cumsum(turns, axis=1)], axis=1)
        local = [np.abs(sums[:, s + window] - sums[:, s]) / window for s in starts]
        out[i : i + 2048] = np.mean(local, axis=0)
    return out


def _refined(moments: npt.NDArray[np.float64], rate: float, step: float) -> float:
    fine = rate + np.linspace(-1.5, 1.5, 61) * step
    return float(fine[int(np.argmax(_fits(moments, fine)))])
