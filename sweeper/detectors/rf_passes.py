"""Stage: the looks of one pass of a live sweep, stitched to one Trace (mean and max).

A pass is some hundred looks of 2 MHz that overlap at their edges. A view of the whole band, a CSV file and a
comparison of passes want one trace from the lowest to the highest frequency, on cells that do not move with
the receiver's centre. Looks are laid on cells of one width by conserving power; where two overlap, levels are
averaged and the greater maximum counts. What was not heard is NaN.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np

from sweeper.detectors import Setup
from sweeper.dsp.level_grid import Grid
from sweeper.records import Closed, Record, SweepPass, Trace


class _Pass(msgspec.Struct):
    """The pass in progress of one source."""

    number: int
    grid: Grid
    dwells_s: list[float]
    transforms: int
    time_s: float = 0.0


class RfPasses:
    """The stage. Idle where traces belong to no pass: recordings and receivers that stay on one frequency."""

    name = "rf-passes"
    accepts: tuple[type[Record], ...] = (Trace, Closed)

    def __init__(self, cell_hz: float) -> None:
        self._cell_hz = cell_hz
        self._open: dict[str, _Pass] = {}

    def feed(self, record: Trace | Closed, /) -> Iterator[Record]:
        """A SweepPass when the next pass begins or the source ends."""
        if isinstance(record, Closed):
            yield from self._ended(record.source)
            return
        if record.sweep_pass is None:
            return
        present = self._open.get(record.source)
        if present is not None and present.number != record.sweep_pass:
            yield from self._ended(record.source)
            present = None
        if present is None:
            cell_hz = max(self._cell_hz, record.bin_hz)
            present = _Pass(record.sweep_pass, Grid(cell_hz), [], record.transforms)
            self._open[record.source] = present
        present.grid.add(record)
        present.dwells_s.append(record.dwell_s)
        present.transforms = min(present.transforms, record.transforms)
        present.time_s = max(present.time_s, record.time_s + record.dwell_s)

    def finish(self) -> Iterator[Record]:
        """Passes of sources that never said that they closed."""
        for source in sorted(self._open):
            yield from self._ended(source)

    def _ended(self, source: str) -> Iterator[Record]:
        present = self._open.pop(source, None)
        trace = _stitched(present, source) if present is not None else None
        if present is not None and trace is not None:
            yield SweepPass(source=source, time_s=present.time_s, number=present.number, trace=trace)


def _stitched(one: _Pass, source: str) -> Trace | None:
    runs = list(one.grid.stretches())
    if not runs:
        return None
    first = runs[0][0]
    count = runs[-1][0] + runs[-1][1] - first
    heard = one.grid.read("looks", first, count) > 0
    top = np.where(heard, one.grid.read("top", first, count), np.nan)
    return Trace(
        source=source,
        time_s=one.time_s,
        start_hz=first * one.grid.cell_hz,
        bin_hz=one.grid.cell_hz,
        mean_db=one.grid.read("mean", first, count).astype(np.float32),
        max_db=top.astype(np.float32),
        floor_db=one.grid.read("floor", first, count).astype(np.float32),
        dwell_s=float(np.median(one.dwells_s)),
        transforms=one.transforms,
        sweep_pass=one.number,
    )


def stage(setup: Setup) -> RfPasses:
    """The factory."""
    return RfPasses(setup.plan.bin_hz)
