"""What the spectrum view draws, computed away from the window: one frequency grid fed by many traces.

A receiver that sweeps yields short pieces of spectrum at changing frequencies; a recording yields traces of
one grid. ``Panorama`` puts either onto one grid of at most ``MAX_BINS`` columns and keeps the current
trace, max and min hold, mean and floor, and waterfall rows that the window has not taken yet. It is
fed on the core's thread and read by the window at display rate; one lock guards both, held for a copy.

A column that covers several bins shows the strongest of them, so that a narrow signal never disappears; a
column that was not heard holds ``NaN``. A row of the waterfall is complete when the sweep comes back to a
frequency that it has already visited.

    grid      | column 0 | column 1 | ...           columns - 1 |
    heard       -134.2     -133.9     NaN  NaN        -130.4       dB per hertz
    row (u8)     65         66         0    0          70          0: not heard, 1..255: LOW_DB .. HIGH_DB
"""

from __future__ import annotations

import threading

import msgspec
import numpy as np
import numpy.typing as npt

from sweeper.records import Floats, Trace

MAX_BINS = 4096
"""Columns of the grid: more than a screen has, so that zooming in still shows something."""

LOW_DB, HIGH_DB = -200.0, 0.0
"""Range of a waterfall row: 255 steps of 0.8 dB, finer than the scatter of any mean of noise."""

PENDING_ROWS = 1024
"""Rows kept for a window that does not take them (it is hidden); the oldest go first."""

Row = npt.NDArray[np.uint8]


class Grid(msgspec.Struct, frozen=True):
    """Columns ``0 .. columns - 1``; column ``i`` is centred on ``start_hz + i * step_hz``."""

    start_hz: float
    step_hz: float
    columns: int

    @property
    def stop_hz(self) -> float:
        return self.start_hz + (self.columns - 1) * self.step_hz

    def frequencies(self) -> npt.NDArray[np.float64]:
        """Centre of each column, hertz."""
        steps = np.arange(self.columns, dtype=np.float64)
        made: npt.NDArray[np.float64] = self.start_hz + steps * self.step_hz
        return made

    def column(self, hz: float) -> int:
        """The column of a frequency, held within the grid."""
        return int(np.clip(round((hz - self.start_hz) / self.step_hz), 0, self.columns - 1))


class View(msgspec.Struct, frozen=True, eq=False):
    """What the window takes: curves in dB per column (NaN: not heard), new waterfall rows, their times."""

    grid: Grid
    epoch: int
    current: Floats
    maximum: Floats
    minimum: Floats
    mean: Floats
    floor: Floats
    rows: Row
    times_s: tuple[float, ...]
    calibrated: bool
    traces: int


class Panorama:
    """One source's spectrum on one grid. ``add`` and ``take`` may be called from different threads."""

    def __init__(self, span_hz: tuple[float, float] | None = None) -> None:
        self._lock = threading.Lock()
        self._span = span_hz
        self._grid: Grid | None = None
        self._epoch = 0
        self._traces = 0
        self._taken = -1
        self._calibrated = False
        self._pending: list[Row] = []
        self._times: list[float] = []

    def add(self, trace: Trace) -> None:
        """Put one trace onto the grid; the grid grows where the trace lies outside it."""
        if not trace.mean_db.size:
            return
        with self._lock:
            grid = self._fit(trace)
            first, last = _columns(grid, trace)
            if last <= first:
                return
            self._put(grid, trace, first, last)
            self._traces += 1
            self._calibrated = trace.calibrated

    def reset_holds(self) -> None:
        """Begin max hold, min hold and mean anew."""
        with self._lock:
            if self._grid is not None:
                self._clear_holds(self._grid.columns)

    def take(self) -> View | None:
        """Curves now and the rows since the last call; ``None`` when nothing is new."""
        with self._lock:
            if self._grid is None or self._taken == self._traces:
                return None
            self._taken = self._traces
            rows = np.array(self._pending, np.uint8).reshape(-1, self._grid.columns)
            times = tuple(self._times)
            self._pending, self._times = [], []
            mean = np.where(self._heard > 0, self._sum / np.maximum(self._heard, 1), np.nan)
            return View(
                grid=self._grid,
                epoch=self._epoch,
                current=self._now.copy(),
                maximum=self._max.copy(),
                minimum=self._min.copy(),
                mean=mean.astype(np.float32),
                floor=self._floor.copy(),
                rows=rows,
                times_s=times,
                calibrated=self._calibrated,
                traces=self._traces,
            )

    def level(self, low_hz: float, high_hz: float) -> tuple[float, float] | None:
        """``(time_s, dB above the floor)`` of the strongest column between two frequencies, as last heard."""
        with self._lock:
            grid = self._grid
            if grid is None or high_hz < grid.start_hz or low_hz > grid.stop_hz:
                return None
            where = slice(grid.column(low_hz), grid.column(high_hz) + 1)
            now = self._now[where]
            heard = np.isfinite(now)
            if not heard.any():
                return None
            floor = self._floor[where]
            known = (
                floor[np.isfinite(floor)]
                if np.isfinite(floor).any()
                else self._floor[np.isfinite(self._floor)]
            )
            base = float(np.median(known)) if known.size else float(np.nanmedian(self._now))
            return float(self._at[where].max()), float(now[heard].max()) - base

    def _fit(self, trace: Trace) -> Grid:
        low = trace.start_hz
        high = trace.start_hz + (trace.mean_db.size - 1) * trace.bin_hz
        if self._span is not None:
            low, high = min(low, self._span[0]), max(high, self._span[1])
        grid = self._grid
        slack = 0.5 * trace.bin_hz
        if grid is not None:
            slack = max(slack, 0.5 * grid.step_hz)
            if low >= grid.start_hz - slack and high <= grid.stop_hz + slack:
                return grid
            low, high = min(low, grid.start_hz), max(high, grid.stop_hz)
        columns = max(2, min(MAX_BINS, round((high - low) / trace.bin_hz) + 1))
        self._grid = Grid(low, max((high - low) / (columns - 1), 1e-9), columns)
        self._epoch += 1
        self._now = np.full(columns, np.nan, np.float32)
        self._at = np.zeros(columns, np.float64)
        self._floor = np.full(columns, np.nan, np.float32)
        self._row = np.zeros(columns, np.uint8)
        self._pending, self._times = [], []
        self._clear_holds(columns)
        return self._grid

    def _clear_holds(self, columns: int) -> None:
        self._max = np.full(columns, np.nan, np.float32)
        self._min = np.full(columns, np.nan, np.float32)
        self._sum = np.zeros(columns, np.float64)
        self._heard = np.zeros(columns, np.int64)

    def _put(self, grid: Grid, trace: Trace, first: int, last: int) -> None:
        where = slice(first, last)
        mean = _onto(grid, trace, trace.mean_db, first, last)
        peak = _onto(grid, trace, trace.max_db, first, last)
        if self._row[where].any():
            self._finish_row(trace.time_s)
        self._now[where] = mean
        self._at[where] = trace.time_s
        np.fmax(self._max[where], peak, out=self._max[where])
        np.fmin(self._min[where], mean, out=self._min[where])
        self._sum[where] += mean
        self._heard[where] += 1
        if trace.floor_db is not None:
            self._floor[where] = _onto(grid, trace, trace.floor_db, first, last)
        self._row[where] = quantised(peak)
        if last - first == grid.columns:
            self._finish_row(trace.time_s)

    def _finish_row(self, time_s: float) -> None:
        self._pending.append(self._row.copy())
        self._times.append(time_s)
        self._row[:] = 0
        if len(self._pending) > PENDING_ROWS:
            del self._pending[0], self._times[0]


def quantised(levels_db: Floats) -> Row:
    """Levels as waterfall bytes: 1..255 over ``LOW_DB .. HIGH_DB``."""
    scaled = (levels_db - LOW_DB) * (254.0 / (HIGH_DB - LOW_DB)) + 1.0
    made: Row = np.clip(np.nan_to_num(scaled, nan=1.0), 1, 255).astype(np.uint8)
    return made


def level_db(value: int) -> float | None:
    """The level of a waterfall byte; ``None`` where nothing was heard."""
    return None if value == 0 else LOW_DB + (value - 1) * (HIGH_DB - LOW_DB) / 254.0


def _columns(grid: Grid, trace: Trace) -> tuple[int, int]:
    stop_hz = trace.start_hz + (trace.mean_db.size - 1) * trace.bin_hz
    return grid.column(trace.start_hz), grid.column(stop_hz) + 1


def _onto(grid: Grid, trace: Trace, levels_db: Floats, first: int, last: int) -> Floats:
    """``levels_db`` on columns ``first .. last - 1``: the strongest bin of each, or the nearest one."""
    if last - first == levels_db.size:
        return levels_db
    edges = grid.start_hz + (np.arange(first, last) - 0.5) * grid.step_hz
    starts = np.ceil((edges - trace.start_hz) / trace.bin_hz - 1e-6).astype(np.int64)
    starts = np.clip(starts, 0, levels_db.size - 1)
    if grid.step_hz >= trace.bin_hz:
        reduced: Floats = np.fmax.reduceat(levels_db, starts)
        return reduced
    centres = grid.start_hz + np.arange(first, last) * grid.step_hz
    nearest = np.rint((centres - trace.start_hz) / trace.bin_hz).astype(np.int64)
    picked: Floats = levels_db[np.clip(nearest, 0, levels_db.size - 1)]
    return picked
