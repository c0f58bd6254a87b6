"""``sweeper job``: engagements, each in a folder of its own, with purpose, people, verdicts and terms."""

from __future__ import annotations

import datetime as dt
import getpass
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sweeper import cli
from sweeper.cli.options import warn
from sweeper.cli.words import _, spoken
from sweeper.errors import SweeperError
from sweeper.jobs.job import DATABASE, Decision, Head, Job, Person, Role, Verdict
from sweeper.jobs.law import PROFILES, LicenceState
from sweeper.session import Sink
from sweeper.signatures import Library
from sweeper.text import safe_text

F = TypeVar("F", bound=Callable[..., Any])
FOLDER = click.Path(file_okay=False, path_type=Path)


def who_option(function: F) -> F:
    """``--who NAME``: the person who acts; this computer's user by default."""
    return click.option("--who", default=getpass.getuser, metavar="NAME", help=_("The person who acts."))(
        function
    )


KEEP_IQ = "sweeper.keep-iq"


def job_option(function: F) -> F:
    """``--job FOLDER``: keep the sweep in that job; ``--keep-iq``: and a second of each finding's band."""
    samples = click.option(
        "--keep-iq",
        is_flag=True,
        expose_value=False,
        callback=_warned,
        help=_("Also keep one second of each finding's radio band in the job."),
    )
    folder = click.option("--job", "job_folder", type=FOLDER, help=_("Keep the sweep in this job."))
    return folder(samples(function))


def _warned(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        warn(
            _(
                "samples of a finding's band may hold what people say; keeping them can need consent. One "
                "second of each band is kept, and the purge deletes it."
            )
        )
    ctx.meta[KEEP_IQ] = value


@contextmanager
def opened(folder: Path, *, read_only: bool = False) -> Iterator[Job]:
    """The job, closed afterwards; a tampered one says so."""
    job = Job(folder, read_only=read_only)
    try:
        if job.problem is not None:
            line = _("opened for reading only, it was changed from outside: {why}").format(why=job.problem)
            click.echo(f"sweeper: {folder}: {line}", err=True)
        yield job
    finally:
        job.close()


@contextmanager
def kept(folder: Path | None, who: str, what: str, **made: object) -> Iterator[list[Sink]]:
    """The sinks that keep a sweep in a job, if one was named; what the disk did not take is told.

    ``made`` tells with what: ``library``, and the fields of ``casework.keeping.Made``.
    """
    if folder is None:
        yield []
        return
    from sweeper.casework import keeping

    iq = bool(click.get_current_context().meta.get(KEEP_IQ))
    library = made.pop("library", None)
    about = keeping.made_by(library, **made) if isinstance(library, Library) else None
    with opened(folder) as job:
        with keeping.keeping(job, who, what, made=about, iq=iq) as begun:
            yield begun.sinks
        for problem in begun.problems:
            warn(_("not everything was kept: {why}").format(why=problem))


@click.group(help=_("Engagements: purpose, permission, people, verdicts, terms, purge."))
def job() -> None:
    """A group."""


@job.command(help=_("Begin a job in a new folder."))
@click.argument("folder", type=FOLDER)
@click.option("--own", is_flag=True, help=_("My own car or flat: nothing more is asked."))
@click.option("--number", default="", help=_("The job's number in your register."))
@click.option("--purpose", default="", help=_("What the sweep is for."))
@click.option("--permission", default="", help=_("Who allowed it, and how."))
@click.option("--place", default="", help=_("Where."))
@click.option("--client", default="", help=_("For whom."))
@click.option("--technician", "technicians", multiple=True, metavar="NAME", help=_("Who sweeps; repeatable."))
@click.option("--reviewer", "reviewers", multiple=True, metavar="NAME", help=_("Who reviews; repeatable."))
@click.option(
    "--law", type=click.Choice(list(PROFILES)), default="neutral", show_default=True, help=_("Law.")
)
@click.option(
    "--retention", type=click.IntRange(1, 3650), default=30, show_default=True, help=_("Days kept.")
)
@who_option
def new(
    folder: Path,
    own: bool,
    number: str,
    purpose: str,
    permission: str,
    place: str,
    client: str,
    technicians: tuple[str, ...],
    reviewers: tuple[str, ...],
    law: str,
    retention: int,
    who: str,
) -> int:
    """Create it, and say what is still missing before a sweep may start."""
    people = [Person(name, Role.TECHNICIAN) for name in technicians]
    people += [Person(name, Role.REVIEWER) for name in reviewers]
    head = Head(
        number=number or folder.name,
        purpose=purpose or (_("my own property") if own else ""),
        permission=permission or (_("my own") if own else ""),
        place=place or (_("at home") if own else ""),
        client=client,
        people=tuple(people),
        own=own,
        profile=law,
        retention_days=retention,
    )
    made = Job.create(folder, head, who)
    made.close()
    click.echo(_("Job made: {folder}").format(folder=folder))
    missing = head.missing()
    if missing:
        click.echo(_("Before a sweep can start it needs: {fields}").format(fields=", ".join(missing)))
    return cli.OK


@job.command(help=_("Show a job: what it is for, its sweeps, findings and verdicts."))
@click.argument("folder", type=FOLDER)
def show(folder: Path) -> int:
    """Print it for a person."""
    console = Console(highlight=False)
    with opened(folder, read_only=True) as found:
        head = found.head
        rows = [
            (_("number"), head.number),
            (_("purpose"), head.purpose),
            (_("permission"), head.permission),
            (_("place"), head.place),
            (_("client"), head.client),
            (_("people"), ", ".join(f"{p.name} ({p.role.value})" for p in head.people)),
            (_("identifiers are purged on"), spoken().date(found.purge_due())),
        ]
        for name, value in rows:
            console.print(f"{name}: {safe_text(value) or '-'}", markup=False)
        verdicts = found.verdicts()
        for sweep, finding in found.findings():
            decision = verdicts.get((sweep, finding.id))
            verdict = decision.verdict if decision else Verdict.OPEN
            title = safe_text(spoken().phrase(finding.title))
            said = f"{verdict.value}{f' ({decision.who})' if decision else ''}"
            console.print(
                f"{sweep}/{finding.id}  {spoken().level(finding.level)}  {title}  {said}", markup=False
            )
    return cli.OK


@job.command("list", help=_("The register: every job below a folder."))
@click.argument("folder", type=FOLDER, default=Path())
@click.option("--json", "json_out", metavar="-", help=_("Print a JSON document."))
def list_(folder: Path, json_out: str | None) -> int:
    """A line a job."""
    rows = []
    for path in sorted(folder.rglob(DATABASE)):
        if path.parent.name == "evidence":
            continue
        with opened(path.parent, read_only=True) as found:
            head = found.head
            rows.append(
                {
                    "folder": str(path.parent),
                    "number": head.number,
                    "place": head.place,
                    "client": head.client,
                    "created_utc_s": head.created_utc_s,
                    "sweeps": len(found.store.sweeps()),
                    "findings": len(found.findings()),
                    "purge_due_utc_s": found.purge_due(),
                    "purged": bool(found.purges()),
                }
            )
    if json_out is not None:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return cli.OK
    table = Table(box=None, pad_edge=False)
    for heading in (_("number"), _("place"), _("begun"), _("sweeps"), _("findings"), _("purge"), _("folder")):
        table.add_column(heading)
    for row in rows:
        due = _("done") if row["purged"] else spoken().date(float(str(row["purge_due_utc_s"])))
        begun = spoken().date(float(str(row["created_utc_s"])))
        cells = (row["number"], row["place"], begun, row["sweeps"], row["findings"], due, row["folder"])
        table.add_row(*(escape(safe_text(str(cell))) for cell in cells))
    Console().print(table)
    return cli.OK


@job.command(help=_("Give a verdict on a finding, as SWEEP/FINDING, in the name of a person."))
@click.argument("folder", type=FOLDER)
@click.argument("finding", metavar="SWEEP/FINDING")
@click.argument("verdict", type=click.Choice([verdict.value for verdict in Verdict]))
@click.option("--note", default="", help=_("Why."))
@who_option
def verdict(folder: Path, finding: str, verdict: str, note: str, who: str) -> int:
    """File it."""
    sweep, slash, number = finding.partition("/")
    if not slash or not sweep.isdigit():
        raise SweeperError(_("{text!r} is no finding; write 1/F-001").format(text=finding))
    with opened(folder) as found:
        found.decide(Decision(int(sweep), number, Verdict(verdict), who, note))
    return cli.OK


@job.command(help=_("Delete other people's identifiers and recordings for good; a certificate stays."))
@click.argument("folder", type=FOLDER)
@click.option("--yes", is_flag=True, help=_("Do not ask."))
@who_option
def purge(folder: Path, yes: bool, who: str) -> int:
    """Ask, delete, print the certificate."""
    if not yes and not click.confirm(_("This cannot be undone. Delete?")):
        return cli.OK
    with opened(folder) as found:
        certificate = found.purge(who)
    click.echo(json.dumps(msgspec.to_builtins(certificate), ensure_ascii=False, indent=2))
    return cli.OK


@job.command(help=_("A person withdraws consent: begin the term in working days."))
@click.argument("folder", type=FOLDER)
@click.option("--text", default="", help=_("What was said."))
@who_option
def withdraw(folder: Path, text: str, who: str) -> int:
    """File it and say when it is due."""
    with opened(folder) as found:
        term = found.withdraw(who, dt.datetime.now(dt.UTC).date(), text)
    click.echo(_("To be done by {day}.").format(day=term.due.isoformat()))
    return cli.OK


@job.command("object", help=_("A person objects to automated processing: begin the term."))
@click.argument("folder", type=FOLDER)
@click.option("--text", default="", help=_("What was said."))
@who_option
def object_(folder: Path, text: str, who: str) -> int:
    """File it and say when it is due."""
    with opened(folder) as found:
        term = found.objection(who, dt.datetime.now(dt.UTC).date(), text)
    click.echo(_("To be answered by {day}.").format(day=term.due.isoformat()))
    return cli.OK


@job.command(help=_("The state of the licence entered in a job."))
@click.argument("folder", type=FOLDER)
def licence(folder: Path) -> int:
    """Exit code 3 where it is expired or flagged."""
    with opened(folder, read_only=True) as found:
        card, law = found.head.licence, found.head.law()
    if card is None:
        click.echo(_("No licence is entered."))
        return cli.NOT_HEARD
    today = dt.datetime.now(dt.UTC).date()
    state, last = card.state(law, today), card.expires(law)
    click.echo(f"{card.number}, {card.holder}: {state.value}" + (f", {last.isoformat()}" if last else ""))
    return cli.OK if state in (LicenceState.VALID, LicenceState.ENDING) else cli.NOT_HEARD
