"""Impulses of switches, motors and supplies: so short that they fill the whole span, and no transmission.

Real receiver noise is not Gaussian in its tail. In the stretches of real recordings at 433 MHz that hold no
signal samples of 16 times the mean power are thousands of times as frequent as in Gaussian noise: single
impulses as long as the receiver's own answer, a few microseconds. One of them raises every bin of a short
frame, two in one frame ripple across it, and thresholds that follow from theory are passed. A receiver's
noise blanker is the old remedy: what stands alone, shorter than any transmission's symbol burst, is left
out before the transforms.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sweeper.dsp.spectrum import Complex, Real

Places = npt.NDArray[np.intp]

TIMES = 16.0
"""An impulse is so many times the mean power of the noise around it: noise alone does that once in 1e7."""

LONGEST_S, LONGEST = 12e-6, 3
"""No longer than this, or so many samples: no message is that short (a symbol of 100 kBd lasts 10 us, but
is one of many)."""

AROUND, POINTS = 24, 96
"""So many times the longest impulse is looked at on either side, at no more than so many points."""

QUARTER = 1.386
"""The upper quartile of a noise power in units of its mean (ln 4): up to a quarter of what is around may be
more impulses, while the pulses of a keyed signal, half of the time on, raise it."""

SHOULDER = 4
"""One sample and this part of the longest impulse are left out on either side: the receiver's filter
rings."""


def without(samples: Complex, rate_hz: float) -> Complex:
    """``samples`` with their impulses zero; the very same array where there are none."""
    power = np.square(samples.real) + np.square(samples.imag)
    some = power[:: max(1, len(power) >> 12)]
    if len(some) < 64:
        return samples
    usual = float(np.partition(some, len(some) // 2)[len(some) // 2]) / np.log(2)
    high = np.flatnonzero(power > np.float32(TIMES * usual))
    if usual <= 0 or not len(high):
        return samples
    longest = max(LONGEST, int(LONGEST_S * rate_hz))
    starts, stops = _runs(high, 1 + longest // 4)
    short = stops - starts <= longest
    starts, stops = starts[short], stops[short]
    alone = _peaks(power, starts, stops) > TIMES * _level(power, starts, stops, longest)
    if not alone.any():
        return samples
    out = samples.copy()
    shoulder = 1 + longest // SHOULDER
    for start, stop in zip(starts[alone].tolist(), stops[alone].tolist(), strict=True):
        out[max(0, start - shoulder) : stop + shoulder] = 0
    return out


def _runs(places: Places, gap: int) -> tuple[Places, Places]:
    """Half-open runs of ascending places no more than ``gap`` apart."""
    cut = np.flatnonzero(np.diff(places) > gap)
    return places[np.concatenate(([0], cut + 1))], places[np.concatenate((cut, [len(places) - 1]))] + 1


def _peaks(power: Real, starts: Places, stops: Places) -> Real:
    """The greatest power in each run."""
    if not len(starts):
        return np.zeros(0, np.float32)
    edges = np.minimum(np.column_stack((starts, stops)).ravel(), len(power) - 1)
    return np.asarray(np.maximum.reduceat(power, edges)[::2])


def _level(power: Real, starts: Places, stops: Places, longest: int) -> Real:
    """Mean power of noise around each run, by the upper quartile of what lies before it or behind it,
    whichever is more: a message's first pulse has the others behind it."""
    reach = AROUND * longest
    steps = 1 + longest // SHOULDER + np.arange(0, reach, max(1, reach // POINTS))
    before = starts[:, np.newaxis] - 1 - steps
    behind = stops[:, np.newaxis] + steps
    place = int(0.75 * len(steps))
    sides = [power[np.clip(side, 0, len(power) - 1)] for side in (before, behind)]
    upper = [np.partition(side, place, axis=1)[:, place] for side in sides]
    return np.asarray(np.maximum(*upper) / np.float32(QUARTER))
