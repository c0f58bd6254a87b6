"""Locate: one big number to walk by. Stronger is nearer, mostly; walls and bodies mislead.

The number is readable at arm's length; the arrow tells whether it rises or falls, the bar where it stands
between the weakest and the strongest level that the reader has marked, the line what it did in the last
minute, ticks say the same by ear. The bar follows with a critically damped motion of 150 ms, or at once where
motion is unwanted. For every radio: a receiver can stay on a frequency, an adapter on a channel.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from sweeper.records import Device, Emission
from sweeper.text import safe_text
from sweeper.ui import icons, locate_acts, measuring, words
from sweeper.ui.flow import Flow
from sweeper.ui.gauge import Damped, Gauge, trend
from sweeper.ui.parts import button, label, prose, row, tool
from sweeper.ui.sound import Speaker, Ticker
from sweeper.ui.theme import GRID
from sweeper.ui.ticks import TickBox
from sweeper.ui.words import DASH, _

if TYPE_CHECKING:
    from sweeper.ui.desk import Desk

TICK_MS = 50
STALE_S = 5.0
TARGETS = 200


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
        self._ticker, self._speaker = Ticker(), Speaker()
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
        self._still = self._tickbox(_("Reduce motion"), "still", False)
        self._mute = tool(_("Sound on"), "mute", self._toggle_sound, style, checkable=True)
        self._mute.setChecked(desk.settings.flag("locate-sound", False))
        self._acts = locate_acts.Acts(desk, self._subject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 3, GRID * 2, GRID * 3, GRID * 2)
        layout.setSpacing(GRID)
        head = Flow(label(_("Locate"), size="title"), self._targets, self._mute, spacing=GRID * 2)
        layout.addLayout(head)
        layout.addWidget(self._acts)
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
        desk.following.changed.connect(self._on_following)
        self._show_mute()
        self._offer()
        self._retarget()

    def _tickbox(self, text: str, key: str, default: bool) -> TickBox:
        made = TickBox(text)
        made.setChecked(self._desk.settings.flag(key, default))
        made.toggled.connect(lambda on: self._desk.settings.put_flag(key, on))
        return made

    def showEvent(self, event: QShowEvent) -> None:
        self._offer()
        self._timer.start()
        if self._mute.isChecked():
            self._play()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        self._speaker.stop()
        super().hideEvent(event)

    # Sound.

    def _toggle_sound(self) -> None:
        on = self._mute.isChecked()
        self._desk.settings.put_flag("locate-sound", on)
        if on:
            self._play()
        else:
            self._speaker.stop()
        self._show_mute()

    def _play(self) -> None:
        if not self._speaker.play(self._ticker):
            self._mute.setChecked(False)
            self._desk.say(_("There is no sound here."), safe_text(self._speaker.problem))

    def _show_mute(self) -> None:
        on = self._mute.isChecked()
        text = _("Mute") if on else _("Sound on")
        style = self._desk.style
        self._mute.setAccessibleName(text)
        self._mute.setToolTip(text + "  " + _("(S)"))
        drawing = "sound" if on else "mute"
        self._mute.setIcon(icons.icon(drawing, style.color("text").name(), style.px(20)))

    def toggle_sound(self) -> None:
        """Sound on or off, by key."""
        self._mute.setChecked(not self._mute.isChecked())
        self._toggle_sound()

    # What is followed.

    def _offer(self) -> None:
        """List what can be followed: what has a finding first, then the strongest."""
        if not self.isVisible() and self._targets.count():
            return
        wanted = [(each.id, measuring.title(each)) for each in measuring.subjects(self._desk)[:TARGETS]]
        have = [self._targets.itemData(i) for i in range(self._targets.count())]
        if self._targets.view().isVisible() or [name for name, _text in wanted] == have:
            return
        self._targets.clear()
        for name, text in wanted:
            self._targets.addItem(text, name)
        self._acts.find_again()
        if not self._desk.target and wanted:
            self._desk.target = wanted[0][0]
            self._retarget()
        self._targets.setCurrentIndex(self._targets.findData(self._desk.target))

    def _choose(self, name: str) -> None:
        self._desk.target = name
        self._desk.following.stop()
        self._retarget()

    def _retarget(self) -> None:
        self._gauge.levels.clear()
        self._heard_at = 0.0
        self._targets.setCurrentIndex(self._targets.findData(self._desk.target))
        self._reset()
        self._acts.refresh()

    def _on_following(self) -> None:
        self._gauge.levels.clear()
        self._reset()
        self._acts.refresh()

    def _reset(self) -> None:
        if self._desk.following.running:
            self._gauge.low, self._gauge.high = -90.0, -10.0
        elif isinstance(self._subject(), Emission):
            self._gauge.low, self._gauge.high = 0.0, 60.0
        else:
            self._gauge.low, self._gauge.high = -100.0, -30.0

    def _mark(self, *, low: bool) -> None:
        if not self._gauge.levels:
            return
        level = self._gauge.levels[-1][1]
        if low:
            self._gauge.low = min(level, self._gauge.high - 3)
        else:
            self._gauge.high = max(level, self._gauge.low + 3)

    def _subject(self) -> Emission | Device | None:
        return self._desk.subject(self._desk.target)

    def _level(self) -> tuple[float, float] | None:
        """The newest ``(time_s, level)`` of the target."""
        following = self._desk.following
        if following.running:
            return following.levels[-1] if following.levels else None
        subject = self._subject()
        heard = measuring.recent(self._desk, subject) if subject is not None else []
        return heard[-1] if heard else None

    def _tick(self) -> None:
        subject, heard = self._subject(), self._level()
        levels = self._gauge.levels
        if heard is not None and (not levels or heard[0] > levels[-1][0]):
            levels.append(heard)
            self._heard_at = time.monotonic()
        now = time.monotonic()
        elapsed, self._last = min(0.2, now - self._last), now
        level = levels[-1][1] if levels else None
        self._number.setText(DASH if level is None else words.spoken().number(round(level)))
        self._unit.setText(words.spoken().unit(self._unit_of(subject)) if level is not None else "")
        wanted = self._gauge.share(level) if level is not None else 0.0
        still = self._still.isChecked()
        self._gauge.shown = min(1.0, max(0.0, self._motion.follow(wanted, elapsed, still=still)))
        self._gauge.update()
        self._show_trend(trend(list(levels)) if levels else None)
        stale = bool(levels) and now - self._heard_at > STALE_S
        self._ticker.share = None if level is None or stale else wanted
        self._hint.setText(self._advice(subject, stale))

    def _unit_of(self, subject: Emission | Device | None) -> str:
        if self._desk.following.running:
            return "dBFS"
        return "dB" if isinstance(subject, Emission) else "dBm"

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
        problem = self._desk.following.problem
        if problem:
            return safe_text(problem)
        if subject is None:
            return _("Choose a signal or a device above, or press L where one is selected.")
        if stale:
            return _("It is not heard at the moment. It may be silent, or too far away.")
        return _(
            "Walk slowly and stop often. Stronger usually means nearer; walls, metal and people can "
            "mislead, so "
            "try several directions."
        )
