"""Second looks: which hops are heard again, so that the receiver's own products give themselves away.

A receiver makes lines of its own: spurs at a fixed distance from where it is tuned, mirror images, products
of strong signals. They look like bare carriers, but they do not behave like them:

    retuned by a quarter of a hop   a carrier keeps its radio frequency; spur and image are gone from there
    gain a step lower               a carrier falls by the step; a product of strong signals by two or three
                                    steps; a spur behind the tuner not at all

So in the first pass each hop with a narrow steady line is heard a second time from beside. Where a line is
gone then, the hop is heard twice more, as before and from the other side: what is there again and again from
one centre and never from another is the receiver's. Last, hops with such lines are heard at a lower gain.
Here is only *where* to look again; what follows from it is decided where emissions are tracked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
from scipy.ndimage import median_filter

from sweeper.dsp import spectrum
from sweeper.radio.hops import Hop, beside
from sweeper.radio.receiver import USABLE
from sweeper.records import Samples

LINE_RATIO = 10.0
"""A bin 10 dB over the median of its neighbours is a line worth a second look; noise of twenty transforms
does not reach that (1e-30)."""

AROUND = 33
"""Bins of that median."""

WIDEST = 5
"""A bare carrier fills three bins of a Hann window, with what its phase noise adds five."""

LASTING = 0.25
"""The weakest quarter of a look holds at least this share of the line's mean power: it is on all the time."""

CENTRE_HZ = 15e3
"""The spike at the centre has its own second look."""

SAME_HZ = 4e3
"""Two looks agree on a line's place within this: a bin and a half."""

MOST = 0.125
LEAST = 8
"""At most this share of a pass is heard again, but always so many hops: a sweep must not take twice as long
in a crowded band, where later passes come from other centres anyway."""

FAMILY = 3
"""Lines gone from so many hops at one offset are a spur already; nobody need look there again."""

SECOND_LOOK_S = 0.02
"""Second looks are no longer than this, also where the first was a second."""

GAIN_STEP_DB = 8.0
"""Step of the gain test: products of the second order fall by 16 dB then, carriers by 8 ± 2."""


class Line(msgspec.Struct, frozen=True):
    """A narrow steady line: offset from the centre in hertz, power over its surroundings."""

    offset_hz: float
    ratio: float


def lines(samples: Samples, rate_hz: float) -> tuple[Line, ...]:
    """The narrow steady lines of one look within its usable span, in order of frequency."""
    size = spectrum.line_size(rate_hz, len(samples))
    frames = spectrum.power_frames(samples, size, rate_hz)
    count = len(frames) // 4 * 4
    if count < 4:
        return ()
    quarters = frames[:count].reshape(4, -1, size).mean(axis=1)
    mean = quarters.mean(axis=0)
    around = median_filter(mean, AROUND, mode="nearest")
    ratio = mean / np.maximum(around, np.float32(1e-30))
    top = (ratio > LINE_RATIO) & (mean >= np.roll(mean, 1)) & (mean > np.roll(mean, -1))
    half = USABLE * rate_hz / 2
    found = []
    for at in np.flatnonzero(top).tolist():
        offset_hz = _peak(mean, at) * rate_hz / size
        if not CENTRE_HZ < abs(offset_hz) < half or float(quarters[:, at].min()) < LASTING * float(mean[at]):
            continue
        low, high = max(0, at - WIDEST), min(size, at + WIDEST + 1)
        if np.count_nonzero(mean[low:high] > 0.1 * mean[at]) <= WIDEST:
            found.append(Line(offset_hz, float(ratio[at])))
    return tuple(found)


def _peak(mean: spectrum.Real, at: int) -> float:
    """Bins from the centre to a peak, by a parabola through its decibels."""
    size = len(mean)
    left, mid, right = (float(np.log(max(mean[i % size], 1e-30))) for i in (at - 1, at, at + 1))
    bend = left - 2 * mid + right
    return at - size // 2 + (0.5 * (left - right) / bend if bend < 0 else 0.0)


class Vetting:
    """What the first looks of a pass showed, and which looks follow from it."""

    def __init__(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._first: dict[Hop, tuple[Line, ...]] = {}
        self._second: dict[Hop, Hop] = {}
        self._gone: list[tuple[Hop, float]] = []

    def first(self, hop: Hop, samples: Samples) -> None:
        """A look of the pass itself."""
        found = lines(samples, self._rate_hz)
        if found:
            self._first[hop] = found

    def retuned(self, hops: int) -> list[Hop]:
        """Hops to hear from beside, at most a share of ``hops``; those that share a line's offset with others
        first, for so do spurs, then the clearest."""
        offsets = [line.offset_hz for found in self._first.values() for line in found]
        ranked = sorted(self._first, key=lambda hop: (-_shared(self._first[hop], offsets), hop.center_hz))
        most = max(LEAST, round(MOST * hops))
        chosen = sorted(ranked[:most], key=_center)
        self._second = {_brief(beside(hop, self._rate_hz)): hop for hop in chosen}
        return list(self._second)

    def second(self, hop: Hop, samples: Samples) -> None:
        """A look from beside: were the lines still on their radio frequency?"""
        before = self._second.get(hop)
        if before is None:
            return
        half = USABLE * self._rate_hz / 2
        here = [hop.center_hz + line.offset_hz for line in lines(samples, self._rate_hz)]
        for line in self._first[before]:
            want_hz = before.center_hz + line.offset_hz
            inside = CENTRE_HZ < abs(want_hz - hop.center_hz) < half
            if inside and not any(abs(hz - want_hz) < SAME_HZ for hz in here):
                self._gone.append((before, line.offset_hz))

    def again(self) -> list[Hop]:
        """Where a line was gone: once more as before, and once from the other side."""
        offsets = [offset_hz for _, offset_hz in self._gone]
        doubtful = {
            hop: None
            for hop, offset_hz in self._gone
            if sum(abs(offset_hz - other) < SAME_HZ for other in offsets) < FAMILY
        }
        return [_brief(one) for hop in doubtful for one in (hop, beside(hop, self._rate_hz, -1))]

    def softer(self) -> list[Hop]:
        """Hops to hear at the lower gain."""
        return [_brief(hop) for hop in sorted(self._second.values(), key=_center)]


def _brief(hop: Hop) -> Hop:
    """The same place for a short while, once."""
    return msgspec.structs.replace(hop, dwell_s=min(hop.dwell_s, SECOND_LOOK_S), looks=1)


def lower_step(gains_db: Sequence[float], present_db: float) -> float | None:
    """The gain of the test: the highest that is at least ``GAIN_STEP_DB`` lower."""
    return max((gain for gain in gains_db if gain <= present_db - GAIN_STEP_DB), default=None)


def _center(hop: Hop) -> float:
    return hop.center_hz


def _shared(found: Iterable[Line], offsets: Sequence[float]) -> int:
    """How many lines of all hops stand at an offset that one of these has."""
    return max(sum(abs(one.offset_hz - other) < SAME_HZ for other in offsets) for one in found)
