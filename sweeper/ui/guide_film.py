"""The film test of a guided sweep: whose Wi-Fi stream reacts to what happens in this room?

The reader keeps still, moves, keeps still, a quarter of a minute each, on the channel where something sends
much; a camera that sees the room sends more while the reader moves.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout

from sweeper.records import Device, Medium
from sweeper.ui import columns, equipment, words
from sweeper.ui.flow import Flow
from sweeper.ui.guide import Course
from sweeper.ui.guide_prepare import ear
from sweeper.ui.parts import button, choice, column, label, picture, prose, row
from sweeper.ui.theme import GRID
from sweeper.ui.words import _, ngettext

if TYPE_CHECKING:
    from sweeper.ui.view_guide import GuideView


class FilmPage:
    """What to do; then still, move, still; then what came of it."""

    def __init__(self, view: GuideView) -> None:
        self._view = view
        self._began = time.monotonic()
        self.layout: QVBoxLayout = column(label(_("Film test"), size="title"), spacing=GRID)
        self._order = label("", size="title", wrap=True)
        self._left = label("", size="section", tone="muted")
        legs = view.desk.legs
        if legs.running and legs.leg == "film":
            self._running()
        else:
            self._waiting()
        self.layout.addStretch(1)

    def _waiting(self) -> None:
        view, style = self._view, self._view.desk.style
        for text in (
            _("A Wi-Fi camera that sees you sends more while the picture changes."),
            _(
                "Keep quite still, then walk about in front of where a camera may be, then keep still again: "
                "15 seconds each. The computer says when."
            ),
        ):
            self.layout.addWidget(prose(text, style))
        self.layout.addLayout(ear(view.desk, Medium.WIFI))
        ways = Flow()
        if equipment.ready(view.desk, Medium.WIFI):
            channels = self._channels()
            entries = [
                (str(number), _("Channel {number}").format(number=number) + f" · {text}")
                for number, text in channels
            ]
            entries.append(("", _("The channel on which the adapter is")))
            self._chosen = choice(_("Channel to test"), entries, entries[0][0], lambda _value: None)
            self.layout.addLayout(row(label(_("Channel to test")), self._chosen, 0))
            ways.addWidget(button(_("Begin the test"), self._begin, style, primary=True))
        done = view.guide.leg("film").course is Course.DONE
        if done:
            self._outcome()
            ways.addWidget(button(_("Go on"), lambda: view.go(view.guide.after("film")), style))
        else:
            ways.addWidget(button(_("Leave this step out"), lambda: view.skip("film"), style, quiet=True))
        self.layout.addSpacing(GRID)
        self.layout.addLayout(ways)

    def _channels(self) -> list[tuple[int, str]]:
        """Channels on which something was heard, the ones with cameras and findings first."""
        desk = self._view.desk
        found: dict[int, list[Device]] = {}
        for device in desk.wifi.records.values():
            channel = device.facts.get("wifi.channel")
            if isinstance(channel, int) and device.medium is Medium.WIFI:
                found.setdefault(channel, []).append(device)

        def weight(channel: int) -> tuple[int, int]:
            asks = sum(1 for device in found[channel] if desk.finding_of(device.id) is not None)
            return -asks, -len(found[channel])

        made = []
        for channel in sorted(found, key=weight):
            asked = [d for d in found[channel] if desk.finding_of(d.id) is not None]
            names = ", ".join(columns.device_name(d) or d.address for d in asked[:2])
            count = len(found[channel])
            made.append((channel, names or ngettext("{n} transmitter", "{n} transmitters", count)))
        return made[:12]

    def _begin(self) -> None:
        channel = str(self._chosen.currentData() or "")
        name = f"wifi:@{equipment.megahertz(int(channel))}" if channel else "wifi"
        self._view.desk.legs.begin("film", wifi=name)
        self._view.show_step()

    def _running(self) -> None:
        style, legs = self._view.desk.style, self._view.desk.legs
        self.layout.addSpacing(GRID * 3)
        self.layout.addLayout(row(picture("person", style, "accent", 64), 0))
        self.layout.addWidget(self._order)
        self.layout.addWidget(self._left)
        self.layout.addSpacing(GRID * 2)
        self.layout.addLayout(Flow(button(_("Stop the test"), legs.pause, style)))
        self.tick()

    def tick(self) -> None:
        """Say what to do now."""
        from sweeper.dsp.film_test import STILL_MOVE_STILL

        desk = self._view.desk
        if not (desk.legs.running and desk.legs.leg == "film"):
            return
        now = max(desk.position_s, time.monotonic() - self._began if desk.opened else 0.0)
        for phase in STILL_MOVE_STILL:
            if now < phase.stop_s:
                self._order.setText(_("Move about now") if phase.active else _("Keep still now"))
                left = words.duration(max(1, round(phase.stop_s - now)))
                self._left.setText(_("{time} left").format(time=left))
                return
        self._order.setText(_("Done. One moment…"))
        self._left.setText("")

    def _outcome(self) -> None:
        from sweeper.detectors.wifi_film_test import VERDICTS
        from sweeper.dsp.film_test import Verdict

        film = self._view.guide.progress.film
        self.layout.addSpacing(GRID)
        self.layout.addWidget(label(_("What came of it"), size="section"))
        if not film:
            text = _("No stream was heard on that channel, so there was nothing to test. Try another one.")
            self.layout.addWidget(prose(text, self._view.desk.style))
        known = {verdict.value for verdict in Verdict}
        for device, verdict in sorted(film.items()):
            if verdict in known:
                subject = self._view.desk.subject(device)
                name = (
                    columns.device_name(subject) or subject.address if isinstance(subject, Device) else device
                )
                said = words.phrase(VERDICTS[Verdict(verdict)])
                self.layout.addWidget(label(f"{name}: {said}", wrap=True))
