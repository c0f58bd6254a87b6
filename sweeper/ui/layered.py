"""A plot in two layers: what stands is painted once and kept as a picture, what moves is painted straight.

The plotting library draws every item of its scene for each picture, and asks each of them in Python where it
is: twenty calls, each of which has to win the interpreter's lock from the core's thread, and several
milliseconds. Axes, grid, markers and bands change when the reader does something, the data forty times a
second. So the scene is drawn into a picture only when it says that it has changed, and a new trace costs one
call that paints the data, lays the picture over it, and draws the line under the cursor.

    ground | data: draw(painter, place) | the scene, transparent | the cursor's line
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPaintEngine, QPainter, QPaintEvent, QPen, QPixmap


class Place(msgspec.Struct, frozen=True, eq=False):
    """Where the data goes: the plot's area in the widget's pixels, and the values at its edges."""

    area: QRectF
    low_x: float
    high_x: float
    low_y: float
    high_y: float

    def x(self, value: float) -> float:
        """The pixel of a value along the plot."""
        return self.area.left() + (value - self.low_x) / (self.high_x - self.low_x) * self.area.width()

    def y(self, value: float) -> float:
        """The pixel of a value up the plot."""
        return self.area.bottom() - (value - self.low_y) / (self.high_y - self.low_y) * self.area.height()


Draw = Callable[[QPainter, Place], None]


class Layered(pg.PlotWidget):  # type: ignore[misc]
    """A plot whose data is painted by ``draw``; ``refresh`` after the data has changed."""

    def __init__(self, draw: Draw, **options: object) -> None:
        super().__init__(background=None, **options)
        self._draw = draw
        self._ground = QColor("black")
        self._line = QPen(QColor("white"))
        self._cursor: float | None = None
        self._kept: tuple[QPixmap, Place] | None = None
        self.drawn = 0
        """How often the scene was drawn."""
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.scene().changed.connect(self._on_changed)

    def dress(self, ground: QColor, line: QColor) -> None:
        """The colours of the ground and of the cursor's line."""
        self._ground, self._line = ground, QPen(line, 1)
        self.viewport().update()

    def refresh(self) -> None:
        """Paint the data anew."""
        self.viewport().update()

    def point(self, x: float | None) -> None:
        """Draw the cursor's line at a value, or nowhere."""
        if x != self._cursor:
            self._cursor = x
            self.viewport().update()

    @property
    def pointed(self) -> float | None:
        """Where the cursor's line is."""
        return self._cursor

    def _on_changed(self, _regions: object) -> None:
        self._kept = None

    def _place(self) -> Place:
        box = self.getViewBox()
        area = QRectF(self.mapFromScene(box.sceneBoundingRect()).boundingRect())
        (low_x, high_x), (low_y, high_y) = box.viewRange()
        return Place(area, low_x, high_x, low_y, high_y)

    def _standing(self) -> tuple[QPixmap, Place]:
        """The scene as a picture, and where the data lies in it."""
        ratio, size = self.devicePixelRatioF(), self.viewport().size()
        kept = self._kept
        if kept is not None and kept[0].deviceIndependentSize().toSize() == size:
            return kept
        self.drawn += 1
        picture = QPixmap(size * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        self.render(painter, QRectF(self.viewport().rect()), self.viewport().rect())
        painter.end()
        self._kept = made = (picture, self._place())
        return made

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), self._ground)
        on_screen = painter.paintEngine().type() is QPaintEngine.Type.Raster
        if on_screen:
            picture, place = self._standing()
        else:  # a drawing that is saved keeps its lines and letters
            self.scene().prepareForPaint()
            place = self._place()
        if place.area.width() > 0 and place.area.height() > 0 and place.high_x > place.low_x:
            painter.save()
            self._draw(painter, place)
            painter.restore()
        if on_screen:
            painter.drawPixmap(0, 0, picture)
        else:
            self.render(painter, QRectF(self.viewport().rect()), self.viewport().rect())
        if self._cursor is not None and place.low_x <= self._cursor <= place.high_x:
            x = place.x(self._cursor)
            painter.setPen(self._line)
            painter.drawLine(QPointF(x, place.area.top()), QPointF(x, place.area.bottom()))
        painter.end()
