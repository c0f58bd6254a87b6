"""What no receiver hears: the search by eye and hand; and meetings, in which a signal is worth a look."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtWidgets import QFileDialog, QWidget

from sweeper.errors import InputError
from sweeper.ui import filing, job_forms, job_parts, photo_dialog, words
from sweeper.ui.flow import Flow
from sweeper.ui.job_forms import Field, Kind
from sweeper.ui.job_parts import told
from sweeper.ui.parts import button, empty, label
from sweeper.ui.words import _, phrase

if TYPE_CHECKING:
    from sweeper.jobs.job import Job
    from sweeper.jobs.papers import Check, Meeting
    from sweeper.ui.desk import Desk

HOUR_S = 3600.0
OWN = ""
"""The entry of the list of places that stands for the reader's own words."""


class Looked(msgspec.Struct, frozen=True):
    """What the page shows, read on the core's thread."""

    checks: tuple[Check, ...]
    meetings: tuple[Meeting, ...]
    writable: bool
    now_s: float


def read(job: Job, _who: str) -> Looked:
    """The job's checks and meetings."""
    from sweeper.jobs.papers import Check, Meeting

    checks = tuple(each for _number, each in job.filed(Check))
    meetings = tuple(each for _number, each in job.filed(Meeting))
    return Looked(checks, meetings, not job.read_only, job.now())


class JobSearchView(QWidget):
    """Two lists and a form for each."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._body = job_parts.page(self, desk.style, _("Search by eye and hand"))
        self.looked: Looked | None = None
        desk.jobs.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Read the open job again."""
        if self._desk.jobs.card is None:
            self.looked = None
            self._draw()
        else:
            self._desk.jobs.look(read, self._show)

    def _show(self, looked: object, _problem: str) -> None:
        self.looked = looked if isinstance(looked, Looked) else None
        self._draw()

    def _draw(self) -> None:
        empty(self._body)
        text = _(
            "Most hidden recorders do not transmit. What eyes, hands and instruments found, and where they "
            "looked, stands in the report beside what was heard."
        )
        job_parts.head(self._body, self._desk, _("Search by eye and hand"), text)
        if self.looked is None:
            self._body.addWidget(label(_("No job is open."), wrap=True))
        else:
            self._checks(self.looked)
            self._meetings(self.looked)
        self._body.addStretch(1)

    def _checks(self, looked: Looked) -> None:
        from sweeper.casework import search

        spoken = words.spoken()
        said = dict(results())
        for check in looked.checks:
            how = search.method_name(check.method, spoken)
            facts = (f"{how}: {said[check.result.value]}", check.note, check.who)
            self._body.addWidget(job_parts.line(search.place_name(check.place, spoken), facts))
        if not looked.checks:
            self._body.addWidget(label(_("Nothing is filed yet."), tone="muted"))
        card = self._desk.jobs.card
        for _finding, file, caption in card.photos if card is not None else ():
            self._body.addWidget(job_parts.line(caption or file, (file,)))
        if looked.writable:
            self._body.addLayout(
                Flow(
                    button(_("File what was looked at…"), self.file_check, self._desk.style),
                    button(_("Add a photo…"), self.choose_photo, self._desk.style, icon="camera"),
                )
            )

    def file_check(self) -> None:
        """Ask where was looked, how, and what came of it."""
        fields = (
            Field(key="known", title=_("Place"), kind=Kind.CHOICE, value=OWN, entries=tuple(places())),
            Field(key="place", title=_("Place in your own words")),
            Field(key="method", title=_("How"), kind=Kind.CHOICE, entries=tuple(methods())),
            Field(key="result", title=_("Result"), kind=Kind.CHOICE, entries=tuple(results())),
            Field(key="note", title=_("Note"), kind=Kind.TEXT),
        )
        title = _("Search by eye and hand")
        given = job_forms.ask(self, self._desk.style, title, _("File"), fields)
        if given is None:
            return
        place = given.text("place") or given.text("known")
        if not place:
            self._desk.say(_("The place is missing."), "", _("Choose one, or write it in your own words."))
            return

        def work(job: Job, who: str) -> object:
            from sweeper.jobs.papers import Check, Found, Role

            job.require(who, Role.TECHNICIAN, Role.REVIEWER)
            result = Found(given.text("result"))
            method, note = given.text("method"), given.text("note")
            done = Check(place=place, method=method, result=result, who=who, utc_s=job.now(), note=note)
            return job.file(done, who, "check", result=result.value)

        self._file(work, _("Filed."))

    def choose_photo(self) -> None:
        """Choose a photo of the place, mark the people in it, and file it."""
        kinds = _("Pictures") + " (*.png *.jpg *.jpeg *.webp *.bmp *.tif *.tiff)"
        chosen, _kind = QFileDialog.getOpenFileName(self, _("Add a photo"), str(Path.home()), kinds)
        if chosen:
            self.add_photo(Path(chosen))

    def add_photo(self, path: Path) -> None:
        """Without the file dialog, for tests."""
        desk = self._desk
        try:
            asked = photo_dialog.ask(self, desk.style, path)
        except InputError as problem:
            desk.say(_("This photo could not be read."), words.told(problem), _("Choose another file."))
            return
        if asked is not None:
            caption, people, boxes = asked
            filing.photo(desk, path, caption, people, boxes, "")

    def _meetings(self, looked: Looked) -> None:
        style = self._desk.style
        text = _("Times in which something worth hearing was said: signals on the air just then stand out.")
        job_parts.section(self._body, _("Meetings"), text, style)
        spoken = words.spoken()
        for each in looked.meetings:
            begin, end = spoken.datetime(each.start_utc_s), spoken.datetime(each.stop_utc_s)
            span = _("From {day} until {end}").format(day=begin, end=end)
            self._body.addWidget(job_parts.line(each.label or _("Meeting"), (span,)))
        if looked.writable:
            self._body.addLayout(Flow(button(_("Enter a meeting…"), self.file_meeting, style)))

    def file_meeting(self) -> None:
        """Ask when a meeting was, and file it."""
        now_s = self.looked.now_s if self.looked is not None else 0.0
        fields = (
            Field(key="label", title=_("Its name")),
            Field(key="begin", title=_("Begin"), kind=Kind.TIME, value=now_s - HOUR_S),
            Field(key="end", title=_("End"), kind=Kind.TIME, value=now_s),
        )
        given = job_forms.ask(self, self._desk.style, _("Meeting"), _("Enter"), fields)
        if given is None:
            return
        name, begin, end = given.text("label"), given.moment("begin"), given.moment("end")
        if end <= begin:
            self._desk.say(_("The meeting ends before it begins."), "", _("Nothing was filed."))
            return

        def work(job: Job, who: str) -> object:
            from sweeper.jobs.papers import Meeting, Role

            job.require(who, Role.TECHNICIAN, Role.REVIEWER)
            return job.file(Meeting(label=name, start_utc_s=begin, stop_utc_s=end), who, "meeting")

        self._file(work, _("Filed."))

    def _file(self, work: Callable[[Job, str], object], done: str) -> None:
        self._desk.jobs.ask(work, told(self._desk, done, _("The job did not allow this.")))


def places() -> list[tuple[str, str]]:
    """Every place of the checklists, below its plan; first the reader's own words."""
    from sweeper import checklists

    plans = {"car": _("Car"), "flat": _("Flat"), "office": _("Office")}
    made = [(OWN, _("In my own words"))]
    for plan, name in plans.items():
        made += [(f"{plan}/{p.id}", f"{name}: {phrase(p.name.phrase())}") for p in checklists.places(plan)]
    return made


def methods() -> list[tuple[str, str]]:
    """By eye and hand, then every instrument."""
    from sweeper import checklists
    from sweeper.casework import search

    spoken = words.spoken()
    names = ["", *(each.value for each in checklists.examinations())]
    return [(name, search.method_name(name, spoken)) for name in names]


def results() -> list[tuple[str, str]]:
    """What a look can give."""
    from sweeper.jobs.papers import Found

    return [
        (Found.NOTHING.value, _("nothing found")),
        (Found.SOMETHING.value, _("something to look at")),
        (Found.NOT_DONE.value, _("not looked at")),
    ]
