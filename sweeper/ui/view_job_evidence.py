"""The evidence of the open job: its seal and what it says today, custody, deletion, the log of every act."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtWidgets import QFileDialog, QWidget

from sweeper.text import safe_text
from sweeper.ui import job_classes, job_forms, job_log, job_parts, words
from sweeper.ui.flow import Flow
from sweeper.ui.job_forms import Field, Kind
from sweeper.ui.job_parts import told
from sweeper.ui.parts import button, empty, label
from sweeper.ui.words import _

if TYPE_CHECKING:
    from sweeper.jobs.audit import Entry
    from sweeper.jobs.job import Job
    from sweeper.jobs.papers import Custody, Purge
    from sweeper.ui.desk import Desk


class Case(msgspec.Struct, frozen=True):
    """What the page shows, read on the core's thread."""

    sealed: str
    custody: tuple[Custody, ...]
    devices: tuple[job_classes.Judged, ...]
    purges: tuple[Purge, ...]
    due_utc_s: float
    log: tuple[Entry, ...]
    writable: bool
    folder: Path


def read(job: Job, _who: str) -> Case:
    """The job's seal, custody, certificates and log."""
    from sweeper.jobs.papers import Custody

    log = job.store.audit_log()
    seals = [entry for entry in log if entry.act == "sealed"]
    sealed = f"{words.spoken().datetime(seals[-1].utc_s)}, {seals[-1].who}" if seals else ""
    handed = tuple(each for _number, each in job.filed(Custody))
    purges = tuple(job.purges())
    devices = job_classes.judged(job)
    return Case(sealed, handed, devices, purges, job.purge_due(), tuple(log), not job.read_only, job.folder)


def again(folder: Path) -> object:
    """Run the evidence of a job again; beside the core's loop, which it would block for minutes."""
    from sweeper.casework.reproduce import reproduce
    from sweeper.jobs.job import Job
    from sweeper.ui.recipes import library

    job = Job(folder, read_only=True)
    try:
        return reproduce(job, library())
    finally:
        job.close()


class JobEvidenceView(QWidget):
    """Seal, verify, stamp, reproduce; custody; purge; the log."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._body = job_parts.page(self, desk.style, _("Evidence"))
        self._said = label(wrap=True)
        self.case: Case | None = None
        self.said = ""
        desk.jobs.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Read the open job again."""
        if self._desk.jobs.card is None:
            self.case, self.said = None, ""
            self._draw()
        else:
            self._desk.jobs.look(read, self._show)

    def _show(self, case: object, _problem: str) -> None:
        self.case = case if isinstance(case, Case) else None
        self._draw()

    def _draw(self) -> None:
        empty(self._body)
        text = _(
            "A sealed job shows later whether a byte of it was changed. Whoever has its folder can check "
            "that, without a licence and without a secret."
        )
        job_parts.head(self._body, self._desk, _("Evidence"), text)
        if self.case is None:
            self._body.addWidget(label(_("No job is open."), wrap=True))
        else:
            self._seal(self.case)
            job_classes.draw(self._body, self._desk, self, self.case.devices, self.case.writable)
            self._custody(self.case)
            self._purge(self.case)
            self._log(self.case)
        self._body.addStretch(1)

    # The seal.

    def _seal(self, case: Case) -> None:
        style = self._desk.style
        state = _("Sealed last: {when}").format(when=case.sealed) if case.sealed else _("Not sealed yet.")
        job_parts.section(self._body, _("Seal"), safe_text(state), style)
        acts = []
        if case.writable:
            acts += [
                button(_("Seal the job"), self.seal, style, primary=True),
                button(_("Seal with a key…"), self.seal_with_key, style),
                button(_("Make a key…"), self.make_key, style, quiet=True),
                button(_("Have it time-stamped…"), self.stamp, style),
            ]
        acts += [
            button(_("Verify"), self.verify, style),
            button(_("Verify with a public key…"), self.verify_key, style, quiet=True),
            button(_("Run the evidence again"), self.reproduce, style),
        ]
        self._body.addLayout(Flow(*acts))
        self._said = label(safe_text(self.said), wrap=True)
        self._said.setAccessibleName(_("Result"))
        self._said.setVisible(bool(self.said))
        self._body.addWidget(self._said)

    def _say(self, text: str) -> None:
        self.said = text
        self._said.setText(safe_text(text))
        self._said.setVisible(bool(text))

    def seal(self) -> None:
        """Seal as it stands, unsigned."""
        self._desk.jobs.seal(self._sealed)

    def seal_with_key(self) -> None:
        """Choose the file of a signing key, and seal."""
        path, _kind = QFileDialog.getOpenFileName(self, _("File of the signing key"), str(Path.home()))
        if path:
            self._desk.jobs.seal(self._sealed, Path(path))

    def _sealed(self, manifest: object, problem: str) -> None:
        if problem:
            self._say(_("The job was not sealed: {why}").format(why=problem))
            return
        count = words.spoken().number(len(getattr(manifest, "files", ())))
        self._say(_("Sealed: {count} files; from now on a changed byte shows.").format(count=count))

    def make_key(self) -> None:
        """Make a signing key in a new file; its public half is shown, for whoever verifies."""
        path = job_parts.chosen_file(
            self, _("File for the new key"), Path.home() / "sweeper-seal.key", "KEY (*.key)"
        )
        if path is not None:

            def work() -> object:
                from sweeper.jobs import evidence

                return evidence.new_key(path)

            self._desk.ask(work, self._made_key)

    def _made_key(self, public: object, problem: str) -> None:
        text = _("The public key, for whoever verifies: {key}. Keep the file to yourself.")
        self._say(problem or text.format(key=public))

    def stamp(self) -> None:
        """Have the seal stamped by a time authority, over the network, once the reader agreed."""
        intro = _(
            "This uses the network: one hash is sent to the time authority that you name, nothing else. Its "
            "answer proves that the seal existed then."
        )
        field = Field(key="url", title=_("Address of the time authority"), value="https://", required=True)
        given = job_forms.ask(self, self._desk.style, _("Time stamp"), _("Send the hash"), [field], intro)
        if given is None:
            return
        url = given.text("url")

        def work(job: Job, who: str) -> object:
            from sweeper.jobs import evidence

            return evidence.stamped(job, who, url)

        self._desk.jobs.ask(work, self._told)

    def verify(self, key: str | None = None) -> None:
        """Check the last seal; what holds, or the first file that does not."""
        self._say(_("Checking…"))

        def work(job: Job, _who: str) -> object:
            from sweeper.jobs import evidence

            return asyncio.to_thread(evidence.verify, job.folder, key)

        self._desk.jobs.look(work, self._told)

    def verify_key(self) -> None:
        """Check the last seal, and that this key signed it."""
        field = Field(key="key", title=_("The public key that must have signed"), required=True)
        given = job_forms.ask(self, self._desk.style, _("Verify"), _("Verify"), [field])
        if given is not None:
            self.verify(given.text("key"))

    def reproduce(self) -> None:
        """Run the recorded evidence through this program again and compare the findings."""
        self._say(_("Running the evidence again…"))

        def work(job: Job, _who: str) -> object:
            return asyncio.to_thread(again, job.folder)

        self._desk.jobs.look(work, self._reproduced)

    def _reproduced(self, made: object, problem: str) -> None:
        from sweeper.casework.reproduce import Outcome, Reproduction

        if not isinstance(made, Reproduction):
            self._say(problem)
            return
        names = {
            Outcome.IDENTICAL: _("identical"),
            Outcome.AGAIN: _("again"),
            Outcome.NOT_AGAIN: _("NOT again"),
            Outcome.NO_EVIDENCE: _("nothing was recorded"),
        }
        spoken = words.spoken()
        lines = [
            f"{line.sweep}/{line.finding} · {spoken.level(line.level)} · {spoken.finding_kind(line.kind)}: "
            f"{names[line.outcome]}"
            for line in made.lines
        ]
        empty_text = _("There are no findings to reproduce.")
        self._say("\n".join([*(lines or [empty_text]), *map(words.told, made.notes)]))

    def _told(self, text: object, problem: str) -> None:
        self._say(problem or str(text))

    # Custody.

    def _custody(self, case: Case) -> None:
        style = self._desk.style
        text = _("Each time that an item of evidence passes from hand to hand.")
        job_parts.section(self._body, _("Chain of custody"), text, style)
        for each in case.custody:
            way = _("{giver} to {taker}").format(giver=each.giver, taker=each.taker)
            when = words.spoken().datetime(each.utc_s)
            seal = _("Seal {number}").format(number=each.seal) if each.seal else ""
            facts = (" · ".join(part for part in (way, when, seal) if part), each.place, each.why)
            self._body.addWidget(job_parts.line(each.item, facts))
        acts = [button(_("Save the custody form…"), self._custody_form, style, icon="report")]
        if case.writable:
            acts.insert(0, button(_("File a hand-over…"), self.hand_over, style))
        self._body.addLayout(Flow(*acts))

    def hand_over(self) -> None:
        """Ask who gave what to whom, and file it."""
        fields = (
            Field(key="item", title=_("Item"), required=True),
            Field(key="seal", title=_("Number of the seal on its bag")),
            Field(key="giver", title=_("Given by"), required=True),
            Field(key="taker", title=_("Taken by"), required=True),
            Field(key="place", title=_("Where")),
            Field(key="why", title=_("Why")),
        )
        given = job_forms.ask(self, self._desk.style, _("Hand-over"), _("File"), fields)
        if given is None:
            return
        said = {field.key: given.text(field.key) for field in fields}

        def work(job: Job, who: str) -> object:
            from sweeper.jobs.papers import Custody, Role

            job.require(who, Role.TECHNICIAN, Role.REVIEWER)
            return job.file(Custody(utc_s=job.now(), **said), who, "custody", item=said["item"])

        self._file(work, _("The hand-over is filed."))

    def _custody_form(self) -> None:
        job_parts.save_paper(self._desk, self, "custody", _("Save the custody form"))

    # Deletion and leaving.

    def _purge(self, case: Case) -> None:
        style = self._desk.style
        late = case.due_utc_s < time.time()
        due = _("Other people's identifiers are due for deletion on {day}.").format(
            day=words.spoken().date(case.due_utc_s)
        )
        job_parts.section(
            self._body, _("Deletion and copies"), due + (" " + _("LATE.") if late else ""), style
        )
        for number, each in enumerate(case.purges, 1):
            when = words.spoken().datetime(each.utc_s)
            save = button(_("Save the certificate…"), partial(self._certificate, number), style)
            title = _("Deleted on {when}").format(when=when)
            self._body.addWidget(job_parts.line(title, (each.who,), job_parts.named(save, when)))
        acts = []
        if case.writable:
            acts.append(button(_("Purge…"), self.purge, style))
        acts.append(button(_("Save the job as one file…"), self.export, style))
        self._body.addLayout(Flow(*acts))

    def _certificate(self, number: int) -> None:
        job_parts.save_paper(self._desk, self, "certificate", _("Save the certificate"), number=number)

    def purge(self) -> None:
        """Delete other people's identifiers and recordings for good, once the reader agreed."""
        intro = _(
            "Addresses, names and recordings of other people's devices are deleted from this job for good. "
            "Findings and verdicts stay, under pseudonyms; a certificate is filed. This cannot be undone."
        )
        field = Field(key="photos", title=_("The photos too"), kind=Kind.CHECK, value=False)
        given = job_forms.ask(self, self._desk.style, _("Purge"), _("Delete for good"), [field], intro)
        if given is None:
            return
        photos = given.flag("photos")
        then = told(self._desk, _("Deleted; the certificate is filed."), _("The job did not allow this."))
        self._desk.jobs.purge(then, photos=photos)

    def export(self) -> None:
        """The whole job as one file, encrypted where a password is given."""
        case = self.case
        if case is None:
            return
        fields = (
            Field(key="password", title=_("Password"), kind=Kind.HIDDEN),
            Field(key="again", title=_("The same password again"), kind=Kind.HIDDEN),
        )
        intro = _("With a password the file is encrypted; leave both fields empty for a plain one.")
        given = job_forms.ask(self, self._desk.style, _("Save the job"), _("Go on"), fields, intro)
        if given is None:
            return
        secret = given.text("password")
        if secret != given.text("again"):
            self._desk.say(_("The two passwords differ."), "", _("Nothing was saved. Try again."))
            return
        ending = ".locked.zip" if secret else ".zip"
        start = case.folder.with_name(case.folder.name + ending)
        path = job_parts.chosen_file(self, _("Save the job"), start, f"{ending} (*{ending})")
        if path is not None:

            def work(job: Job, who: str) -> object:
                from sweeper.jobs import container

                container.told(job, who, encrypted=bool(secret))
                return asyncio.to_thread(container.packed, job.folder, path, secret or None)

            then = told(self._desk, _("The job is saved."), _("The job could not be saved."), path)
            self._desk.jobs.ask(work, then)

    # The log.

    def _log(self, case: Case) -> None:
        style = self._desk.style
        text = _("Every act, chained by hash: a changed or missing line shows.")
        job_parts.section(self._body, _("Log of acts"), text, style)
        self._body.addWidget(job_log.table(case.log, style))

    def _file(self, work: Callable[[Job, str], object], done: str) -> None:
        self._desk.jobs.ask(work, told(self._desk, done, _("The job did not allow this.")))
