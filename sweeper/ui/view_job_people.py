"""The rights of the people concerned: consent, its withdrawal, objections with the days that are left, the
notice for people on site, and what is kept about one address or name.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtWidgets import QFrame, QLineEdit, QWidget

from sweeper.ui import job_forms, job_parts, words
from sweeper.ui.flow import Flow
from sweeper.ui.job_forms import Field, Kind
from sweeper.ui.job_parts import told
from sweeper.ui.parts import button, empty, label
from sweeper.ui.words import _, ngettext

if TYPE_CHECKING:
    from sweeper.jobs.job import Consent, Job, Term
    from sweeper.ui.desk import Desk


class Rights(msgspec.Struct, frozen=True):
    """What the page shows, read on the core's thread: numbered papers, terms with the working days left."""

    consents: tuple[tuple[int, Consent, bool], ...]
    terms: tuple[tuple[str, int, Term, int], ...]
    purpose: str
    writable: bool


def read(job: Job, _who: str) -> Rights:
    """Everything that people agreed to, took back or objected to."""
    from sweeper.jobs.job import Consent

    law, now = job.head.law(), job_forms.today()
    return Rights(
        tuple((number, each, each.holds(now)) for number, each in job.filed(Consent)),
        tuple(
            (kind, number, term, law.working_days_between(now, term.due))
            for kind in ("withdrawal", "objection")
            for number, term in job.terms(kind)
        ),
        job.head.purpose,
        not job.read_only,
    )


class JobPeopleView(QWidget):
    """Consents, withdrawals, objections, notice, access and deletion, for the open job."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._body = job_parts.page(self, desk.style, _("People and consent"))
        self.rights: Rights | None = None
        desk.jobs.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Read the open job again."""
        if self._desk.jobs.card is None:
            self.rights = None
            self._draw()
        else:
            self._desk.jobs.look(read, self._show)

    def _show(self, rights: object, _problem: str) -> None:
        self.rights = rights if isinstance(rights, Rights) else None
        self._draw()

    def _draw(self) -> None:
        empty(self._body)
        text = _(
            "Who agreed to what and for how long; who took it back or objected, and the working days that "
            "are left to answer."
        )
        job_parts.head(self._body, self._desk, _("People and consent"), text)
        if self.rights is None:
            self._body.addWidget(label(_("No job is open."), wrap=True))
        else:
            self._consents(self.rights)
            for kind in ("withdrawal", "objection"):
                self._terms(self.rights, kind)
            self._notice()
            self._access(self.rights)
        self._body.addStretch(1)

    # Consent.

    def _consents(self, rights: Rights) -> None:
        style = self._desk.style
        job_parts.section(self._body, _("Consent"), "", style)
        for number, consent, holds in rights.consents:
            until = _("its purpose is reached") if consent.until is None else day(consent.until)
            term = _("From {day} until {end}").format(day=day(consent.given), end=until)
            state = _("It holds today.") if holds else _("It does not hold today.")
            paper = button(_("Save as a paper…"), partial(self._paper, "consent", number), style)
            facts = (consent.purpose, f"{term}. {state}", consent.how)
            made = job_parts.line(consent.person, facts, job_parts.named(paper, consent.person))
            self._body.addWidget(made)
        if not rights.consents:
            self._body.addWidget(label(_("Nobody's consent is filed."), tone="muted"))
        acts = [button(_("Blank form…"), partial(self._paper, "consent", None), style)]
        if rights.writable:
            acts.insert(0, button(_("File a consent…"), self.file_consent, style))
        self._body.addLayout(Flow(*acts))

    def file_consent(self) -> None:
        """Ask for somebody's consent and file it."""
        fields = (
            Field(key="person", title=_("Who consents"), required=True),
            Field(key="purpose", title=_("For what"), value=self.rights.purpose if self.rights else ""),
            Field(key="given", title=_("Given on"), kind=Kind.DAY, required=True),
            Field(key="until", title=_("Its last day"), kind=Kind.DAY, value=None),
            Field(key="how", title=_("How it was given")),
        )
        intro = _("Without a last day it ends when its purpose is reached.")
        given = job_forms.ask(self, self._desk.style, _("Consent"), _("File"), fields, intro)
        if given is None:
            return
        begun, until = given.day("given") or job_forms.today(), given.day("until")
        if until is not None and until < begun:
            self._desk.say(_("The consent ends before it begins."), "", _("Nothing was filed."))
            return

        def work(job: Job, who: str) -> object:
            from sweeper.jobs.job import Consent

            said = {key: given.text(key) for key in ("person", "purpose", "how")}
            return job.consent(Consent(given=begun, until=until, **said), who)

        self._file(work, _("The consent is filed."))

    # Withdrawals and objections.

    def _terms(self, rights: Rights, kind: str) -> None:
        style = self._desk.style
        title = _("Withdrawals of consent") if kind == "withdrawal" else _("Objections")
        job_parts.section(self._body, title, "", style)
        mine = [(number, term, left) for each, number, term, left in rights.terms if each == kind]
        for number, term, left in mine:
            self._body.addWidget(self._term(kind, number, term, left, rights.writable))
        if not mine:
            self._body.addWidget(label(_("None."), tone="muted"))
        if rights.writable:
            text = _("File a withdrawal…") if kind == "withdrawal" else _("File an objection…")
            self._body.addLayout(Flow(button(text, partial(self.file_term, kind), style)))

    def _term(self, kind: str, number: int, term: Term, left: int, writable: bool) -> QFrame:
        style = self._desk.style
        acts = []
        if writable and term.answered is None:
            acts.append(button(_("Answer…"), partial(self.answer, kind, number), style, primary=True))
        if kind == "withdrawal":
            papers = [("withdrawal-reply", _("Reply…")), ("withdrawal-refusal", _("Refusal with reasons…"))]
        else:
            papers = [("objection-reply", _("Reply…"))]
        acts += [button(text, partial(self._paper, paper, number), style) for paper, text in papers]
        facts = (countdown(term, left), term.text, term.answer)
        named = [job_parts.named(act, term.who) for act in acts]
        return job_parts.line(
            term.who, facts, *named, tone="medium" if term.late(job_forms.today()) else "muted"
        )

    def file_term(self, kind: str) -> None:
        """Ask who withdraws or objects, and begin the term."""
        fields = (
            Field(key="person", title=_("Who"), required=True),
            Field(key="received", title=_("Received on"), kind=Kind.DAY, required=True),
            Field(key="text", title=_("What was said"), kind=Kind.TEXT),
        )
        title = _("Withdrawal of consent") if kind == "withdrawal" else _("Objection")
        given = job_forms.ask(self, self._desk.style, title, _("File"), fields)
        if given is None:
            return
        person, text = given.text("person"), given.text("text")
        received = given.day("received") or job_forms.today()

        def work(job: Job, who: str) -> object:
            begin = job.withdraw if kind == "withdrawal" else job.objection
            return begin(person, received, text, by=who)

        self._file(work, _("Filed; the days are counted from now on."))

    def answer(self, kind: str, number: int) -> None:
        """Ask for the answer and file it."""
        fields = (
            Field(key="text", title=_("The answer"), kind=Kind.TEXT, required=True),
            Field(key="day", title=_("Given on"), kind=Kind.DAY, required=True),
        )
        given = job_forms.ask(self, self._desk.style, _("Answer"), _("File"), fields)
        if given is None:
            return
        text, when = given.text("text"), given.day("day") or job_forms.today()

        def work(job: Job, who: str) -> None:
            job.answer(kind, number, who, when, text)

        self._file(work, _("The answer is filed."))

    def _file(self, work: Callable[[Job, str], object], done: str) -> None:
        self._desk.jobs.ask(work, told(self._desk, done, _("The job did not allow this.")))

    # Papers, access, deletion.

    def _notice(self) -> None:
        style = self._desk.style
        text = _(
            "One page for the people on site: what is done, what is seen of them, what they may ask for."
        )
        job_parts.section(self._body, _("Notice"), text, style)
        self._body.addLayout(
            Flow(button(_("Save the notice…"), partial(self._paper, "notice", None), style, icon="report"))
        )

    def _paper(self, kind: str, number: int | None) -> None:
        job_parts.save_paper(self._desk, self, kind, _("Save the paper"), number=number)

    def _access(self, rights: Rights) -> None:
        style = self._desk.style
        text = _("What is kept about one address, name or network, for its owner who asks; or its deletion.")
        job_parts.section(self._body, _("Access and deletion"), text, style)
        self._about = QLineEdit()
        self._about.setPlaceholderText(_("Address, name or network"))
        self._about.setAccessibleName(self._about.placeholderText())
        self._body.addWidget(self._about)
        acts = [button(_("Save what is kept…"), self.save_about, style)]
        if rights.writable:
            acts.append(button(_("Delete for good…"), self.forget, style))
        self._body.addLayout(Flow(*acts))

    def save_about(self) -> None:
        """Everything about the address in the field, as a JSON file for its owner."""
        text, card = self._about.text().strip(), self._desk.jobs.card
        if not text or card is None:
            return
        start = Path(card.folder).parent / "data-subject.json"
        path = job_parts.chosen_file(self, _("Save what is kept"), start, "JSON (*.json)")
        if path is not None:

            def work(job: Job, _who: str) -> None:
                from sweeper.jobs import purging

                made = purging.about(job, text)
                path.write_text(json.dumps(made, ensure_ascii=True, indent=2) + "\n", "utf-8")

            then = told(self._desk, _("Saved."), _("This could not be saved."), path)
            self._desk.jobs.ask(work, then)

    def forget(self) -> None:
        """Delete what is kept about the address in the field, once the reader agreed."""
        text = self._about.text().strip()
        asked = _("Everything kept about it is deleted for good; a certificate stays. This cannot be undone.")
        if not text or not job_parts.agreed(self, _("Delete for good"), asked, _("Delete")):
            return
        done = _("Deleted; the certificate is filed in the job.")
        self._desk.jobs.forget(text, told(self._desk, done, _("The job did not allow this.")))


def day(when: dt.date) -> str:
    """A day in the reader's words."""
    from sweeper.casework.chapters import day as said

    return said(when, words.spoken())


def countdown(term: Term, left: int) -> str:
    """What became of a term, or the working days that are left."""
    if term.answered is not None:
        return _("Answered on {day}.").format(day=day(term.answered))
    if term.late(job_forms.today()):
        return _("LATE since {day}.").format(day=day(term.due))
    days = ngettext("{n} working day left", "{n} working days left", left)
    return _("{days}, until {day}.").format(days=days, day=day(term.due))
