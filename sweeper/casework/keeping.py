"""A sweep kept in a job: every sink it needs, opened at the start, all of it on disk at the end.

with keeping(job, who, what) as kept:
    session(..., sinks=kept.sinks)
kept.problems     one line for each thing that could not be written
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from sweeper import __version__
from sweeper.casework.spectra import SpectraSink
from sweeper.jobs.clips import Clips
from sweeper.jobs.job import Job
from sweeper.jobs.packets import Packets
from sweeper.jobs.sink import JobSink
from sweeper.jobs.store import StoreError, decoded
from sweeper.records import Record
from sweeper.signatures import Library
from sweeper.text import Words, english

MADE = "made"
"""Under which kind the store files what a sweep was made with."""


class Made(msgspec.Struct, frozen=True):
    """With what a sweep was made: enough to make it again."""

    version: str
    signatures: str = ""
    signatures_sha256: str = ""
    antenna: str = ""
    gain_db: float | None = None
    reference: str = ""


class Kept:
    """The sinks of one sweep in a job, its number, and after it what went wrong with keeping it."""

    def __init__(self, sweep: int, sinks: list[JobSink | SpectraSink | Packets | Clips]) -> None:
        self.sweep = sweep
        self.sinks: list[Callable[[Record], None]] = list(sinks)
        self.problems: list[Words] = []
        self._parts = sinks

    def finish(self) -> None:
        """Everything on disk, as far as the disk takes it."""
        for part in self._parts:
            if isinstance(part, JobSink | SpectraSink | Clips):
                part.flush()
            elif isinstance(part, Packets):
                part.close()
            if part.problem is not None and part.problem not in self.problems:
                self.problems.append(part.problem)


def begin(job: Job, who: str, what: str, *, made: Made | None = None, iq: bool = False) -> Kept:
    """Start a sweep in the job. ``iq`` keeps a second of each finding's band: ask the user first.

    Raises ``JobError`` where the job does not allow a sweep.
    """
    sweep = job.start_sweep(who, what)
    with job.store.transaction():
        job.store.put_item(sweep, MADE, "versions", msgspec.json.encode(made or Made(__version__)))
        if iq:
            job.store.audit(job.now(), who, "samples of findings are kept", sweep=str(sweep))
    recordings = job.folder / "recordings"
    sinks: list[JobSink | SpectraSink | Packets | Clips] = [
        JobSink(job.store, sweep),
        SpectraSink(job.store, sweep),
        Packets(recordings, sweep),
    ]
    if iq:
        sinks.append(Clips(recordings, sweep, antenna=made.antenna if made is not None else ""))
    return Kept(sweep, sinks)


def end(job: Job, kept: Kept, who: str) -> None:
    """Write what is left and end the sweep; ``kept.problems`` tells what the disk did not take."""
    kept.finish()
    try:
        job.end_sweep(kept.sweep, who)
    except StoreError as error:
        if str(error) not in map(english, kept.problems):
            kept.problems.append(error.said)


@contextmanager
def keeping(job: Job, who: str, what: str, *, made: Made | None = None, iq: bool = False) -> Iterator[Kept]:
    """``begin`` and ``end`` around a session."""
    kept = begin(job, who, what, made=made, iq=iq)
    try:
        yield kept
    finally:
        end(job, kept, who)


def made_by(library: Library, **conditions: object) -> Made:
    """This program with these signatures, and the receiver's conditions."""
    made = Made(__version__, library.version, library.sha256)
    return msgspec.structs.replace(made, **conditions)


def made_of(job: Job) -> dict[int, Made]:
    """By sweep: with what it was made."""
    return {sweep: decoded(v, Made) for sweep, _, v in job.store.items(MADE)}
