"""Known devices: one's own, a neighbour's, the rented car's. Kept on this computer, by explicit act only."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from sweeper.known import Known
from sweeper.text import safe_text
from sweeper.ui import known_dialog, words
from sweeper.ui.flow import Flow
from sweeper.ui.parts import button, label, prose, row, search
from sweeper.ui.tables import Column, RecordTable, Table
from sweeper.ui.theme import GRID
from sweeper.ui.words import DASH, _, ngettext

if TYPE_CHECKING:
    from sweeper.ui.desk import Desk


class KnownView(QWidget):
    """The list, and what can be done with an entry."""

    def __init__(self, desk: Desk, show_view: Callable[[str], object]) -> None:
        super().__init__()
        self.setAccessibleName(_("Known devices"))
        self._desk = desk
        self._model = RecordTable(_columns())
        self._count = label(tone="muted")
        self._table = Table(self._model, desk.style, _("Known devices"))
        self._table.opened.connect(self.change)
        find = search(_("Search known devices"), self._model.set_filter, desk.style)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID)
        layout.setSpacing(GRID)
        layout.addLayout(row(label(_("Known devices"), size="title"), self._count, 0, spacing=GRID * 2))
        text = _(
            "What you have marked as known: it stays in the lists and in the report, but does not alarm. An "
            "entry with a place holds at that place only. The list never leaves this computer."
        )
        layout.addWidget(prose(text, desk.style, tone="muted"))
        layout.addWidget(find)
        layout.addWidget(self._table, 1)
        layout.addLayout(
            Flow(
                button(_("Change"), lambda: self.change(self._table.selected), desk.style),
                button(_("Take out of the list"), self._drop, desk.style),
                button(_("Back to the findings"), lambda: show_view("findings"), desk.style, quiet=True),
            )
        )
        desk.familiar.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the list as it is now."""
        familiar = self._desk.familiar
        self._model.clear()
        self._model.put(familiar.book.entries)
        count = len(familiar.book.entries)
        text = ngettext("{n} entry", "{n} entries", count) if count else _("Nothing is marked as known yet.")
        self._count.setText(safe_text(familiar.problem) or text)

    def change(self, name: str) -> None:
        """Change an entry."""
        entry = self._model.records.get(name)
        if isinstance(entry, Known):
            made = known_dialog.ask(self, self._desk.style, entry)
            if made is not None:
                self._desk.familiar.keep(made)

    def _drop(self) -> None:
        if self._table.selected in self._model.records:
            self._desk.familiar.drop(self._table.selected)


def _columns() -> list[Column]:
    said = dict(known_dialog.marks())

    def place(entry: Known) -> str:
        if entry.place is None:
            return _("Anywhere")
        return safe_text(entry.place.name) or f"{entry.place.lat:.4f}, {entry.place.lon:.4f}"

    def what(entry: Known) -> str:
        if entry.center_hz is not None:
            return words.frequency(entry.center_hz)
        return safe_text(words.spoken().device_kind(entry.kind)) if entry.kind else DASH

    def keys(entry: Known) -> str:
        return safe_text(", ".join(entry.keys))

    return [
        Column(
            lambda: _("What it is called"), lambda e: safe_text(e.alias), lambda e: e.alias.casefold(), 150
        ),
        Column(lambda: _("Mark"), lambda e: said[e.mark.value], lambda e: e.mark.value, 120),
        Column(lambda: _("Kind"), what, what, 100),
        Column(lambda: _("Where it belongs"), place, place, 110),
        Column(lambda: _("Recognised by"), keys, keys, 130, stretch=True),
    ]
