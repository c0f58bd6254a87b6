"""The job that is open, if one is: every session is kept in it, every verdict filed.

A job's database belongs to the core's thread; the window holds only a ``Card`` of what it shows. Verdicts in
a job are never erased: taking one back files the one before again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from sweeper.errors import SweeperError
from sweeper.text import say
from sweeper.ui import words
from sweeper.ui.job_card import (
    Card,
    Kept,
    Sweep,
    Wanted,
    card_of,
    forgotten,
    kept_of,
    purged,
    reported,
    sealed,
    sweeping,
)
from sweeper.ui.verdicts import Verdict

if TYPE_CHECKING:
    from sweeper.casework import keeping
    from sweeper.jobs.job import Head, Job
    from sweeper.session import Session, Sink
    from sweeper.ui.bridge import Core, Recipe

__all__ = ["Card", "JobDesk", "Kept", "Sweep", "Wanted"]


class JobDesk(QObject):
    """Opens, creates and closes jobs; ``changed`` follows everything that changes the card."""

    changed = Signal()
    shown = Signal(object)
    """A ``Kept`` sweep that the reader wants to see."""
    refused = Signal(str)
    """One line: what the job did not allow."""

    def __init__(self, core: Core, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.card: Card | None = None
        self.sweep = 0
        self.acting = ""
        """Who acts, where the reader chose somebody."""
        self.keep_iq = False
        """Whether sweeps keep a second of each finding's band: chosen anew for each opening of a job."""
        self._core = core
        self._job: Job | None = None  # the core's thread only

    # What the window asks.

    def open(self, folder: Path) -> None:
        """Open the job in a folder."""

        def work() -> Card:
            from sweeper.jobs.job import Job

            return self._take(Job(folder))

        self._forget()
        self._core.ask(work, self._on_card)

    def create(self, folder: Path, head: Head, who: str) -> None:
        """Begin a job in a new folder, and open it."""

        def work() -> Card:
            from sweeper.jobs import practice
            from sweeper.jobs.job import Job

            return self._take(Job.create(folder, practice.for_job(practice.read(), head), who))

        self._forget()
        self._core.ask(work, self._on_card)

    def close(self) -> None:
        """Close the job; sessions are no longer kept."""
        self.card = None
        self._forget()
        self._core.ask(self._drop, lambda _result, _problem: self.changed.emit())

    def _forget(self) -> None:
        self.acting, self.keep_iq = "", False

    def act_as(self, name: str) -> None:
        """Act in this person's name from here on."""
        self.acting = name
        self.refresh()

    def look(self, work: Callable[[Job, str], object], then: Callable[[object, str], None]) -> None:
        """Ask the open job something on the core's thread: ``work(job, who acts)``."""

        def done() -> object:
            job = self._opened()
            return work(job, self._who(job))

        self._core.ask(done, then)

    def ask(self, work: Callable[[Job, str], object], then: Callable[[object, str], None]) -> None:
        """Do something that changes the open job, and show it anew."""
        self.look(work, then)
        self.refresh()

    def paper(self, wanted: Wanted, path: Path, then: Callable[[object, str], None]) -> None:
        """Write one of the papers around the job."""

        def work(job: Job, who: str) -> None:
            from sweeper import language
            from sweeper.casework import papers
            from sweeper.report import formats

            spoken = language.get(wanted.code)
            own = papers.template(wanted.own) if wanted.own is not None else None
            made = papers.of(
                job, wanted.kind, spoken, who=who, number=wanted.number, item=wanted.item, own=own
            )
            path.write_bytes(formats.sheet(path.name, made, made_utc_s=job.now()))
            papers.noted(job, wanted.kind, who, spoken)

        self.ask(work, then)

    def show(self, sweep: int) -> None:
        """Read a sweep back."""
        self._core.ask(lambda: kept_of(self._opened(), sweep), self._on_kept)

    def refresh(self) -> None:
        """Read the card again, after a sweep."""
        if self.card is not None:
            self._core.ask(self._look, self._on_card)

    def decide(self, finding: str, verdict: Verdict, then: Callable[[str], object]) -> None:
        """File a verdict; ``then(problem)`` says whether the job took it."""
        sweep = self.sweep

        def work() -> None:
            from sweeper.jobs import job

            if self._job is not None:
                decision = job.Verdict(verdict.decision.value)
                self._job.decide(job.Decision(sweep, finding, decision, verdict.name, verdict.note))

        self._core.ask(work, lambda _result, problem: then(problem))

    def keeping(self, recipe: Recipe, what: str) -> tuple[Recipe, Callable[[], None]]:
        """The recipe with its records kept in the job, and what is to be done when the session is over."""
        begun: list[keeping.Kept] = []

        def wrapped(sinks: Sequence[Sink]) -> Session:
            from sweeper.casework import keeping
            from sweeper.ui.recipes import library

            if self._job is None:
                return recipe(sinks)
            made = keeping.made_by(library())
            kept = keeping.begin(self._job, self._who(self._job), what, made=made, iq=self.keep_iq)
            self.sweep = kept.sweep
            begun.append(kept)
            return recipe([*sinks, *kept.sinks])

        def after() -> None:
            from sweeper.casework import keeping

            if self._job is not None and begun:
                kept = begun.pop()
                keeping.end(self._job, kept, self._who(self._job))
                if kept.problems:
                    self.refused.emit(words.told(kept.problems[0]))

        return wrapped, after

    def write(
        self, path: Path, code: str, then: Callable[[object, str], object], *, brief: bool = False
    ) -> None:
        """Write the job's report, other people's identifiers replaced; ``then(None, problem)``.

        It is made beside the core's loop, from what is on the disk: a sweep that runs goes on meanwhile.
        """

        async def work() -> None:
            from sweeper import language
            from sweeper.casework import writing

            job = self._opened()
            spoken = language.get(code) if code else words.spoken()
            await asyncio.to_thread(reported, job.folder, path, spoken, brief=brief)
            if self._job is job:
                writing.filed(job, path.name, self._who(job), spoken)

        self._core.ask(work, then)

    def seal(self, then: Callable[[object, str], None], key: Path | None = None) -> None:
        """Seal the job as it stands, signed where a key is given; ``then(manifest, problem)``."""
        self._beside(lambda job, who: sealed(job, who, key), then)

    def purge(self, then: Callable[[object, str], None], *, photos: bool) -> None:
        """Delete other people's identifiers and recordings; ``then(certificate, problem)``."""
        self._beside(lambda job, who: purged(job, who, photos=photos), then)

    def forget(self, text: str, then: Callable[[object, str], None]) -> None:
        """Delete one device's address or name and what holds it; ``then(certificate, problem)``."""
        self._beside(lambda job, who: forgotten(job, who, text), then)

    def _beside(self, work: Callable[[Path, str], object], then: Callable[[object, str], None]) -> None:
        """``work(folder, who acts)`` beside the core's loop: a sweep that runs goes on meanwhile."""

        async def done() -> object:
            job = self._opened()
            made = await asyncio.to_thread(work, job.folder, self._who(job))
            self._core.ask(self._look, self._on_card)
            return made

        self._core.ask(done, then)

    def lock(self, password: str, then: Callable[[object, str], object]) -> None:
        """Close the job and put it into one encrypted file; ``then(path, problem)``."""

        def work() -> object:
            from sweeper.jobs import container

            job = self._opened()
            folder, who = job.folder, self._who(job)
            job.require_reviewer(who)
            self._drop()
            return asyncio.to_thread(container.lock, folder, who=who, password=password)

        def locked(path: object, problem: str) -> None:
            if self._job is None:
                self.card = None
            then(path, problem)

        self._core.ask(work, locked)

    def unlock(self, path: Path, password: str) -> None:
        """Open a locked job; a wrong password comes by ``refused``."""

        async def work() -> Card:
            from sweeper.jobs import container
            from sweeper.jobs.job import Job

            folder = await asyncio.to_thread(container.unlock, path, password=password)
            return self._take(Job(folder))

        self._forget()
        self._core.ask(work, self._on_card)

    # On the core's thread.

    def _take(self, job: Job) -> Card:
        self._drop()
        self._job = job
        return self._look()

    def _opened(self) -> Job:
        if self._job is None:
            raise SweeperError(say("no job is open"))
        return self._job

    def _who(self, job: Job) -> str:
        return self.acting or sweeping(job)

    def _drop(self) -> None:
        if self._job is not None:
            self._job.close()
            self._job = None

    def _look(self) -> Card:
        job = self._opened()
        return card_of(job, self._who(job))

    # Back on the window's.

    def _on_card(self, card: object, problem: str) -> None:
        if isinstance(card, Card):
            self.card = card
            self.changed.emit()
        elif problem:
            self.refused.emit(problem)

    def _on_kept(self, kept: object, problem: str) -> None:
        if isinstance(kept, Kept):
            self.sweep = kept.sweep
            self.shown.emit(kept)
        elif problem:
            self.refused.emit(problem)
