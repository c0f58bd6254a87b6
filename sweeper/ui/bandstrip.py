"""Who uses which band, drawn as a strip along the foot of the trace: a hint of what to expect, no verdict."""

from __future__ import annotations

from collections.abc import Iterator

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPen, QTransform
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from sweeper.allocations import Allocation
from sweeper.ui import words
from sweeper.ui.theme import Style

HEIGHT = 16
_BESIDE = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)


class BandStrip(pg.GraphicsObject):  # type: ignore[misc]
    """Covers the whole plot, draws only its foot; the names are in the language now spoken."""

    def __init__(self, style: Style) -> None:
        super().__init__()
        self._style = style
        self._bands: tuple[Allocation, ...] = ()
        self._key: tuple[object, ...] = ()
        """What the fields depend on: they are laid out anew only when the view moves."""
        self._fields: list[tuple[QRectF, str, str]] = []
        self.setZValue(5)

    def show_bands(self, bands: tuple[Allocation, ...], style: Style) -> None:
        """Draw these from here on; none hides the strip."""
        self._bands, self._style, self._key = bands, style, ()
        self.update()

    def boundingRect(self) -> QRectF:
        view = self.viewRect()
        return QRectF(view) if view is not None else QRectF()

    def viewRangeChanged(self) -> None:
        self.prepareGeometryChange()
        self.update()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        view, device = self.viewRect(), painter.worldTransform()
        if not self._bands or view is None or view.width() <= 0:
            return
        corner = device.map(QPointF(view.left(), view.top()))
        key = (view.left(), view.right(), corner.x(), corner.y(), device.m11(), words.spoken().code)
        if key != self._key:
            self._key = key
            painter.setFont(self._style.font("caption"))
            self._fields = list(self._laid_out(view, device, painter.fontMetrics()))
        painter.save()
        painter.resetTransform()
        painter.setFont(self._style.font("caption"))
        for area, role, text in self._fields:
            painter.fillRect(area, self._style.color(role))
            painter.setPen(QPen(self._style.color("line"), 1))
            painter.drawLine(area.topLeft(), area.bottomLeft())
            if text:
                painter.setPen(self._style.color("text"))
                painter.drawText(area.adjusted(4, 0, -2, 0), _BESIDE, text)
        painter.restore()

    def _laid_out(
        self, view: QRectF, device: QTransform, metrics: QFontMetrics
    ) -> Iterator[tuple[QRectF, str, str]]:
        """Where each band lies on the screen, the role of its ground, and as much of its name as fits."""
        left, right = view.left(), view.right()
        foot = device.map(QPointF(left, view.top())).y()
        shown = [b for b in self._bands if b.high_mhz * 1e6 > left and b.low_mhz * 1e6 < right]
        height = self._style.px(HEIGHT)
        for index, band in enumerate(sorted(shown, key=lambda b: (b.low_mhz, b.high_mhz))):
            start = device.map(QPointF(max(left, band.low_mhz * 1e6), 0.0)).x()
            stop = device.map(QPointF(min(right, band.high_mhz * 1e6), 0.0)).x()
            area = QRectF(start, foot - height, max(2.0, stop - start), height)
            text = ""
            if area.width() > self._style.px(30):
                name = words.phrase(band.name.phrase())
                text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(area.width()) - 6)
            yield area, "selected" if index % 2 else "hover", text
