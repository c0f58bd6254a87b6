"""What is wider than a look of a sweep: collected look by look, told when the pass is over.

``sweeper.dsp.wideband`` says how it is known. Until the pass ends, wide pieces of it that single looks showed
(its edge, a part that looked like a signal of its own) are held back, and then they belong to it. What the
looks within its band show of a cyclic prefix, taken together, names it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sweeper.detectors.rf_heard import Heard
from sweeper.detectors.rf_pieces import RIM_DB
from sweeper.detectors.rf_track import FILLING
from sweeper.detectors.rf_tracker import Tracker
from sweeper.dsp import ofdm, wideband
from sweeper.dsp.spectrum import Real
from sweeper.records import Value

PIECE = 0.25
"""Share of a look's usable span from which on a steady signal may be a piece of something wider."""

BORDER, BORDER_LEAST_HZ = 0.05, 1e5
"""Or one of some width that reaches, within this share, to the end of the span: it may go on beyond."""


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
        beyond = max(-one.low_hz, one.high_hz) > (0.5 - BORDER) * usable_hz
        wide = one.width_hz > PIECE * usable_hz or (beyond and one.width_hz > BORDER_LEAST_HZ)
        if one.kind in FILLING or (one.steady and (wide or one.snr_db < RIM_DB)):
            self.pieces.add(number)

    def conclude(self, tracker: Tracker, rhythms: Mapping[float, list[ofdm.Rhythm]]) -> None:
        """The pass is over: files what is wider than a look with the tracker. ``rhythms``: by centre, what
        the looks showed of cyclic prefixes."""
        for wide in wideband.find(self._looks):
            kind, features = _named(wide, rhythms)
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
                kind=kind,
                features=features,
            )
            tracker.wide(one, self._began_s)
        if self._looks:
            tracker.settle()
        self._looks = []
        self.pieces.clear()


def _named(wide: wideband.Wide, rhythms: Mapping[float, list[ofdm.Rhythm]]) -> tuple[str, dict[str, Value]]:
    """Kind and features of a wide signal: OFDM by what all its looks show together, else like noise."""
    features: dict[str, Value] = {
        "stitched": True,
        "whole": wide.whole,
        "over_noise_db": round(wide.excess_db, 2),
    }
    rows = ((center_hz, one) for center_hz in sorted(rhythms) for one in rhythms[center_hz])
    found = ofdm.pooled(rows, wide.low_hz, wide.high_hz)
    if found is None:
        return "noise-like", features
    features["agreement"] = round(found.agreement, 4)
    features["useful_symbol_us"] = round(1e6 * found.useful_s, 2)
    features["system"] = found.system
    return (found.system if found.system in ("lte", "nr") else "ofdm"), features
