"""The pages of a guided sweep that listen: outside for comparison, inside, and on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLabel, QProgressBar, QVBoxLayout

from sweeper.records import Medium
from sweeper.ui import equipment, outcome, words
from sweeper.ui.flow import Flow
from sweeper.ui.guide import FIRST_S, Course
from sweeper.ui.guide_prepare import ear
from sweeper.ui.parts import button, card, column, empty, label, picture, prose, row
from sweeper.ui.theme import GRID
from sweeper.ui.ticks import Option, TickBox
from sweeper.ui.words import _

if TYPE_CHECKING:
    from sweeper.ui.view_guide import GuideView


class ListenPage:
    """One leg: what to do, begin; or progress with time left, pause, finish."""

    def __init__(self, view: GuideView, leg: str) -> None:
        self._view, self._leg = view, leg
        self._bar: QProgressBar | None = None
        self._time: QLabel | None = None
        self._plain = QVBoxLayout()
        self._said: tuple[str, ...] = ()
        self.layout = column(label(_titles()[leg], size="title"), spacing=GRID)
        legs = view.desk.legs
        if legs.running and legs.leg == leg:
            self._running()
        else:
            self._waiting()
        self.layout.addStretch(1)
        self.tick()

    # Before it begins, or while it is paused.

    def _waiting(self) -> None:
        view, leg, style = self._view, self._leg, self._view.desk.style
        for text in _how(leg, view.guide.plan):
            self.layout.addWidget(prose(text, style))
        if leg == "drive":
            self._stand_or_drive()
        self.layout.addSpacing(GRID)
        for medium in equipment.HEARD:
            if leg != "outside" or medium is Medium.RF:
                self.layout.addLayout(ear(view.desk, medium))
        self._lesser()
        kept = view.guide.leg(leg)
        left = words.duration(round(view.desk.legs.left_s(leg)))
        ways = Flow()
        if kept.course is Course.PAUSED and kept.heard_s > 0:
            self.layout.addWidget(
                label(_("This step is paused; {left} of it are left.").format(left=left), wrap=True)
            )
            go_on = button(_("Go on listening"), self._begin, style, primary=True)
            ways.addWidget(go_on)
        elif self._can():
            self.layout.addWidget(label(_("Takes {time}.").format(time=left), tone="muted"))
            ways.addWidget(button(_("Begin to listen"), self._begin, style, primary=True))
        if kept.course is Course.DONE:
            ways.addWidget(button(_("Go on"), lambda: view.go(view.guide.after(leg)), style))
        else:
            ways.addWidget(button(_("Leave this step out"), lambda: view.skip(leg), style, quiet=True))
        self.layout.addSpacing(GRID)
        self.layout.addLayout(ways)
        if kept.heard_s and leg != "outside":
            self.layout.addLayout(self._plain)

    def _can(self) -> bool:
        desk = self._view.desk
        if self._leg == "outside":
            return bool(equipment.ready(desk, Medium.RF))
        listed = equipment.lesser(desk) is not None and self._view.guide.progress.lesser
        return listed or any(equipment.ready(desk, medium) for medium in equipment.HEARD)

    def _lesser(self) -> None:
        """Where Wi-Fi cannot be heard: whether its access points are listed instead."""
        view = self._view
        if self._leg == "outside" or equipment.lesser(view.desk) is None:
            return
        box = TickBox(_("List the access points instead: the lesser look"))
        box.setChecked(view.guide.progress.lesser)

        def choose(on: bool) -> None:
            view.guide.progress.lesser = on
            view.guide.save()
            view.show_step()

        box.toggled.connect(choose)
        self.layout.addWidget(box)
        text = _(
            "It reads the list that the system keeps, and sends nothing. Cameras that have joined a network, "
            "phones and traffic are not in it."
        )
        self.layout.addWidget(prose(text, view.desk.style, tone="muted"))

    def _begin(self) -> None:
        self._view.desk.legs.begin(self._leg)
        self._view.show_step()

    def _stand_or_drive(self) -> None:
        progress = self._view.guide.progress
        drive = Option(_("I drive with the computer in the car."))
        stay = Option(_("The car stands still, away from where people pass, with the computer in it."))
        for box, wanted in ((drive, False), (stay, True)):
            box.setChecked(progress.stay is wanted)
            self.layout.addWidget(box)

        def choose(on: bool) -> None:
            progress.stay = on
            self._view.guide.save()

        stay.toggled.connect(choose)

    # While it listens.

    def _running(self) -> None:
        view, style, legs = self._view, self._view.desk.style, self._view.desk.legs
        bar = self._bar = QProgressBar()
        bar.setRange(0, 1000)
        bar.setTextVisible(False)
        bar.setAccessibleName(_("Progress of listening"))
        self._time = label("", tone="muted", wrap=True)
        self.layout.addWidget(bar)
        self.layout.addWidget(self._time)
        for medium in equipment.HEARD:
            if self._leg != "outside" or medium is Medium.RF:
                self.layout.addLayout(ear(view.desk, medium))
        self.layout.addWidget(prose(_meanwhile(self._leg, view.guide.plan), style, tone="muted"))
        if self._leg != "outside":
            self.layout.addLayout(self._plain)
        self.layout.addSpacing(GRID)
        ways = Flow(button(_("Finish listening"), legs.finish, style, primary=True))
        if self._leg != "outside":
            ways.addWidget(button(_("Pause"), legs.pause, style, icon="pause"))
            ways.addWidget(button(_("Show the findings"), lambda: view.show_view("findings"), style))
        self.layout.addLayout(ways)

    def tick(self) -> None:
        """Show how far it is, and the plain result so far."""
        legs = self._view.desk.legs
        if self._bar is not None and self._time is not None and legs.leg == self._leg:
            wanted, left = legs.wanted_s(self._leg), legs.left_s(self._leg)
            self._bar.setValue(round((1 - left / wanted) * 1000))
            self._time.setText(
                _("{done} of {all}; {left} left").format(
                    done=words.duration(round(wanted - left)),
                    all=words.duration(wanted),
                    left=words.duration(round(left)),
                )
            )
        self._say()

    def _say(self) -> None:
        guide, style, legs = self._view.guide, self._view.desk.style, self._view.desk.legs
        if self._leg == "outside" or not guide.leg(self._leg).parts:
            return
        heard = legs.wanted_s("listen") - legs.left_s("listen") if self._leg == "listen" else FIRST_S
        due = guide.progress.first is not None or heard >= FIRST_S
        drawing, role, word, sentence = outcome.so_far(self._view.desk, guide, due=due)
        if not due and not guide.attention:
            left = words.duration(max(1, round(FIRST_S - heard)))
            sentence = _("A first result stands in {time}.").format(time=left)
        if (said := (drawing, word, sentence)) == self._said:
            return
        self._said = said
        empty(self._plain)
        head = row(picture(drawing, style, role, 28), spacing=GRID * 2)
        texts = column(label(word, size="section", wrap=True), label(sentence, wrap=True), spacing=4)
        head.addLayout(texts, 1)
        head.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID * 2)
        self._plain.addWidget(card(head))


def _titles() -> dict[str, str]:
    return {
        "outside": _("Listen outside first"),
        "listen": _("Listen inside"),
        "drive": _("Drive, or let it stand"),
    }


def _how(leg: str, plan: str) -> list[str]:
    if leg == "outside":
        there = {
            "car": _("Take the computer and its antenna some 50 metres away from the car."),
            "flat": _("Take the computer and its antenna out of the flat: into the yard or the street."),
            "office": _("Take the computer and its antenna out of the rooms, into the street."),
        }[plan]
        why = _(
            "What is heard there is heard everywhere. What is heard only inside, or much stronger inside, "
            "then stands out. Antenna and its position stay the same for both."
        )
        return [there, why]
    if leg == "drive":
        return [
            _("A tag that travels along shows itself only over time and away from its owner."),
            _(
                "Half an hour through streets that you do not share with anyone tells most; standing still "
                "tells whether something in the car itself keeps sending."
            ),
        ]
    return [_("Now in the place itself. A first plain result stands after two minutes; more follows.")]


def _meanwhile(leg: str, plan: str) -> str:
    if leg == "outside":
        return _("Keep the computer where it is until this step ends by itself.")
    if leg == "drive":
        return _("Do not use the computer while you drive. It may lie closed only if it stays awake.")
    if plan == "car":
        return _("Stay in the car, and let it listen to the end. You may pause at any time.")
    return _("Stay in the room, and let it listen to the end. You may pause at any time.")
