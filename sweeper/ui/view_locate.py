"""Locate: one big number to walk by. Stronger is nearer, mostly; walls and bodies mislead.

The number is readable at arm's length; the arrow tells whether it rises or falls, the bar where it stands
between the weakest and the strongest level that the reader has marked, the line what it did in the last
minute. The bar follows with a critically damped motion of 150 ms, or at once where motion is unwanted.
"""

from __future__ import annotations

import math
import time
from collections import deque
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QPen, QPolygonF, QShowEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QVBoxLayout, QWidget

from sweeper.records import Device, Emission
from sweeper.ui import columns, icons, words
from sweeper.ui.flow import Flow
from sweeper.ui.parts import button, label, prose, row
from sweeper.ui.theme import GRID
from sweeper.ui.words import DASH, _

if TYPE_CHECKING:
    from sweeper.ui.desk import Desk

TICK_MS = 50
SETTLE_S = 0.150
KEPT_S = 60.0
TREND_S = 3.0
TREND_DB = 3.0
"""A change smaller than this within the last seconds is fading, not walking."""
STALE_S = 5.0
TARGETS = 200


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


class LocateView(QWidget):
    """Follows the desk's target."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setAccessibleName(_("Locate"))
        self._desk = desk
        style = desk.style
        self._motion = Damped()
        self._last = 0.0
        self._heard_at = 0.0
        self._targets = QComboBox()
        self._targets.setAccessibleName(_("What to locate"))
        self._targets.setToolTip(_("What to locate"))
        self._targets.setMinimumWidth(style.px(260))
        self._targets.activated.connect(lambda _index: self._choose(str(self._targets.currentData())))
        self._number = label(DASH, size="number")
        self._number.setAccessibleName(_("Level"))
        self._unit = label("", size="section", tone="muted")
        self._arrow = label("")
        self._trend = label("", size="section")
        self._gauge = Gauge(desk)
        self._hint = prose("", style, tone="muted")
        self._still = QCheckBox(_("Reduce motion"))
        self._still.setAccessibleName(_("Reduce motion"))
        self._still.setChecked(desk.settings.flag("still", False))
        self._still.toggled.connect(lambda on: desk.settings.put_flag("still", on))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 3, GRID * 2, GRID * 3, GRID * 2)
        layout.setSpacing(GRID)
        layout.addLayout(row(label(_("Locate"), size="title"), self._targets, 0, spacing=GRID * 2))
        layout.addStretch(1)
        layout.addLayout(row(0, self._number, self._unit, 0, spacing=GRID))
        layout.addLayout(row(0, self._arrow, self._trend, 0, spacing=GRID))
        layout.addWidget(self._gauge)
        layout.addLayout(
            Flow(
                button(_("Mark as weakest"), lambda: self._mark(low=True), style),
                button(_("Mark as strongest"), lambda: self._mark(low=False), style),
                button(_("Reset marks"), self._reset, style, quiet=True),
                self._still,
            )
        )
        layout.addWidget(self._hint)
        layout.addStretch(1)
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        desk.target_changed.connect(self._retarget)
        desk.batched.connect(self._offer)
        self._offer()
        self._retarget()

    def showEvent(self, event: QShowEvent) -> None:
        self._offer()
        self._timer.start()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        super().hideEvent(event)

    def _offer(self) -> None:
        """List what can be followed: what has a finding first, then the strongest."""
        if not self.isVisible() and self._targets.count():
            return
        desk = self._desk
        entries: list[tuple[bool, float, str, str]] = []
        for emission in desk.emissions.records.values():
            found = desk.finding_of(emission.id) is not None
            kind = words.spoken().emission_kind(emission.kind)
            text = f"{words.frequency(emission.center_hz)} · {kind}"
            entries.append((not found, -emission.snr_db, emission.id, text))
        for table in (desk.bluetooth, desk.wifi):
            for device in table.records.values():
                found = desk.finding_of(device.id) is not None
                name = columns.device_name(device) or words.spoken().device_kind(device.kind)
                dbm = device.rssi_dbm if device.rssi_dbm is not None else -120
                entries.append((not found, -float(dbm + 100), device.id, f"{name} · {device.address}"))
        entries.sort()
        wanted = [(name, text) for _known, _level, name, text in entries[:TARGETS]]
        have = [self._targets.itemData(i) for i in range(self._targets.count())]
        if self._targets.view().isVisible() or [name for name, _text in wanted] == have:
            return
        self._targets.clear()
        for name, text in wanted:
            self._targets.addItem(text, name)
        if not desk.target and wanted:
            desk.target = wanted[0][0]
            self._retarget()
        self._targets.setCurrentIndex(self._targets.findData(desk.target))

    def _choose(self, name: str) -> None:
        self._desk.target = name
        self._retarget()

    def _retarget(self) -> None:
        self._gauge.levels.clear()
        self._heard_at = 0.0
        self._targets.setCurrentIndex(self._targets.findData(self._desk.target))
        self._reset()

    def _reset(self) -> None:
        emission = isinstance(self._subject(), Emission)
        self._gauge.low, self._gauge.high = (0.0, 60.0) if emission else (-100.0, -30.0)

    def _mark(self, *, low: bool) -> None:
        if not self._gauge.levels:
            return
        level = self._gauge.levels[-1][1]
        if low:
            self._gauge.low = min(level, self._gauge.high - 3)
        else:
            self._gauge.high = max(level, self._gauge.low + 3)

    def _subject(self) -> Emission | Device | None:
        desk = self._desk
        for table in (desk.emissions, desk.bluetooth, desk.wifi):
            found = table.records.get(desk.target)
            if isinstance(found, Emission | Device):
                return found
        return None

    def _level(self) -> tuple[float, float] | None:
        """The newest ``(time_s, level)`` of the target."""
        subject = self._subject()
        if isinstance(subject, Emission):
            half = subject.width_hz / 2
            low, high = subject.center_hz - half, subject.center_hz + half
            return self._desk.core.level(subject.source, low, high)
        if isinstance(subject, Device):
            levels = self._desk.core.memory.levels(subject.address) or self._desk.core.memory.levels(
                subject.id
            )
            return (levels[-1][0], float(levels[-1][1])) if levels else None
        return None

    def _tick(self) -> None:
        subject, heard = self._subject(), self._level()
        levels = self._gauge.levels
        if heard is not None and (not levels or heard[0] > levels[-1][0]):
            levels.append(heard)
            self._heard_at = time.monotonic()
        now = time.monotonic()
        elapsed, self._last = min(0.2, now - self._last), now
        level = levels[-1][1] if levels else None
        unit = "dB" if isinstance(subject, Emission) else "dBm"
        self._number.setText(DASH if level is None else words.spoken().number(round(level)))
        self._unit.setText(words.spoken().unit(unit) if level is not None else "")
        wanted = self._gauge.share(level) if level is not None else 0.0
        still = self._still.isChecked()
        self._gauge.shown = min(1.0, max(0.0, self._motion.follow(wanted, elapsed, still=still)))
        self._gauge.update()
        self._show_trend(trend(list(levels)) if levels else None)
        stale = bool(levels) and now - self._heard_at > STALE_S
        self._hint.setText(self._advice(subject, stale))

    def _show_trend(self, way: int | None) -> None:
        if way is None:
            self._arrow.clear()
            self._trend.setText("")
            return
        drawing, text = {
            1: ("up", _("getting stronger")),
            -1: ("down", _("getting weaker")),
            0: ("steady", _("steady")),
        }[way]
        style = self._desk.style
        self._arrow.setPixmap(icons.pixmap(drawing, style.color("accent").name(), style.px(24)))
        self._trend.setText(text)

    def _advice(self, subject: Emission | Device | None, stale: bool) -> str:
        if subject is None:
            return _("Choose a signal or a device above, or press L where one is selected.")
        if stale:
            return _("It is not heard at the moment. It may be silent, or too far away.")
        return _(
            "Walk slowly and stop often. Stronger usually means nearer; walls, metal and people can "
            "mislead, so "
            "try several directions."
        )
