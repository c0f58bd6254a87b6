"""The locate bar: a level between two marks, its last minute, and whether it rises or falls."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from sweeper.ui.words import _

if TYPE_CHECKING:
    from sweeper.ui.desk import Desk

SETTLE_S = 0.150
KEPT_S = 60.0
TREND_S = 3.0
TREND_DB = 3.0
"""A change smaller than this within the last seconds is fading, not walking."""


class Damped:
    """A value that follows another without overshoot, settling in about ``SETTLE_S``."""

    def __init__(self) -> None:
        self.value = 0.0
        self._speed = 0.0

    def follow(self, target: float, elapsed_s: float, *, still: bool = False) -> float:
        """Move towards ``target``; at once if ``still``."""
        if still:
            self.value, self._speed = target, 0.0
            return self.value
        rate = 4.0 / SETTLE_S
        away = self.value - target
        settle = self._speed + rate * away
        fade = math.exp(-rate * elapsed_s)
        self.value = target + (away + settle * elapsed_s) * fade
        self._speed = (self._speed - rate * settle * elapsed_s) * fade
        return self.value


def trend(levels: list[tuple[float, float]]) -> int:
    """1 rising, -1 falling, 0 steady: the last seconds against the ones before."""
    if len(levels) < 4:
        return 0
    now = levels[-1][0]
    new = [level for at, level in levels if at > now - TREND_S]
    old = [level for at, level in levels if now - 2 * TREND_S < at <= now - TREND_S]
    if not new or not old:
        return 0
    change = sum(new) / len(new) - sum(old) / len(old)
    return 1 if change > TREND_DB else -1 if change < -TREND_DB else 0


class Gauge(QWidget):
    """The bar between the two marks, and the line of the last minute."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.levels: deque[tuple[float, float]] = deque(maxlen=2400)
        self.low, self.high = -100.0, -30.0
        self.shown = 0.0
        self.setMinimumHeight(desk.style.px(170))
        self.setAccessibleName(_("Level between the weakest and the strongest mark"))

    def share(self, level: float) -> float:
        """Where a level stands between the marks, 0 to 1."""
        return min(1.0, max(0.0, (level - self.low) / max(self.high - self.low, 1.0)))

    def paintEvent(self, event: QPaintEvent) -> None:
        style = self._desk.style
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bar = QRectF(0, 8, self.width() - 1, style.px(28))
        painter.setPen(QPen(style.color("line"), 1))
        painter.setBrush(style.color("raised"))
        painter.drawRoundedRect(bar, 4, 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(style.color("accent"))
        painter.drawRoundedRect(QRectF(bar.left(), bar.top(), bar.width() * self.shown, bar.height()), 4, 4)
        painter.setFont(style.font("caption"))
        painter.setPen(style.color("muted"))
        under = QRectF(0, bar.bottom() + 4, self.width(), style.px(18))
        painter.drawText(under, int(Qt.AlignmentFlag.AlignLeft), _("weak"))
        painter.drawText(under, int(Qt.AlignmentFlag.AlignRight), _("strong"))
        area = QRectF(0, under.bottom() + 8, self.width() - 1, self.height() - under.bottom() - 12)
        painter.setPen(QPen(style.color("hairline"), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        if len(self.levels) > 1:
            now = self.levels[-1][0]
            line = QPolygonF(
                [
                    QPointF(
                        area.right() - area.width() * (now - at) / KEPT_S,
                        area.bottom() - area.height() * self.share(level),
                    )
                    for at, level in self.levels
                    if at > now - KEPT_S
                ]
            )
            painter.setPen(QPen(style.color("accent"), 1.5))
            painter.drawPolyline(line)
        painter.end()
