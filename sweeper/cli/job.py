"""``sweeper job``: engagements, each in a folder of its own, with purpose, people, verdicts and terms.

What is done with a job once it is there stands in further files: ``job_people`` (consent, terms, rights),
``job_search`` (verdicts, photos, plans, checks), ``job_archive`` (register, lock, export, purge).
"""

from __future__ import annotations

import datetime as dt
import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console

from sweeper import cli
from sweeper.cli.options import warn, warn_of_clock
from sweeper.cli.output import DISGUISE
from sweeper.cli.words import _, spoken
from sweeper.errors import SweeperError
from sweeper.jobs import practice
from sweeper.jobs.job import Head, Job, Person, Role, Verdict
from sweeper.jobs.law import profiles
from sweeper.session import Sink
from sweeper.signatures import Library
from sweeper.text import safe_text, say

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
            line = spoken().say(
                say("opened for reading only, it was changed from outside: {why}", why=job.problem)
            )
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
        click.get_current_context().meta[DISGUISE] = job.pseudonyms()
        with keeping.keeping(job, who, what, made=about, iq=iq) as begun:
            yield begun.sinks
        for problem in begun.problems:
            warn(say("not everything was kept: {why}", why=problem))


class JobGroup(click.Group):
    """The group's further commands, imported when one of them is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *ELSEWHERE]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = ELSEWHERE.get(cmd_name)
        if module is None:
            return super().get_command(ctx, cmd_name)
        commands: dict[str, click.Command] = import_module(f"sweeper.cli.{module}").COMMANDS
        return commands[cmd_name]


ELSEWHERE = {
    "list": "job_archive",
    "register": "job_archive",
    "export": "job_archive",
    "import": "job_archive",
    "lock": "job_archive",
    "unlock": "job_archive",
    "purge": "job_archive",
    "verdict": "job_search",
    "photo": "job_search",
    "plan": "job_search",
    "check": "job_search",
    "meeting": "job_search",
    "custody": "job_search",
    "consent": "job_people",
    "withdraw": "job_people",
    "object": "job_people",
    "answer": "job_people",
    "terms": "job_people",
    "subject": "job_people",
    "paper": "job_people",
}
"""Command -> the module of this package in which it stands."""


@click.group(cls=JobGroup, help=_("Engagements: purpose, permission, people, verdicts, terms, purge."))
def job() -> None:
    """A group."""


class Day(click.ParamType[dt.date]):
    """A day as 2026-11-30."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.date:
        if isinstance(value, dt.date):
            return value
        try:
            return dt.date.fromisoformat(str(value))
        except ValueError:
            self.fail(_("{value!r} is no day; write 2026-11-30").format(value=value), param, ctx)


DAY = Day()


def text_option(name: str, help_: str) -> Callable[[F], F]:
    """``--NAME TEXT``, not given by default."""
    return click.option(f"--{name}", default=None, metavar="TEXT", help=help_)


def _known_law(_ctx: click.Context, _param: click.Parameter, code: str | None) -> str | None:
    if code is not None and code not in profiles():
        raise SweeperError(
            _("no law {code}; there are {known}").format(code=code, known=", ".join(profiles()))
        )
    return code


def head_options(function: F) -> F:
    """What is said about a job, at its beginning and later."""
    options = (
        text_option("number", _("The job's number in your register.")),
        text_option("purpose", _("What the sweep is for.")),
        text_option("permission", _("Who allowed it, and how.")),
        text_option("place", _("Where.")),
        text_option("client", _("For whom.")),
        text_option("scope", _("What belongs to it.")),
        text_option("out-of-scope", _("What does not.")),
        text_option("recommendations", _("What you recommend, a line each.")),
        click.option("--next", "next_sweep", type=DAY, metavar="DAY", help=_("Day of the next sweep.")),
        click.option("--technician", "technicians", multiple=True, metavar="NAME", help=_("Who sweeps.")),
        click.option("--reviewer", "reviewers", multiple=True, metavar="NAME", help=_("Who reviews.")),
        click.option("--viewer", "viewers", multiple=True, metavar="NAME", help=_("Who may only read.")),
        click.option(
            "--law", callback=_known_law, metavar="CODE", help=_("The law: kz, neutral, or your own.")
        ),
        click.option("--retention", type=click.IntRange(1, 3650), help=_("Days kept; 30 by default.")),
        click.option("--subkind", type=click.IntRange(1, 3), help=_("Sub-kind of the licence for this job.")),
    )
    for option in reversed(options):
        function = option(function)
    return function


@job.command(help=_("Begin a job in a new folder."))
@click.argument("folder", type=FOLDER)
@click.option("--own", is_flag=True, help=_("My own car or flat: nothing more is asked."))
@head_options
@who_option
def new(folder: Path, own: bool, who: str, **given: Any) -> int:
    """Create it, and say what is still missing before a sweep may start."""
    said = _said(given)
    head = Head(
        number=said.pop("number", folder.name),
        purpose=said.pop("purpose", _("my own property") if own else ""),
        permission=said.pop("permission", _("my own") if own else ""),
        place=said.pop("place", _("at home") if own else ""),
        own=own,
        **said,
    )
    head = practice.for_job(practice.read(), head, given["subkind"])
    warn_of_clock()
    made = Job.create(folder, head, who)
    made.close()
    click.echo(_("Job made: {folder}").format(folder=folder))
    _tell_missing(head)
    return cli.OK


def _said(given: dict[str, Any]) -> dict[str, Any]:
    """The fields of the head that were given, by their names there."""
    names = {"law": "profile", "retention": "retention_days"}
    people = [Person(name, Role.TECHNICIAN) for name in given["technicians"]]
    people += [Person(name, Role.REVIEWER) for name in given["reviewers"]]
    people += [Person(name, Role.VIEWER) for name in given["viewers"]]
    apart = ("technicians", "reviewers", "viewers", "subkind")
    said = {names.get(key, key): v for key, v in given.items() if key not in apart and v is not None}
    return said | ({"people": tuple(people)} if people else {})


def _tell_missing(head: Head) -> None:
    missing = head.missing()
    if missing:
        click.echo(_("Before a sweep can start it needs: {fields}").format(fields=", ".join(missing)))


@job.command(help=_("Change what is said about a job; the audit log names the fields."))
@click.argument("folder", type=FOLDER)
@head_options
@who_option
def change(folder: Path, who: str, **given: Any) -> int:
    """Only what is given changes; people given are added to those entered."""
    said = _said(given)
    with opened(folder) as found:
        before = found.head
        if "people" in said:
            said["people"] = before.with_people(said["people"]).people
        if given["subkind"] is not None:
            card = before.licence or practice.read().licence
            said["licence"] = before.of_kind(card, given["subkind"]).licence
        found.change_head(who, **said)
        _tell_missing(found.head)
    return cli.OK


@job.command("open", help=_("Show a job: what it is for, its sweeps, findings and verdicts."))
@click.argument("folder", type=FOLDER)
def open_(folder: Path) -> int:
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
                f"{sweep}/{finding.id}  {spoken().level(finding.level)}  {title}  {safe_text(said)}",
                markup=False,
            )
        if found.purge_due() < found.now() and not found.purges():
            warn(_("the term of retention has ended: sweeper job purge {folder}").format(folder=folder))
    return cli.OK


job.add_command(open_, "show")
