"""The checklist of a guided sweep: hands and eyes, place by place, each with its drawing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QVBoxLayout

from sweeper.ui import checklists
from sweeper.ui.flow import Flow
from sweeper.ui.guide import Answer
from sweeper.ui.parts import button, choice, column, label, picture, prose, row
from sweeper.ui.theme import GRID
from sweeper.ui.words import _

if TYPE_CHECKING:
    from sweeper.ui.view_guide import GuideView


NARROW = 460
"""Width in pixels at text size 1.0 below which an answer stands below its question."""


class Turning(QFrame):
    """A card whose row becomes a column where the window is narrow."""

    def __init__(self, line: QHBoxLayout, narrow: int) -> None:
        super().__init__()
        self.setProperty("card", True)
        self.setLayout(line)
        self._line, self._narrow = line, narrow

    def minimumSizeHint(self) -> QSize:
        """As a column: a row that does not fit turns."""
        parts = [self._line.itemAt(index) for index in range(self._line.count())]
        margins = self._line.contentsMargins()
        wide = max(part.minimumSize().width() for part in parts if part is not None)
        return QSize(wide + margins.left() + margins.right(), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        across, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._line.setDirection(down if self.width() < self._narrow else across)


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
        texts = column(label(place, wrap=True), label(hint, tone="muted", wrap=True), spacing=2)
        about = row(picture(f"place-{drawing}", style, "text", 48), spacing=GRID * 2)
        about.addLayout(texts, 1)
        line = row(about, box, spacing=GRID)
        line.setStretch(0, 1)
        line.setContentsMargins(GRID * 2, GRID, GRID * 2, GRID)
        made.addWidget(Turning(line, style.px(NARROW)))
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
