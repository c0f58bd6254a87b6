"""The technician's own papers: licence card, what is due, staff, equipment with its calibration, duties."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtWidgets import QFileDialog, QWidget

from sweeper.text import safe_text
from sweeper.ui import job_forms, job_parts, words
from sweeper.ui.flow import Flow
from sweeper.ui.job_forms import Field, Kind, today
from sweeper.ui.job_parts import told
from sweeper.ui.parts import button, card, column, empty, label, picture, row
from sweeper.ui.theme import GRID
from sweeper.ui.view_job_people import day
from sweeper.ui.words import _, ngettext

if TYPE_CHECKING:
    from sweeper.jobs.papers import Equipment
    from sweeper.jobs.practice import OwnDuty, Practice, Reminder, Staff
    from sweeper.ui.desk import Desk

AHEAD_DAYS = 30
"""What is due within a month is told."""


class Shown(msgspec.Struct, frozen=True):
    """What the page shows, read on the core's thread."""

    practice: Practice
    facts: tuple[tuple[str, str], ...]
    reminders: tuple[Reminder, ...]
    laws: tuple[str, ...]


def read() -> Shown:
    """The practice as it is entered, and what is due."""
    from sweeper.casework import papers
    from sweeper.jobs import practice
    from sweeper.jobs.law import profiles

    mine = practice.read()
    facts = papers.licence_facts(mine, time.time(), words.spoken())
    reminders = practice.reminders(mine, today(), AHEAD_DAYS)
    return Shown(mine, tuple((f.name, f.value) for f in facts), tuple(reminders), tuple(profiles()))


class PracticeView(QWidget):
    """Licence card, reminders, staff, equipment, duties."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._body = job_parts.page(self, desk.style, _("Licence and duties"))
        self.shown: Shown | None = None
        self.refresh()

    def refresh(self) -> None:
        """Read the practice again."""
        self._desk.ask(read, self._show)

    def _show(self, shown: object, problem: str) -> None:
        self.shown = shown if isinstance(shown, Shown) else None
        empty(self._body)
        text = _(
            "What a licensed technician keeps for the licensor. A private person needs nothing of this. It "
            "stays on this computer, apart from all jobs."
        )
        job_parts.head(self._body, self._desk, _("Licence and duties"), text)
        if self.shown is None:
            self._body.addWidget(label(safe_text(problem), tone="medium", wrap=True))
        else:
            self._due(self.shown)
            self._card(self.shown)
            self._duties(self.shown.practice.duties)
            self._equipment(self.shown.practice.equipment)
            self._staff(self.shown.practice.staff)
            self._papers()
        self._body.addStretch(1)

    def _change(self, change: Callable[[Practice], Practice]) -> None:
        """Change what is entered, on the core's thread, and show it."""

        def work() -> None:
            from sweeper.jobs import practice

            practice.write(change(practice.read()))

        self._desk.ask(work, self._changed)

    def _changed(self, _result: object, problem: str) -> None:
        if problem:
            self._desk.say(_("This could not be entered."), safe_text(problem), "")
        self.refresh()
        self._desk.jobs.changed.emit()

    # What is due, and the card.

    def _due(self, shown: Shown) -> None:
        style = self._desk.style
        for reminder in shown.reminders:
            made = row(picture("level-medium" if reminder.late else "level-info", style, "text", 20))
            made.addWidget(label(reminded(reminder), wrap=True), 1)
            made.setContentsMargins(GRID * 2, GRID, GRID * 2, GRID)
            self._body.addWidget(card(made))

    def _card(self, shown: Shown) -> None:
        style = self._desk.style
        job_parts.section(self._body, _("Licence"), "", style)
        facts = column(spacing=4, margin=GRID * 2)
        for name, value in shown.facts:
            facts.addWidget(label(safe_text(f"{name}: {value}"), wrap=True))
        self._body.addWidget(card(facts))
        acts = [button(_("Enter the licence…"), self.enter_card, style)]
        if shown.practice.licence is not None:
            acts.append(button(_("Take it out…"), self.drop_card, style, quiet=True))
        self._body.addLayout(Flow(*acts))

    def enter_card(self) -> None:
        """Ask for the card; the expiry is computed, never typed."""
        held = self.shown.practice.licence if self.shown is not None else None
        laws = tuple((code, code) for code in (self.shown.laws if self.shown is not None else ()))
        fields = (
            Field(key="number", title=_("Number"), value=held.number if held else "", required=True),
            Field(key="holder", title=_("Holder"), value=held.holder if held else "", required=True),
            Field(key="authority", title=_("Licensor"), value=held.authority if held else "", required=True),
            Field(key="issued", title=_("Issued on"), kind=Kind.DAY, required=True,
                  value=held.issued if held else None),
            Field(key="subkind", title=_("Sub-kind"), kind=Kind.NUMBER, low=1, high=99,
                  value=held.subkind if held else 1),
            Field(key="open", title=_("Issued without a term"), kind=Kind.CHECK,
                  value=bool(held and held.open_ended)),
            Field(key="law", title=_("The law under which it was issued"), kind=Kind.CHOICE, value="kz",
                  entries=laws),
        )  # fmt: skip
        given = job_forms.ask(self, self._desk.style, _("Licence"), _("Enter"), fields)
        if given is None:
            return
        code = words.spoken().code

        def change(mine: Practice) -> Practice:
            from sweeper.jobs import practice
            from sweeper.jobs.law import Licence

            made = Licence(
                number=given.text("number"),
                holder=given.text("holder"),
                authority=given.text("authority"),
                subkind=given.number("subkind"),
                issued=given.day("issued") or today(),
                open_ended=given.flag("open"),
            )
            return practice.entered(mine, made, given.text("law"), code, today())

        self._change(change)

    def drop_card(self) -> None:
        """Take the card out, before another organisation is entered."""
        text = _(
            "Jobs keep the card that they were made with. A licence cannot pass to another organisation."
        )
        if not job_parts.agreed(self, _("Licence"), text, _("Take it out")):
            return
        field = Field(key="organisation", title=_("The organisation to enter instead"))
        given = job_forms.ask(self, self._desk.style, _("Licence"), _("Go on"), [field])
        name = given.text("organisation") if given is not None else ""

        def change(mine: Practice) -> Practice:
            from sweeper.jobs import practice

            bare = msgspec.structs.replace(mine, licence=None)
            return practice.named(bare, name or bare.organisation)

        self._change(change)

    # Duties.

    def _duties(self, duties: Sequence[OwnDuty]) -> None:
        style = self._desk.style
        text = _("Periods are yours to set: the licensor sets the real ones.")
        job_parts.section(self._body, _("Duty calendar"), text, style)
        for each in sorted(duties, key=lambda duty: duty.due):
            acts = [
                button(_("Done…"), partial(self.duty_done, each.id), style),
                button(_("Change…"), partial(self.enter_duty, each), style),
                button(_("Take out"), partial(self._drop_duty, each.id), style, quiet=True),
            ]
            often = ngettext("every {n} month", "every {n} months", each.months)
            due = _("Next: {day}, {often}").format(day=day(each.due), often=often)
            last = _("Done last: {day}").format(day=day(each.done[-1])) if each.done else ""
            tone = "medium" if each.due < today() else "muted"
            named = [job_parts.named(act, each.name) for act in acts]
            self._body.addWidget(job_parts.line(each.name, (due, last), *named, tone=tone))
        if not duties:
            self._body.addWidget(label(_("No duty is entered."), tone="muted"))
        self._body.addLayout(Flow(button(_("Add a duty…"), self.enter_duty, style)))

    def enter_duty(self, known: OwnDuty | None = None) -> None:
        """Ask for a duty, a new one or one that is entered."""
        fields = (
            Field(key="name", title=_("What has to be done"), required=True,
                  value=known.name if known else ""),
            Field(key="months", title=_("Every how many months"), kind=Kind.NUMBER,
                  value=known.months if known else 12, low=1, high=600),
            Field(key="due", title=_("Next on"), kind=Kind.DAY, required=True,
                  value=known.due if known else None),
        )  # fmt: skip
        given = job_forms.ask(self, self._desk.style, _("Duty"), _("Enter"), fields)
        if given is None:
            return
        name = given.text("name")

        def change(mine: Practice) -> Practice:
            from sweeper.jobs import practice

            duty = practice.OwnDuty(
                id=known.id if known is not None else name,
                name=name,
                months=given.number("months"),
                due=given.day("due") or today(),
                done=known.done if known is not None else (),
            )
            return practice.with_duty(mine, duty)

        self._change(change)

    def duty_done(self, name: str) -> None:
        """Ask on which day it was done; the next one is computed."""
        field = Field(key="day", title=_("It was done on"), kind=Kind.DAY, required=True)
        given = job_forms.ask(self, self._desk.style, _("Duty"), _("Done"), [field])
        if given is not None:
            from sweeper.jobs import practice

            when = given.day("day") or today()
            self._change(lambda mine: practice.done(mine, name, when))

    def _drop_duty(self, name: str) -> None:
        from sweeper.jobs import practice

        self._change(lambda mine: practice.without_duty(mine, name))

    # Equipment and staff.

    def _equipment(self, pieces: Sequence[Equipment]) -> None:
        style = self._desk.style
        job_parts.section(self._body, _("Equipment"), "", style)
        for each in pieces:
            serial = _("Serial number {number}").format(number=each.serial) if each.serial else ""
            parts = [each.antenna, each.note]
            if each.calibrated is not None:
                parts.append(_("calibrated on {day}").format(day=day(each.calibrated)))
            if each.calibration_due is not None:
                parts.append(_("due on {day}").format(day=day(each.calibration_due)))
            change = button(_("Change…"), partial(self.enter_equipment, each), style)
            drop = button(_("Take out"), partial(self._drop_equipment, each), style, quiet=True)
            acts = [job_parts.named(act, each.name) for act in (change, drop)]
            facts = (serial, ", ".join(part for part in parts if part))
            late = each.calibration_due is not None and each.calibration_due < today()
            self._body.addWidget(job_parts.line(each.name, facts, *acts, tone="medium" if late else "muted"))
        self._body.addLayout(Flow(button(_("Add equipment…"), self.enter_equipment, style)))

    def enter_equipment(self, known: Equipment | None = None) -> None:
        """Ask for a piece; the same name and serial number replace what was entered."""
        fields = (
            Field(key="name", title=_("Name"), value=known.name if known else "", required=True),
            Field(key="serial", title=_("Serial number"), value=known.serial if known else ""),
            Field(key="antenna", title=_("Antenna"), value=known.antenna if known else ""),
            Field(key="calibrated", title=_("Calibrated on"), kind=Kind.DAY,
                  value=known.calibrated if known else None),
            Field(key="due", title=_("Next calibration"), kind=Kind.DAY,
                  value=known.calibration_due if known else None),
            Field(key="note", title=_("Note"), value=known.note if known else ""),
        )  # fmt: skip
        given = job_forms.ask(self, self._desk.style, _("Equipment"), _("Enter"), fields)
        if given is None:
            return

        def change(mine: Practice) -> Practice:
            from sweeper.jobs import practice
            from sweeper.jobs.papers import Equipment

            piece = Equipment(
                name=given.text("name"),
                serial=given.text("serial"),
                antenna=given.text("antenna"),
                calibrated=given.day("calibrated"),
                calibration_due=given.day("due"),
                note=given.text("note"),
            )
            return practice.with_equipment(mine, piece)

        self._change(change)

    def _staff(self, staff: Sequence[Staff]) -> None:
        style = self._desk.style
        job_parts.section(self._body, _("Staff"), "", style)
        for each in staff:
            change = button(_("Change…"), partial(self.enter_staff, each), style)
            drop = button(_("Take out"), partial(self._drop_staff, each.name), style, quiet=True)
            acts = [job_parts.named(act, each.name) for act in (change, drop)]
            self._body.addWidget(job_parts.line(each.name, (each.position, each.qualification), *acts))
        self._body.addLayout(Flow(button(_("Add a person…"), self.enter_staff, style)))

    def enter_staff(self, known: Staff | None = None) -> None:
        """Ask for a person of the staff; the same name replaces what was entered."""
        fields = (
            Field(key="name", title=_("Name"), value=known.name if known else "", required=True),
            Field(key="position", title=_("Position"), value=known.position if known else ""),
            Field(key="qualification", title=_("Qualification"), value=known.qualification if known else ""),
        )
        given = job_forms.ask(self, self._desk.style, _("Staff"), _("Enter"), fields)
        if given is not None:
            from sweeper.jobs import practice

            person = practice.Staff(*(given.text(field.key) for field in fields))
            self._change(lambda mine: practice.with_staff(mine, person))

    def _drop_equipment(self, piece: Equipment) -> None:
        from sweeper.jobs import practice

        self._change(lambda mine: practice.without_equipment(mine, piece.name, piece.serial))

    def _drop_staff(self, name: str) -> None:
        from sweeper.jobs import practice

        self._change(lambda mine: practice.without_staff(mine, name))

    # Papers that belong to no job.

    def _papers(self) -> None:
        style = self._desk.style
        text = _(
            "The law's texts can be changed: save them into a folder and edit them. Papers are then written "
            "from there."
        )
        job_parts.section(self._body, _("Texts"), text, style)
        self._body.addLayout(
            Flow(
                button(_("Save the law's texts…"), self.save_texts, style),
                button(_("Save risks and safe use…"), self.save_safe_use, style),
            )
        )

    def save_texts(self) -> None:
        """Every text of the law as a file to change."""
        folder = QFileDialog.getExistingDirectory(self, _("Folder for the texts"), str(Path.home()))
        if folder:
            spoken, target = words.spoken(), Path(folder)

            def work() -> None:
                from sweeper.casework import papers
                from sweeper.jobs import practice

                for name, text in practice.read().profile().texts.items():
                    written = papers.written(text, spoken)
                    (target / f"{name}-{spoken.code}.txt").write_text(written, "utf-8")

            self._desk.settings.put(job_parts.TEXTS, folder)
            self._desk.ask(work, told(self._desk, _("Saved."), _("This could not be saved."), target))

    def save_safe_use(self) -> None:
        """The sheet on risks and safe use."""
        code = job_parts.report_code(self._desk)
        start = Path.home() / f"safe-use-{code}.pdf"
        path = job_parts.chosen_file(self, _("Save the paper"), start, job_parts.PAPERS)
        if path is not None:

            def work() -> None:
                from sweeper import language
                from sweeper.casework import papers
                from sweeper.report import formats

                path.write_bytes(formats.sheet(path.name, papers.safe_use(language.get(code))))

            done, failed = _("The paper is saved."), _("The paper could not be saved.")
            self._desk.ask(work, told(self._desk, done, failed, path))


def reminded(reminder: Reminder) -> str:
    """One line: what, when, how many days are left."""
    names = {"duty": _("Duty"), "calibration": _("Calibration"), "licence": _("Licence")}
    left = (reminder.day - today()).days
    term = ngettext("in {n} day", "in {n} days", left) if left >= 0 else _("LATE")
    return safe_text(f"{names[reminder.kind]}: {reminder.about} · {day(reminder.day)} · {term}")
