"""The waterfall: the ring of byte rows drawn as an image, newest at the top.

A frame keeps the strongest bin of each screen column (so a narrow signal never falls between two columns),
looks the bytes up in the colour table, and draws one image. The image is kept: while only new rows come, it
moves down and only they are made. Memory is the ring's and one picture's.
"""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from sweeper.ui import words
from sweeper.ui.history import COARSE, History
from sweeper.ui.palettes import Table
from sweeper.ui.panorama import Grid, Row

TICK = 5
LINES_APART = 2
"""A label for every so many lines of text: the eye reads off between them."""

_BESIDE = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class TimeAxis(pg.AxisItem):  # type: ignore[misc]
    """The waterfall's left axis: rows, labelled with the time at which each was heard.

    It moves with every row, so it is painted here in a few lines: the library's own way, made for axes that
    stand still, takes longer than the waterfall itself.
    """

    def __init__(self) -> None:
        super().__init__("left")
        self.enableAutoSIPrefix(False)
        self.history: History | None = None

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        area = self.mapRectFromParent(self.geometry())
        low, high = self.range
        right = area.right() - 1
        painter.setPen(self.pen())
        painter.drawLine(QPointF(right, area.top()), QPointF(right, area.bottom()))
        history = self.history
        if history is None or not history.count or high <= low:
            return
        if self.style["tickFont"] is not None:
            painter.setFont(self.style["tickFont"])
        line = painter.fontMetrics().height()
        scale = area.height() / (high - low)
        for number in ticks(low, high, area.height() / (LINES_APART * line)):
            y = area.bottom() - (number - low) * scale
            if number >= history.count or not area.top() <= y - line / 2 <= y + line / 2 <= area.bottom():
                continue
            painter.setPen(self.pen())
            painter.drawLine(QPointF(right - TICK, y), QPointF(right, y))
            painter.setPen(self.textPen())
            place = QRectF(area.left(), y - line / 2, area.width() - TICK - 4, line)
            painter.drawText(place, _BESIDE, words.clock(history.times_s[number]))


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


class WaterfallItem(pg.GraphicsObject):  # type: ignore[misc]
    """Draws a ``History`` over frequency; x is hertz, y is the row."""

    def __init__(self) -> None:
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self._history: History | None = None
        self._grid = Grid(0.0, 1.0, 2)
        self._colors: Table = np.zeros(256, np.uint32)
        self._argb: Table = np.zeros((1, 1), np.uint32)
        self._look: tuple[int, ...] = ()
        self._shown = self._low = 0
        self._span = (0, 1)

    def show_history(self, history: History, grid: Grid) -> None:
        """Draw this ring on this grid from here on."""
        self.prepareGeometryChange()
        self._history, self._grid = history, grid
        self.update()

    def set_colors(self, colors: Table) -> None:
        """Use this colour table; the rows already drawn change with it."""
        self._colors = colors
        self._look = ()
        self.update()

    def _picture(
        self, history: History, low: int, high: int, first: int, last: int, pixels: int
    ) -> tuple[Table, int, int]:
        """Rows ``low .. high - 1`` as colours, newest first, and the columns that they really span."""
        look = (id(history), history.thinned, first, last, pixels)
        new = high - self._shown
        if look != self._look or low < self._low or not 0 <= new < high - low:
            new = high - low
        if new or low != self._low:
            kept = self._argb[: high - low - new]
            if new:
                block, *span = visible(history, high - new, high, first, last, pixels)
                fresh = self._colors[block[::-1]]
                kept = np.concatenate((fresh, kept)) if new < high - low else np.ascontiguousarray(fresh)
                self._span = (span[0], span[1])
            self._argb = kept
        self._look, self._shown, self._low = look, high, low
        return self._argb, *self._span

    def boundingRect(self) -> QRectF:
        grid = self._grid
        rows = self._history.capacity if self._history is not None else 1
        return QRectF(grid.start_hz - grid.step_hz / 2, 0, grid.columns * grid.step_hz, rows)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        history, grid = self._history, self._grid
        view = self.viewRect()
        if history is None or not history.count or view is None or view.width() <= 0:
            return
        first = int(max(0, (view.left() - grid.start_hz) / grid.step_hz - 1))
        last = int(min(grid.columns, (view.right() - grid.start_hz) / grid.step_hz + 2))
        low, high = int(max(0, view.top() - 1)), int(min(history.count, view.bottom() + 2))
        if last <= first or high <= low:
            return
        pixels = max(1, round(painter.worldTransform().m11() * (last - first) * grid.step_hz))
        argb, first, last = self._picture(history, low, high, first, last, pixels)
        image = QImage(argb.data, argb.shape[1], argb.shape[0], argb.shape[1] * 4, QImage.Format.Format_RGB32)
        left = grid.start_hz + (first - 0.5) * grid.step_hz
        area = QRectF(left, low, (last - first) * grid.step_hz, high - low)
        # On the screen's own pixels: at 433 MHz Qt's scaled drawing lacks digits and reads beyond the image.
        target = painter.worldTransform().mapRect(area).toAlignedRect()
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.drawImage(target, image)
        painter.restore()


def visible(
    history: History, low: int, high: int, first: int, last: int, pixels: int
) -> tuple[Row, int, int]:
    """Rows ``low .. high - 1`` of columns ``first .. last - 1``, no wider than ``pixels``.

    Returns the bytes and the columns that they really span; each byte is the strongest of its columns.
    """
    if last - first <= pixels:
        return history.fine[low:high, first:last], first, last
    if (last - first) // COARSE >= pixels:
        start, stop = first // COARSE, -(-last // COARSE)
        source, first, last = history.coarse[low:high, start:stop], start * COARSE, stop * COARSE
    else:
        source = history.fine[low:high, first:last]
    edges = np.linspace(0, source.shape[1], pixels, endpoint=False).astype(np.int64)
    pooled: Row = np.maximum.reduceat(source, edges, axis=1)
    return pooled, first, last


def frame() -> tuple[pg.PlotWidget, WaterfallItem, TimeAxis]:
    """A plot that holds a waterfall, without grid or menu."""
    axis = TimeAxis()
    plot = pg.PlotWidget(axisItems={"left": axis})
    plot.setMenuEnabled(False)
    plot.hideButtons()
    plot.setMouseEnabled(x=True, y=False)
    plot.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    for side in ("bottom", "right", "top"):  # hidden ones too would set their label anew with every row
        plot.getAxis(side).enableAutoSIPrefix(False)
    plot.getAxis("bottom").setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
    item = WaterfallItem()
    plot.addItem(item, ignoreBounds=True)
    return plot, item, axis
