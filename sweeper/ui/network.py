"""Asking the user's own network: the one thing here that sends, so it is said first and wants a click.

``Asked`` is shown wherever it is offered (a guided sweep, the dialog): the networks found, what is asked, and
the plain statement of what will be sent. Only ``begin`` and the guided sweep's leg send, and both need the
``Look`` that a reader agreed to. The answers go into the live sweep that runs, or begin one of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from sweeper.errors import Unavailable
from sweeper.plan import SweepPlan
from sweeper.ui import recipes, words
from sweeper.ui.flow import Flow
from sweeper.ui.parts import empty, label, prose
from sweeper.ui.phase import Phase
from sweeper.ui.theme import GRID
from sweeper.ui.ticks import TickBox
from sweeper.ui.words import _

if TYPE_CHECKING:
    from sweeper.radio import Source
    from sweeper.radio.lan_asking import Look
    from sweeper.radio.lan_network import Net
    from sweeper.ui.desk import Desk

OTHERS = 20
"""Devices that a home network has: for the time that the look takes, which nobody knows before."""

LISTED_S = 60.0
"""Access points are listed for a minute: a dozen readings of the system's list."""


def find() -> list[Net] | Unavailable:
    """The networks that may be asked, or why there are none. Core's thread."""
    from sweeper.radio import lan_network

    try:
        return lan_network.chosen((), lan_network.networks())
    except Unavailable as why:
        return why


def seconds(look: Look) -> float:
    """About how long a look takes."""
    from sweeper.radio.lan_asking import DISCOVERY_S, REPEAT_S, REPLY_S

    attempts = len(look.addresses) + OTHERS * len(look.ports) if "ports" in look.kinds else 0
    return DISCOVERY_S + REPEAT_S + REPLY_S + attempts / look.rate_per_s


def source(look: Look) -> Source:
    """What asks; it sends as soon as a session begins to listen to it."""
    from sweeper.radio.lan import LanSource

    return LanSource(look)


def begin(desk: Desk, look: Look) -> None:
    """Ask now, as agreed."""
    hear(desk, source(look), _("Your network"))


def list_access_points(desk: Desk) -> None:
    """The lesser look of Wi-Fi, which needs no monitor mode: read the system's list for a minute."""
    from sweeper.radio import inventory
    from sweeper.ui import equipment

    def opened(found: object, problem: str) -> None:
        if problem:
            desk.say(_("The access points cannot be listed here."), problem)
            return
        hear(desk, found, _("Access points"))  # type: ignore[arg-type]
        desk.say(
            _("The access points are being listed."),
            _(
                "This is the lesser look: cameras that have joined a network, phones and traffic are not "
                "heard. Nothing is sent."
            ),
        )

    desk.ask(lambda: inventory.open_source(equipment.named(desk, equipment.LESSER)), opened)


def hear(desk: Desk, further: Source, title: str) -> None:
    """A source into the live sweep that runs, so that findings stand together; else a sweep of its own."""

    def alone() -> None:
        plan = SweepPlan(wifi_seconds=LISTED_S)
        desk.begin(recipes.live([further], plan, known=desk.settings.known_path), title, live=True)

    def joined(result: object, _problem: str) -> None:
        if result is not True:  # the sweep ended at this very moment
            alone()

    if desk.live and desk.phase in (Phase.STARTING, Phase.RUNNING):
        desk.ask(lambda: desk.core.join(further), joined)
    else:
        alone()


def kind_names() -> list[tuple[str, str]]:
    """What can be asked, in words; the names are the core's."""
    return [
        ("mdns", _("Services by mDNS")),
        ("ssdp", _("Services by SSDP")),
        ("onvif", _("Cameras by WS-Discovery (ONVIF)")),
        ("pppp", _("Peer-to-peer cameras")),
        ("ports", _("Camera ports of each address")),
    ]


class Asked(QWidget):
    """The networks, what is asked, and the statement; ``changed`` whenever ``look`` may be another."""

    changed = Signal()

    def __init__(self, desk: Desk, *, expert: bool) -> None:
        super().__init__()
        self._desk, self._expert = desk, expert
        self.problem = ""
        self._nets: list[tuple[Net, TickBox]] = []
        self._kinds: dict[str, TickBox] = {}
        self._choices = QVBoxLayout()
        self._choices.setSpacing(GRID // 2)
        self._told = QVBoxLayout()
        self._told.setSpacing(GRID)
        body = QVBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(GRID)
        body.addLayout(self._choices)
        body.addLayout(self._told)
        body.addStretch(1)
        self._told.addWidget(label(_("Looking for your networks…"), tone="muted"))
        desk.ask(find, self._found)

    def look(self) -> Look | None:
        """What would be asked now; ``None`` where nothing is ticked, or there is no network."""
        from sweeper.radio.lan_asking import Look

        nets = tuple(net for net, box in self._nets if box.isChecked())
        kinds = tuple(name for name, _title in kind_names() if self._wants(name))
        return Look(nets, kinds) if nets and kinds else None

    def _wants(self, kind: str) -> bool:
        box = self._kinds.get(kind)
        return box is None or box.isChecked()

    def _found(self, found: object, problem: str) -> None:
        self.problem = words.told(found.why) if isinstance(found, Unavailable) else problem
        nets = found if isinstance(found, list) and not problem else []
        for net in nets:
            box = self._box(f"{net.network} ({net.interface})")
            self._nets.append((net, box))
            self._choices.addWidget(box)
            box.setVisible(self._expert or len(nets) > 1)
        if self._expert and nets:
            flow = Flow()
            for name, title in kind_names():
                self._kinds[name] = self._box(title)
                flow.addWidget(self._kinds[name])
            self._choices.addLayout(flow)
        self._tell()

    def _box(self, text: str) -> TickBox:
        made = TickBox(text)
        made.setChecked(True)
        made.toggled.connect(lambda _on: self._tell())
        return made

    def _tell(self) -> None:
        from sweeper.radio.lan import statement

        empty(self._told)
        look, style = self.look(), self._desk.style
        if self.problem:
            reason = _("No network can be asked here: {reason}").format(reason=self.problem)
            self._told.addWidget(prose(reason, style))
        elif look is None:
            self._told.addWidget(label(_("Nothing is ticked, so nothing would be sent."), tone="muted"))
        else:
            for said in statement(look):
                self._told.addWidget(prose(words.phrase(said), style))
        self.changed.emit()
