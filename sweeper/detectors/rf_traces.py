"""Emissions from Traces alone: rtl_power and hackrf_sweep recordings, which keep no samples.

A trace of unknown averaging has no stated false-alarm rate, so the spread of its own floor decides: a bin
must stand eight robust deviations and 5 dB over the local floor. Modulation cannot be told from power;
what is one bin wide is a carrier, everything else unknown.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.ndimage import median_filter

from sweeper.detectors.rf_heard import Heard
from sweeper.detectors.rf_tracker import Tracker
from sweeper.dsp import extents
from sweeper.dsp.floor import excise
from sweeper.dsp.islands import runs
from sweeper.dsp.spectrum import decibel
from sweeper.records import Record, Trace

DEVIATIONS = 8.0
LEAST_DB = 5.0


class TraceReader:
    """Reads traces of one source into its tracker."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker

    def feed(self, trace: Trace) -> Iterable[Record]:
        """Files what stands above the floor; yields nothing, the tracker tells."""
        mean = np.power(10.0, np.asarray(trace.mean_db, np.float64) / 10)
        if len(mean) < 8 or not np.isfinite(mean).all():
            return ()
        floor = self._floor(trace, mean)
        excess = mean / floor
        level = decibel(excess)
        quiet = level[level < np.percentile(level, 70)]
        spread = 1.4826 * float(np.median(np.abs(quiet - np.median(quiet)))) if len(quiet) else 1.0
        least = max(LEAST_DB, DEVIATIONS * spread)
        edge = 10 ** (max(2.0, 3 * spread) / 10)
        length = max(trace.dwell_s, 1e-3)
        half = trace.bin_hz / 2
        self._tracker.listened(
            trace.start_hz - half, trace.start_hz + (len(mean) - 0.5) * trace.bin_hz, length
        )
        for start, stop in runs(excess > edge):
            if float(level[start:stop].max()) < least:
                continue
            for left, right in extents.bands(excess[start:stop].astype(np.float32), edge):
                a, b = start + left, start + right
                self._file(trace, mean, floor, a, b, length, half)
        return ()

    @staticmethod
    def _floor(trace: Trace, mean: np.ndarray) -> np.ndarray:
        if trace.floor_db is not None:
            return np.asarray(np.power(10.0, np.asarray(trace.floor_db, np.float64) / 10))
        wide = max(5, len(mean) // 64 * 2 + 1)
        smooth = np.minimum(mean, 4 * median_filter(mean, wide, mode="nearest"))
        return np.asarray(excise(smooth.astype(np.float32), 16.0), dtype=np.float64)

    def _file(
        self, trace: Trace, mean: np.ndarray, floor: np.ndarray, a: int, b: int, length: float, half: float
    ) -> None:
        inner, outer = extents.occupied(mean[a:b] - floor[a:b])
        base = trace.start_hz + a * trace.bin_hz - half
        power = float(np.sum(mean[a:b] - floor[a:b]) * trace.bin_hz)
        ratio = float(np.max(mean[a:b] / floor[a:b]))
        narrow = b - a <= 2
        heard = Heard(
            low_hz=base + inner * trace.bin_hz,
            high_hz=base + max(outer, inner + 0.5) * trace.bin_hz,
            start_s=0.0,
            stop_s=length,
            power=power,
            snr_db=float(10 * np.log10(max(ratio - 1, 0.01))),
            steady=True,
            opens=True,
            ends=True,
            on_s=length,
        )
        track = self._tracker.add(heard, trace.time_s, 0.0, trace.bin_hz)
        if track is not None:
            track.placed = True
            track.vote("carrier" if narrow else "unknown", {}, heard.snr_db)
