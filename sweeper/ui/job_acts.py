"""What can be done with the open job besides sweeping: its report, its seal, its lock, the papers
around it.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QInputDialog, QLineEdit, QWidget

from sweeper.text import safe_text
from sweeper.ui import job_head, saving
from sweeper.ui.flow import Flow
from sweeper.ui.parts import button
from sweeper.ui.words import _

if TYPE_CHECKING:
    from sweeper.ui.desk import Desk


class JobActs:
    """The buttons below an open job, and what they do. Every file is written on the core's thread."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        self._desk = desk
        self._parent = parent

    def buttons(self, *, writable: bool) -> Flow:
        """The report always; seal and lock where the job can be changed."""
        style = self._desk.style
        made = [
            button(_("Save the job's report…"), self.report, style, icon="report"),
            button(_("Save the short report…"), partial(self.report, brief=True), style, icon="report"),
        ]
        if writable:
            made += [
                button(_("Seal the job"), self.seal, style),
                button(_("Lock with a password…"), self.lock, style),
                button(_("Change…"), lambda: job_head.change(self._desk, self._parent), style),
                button(_("Add a person…"), lambda: job_head.add_person(self._desk, self._parent), style),
            ]
        return Flow(*made)

    def report(self, *, brief: bool = False) -> None:
        """The job's report; names and addresses of other people are replaced in it."""
        card = self._desk.jobs.card
        if card is None:
            return
        name = "report-short.pdf" if brief else "report.pdf"
        start = str(Path(card.folder) / "reports" / name)
        filters = "PDF (*.pdf)" if brief else saving.FILTERS
        path, chosen = QFileDialog.getSaveFileName(self._parent, _("Save the report"), start, filters)
        if path:
            self.write(saving.named(path, chosen), brief=brief)

    def write(self, path: Path, *, brief: bool = False) -> None:
        """Without a dialog, for tests."""
        code = self._desk.settings.text("report-language")
        self._desk.jobs.write(path, code, partial(self._told, path), brief=brief)

    def _told(self, path: Path, _result: object, problem: str) -> None:
        if problem:
            what = _("The report could not be saved.")
            self._desk.say(what, safe_text(problem), _("Choose another place and save it again."))
        else:
            self._desk.say(_("The report is saved."), safe_text(str(path)), "")

    def seal(self) -> None:
        """Seal: SHA-512 of every file, chained to the audit log."""
        self._desk.jobs.seal(self._sealed)

    def _sealed(self, manifest: object, problem: str) -> None:
        if problem:
            self._desk.say(_("The job was not sealed."), safe_text(problem), "")
            return
        count = len(getattr(manifest, "files", ()))
        said = _("{count} files; from now on a changed byte shows.").format(count=count)
        self._desk.say(_("The job is sealed."), said, "")

    def lock(self) -> None:
        """Ask for the password twice, then put the job into one encrypted file."""
        first = self._password(_("Password for this job"))
        if not first:
            return
        if first != self._password(_("The same password again")):
            self._desk.say(_("The two passwords differ."), "", _("Nothing was locked. Try again."))
            return
        self._desk.jobs.lock(first, self._locked)

    def unlock(self) -> None:
        """Choose a locked job and open it with its password."""
        home = self._desk.settings.text("jobs-home") or str(Path.home() / "sweeper-jobs")
        title = _("Open a locked job…")
        path, _chosen = QFileDialog.getOpenFileName(self._parent, title, home, "age (*.age)")
        given = self._password(_("Password for this job")) if path else ""
        if given:
            self._desk.jobs.unlock(Path(path), given)

    def _password(self, title: str) -> str:
        mode = QLineEdit.EchoMode.Password
        given, taken = QInputDialog.getText(self._parent, _("Password"), title, mode)
        return given if taken else ""

    def _locked(self, path: object, problem: str) -> None:
        self._desk.jobs.changed.emit()
        if problem:
            self._desk.say(_("The job was not locked."), safe_text(problem), "")
        else:
            what = _("The job is locked. Without the password nobody can open it.")
            self._desk.say(what, safe_text(str(path)), "")
