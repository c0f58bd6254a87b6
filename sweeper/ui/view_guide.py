"""The guided sweep behind a door: one step on the screen at a time, the list of steps beside it.

The pages are in ``guide_prepare``, ``guide_listen``, ``guide_film``, ``guide_network``, ``guide_look`` and
``guide_result``; what listens is ``legs``, which goes on while views are rebuilt or another one is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from sweeper.ui import guide_film, guide_listen, guide_look, guide_network, guide_prepare, guide_result
from sweeper.ui.guide import LEGS, Course, Guide
from sweeper.ui.parts import button, column, empty, label, picture, plain, row, scrolled
from sweeper.ui.steps import plan_titles, step_titles
from sweeper.ui.theme import GRID, Style
from sweeper.ui.words import _

if TYPE_CHECKING:
    from sweeper.ui.desk import Desk

PAGE_WIDTH = 760


class GuideView(QWidget):
    """Shows the desk's guide; ``enter(plan)`` begins another, ``show_view(name)`` leaves to a view."""

    def __init__(
        self, desk: Desk, enter: Callable[[str], object], show_view: Callable[[str], object]
    ) -> None:
        super().__init__()
        self.setAccessibleName(_("Guided sweep"))
        self.desk, self.show_view = desk, show_view
        if desk.guide is None:
            desk.begin_guide("flat")
        assert desk.guide is not None
        self.guide: Guide = desk.guide
        self._steps = QVBoxLayout()
        self._steps.setSpacing(GRID)
        self._pages = QStackedWidget()
        title = label(plan_titles()[self.guide.plan], size="title")
        self._side = plain(column(title, 8, self._steps, 0, margin=GRID * 3))
        self._side.setFixedWidth(desk.style.px(220))
        self._where = label("", tone="muted", wrap=True)
        self._where.setContentsMargins(GRID * 3, GRID * 2, GRID * 3, 0)
        layout = row(self._side, spacing=0)
        layout.addLayout(column(self._where, self._pages, spacing=0), 1)
        self.setLayout(layout)
        self._shown = ""
        self._was_running = False
        self._tick: Callable[[], object] | None = None
        desk.equipment_changed.connect(self._on_equipment)
        desk.legs.changed.connect(self._on_legs)
        self.show_step()

    @property
    def style_(self) -> Style:
        return self.desk.style

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little room the list of steps becomes one line."""
        super().resizeEvent(event)
        narrow = self.width() < self.desk.style.px(900)
        self._side.setVisible(not narrow)
        self._where.setVisible(narrow)

    def show_step(self) -> None:
        """Show the step that the guide is at."""
        self._shown = self.guide.step
        self._was_running = self.desk.legs.running
        self._list_steps()
        held = self._pages.isAncestorOf(self.focusWidget()) if self.focusWidget() is not None else False
        while self._pages.count():
            old = self._pages.currentWidget()
            if old is not None:
                self._pages.removeWidget(old)
                old.deleteLater()
        self._tick = None
        body = self._page(self._shown)
        self._add_back(body)
        body.setContentsMargins(GRID * 3, GRID * 3, GRID * 3, GRID * 3)
        inner = plain(body)
        inner.setMaximumWidth(self.desk.style.px(PAGE_WIDTH))
        self._pages.addWidget(scrolled(inner, step_titles()[self._shown]))
        if held:
            _focus(inner)

    def _add_back(self, body: QVBoxLayout) -> None:
        """A way to the step before, while nothing listens."""
        at = self.guide.steps.index(self._shown)
        if at and not self.desk.legs.running:
            before = self.guide.steps[at - 1]
            back = button(_("Back"), lambda: self.go(before), self.desk.style, icon="back", quiet=True)
            back.setAccessibleDescription(step_titles()[before])
            body.insertSpacing(body.count() - 1, GRID)  # every page ends with a stretch
            body.insertLayout(body.count() - 1, row(back, 0))

    def _page(self, step: str) -> QVBoxLayout:
        if step == "prepare":
            return guide_prepare.page(self)
        if step == "film":
            film = guide_film.FilmPage(self)
            self._tick = film.tick
            return film.layout
        if step == "network":
            network = guide_network.NetworkPage(self)
            self._tick = network.tick
            return network.layout
        if step in LEGS:
            listening = guide_listen.ListenPage(self, step)
            self._tick = listening.tick
            return listening.layout
        return guide_look.page(self) if step == "look" else guide_result.page(self)

    def _list_steps(self) -> None:
        style, titles, guide = self.desk.style, step_titles(), self.guide
        empty(self._steps)
        at = guide.steps.index(guide.step)
        for index, step in enumerate(guide.steps):
            course = guide.leg(step).course
            role = "accent" if index == at else "muted"
            text = titles[step] + (" · " + _("paused") if course is Course.PAUSED and index != at else "")
            said = label(text, tone="" if index == at else "muted", wrap=True)
            line = row(picture(f"step-{guide.state(step)}", style, role, 20), spacing=GRID)
            line.addWidget(said, 1)
            self._steps.addLayout(line)
        where = _("Step {n} of {all}: {title}")
        plan = plan_titles()[guide.plan]
        text = where.format(n=at + 1, all=len(guide.steps), title=titles[guide.step])
        self._where.setText(f"{plan} · {text}")

    def go(self, step: str) -> None:
        """Go to a step."""
        self.guide.go(step)
        self.show_step()

    def restart(self) -> None:
        """Begin anew; what was heard before is deleted."""
        self.guide.restart()
        self.show_step()

    def skip(self, leg: str) -> None:
        """Leave a leg out and go on."""
        self.guide.end_part(leg, Course.SKIPPED)
        self.go(self.guide.after(leg))

    def _on_equipment(self) -> None:
        if self.guide.step in ("prepare", *LEGS) and not self.desk.legs.running:
            self.show_step()

    def _on_legs(self) -> None:
        if self.guide.step != self._shown or self.desk.legs.running != self._was_running:
            self.show_step()
        elif self._tick is not None:
            self._tick()


def _focus(page: QWidget) -> None:
    """The keyboard stays in the page: on the first of its controls that can be used."""
    for each in page.findChildren(QWidget):
        if each.isEnabled() and each.focusPolicy() & Qt.FocusPolicy.TabFocus:
            each.setFocus()
            return
