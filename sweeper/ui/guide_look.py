"""The checklist of a guided sweep: hands and eyes, place by place, each with its drawing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout

from sweeper.ui import checklists
from sweeper.ui.flow import Flow
from sweeper.ui.guide import Answer
from sweeper.ui.parts import button, card, choice, column, label, picture, prose, row
from sweeper.ui.theme import GRID
from sweeper.ui.words import _

if TYPE_CHECKING:
    from sweeper.ui.view_guide import GuideView


def page(view: GuideView) -> QVBoxLayout:
    """One card a place."""
    style = view.desk.style
    made = column(label(_("Look with your eyes"), size="title"), spacing=GRID)
    text = _("Go from place to place with a lamp. Take your time; nothing here is urgent.")
    made.addWidget(prose(text, style, tone="muted"))
    answers = [
        (Answer.OPEN.value, _("Not looked yet")),
        (Answer.CLEAR.value, _("Nothing there")),
        (Answer.FOUND.value, _("Something is there")),
    ]
    for drawing, place, hint in checklists.places(view.guide.plan):
        given = view.guide.progress.answers.get(drawing, Answer.OPEN)
        box = choice(place, answers, given.value, partial(_answer, view, drawing))
        texts = column(label(place), label(hint, tone="muted", wrap=True), spacing=2)
        line = row(picture(f"place-{drawing}", style, "text", 48), spacing=GRID * 2)
        line.addLayout(texts, 1)
        line.addWidget(box)
        line.setContentsMargins(GRID * 2, GRID, GRID * 2, GRID)
        made.addWidget(card(line))
    made.addLayout(
        Flow(
            button(_("Show the result"), partial(_on, view, False), style, primary=True),
            button(_("I found something"), partial(_on, view, True), style),
        )
    )
    made.addStretch(1)
    return made


def _answer(view: GuideView, place: str, value: str) -> None:
    view.guide.answer(place, Answer(value))


def _on(view: GuideView, found: bool) -> None:
    """To the result; ``found``: something was found, on the list or elsewhere."""
    view.guide.say_found(found)
    view.go("result")
