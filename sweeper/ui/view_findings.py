"""The findings board: what was found in one plain sentence, and the list of all of it.

Above the list stands the result as a private person reads it: an icon and a word, one sentence, and what
was *not* heard. "No device was found" is never "there is no device". Where there is little height (a sheet
lies over the lower half of a small window) only the word stays above the list.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from sweeper.records import Finding, Level, Medium
from sweeper.ui import columns, summary, words
from sweeper.ui.flow import Flow
from sweeper.ui.parts import button, choice, column, empty, label, picture, plain, prose, row, search
from sweeper.ui.tables import Table
from sweeper.ui.theme import GRID
from sweeper.ui.verdicts import Decision
from sweeper.ui.words import _

if TYPE_CHECKING:
    from sweeper.ui.desk import Desk

COMPACT = 330
"""Height in pixels at text size 1.0 below which only the word and the list are shown."""


class FindingsView(QWidget):
    """Summary, filters, table. The inspector shows the rest."""

    def __init__(self, desk: Desk, show_view: Callable[[str], object]) -> None:
        super().__init__()
        self.setAccessibleName(_("Findings"))
        self._desk = desk
        self._said = ""
        self._kept = {"verdict": "", "level": "", "medium": ""}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 2, GRID, GRID * 2, GRID)
        layout.setSpacing(GRID)
        self._head = QVBoxLayout()
        layout.addLayout(self._head)
        self._more = QVBoxLayout()
        self._more.setSpacing(GRID)
        self._rest = plain(column(self._more, self._tools(show_view), spacing=GRID))
        layout.addWidget(self._rest)
        self._table = Table(desk.findings, desk.style, _("Findings"))
        self._table.chosen.connect(desk.select)
        layout.addWidget(self._table, 1)
        desk.findings.set_filter("")
        desk.findings.set_keep(None)
        desk.findings.set_group(None)
        desk.changed.connect(self._show_head)
        desk.verdict_changed.connect(self._on_verdict)
        desk.selected.connect(self._select)
        self._show_head()

    def _tools(self, show_view: Callable[[str], object]) -> Flow:
        desk, spoken = self._desk, words.spoken()
        find = search(_("Search findings"), desk.findings.set_filter, desk.style)
        find.setMinimumWidth(desk.style.px(170))
        verdicts = [("", _("All verdicts"))] + [(d.value, columns.decision(d)) for d in Decision]
        levels = [("", _("Any attention"))] + [(each.value, spoken.level(each)) for each in reversed(Level)]
        media = [("", _("All media"))] + [(each.value, spoken.medium(each)) for each in Medium]
        groups = [
            ("", _("Not grouped")),
            ("verdict", _("By verdict")),
            ("level", _("By attention")),
            ("kind", _("By kind")),
        ]
        return Flow(
            find,
            choice(_("Show verdicts"), verdicts, "", lambda value: self._keep("verdict", value)),
            choice(_("Show attention"), levels, "", lambda value: self._keep("level", value)),
            choice(_("Show media"), media, "", lambda value: self._keep("medium", value)),
            choice(_("Group"), groups, "", self._gather),
            button(_("Known devices"), lambda: show_view("known"), desk.style, icon="person"),
        )

    def fit(self, height: int) -> None:
        """Where there is little height, the word and the list are what stays."""
        self._rest.setVisible(height >= self._desk.style.px(COMPACT))

    def _keep(self, what: str, value: str) -> None:
        self._kept[what] = value
        self._desk.findings.set_keep(self._shown if any(self._kept.values()) else None)

    def _shown(self, finding: Finding) -> bool:
        desk, kept = self._desk, self._kept
        if kept["verdict"] and desk.verdicts.of(finding.id).decision != kept["verdict"]:
            return False
        if kept["level"] and finding.level != kept["level"]:
            return False
        return not kept["medium"] or columns.medium_of(desk, finding) == kept["medium"]

    def _gather(self, what: str) -> None:
        groups: dict[str, Callable[[Finding], str]] = {
            "verdict": lambda f: columns.decision(self._desk.verdicts.of(f.id).decision),
            "level": lambda f: words.spoken().level(f.level),
            "kind": lambda f: words.spoken().finding_kind(f.kind),
        }
        self._desk.findings.set_group(groups.get(what))

    def _select(self, name: str) -> None:
        finding = self._desk.finding_of(name)
        if finding is not None:
            self._table.select(finding.id)

    def _on_verdict(self, _name: str) -> None:
        self._show_head()

    def _show_head(self) -> None:
        desk = self._desk
        self._table.show_column(_("Place"), desk.whereabouts.any())
        word, sentence, heard = summary.result(desk)
        said = f"{word}\n{sentence}\n{heard}\n{desk.worst()}"
        if said == self._said:
            return
        self._said = said
        empty(self._head)
        empty(self._more)
        drawing, role = summary.result_icon(desk)
        line = row(picture(drawing, desk.style, role, 28), spacing=GRID)
        line.addWidget(label(word, size="title", wrap=True), 1)
        self._head.addLayout(line)
        self._more.addWidget(prose(sentence, desk.style))
        if heard:
            self._more.addWidget(prose(heard, desk.style, tone="muted"))
