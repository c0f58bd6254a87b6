"""What the spectrum view draws, computed away from the window: one frequency grid fed by many traces.

A receiver that sweeps yields short pieces of spectrum at changing frequencies; a recording yields traces of
one grid. ``Panorama`` puts a connected stretch of either onto one grid of at most ``MAX_BINS`` columns, grows
it where a neighbouring piece is heard, and keeps the current trace, max and min hold, mean and floor, and
waterfall rows that the window has not taken yet. It is fed on the core's thread and read by the window at
display rate; one lock guards both, held for a copy.

A column that covers several bins shows the strongest of them, so that a narrow signal never disappears; a
column that was not heard holds ``NaN``. A row of the waterfall is complete when the sweep comes back to a
frequency that it has already visited.

    grid      | column 0 | column 1 | ...           columns - 1 |
    heard       -134.2     -133.9     NaN  NaN        -130.4       dB per hertz
    row (u8)     65         66         0    0          70          0: not heard, 1..255: LOW_DB .. HIGH_DB
"""

from __future__ import annotations

import threading
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from sweeper.records import Floats, Trace

MAX_BINS = 4096
"""Columns of the grid: more than a screen has, so that zooming in still shows something."""

NEAR_HZ = 1e6
"""A gap in frequency up to this size (or the width of a trace, if that is more) does not begin a new stretch:
a sweep's hops follow one another, the bands of a plan lie further apart."""

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
        self._now: Floats = np.zeros(0, np.float32)
        self._max: Floats = np.zeros(0, np.float32)
        self._min: Floats = np.zeros(0, np.float32)
        self._floor: Floats = np.zeros(0, np.float32)
        self._at = np.zeros(0, np.float64)
        self._sum = np.zeros(0, np.float64)
        self._heard = np.zeros(0, np.int64)
        self._row: Row = np.zeros(0, np.uint8)

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

    def takes(self, trace: Trace) -> bool:
        """Whether a trace belongs to this stretch of spectrum: it overlaps it, or lies close beside."""
        with self._lock:
            grid = self._grid
            if grid is None:
                return True
            low, high = _ends(trace)
            near = max(NEAR_HZ, high - low)
            return low <= grid.stop_hz + near and high >= grid.start_hz - near

    @property
    def span_hz(self) -> tuple[float, float]:
        """First and last frequency; zeros before the first trace."""
        with self._lock:
            return (self._grid.start_hz, self._grid.stop_hz) if self._grid is not None else (0.0, 0.0)

    def _fit(self, trace: Trace) -> Grid:
        low, high = _ends(trace)
        if self._span is not None:
            low, high = min(low, self._span[0]), max(high, self._span[1])
        old = self._grid
        slack = 0.5 * trace.bin_hz
        if old is not None:
            slack = max(slack, 0.5 * old.step_hz)
            if low >= old.start_hz - slack and high <= old.stop_hz + slack:
                return old
            low, high = min(low, old.start_hz), max(high, old.stop_hz)
        columns = max(2, min(MAX_BINS, round((high - low) / trace.bin_hz) + 1))
        grid = self._grid = Grid(low, max((high - low) / (columns - 1), 1e-9), columns)
        self._epoch += 1
        self._pending, self._times = [], []
        if old is None:
            self._now = np.full(columns, np.nan, np.float32)
            self._floor = np.full(columns, np.nan, np.float32)
            self._at = np.zeros(columns, np.float64)
            self._row = np.zeros(columns, np.uint8)
            self._clear_holds(columns)
        else:
            self._move(old, grid)
        return grid

    def _move(self, old: Grid, grid: Grid) -> None:
        """Carry what was heard over to a grid that has grown."""
        first, last = grid.column(old.start_hz), grid.column(old.stop_hz) + 1

        def moved(levels: npt.NDArray[Any], empty: float) -> npt.NDArray[Any]:
            made = np.full(grid.columns, empty, levels.dtype)
            made[first:last] = _strongest(grid, old.start_hz, old.step_hz, levels, first, last)
            return made

        mean = np.where(self._heard > 0, self._sum / np.maximum(self._heard, 1), np.nan)
        self._now, self._floor = moved(self._now, np.nan), moved(self._floor, np.nan)
        self._max, self._min = moved(self._max, np.nan), -moved(-self._min, np.nan)
        self._row, self._at = moved(self._row, 0), moved(self._at, 0)
        mean = moved(mean, np.nan)
        self._heard = np.isfinite(mean).astype(np.int64)
        self._sum = np.nan_to_num(mean, nan=0.0)

    def _clear_holds(self, columns: int) -> None:
        self._max = np.full(columns, np.nan, np.float32)
        self._min = np.full(columns, np.nan, np.float32)
        self._sum = np.zeros(columns, np.float64)
        self._heard = np.zeros(columns, np.int64)

    def _put(self, grid: Grid, trace: Trace, first: int, last: int) -> None:
        where = slice(first, last)
        mean = _onto(grid, trace, trace.mean_db, first, last)
        peak = _onto(grid, trace, trace.max_db, first, last)
        # Neighbouring hops overlap a little; a hop that is heard again covers what it covered before.
        if 2 * np.count_nonzero(self._row[where]) > last - first:
            self._finish_row(trace.time_s)
        self._now[where] = mean
        self._at[where] = trace.time_s
        np.fmax(self._max[where], peak, out=self._max[where])
        np.fmin(self._min[where], mean, out=self._min[where])
        self._sum[where] += mean
        self._heard[where] += 1
        if trace.floor_db is not None:
            self._floor[where] = _onto(grid, trace, trace.floor_db, first, last)
        np.maximum(self._row[where], quantised(peak), out=self._row[where])
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


def _ends(trace: Trace) -> tuple[float, float]:
    return trace.start_hz, trace.start_hz + (trace.mean_db.size - 1) * trace.bin_hz


def _columns(grid: Grid, trace: Trace) -> tuple[int, int]:
    low, high = _ends(trace)
    return grid.column(low), grid.column(high) + 1


def _onto(grid: Grid, trace: Trace, levels_db: Floats, first: int, last: int) -> Floats:
    """``levels_db`` of a trace on columns ``first .. last - 1``."""
    if last - first == levels_db.size:
        return levels_db
    return _strongest(grid, trace.start_hz, trace.bin_hz, levels_db, first, last)


def _strongest(
    grid: Grid, start_hz: float, bin_hz: float, levels: npt.NDArray[Any], first: int, last: int
) -> npt.NDArray[Any]:
    """Bins at ``start_hz + i * bin_hz`` on columns: the strongest bin of each, or the nearest one."""
    if grid.step_hz >= bin_hz:
        edges = grid.start_hz + (np.arange(first, last) - 0.5) * grid.step_hz
        starts = np.ceil((edges - start_hz) / bin_hz - 1e-6).astype(np.int64)
        reduced: npt.NDArray[Any] = np.fmax.reduceat(levels, np.clip(starts, 0, levels.size - 1))
        return reduced
    centres = grid.start_hz + np.arange(first, last) * grid.step_hz
    nearest = np.rint((centres - start_hz) / bin_hz).astype(np.int64)
    picked: npt.NDArray[Any] = levels[np.clip(nearest, 0, levels.size - 1)]
    return picked
