"""Two bands that are the two tones of one sender.

Frequency keying with tones far apart (an index of two and more) leaves little between them, and detection
shows two signals of like width and power at the same time. Heard together they show whether they are one:

    one sender      always on one of the two: constant envelope, and the changes lie on a symbol clock
    two senders     beat with each other: their sum's envelope has a kurtosis of 1.5, and no clock
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import combinations

from sweeper.detectors.rf_cut import Lazy, channel_of
from sweeper.detectors.rf_heard import Heard
from sweeper.dsp import modulation
from sweeper.dsp.features import measure
from sweeper.dsp.spectrum import Complex, line_size

ALIKE_WIDTH, ALIKE_POWER = 4.0, 4.0
"""Tones of one sender differ by no more: each is there half of the time, keyed by the same clock; what lies
between may be shown with one of them."""

OVERLAP = 0.1
"""Share of the narrower one's width by which they may overlap: more of it is one signal shown twice."""

GAP = 8.0
"""Widths of the wider one that may lie between: an index of about twenty."""

LEAST_SNR_DB = 6.0
MOST_TONES, MOST_ASKED = 6, 2
"""The strongest signals of a segment are looked at for pairs; each pair asked costs a cut and a
measurement."""

ASK_FIRST, ASK_EVERY = 3, 16
"""Segments in which a pair of one place is asked: the first ones, then one in so many."""

CONSTANT, CLEAR = 1.2, 0.9
"""Kurtosis of the envelope up to which, and fit of the clock from which on, two bands are one sender."""

PLACE_HZ = 20e3

TOGETHER, STEADY = 0.9, 0.95
"""Share of the longer one's time in which both tones are on the air; and of the segment that makes the pair
steady."""


class Tones:
    """What one source's pairs were found to be."""

    def __init__(self) -> None:
        self._asked: Counter[tuple[float, int]] = Counter()
        self._one: set[tuple[float, int]] = set()

    def joined(
        self, heard: list[Heard], samples: Complex, spectrum: Lazy, rate_hz: float, center_hz: float
    ) -> list[Heard]:
        """The same signals with such pairs made one, and without what lies within these and is weaker."""
        grain = rate_hz / line_size(rate_hz, len(samples))
        wide = [one for one in heard if one.width_hz > 3.5 * grain and one.snr_db > LEAST_SNR_DB]
        clear = sorted(wide, key=lambda one: (-one.power, one.low_hz))
        tones = sorted(clear[:MOST_TONES], key=lambda one: one.low_hz)
        pairs = [pair for pair in combinations(tones, 2) if _alike(*pair, rate_hz)]
        for low, high in sorted(pairs, key=lambda pair: -pair[0].power - pair[1].power)[:MOST_ASKED]:
            whole = replace(
                low,
                high_hz=max(low.high_hz, high.high_hz),
                start_s=min(low.start_s, high.start_s),
                stop_s=max(low.stop_s, high.stop_s),
                on_s=max(low.on_s, high.on_s),
                steady=low.stop_s - low.start_s > STEADY * len(samples) / rate_hz,
                power=low.power + high.power,
                snr_db=max(low.snr_db, high.snr_db),
            )
            if self._is_one(whole, samples, spectrum, rate_hz, center_hz):
                gone = {id(one) for one in heard if _within(one, whole)}
                heard = [*(one for one in heard if id(one) not in gone), whole]
        return heard

    def _is_one(
        self, whole: Heard, samples: Complex, spectrum: Lazy, rate_hz: float, center_hz: float
    ) -> bool:
        place = (center_hz, round(whole.center_hz / PLACE_HZ))
        self._asked[place] += 1
        count = self._asked[place]
        if count <= ASK_FIRST or count % ASK_EVERY == 0:
            self._one.discard(place)
            channel = channel_of(whole, samples, spectrum, rate_hz)
            measured = measure(channel, whole.width_hz, whole.snr_db)
            if measured is not None and measured.envelope_kurtosis < CONSTANT:
                kind, figures = modulation.name(measured, whole.width_hz)
                if kind == "fsk" and figures.get("clock_fit", 0.0) > CLEAR:
                    self._one.add(place)
        return place in self._one


def _alike(low: Heard, high: Heard, rate_hz: float) -> bool:
    narrow, wide = sorted((low.width_hz, high.width_hz))
    weak, strong = sorted((low.power, high.power))
    apart = high.low_hz - low.high_hz > -OVERLAP * narrow
    near = (
        high.low_hz - low.high_hz < GAP * wide and max(low.high_hz, high.high_hz) - low.low_hz < 0.8 * rate_hz
    )
    both_s = min(low.stop_s, high.stop_s) - max(low.start_s, high.start_s)
    longer_s = max(low.stop_s - low.start_s, high.stop_s - high.start_s)
    if both_s < TOGETHER * longer_s:
        return False
    return apart and near and wide < ALIKE_WIDTH * narrow and strong < ALIKE_POWER * weak


def _within(one: Heard, whole: Heard) -> bool:
    """Whether a signal is no more than a part of the keyed one: between its tones, at the time, weaker."""
    apart = one.stop_s < whole.start_s or one.start_s > whole.stop_s
    return whole.low_hz <= one.center_hz <= whole.high_hz and one.power <= whole.power and not apart
