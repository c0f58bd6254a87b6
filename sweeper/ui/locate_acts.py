"""What makes a receiver stay on the target: a dongle on its frequency, a Wi-Fi adapter on its channel.

A sweep visits each frequency once a pass, an adapter that hops hears a channel one second in twenty. Walking
needs more than that, so the sweep is ended first; what it has heard stays on the screen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from sweeper.errors import SweeperError
from sweeper.plan import SweepPlan
from sweeper.records import Device, Emission, Medium
from sweeper.ui import equipment, plans, recipes
from sweeper.ui.flow import Flow
from sweeper.ui.following import LEVEL
from sweeper.ui.parts import button, choice, empty, plain
from sweeper.ui.words import _, told

if TYPE_CHECKING:
    from sweeper.ui.desk import Desk

WALK_S = 3600.0
"""A walk ends by itself after an hour."""


class Acts(QWidget):
    """A row of buttons that fit the target."""

    def __init__(self, desk: Desk, subject: Callable[[], Emission | Device | None]) -> None:
        super().__init__()
        self._desk, self._subject = desk, subject
        self._key = ""
        self._body = QVBoxLayout(self)
        self._body.setContentsMargins(0, 0, 0, 0)
        desk.equipment_changed.connect(self.refresh)
        desk.changed.connect(self._on_changed)
        self._phase = desk.phase
        self.refresh()

    def _on_changed(self) -> None:
        if self._desk.phase is not self._phase:
            self._phase = self._desk.phase
            self.refresh()

    def refresh(self) -> None:
        """Offer what can be done with the target and the receivers that are here."""
        empty(self._body)
        subject, desk, style = self._subject(), self._desk, self._desk.style
        line = Flow()
        if desk.following.running:
            line.addWidget(button(_("Let the receiver go"), desk.following.stop, style, icon="stop"))
        elif isinstance(subject, Emission) and equipment.ready(desk, Medium.RF):
            line.addWidget(
                button(_("Stay on it with the receiver"), lambda: self.stay(LEVEL), style, primary=True)
            )
            entries = [("", _("Listen to it…")), *modes()]
            line.addWidget(choice(_("Listen to it"), entries, "", self.stay))
        elif isinstance(subject, Device) and equipment.ready(desk, subject.medium):
            text = _("Stay on its channel") if subject.medium is Medium.WIFI else _("Listen to Bluetooth now")
            line.addWidget(button(text, self.stay_with_device, style, primary=True))
        if line.count():
            self._body.addWidget(plain(line))
        self.setVisible(line.count() > 0)

    def stay(self, mode: str) -> None:
        """Stay on the emission with the first receiver that is ready, for its level or its sound."""
        from sweeper.radio.listening import Target

        subject, desk = self._subject(), self._desk
        ready = equipment.ready(desk, Medium.RF)
        if not mode or not isinstance(subject, Emission) or not ready:
            return
        desk.stop()
        tuned = desk.settings.tuning(ready[0].name)
        target = Target(subject.center_hz, max(subject.width_hz, 2_000.0), tuned.gain_db, tuned.ppm)
        desk.following.begin(ready[0].name, target, mode)

    def stay_with_device(self) -> None:
        """Listen to the device's medium only, on its channel where it has one."""
        from sweeper.radio import inventory

        subject, desk = self._subject(), self._desk
        if not isinstance(subject, Device):
            return
        name = equipment.ready(desk, subject.medium)[0].name
        channel = subject.facts.get("wifi.channel")
        if subject.medium is Medium.WIFI and isinstance(channel, int):
            name = f"{name}{'' if ':' in name else ':'}@{equipment.megahertz(channel)}"
        plan = SweepPlan(name="locate", ble_seconds=WALK_S, wifi_seconds=WALK_S)
        try:
            source = inventory.open_source(name, plan)
        except SweeperError as problem:
            desk.say(_("This could not begin."), told(problem), _("Look at the sources."))
            return
        self._key = plans.key_of(subject)
        desk.begin(recipes.live([source], plan, known=desk.settings.known_path), _("Locate"), live=True)

    def find_again(self) -> None:
        """After a new session has begun: the device of before, under the id that it has now."""
        now = self._subject()
        if not self._key or (now is not None and plans.key_of(now) == self._key):
            return
        for table in (self._desk.bluetooth, self._desk.wifi):
            for device in table.records.values():
                if plans.key_of(device) == self._key:
                    self._desk.target = device.id
                    self._desk.target_changed.emit()
                    return


def modes() -> list[tuple[str, str]]:
    """``(mode, what it is called)``."""
    return [
        ("nfm", _("Narrow FM")),
        ("wfm", _("Wide FM")),
        ("am", _("AM")),
        ("usb", _("Upper sideband")),
        ("lsb", _("Lower sideband")),
    ]
