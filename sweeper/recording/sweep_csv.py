"""Stitched passes as CSV, in the form of hackrf_sweep: other programs read it, and so does this one.

    2026-01-01, 12:00:00.123456, 430000000, 435000000, 5000.00, 26, -64.72, ...
    date, time, Hz low, Hz high, Hz step, transforms, dB of full scale in the bin, ...

Times are UTC. A range without a gap is one line, cut at ``MOST_BINS``; bins not heard are in no line.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from sweeper.records import Trace

MOST_BINS = 4_096
"""Bins of one line: some 30 kB, which every spreadsheet bears."""


def lines(trace: Trace, levels_db: npt.NDArray[np.float32], start_utc_s: float) -> Iterator[str]:
    """Lines of one trace; ``levels_db`` is its mean or its maximum, in dBFS/Hz."""
    stamp = datetime.fromtimestamp(start_utc_s + trace.time_s, UTC)
    head = f"{stamp:%Y-%m-%d}, {stamp:%H:%M:%S.%f}"
    per_bin_db = 10 * math.log10(trace.bin_hz)
    for first, stop in _runs(np.isfinite(levels_db)):
        for at in range(first, stop, MOST_BINS):
            end = min(at + MOST_BINS, stop)
            low_hz = trace.start_hz + (at - 0.5) * trace.bin_hz
            high_hz = trace.start_hz + (end - 0.5) * trace.bin_hz
            values = ", ".join(f"{level + per_bin_db:.2f}" for level in levels_db[at:end].tolist())
            span = f"{low_hz:.0f}, {high_hz:.0f}, {trace.bin_hz:.2f}"
            yield f"{head}, {span}, {trace.transforms}, {values}\n"


def _runs(heard: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], heard.astype(np.int8), [0]))))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]
