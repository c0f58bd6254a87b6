"""The first page of a guided sweep: what to do before, and what this computer can hear and cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from sweeper.records import Medium
from sweeper.ui import checklists, equipment, own_car, words
from sweeper.ui.flow import Flow
from sweeper.ui.guide import Course
from sweeper.ui.parts import button, column, label, picture, prose, row
from sweeper.ui.theme import GRID
from sweeper.ui.ticks import TickBox
from sweeper.ui.words import _

if TYPE_CHECKING:
    from sweeper.ui.desk import Desk
    from sweeper.ui.view_guide import GuideView


def page(view: GuideView) -> QVBoxLayout:
    """Preparations, ears, the base rate, and the way on."""
    style, desk, guide = view.desk.style, view.desk, view.guide
    made = column(label(_("Before you listen"), size="title"), spacing=GRID)
    for text in checklists.preparations(guide.plan):
        made.addLayout(_point(desk, text))
    if guide.plan == "car":
        _car(view, made)
    made.addSpacing(GRID)
    made.addWidget(label(_("What this computer can hear"), size="section"))
    for medium in equipment.HEARD:
        made.addLayout(ear(desk, medium))
    calm = _(
        "Most searches find nothing: more than nineteen of twenty end so. A recorder that does not "
        "transmit cannot be heard, so the last step is to look."
    )
    made.addWidget(prose(calm, style, tone="muted"))
    made.addSpacing(GRID)
    made.addLayout(_ways(view))
    made.addStretch(1)
    return made


def _ways(view: GuideView) -> Flow:
    desk, style = view.desk, view.desk.style
    ways = Flow()
    if equipment.any_ready(desk):
        rf = bool(equipment.ready(desk, Medium.RF))
        first = "outside" if rf else "listen"

        def begin() -> None:
            if not rf:
                view.guide.end_part("outside", Course.SKIPPED)
            view.go(first)

        ways.addWidget(button(_("Begin"), begin, style, primary=True))
    else:
        on = button(_("Go on to the checklist"), lambda: view.go("look"), style, primary=True)
        ways.addWidget(on)
        ways.addWidget(button(_("Mend the sources"), lambda: view.show_view("sources"), style))
    if view.guide.begun_before:
        ways.addWidget(button(_("Begin anew"), view.restart, style))
    if desk.equipment is not None:
        ways.addWidget(button(_("Look for receivers again"), desk.look_around, style, quiet=True))
    return ways


def _car(view: GuideView, made: QVBoxLayout) -> None:
    """What the car has of its own."""
    made.addSpacing(GRID)
    made.addWidget(label(_("What does the car have of its own?"), size="section"))
    text = _("So that it can be told from an addition. Tick what you know; leave out what you do not.")
    made.addWidget(prose(text, view.desk.style, tone="muted"))
    for name, question in own_car.questions():
        box = TickBox(question)
        box.setChecked(view.guide.progress.own.get(name, False))

        def tick(on: bool, name: str = name) -> None:
            view.guide.progress.own[name] = on
            view.guide.save()

        box.toggled.connect(tick)
        made.addWidget(box)


def _point(desk: Desk, text: str) -> QHBoxLayout:
    made = row(picture("next", desk.style, "accent", 18), spacing=GRID)
    made.addWidget(label(text, wrap=True), 1)
    return made


def ear(desk: Desk, medium: Medium) -> QHBoxLayout:
    """One line: what hears a medium here, or why it cannot be heard."""
    spoken = words.spoken()
    found = equipment.ready(desk, medium)
    if desk.equipment is None:
        drawing, role, text = "state-ready", "muted", _("looking for receivers…")
    elif found:
        drawing, role = "state-listening", "good"
        text = ", ".join(words.spoken().say(entry.what or entry.label or entry.name) for entry in found)
    else:
        drawing, role = "state-failed", "muted"
        text = _("cannot be heard here: {reason}").format(reason=equipment.lacking(desk, medium))
    line = row(picture(drawing, desk.style, role, 16), spacing=GRID)
    line.addWidget(label(f"{spoken.medium(medium)}: {text}", wrap=True), 1)
    return line
