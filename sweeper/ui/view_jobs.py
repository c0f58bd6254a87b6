"""Jobs: begin one, open one, see its sweeps. While a job is open, everything that is heard is kept in it.

A private person's job about their own car or flat asks for a name only. A job for somebody else cannot begin
without purpose, permission, place and the person who sweeps: the law asks for them, and so does decency.
"""

from __future__ import annotations

import re
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import (
    QFileDialog,
    QFormLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from sweeper.errors import SweeperError
from sweeper.language import moment
from sweeper.text import safe_text
from sweeper.ui import job_head, job_parts, words
from sweeper.ui.flow import Flow
from sweeper.ui.job_acts import JobActs
from sweeper.ui.job_forms import today
from sweeper.ui.parts import button, card, choice, column, empty, label, picture, plain, prose, row, scrolled
from sweeper.ui.theme import GRID
from sweeper.ui.ticks import TickBox
from sweeper.ui.view_practice import AHEAD_DAYS, reminded
from sweeper.ui.view_register import home
from sweeper.ui.words import _, ngettext

if TYPE_CHECKING:
    from sweeper.jobs.practice import Practice
    from sweeper.ui.desk import Desk
    from sweeper.ui.jobdesk import Card, Sweep


FOR_OTHERS = ("place", "purpose", "permission", "scope", "client", "reviewer")
"""Fields that a job about one's own property does not ask for."""


class JobsView(QWidget):
    """The open job, or the ways to one."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setAccessibleName(_("Jobs"))
        self._desk = desk
        self._fields: dict[str, QLineEdit] = {}
        self._acts = JobActs(desk, self)
        self._body = QVBoxLayout()
        self._body.setSpacing(GRID)
        self._body.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID * 2)
        inner = plain(self._body)
        inner.setMaximumWidth(desk.style.px(860))
        self.setLayout(column(scrolled(inner, _("Jobs")), spacing=0))
        desk.jobs.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what is open now."""
        empty(self._body)
        opened = self._desk.jobs.card
        if opened is None:
            self._choose()
        else:
            self._desk.settings.remember_job(opened.folder)
            self._opened(opened)
        self._body.addStretch(1)

    # No job is open.

    def _choose(self) -> None:
        style = self._desk.style
        self._body.addWidget(label(_("Jobs"), size="title"))
        text = _(
            "A job keeps what was heard, what was decided and by whom, in one folder on this computer. "
            "Without a job nothing is kept."
        )
        self._body.addWidget(prose(text, style, tone="muted"))
        for folder in self._desk.settings.jobs:
            made = button(_("Open the job"), lambda f=folder: self._desk.jobs.open(Path(f)), style)  # type: ignore[misc]
            made.setAccessibleName(_("Open {name}").format(name=Path(folder).name))
            line = row(picture("jobs", style, "text", 20), label(safe_text(Path(folder).name)), spacing=GRID)
            line.addWidget(label(safe_text(folder), size="caption", tone="muted"), 1)
            line.addWidget(made)
            line.setContentsMargins(GRID * 2, GRID, GRID * 2, GRID)
            self._body.addWidget(card(line))
        self._body.addWidget(card(self._form()))
        self._body.addLayout(
            Flow(
                button(_("Open a job folder…"), self._browse, style, icon="open"),
                button(_("Open a locked job…"), self._acts.unlock, style),
                *self._ways("register", "practice"),
            )
        )
        self._due()

    def _ways(self, *names: str) -> list[QPushButton]:
        """Buttons to the pages around jobs."""
        titles = {
            "job-people": _("People and consent"),
            "job-search": _("Search by eye and hand"),
            "job-evidence": _("Evidence"),
            "register": _("All jobs"),
            "practice": _("Licence and duties"),
        }
        wanted = self._desk.wanted
        return [button(titles[name], partial(wanted.emit, name), self._desk.style) for name in names]

    def _due(self) -> None:
        """What a licensed technician has to do soon; nothing where no licence and no duty is entered."""
        from sweeper.jobs import practice

        for reminder in practice.reminders(_practice(), today(), AHEAD_DAYS):
            tone = "medium" if reminder.late else "muted"
            self._body.addWidget(label(reminded(reminder), tone=tone, wrap=True))

    def _form(self) -> QVBoxLayout:
        style = self._desk.style
        self._own = TickBox(_("It is about my own car or flat"))
        self._own.setChecked(True)
        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setSpacing(GRID)
        self._fields = {}
        self._labels = {}
        for name, title in (
            ("number", _("Name or number")),
            ("place", _("Place")),
            ("purpose", _("Purpose")),
            ("permission", _("Permission: who allowed it, and how")),
            ("scope", _("Scope: what belongs to it")),
            ("client", _("Client")),
            ("person", _("Who sweeps")),
            ("reviewer", _("Who reviews")),
        ):
            field = QLineEdit()
            field.setAccessibleName(title)
            caption = label(title, tone="muted", wrap=True)
            caption.setBuddy(field)
            form.addRow(caption, field)
            self._fields[name], self._labels[name] = field, caption
        self._law = choice(_("Law"), list(job_head.laws()), _practice().law, lambda _value: None)
        self._law_caption = label(_("Law"), tone="muted", wrap=True)
        self._law_caption.setBuddy(self._law)
        form.addRow(self._law_caption, self._law)
        self._fields["number"].setText(time.strftime("%Y-%m-%d"))
        self._fields["person"].setText(self._desk.settings.text("person"))
        self._own.toggled.connect(self._show_fields)
        begin = button(_("Begin the job"), self.begin, style, primary=True)
        made = column(label(_("Begin a job"), size="section"), self._own, form, row(begin, 0), spacing=GRID)
        made.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID * 2)
        self._show_fields(True)
        return made

    def _show_fields(self, own: bool) -> None:
        for name in FOR_OTHERS:
            self._fields[name].setVisible(not own)
            self._labels[name].setVisible(not own)
        self._law.setVisible(not own)
        self._law_caption.setVisible(not own)

    def begin(self) -> None:
        """Create the job that the form describes, if nothing is missing."""
        from sweeper.jobs.job import Head, Person, Role

        given = {name: field.text().strip() for name, field in self._fields.items()}
        own = self._own.isChecked()
        people = [Person(given["person"])] if given["person"] else []
        if given["reviewer"] and not own:
            people.append(Person(given["reviewer"], Role.REVIEWER))
        head = Head(
            number=given["number"],
            purpose=given["purpose"] or (_("my own property") if own else ""),
            permission=given["permission"] or (_("my own") if own else ""),
            place=given["place"] or (_("at home") if own else ""),
            client=given["client"],
            scope=given["scope"],
            people=tuple(people),
            own=own,
            profile="neutral" if own else str(self._law.currentData()),
        )
        names = {
            "purpose": _("Purpose"),
            "permission": _("Permission"),
            "place": _("Place"),
            "people": _("Who sweeps"),
        }
        missing = [names[name] for name in head.missing()]
        if not given["number"]:
            missing.insert(0, _("Name or number"))
        if missing:
            what = _("The job cannot begin yet.")
            do = _("Fill in: {list}.").format(list=words.spoken().listing(missing))
            self._desk.say(what, "", do)
            return
        self._desk.settings.put("person", given["person"])
        folder = self.home() / (re.sub(r"[^\w.-]+", "-", given["number"]).strip(".-") or "job")
        self._desk.jobs.create(folder, head, given["person"] or given["number"])

    def home(self) -> Path:
        """The folder in which jobs begin."""
        return home(self._desk)

    def _browse(self) -> None:
        path = QFileDialog.getExistingDirectory(self, _("Open a job folder"), str(self.home()))
        if path:
            self._desk.jobs.open(Path(path))

    # A job is open.

    def _opened(self, job: Card) -> None:
        style = self._desk.style
        close = button(_("Close the job"), self._desk.jobs.close, style)
        head = row(picture("jobs", style, "accent", 28), spacing=GRID)
        head.addWidget(label(safe_text(job.number), size="title"), 1)
        head.addWidget(close)
        self._body.addLayout(head)
        for text in (safe_text(job.place), safe_text(job.purpose)):
            if text:
                self._body.addWidget(label(text, wrap=True))
        if job.people:
            people = ", ".join(safe_text(name) for name in job.people)
            self._body.addWidget(label(_("Who sweeps: {people}").format(people=people), tone="muted"))
        self._body.addWidget(label(safe_text(job.folder), size="caption", tone="muted"))
        if job.problem:
            text = _("Opened for reading only; it was changed from outside: {why}").format(why=job.problem)
            self._body.addWidget(label(safe_text(text), tone="medium", wrap=True))
        else:
            text = _("Every sweep and every replay is kept in this job until you close it.")
            self._body.addWidget(prose(text, style, tone="muted"))
        if not job.problem:
            self._acting(job)
        self._body.addSpacing(GRID)
        self._body.addLayout(self._acts.buttons(writable=not job.problem))
        pages = ("job-people", "job-search", "job-evidence", "register", "practice")
        self._body.addLayout(Flow(*self._ways(*pages)))
        self._due()
        self._body.addSpacing(GRID)
        count = len(job.sweeps)
        title = ngettext("{n} sweep", "{n} sweeps", count) if count else _("No sweep yet")
        self._body.addWidget(label(title, size="section"))
        for sweep in reversed(job.sweeps):
            self._sweep(sweep)

    def _acting(self, job: Card) -> None:
        """Who acts now, and whether a finding's band is kept."""
        jobs, style = self._desk.jobs, self._desk.style
        names = dict(job_head.roles())
        if len(job.able) > 1:
            able = [(name, f"{safe_text(name)} ({names[role]})") for name, role in job.able]
            if job.who not in dict(job.able):
                able.insert(0, (job.who, safe_text(job.who)))
            box = choice(_("Who acts"), able, job.who, jobs.act_as)
            self._body.addLayout(row(label(_("Who acts"), tone="muted"), box, 0, spacing=GRID))
        self.keep_iq = TickBox(_("Also keep one second of each finding's radio band"))
        self.keep_iq.setChecked(jobs.keep_iq)
        self.keep_iq.clicked.connect(self._keep_iq)
        self._body.addWidget(self.keep_iq)
        if jobs.keep_iq:
            text = _(
                "Samples are kept until the job is closed or the box is cleared; the purge deletes them."
            )
            self._body.addWidget(prose(text, style, tone="medium"))

    def _keep_iq(self, wanted: bool) -> None:
        """Keep samples from the next sweep on, if the reader agreed to the warning."""
        if wanted:
            text = _(
                "Samples of a finding's band may hold what people say; keeping them can need their consent. "
                "One second of each band is kept, nothing else, and the purge deletes it."
            )
            wanted = job_parts.agreed(self, _("Keep samples?"), text, _("Keep samples"))
        self._desk.jobs.keep_iq = wanted
        self.refresh()

    def _sweep(self, sweep: Sweep) -> None:
        style = self._desk.style
        begun, spoken = moment(sweep.begun_utc_s, None), words.spoken()
        when = f"{spoken.day(begun.date())} {begun:%H:%M}" if begun else spoken.date(sweep.begun_utc_s)
        state = ngettext("{n} finding", "{n} findings", sweep.findings)
        if not sweep.ended:
            state += " · " + _("not ended")
        line = row(picture("sweep", style, "text", 20), spacing=GRID)
        what = f"{when} · {safe_text(sweep.what)}" if sweep.what else when
        line.addWidget(label(what), 1)
        line.addWidget(label(state, tone="muted"))
        show = button(_("Show"), lambda: self._desk.jobs.show(sweep.number), style)
        show.setAccessibleName(_("Show the sweep of {when}").format(when=when))
        line.addWidget(show)
        line.setContentsMargins(GRID * 2, GRID, GRID * 2, GRID)
        self._body.addWidget(card(line))


def _practice() -> Practice:
    """What the technician entered; empty where nothing was, or where it cannot be read."""
    from sweeper.jobs import practice

    try:
        return practice.read()
    except SweeperError:
        return practice.Practice()
