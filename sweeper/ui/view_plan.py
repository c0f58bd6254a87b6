"""The floor plan: stand somewhere, click there, and everything that is heard is measured at that place.

From three places on, the map shows for the chosen emitter how strong it is elsewhere, how sure that is, and
where it probably stands. Measurements, not truth: walls and bodies bend levels, which the page says.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QComboBox, QFileDialog, QInputDialog, QTabWidget, QVBoxLayout, QWidget

from sweeper.errors import InputError
from sweeper.text import safe_text, say
from sweeper.ui import filing, pages, plans, words
from sweeper.ui.flow import Flow
from sweeper.ui.measuring import Measuring
from sweeper.ui.parts import button, label, prose
from sweeper.ui.phase import Phase
from sweeper.ui.plan_canvas import PlanCanvas, length
from sweeper.ui.plans import FloorPlan, Taken
from sweeper.ui.theme import GRID
from sweeper.ui.view_walk import WalkView
from sweeper.ui.words import _, ngettext, told

if TYPE_CHECKING:
    from sweeper.ui.desk import Desk


class PlanView(QWidget):
    """Rooms on a plan, and ways outdoors."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setAccessibleName(_("Plan"))
        tabs = self.tabs = QTabWidget()
        tabs.setAccessibleName(_("Plan"))
        tabs.setDocumentMode(True)
        self.rooms = RoomsView(desk)
        self.walk = WalkView(desk)
        tabs.addTab(self.rooms, _("Rooms"))
        tabs.addTab(self.walk, _("Outdoors"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, GRID // 2, 0, 0)
        layout.addWidget(tabs)


class RoomsView(QWidget):
    """A plan, what was measured on it, and the tools for both."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setAccessibleName(_("Rooms"))
        self._desk = desk
        self._plan: FloorPlan | None = None
        self._mode = "measure"
        self._pins: list[tuple[float, float]] = []
        self._measuring = Measuring(desk, self)
        style = desk.style
        self._plans = QComboBox()
        self._plans.setAccessibleName(_("Plan"))
        self._plans.setMinimumWidth(style.px(160))
        self._plans.activated.connect(lambda _index: self._open(str(self._plans.currentData() or "")))
        self._emitters = QComboBox()
        self._emitters.setAccessibleName(_("Emitter on the map"))
        self._emitters.setMinimumWidth(style.px(220))
        self._emitters.activated.connect(lambda _index: self._show_emitter())
        self._canvas = PlanCanvas(style)
        self._canvas.palette_name = desk.settings.text("waterfall", "viridis")
        self._canvas.chosen.connect(self._chosen)
        self._told = label("", wrap=True)
        self._empty = prose(
            _(
                "Load a picture or a PDF page of the rooms, set its scale, then stand somewhere and click "
                "there: everything that is heard is measured at that place. From three places on, the map "
                "shows where it probably stands."
            ),
            style,
            tone="muted",
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 2, GRID, GRID * 2, GRID)
        layout.setSpacing(GRID)
        layout.addLayout(self._tools())
        layout.addWidget(self._empty)
        layout.addWidget(self._canvas, 1)
        layout.addStretch(0)
        layout.addWidget(self._told)
        self._note = prose(
            _("Measurements, not truth: walls, metal and people bend levels. Pale parts are only guessed."),
            style,
            tone="muted",
        )
        layout.addWidget(self._note)
        self._list(desk.settings.text("plan"))

    def _tools(self) -> Flow:
        style = self._desk.style
        load = button(_("Load a plan…"), self.load_dialog, style, icon="open")
        tools: list[tuple[str, Callable[[], object], str]] = [
            (_("Set scale"), lambda: self._use("scale"), ""),
            (_("Name a place"), lambda: self._use("name"), ""),
            (_("Undo measurement"), self._undo, "undo"),
            (_("File in the job"), self._file, "jobs"),
        ]
        self._tied: list[QWidget] = []
        self._measure = button(_("Measure"), lambda: self._use("measure"), style, checkable=True)
        made = [button(text, on, style, icon=icon) for text, on, icon in tools]
        self._tied = [self._measure, *made]
        return Flow(load, self._plans, self._emitters, self._measure, *made, spacing=GRID // 2 * 2)

    # Plans.

    @property
    def home(self) -> Path:
        """Where plans lie."""
        return self._desk.settings.folder / "plans"

    def load_dialog(self) -> None:
        """Choose a picture or a PDF."""
        kinds = _("Pictures and PDF") + " (*.png *.jpg *.jpeg *.webp *.bmp *.gif *.svg *.pdf)"
        path, _kind = QFileDialog.getOpenFileName(self, _("Load a plan"), str(Path.home()), kinds)
        if not path:
            return
        page = 0
        try:
            count = pages.pages(Path(path))
            if count > 1:
                number, agreed = QInputDialog.getInt(
                    self, _("Load a plan"), _("Which page?"), value=1, minValue=1, maxValue=count
                )
                if not agreed:
                    return
                page = number - 1
            self.load(Path(path), page)
        except InputError as problem:
            self._desk.say(_("This plan could not be loaded."), told(problem), _("Choose another file."))

    def load(self, path: Path, page: int = 0) -> None:
        """Make a plan of a picture or a PDF page. Raises ``InputError``."""
        image = pages.load(path, page)
        try:
            plan = FloorPlan.fresh(self.home, path.stem, image.height() / image.width())
            if not image.save(str(plan.picture)):
                raise InputError(str(plan.picture), say("the picture could not be written"))
            plan.save()
        except OSError as error:
            raise InputError(str(self.home), error.strerror or say("cannot be written")) from None
        self._list(str(plan.folder))

    def _list(self, chosen: str) -> None:
        found = plans.listed(self.home)
        self._plans.clear()
        for plan in found:
            self._plans.addItem(safe_text(plan.facts.name), str(plan.folder))
        at = max(0, self._plans.findData(chosen))
        self._plans.setCurrentIndex(at if found else -1)
        self._open(str(self._plans.currentData() or ""))

    def _open(self, folder: str) -> None:
        plan = FloorPlan.load(Path(folder)) if folder else None
        image = QImage(str(plan.picture)) if plan is not None else QImage()
        self._plan = plan
        self._desk.plan = plan
        self._empty.setVisible(plan is None)
        self._canvas.setVisible(plan is not None)
        self._note.setVisible(plan is not None)
        for widget in self._tied:
            widget.setVisible(plan is not None)
        self._plans.setVisible(self._plans.count() > 1)
        self._canvas.show_plan(plan, image)
        if plan is not None:
            self._desk.settings.put("plan", str(plan.folder))
        self._use("measure")
        self._offer()

    def _offer(self) -> None:
        """List the emitters that were measured."""
        chosen = str(self._emitters.currentData() or "")
        self._emitters.clear()
        if self._plan is not None:
            for key, count in self._plan.measured():
                title = safe_text(self._plan.facts.titles.get(key, key))
                text = ngettext("{n} place", "{n} places", count)
                self._emitters.addItem(f"{title} ({text})", key)
        self._emitters.setVisible(self._emitters.count() > 0)
        wanted = self._emitters.findData(chosen or self._wanted())
        self._emitters.setCurrentIndex(max(0, wanted))
        self._show_emitter()

    def _wanted(self) -> str:
        """The emitter that is selected elsewhere."""
        desk = self._desk
        finding = desk.finding_of(desk.selection)
        subject = desk.subject(finding.subject if finding is not None else desk.selection)
        return plans.key_of(subject) if subject is not None else ""

    def _show_emitter(self) -> None:
        key = str(self._emitters.currentData() or "")
        self._canvas.show_emitter(key)
        if self._plan is None or self._mode != "measure":
            return
        if not key:
            self._told.setText(_("Stand somewhere, then click that place on the plan."))
            return
        count = len(self._plan.readings(key))
        place = self._plan.place_of(key)
        if place is None:
            text = ngettext(
                "Measured at {n} place. From three places on, the map shows where it probably is.",
                "Measured at {n} places. From three places on, the map shows where it probably is.",
                count,
            )
        else:
            where = _("near “{place}”").format(place=safe_text(place[0])) if place[0] else _("at the mark")
            text = _("Most likely {where}, ± {metres}: half of all such cases lie within.").format(
                where=where, metres=length(place[1])
            )
        low, high = self._canvas.levels
        if high > low:
            number = words.spoken().number
            text += " " + _("The map reaches from {low} to {high} dB.").format(
                low=number(round(low)), high=number(round(high))
            )
        self._told.setText(text)

    # Pointing.

    def _use(self, mode: str) -> None:
        self._mode = mode
        self._pins = []
        self._canvas.show_pins([])
        self._measure.setChecked(mode == "measure")
        text = {
            "scale": _("Click two points whose distance you know, a wall for example."),
            "name": _("Click the place that you want to name."),
        }.get(mode)
        if text:
            self._told.setText(text)
        else:
            self._show_emitter()
        self._canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def _chosen(self, x_m: float, y_m: float) -> None:
        {"measure": self.measure, "scale": self._pin, "name": self._name}[self._mode](x_m, y_m)

    def measure(self, x_m: float, y_m: float) -> None:
        """The reader stands here: measure for three seconds."""
        if self._measuring.running:
            return
        if self._desk.phase is not Phase.RUNNING:
            self._desk.say(
                _("Nothing is heard at the moment."),
                _("A measurement needs a sweep that listens."),
                _("Begin a sweep, then come back and click again."),
            )
            return
        self._told.setText(_("Measuring: stand still for three seconds…"))
        self._measuring.begin(partial(self._measured, x_m, y_m))

    def _measured(self, x_m: float, y_m: float, levels: dict[str, float], titles: dict[str, str]) -> None:
        if self._plan is None:
            return
        if not levels:
            self._told.setText(_("Nothing was heard here within three seconds; nothing was noted."))
            return
        self._guarded(lambda plan: plan.take(Taken(x_m, y_m, levels, time.time()), titles))
        self._offer()

    def _pin(self, x_m: float, y_m: float) -> None:
        self._pins.append((x_m, y_m))
        self._canvas.show_pins(self._pins)
        if len(self._pins) < 2:
            return
        one, other = self._pins[-2:]
        metres, agreed = QInputDialog.getDouble(
            self, _("Set scale"), _("How many metres lie between the two points?"), 5.0, 0.1, 10_000.0, 2
        )
        if agreed and one != other:
            self._guarded(lambda plan: plan.set_scale(one, other, metres))
        self._use("measure")

    def _name(self, x_m: float, y_m: float) -> None:
        name, agreed = QInputDialog.getText(self, _("Name a place"), _("What is this place called?"))
        if agreed:
            self._guarded(lambda plan: plan.name_place(x_m, y_m, name.strip()))
        self._use("measure")

    def _undo(self) -> None:
        self._guarded(lambda plan: plan.undo())
        self._offer()

    def _guarded(self, change: Callable[[FloorPlan], object]) -> None:
        if self._plan is None:
            return
        try:
            change(self._plan)
        except (OSError, ValueError) as problem:
            self._desk.say(_("The plan could not be changed."), told(problem))
        self._canvas.update()

    def _file(self) -> None:
        """Put the plan with what is marked on it into the job that is open."""
        desk, plan = self._desk, self._plan
        if plan is None:
            return
        if desk.jobs.card is None:
            desk.say(_("No job is open."), "", _("Open or begin a job first."))
            return
        filing.plan(desk, plan, self._filed)

    def _filed(self, problem: str) -> None:
        if problem:
            self._desk.say(_("The job did not allow this."), problem)
        else:
            self._desk.say(_("The plan is filed in the job."))
