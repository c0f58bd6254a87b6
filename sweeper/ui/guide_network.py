"""The network step of a guided sweep: what would be sent, the click that agrees, who answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QVBoxLayout

from sweeper.records import Device, Medium
from sweeper.ui import network, words
from sweeper.ui.flow import Flow
from sweeper.ui.guide import Course
from sweeper.ui.parts import button, column, label, prose
from sweeper.ui.theme import GRID
from sweeper.ui.words import _, ngettext

if TYPE_CHECKING:
    from sweeper.ui.view_guide import GuideView

LEG = "network"


class NetworkPage:
    """What it is for and what it sends; or progress; or what came of it."""

    def __init__(self, view: GuideView) -> None:
        self._view = view
        self._bar: QProgressBar | None = None
        self._time: QLabel | None = None
        self.layout: QVBoxLayout = column(label(_("Ask your network"), size="title"), spacing=GRID)
        legs = view.desk.legs
        if legs.running and legs.leg == LEG:
            self._running()
        else:
            self._waiting()
        self.layout.addStretch(1)
        self.tick()

    def _waiting(self) -> None:
        view, style = self._view, self._view.desk.style
        done = view.guide.leg(LEG).course is Course.DONE
        if done:
            self._outcome()
        why = _(
            "A camera or recorder that hangs on the Wi-Fi or the cable of the place answers when it is asked "
            "what it is. Everything else in a sweep only listens; this step sends, so it is your choice."
        )
        self.layout.addWidget(prose(why, style))
        self._asked = network.Asked(view.desk, expert=False)
        self.layout.addWidget(self._asked)
        text = _("Send this again") if done else _("Send this now")
        self._send: QPushButton = button(text, self._begin, style, primary=not done)
        self._send.setEnabled(False)
        self._asked.changed.connect(self._check)
        ways = Flow(self._send)
        if done:
            go_on = button(_("Go on"), lambda: view.go(view.guide.after(LEG)), style, primary=True)
            ways.addWidget(go_on)
        else:
            ways.addWidget(button(_("Leave this step out"), lambda: view.skip(LEG), style, quiet=True))
        self.layout.addSpacing(GRID)
        self.layout.addLayout(ways)

    def _check(self) -> None:
        self._send.setEnabled(self._asked.look() is not None)

    def _begin(self) -> None:
        look = self._asked.look()
        if look is not None:
            self._view.desk.legs.begin(LEG, look=look)
            self._view.show_step()

    def _running(self) -> None:
        legs, style = self._view.desk.legs, self._view.desk.style
        bar = self._bar = QProgressBar()
        bar.setRange(0, 1000)
        bar.setTextVisible(False)
        bar.setAccessibleName(_("Progress of asking"))
        self._time = label("", tone="muted", wrap=True)
        for widget in (bar, self._time):
            self.layout.addWidget(widget)
        self.layout.addLayout(Flow(button(_("Stop asking"), legs.pause, style)))

    def tick(self) -> None:
        """Show how far it is; how long it takes is known only about."""
        legs = self._view.desk.legs
        if self._bar is None or self._time is None or legs.leg != LEG:
            return
        left = legs.left_s(LEG)
        self._bar.setValue(round((1 - left / legs.wanted_s(LEG)) * 1000))
        soon = _("about {time} left").format(time=words.duration(max(1, round(left))))
        count = len(_there(self._view))
        some = ngettext("{n} device answered", "{n} devices answered", count) if count else ""
        self._time.setText(
            " · ".join(each for each in (soon if left > 0 else _("Done. One moment…"), some) if each)
        )

    def _outcome(self) -> None:
        count = len(_there(self._view))
        text = (
            ngettext("{n} device of the network answered.", "{n} devices of the network answered.", count)
            if count
            else _("The network was asked.")
        )
        findings = [each for each in self._view.guide.findings() if each.leg == LEG]
        said = (
            ngettext("{n} finding is about it.", "{n} findings are about them.", len(findings))
            if findings
            else _("None of what answered looks like a hidden device.")
        )
        self.layout.addWidget(prose(f"{text} {said}", self._view.desk.style))


def _there(view: GuideView) -> list[Device]:
    """The devices of the network in the session that is shown."""
    found = view.desk.wifi.records.values()
    return [each for each in found if isinstance(each, Device) and each.medium is Medium.LAN]
