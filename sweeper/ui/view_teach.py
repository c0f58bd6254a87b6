"""Making a signature of something that was heard: what is constant in it, what else that would hit, save.

The program proposes conditions and tries them against clean recordings and against everything else that was
heard; a person says what it is, what else it may be, and decides. A made signature stays on this computer.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtWidgets import QFormLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from sweeper.records import Level
from sweeper.text import safe_text, say
from sweeper.ui import measuring, recipes, words
from sweeper.ui.flow import Flow
from sweeper.ui.parts import button, card, choice, column, empty, label, plain, prose, scrolled
from sweeper.ui.theme import GRID
from sweeper.ui.ticks import TickBox
from sweeper.ui.words import _, ngettext

if TYPE_CHECKING:
    from sweeper.proposing import Proposed
    from sweeper.subjects import Subject
    from sweeper.teaching import Clean, Proposal
    from sweeper.ui.desk import Desk

SHOWN = 6
"""Hits listed; the rest is counted."""


class TeachView(QWidget):
    """``look_into(id)`` proposes for an emission or device."""

    def __init__(self, desk: Desk, show_view: Callable[[str], object]) -> None:
        super().__init__()
        self.setAccessibleName(_("Make a signature"))
        self._desk, self._show_view = desk, show_view
        self._proposal: Proposal | None = None
        self.proposed = False
        """Whether there is a proposal, or the reason why not."""
        self._others: list[Subject] = []
        self._clean: list[Clean] = []
        self._boxes: list[TickBox] = []
        self._body = QVBoxLayout()
        self._body.setSpacing(GRID)
        self._body.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID * 2)
        inner = plain(self._body)
        inner.setMaximumWidth(desk.style.px(860))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scrolled(inner, _("Make a signature")))
        self._say(_("Choose an emission or a device first, then “Make a signature”."))
        if desk.selection:
            self.look_into(desk.selection)

    def _say(self, text: str) -> None:
        empty(self._body)
        self._body.addWidget(label(_("Make a signature"), size="title"))
        self._body.addWidget(prose(text, self._desk.style, tone="muted"))
        back = button(_("Signatures"), lambda: self._show_view("signatures"), self._desk.style, quiet=True)
        self._body.addLayout(Flow(back))
        self._body.addStretch(1)

    def look_into(self, name: str) -> None:
        """Propose conditions for this emission or device."""
        desk = self._desk
        finding = desk.finding_of(name)
        subject = finding.subject if finding is not None else name
        if desk.subject(subject) is None:
            return
        self._say(_("Comparing with clean recordings…"))
        gathered = desk.core.gathered

        def work() -> tuple[Proposal, list[Subject], list[Clean]]:
            from sweeper.errors import InputError
            from sweeper.teaching import propose

            subjects = gathered.subjects() if gathered is not None else []
            mine = [each for each in subjects if each.id == subject]
            if not mine:
                raise InputError(subject, say("it was heard in another session; play that again"))
            library = recipes.library()
            clean = recipes.clean(mine[0].medium)
            return propose(mine[:1], subjects, clean, library), subjects, clean

        # In a thread of its own: clean recordings are replayed, on a loop of their own.
        desk.ask(lambda: asyncio.to_thread(work), self._proposed)

    def _proposed(self, made: object, problem: str) -> None:
        self.proposed = True
        if problem or not isinstance(made, tuple):
            self._say(_("No signature can be made of it: {problem}").format(problem=safe_text(problem)))
            return
        self._proposal, self._others, self._clean = made
        self._show()

    def _called(self, subject: Subject) -> str:
        found = self._desk.subject(subject.id)
        return safe_text(measuring.title(found) if found is not None else subject.label)

    def _show(self) -> None:
        proposal, style = self._proposal, self._desk.style
        assert proposal is not None
        empty(self._body)
        self._body.addWidget(label(_("Make a signature"), size="title"))
        about = ", ".join(self._called(each) for each in proposal.subjects)
        self._body.addWidget(label(about, tone="muted", wrap=True))
        if proposal.known:
            text = _("Known already as: {list}.").format(list=", ".join(proposal.known))
            self._body.addWidget(label(safe_text(text), tone="medium", wrap=True))
        ticks = column(label(_("It is this, if all of these hold:"), size="section"), spacing=GRID // 2)
        self._boxes = []
        for index, proposed in enumerate(proposal.conditions):
            text = in_words(proposed)
            box = TickBox(text)
            box.setToolTip(safe_text(proposed.condition.key))
            box.setChecked(index in proposal.chosen)
            box.toggled.connect(lambda _on: self._try())
            self._boxes.append(box)
            ticks.addWidget(box)
        self._hits = label("", wrap=True)
        ticks.addWidget(self._hits)
        ticks.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID * 2)
        self._body.addWidget(card(ticks))
        self._body.addWidget(card(self._form()))
        self._body.addLayout(
            Flow(
                button(_("Save the signature"), self.save, style, primary=True),
                button(_("Signatures"), lambda: self._show_view("signatures"), style, quiet=True),
            )
        )
        self._body.addStretch(1)
        self._tell(proposal)

    def _form(self) -> QFormLayout:
        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setSpacing(GRID)
        self._title, self._vendor = QLineEdit(), QLineEdit()
        self._benign, self._next = QPlainTextEdit(), QPlainTextEdit()
        for field in (self._benign, self._next):
            field.setTabChangesFocus(True)
            field.setFixedHeight(self._desk.style.px(70))
        levels = [(each.value, words.spoken().level(each)) for each in Level]
        self._level = choice(_("Attention"), levels, Level.LOW.value, lambda _value: None)
        fields: list[tuple[str, QWidget]] = [
            (_("What it is"), self._title),
            (_("Maker"), self._vendor),
            (_("Attention"), self._level),
            (_("What else it may be, one a line, at least two"), self._benign),
            (_("What to do next, one a line"), self._next),
        ]
        for name, each in fields:
            each.setAccessibleName(name)
            form.addRow(label(name, tone="muted", wrap=True), each)
        form.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID * 2)
        return form

    def _try(self) -> None:
        """Other conditions were switched on: what do they hit?"""
        from sweeper.teaching import choose

        chosen = [index for index, box in enumerate(self._boxes) if box.isChecked()]
        if self._proposal is None or not chosen:
            self._hits.setText(_("At least one is needed."))
            return
        self._proposal = choose(self._proposal, chosen, self._others, self._clean)
        self._tell(self._proposal)

    def _tell(self, proposal: Proposal) -> None:
        def listed(hits: tuple[str, ...]) -> str:
            rest = len(hits) - SHOWN
            text = "; ".join(safe_text(each) for each in hits[:SHOWN])
            return text + (ngettext(" and {n} more", " and {n} more", rest) if rest > 0 else "")

        parts = []
        if proposal.clean_hits:
            parts.append(
                _("It would also hit what is known to be harmless: {list}.").format(
                    list=listed(proposal.clean_hits)
                )
            )
        if proposal.also_hits:
            parts.append(
                _("It would also hit, in this sweep: {list}.").format(list=listed(proposal.also_hits))
            )
        self._hits.setText(
            " ".join(parts) or _("It hits nothing else in this sweep or in the clean recordings.")
        )

    def save(self, folder: Path | None = None) -> None:
        """Write the signature; the loader reads it back first."""
        proposal, desk = self._proposal, self._desk
        if proposal is None:
            return
        title = self._title.text().strip()

        def lines(field: QPlainTextEdit) -> tuple[str, ...]:
            return tuple(line.strip() for line in field.toPlainText().splitlines() if line.strip())

        benign, then, vendor = lines(self._benign), lines(self._next), self._vendor.text().strip()
        level = Level(str(self._level.currentData()))

        def work() -> Path:
            from sweeper.bundles.install import home
            from sweeper.teaching import Draft, slug, write

            draft = Draft(
                id=slug(title),
                title=title,
                benign=benign,
                next=then,
                description=title,
                level=level,
                vendor=vendor,
                observed=dt.date.today(),
            )
            path = write(draft, proposal, folder or home() / "local")
            recipes.forget_library()
            return path

        desk.ask(lambda: asyncio.to_thread(work), self._saved)

    def _saved(self, path: object, problem: str) -> None:
        if problem:
            self._desk.say(
                _("The signature is not complete yet."), safe_text(problem), _("Fill in what is missing.")
            )
        else:
            self._desk.say(_("The signature is saved and used from the next sweep on."), safe_text(str(path)))


UNITS = {"mhz": "MHz", "khz": "kHz", "hz": "Hz", "ms": "ms"}
"""Unit by the end of a fact's key."""


def in_words(proposed: Proposed) -> str:
    """A condition as a person reads it: what is measured by its name, not by its key."""
    spoken, key = words.spoken(), proposed.condition.key
    unit = UNITS.get(key.rpartition("_")[2], "")
    name = spoken.feature(key) + (f" ({spoken.unit(unit)})" if unit else "")
    args = {**proposed.text.args, "key": name}
    if key == "rf.kind" and isinstance(proposed.condition.equals, str):
        args["value"] = spoken.emission_kind(proposed.condition.equals)
    return safe_text(words.phrase(msgspec.structs.replace(proposed.text, args=args)))
