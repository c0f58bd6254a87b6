"""What the pages about jobs are made of: a scrolled page, a line with its buttons, a file to save to, and
what is said when the core has answered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QAbstractButton, QFileDialog, QFrame, QMessageBox, QVBoxLayout, QWidget

from sweeper.text import safe_text
from sweeper.ui.flow import Flow
from sweeper.ui.jobdesk import Wanted
from sweeper.ui.parts import button, card, column, label, plain, prose, row, scrolled
from sweeper.ui.theme import GRID, Style
from sweeper.ui.words import _

if TYPE_CHECKING:
    from sweeper.ui.desk import Desk

WIDTH = 860
"""Widest a page of cards grows, pixels at text size 1.0."""


def page(view: QWidget, style: Style, name: str) -> QVBoxLayout:
    """Make a view a scrolled page; its body, to be filled."""
    view.setAccessibleName(name)
    body = QVBoxLayout()
    body.setSpacing(GRID)
    body.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID * 2)
    inner = plain(body)
    inner.setMaximumWidth(style.px(WIDTH))
    view.setLayout(column(scrolled(inner, name), spacing=0))
    return body


def head(body: QVBoxLayout, desk: Desk, title: str, text: str) -> None:
    """The page's title, the way back to the jobs, and what the page is for."""
    back = button(
        _("Back to the jobs"), lambda: desk.wanted.emit("jobs"), desk.style, icon="back", quiet=True
    )
    top = row(label(title, size="title", wrap=True), back)
    top.setStretch(0, 1)
    body.addLayout(top)
    body.addWidget(prose(text, desk.style, tone="muted"))


def section(body: QVBoxLayout, title: str, text: str, style: Style) -> None:
    """A heading within a page, with a sentence below it."""
    body.addSpacing(GRID)
    body.addWidget(label(title, size="section"))
    if text:
        body.addWidget(prose(text, style, tone="muted"))


def line(title: str, facts: Sequence[str], *acts: QAbstractButton, tone: str = "muted") -> QFrame:
    """A card: what it is about, facts below, buttons. The texts may be anybody's: they are made safe."""
    texts = column(label(safe_text(title), wrap=True), spacing=2)
    for fact in facts:
        if fact:
            texts.addWidget(label(safe_text(fact), tone=tone, wrap=True))
    inner = column(texts, spacing=GRID)
    if acts:
        inner.addLayout(Flow(*acts))
    inner.setContentsMargins(GRID * 2, GRID, GRID * 2, GRID)
    return card(inner)


def named(made: QAbstractButton, about: str) -> QAbstractButton:
    """A button of a list, told apart from its likes for who does not see the line that it stands in."""
    made.setAccessibleName(f"{made.text()} {safe_text(about)}")
    return made


def chosen_file(parent: QWidget, title: str, start: Path, filters: str) -> Path | None:
    """Where to save; ``None`` if the reader would rather not. The filter gives the ending."""
    path, kind = QFileDialog.getSaveFileName(parent, title, str(start), filters)
    if not path:
        return None
    ending = kind.partition("*")[2].rstrip(")")
    return Path(path).with_suffix(ending) if ending and not Path(path).suffix else Path(path)


PAPERS = "PDF (*.pdf);;Word (*.docx);;TXT (*.txt)"
"""What a paper can be saved as."""


def agreed(parent: QWidget, title: str, text: str, verb: str) -> bool:
    """Ask before what cannot be undone; the way out is what Enter presses."""
    box = QMessageBox(parent)
    box.setWindowTitle(title)
    box.setText(text)
    yes = box.addButton(verb, QMessageBox.ButtonRole.AcceptRole)
    no = box.addButton(_("Cancel"), QMessageBox.ButtonRole.RejectRole)
    for made in (yes, no):
        made.setAccessibleName(made.text())
    box.setDefaultButton(no)
    box.setEscapeButton(no)
    box.exec()
    taken = box.clickedButton() is yes
    box.deleteLater()
    return taken


def told(desk: Desk, done: str, failed: str, means: object = "") -> Callable[[object, str], None]:
    """What follows an act on the core's thread: what was done and where, or why it was not."""

    def then(_result: object, problem: str) -> None:
        if problem:
            desk.say(failed, safe_text(problem), "")
        else:
            desk.say(done, safe_text(str(means)), "")

    return then


def report_code(desk: Desk) -> str:
    """The language of papers: the one chosen for reports, else the window's."""
    from sweeper.ui import words

    return desk.settings.text("report-language") or words.spoken().code


def save_paper(
    desk: Desk, parent: QWidget, kind: str, title: str, *, number: int | None = None, item: str = ""
) -> None:
    """Ask where, and write a paper of the open job there."""
    opened = desk.jobs.card
    if opened is None:
        return
    code = report_code(desk)
    start = Path(opened.folder) / "reports" / f"{kind}-{code}.pdf"
    path = chosen_file(parent, title, start, PAPERS)
    if path is not None:
        done, failed = _("The paper is saved."), _("The paper could not be saved.")
        wanted = Wanted(kind, code, number, item, own_text(desk, kind, code))
        desk.jobs.paper(wanted, path, told(desk, done, failed, path))


def own_text(desk: Desk, kind: str, code: str) -> Path | None:
    """The reader's own text for a paper, where there is one in the folder that they chose for texts."""
    folder = desk.settings.text(TEXTS)
    path = Path(folder) / f"{kind}-{code}.txt"
    return path if folder and path.is_file() else None


TEXTS = "law-texts"
"""Under which setting that folder stands."""
