"""The waterfall: the newest rows of the history, newest at the top, as an image of the screen's own pixels.

A column of pixels shows the strongest of its bins, so a narrow signal never falls between two. The image is
kept in a buffer twice as high: a new row is written above the ones that are there, and what is shown moves up
by it, so a picture costs its new rows and one copy to the screen. Memory is the history's and the buffer's.

    buffer |        free        | newest ... oldest |   no longer shown   |
                                ^ top
"""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from sweeper.ui import words
from sweeper.ui.history import COARSE, History
from sweeper.ui.layered import Layered, Place
from sweeper.ui.palettes import Table
from sweeper.ui.panorama import Grid, Row
from sweeper.ui.pixels import Pixels

TICK = 5
LINES_APART = 2
"""A label for every so many lines of text: the eye reads off between them."""

ROWS_LEAST, ROWS_MOST = 8, 300
"""Rows on the screen; doubled in between, so that it does not crawl as it fills."""

ROW_PX = 2
"""Least height of a row: a single one is hard to see."""

WHOLE_STEP = 64
"""The whole history is shown in steps of so many rows, so that it need not be drawn anew for each."""

_BESIDE = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


def rows_shown(count: int, height: float, *, whole: bool) -> float:
    """Rows that a plot of this height shows of a history: a whole number of pixels for each, once it is full.

    >>> rows_shown(3, 300, whole=False), rows_shown(100, 300, whole=False), rows_shown(5000, 300, whole=False)
    (8.0, 128.0, 150.0)
    >>> rows_shown(5000, 1000, whole=False), rows_shown(700, 300, whole=True)
    (250.0, 704.0)
    """
    if whole:
        return float(max(ROWS_LEAST, -(-count // WHOLE_STEP) * WHOLE_STEP))
    full = max(float(ROWS_LEAST), height / max(ROW_PX, math.ceil(height / ROWS_MOST)))
    rows = ROWS_LEAST
    while rows < min(count, full):
        rows *= 2
    return min(float(rows), full)


class TimeAxis(pg.AxisItem):  # type: ignore[misc]
    """The waterfall's left axis. Its times move with every row, so they are painted with the data."""

    def __init__(self) -> None:
        super().__init__("left")
        self.enableAutoSIPrefix(False)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Nothing: see ``paint_times``."""

    def paint_times(self, painter: QPainter, place: Place, history: History) -> None:
        """The axis' line, and the time at which each of some rows was heard."""
        area, right = place.area, place.area.left() - 1
        painter.setPen(self.pen())
        painter.drawLine(QPointF(right, area.top()), QPointF(right, area.bottom()))
        if self.style["tickFont"] is not None:
            painter.setFont(self.style["tickFont"])
        line, count = painter.fontMetrics().height(), history.count
        low, high = place.low_y + count, place.high_y + count
        for number in ticks(low, high, area.height() / (LINES_APART * line)):
            y = place.y(number - count)
            if number >= count or not area.top() <= y - line / 2 <= y + line / 2 <= area.bottom():
                continue
            painter.setPen(self.pen())
            painter.drawLine(QPointF(right - TICK, y), QPointF(right, y))
            painter.setPen(self.textPen())
            text = QRectF(0, y - line / 2, right - TICK - 4, line)
            painter.drawText(text, _BESIDE, words.clock(history.times_s[number]))


def ticks(low: float, high: float, most: float) -> range:
    """Round row numbers between two, no more than about ``most`` of them.

    >>> list(ticks(3, 41, 4))
    [10, 20, 30, 40]
    """
    step = 1
    for step in (factor * 10**power for power in range(9) for factor in (1, 2, 5)):
        if (high - low) / step <= max(1.0, most):
            break
    return range(max(0, math.ceil(low / step)) * step, math.floor(high) + 1, step)


class Waterfall:
    """Paints a ``History`` over frequency; x is hertz, y is rows: 0 now, below it the past."""

    def __init__(self) -> None:
        self.axis = TimeAxis()
        self._history: History | None = None
        self._grid = Grid(0.0, 1.0, 2)
        self._colors: Table = np.zeros(256, np.uint32)
        self._buffer: Table = np.zeros((1, 1), np.uint32)
        self._look: tuple[object, ...] = ()
        self._pixels: Pixels | None = None
        self._coarse = False
        self._top = self._held = self._seen = 0
        """Where the newest row stands in the buffer, rows in it, rows of the history that it has seen."""

    def show_history(self, history: History, grid: Grid) -> None:
        """Draw this ring on this grid from here on."""
        self._history, self._grid = history, grid

    def set_colors(self, colors: Table) -> None:
        """Use this colour table; the rows already drawn change with it."""
        self._colors, self._look = colors, ()

    def paint(self, painter: QPainter, place: Place) -> None:
        """The rows that the place shows, and their times."""
        history = self._history
        if history is None or not history.count:
            return
        self.axis.paint_times(painter, place, history)
        ratio = painter.device().devicePixelRatioF()
        rows = place.high_y - place.low_y
        height = place.area.height() / rows
        each = round(height * ratio)
        exact = each >= 1 and abs(height * ratio - each) < 1e-3
        self._fill(history, place, math.ceil(rows), each if exact else 1, ratio)
        pixels, shown = self._pixels, self._held
        if pixels is None or not pixels.columns or not shown:
            return
        tall = shown * (each if exact else 1)
        block = self._buffer[self._top : self._top + tall]
        image = QImage(block.data, block.shape[1], tall, block.shape[1] * 4, QImage.Format.Format_RGB32)
        left = place.area.left() + pixels.left / ratio
        painter.setClipRect(place.area)
        if exact:
            image.setDevicePixelRatio(ratio)
            painter.drawImage(QPointF(left, place.area.top()), image)
        else:
            painter.drawImage(QRectF(left, place.area.top(), pixels.columns / ratio, shown * height), image)

    def _fill(self, history: History, place: Place, rows: int, each: int, ratio: float) -> None:
        """Bring the buffer up to date: the last ``rows`` of the history, ``each`` pixels high."""
        width = max(1, round(place.area.width() * ratio))
        look = (id(history), history.thinned, self._grid, place.low_x, place.high_x, width, rows, each)
        if look != self._look:
            self._look = look
            self._view(place, width)
            columns = self._pixels.columns if self._pixels is not None else 0
            self._buffer = np.zeros((2 * rows * each, max(1, columns)), np.uint32)
            self._top, self._held, self._seen = len(self._buffer), 0, max(0, history.count - rows)
        new = min(history.count - self._seen, rows)
        if new <= 0 or self._pixels is None or not self._pixels.columns:
            return
        source = history.coarse if self._coarse else history.fine
        fresh: Row = self._pixels.strongest(source[history.count - new : history.count])
        made = np.repeat(self._colors[fresh[::-1]], each, axis=0)
        kept = min(self._held, rows - new) * each
        if self._top < len(made):
            free = len(self._buffer) - kept
            self._buffer[free:] = self._buffer[self._top : self._top + kept].copy()
            self._top = free
        self._top -= len(made)
        self._buffer[self._top : self._top + len(made)] = made
        self._held, self._seen = kept // each + new, history.count

    def _view(self, place: Place, width: int) -> None:
        """Work out which bins each column of pixels covers."""
        grid = self._grid
        per = width / max((place.high_x - place.low_x) / grid.step_hz, 1e-9)
        first = (grid.start_hz - grid.step_hz / 2 - place.low_x) / grid.step_hz * per
        self._coarse = per * COARSE <= 1
        if self._coarse:
            self._pixels = Pixels(-(-grid.columns // COARSE), first, per * COARSE, width)
        else:
            self._pixels = Pixels(grid.columns, first, per, width)


def frame(fall: Waterfall) -> Layered:
    """A plot that holds a waterfall, without grid or menu."""
    plot = Layered(fall.paint, axisItems={"left": fall.axis})
    plot.setMenuEnabled(False)
    plot.hideButtons()
    plot.setMouseEnabled(x=True, y=False)
    plot.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    for side in ("bottom", "right", "top"):
        plot.getAxis(side).enableAutoSIPrefix(False)
    return plot
