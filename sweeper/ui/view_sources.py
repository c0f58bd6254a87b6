"""The sources: what this computer can hear with, how it is used, and for the rest the reason and the mend."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from sweeper.records import Medium
from sweeper.ui import equipment, network_dialog, words
from sweeper.ui.flow import Flow
from sweeper.ui.parts import button, card, column, empty, label, picture, plain, prose, row, scrolled
from sweeper.ui.source_card import SourceCard
from sweeper.ui.theme import GRID
from sweeper.ui.words import _

if TYPE_CHECKING:
    from sweeper.ui.desk import Desk


class SourcesView(QWidget):
    """A card for each receiver and adapter."""

    def __init__(self, desk: Desk, show_view: Callable[[str], object]) -> None:
        super().__init__()
        self.setAccessibleName(_("Sources"))
        self._desk = desk
        self._body = QVBoxLayout()
        self._body.setSpacing(GRID)
        self._body.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID * 2)
        ways = Flow(
            button(_("Look again"), self._look, desk.style, icon="reset"),
            button(_("Permissions"), lambda: show_view("permissions"), desk.style),
            button(_("References"), lambda: show_view("references"), desk.style),
            button(_("New sweep…"), lambda: show_view("newsweep"), desk.style, icon="sweep"),
        )
        head = column(label(_("Sources"), size="title"), ways, spacing=GRID)
        head.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, 0)
        inner = plain(self._body)
        inner.setMaximumWidth(desk.style.px(860))
        self.setLayout(column(head, scrolled(inner, _("Sources")), spacing=0))
        desk.equipment_changed.connect(self.refresh)
        if desk.equipment is None:
            desk.look_around()
        self.refresh()

    def _look(self) -> None:
        self._desk.equipment = None
        self.refresh()
        self._desk.look_around()

    def refresh(self) -> None:
        """Show what was found."""
        desk = self._desk
        empty(self._body)
        self._body.addWidget(
            prose(_("What this computer can listen with. It only receives."), desk.style, tone="muted")
        )
        if desk.equipment is None:
            self._body.addWidget(label(_("Looking for receivers…")))
        for entry in desk.equipment or []:
            self._body.addWidget(SourceCard(desk, entry))
        for medium in equipment.HEARD:
            if desk.equipment is not None and not any(e.medium is medium for e in desk.equipment):
                self._body.addWidget(self._absent(medium))
        if desk.equipment is not None:
            self._body.addWidget(self._network())
        self._body.addStretch(1)

    def _network(self) -> QFrame:
        """Not a receiver: the one look that sends, so it stands apart and asks first."""
        desk = self._desk
        text = _(
            "Cameras and recorders that hang on your own network can be asked what they are. This sends: you "
            "are told what, and asked, before anything is."
        )
        ask = button(_("Ask your network…"), lambda: network_dialog.offer(self, desk), desk.style)
        head = row(picture("sources", desk.style, "muted", 16), label(_("Your network"), size="section"), 0)
        body = column(head, prose(text, desk.style), Flow(ask), spacing=GRID // 2)
        body.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID * 2)
        made = card(body)
        made.setAccessibleName(_("Your network"))
        return made

    def _absent(self, medium: Medium) -> QFrame:
        style, spoken = self._desk.style, words.spoken()
        text = _("not heard with: {reason}").format(reason=equipment.lacking(self._desk, medium))
        line = row(
            picture("state-failed", style, "muted", 16),
            label(spoken.medium(medium), size="section"),
            spacing=GRID,
        )
        line.addWidget(label(text, tone="muted", wrap=True), 1)
        line.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID * 2)
        return card(line)
