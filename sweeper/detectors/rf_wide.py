"""What is wider than a look of a sweep: collected look by look, told when the pass is over.

``sweeper.dsp.wideband`` says how it is known. Until the pass ends, wide pieces of it that single looks showed
(its edge, a part that looked like a signal of its own) are held back, and then they belong to it.
"""

from __future__ import annotations

import numpy as np

from sweeper.detectors.rf_heard import Heard
from sweeper.detectors.rf_tracker import Tracker
from sweeper.dsp import wideband
from sweeper.dsp.spectrum import Real

PIECE = 0.25
"""Share of a look's usable span from which on a steady signal may be a piece of something wider."""


class WideBook:
    """The looks of the pass in progress, and the tracks held back until it ends."""

    def __init__(self) -> None:
        self._looks: list[wideband.Look] = []
        self._began_s = 0.0
        self._time_s = self._dwell_s = 0.0
        self.pieces: set[int] = set()
        """Numbers of tracks that may be pieces of something wider."""

    def add(
        self, mean: Real, frames: int, rate_hz: float, center_hz: float, usable_hz: float, time_s: float
    ) -> None:
        """One look of the pass: its mean spectrum over ``frames`` transforms."""
        one = wideband.levels(mean, frames, rate_hz, center_hz, usable_hz)
        if one is None:
            return
        if not self._looks:
            self._began_s = time_s
        self._looks.append(one)
        self._dwell_s = frames * len(mean) / 2 / rate_hz
        self._time_s = time_s + self._dwell_s

    def heard(self, one: Heard, number: int, usable_hz: float) -> None:
        """A signal of a look, filed under a track."""
        if one.steady and one.width_hz > PIECE * usable_hz:
            self.pieces.add(number)

    def conclude(self, tracker: Tracker) -> None:
        """The pass is over: files what is wider than a look with the tracker."""
        for wide in wideband.find(self._looks):
            length = self._time_s - self._began_s
            above = 10 ** (wide.excess_db / 10) - 1
            one = Heard(
                low_hz=wide.low_hz,
                high_hz=wide.high_hz,
                start_s=0.0,
                stop_s=length,
                power=wide.power,
                snr_db=float(10 * np.log10(max(above, 0.01))),
                steady=True,
                opens=True,
                ends=True,
                grain_hz=wideband.CELL_HZ,
                on_s=self._dwell_s,
                kind="noise-like",
                features={"stitched": True, "whole": wide.whole, "over_noise_db": round(wide.excess_db, 2)},
            )
            tracker.wide(one, self._began_s)
        self._looks = []
        self.pieces.clear()
