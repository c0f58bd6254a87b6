"""The job that is open, if one is: every session is kept in it, every verdict filed.

A job's database belongs to the core's thread; the window holds only a ``Card`` of what it shows. Verdicts in
a job are never erased: taking one back files the one before again.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, Signal

from sweeper.records import Closed, Coverage, Device, Emission, Finding, Opened, Record, Status
from sweeper.report.collect import Collector
from sweeper.ui.verdicts import Decision, Verdict

if TYPE_CHECKING:
    from sweeper.casework import keeping
    from sweeper.jobs.job import Head, Job
    from sweeper.session import Session, Sink
    from sweeper.ui.bridge import Core, Recipe
    from sweeper.ui.plans import FloorPlan

KINDS: tuple[tuple[str, type[Record]], ...] = (
    ("input", Opened),
    ("closed", Closed),
    ("emission", Emission),
    ("device", Device),
    ("finding", Finding),
    ("coverage", Coverage),
    ("status", Status),
)
"""What a job keeps of a sweep, in an order in which a sink can take it."""


class Sweep(msgspec.Struct, frozen=True):
    """One sweep of a job, as the jobs page lists it."""

    number: int
    begun_utc_s: float
    ended: bool
    place: str
    what: str
    findings: int


class Card(msgspec.Struct, frozen=True):
    """What the window shows of the open job."""

    folder: str
    number: str
    place: str
    purpose: str
    own: bool
    people: tuple[str, ...]
    problem: str
    sweeps: tuple[Sweep, ...]
    photos: tuple[tuple[str, str, str], ...] = ()
    """Finding, file within the job's folder, caption."""


class Kept(msgspec.Struct, frozen=True, eq=False):
    """A sweep read back from its job."""

    sweep: int
    what: str
    records: tuple[Record, ...]
    verdicts: dict[str, Verdict]
    collected: Collector


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
        self._core = core
        self._job: Job | None = None  # the core's thread only

    # What the window asks.

    def open(self, folder: Path) -> None:
        """Open the job in a folder."""

        def work() -> Card:
            from sweeper.jobs.job import Job

            return self._take(Job(folder))

        self._core.ask(work, self._on_card)

    def create(self, folder: Path, head: Head, who: str) -> None:
        """Begin a job in a new folder, and open it."""

        def work() -> Card:
            from sweeper.jobs.job import Job

            return self._take(Job.create(folder, head, who))

        self._core.ask(work, self._on_card)

    def close(self) -> None:
        """Close the job; sessions are no longer kept."""
        self.card = None
        self._core.ask(self._drop, lambda _result, _problem: self.changed.emit())

    def show(self, sweep: int) -> None:
        """Read a sweep back."""
        self._core.ask(lambda: self._read(sweep), self._on_kept)

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

    def add_photo(
        self,
        path: Path,
        who: str,
        caption: str,
        people: bool,
        boxes: Sequence[tuple[float, float, float, float]],
        finding: str,
    ) -> None:
        """Put a photo into the job, the boxes blurred; ``refused`` says why not."""

        def work() -> Card:
            from sweeper.jobs import photos

            if self._job is not None:
                photos.add(
                    self._job,
                    path,
                    who=who or _user(),
                    caption=caption,
                    people=people,
                    boxes=boxes,
                    finding=finding,
                )
            return self._look()

        self._core.ask(work, self._on_card)

    def file_plan(self, plan: FloorPlan, who: str, then: Callable[[str], object]) -> None:
        """Put a floor plan with its measured places into the job."""
        places = [(taken.x_m, taken.y_m, taken.levels) for taken in plan.facts.taken]
        width, height = plan.facts.width_m, plan.height_m
        named = [(each.x_m, each.y_m, each.name) for each in plan.facts.places]

        def work() -> None:
            from sweeper.jobs import photos
            from sweeper.jobs.papers import Mark

            if self._job is None:
                return
            marks = [
                Mark(x=min(1.0, x / width), y=min(1.0, y / height), level_db=max(levels.values()))
                for x, y, levels in places
            ]
            marks += [Mark(x=min(1.0, x / width), y=min(1.0, y / height), label=name) for x, y, name in named]
            width_m = width if plan.facts.scaled else None
            number = photos.add_plan(
                self._job, plan.picture, who=who or _user(), title=plan.facts.name, width_m=width_m
            )
            photos.mark(self._job, number, marks, who or _user())

        self._core.ask(work, lambda _result, problem: then(problem))

    def keeping(self, recipe: Recipe, what: str) -> tuple[Recipe, Callable[[], None]]:
        """The recipe with its records kept in the job, and what is to be done when the session is over."""
        begun: list[keeping.Kept] = []

        def wrapped(sinks: Sequence[Sink]) -> Session:
            from sweeper.casework import keeping
            from sweeper.ui.recipes import library

            if self._job is None:
                return recipe(sinks)
            kept = keeping.begin(self._job, _who(self._job), what, made=keeping.made_by(library()))
            self.sweep = kept.sweep
            begun.append(kept)
            return recipe([*sinks, *kept.sinks])

        def after() -> None:
            from sweeper.casework import keeping

            if self._job is not None and begun:
                kept = begun.pop()
                keeping.end(self._job, kept, _who(self._job))
                if kept.problems:
                    self.refused.emit(kept.problems[0])

        return wrapped, after

    def write(
        self, path: Path, code: str, then: Callable[[object, str], object], *, brief: bool = False
    ) -> None:
        """Write the job's report, other people's identifiers replaced; ``then(None, problem)``."""

        def work() -> None:
            from sweeper import language
            from sweeper.casework import writing
            from sweeper.ui import words
            from sweeper.ui.recipes import library

            if self._job is None:
                raise RuntimeError("no job is open")
            spoken = language.get(code) if code else words.spoken()
            path.write_bytes(
                writing.report(self._job, path.name, library=library(), language=spoken, brief=brief)
            )
            writing.filed(self._job, path.name, _who(self._job), spoken)

        self._core.ask(work, then)

    def seal(self, then: Callable[[object, str], object]) -> None:
        """Seal the job as it stands; ``then(manifest, problem)``."""

        def work() -> object:
            from sweeper.jobs import evidence

            if self._job is None:
                raise RuntimeError("no job is open")
            return evidence.seal(self._job, _sealer(self._job))

        self._core.ask(work, then)

    def lock(self, password: str, then: Callable[[object, str], object]) -> None:
        """Close the job and put it into one encrypted file; ``then(path, problem)``."""

        def work() -> object:
            from sweeper.jobs import container

            if self._job is None:
                raise RuntimeError("no job is open")
            folder, who = self._job.folder, _sealer(self._job)
            self._drop()
            return container.lock(folder, who=who, password=password)

        self.card = None
        self._core.ask(work, then)

    def unlock(self, path: Path, password: str) -> None:
        """Open a locked job; a wrong password comes by ``refused``."""

        def work() -> Card:
            from sweeper.jobs import container
            from sweeper.jobs.job import Job

            return self._take(Job(container.unlock(path, password=password)))

        self._core.ask(work, self._on_card)

    # On the core's thread.

    def _take(self, job: Job) -> Card:
        self._drop()
        self._job = job
        return self._look()

    def _drop(self) -> None:
        if self._job is not None:
            self._job.close()
            self._job = None

    def _look(self) -> Card:
        from sweeper.jobs.papers import Photo

        job = self._job
        if job is None:
            raise RuntimeError("no job is open")
        head = job.head
        counts: dict[int, int] = {}
        for sweep, _finding in job.findings():
            counts[sweep] = counts.get(sweep, 0) + 1
        sweeps = tuple(
            Sweep(number, begun, ended is not None, place, what, counts.get(number, 0))
            for number, begun, ended, place, what in job.store.sweeps()
        )
        people = tuple(person.name for person in head.people)
        problem = job.problem or ""
        return Card(
            str(job.folder),
            head.number,
            head.place,
            head.purpose,
            head.own,
            people,
            problem,
            sweeps,
            tuple((photo.finding, photo.file, photo.caption) for _number, photo in job.filed(Photo)),
        )

    def _read(self, sweep: int) -> Kept:
        from sweeper.jobs.store import decoded

        job = self._job
        if job is None:
            raise RuntimeError("no job is open")
        records: list[Record] = []
        for kind, type_ in KINDS:
            for _sweep, _name, value in job.store.items(kind, sweep):
                records.append(decoded(value, type_))
        collected = Collector()
        for record in records:
            collected(record)
        verdicts = {
            finding: Verdict(Decision(given.verdict.value), given.who, given.note)
            for (number, finding), given in job.verdicts().items()
            if number == sweep
        }
        what = next((each[4] for each in job.store.sweeps() if each[0] == sweep), "")
        return Kept(sweep, what, tuple(records), verdicts, collected)

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


def _who(job: Job) -> str:
    """Who sweeps: this computer's user if entered in the job, else the one person who is entered to sweep."""
    from sweeper.jobs.job import Role

    able = [person.name for person in job.head.people if person.role is not Role.VIEWER]
    user = _user()
    return able[0] if able and user not in able else user


def _sealer(job: Job) -> str:
    """Who seals and locks: the reviewer where one is entered, else who sweeps."""
    from sweeper.jobs.job import Role

    return next((person.name for person in job.head.people if person.role is Role.REVIEWER), _who(job))


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "sweeper"
