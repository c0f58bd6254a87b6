"""``sweeper licence``: the licence card, staff, equipment, duties, and the inspection pack."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

import click

from sweeper import cli
from sweeper.cli.job import DAY, FOLDER
from sweeper.cli.job_people import today
from sweeper.cli.options import warn
from sweeper.cli.output import put
from sweeper.cli.words import _, ngettext, spoken
from sweeper.errors import SweeperError
from sweeper.jobs import practice
from sweeper.jobs import register as registering
from sweeper.jobs.law import Licence, LicenceState, profiles
from sweeper.jobs.papers import Equipment
from sweeper.text import safe_text

FILE = click.Path(dir_okay=False, path_type=Path)
AHEAD_DAYS = 30
"""What is due within a month is told."""


@click.group(help=_("The licence card, staff, equipment, duties and the inspection pack."))
def licence() -> None:
    """A group."""


@licence.command(
    help=_("The licence card and what is due. Exit code 3 where it is missing, ended or flagged.")
)
@click.option("--ahead", type=click.IntRange(0, 3650), default=AHEAD_DAYS, help=_("Days to look ahead."))
def show(ahead: int) -> int:
    """Print it for a person."""
    from sweeper.casework import papers

    mine, day = practice.read(), today()
    if mine.organisation:
        click.echo(safe_text(mine.organisation))
    for fact in papers.licence_facts(mine, time.time(), spoken()):
        click.echo(f"{fact.name}: {safe_text(fact.value)}")
    for reminder in practice.reminders(mine, day, ahead):
        click.echo(_reminder(reminder, day))
    card = mine.licence
    if card is None:
        return cli.NOT_HEARD
    good = (LicenceState.VALID, LicenceState.ENDING)
    return cli.OK if card.state(mine.profile(), day) in good else cli.NOT_HEARD


def _reminder(reminder: practice.Reminder, day: dt.date) -> str:
    names = {"duty": _("duty"), "calibration": _("calibration"), "licence": _("licence")}
    left = (reminder.day - day).days
    line = ngettext("in {n} day", "in {n} days", left).format(n=left) if left >= 0 else _("LATE")
    return f"{spoken().day(reminder.day)}  {line}  {names[reminder.kind]}: {safe_text(reminder.about)}"


@licence.command("set", help=_("Enter the licence card; the expiry is computed."))
@click.option("--number", required=True, help=_("Its number."))
@click.option("--holder", required=True, help=_("The organisation that it was issued to."))
@click.option("--authority", required=True, help=_("The licensor."))
@click.option("--issued", type=DAY, required=True, metavar="DAY", help=_("Day of issue."))
@click.option("--subkind", type=int, default=1, show_default=True, help=_("Sub-kind."))
@click.option("--open-ended", is_flag=True, help=_("Issued without a term."))
@click.option("--law", default="kz", show_default=True, help=_("The law under which it was issued."))
def set_(
    number: str, holder: str, authority: str, issued: dt.date, subkind: int, open_ended: bool, law: str
) -> int:
    """Refused where it is another organisation's: a licence is non-alienable."""
    if law not in profiles():
        raise SweeperError(
            _("no law {code}; there are {known}").format(code=law, known=", ".join(profiles()))
        )
    card = Licence(
        number=number,
        holder=holder,
        authority=authority,
        subkind=subkind,
        issued=issued,
        open_ended=open_ended,
    )
    mine = practice.entered(practice.read(), card, law, spoken().code, today())
    practice.write(mine)
    last = card.expires(mine.profile())
    if last is not None:
        click.echo(_("Valid until {day}.").format(day=spoken().day(last)))
    return cli.OK


@licence.command(help=_("Take the licence card out, before another organisation is entered."))
@click.option("--organisation", default="", help=_("The organisation to enter instead."))
def drop(organisation: str) -> int:
    """Jobs keep the card that they were made with."""
    import msgspec

    mine = msgspec.structs.replace(practice.read(), licence=None)
    practice.write(practice.named(mine, organisation or mine.organisation))
    return cli.OK


@licence.command(help=_("Enter a piece of equipment with its calibration."))
@click.argument("name")
@click.option("--serial", default="", help=_("Serial number."))
@click.option("--antenna", default="", help=_("Its antenna."))
@click.option("--calibrated", type=DAY, metavar="DAY", help=_("When it was calibrated."))
@click.option("--due", type=DAY, metavar="DAY", help=_("When it has to be again."))
@click.option("--note", default="", help=_("Anything else."))
@click.option("--drop", is_flag=True, help=_("Take it out."))
def equipment(
    name: str,
    serial: str,
    antenna: str,
    calibrated: dt.date | None,
    due: dt.date | None,
    note: str,
    drop: bool,
) -> int:
    """The same name and serial number replace what was entered."""
    if drop:
        practice.write(practice.without_equipment(practice.read(), name, serial))
        return cli.OK
    piece = Equipment(
        name=name, serial=serial, antenna=antenna, calibrated=calibrated, calibration_due=due, note=note
    )
    practice.write(practice.with_equipment(practice.read(), piece))
    return cli.OK


@licence.command(help=_("Enter a person of the staff."))
@click.argument("name")
@click.option("--position", default="", help=_("Position."))
@click.option("--qualification", default="", help=_("What qualifies them."))
@click.option("--drop", is_flag=True, help=_("Take it out."))
def staff(name: str, position: str, qualification: str, drop: bool) -> int:
    """The same name replaces what was entered."""
    if drop:
        practice.write(practice.without_staff(practice.read(), name))
        return cli.OK
    person = practice.Staff(name, position, qualification)
    practice.write(practice.with_staff(practice.read(), person))
    return cli.OK


@licence.command(help=_("The duty calendar; with an ID, set a duty, mark it done or take it out."))
@click.argument("id", required=False)
@click.option("--name", default="", help=_("What has to be done."))
@click.option("--every", type=click.IntRange(1, 600), help=_("Every how many months."))
@click.option("--due", type=DAY, metavar="DAY", help=_("When next."))
@click.option("--done", type=DAY, metavar="DAY", help=_("It was done on that day."))
@click.option("--drop", is_flag=True, help=_("Take it out."))
def duty(
    id: str | None, name: str, every: int | None, due: dt.date | None, done: dt.date | None, drop: bool
) -> int:
    """Periods are the user's to set: the licensor sets the real ones."""
    mine = practice.read()
    if id is None:
        for each in sorted(mine.duties, key=lambda d: d.due):
            line = ngettext("every {n} month", "every {n} months", each.months).format(n=each.months)
            click.echo(f"{spoken().day(each.due)}  {each.id}: {safe_text(each.name)} ({line})")
        return cli.OK
    if drop:
        practice.write(practice.without_duty(mine, id))
        return cli.OK
    if done is not None:
        practice.write(practice.done(mine, id, done))
        return cli.OK
    known = next((each for each in mine.duties if each.id == id), None)
    months = every or (known.months if known is not None else 12)
    made = practice.OwnDuty(
        id=id,
        name=name or (known.name if known is not None else id),
        months=months,
        due=due or (known.due if known is not None else practice.add_months(today(), months)),
        done=known.done if known is not None else (),
    )
    practice.write(practice.with_duty(mine, made))
    return cli.OK


@licence.command(help=_("Everything for an inspection in one ZIP archive: PDF, ODS, CSV."))
@click.argument("jobs", type=FOLDER, default=Path())
@click.option("--out", metavar="FILE", default="inspection.zip", show_default=True, help=_("Where to."))
def pack(jobs: Path, out: str) -> int:
    """The jobs below a folder, the practice, the logs."""
    from sweeper.casework import inspection

    rows, problems = registering.rows(jobs)
    for problem in problems:
        warn(problem)
    put(inspection.pack(practice.read(), rows, spoken(), time.time()), out)
    click.echo(_("Written: {path}").format(path=out), err=True)
    return cli.OK


@licence.command(help=_("The report to the licensor from a template, for the jobs below a folder."))
@click.argument("jobs", type=FOLDER, default=Path())
@click.option("--from", "from_day", type=DAY, required=True, metavar="DAY", help=_("First day."))
@click.option("--to", "to_day", type=DAY, default=today, metavar="DAY", help=_("Last day; today by default."))
@click.option("--template", type=FILE, help=_("A text of your own: title, then paragraphs with {fields}."))
@click.option("--out", metavar="FILE", default="licensor-report.docx", show_default=True, help=_("Where to."))
def report(jobs: Path, from_day: dt.date, to_day: dt.date, template: Path | None, out: str) -> int:
    """The form and the period are the licensor's: the text can be changed."""
    from sweeper.casework import papers
    from sweeper.report import formats

    rows, problems = registering.rows(jobs)
    for problem in problems:
        warn(problem)
    made = papers.licensor_report(
        practice.read(),
        rows,
        spoken(),
        from_day=from_day,
        to_day=to_day,
        own=papers.template(template) if template is not None else None,
    )
    put(formats.sheet(out, made), out)
    click.echo(_("Written: {path}").format(path=out), err=True)
    return cli.OK


@licence.command(help=_("Write the law's texts as files to change, for --template."))
@click.argument("folder", type=FOLDER)
def templates(folder: Path) -> int:
    """One text file a paper, in the language of this command."""
    from sweeper.casework import papers

    mine = practice.read()
    for name, text in mine.profile().texts.items():
        put(papers.written(text, spoken()), str(folder / f"{name}-{spoken().code}.txt"))
    click.echo(_("Written: {path}").format(path=folder), err=True)
    return cli.OK


@licence.command(help=_("The laws that are known here, and where their rules stand."))
def laws() -> int:
    """Built in, and the user's own."""
    for law in profiles().values():
        click.echo(law.code)
        for source in law.sources:
            click.echo(f"  {source.what}: {source.where}")
    return cli.OK
