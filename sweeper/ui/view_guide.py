"""The guided sweep behind a door: prepare, listen, look, result. One thing on the screen at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QStackedWidget, QVBoxLayout, QWidget

from sweeper.plan import PRESETS
from sweeper.records import Medium
from sweeper.text import safe_text
from sweeper.ui import checklists, equipment, outcome, recipes, summary, words
from sweeper.ui.desk import Phase
from sweeper.ui.flow import Flow
from sweeper.ui.guide import STEPS, Answer
from sweeper.ui.parts import button, card, choice, column, label, picture, plain, prose, row, rule, scrolled
from sweeper.ui.theme import GRID
from sweeper.ui.words import _

if TYPE_CHECKING:
    from sweeper.ui.desk import Desk

PAGE_WIDTH = 640
TICK_MS = 500
CAR_SECONDS = 35 * 60.0
"""A tag shows itself as separated when it was away from its owner for 30 minutes (DULT, draft 03)."""


def step_titles() -> dict[str, str]:
    return {
        "prepare": _("Prepare"),
        "listen": _("Listen"),
        "look": _("Look with your eyes"),
        "result": _("Result"),
    }


def plan_titles() -> dict[str, str]:
    return {"car": _("Car"), "flat": _("Flat"), "office": _("Office")}


class GuideView(QWidget):
    """Shows the desk's guide; ``enter(plan)`` begins another, ``show_view(name)`` leaves to a view."""

    def __init__(
        self, desk: Desk, enter: Callable[[str], object], show_view: Callable[[str], object]
    ) -> None:
        super().__init__()
        self.setAccessibleName(_("Guided sweep"))
        self._desk, self._show_view = desk, show_view
        if desk.guide is None:
            desk.begin_guide("flat")
        assert desk.guide is not None
        self._guide = desk.guide
        self._steps = QVBoxLayout()
        self._pages = QStackedWidget()
        side = column(
            label(plan_titles()[self._guide.plan], size="title"), 8, self._steps, 0, margin=GRID * 3
        )
        self._steps.setSpacing(GRID)
        layout = row(spacing=0)
        self._side = plain(side)
        self._side.setFixedWidth(desk.style.px(220))
        layout.addWidget(self._side)
        self._where = label("", tone="muted")
        self._where.setContentsMargins(GRID * 3, GRID * 2, GRID * 3, 0)
        layout.addLayout(column(self._where, self._pages, spacing=0), 1)
        self.setLayout(layout)
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        desk.equipment_changed.connect(self._on_equipment)
        desk.changed.connect(self._on_changed)
        self._listening: QLabel | None = None
        self._so_far: QLabel | None = None
        self._bar: QProgressBar | None = None
        self._began_listening = False
        self.show_step()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little room the list of steps becomes one line."""
        super().resizeEvent(event)
        narrow = self.width() < self._desk.style.px(900)
        self._side.setVisible(not narrow)
        self._where.setVisible(narrow)

    # Steps.

    def show_step(self) -> None:
        """Show the step that the guide is at."""
        from sweeper.ui.parts import empty

        style, titles = self._desk.style, step_titles()
        empty(self._steps)
        at = STEPS.index(self._guide.step)
        for index, step in enumerate(STEPS):
            state = "done" if index < at else "running" if index == at else "waiting"
            role = "accent" if index == at else "muted"
            words_ = label(titles[step], tone="" if index == at else "muted")
            self._steps.addLayout(row(picture(f"step-{state}", style, role, 20), words_, 0))
        where = _("Step {n} of {all}: {title}")
        self._where.setText(where.format(n=at + 1, all=len(STEPS), title=titles[self._guide.step]))
        while self._pages.count():
            old = self._pages.currentWidget()
            if old is not None:
                self._pages.removeWidget(old)
                old.deleteLater()
        makers = {
            "prepare": self._prepare,
            "listen": self._listen,
            "look": self._look,
            "result": self._result,
        }
        body = makers[self._guide.step]()
        body.setContentsMargins(GRID * 3, GRID * 3, GRID * 3, GRID * 3)
        inner = plain(body)
        inner.setMaximumWidth(style.px(PAGE_WIDTH + 120))
        self._pages.addWidget(scrolled(inner, titles[self._guide.step]))

    def go(self, step: str) -> None:
        """Go to a step."""
        self._guide.go(step)
        self.show_step()

    def _prepare(self) -> QVBoxLayout:
        style, desk = self._desk.style, self._desk
        page = column(label(_("Before you listen"), size="title"), spacing=GRID)
        for text in checklists.preparations(self._guide.plan):
            page.addLayout(self._point("next", text))
        page.addSpacing(GRID)
        page.addWidget(label(_("What this computer can hear"), size="section"))
        for medium in equipment.HEARD:
            page.addLayout(self._ear(medium))
        page.addWidget(
            prose(
                _(
                    "Most searches find nothing: more than nineteen of twenty end so. A recorder "
                    "that does not "
                    "transmit cannot be heard, so the last step is to look."
                ),
                style,
                tone="muted",
            )
        )
        page.addSpacing(GRID)
        go = Flow()
        if any(equipment.ready(desk, medium) for medium in equipment.HEARD):
            go.addWidget(button(_("Begin to listen"), self.listen, style, primary=True))
        else:
            go.addWidget(button(_("Go on to the checklist"), lambda: self.go("look"), style, primary=True))
            go.addWidget(button(_("Mend the sources"), lambda: self._show_view("sources"), style))
        if desk.equipment is not None:
            go.addWidget(button(_("Look for receivers again"), desk.look_around, style, quiet=True))
        page.addLayout(go)
        page.addStretch(1)
        return page

    def _point(self, drawing: str, text: str) -> QHBoxLayout:
        made = row(picture(drawing, self._desk.style, "accent", 18), spacing=GRID)
        made.addWidget(label(text, wrap=True), 1)
        return made

    def _ear(self, medium: Medium) -> QHBoxLayout:
        desk, spoken = self._desk, words.spoken()
        found = equipment.ready(desk, medium)
        if desk.equipment is None:
            drawing, role, text = "state-ready", "muted", _("looking for receivers…")
        elif found:
            drawing, role = "state-listening", "good"
            text = ", ".join(safe_text(entry.label or entry.name) for entry in found)
        else:
            drawing, role = "state-failed", "muted"
            text = _("cannot be heard here: {reason}").format(reason=equipment.lacking(desk, medium))
        line = row(picture(drawing, desk.style, role, 16), spacing=GRID)
        line.addWidget(label(f"{spoken.medium(medium)}: {text}", wrap=True), 1)
        return line

    # Listening.

    def listen(self) -> None:
        """Begin to listen with everything that is ready."""
        from sweeper.radio import inventory

        names = [e.name for medium in equipment.HEARD for e in equipment.ready(self._desk, medium)]
        plan = PRESETS[self._guide.plan]
        sources = [inventory.open_source(name, plan) for name in names]
        self._guide.go("listen")
        self._began_listening = True
        title = plan_titles()[self._guide.plan]
        self._desk.begin(recipes.live(sources, plan), title, live=True)
        self.show_step()
        self._timer.start()

    def _wanted_s(self) -> float:
        plan = PRESETS[self._guide.plan]
        return CAR_SECONDS if self._guide.plan == "car" else max(plan.ble_seconds, plan.wifi_seconds)

    def _listen(self) -> QVBoxLayout:
        style = self._desk.style
        running = self._desk.phase in (Phase.STARTING, Phase.RUNNING) and self._desk.live
        so_far = self._so_far = label("", size="section", wrap=True)
        listening = self._listening = label("", tone="muted", wrap=True)
        bar = self._bar = QProgressBar()
        bar.setRange(0, 1000)
        bar.setTextVisible(False)
        bar.setAccessibleName(_("Progress of listening"))
        page = column(label(_("Listening"), size="title"), spacing=GRID)
        if not running:
            page.addWidget(
                prose(_("This sweep was left while it listened. Listen again to complete it."), style)
            )
            page.addLayout(
                Flow(
                    button(_("Listen again"), self.listen, style, primary=True),
                    button(_("Go on to the checklist"), lambda: self.go("look"), style),
                )
            )
            page.addStretch(1)
            return page
        page.addWidget(bar)
        page.addWidget(listening)
        for medium in equipment.HEARD:
            page.addLayout(self._ear(medium))
        page.addWidget(rule())
        page.addWidget(so_far)
        hint = (
            _("Let it listen while you drive, with the laptop closed only if it stays awake.")
            if self._guide.plan == "car"
            else _("Stay in the room, and let it listen to the end.")
        )
        page.addWidget(prose(hint, style, tone="muted"))
        page.addLayout(
            Flow(
                button(_("Finish listening"), self.finish_listening, style, primary=True),
                button(_("Show the findings"), lambda: self._show_view("findings"), style),
            )
        )
        page.addStretch(1)
        self._tick()
        return page

    def _tick(self) -> None:
        desk = self._desk
        if self._guide.step != "listen" or self._bar is None or self._listening is None:
            self._timer.stop()
            return
        wanted = self._wanted_s()
        self._bar.setValue(round(min(1.0, desk.position_s / wanted) * 1000))
        left = max(0.0, wanted - desk.position_s)
        self._listening.setText(
            _("{done} of {all}; {left} left").format(
                done=words.duration(desk.position_s),
                all=words.duration(wanted),
                left=words.duration(round(left)),
            )
        )
        if self._so_far is not None:
            self._so_far.setText(summary.result(desk)[0])
        if desk.position_s >= wanted:
            self.finish_listening()

    def finish_listening(self) -> None:
        """End listening and go on to the checklist."""
        self._timer.stop()
        self._desk.stop()
        self._note()
        self.go("look")

    def _note(self) -> None:
        seconds: dict[str, float] = {}
        for coverage in self._desk.coverage.values():
            kept = seconds.get(coverage.medium.value, 0.0)
            seconds[coverage.medium.value] = max(kept, coverage.seconds)
        self._guide.heard(seconds, summary.attention(self._desk))

    def _on_equipment(self) -> None:
        if self._guide.step == "prepare":
            self.show_step()

    def _on_changed(self) -> None:
        if self._began_listening and self._desk.live and self._desk.phase is Phase.ENDED:
            self._began_listening = False
            self._note()
            if self._guide.step == "listen":
                self.go("look")

    # The checklist.

    def _look(self) -> QVBoxLayout:
        style = self._desk.style
        page = column(label(_("Look with your eyes"), size="title"), spacing=GRID)
        text = _("Go from place to place with a lamp. Take your time; nothing here is urgent.")
        page.addWidget(prose(text, style, tone="muted"))
        answers = [
            (Answer.OPEN.value, _("Not looked yet")),
            (Answer.CLEAR.value, _("Nothing there")),
            (Answer.FOUND.value, _("Something is there")),
        ]
        for drawing, place, hint in checklists.places(self._guide.plan):
            given = self._guide.progress.answers.get(drawing, Answer.OPEN)
            box = choice(place, answers, given.value, partial(self._answer, drawing))
            text_side = column(label(place), label(hint, tone="muted", wrap=True), spacing=2)
            line = row(picture(f"place-{drawing}", style, "text", 48), spacing=GRID * 2)
            line.addLayout(text_side, 1)
            line.addWidget(box)
            line.setContentsMargins(GRID * 2, GRID, GRID * 2, GRID)
            page.addWidget(card(line))
        page.addLayout(
            Flow(
                button(_("Show the result"), lambda: self.go("result"), style, primary=True),
                button(_("I found something"), self._show_found, style),
            )
        )
        page.addStretch(1)
        return page

    def _answer(self, place: str, value: str) -> None:
        self._guide.answer(place, Answer(value))

    def _show_found(self) -> None:
        self._guide.go("result")
        self.show_step()

    # The result.

    def _result(self) -> QVBoxLayout:
        style, guide = self._desk.style, self._guide
        found = [
            p for d, p, _h in checklists.places(guide.plan) if guide.progress.answers.get(d) is Answer.FOUND
        ]
        drawing, role, word, sentence = outcome.verdict(guide, found)
        head = row(picture(drawing, style, role, 36), spacing=GRID * 2)
        head.addWidget(label(word, size="title", wrap=True), 1)
        page = column(head, prose(sentence, style), spacing=GRID)
        heard = outcome.heard(guide)
        if heard:
            page.addWidget(prose(heard, style, tone="muted"))
        if found or guide.progress.attention:
            page.addSpacing(GRID)
            page.addWidget(label(_("If you found a device"), size="section"))
            for number, text in enumerate(checklists.found_device(), start=1):
                line = row(label(f"{number}", tone="accent"), spacing=GRID * 2)
                line.addWidget(label(text, wrap=True), 1)
                page.addLayout(line)
        page.addSpacing(GRID)
        acts = Flow()
        if self._desk.findings.records:
            acts.addWidget(
                button(_("Show the findings"), lambda: self._show_view("findings"), style, primary=True)
            )
        acts.addWidget(button(_("Back to the checklist"), lambda: self.go("look"), style))
        acts.addWidget(button(_("Begin anew"), self._restart, style, quiet=True))
        acts.addWidget(button(_("Done"), self._leave, style, quiet=True))
        page.addLayout(acts)
        page.addStretch(1)
        return page

    def _restart(self) -> None:
        self._guide.restart()
        self.show_step()

    def _leave(self) -> None:
        self._desk.guide = None
        self._show_view("first")
