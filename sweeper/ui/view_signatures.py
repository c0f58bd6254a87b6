"""The signatures in use: what each recognises, what else it may be, where the knowledge comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from sweeper.signatures import Library, Signature
from sweeper.text import safe_text
from sweeper.ui import columns, recipes, words
from sweeper.ui.flow import Flow
from sweeper.ui.parts import choice, empty, label, picture, plain, row, scrolled, search
from sweeper.ui.tables import Column, RecordTable, Table
from sweeper.ui.theme import GRID
from sweeper.ui.words import _, ngettext, told

if TYPE_CHECKING:
    from sweeper.ui.desk import Desk


NARROW = 900


class SignaturesView(QWidget):
    """A table of signatures and the one that is selected."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setAccessibleName(_("Signatures"))
        self._desk = desk
        spoken = words.spoken()

        def title(signature: Signature) -> str:
            return words.phrase(signature.title.phrase())

        self._model = RecordTable(
            [
                Column(
                    lambda: _("Heard by"), lambda s: spoken.medium(s.medium), lambda s: s.medium.value, 100
                ),
                Column(lambda: _("Recognises"), title, lambda s: title(s).casefold(), 240, stretch=True),
                Column(
                    lambda: _("Attention"),
                    lambda s: spoken.level(s.level),
                    lambda s: s.level.rank,
                    150,
                    paint=columns.paint_level,
                ),
                Column(lambda: _("Name"), lambda s: s.id, lambda s: s.id, 160),
            ]
        )
        self._count = label(tone="muted")
        self._detail = QVBoxLayout()
        self._detail.setSpacing(GRID // 2)
        self._detail.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID * 2)
        table = Table(self._model, desk.style, _("Signatures"))
        table.chosen.connect(self._show)
        find = search(_("Search signatures"), self._model.set_filter, desk.style)
        group = choice(_("Group"), [("", _("Not grouped")), ("medium", _("By medium"))], "", self._gather)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID)
        layout.setSpacing(GRID)
        layout.addLayout(row(label(_("Signatures"), size="title"), self._count, 0, spacing=GRID * 2))
        tools = Flow(find, group)
        tools.widen(find)
        layout.addLayout(tools)
        split = self._split = QSplitter()
        split.setChildrenCollapsible(False)
        split.addWidget(table)
        self._pane = scrolled(plain(self._detail), _("Selected signature"))
        split.addWidget(self._pane)
        split.setSizes([600, 360])
        layout.addWidget(split, 1)
        self._show("")
        desk.ask(recipes.library, self._loaded)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little room the selected signature stands below the table."""
        super().resizeEvent(event)
        narrow = self.width() < self._desk.style.px(NARROW)
        self._split.setOrientation(Qt.Orientation.Vertical if narrow else Qt.Orientation.Horizontal)

    def _loaded(self, library: object, problem: str) -> None:
        if not isinstance(library, Library):
            self._desk.say(_("The signatures could not be read."), problem)
            return
        self._model.put(library.signatures)
        text = ngettext("{n} signature", "{n} signatures", len(library.signatures))
        if library.problems:
            text += ", " + ngettext(
                "{n} file with an error", "{n} files with an error", len(library.problems)
            )
            self._count.setToolTip("\n".join(told(error) for error in library.problems))
        self._count.setText(text)

    def _gather(self, what: str) -> None:
        self._model.set_group((lambda s: words.spoken().medium(s.medium)) if what else None)

    def _show(self, name: str) -> None:
        empty(self._detail)
        signature = self._model.records.get(name)
        if not isinstance(signature, Signature):
            self._detail.addWidget(
                label(_("Choose a signature to see what it rests on."), tone="muted", wrap=True)
            )
            self._detail.addStretch(1)
            return
        drawing, role = columns.level_icon(signature.level)
        head = row(picture(drawing, self._desk.style, role, 20), spacing=GRID)
        head.addWidget(label(words.phrase(signature.title.phrase()), size="section", wrap=True), 1)
        self._detail.addLayout(head)
        self._detail.addWidget(label(words.phrase(signature.description.phrase()), wrap=True))
        self._list(_("May also be"), [words.phrase(text.phrase()) for text in signature.benign])
        self._list(_("What next"), [words.phrase(text.phrase()) for text in signature.next])
        self._list(_("Sources"), list(signature.references))
        seen = words.spoken().day(signature.observed)
        foot = f"{signature.id} v{signature.version} · {signature.status.value} · {seen}"
        self._detail.addWidget(label(foot, size="caption", tone="muted", wrap=True))
        self._detail.addStretch(1)

    def _list(self, title: str, texts: list[str]) -> None:
        if not texts:
            return
        self._detail.addSpacing(GRID)
        self._detail.addWidget(label(title, size="caption", tone="muted"))
        for text in texts:
            self._detail.addWidget(label("• " + safe_text(text), wrap=True))
