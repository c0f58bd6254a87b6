"""Recorded evidence through the pipeline again: do the findings come out?

Two kinds of evidence are run: the inputs that a sweep read, where they still lie under their path with the
same SHA-256, and what the job itself recorded. Every finding of the job is then *identical* (its whole
record came out again), *again* (same kind, same emitter), or *not again*; and a sweep that kept nothing of
a band says so. The comparison holds for the program and signatures that made the sweep; others are named.
"""

from __future__ import annotations

import asyncio
import enum
import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from sweeper import __version__
from sweeper.casework.keeping import Made, made_of
from sweeper.errors import contained
from sweeper.jobs.job import Job
from sweeper.jobs.store import decoded
from sweeper.radio.replay import ReplaySource
from sweeper.records import Closed, Device, Emission, Finding, Level, Opened
from sweeper.report.collect import Collector
from sweeper.session import Session, standard_stages
from sweeper.signatures import Library
from sweeper.text import Words, say

ENDINGS = (".jsonl", ".pcapng", ".sigmf-meta")
TOLERANCE_HZ = 5_000.0
"""Two measurements of one carrier from different stretches of it; a wide signal may differ by its width."""


class Outcome(enum.StrEnum):
    IDENTICAL = "identical"
    AGAIN = "again"
    NOT_AGAIN = "not-again"
    NO_EVIDENCE = "no-evidence"


class Line(msgspec.Struct, frozen=True):
    """What became of one finding; ``evidence`` is the file that it came out of, or that was searched."""

    sweep: int
    finding: str
    level: Level
    kind: str
    outcome: Outcome
    evidence: str


class Reproduction(msgspec.Struct, frozen=True):
    """All findings of a job, and what has to be known about the comparison."""

    lines: tuple[Line, ...]
    notes: tuple[Words, ...]

    @property
    def whole(self) -> bool:
        """Whether every finding that asks for action came out again."""
        good = (Outcome.IDENTICAL, Outcome.AGAIN)
        return all(line.outcome in good or line.level is Level.INFO for line in self.lines)


class _Run(msgspec.Struct, frozen=True):
    """One session over some evidence, and what came out of it."""

    names: str
    findings: tuple[Finding, ...]
    emissions: dict[str, Emission]
    devices: dict[str, Device]


def reproduce(job: Job, library: Library) -> Reproduction:
    """Run all evidence of a job and compare. Changes nothing in the job."""
    made = made_of(job)
    notes: list[Words] = []
    lines: list[Line] = []
    for sweep, *_ in job.store.sweeps():
        notes += _differs(sweep, made.get(sweep), library)
        runs, problems = _runs(job, sweep, library)
        notes += problems
        emissions = {e.id: e for s, e in job.emissions() if s == sweep}
        devices = {d.id: d for s, d in job.devices() if s == sweep}
        for number, finding in job.findings():
            if number == sweep:
                lines.append(_compared(sweep, finding, runs, emissions, devices))
    if job.purges():
        notes.append(say("the job was purged: recordings and other people's identifiers are gone"))
    return Reproduction(tuple(lines), tuple(notes))


def _differs(sweep: int, made: Made | None, library: Library) -> Iterator[Words]:
    if made is None or not made.signatures_sha256:
        yield say("sweep {sweep} does not tell with which signatures it was made", sweep=sweep)
        return
    if made.version != __version__:
        yield say(
            "sweep {sweep} was made with sweeper {made}, this is {version}",
            sweep=sweep,
            made=made.version,
            version=__version__,
        )
    if made.signatures_sha256 != library.sha256:
        yield say(
            "sweep {sweep} was made with other signatures ({signatures})",
            sweep=sweep,
            signatures=made.signatures,
        )


def _runs(job: Job, sweep: int, library: Library) -> tuple[list[_Run], list[Words]]:
    """The inputs together, as they were read, because they are the whole; then what the job recorded."""
    problems: list[Words] = []
    inputs, recorded = [], []
    for path, known in _inputs(job, sweep):
        with contained() as caught:
            source = ReplaySource(path)
            if _sha256(Path(source.probe.data_path)) == known:
                inputs.append(source)
            else:
                problems.append(say("{path}: changed since the sweep, not used", path=path))
        if caught.error is not None:
            problems.append(caught.words())
    for own in sorted((job.folder / "recordings").glob(f"sweep-{sweep:03d}-*")):
        if own.suffix in ENDINGS:
            with contained() as caught:
                recorded.append(ReplaySource(own))
            if caught.error is not None:
                problems.append(caught.words())
    return [_run(sources, library) for sources in (inputs, recorded) if sources], problems


def _inputs(job: Job, sweep: int) -> Iterator[tuple[str, str]]:
    """The files that a sweep read and that are still there, with their SHA-256 of then."""
    sums: dict[str, str | None] = {}
    for number, _item, value in job.store.items("closed"):
        if number == sweep:
            closed = decoded(value, Closed)
            sums[closed.source] = closed.sha256
    for number, _item, value in job.store.items("input"):
        opened = decoded(value, Opened)
        known = opened.sha256 or sums.get(opened.source)
        if number == sweep and opened.path and known and Path(opened.path).is_file():
            yield opened.path, known


def _run(sources: list[ReplaySource], library: Library) -> _Run:
    collected = Collector()
    asyncio.run(Session(sources, standard_stages(library), [collected]).run())
    return _Run(
        ", ".join(Path(source.name).name for source in sources),
        tuple(collected.findings),
        {emission.id: emission for emission in collected.emissions},
        {device.id: device for device in collected.devices},
    )


def _compared(
    sweep: int,
    finding: Finding,
    runs: list[_Run],
    emissions: dict[str, Emission],
    devices: dict[str, Device],
) -> Line:
    def line(outcome: Outcome, evidence: str) -> Line:
        return Line(sweep, finding.id, finding.level, finding.kind, outcome, evidence)

    emission, device = emissions.get(finding.subject), devices.get(finding.subject)
    for run in runs:
        for other in run.findings:
            if _bytes(other) == _bytes(finding):
                return line(Outcome.IDENTICAL, Path(other.source).name)
            if other.kind != finding.kind or other.level is not finding.level:
                continue
            if _same_emission(emission, run.emissions.get(other.subject)) or _same_device(
                device, run.devices.get(other.subject)
            ):
                return line(Outcome.AGAIN, Path(other.source).name)
    if not runs:
        return line(Outcome.NO_EVIDENCE, "")
    return line(Outcome.NOT_AGAIN, ", ".join(run.names for run in runs))


def _bytes(finding: Finding) -> bytes:
    """The whole record but for the input's name, which a copy of the file changes."""
    return msgspec.json.encode(
        msgspec.structs.replace(finding, source="", evidence=()), order="deterministic"
    )


def _same_emission(one: Emission | None, other: Emission | None) -> bool:
    if one is None or other is None:
        return False
    return abs(one.center_hz - other.center_hz) <= max(TOLERANCE_HZ, one.width_hz / 2)


def _same_device(one: Device | None, other: Device | None) -> bool:
    if one is None or other is None:
        return False
    return bool({one.address, *one.addresses} & {other.address, *other.addresses})


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
