"""The register of all jobs below a folder: what an inspection asks about each, as a table and as files."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtWidgets import QFileDialog, QWidget

from sweeper.text import Words, safe_text
from sweeper.ui import job_forms, job_parts, words
from sweeper.ui.flow import Flow
from sweeper.ui.job_forms import Field, Kind
from sweeper.ui.job_parts import told
from sweeper.ui.parts import button, column, label, prose, row
from sweeper.ui.tables import Column, RecordTable, Table
from sweeper.ui.theme import GRID
from sweeper.ui.words import _, ngettext

if TYPE_CHECKING:
    from sweeper.jobs.register import Row
    from sweeper.language import Language
    from sweeper.ui.desk import Desk

FILTERS = "CSV (*.csv);;ODS (*.ods);;PDF (*.pdf)"
QUARTER_DAYS = 91


class Line(msgspec.Struct, frozen=True):
    """One job under the id that the table wants: its folder."""

    id: str
    row: Row


class RegisterView(QWidget):
    """All jobs of a folder: open one, save the register, the inspection pack, the licensor's report."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setAccessibleName(_("All jobs"))
        self._desk = desk
        style = desk.style
        self._model = RecordTable(_columns(), sort_by=2, descending=True)
        self._table = Table(self._model, style, _("All jobs"))
        self._table.opened.connect(self._open)
        self._count = label(tone="muted")
        self._problems = label(tone="medium", wrap=True)
        self._where = label(size="caption", tone="muted", wrap=True)
        back = button(_("Back to the jobs"), lambda: desk.wanted.emit("jobs"), style, icon="back", quiet=True)
        text = _(
            "Every job below one folder, a line each, with the state of its terms, its seal and its log."
        )
        self.setLayout(
            column(
                row(label(_("All jobs"), size="title"), self._count, 0, back, spacing=GRID * 2),
                prose(text, style, tone="muted"),
                self._where,
                self._table,
                self._problems,
                Flow(
                    button(_("Open the job"), lambda: self._open(self._table.selected), style, primary=True),
                    button(_("Choose the folder…"), self._choose, style, icon="open"),
                    button(_("Save the register…"), self.save_register, style, icon="report"),
                    button(_("Inspection pack…"), self.save_pack, style, icon="report"),
                    button(_("Report to the licensor…"), self.report, style),
                    button(_("Take in a job from a file…"), self._take_in, style),
                ),
                margin=GRID * 2,
            )
        )
        desk.jobs.changed.connect(self.refresh)
        self.refresh()

    @property
    def root(self) -> Path:
        """The folder whose jobs are listed."""
        return home(self._desk)

    def refresh(self) -> None:
        """Read all jobs again; beside the core's loop, for there may be hundreds."""
        self._where.setText(safe_text(str(self.root)))
        self._desk.ask(partial(asyncio.to_thread, _rows, self.root), self._show)

    def _show(self, found: object, problem: str) -> None:
        rows, problems = found if isinstance(found, tuple) else ([], [problem])
        self._model.clear()
        self._model.put(Line(row.folder, row) for row in rows)
        count = len(rows)
        self._count.setText(ngettext("{n} job", "{n} jobs", count) if count else _("No job yet."))
        self._problems.setText("\n".join(words.told(line) for line in problems))
        self._problems.setVisible(bool(problems))

    def _open(self, folder: str) -> None:
        if folder:
            self._desk.jobs.open(Path(folder))
            self._desk.wanted.emit("jobs")

    def _choose(self) -> None:
        path = QFileDialog.getExistingDirectory(self, _("Folder of the jobs"), str(self.root))
        if path:
            self._desk.settings.put("jobs-home", path)
            self.refresh()

    def _take_in(self) -> None:
        """A job that somebody saved as one file, into a folder of its own."""
        filters = "ZIP, age (*.zip *.age)"
        path, _kind = QFileDialog.getOpenFileName(self, _("Take in a job"), str(self.root), filters)
        if path:
            self.take_in(Path(path))

    def take_in(self, path: Path) -> None:
        """Without the first dialog, for tests; a password is asked for where the file needs one."""
        self._desk.ask(partial(_locked, path), partial(self._unpack, path))

    def _unpack(self, path: Path, locked: object, problem: str) -> None:
        if problem:
            self._desk.say(_("The job was not taken in."), safe_text(problem), "")
            return
        secret = None
        if locked:
            field = Field(key="password", title=_("Password"), kind=Kind.HIDDEN, required=True)
            given = job_forms.ask(self, self._desk.style, _("Take in a job"), _("Unlock"), [field])
            if given is None:
                return
            secret = given.text("password")
        work = partial(asyncio.to_thread, _taken_in, path, self.root, secret)
        self._desk.ask(work, self._taken)

    def _taken(self, made: object, problem: str) -> None:
        if problem:
            self._desk.say(_("The job was not taken in."), safe_text(problem), "")
        else:
            self._desk.say(_("The job is taken in."), safe_text(str(made)), "")
        self.refresh()

    # Files for others.

    def save_register(self) -> None:
        """The register as CSV, ODS or PDF."""
        path = job_parts.chosen_file(self, _("Save the register"), self.root / "register.csv", FILTERS)
        if path is not None:
            self._write(path, partial(_register, self.root, path, words.spoken()))

    def save_pack(self) -> None:
        """Licence, staff, equipment, duties, register, consents and hashes in one archive."""
        start = self.root / "inspection.zip"
        path = job_parts.chosen_file(self, _("Inspection pack"), start, "ZIP (*.zip)")
        if path is not None:
            self._write(path, partial(packed, self.root, path, words.spoken()))

    def report(self) -> None:
        """The report to the licensor on the jobs of a span of days."""
        now = job_forms.today()
        fields = (
            Field(key="from", title=_("First day"), kind=Kind.DAY, required=True,
                  value=now - dt.timedelta(days=QUARTER_DAYS)),
            Field(key="to", title=_("Last day"), kind=Kind.DAY, value=now, required=True),
        )  # fmt: skip
        intro = _("Form and period are the licensor's: the text can be changed, and is to be confirmed.")
        title = _("Report to the licensor")
        given = job_forms.ask(self, self._desk.style, title, _("Go on"), fields, intro)
        if given is None:
            return
        code = job_parts.report_code(self._desk)
        start = self.root / f"licensor-report-{code}.docx"
        path = job_parts.chosen_file(self, title, start, "Word (*.docx);;PDF (*.pdf);;TXT (*.txt)")
        if path is not None:
            own = job_parts.own_text(self._desk, "licensor-report", code)
            days = given.day("from") or now, given.day("to") or now
            self._write(path, partial(_reported, self.root, path, code, days, own))

    def _write(self, path: Path, work: Callable[[], object]) -> None:
        then = told(self._desk, _("Saved."), _("This could not be saved."), path)
        self._desk.ask(partial(asyncio.to_thread, work), then)


def home(desk: Desk) -> Path:
    """The folder in which jobs begin and are listed."""
    return Path(desk.settings.text("jobs-home") or Path.home() / "sweeper-jobs")


def _rows(root: Path) -> tuple[list[Row], list[Words]]:
    from sweeper.jobs import register

    return register.rows(root)


def _register(root: Path, path: Path, spoken: Language) -> None:
    from sweeper.casework import inspection

    rows, _problems = _rows(root)
    path.write_bytes(inspection.register(rows, path.name, spoken, time.time()))


def packed(root: Path, path: Path, spoken: Language) -> None:
    """Write the inspection pack over all jobs below ``root``."""
    from sweeper.casework import inspection
    from sweeper.jobs import practice

    rows, _problems = _rows(root)
    path.write_bytes(inspection.pack(practice.read(), rows, spoken, time.time()))


def _reported(root: Path, path: Path, code: str, days: tuple[dt.date, dt.date], own: Path | None) -> None:
    from sweeper import language
    from sweeper.casework import papers
    from sweeper.jobs import practice
    from sweeper.report import formats

    rows, _problems = _rows(root)
    text = papers.template(own) if own is not None else None
    made = papers.licensor_report(
        practice.read(), rows, language.get(code), from_day=days[0], to_day=days[1], own=text
    )
    path.write_bytes(formats.sheet(path.name, made))


def _locked(path: Path) -> bool:
    from sweeper.jobs import container

    return container.is_locked(path)


def _taken_in(path: Path, root: Path, secret: str | None) -> Path:
    from sweeper.jobs import container

    return container.take_in(path, root / container.name_of(path), password=secret)


def _columns() -> list[Column]:
    def date(utc_s: float) -> str:
        return words.spoken().date(utc_s)

    def purge(line: Line) -> str:
        if line.row.purged:
            return _("done")
        late = line.row.purge_due_utc_s < time.time()
        return f"{date(line.row.purge_due_utc_s)} ({_('late')})" if late else date(line.row.purge_due_utc_s)

    def state(line: Line) -> str:
        if line.row.problem:
            return safe_text(_("changed from outside: {why}").format(why=line.row.problem))
        return _("sealed") if line.row.seals else _("not sealed")

    def text(name: str) -> Callable[[Line], str]:
        return lambda line: safe_text(str(getattr(line.row, name)))

    def number(name: str) -> Callable[[Line], int]:
        return lambda line: int(getattr(line.row, name))

    def column_of(title: Callable[[], str], name: str, width: int) -> Column:
        return Column(title, text(name), number(name), width, True)

    return [
        Column(lambda: _("Job"), text("number"), text("number"), 110),
        Column(lambda: _("Place"), text("place"), text("place"), 150, stretch=True),
        Column(lambda: _("Begun"), lambda r: date(r.row.created_utc_s), lambda r: r.row.created_utc_s, 150),
        column_of(lambda: _("Sweeps"), "sweeps", 70),
        column_of(lambda: _("Findings"), "findings", 80),
        column_of(lambda: _("Confirmed"), "confirmed", 90),
        column_of(lambda: _("Open terms"), "open_terms", 90),
        Column(lambda: _("Purge"), purge, lambda r: r.row.purge_due_utc_s, 150),
        Column(lambda: _("State"), state, state, 120),
    ]
