"""The result of a guided sweep: a word and an icon, a sentence, for each finding why, what else, what now."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout

from sweeper.text import safe_text
from sweeper.ui import checklists, columns, outcome, own_car, words
from sweeper.ui.flow import Flow
from sweeper.ui.guide import Answer, Seen, asks
from sweeper.ui.parts import button, card, column, label, picture, prose, row
from sweeper.ui.theme import GRID
from sweeper.ui.words import _

if TYPE_CHECKING:
    from sweeper.ui.view_guide import GuideView

CARDS = 6
"""Findings told in full; the rest is in the list of findings."""


def page(view: GuideView) -> QVBoxLayout:
    """Everything that the sweep has come to."""
    style, guide = view.desk.style, view.guide
    places = checklists.places(guide.plan)
    found = [place for name, place, _hint in places if guide.progress.answers.get(name) is Answer.FOUND]
    drawing, role, word, sentence = outcome.verdict(guide, found)
    head = row(picture(drawing, style, role, 36), spacing=GRID * 2)
    head.addWidget(label(word, size="title", wrap=True), 1)
    made = column(head, prose(sentence, style), spacing=GRID)
    made.addWidget(prose(outcome.heard(guide), style, tone="muted"))
    lies_there = bool(found) or guide.progress.found
    if lies_there:
        made.addSpacing(GRID)
        made.addLayout(found_device())
    seen = guide.findings()
    asking = [each for each in seen if asks(each)]
    for each in asking[:CARDS]:
        made.addWidget(_finding(view, each))
    own = [each for each in seen if each.own]
    if own:
        made.addSpacing(GRID)
        made.addWidget(label(_("Perhaps the car's own"), size="section"))
        for each in own[:CARDS]:
            text = f"{words.phrase(each.title)} ({safe_text(each.about)}). {own_car.explanation(each.own)}"
            made.addWidget(prose(text, style))
    if asking and not lies_there:
        made.addSpacing(GRID)
        made.addLayout(found_device())
    made.addSpacing(GRID)
    made.addLayout(_ways(view, bool(seen)))
    made.addStretch(1)
    return made


def _finding(view: GuideView, seen: Seen) -> QFrame:
    """Why, what else it may be, what now: three short blocks."""
    style = view.desk.style
    drawing, role = columns.level_icon(seen.level)
    head = row(picture(drawing, style, role, 22), spacing=GRID)
    head.addWidget(label(words.phrase(seen.title), size="section", wrap=True), 1)
    body = column(head, spacing=4)
    body.addWidget(label(f"{words.spoken().level(seen.level)} · {safe_text(seen.about)}", tone="muted"))
    for title, phrases in (
        (_("Why"), seen.why),
        (_("May also be"), seen.benign),
        (_("What now"), seen.next),
    ):
        if phrases:
            body.addSpacing(4)
            body.addWidget(label(title, size="caption", tone="muted"))
            for phrase in phrases[:3]:
                body.addWidget(label(f"• {words.phrase(phrase)}", wrap=True))
    show = button(_("Show the measurements"), partial(_show, view, seen), style, quiet=True)
    body.addLayout(row(show, 0))
    body.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID)
    made = card(body)
    made.setAccessibleName(words.phrase(seen.title))
    return made


def _show(view: GuideView, seen: Seen) -> None:
    view.desk.legs.show(seen.leg, seen.part, seen.id)
    view.show_view("findings")


def found_device() -> QVBoxLayout:
    """What a person does who has found a device."""
    made = column(label(_("If you found a device"), size="section"), spacing=GRID)
    for number, text in enumerate(checklists.found_device(), start=1):
        count = label(f"{number}", tone="accent")
        line = row(count, spacing=GRID * 2)
        line.setAlignment(count, Qt.AlignmentFlag.AlignTop)
        line.addWidget(label(text, wrap=True), 1)
        made.addLayout(line)
    return made


def _ways(view: GuideView, some: bool) -> Flow:
    style = view.desk.style
    ways = Flow()
    if some or view.desk.findings.records:
        show = button(_("Show the findings"), lambda: view.show_view("findings"), style, primary=True)
        ways.addWidget(show)
    ways.addWidget(button(_("Back to the checklist"), lambda: view.go("look"), style))

    def leave() -> None:
        view.desk.guide = None
        view.show_view("first")

    ways.addWidget(button(_("Begin anew"), view.restart, style, quiet=True))
    ways.addWidget(button(_("Done"), leave, style, quiet=True))
    return ways
