"""What the window shows of an open job, and what is made of one beside the core's loop."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from sweeper.records import Closed, Coverage, Device, Emission, Finding, Opened, Record, Status
from sweeper.report.collect import Collector
from sweeper.ui.verdicts import Decision, Verdict
from sweeper.ui.words import told

if TYPE_CHECKING:
    from sweeper.jobs.job import Job
    from sweeper.language import Language

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
    able: tuple[tuple[str, str], ...] = ()
    """Who may act, with their role."""
    who: str = ""
    """Who acts now."""


class Wanted(msgspec.Struct, frozen=True):
    """A paper that is asked for: which, in which language, about which number, from which text."""

    kind: str
    code: str
    number: int | None = None
    item: str = ""
    own: Path | None = None


class Kept(msgspec.Struct, frozen=True, eq=False):
    """A sweep read back from its job."""

    sweep: int
    what: str
    records: tuple[Record, ...]
    verdicts: dict[str, Verdict]
    collected: Collector


def card_of(job: Job, who: str) -> Card:
    """The card of a job in which ``who`` acts."""
    from sweeper.jobs.papers import Photo, Role

    head = job.head
    counts: dict[int, int] = {}
    for sweep, _finding in job.findings():
        counts[sweep] = counts.get(sweep, 0) + 1
    return Card(
        folder=str(job.folder),
        number=head.number,
        place=head.place,
        purpose=head.purpose,
        own=head.own,
        people=tuple(person.name for person in head.people),
        problem=told(job.problem or ""),
        sweeps=tuple(
            Sweep(number, begun, ended is not None, place, what, counts.get(number, 0))
            for number, begun, ended, place, what in job.store.sweeps()
        ),
        photos=tuple((photo.finding, photo.file, photo.caption) for _number, photo in job.filed(Photo)),
        able=tuple((p.name, p.role.value) for p in head.people if p.role is not Role.VIEWER),
        who=who,
    )


def kept_of(job: Job, sweep: int) -> Kept:
    """A sweep read back from its job, with its verdicts."""
    from sweeper.jobs.store import decoded

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


def reported(folder: Path, path: Path, spoken: Language, *, brief: bool) -> None:
    """Write the report of the job in a folder, by a connection of its own."""
    from sweeper.casework import writing
    from sweeper.jobs.job import Job
    from sweeper.ui.recipes import library

    job = Job(folder, read_only=True)
    try:
        path.write_bytes(writing.report(job, path.name, library=library(), language=spoken, brief=brief))
    finally:
        job.close()


def sealed(folder: Path, who: str, key: Path | None) -> object:
    """Seal the job in a folder, by a connection of its own: every byte is read, which takes its time."""
    from sweeper.jobs import evidence
    from sweeper.jobs.job import Job

    job = Job(folder)
    try:
        return evidence.seal(job, who, evidence.key_of(key) if key is not None else None)
    finally:
        job.close()


def purged(folder: Path, who: str, *, photos: bool) -> object:
    """Purge the job in a folder, likewise: recordings are overwritten."""
    from sweeper.jobs.job import Job

    job = Job(folder)
    try:
        return job.purge(who, photos=photos)
    finally:
        job.close()


def forgotten(folder: Path, who: str, text: str) -> object:
    """Delete one device from the job in a folder, likewise: recordings are read and overwritten."""
    from sweeper.jobs import purging
    from sweeper.jobs.job import Job

    job = Job(folder)
    try:
        return purging.forget(job, text, who)
    finally:
        job.close()


def sweeping(job: Job) -> str:
    """Who sweeps: this computer's user if entered in the job, else the one person who is entered to sweep."""
    from sweeper.jobs.job import Role

    able = [person.name for person in job.head.people if person.role is not Role.VIEWER]
    here = user()
    return able[0] if able and here not in able else here


def user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "sweeper"
