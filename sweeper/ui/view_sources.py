"""The sources: what this computer can hear with, and for the rest the reason and how to mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from sweeper.records import Medium
from sweeper.text import safe_text
from sweeper.ui import equipment, words
from sweeper.ui.parts import button, card, column, empty, label, picture, plain, prose, row, scrolled
from sweeper.ui.theme import GRID
from sweeper.ui.words import _

if TYPE_CHECKING:
    from sweeper.radio.inventory import SourceEntry
    from sweeper.ui.desk import Desk


class SourcesView(QWidget):
    """A card for each receiver and adapter."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setAccessibleName(_("Sources"))
        self._desk = desk
        self._body = QVBoxLayout()
        self._body.setSpacing(GRID)
        self._body.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID * 2)
        again = button(_("Look again"), self._look, desk.style, icon="reset")
        head = row(label(_("Sources"), size="title"), 0, again)
        head.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, 0)
        inner = plain(self._body)
        inner.setMaximumWidth(desk.style.px(860))
        layout = column(head, scrolled(inner, _("Sources")), spacing=0)
        self.setLayout(layout)
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
            self._body.addWidget(self._card(entry))
        for medium in equipment.HEARD:
            if desk.equipment is not None and not any(e.medium is medium for e in desk.equipment):
                self._body.addWidget(self._absent(medium))
        self._body.addStretch(1)

    def _card(self, entry: SourceEntry) -> QFrame:
        style, spoken = self._desk.style, words.spoken()
        if entry.available:
            drawing, role, word = "state-listening", "good", _("ready")
        elif entry.available is None:
            drawing, role, word = "state-ready", "muted", _("not tried")
        else:
            drawing, role = "state-failed", "level-medium"
            word = spoken.reason(entry.reason) if entry.reason is not None else _("not available")
        name = safe_text(entry.label or entry.name)
        head = row(
            picture(drawing, style, role, 16), label(name, size="section"), label(word, tone="muted"), 0
        )
        body = column(head, spacing=GRID // 2)
        body.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID * 2)
        body.addWidget(
            label(f"{spoken.medium(entry.medium)} · {safe_text(entry.name)}", size="caption", tone="muted")
        )
        if entry.detail:
            body.addWidget(prose(safe_text(spoken.gettext(entry.detail)), style))
        if entry.mend:
            self._mend(body, entry)
        made = card(body)
        made.setAccessibleName(f"{name}: {word}")
        return made

    def _mend(self, body: QVBoxLayout, entry: SourceEntry) -> None:
        style = self._desk.style
        body.addWidget(label(_("To mend it:"), size="caption", tone="muted"))
        text = prose(safe_text(words.spoken().gettext(entry.mend)), style)
        text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        text.setAccessibleName(_("How to mend it"))
        body.addWidget(text)
        copy = button(_("Copy"), lambda: QGuiApplication.clipboard().setText(entry.mend), style, quiet=True)
        body.addLayout(row(copy, 0))

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
