"""The findings: what was found in one plain sentence, and the list of all of it.

Above the list stands the result as a private person reads it: an icon and a word, one sentence, and what
was *not* heard. "No device was found" is never "there is no device".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from sweeper.ui import columns, summary
from sweeper.ui.parts import choice, empty, label, picture, prose, row, search
from sweeper.ui.tables import Table
from sweeper.ui.theme import GRID
from sweeper.ui.verdicts import Decision
from sweeper.ui.words import _

if TYPE_CHECKING:
    from sweeper.ui.desk import Desk


class FindingsView(QWidget):
    """Summary, filters, table. The inspector shows the rest."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setAccessibleName(_("Findings"))
        self._desk = desk
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID)
        layout.setSpacing(GRID)
        self._head = QVBoxLayout()
        self._head.setSpacing(GRID)
        self._said = ""
        layout.addLayout(self._head)
        layout.addSpacing(GRID)
        self._search = search(_("Search findings"), desk.findings.set_filter, desk.style)
        entries = [("", _("All verdicts"))] + [(d.value, columns.decision(d)) for d in Decision]
        self._verdict = choice(_("Show verdicts"), entries, "", self._keep)
        layout.addLayout(row(self._search, self._verdict))
        self._table = Table(desk.findings, desk.style, _("Findings"))
        self._table.chosen.connect(desk.select)
        layout.addWidget(self._table, 1)
        desk.findings.set_filter("")
        desk.findings.set_keep(None)
        desk.changed.connect(self._show_head)
        desk.verdict_changed.connect(self._on_verdict)
        desk.selected.connect(self._select)
        self._show_head()

    def _keep(self, verdict: str) -> None:
        keep = None
        if verdict:

            def keep(finding: object) -> bool:
                return self._desk.verdicts.of(getattr(finding, "id", "")).decision == verdict

        self._desk.findings.set_keep(keep)

    def _select(self, name: str) -> None:
        finding = self._desk.finding_of(name)
        if finding is not None:
            self._table.select(finding.id)

    def _on_verdict(self, _name: str) -> None:
        self._show_head()

    def _show_head(self) -> None:
        desk = self._desk
        word, sentence, heard = summary.result(desk)
        said = f"{word}\n{sentence}\n{heard}\n{desk.worst()}"
        if said == self._said:
            return
        self._said = said
        empty(self._head)
        drawing, role = summary.result_icon(desk)
        self._head.addLayout(
            row(picture(drawing, desk.style, role, 28), label(word, size="title"), 0, spacing=GRID)
        )
        self._head.addWidget(prose(sentence, desk.style))
        if heard:
            self._head.addWidget(prose(heard, desk.style, tone="muted"))
