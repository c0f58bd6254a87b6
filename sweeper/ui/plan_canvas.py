"""The drawing of a floor plan: picture, level map, measured places, the most likely spot.

The map is drawn with the waterfall's palette, strong where it is bright; where nobody measured nearby it
fades out, so what is only guessed looks like a guess. A keyboard cursor does what the mouse does: arrows
move it, Enter chooses.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from sweeper.floorplan import NOISE_DB, SCATTER_DB, Spot, Surface
from sweeper.ui import palettes, words
from sweeper.ui.plans import FloorPlan
from sweeper.ui.theme import Scheme, Style
from sweeper.ui.words import _

CURSOR_STEP = 0.01
"""Share of the plan's width that an arrow key moves the cursor; with Shift five times as far."""


class PlanCanvas(QWidget):
    """``chosen(x_m, y_m)``: the reader pointed at a place."""

    chosen = Signal(float, float)

    def __init__(self, style: Style) -> None:
        super().__init__()
        self._style = style
        self._plan: FloorPlan | None = None
        self._image = QImage()
        self._heat: QImage | None = None
        self._key = ""
        self._spot: Spot | None = None
        self._range = (0.0, 0.0)
        self._pins: list[tuple[float, float]] = []
        self._cursor: tuple[float, float] | None = None
        self.palette_name = "viridis"
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(style.px(200), style.px(160))
        self.setAccessibleName(_("Floor plan"))
        self.setAccessibleDescription(_("Arrows move the cursor, Enter measures there."))
        self.setMouseTracking(False)

    # What is shown.

    def show_plan(self, plan: FloorPlan | None, image: QImage) -> None:
        """Show this plan."""
        self._plan, self._image = plan, self._toned(image)
        self._cursor = None
        self.show_emitter("")

    def _toned(self, image: QImage) -> QImage:
        """At night a white sheet would blind: its lines stay, in the theme's colour on black."""
        if self._style.scheme is not Scheme.NIGHT or image.isNull():
            return image
        made = image.convertToFormat(QImage.Format.Format_Grayscale8).convertToFormat(image.format())
        made.invertPixels()
        painter = QPainter(made)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Multiply)
        painter.fillRect(made.rect(), self._style.color("muted"))
        painter.end()
        return made

    def _ink(self, day: str, role: str) -> QColor:
        """A colour that is seen on a sheet: by day on white, at night a role of the theme on black."""
        return self._style.color(role) if self._style.scheme is Scheme.NIGHT else QColor(day)

    @property
    def _halo(self) -> QColor:
        """Drawn around marks, so that they are seen on any picture."""
        return self._ink("#FFFFFF", "surface")

    def show_emitter(self, key: str) -> None:
        """Show where one emitter was heard, how strongly it is elsewhere, and where it probably is."""
        self._key, self._heat, self._spot = key, None, None
        plan = self._plan
        if plan is not None and key:
            made = plan.surface(key)
            if made is not None and len(plan.readings(key)) > 1:
                self._heat = self._drawn(made)
            self._spot = plan.spot(key)
        self.update()

    def show_pins(self, pins: list[tuple[float, float]]) -> None:
        """Show the points that were chosen for the scale."""
        self._pins = pins
        self.update()

    @property
    def levels(self) -> tuple[float, float]:
        """Weakest and strongest level of the map, dB."""
        return self._range

    def _drawn(self, made: Surface) -> QImage:
        low, high = float(made.level_db.min()), float(made.level_db.max())
        high = max(high, low + 6.0)
        self._range = (low, high)
        share = np.clip((made.level_db - low) / (high - low), 0, 1)
        name = palettes.chosen(self.palette_name, self._style.scheme)
        colors = palettes.ramp(name)[np.rint(share * 255).astype(int)].astype(np.uint32)
        sure = np.clip((SCATTER_DB - made.sigma_db) / (SCATTER_DB - NOISE_DB), 0, 1)
        alpha = np.rint(30 + 150 * sure).astype(np.uint32)
        argb = np.ascontiguousarray(
            (alpha << 24) | (colors[..., 0] << 16) | (colors[..., 1] << 8) | colors[..., 2]
        )
        rows, columns = argb.shape
        return QImage(argb.data, columns, rows, columns * 4, QImage.Format.Format_ARGB32).copy()

    # Geometry.

    def area(self) -> QRectF:
        """Where the plan is drawn, pixels."""
        plan = self._plan
        if plan is None or self.width() < 2 or self.height() < 2:
            return QRectF()
        width = min(self.width(), self.height() / plan.facts.aspect)
        height = width * plan.facts.aspect
        return QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)

    def place(self, x_m: float, y_m: float) -> QPointF:
        """The pixel of a place."""
        area, plan = self.area(), self._plan
        assert plan is not None
        scale = area.width() / plan.facts.width_m
        return QPointF(area.left() + x_m * scale, area.top() + y_m * scale)

    def metres(self, point: QPointF) -> tuple[float, float] | None:
        """The place under a pixel; ``None`` beside the plan."""
        area, plan = self.area(), self._plan
        if plan is None or not area.contains(point):
            return None
        scale = plan.facts.width_m / area.width()
        return (point.x() - area.left()) * scale, (point.y() - area.top()) * scale

    # Events.

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = self.metres(event.position())
        if at is not None and event.button() == Qt.MouseButton.LeftButton:
            self._cursor = at
            self.chosen.emit(*at)
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plan = self._plan
        moves = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }
        move = moves.get(Qt.Key(event.key()))
        if plan is None:
            super().keyPressEvent(event)
        elif move is not None:
            far = 5 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            step = CURSOR_STEP * plan.facts.width_m * far
            x, y = self._cursor or (plan.facts.width_m / 2, plan.height_m / 2)
            x = min(max(0.0, x + move[0] * step), plan.facts.width_m)
            self._cursor = (x, min(max(0.0, y + move[1] * step), plan.height_m))
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._cursor is not None:
            self.chosen.emit(*self._cursor)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        plan, style, area = self._plan, self._style, self.area()
        if plan is None or area.isEmpty():
            painter.end()
            return
        painter.drawImage(area, self._image)
        if self._heat is not None:
            painter.drawImage(area, self._heat)
        self._paint_places(painter, plan)
        self._paint_readings(painter, plan)
        if self._spot is not None:
            self._paint_spot(painter, plan, self._spot)
        painter.setPen(QPen(self._halo, 3))
        for pin in self._pins:
            self._cross(painter, self.place(*pin), style.color("level-high"))
        if self._cursor is not None:
            self._cross(painter, self.place(*self._cursor), style.color("accent"))
        if self.hasFocus():
            painter.setPen(QPen(style.color("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        self._paint_bar(painter, plan, area)
        painter.end()

    def _cross(self, painter: QPainter, at: QPointF, color: QColor) -> None:
        for pen in (QPen(self._halo, 4), QPen(color, 2)):
            painter.setPen(pen)
            painter.drawLine(at + QPointF(-8, 0), at + QPointF(8, 0))
            painter.drawLine(at + QPointF(0, -8), at + QPointF(0, 8))

    def _tag(self, painter: QPainter, at: QPointF, text: str, *, bold: bool = False) -> None:
        """A small text on its own ground, readable on any picture."""
        painter.setFont(self._style.font("caption", bold=bold))
        size = painter.fontMetrics().boundingRect(text).size()
        box = QRectF(at.x() - size.width() / 2 - 4, at.y(), size.width() + 8, size.height() + 4)
        ground = self._style.color("raised")
        ground.setAlpha(225)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(box, 3, 3)
        painter.setPen(self._style.color("text"))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)

    def _paint_places(self, painter: QPainter, plan: FloorPlan) -> None:
        for named in plan.facts.places:
            self._tag(painter, self.place(named.x_m, named.y_m), named.name, bold=True)

    def _paint_readings(self, painter: QPainter, plan: FloorPlan) -> None:
        for taken in plan.facts.taken:
            at = self.place(taken.x_m, taken.y_m)
            level = taken.levels.get(self._key)
            painter.setPen(QPen(self._halo, 1.5))
            painter.setBrush(self._style.color("accent" if level is not None else "line"))
            painter.drawEllipse(at, 5, 5)
            if level is not None:
                self._tag(painter, at + QPointF(0, 7), words.spoken().number(round(level)))

    def _paint_spot(self, painter: QPainter, plan: FloorPlan, spot: Spot) -> None:
        at = self.place(spot.x_m, spot.y_m)
        radius = spot.radius_m * self.area().width() / plan.facts.width_m
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for pen in (QPen(self._halo, 4), QPen(self._ink("#B2330E", "level-high"), 2, Qt.PenStyle.DashLine)):
            painter.setPen(pen)
            painter.drawEllipse(at, radius, radius)
        self._cross(painter, at, self._ink("#B2330E", "level-high"))
        text = _("most likely here, ± {metres}").format(metres=length(spot.radius_m))
        self._tag(painter, at + QPointF(0, -radius - self._style.px(24)), text, bold=True)

    def _paint_bar(self, painter: QPainter, plan: FloorPlan, area: QRectF) -> None:
        """The length of a round number of metres, lower left."""
        if not plan.facts.scaled:
            return
        metres = max((m for m in (0.5, 1, 2, 5, 10, 20, 50) if m <= plan.facts.width_m / 3), default=0.5)
        long = metres * area.width() / plan.facts.width_m
        left = area.bottomLeft() + QPointF(12, -14)
        for pen in (QPen(self._halo, 5), QPen(self._ink("#17202B", "text"), 2)):
            painter.setPen(pen)
            painter.drawLine(left, left + QPointF(long, 0))
        self._tag(painter, left + QPointF(long / 2, -self._style.px(22)), length(metres))


def length(metres: float) -> str:
    """A length with as many digits as it deserves: ``0.5 m``, ``12 m``."""
    return words.spoken().quantity(metres, "m", 1 if metres < 10 and metres != round(metres) else 0)
