"""Play, pause, seek and speed of a replay; stop for a live sweep; and the report when there is something."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSlider

from sweeper.ui import words
from sweeper.ui.desk import Desk
from sweeper.ui.icons import icon
from sweeper.ui.parts import button, choice, label, tool
from sweeper.ui.phase import Phase
from sweeper.ui.theme import GRID
from sweeper.ui.words import _

SPEEDS: dict[str, float | None] = {"1": 1.0, "10": 10.0, "max": None}
STEPS = 1000
NARROW = 460
"""Width in pixels at text size 1.0 below which the report's button has no words."""


class Transport(QFrame):
    """The bar over the strip; hidden while nothing runs."""

    def __init__(self, desk: Desk, save_report: Callable[[], object]) -> None:
        super().__init__()
        self.setObjectName("transport")
        self.setAccessibleName(_("Playback"))
        self._desk = desk
        style = desk.style
        layout = QHBoxLayout(self)
        layout.setContentsMargins(GRID, GRID // 2, GRID, GRID // 2)
        self._play = tool(_("Pause"), "pause", desk.toggle, style)
        self._stop = tool(_("Stop"), "stop", desk.stop, style)
        self._at = label("0:00")
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setRange(0, STEPS)
        self._slider.setAccessibleName(_("Position in the recording"))
        self._slider.setToolTip(_("Position in the recording"))
        self._slider.setPageStep(STEPS // 20)
        self._slider.setSingleStep(STEPS // 100)
        self._slider.sliderReleased.connect(self._seek)
        self._slider.actionTriggered.connect(self._act)
        self._of = label("0:00", tone="muted")
        speeds = [("1", "1×"), ("10", "10×"), ("max", _("As fast as possible"))]
        now = next(name for name, speed in SPEEDS.items() if speed == desk.speed)
        self._speed = choice(_("Speed"), speeds, now, lambda name: desk.set_speed(SPEEDS[name]))
        self._report = button(_("Save report…"), save_report, style, icon="report")
        self._report.setToolTip(self._report.accessibleName())
        for widget in (self._play, self._stop, self._at):
            layout.addWidget(widget)
        layout.addWidget(self._slider, 1)
        layout.addWidget(self._of)
        layout.addWidget(self._speed)
        layout.addWidget(self._report, 0, Qt.AlignmentFlag.AlignRight)
        desk.changed.connect(self.refresh)
        self.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where it is narrow, the report's button is its picture: the slider needs the room."""
        super().resizeEvent(event)
        narrow = self.width() < self._desk.style.px(NARROW)
        self._report.setText("" if narrow else self._report.accessibleName())

    def refresh(self) -> None:
        """Show position and state as they are now."""
        desk = self._desk
        self.setVisible(desk.phase is not Phase.IDLE)
        running = desk.phase in (Phase.RUNNING, Phase.STARTING)
        name = _("Pause") if running else _("Play again") if desk.phase is Phase.ENDED else _("Play")
        if name != self._play.accessibleName():
            self._play.setAccessibleName(name)
            self._play.setToolTip(name + "  " + _("(Space)"))
            drawing = "pause" if running else "reset" if desk.phase is Phase.ENDED else "play"
            self._play.setIcon(icon(drawing, desk.style.color("text").name(), desk.style.px(20)))
        replay = not desk.live
        self._play.setVisible(replay)
        self._stop.setVisible(running or desk.phase is Phase.PAUSED)
        self._slider.setVisible(replay)
        self._of.setVisible(replay)
        self._speed.setVisible(replay)
        total = desk.duration_s
        self._slider.setEnabled(bool(total))
        self._at.setText(words.clock(desk.position_s))
        self._of.setText(words.clock(total) if total else "")
        if total and not self._slider.isSliderDown():
            self._slider.setValue(round(min(1.0, desk.position_s / total) * STEPS))

    def _act(self, action: int) -> None:
        """Keys and clicks in the groove seek at once; dragging waits for the release."""
        if action != QSlider.SliderAction.SliderMove.value:
            self._seek()

    def _seek(self) -> None:
        if self._desk.duration_s:
            self._desk.seek(self._slider.sliderPosition() / STEPS * self._desk.duration_s)
