"""A job's report in any format: collected from the store, pseudonymised, with the job's chapters.

content = writing.report(job, "out.pdf", library=library, language=language)
writing.filed(job, "out.pdf", who, language)          the act in the audit log
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath

import msgspec

from sweeper.casework import chapters, search
from sweeper.casework.chapters import numbered
from sweeper.casework.spectra import histories, spectra, waterfalls
from sweeper.jobs.job import Decision, Job, Verdict
from sweeper.jobs.store import decoded
from sweeper.language import Language
from sweeper.records import Closed, Finding, Opened, Record
from sweeper.report import formats, privacy
from sweeper.report import model as paper
from sweeper.report.collect import Collector
from sweeper.report.strengths import Strengths
from sweeper.signatures import Library


def report(
    job: Job,
    name: str,
    *,
    library: Library,
    language: Language,
    brief: bool = False,
    wanted: Sequence[int] = (),
) -> bytes:
    """The report's bytes; the ending of ``name`` chooses the format, ``wanted`` the sweeps (all by default).

    Raises ``Unavailable`` where the library for this format is not installed.
    """
    collected = disguised(job, wanted)
    return formats.made(
        name,
        collected,
        library=library,
        language=language,
        job=part(job, collected, language),
        made_utc_s=job.now(),
        brief=brief,
    )


def filed(job: Job, name: str, who: str, language: Language) -> None:
    """Put the act into the audit log, where the job can be written."""
    if not job.read_only:
        with job.store.transaction():
            job.store.audit(job.now(), who, "report", file=PurePath(name).name, language=language.code)


def disguised(job: Job, wanted: Sequence[int] = ()) -> Collector:
    """What the job's sweeps left, with stand-ins for every device but those that a person confirmed."""
    many = len(job.store.sweeps()) > 1
    verdicts = job.verdicts()
    clear = {
        numbered(sweep, finding.subject, many=many)
        for sweep, finding in job.findings()
        if _confirmed(verdicts.get((sweep, finding.id)))
    }
    return privacy.disguised(collect(job, wanted), job.pseudonym, clear)


def collect(job: Job, wanted: Sequence[int] = ()) -> Collector:
    """What the job's sweeps (or the wanted ones) left; where there are several, ids tell the sweep."""
    collected = Collector()
    many = len(job.store.sweeps()) > 1
    for sweep, record in _records(job):
        if not wanted or sweep in wanted:
            collected(_of_sweep(record, sweep) if many else record)
    for sweep, source, raster in waterfalls(job):
        if not wanted or sweep in wanted:
            key = (numbered(sweep, source, many=many), round(raster.start_hz), sweep, len(collected.rasters))
            collected.rasters[key] = raster
    for sweep, address, points in histories(job):
        if not wanted or sweep in wanted:
            collected.histories.setdefault(address, Strengths()).extend(points)
    return collected


def part(job: Job, collected: Collector, language: Language) -> paper.JobPart:
    """What the job itself brings to its report, in the reader's language."""
    _ = language.gettext
    own = job.head.own
    before = (
        chapters.purpose(job, language),
        chapters.sweeps(job, language),
        chapters.equipment(job.head.equipment, language),
    )
    after = (
        chapters.data_protection(job, language),
        chapters.custody(job, language),
        recordings(job, language),
        None if own else chapters.audit(job, language),
    )
    return paper.JobPart(
        title=_("Sweep report"),
        cover=tuple(chapters.cover(job, language)),
        before=tuple(section for section in before if section is not None),
        middle=tuple(search.chapters(job, collected, language)),
        advice=chapters.advice(job, language),
        after=tuple(section for section in after if section is not None),
        verdicts=chapters.verdicts(job, language),
        places=search.located(job, language),
        confidentiality="" if own else _("Confidential"),
    )


def recordings(job: Job, language: Language) -> paper.Section | None:
    """The recordings and photos of the job with the SHA-512 of each."""
    from sweeper.jobs.evidence import sha512

    _ = language.gettext
    paths = [
        path
        for folder in ("recordings", "photos")
        for path in sorted((job.folder / folder).rglob("*"))
        if path.is_file()
    ]
    if not paths:
        return None
    rows = tuple((f"{path.parent.name}/{path.name}", sha512(path)) for path in paths)
    return paper.Section(
        title=_("Files of the job"), table=paper.Table("", (_("File"), "SHA-512"), rows, loose=(0, 1))
    )


def _records(job: Job) -> Iterator[tuple[int, Record]]:
    for sweep, _item, value in job.store.items("input"):
        yield sweep, decoded(value, Opened)
    for sweep, _item, value in job.store.items("closed"):
        yield sweep, decoded(value, Closed)
    yield from spectra(job)
    yield from job.emissions()
    yield from job.devices()
    yield from job.findings()
    yield from job.coverage()
    yield from job.statuses()


def _of_sweep(record: Record, sweep: int) -> Record:
    changed: dict[str, str] = {"source": numbered(sweep, record.source, many=True)}
    for name in ("id", "subject"):
        value = getattr(record, name, None)
        if isinstance(value, str) and (name == "id" or isinstance(record, Finding)):
            changed[name] = numbered(sweep, value, many=True)
    return msgspec.structs.replace(record, **changed)


def _confirmed(decision: Decision | None) -> bool:
    return decision is not None and decision.verdict is Verdict.CONFIRMED
