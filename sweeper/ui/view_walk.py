"""The way outdoors: where it was walked or driven, and how strongly the chosen device was heard on it.

Drawn from the positions that came with what was heard, without a network: lines, points, north up, a scale.
Where the user gives a file of map tiles (MBTiles), it lies underneath.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import QComboBox, QFileDialog, QVBoxLayout, QWidget

from sweeper.errors import InputError
from sweeper.ui import palettes, walks, words
from sweeper.ui.flow import Flow
from sweeper.ui.parts import button, label, prose
from sweeper.ui.theme import GRID
from sweeper.ui.walks import Heard, Tiles, ground_m, project
from sweeper.ui.words import _, told

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from sweeper.ui.desk import Desk

LEVELS_DBM = (-100.0, -40.0)
MARGIN = 40
LEAST_M = 50.0
"""A way shorter than this is shown as if it were so long: positions waver by ten metres."""


STRIDE = 60
"""Pixels that an arrow key moves the map."""

ZOOM, NEAREST = 1.25, 50.0

STRIDES = {
    Qt.Key.Key_Left: (-STRIDE, 0),
    Qt.Key.Key_Right: (STRIDE, 0),
    Qt.Key.Key_Up: (0, -STRIDE),
    Qt.Key.Key_Down: (0, STRIDE),
}


class WalkMap(QWidget):
    """Draws a way; wheel and keys zoom, dragging and arrows move."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setAccessibleName(_("Map of the way"))
        self.setMinimumSize(desk.style.px(200), desk.style.px(160))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._desk = desk
        self.heard: list[Heard] = []
        self.address = ""
        self.tiles: Tiles | None = None
        self._zoom = 1.0
        self._shift = np.zeros(2)
        """How far the map was moved from where it lies by itself, in projected metres."""
        self._scale = 1.0
        self._held: QPointF | None = None
        self.setAccessibleDescription(_("Plus and minus zoom, arrows move, Home shows the whole way."))
        self.setToolTip(self.accessibleDescription())

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._zoom_by(ZOOM if event.angleDelta().y() > 0 else 1 / ZOOM)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in STRIDES:
            self._move(*STRIDES[Qt.Key(key)])
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self._zoom_by(1 / ZOOM if key == Qt.Key.Key_Minus else ZOOM)
        elif key == Qt.Key.Key_Home:
            self._zoom, self._shift = 1.0, np.zeros(2)
            self.update()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._held = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held is not None:
            went = self._held - event.position()
            self._held = event.position()
            self._move(went.x(), went.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._held = None

    def _zoom_by(self, factor: float) -> None:
        self._zoom = min(NEAREST, max(1.0, self._zoom * factor))
        self.update()

    def _move(self, x: float, y: float) -> None:
        """Look so many pixels further to the right and down."""
        self._shift = self._shift + np.array([x, y]) / self._scale
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        style = self._desk.style
        painter.fillRect(self.rect(), style.color("sunken"))
        if self.heard:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_way(painter)
        if self.hasFocus():
            painter.setPen(QPen(style.color("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        painter.end()

    def _paint_way(self, painter: QPainter) -> None:
        style = self._desk.style
        points = np.array([project(each.lat, each.lon) for each in self.heard])
        ground = ground_m(self.heard[-1].lat)
        middle = (points.min(axis=0) + points.max(axis=0)) / 2
        span = np.maximum(points.max(axis=0) - points.min(axis=0), LEAST_M / ground)
        room = np.array([max(10, self.width() - 2 * MARGIN), max(10, self.height() - 2 * MARGIN)])
        if self._zoom > 1:
            middle = points[-1]
        middle = middle + self._shift
        scale = self._scale = float((room / span).min()) * self._zoom
        screen = (points - middle) * scale + np.array([self.width() / 2, self.height() / 2])
        if self.tiles is not None:
            self._paint_tiles(painter, self.tiles, middle, scale)
        painter.setPen(QPen(style.color("line"), 2))
        painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in screen.tolist()]))
        colors = palettes.ramp(
            palettes.chosen(self._desk.settings.text("waterfall", "viridis"), style.scheme)
        )
        low, high = LEVELS_DBM
        for each, (x, y) in zip(self.heard, screen.tolist(), strict=True):
            if each.address != self.address or each.level is None:
                continue
            share = min(1.0, max(0.0, (each.level - low) / (high - low)))
            painter.setPen(QPen(style.color("text"), 1))
            painter.setBrush(QColor(*(int(part) for part in colors[round(share * 255)])))
            size = 4 + 6 * share
            painter.drawEllipse(QPointF(x, y), size, size)
        painter.setPen(QPen(style.color("accent"), 3))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QPointF(*screen[-1].tolist()), 9, 9)
        self._paint_scale(painter, scale / ground)

    def _paint_tiles(self, painter: QPainter, tiles: Tiles, middle: np.ndarray, scale: float) -> None:
        half = np.array([self.width(), self.height()]) / 2 / scale
        left, top = (middle - half).tolist()
        right, bottom = (middle + half).tolist()
        try:
            for x, y, size, picture in tiles.within(tiles.level_for(1 / scale), left, top, right, bottom):
                area = QRectF((x - left) * scale, (y - top) * scale, size * scale + 1, size * scale + 1)
                painter.drawImage(area, QImage.fromData(picture))
        except sqlite3.Error:
            self.tiles = None

    def _paint_scale(self, painter: QPainter, pixels_a_metre: float) -> None:
        style = self._desk.style
        steps = (5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000)
        metres = max((m for m in steps if m * pixels_a_metre <= self.width() / 3), default=5)
        left = QPointF(GRID * 2, self.height() - GRID * 2)
        painter.setPen(QPen(style.color("text"), 2))
        painter.drawLine(left, left + QPointF(metres * pixels_a_metre, 0))
        quantity = words.spoken().quantity
        text = quantity(metres / 1000, "km", 0) if metres >= 1000 else quantity(metres, "m", 0)
        painter.setFont(style.font("caption"))
        painter.drawText(left + QPointF(0, -6), text)
        painter.drawText(QPointF(self.width() - GRID * 4, GRID * 3), _("N ↑"))


class WalkView(QWidget):
    """The map, and which device is shown on it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setAccessibleName(_("Outdoors"))
        self._desk = desk
        self._devices = QComboBox()
        self._devices.setAccessibleName(_("Device on the map"))
        self._devices.setMinimumWidth(desk.style.px(220))
        self._devices.activated.connect(lambda _index: self._choose())
        self.map = WalkMap(desk)
        self._said = label("", tone="muted", wrap=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 2, GRID, GRID * 2, GRID)
        layout.setSpacing(GRID)
        tiles = button(_("Map tiles from a file…"), self._tiles_dialog, desk.style, icon="open")
        layout.addLayout(Flow(self._devices, tiles))
        layout.addWidget(self.map, 1)
        layout.addWidget(self._said)
        note = _(
            "Positions come with what was heard: from a GPS receiver, a track, or a log that has them. "
            "Nothing is fetched from a network; a map appears only from a file that you give."
        )
        layout.addWidget(prose(note, desk.style, tone="muted"))
        desk.batched.connect(self.refresh)
        kept = desk.settings.text("tiles")
        if kept:
            self.use_tiles(Path(kept), quiet=True)
        self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Show the way so far."""
        if not self.isVisible() and self._devices.count():
            return
        self.map.heard = self._desk.core.memory.way()
        counts: dict[str, int] = {}
        for each in self.map.heard:
            if each.address:
                counts[each.address] = counts.get(each.address, 0) + 1
        wanted = [name for name, _count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:200]]
        have = [self._devices.itemData(i) for i in range(self._devices.count())]
        if wanted != have and not self._devices.view().isVisible():
            chosen = self._devices.currentData()
            self._devices.clear()
            for name in wanted:
                self._devices.addItem(self._name(name), name)
            self._devices.setCurrentIndex(max(0, self._devices.findData(chosen)) if wanted else -1)
        self._devices.setVisible(bool(wanted))
        self._choose()

    def _name(self, address: str) -> str:
        from sweeper.ui import columns

        for device in self._desk.bluetooth.records.values():
            if address in (device.address, *device.addresses):
                return f"{columns.device_name(device) or words.spoken().device_kind(device.kind)} · {address}"
        return address

    def _choose(self) -> None:
        self.map.address = str(self._devices.currentData() or "")
        self._said.setText(
            _("The larger and lighter a point, the stronger the device was heard there.")
            if self.map.heard
            else _("No position came with what was heard so far, so there is no way to draw.")
        )
        self.map.update()

    def _tiles_dialog(self) -> None:
        path, _kind = QFileDialog.getOpenFileName(
            self, _("Map tiles from a file"), str(Path.home()), "MBTiles (*.mbtiles *.sqlite *.db)"
        )
        if path:
            self.use_tiles(Path(path))

    def use_tiles(self, path: Path, *, quiet: bool = False) -> None:
        """Lay the tiles of a file underneath."""
        try:
            self.map.tiles = walks.Tiles(path)
        except InputError as problem:
            if not quiet:
                self._desk.say(
                    _("This map could not be opened."), told(problem), _("Choose an MBTiles file.")
                )
            return
        self._desk.settings.put("tiles", str(path))
        self.map.update()
