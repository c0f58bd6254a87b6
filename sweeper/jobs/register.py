"""The register: every job below a folder, one row each, with what an inspection asks about it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from sweeper.jobs.job import DATABASE, Consent, Job, JobError, Verdict
from sweeper.text import Words, say

MANIFEST = "manifest.json"


class ConsentRow(msgspec.Struct, frozen=True):
    """One line of the consent log over all jobs; ``kind`` is consent, withdrawal or objection."""

    job: str
    kind: str
    person: str
    day: str
    due: str
    done: str
    note: str


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One job. Times are UTC seconds; ``problem`` is empty where the audit chain holds."""

    folder: str
    number: str
    place: str
    client: str
    purpose: str
    permission: str
    people: tuple[str, ...]
    licence: str
    created_utc_s: float
    sweeps: int
    findings: int
    confirmed: int
    purge_due_utc_s: float
    purged: bool
    seals: int
    manifest_sha512: str
    audit_entries: int
    audit_hash: str
    open_terms: int
    problem: Words
    consents: tuple[ConsentRow, ...] = ()


def folders(root: Path) -> Iterator[Path]:
    """Every job folder below ``root``, in order of path; sealed copies are not jobs."""
    for path in sorted(root.rglob(DATABASE)):
        if path.parent.name != "evidence" and path.is_file():
            yield path.parent


def rows(root: Path) -> tuple[list[Row], list[Words]]:
    """All rows, and one line for each job that could not be read."""
    found: list[Row] = []
    problems: list[Words] = []
    for folder in folders(root):
        try:
            job = Job(folder, read_only=True)
        except JobError as error:
            problems.append(error.said)
            continue
        try:
            found.append(row(job))
        except (JobError, ValueError, RecursionError) as error:
            problems.append(say("{folder}: {error}", folder=folder, error=error))
        finally:
            job.close()
    return found, problems


def row(job: Job) -> Row:
    """One job's row."""
    head, log = job.head, job.store.audit_log()
    manifest = job.folder / MANIFEST
    terms = [term for kind in ("withdrawal", "objection") for _, term in job.terms(kind)]
    return Row(
        folder=str(job.folder),
        number=head.number,
        place=head.place,
        client=head.client,
        purpose=head.purpose,
        permission=head.permission,
        people=tuple(f"{person.name} ({person.role.value})" for person in head.people),
        licence=head.licence.number if head.licence is not None else "",
        created_utc_s=head.created_utc_s,
        sweeps=len(job.store.sweeps()),
        findings=len(job.findings()),
        confirmed=sum(d.verdict is Verdict.CONFIRMED for d in job.verdicts().values()),
        purge_due_utc_s=job.purge_due(),
        purged=bool(job.purges()),
        seals=sum(entry.act == "sealed" for entry in log),
        manifest_sha512=hashlib.sha512(manifest.read_bytes()).hexdigest() if manifest.is_file() else "",
        audit_entries=len(log),
        audit_hash=log[-1].hash if log else "",
        open_terms=sum(term.answered is None for term in terms),
        problem=job.problem or "",
        consents=tuple(_consents(job, head.number)),
    )


def _consents(job: Job, number: str) -> Iterator[ConsentRow]:
    for _, consent in job.filed(Consent):
        until = consent.until.isoformat() if consent.until is not None else ""
        yield ConsentRow(
            number, "consent", consent.person, consent.given.isoformat(), until, "", consent.purpose
        )
    for kind in ("withdrawal", "objection"):
        for _, term in job.terms(kind):
            answered = term.answered.isoformat() if term.answered is not None else ""
            yield ConsentRow(
                number, kind, term.who, term.received.isoformat(), term.due.isoformat(), answered, term.text
            )
