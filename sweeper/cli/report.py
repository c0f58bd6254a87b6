"""``sweeper report``: a job's report, with other people's identifiers replaced, in any of its formats."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import msgspec

from sweeper import cli
from sweeper.cli.job import FOLDER, opened, who_option
from sweeper.casework.spectra import spectra
from sweeper.cli.options import load_library, signatures_option
from sweeper.cli.output import put
from sweeper.cli.words import _, spoken
from sweeper.jobs.job import Decision, Job, Verdict
from sweeper.jobs.law import Licence, LicenceState, Profile
from sweeper.language import Language
from sweeper.records import Closed, Finding, Opened, Record
from sweeper.report import formats, privacy
from sweeper.report import model as paper
from sweeper.report.collect import Collector


@click.command(help=_("Write the report of a job: HTML, PDF, DOCX, JSON, or a ZIP of CSV tables."))
@click.argument("folder", type=FOLDER)
@click.option(
    "--out",
    metavar="FILE",
    help=_("Where to; the ending chooses the format. In the job's folder by default."),
)
@click.option("--brief", is_flag=True, help=_("One page for a private person (PDF)."))
@click.option("--sweep", "wanted", type=int, multiple=True, help=_("Only this sweep's number; repeatable."))
@who_option
@signatures_option
def report(
    folder: Path, out: str | None, brief: bool, wanted: tuple[int, ...], who: str, folders: tuple[Path, ...]
) -> int:
    """Writes one file and files the act in the job's audit log."""
    library = load_library(folders)
    with opened(folder) as job:
        collected = collect(job, wanted)
        clear = {
            _numbered(sweep, finding.subject, many=len(job.store.sweeps()) > 1)
            for sweep, finding in job.findings()
            if _confirmed(job.verdicts().get((sweep, finding.id)))
        }
        disguised = privacy.disguised(collected, job.pseudonym, clear)
        now = job.now()
        target = out or str(
            folder / "reports" / f"report-{dt.datetime.fromtimestamp(now, dt.UTC):%Y%m%d-%H%M}.pdf"
        )
        content = formats.made(
            target,
            disguised,
            library=library,
            language=spoken(),
            job=part(job, spoken()),
            made_utc_s=now,
            brief=brief,
        )
        put(content, target)
        if not job.read_only:
            with job.store.transaction():
                job.store.audit(now, who, "report", file=Path(target).name, language=spoken().code)
    click.echo(_("Written: {path}").format(path=target), err=True)
    return cli.OK


def collect(job: Job, wanted: Sequence[int] = ()) -> Collector:
    """What the job's sweeps (or the wanted ones) left; where there are several, ids tell the sweep."""
    collected = Collector()
    many = len(job.store.sweeps()) > 1
    for sweep, record in _records(job):
        if not wanted or sweep in wanted:
            collected(_of_sweep(record, sweep) if many else record)
    return collected


def _records(job: Job) -> Iterator[tuple[int, Record]]:
    for sweep, _item, value in job.store.items("input"):
        yield sweep, msgspec.json.decode(value, type=Opened)
    for sweep, _item, value in job.store.items("closed"):
        yield sweep, msgspec.json.decode(value, type=Closed)
    yield from spectra(job)
    yield from job.emissions()
    yield from job.devices()
    yield from job.findings()
    yield from job.coverage()
    yield from job.statuses()


def _of_sweep(record: Record, sweep: int) -> Record:
    changed: dict[str, str] = {"source": _numbered(sweep, record.source, many=True)}
    for name in ("id", "subject"):
        value = getattr(record, name, None)
        if isinstance(value, str) and (name == "id" or isinstance(record, Finding)):
            changed[name] = _numbered(sweep, value, many=True)
    return msgspec.structs.replace(record, **changed)


def _numbered(sweep: int, text: str, *, many: bool) -> str:
    return f"{sweep}/{text}" if many else text


def _confirmed(decision: Decision | None) -> bool:
    return decision is not None and decision.verdict is Verdict.CONFIRMED


def part(job: Job, language: Language) -> paper.JobPart:
    """What the job itself brings to its report, in the reader's language."""
    head = job.head
    many = len(job.store.sweeps()) > 1
    verdicts = {
        _numbered(sweep, finding, many=many): _verdict(decision, language)
        for (sweep, finding), decision in job.verdicts().items()
        if decision.verdict is not Verdict.OPEN
    }
    return paper.JobPart(
        title=_("Sweep report"),
        cover=tuple(_cover(job, language)),
        before=(
            paper.Section(
                title=_("Purpose, permission, scope"),
                facts=tuple(
                    paper.Fact(name, value)
                    for name, value in (
                        (_("Purpose"), head.purpose),
                        (_("Permission"), head.permission),
                        (_("Scope"), head.scope),
                        (_("Out of scope"), head.out_of_scope),
                    )
                    if value
                ),
            ),
            _sweeps(job, language),
        ),
        after=(_data_protection(job, language),),
        verdicts=verdicts,
        confidentiality="" if head.own else _("Confidential"),
    )


def _cover(job: Job, language: Language) -> Iterator[paper.Fact]:
    head = job.head
    yield paper.Fact(_("Job"), head.number)
    if head.client:
        yield paper.Fact(_("Client"), head.client)
    yield paper.Fact(_("Place"), head.place)
    if head.people:
        roles = {"technician": _("technician"), "reviewer": _("reviewer"), "viewer": _("viewer")}
        names = "; ".join(f"{person.name} ({roles[person.role.value]})" for person in head.people)
        yield paper.Fact(_("People"), names)
    if head.licence is not None:
        yield from _licence(head.licence, head.law(), job.now(), language)


def _licence(licence: Licence, law: Profile, now_s: float, language: Language) -> Iterator[paper.Fact]:
    parts = [licence.number, licence.holder, licence.authority]
    if law.licence_class:
        parts.append(_("class {number}").format(number=law.licence_class))
        parts.append(_("sub-kind {number}").format(number=licence.subkind))
    yield paper.Fact(_("Licence"), ", ".join(part for part in parts if part))
    today = dt.datetime.fromtimestamp(now_s, dt.UTC).date()
    last = licence.expires(law)
    words = {
        LicenceState.VALID: _("valid"),
        LicenceState.ENDING: _("valid, ends soon"),
        LicenceState.EXPIRED: _("EXPIRED"),
        LicenceState.NOT_YET: _("not valid yet"),
        LicenceState.OPEN_ENDED: _("issued without a term; the time for re-registration has ended"),
    }
    state = words[licence.state(law, today)]
    if last is not None:
        until = language.date(dt.datetime(last.year, last.month, last.day, tzinfo=dt.UTC).timestamp())
        state = _("{state}, until {day}").format(state=state, day=until)
    yield paper.Fact(_("State of the licence"), state)


def _sweeps(job: Job, language: Language) -> paper.Section:
    """Method: which sweeps were made, when, where."""
    rows = []
    for number, start_s, end_s, place, what in job.store.sweeps():
        length = language.duration(end_s - start_s) if end_s is not None else _("cut off")
        rows.append((str(number), language.datetime(start_s), length, place, what))
    columns = (_("No."), _("Begun"), _("Duration"), _("Place"), _("What"))
    return paper.Section(
        title=_("Sweeps"),
        paragraphs=(
            _(
                "Signals were received and compared with signatures and rules; the program proposed, and the "
                "persons named decided."
            ),
        ),
        table=paper.Table("", columns, tuple(rows), loose=(3, 4)),
    )


def _data_protection(job: Job, language: Language) -> paper.Section:
    log = job.store.audit_log()
    facts = [paper.Fact(_("Identifiers are purged on"), language.date(job.purge_due()))]
    for purge in job.purges():
        done = _("{day}, by {person}: {count} devices").format(
            day=language.date(purge.utc_s), person=purge.who, count=purge.devices
        )
        facts.append(paper.Fact(_("Purged"), done))
    if log:
        facts.append(paper.Fact(_("Audit log, last hash"), log[-1].hash))
    return paper.Section(
        title=_("Data protection"),
        paragraphs=(
            _(
                "Addresses and names of other people's devices are replaced by pseudonyms in this report. "
                "They stand in clear only where a named person confirmed a finding."
            ),
        ),
        facts=tuple(facts),
    )


def _verdict(decision: Decision, language: Language) -> paper.Verdict:
    words = {
        Verdict.EXPLAINED: _("explained"),
        Verdict.SUSPICIOUS: _("suspicious"),
        Verdict.CONFIRMED: _("confirmed"),
        Verdict.OPEN: _("open"),
    }
    return paper.Verdict(words[decision.verdict], decision.who, "", decision.note)
