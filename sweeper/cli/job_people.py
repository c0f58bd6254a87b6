"""``sweeper job consent|withdraw|object|answer|terms|subject|paper``: the rights of the people concerned."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from sweeper import cli
from sweeper.casework import papers
from sweeper.cli.job import DAY, FOLDER, opened, who_option
from sweeper.cli.output import put
from sweeper.cli.words import _, ngettext, spoken
from sweeper.errors import SweeperError
from sweeper.jobs import purging
from sweeper.jobs.job import Consent
from sweeper.text import safe_text

F = TypeVar("F", bound=Callable[..., Any])
FILE = click.Path(dir_okay=False, path_type=Path)


def today() -> dt.date:
    """This computer's day: terms in working days count from it."""
    return dt.datetime.now().astimezone().date()


def term_options(function: F) -> F:
    """Job, person, what was said, and the day on which it came."""
    options = (
        click.argument("folder", type=FOLDER),
        click.option("--person", default="", help=_("The person concerned.")),
        click.option("--text", default="", help=_("What was said.")),
        click.option("--received", type=DAY, default=today, metavar="DAY", help=_("When; today by default.")),
    )
    for option in reversed(options):
        function = option(function)
    return who_option(function)


@click.command(help=_("File someone's consent; without --until it ends with its purpose."))
@click.argument("folder", type=FOLDER)
@click.argument("person")
@click.option("--purpose", default="", help=_("For what; the job's purpose by default."))
@click.option("--given", type=DAY, default=today, metavar="DAY", help=_("When; today by default."))
@click.option("--until", type=DAY, metavar="DAY", help=_("Its last day."))
@click.option("--how", default="", help=_("In writing, by mail, …"))
@who_option
def consent(
    folder: Path, person: str, purpose: str, given: dt.date, until: dt.date | None, how: str, who: str
) -> int:
    """File it."""
    if until is not None and until < given:
        raise SweeperError(_("the consent ends before it begins"))
    with opened(folder) as found:
        made = Consent(
            person=person, purpose=purpose or found.head.purpose, given=given, until=until, how=how
        )
        found.consent(made, who)
    return cli.OK


@click.command(help=_("A person withdraws consent: begin the term in working days."))
@term_options
def withdraw(folder: Path, person: str, text: str, received: dt.date, who: str) -> int:
    """File it and say when it is due."""
    with opened(folder) as found:
        term = found.withdraw(person or who, received, text, by=who)
    click.echo(_("To be done by {day}.").format(day=spoken().day(term.due)))
    return cli.OK


@click.command(help=_("A person objects to automated processing: begin the term."))
@term_options
def object_(folder: Path, person: str, text: str, received: dt.date, who: str) -> int:
    """File it and say when it is due."""
    with opened(folder) as found:
        term = found.objection(person or who, received, text, by=who)
    click.echo(_("To be answered by {day}.").format(day=spoken().day(term.due)))
    return cli.OK


@click.command(help=_("Withdrawals and objections with the working days that are left."))
@click.argument("folder", type=FOLDER)
def terms(folder: Path) -> int:
    """Exit code 1 where one is late."""
    late = False
    with opened(folder, read_only=True) as found:
        law, now = found.head.law(), today()
        for kind in ("withdrawal", "objection"):
            for number, term in found.terms(kind):
                left = law.working_days_between(now, term.due)
                if term.answered is not None:
                    state = _("answered on {day}").format(day=spoken().day(term.answered))
                elif term.late(now):
                    state, late = _("LATE since {day}").format(day=spoken().day(term.due)), True
                else:
                    line = ngettext(
                        "{n} working day left, until {day}", "{n} working days left, until {day}", left
                    )
                    state = line.format(n=left, day=spoken().day(term.due))
                click.echo(f"{kind} {number}  {safe_text(term.who)}: {state}")
    return cli.FINDINGS if late else cli.OK


@click.command(help=_("File the answer to a withdrawal or objection, by its number in `job terms`."))
@click.argument("folder", type=FOLDER)
@click.argument("kind", type=click.Choice(["withdrawal", "objection"]))
@click.argument("number", type=int)
@click.argument("text")
@click.option("--day", type=DAY, default=today, metavar="DAY", help=_("When; today by default."))
@who_option
def answer(folder: Path, kind: str, number: int, text: str, day: dt.date, who: str) -> int:
    """File it."""
    with opened(folder) as found:
        found.answer(kind, number, who, day, text)
    return cli.OK


@click.command(help=_("What is kept about one address or name: print it, or delete it for good."))
@click.argument("folder", type=FOLDER)
@click.argument("identifier")
@click.option("--delete", is_flag=True, help=_("Delete it; a certificate stays."))
@click.option("--yes", is_flag=True, help=_("Do not ask."))
@click.option("--out", metavar="FILE", default="-", help=_("Where to."))
@who_option
def subject(folder: Path, identifier: str, delete: bool, yes: bool, out: str, who: str) -> int:
    """The data subject's access and deletion."""
    if delete and not yes and not click.confirm(_("This cannot be undone. Delete?")):
        return cli.OK
    with opened(folder, read_only=not delete) as found:
        if delete:
            made: Any = msgspec.to_builtins(purging.forget(found, identifier, who))
        else:
            made = purging.about(found, identifier)
    put(json.dumps(made, ensure_ascii=True, indent=2) + "\n", out)
    return cli.OK


@click.command(help=_("Write a paper of a job: notice, consent, replies, custody form, certificate."))
@click.argument("folder", type=FOLDER)
@click.argument("kind", type=click.Choice(papers.PAPERS))
@click.option("--number", type=int, help=_("Of the consent, withdrawal, objection or purge; the last one."))
@click.option("--item", default="", help=_("The item of a custody form."))
@click.option("--template", type=FILE, help=_("A text of your own: title, then paragraphs with {fields}."))
@click.option("--out", metavar="FILE", help=_("PDF, DOCX or TXT; in the job's folder by default."))
@who_option
def paper(
    folder: Path, kind: str, number: int | None, item: str, template: Path | None, out: str | None, who: str
) -> int:
    """One page, in the language of this command."""
    from sweeper.report import formats

    own = papers.template(template) if template is not None else None
    with opened(folder) as found:
        made = papers.of(found, kind, spoken(), who=who, number=number, item=item, own=own)
        target = out or str(folder / "reports" / f"{kind}-{spoken().code}.pdf")
        put(formats.sheet(target, made, made_utc_s=found.now()), target)
        papers.noted(found, kind, who, spoken())
    click.echo(_("Written: {path}").format(path=target), err=True)
    return cli.OK


COMMANDS: dict[str, click.Command] = {
    "consent": consent,
    "withdraw": withdraw,
    "object": object_,
    "answer": answer,
    "terms": terms,
    "subject": subject,
    "paper": paper,
}
