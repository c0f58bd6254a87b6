"""Curves over frequency, painted on the screen's own pixels.

Where there are more bins than pixels, a column shows everything between its lowest and highest bin: the line
goes up in one column and down in the next, so that no pixel is painted twice. Where there are fewer, the line
joins the bins. A bin that was not heard leaves a gap.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtGui import QPainter, QPen, QPolygonF

from sweeper.ui.layered import Place
from sweeper.ui.panorama import Grid
from sweeper.ui.pixels import Pixels

Levels = npt.NDArray[np.float32]
Points = npt.NDArray[np.float64]

DENSE = 1.5
"""Bins a pixel from which columns are painted from their lowest to their highest bin."""


class Traces:
    """Paints curves that lie on one grid; keeps which bins a column covers while the view stands still."""

    def __init__(self) -> None:
        self._view: tuple[object, ...] = ()
        self._pixels: Pixels | None = None
        self._xs: Points = np.zeros(0)
        self._bins = slice(0, 0)

    def paint(self, painter: QPainter, place: Place, grid: Grid, curves: list[tuple[QPen, Levels]]) -> None:
        """The curves in their order, the last on top; each has a level for every column of the grid."""
        self._look(place, grid)
        painter.setClipRect(place.area)
        for pen, levels in curves:
            painter.setPen(pen)
            for line in lines(self._xs, self._ys(levels, place)):
                painter.drawPolyline(line)

    def _look(self, place: Place, grid: Grid) -> None:
        area = place.area
        view = (grid, place.low_x, place.high_x, area.left(), area.width())
        if view == self._view:
            return
        self._view = view
        low, high = grid.column(place.low_x), grid.column(place.high_x) + 1
        width = max(1, round(area.width()))
        per = width / max((place.high_x - place.low_x) / grid.step_hz, 1e-9)
        if high - low > DENSE * width:
            first = (grid.start_hz - grid.step_hz / 2 - place.low_x) / grid.step_hz * per
            self._pixels = Pixels(grid.columns, first, per, width)
            columns = area.left() + np.arange(self._pixels.left, self._pixels.right)
            self._xs = np.repeat(columns, 2)
        else:
            self._pixels = None
            self._bins = slice(max(0, low - 1), min(grid.columns, high + 1))  # on to the edges of the plot
            hz = grid.frequencies()[self._bins]
            self._xs = area.left() + (hz - place.low_x) / (place.high_x - place.low_x) * area.width()

    def _ys(self, levels: Levels, place: Place) -> Points:
        shown = levels[self._bins]
        if self._pixels is not None:
            shown = up_and_down(self._pixels.weakest(levels), self._pixels.strongest(levels))
        scale = place.area.height() / (place.high_y - place.low_y)
        made = np.empty(len(shown), np.float64)
        np.subtract(place.area.bottom(), (shown - place.low_y) * scale, out=made)
        # Far outside of the plot Qt would paint dashes for seconds.
        reach = place.area.adjusted(0, -place.area.height(), 0, place.area.height())
        np.clip(made, reach.top(), reach.bottom(), out=made)
        return made


def up_and_down(low: Levels, high: Levels) -> Levels:
    """Both ends of each column, in turn from below and from above.

    >>> up_and_down(np.array([1, 2, 3]), np.array([5, 6, 7])).tolist()
    [1, 5, 6, 2, 3, 7]
    """
    made = np.empty(2 * len(low), low.dtype)
    made[0::4], made[1::4] = low[0::2], high[0::2]
    made[2::4], made[3::4] = high[1::2], low[1::2]
    return made


def lines(xs: Points, ys: Points) -> Iterator[QPolygonF]:
    """The pieces of a line between its gaps."""
    heard = np.isfinite(ys)
    edges = np.flatnonzero(np.diff(heard.astype(np.int8), prepend=0, append=0))
    for start, stop in zip(edges[0::2].tolist(), edges[1::2].tolist(), strict=True):
        yield _polygon(xs[start:stop], ys[start:stop])


def _polygon(xs: Points, ys: Points) -> QPolygonF:
    """The points, and one a bit further: Qt leaves out the last pixel of a line, and a line of one point."""
    made: QPolygonF = pg.functions.create_qpolygonf(len(xs) + 1)
    points = pg.functions.ndarray_from_qpolygonf(made)
    points[:-1, 0], points[:-1, 1] = xs, ys
    points[-1] = xs[-1] + 0.4, ys[-1]
    return made
