"""``sweeper job verdict|photo|plan|check|meeting|custody``: what people decide, see and do in a job."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import click

from sweeper import cli
from sweeper.cli.job import FOLDER, opened, who_option
from sweeper.cli.words import _
from sweeper.errors import SweeperError
from sweeper.jobs.job import Decision, DeviceClass, Role, Verdict
from sweeper.jobs.papers import Check, Custody, Found, Mark, Meeting

FILE = click.Path(dir_okay=False, exists=True, path_type=Path)


class BoxType(click.ParamType[tuple[float, float, float, float]]):
    """Left, top, right, bottom as per cent of the picture: ``10,20,35,60``."""

    name = "box"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float, float, float]:
        try:
            left, top, right, bottom = (float(part) / 100 for part in str(value).split(","))
        except ValueError:
            self.fail(_("{value!r} is no part of a picture; write 10,20,35,60").format(value=value))
        return left, top, right, bottom


class When(click.ParamType[float]):
    """A moment as ``2026-11-22T14:30+05:00``; without a zone it is this computer's."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            return dt.datetime.fromisoformat(str(value)).timestamp()
        except ValueError:
            self.fail(_("{value!r} is no time; write 2026-11-22T14:30+05:00").format(value=value))


def finding_id(text: str) -> tuple[int, str]:
    """``1/F-001`` as sweep and finding."""
    sweep, slash, number = text.partition("/")
    if not slash or not sweep.isdecimal():
        raise SweeperError(_("{text!r} is no finding; write 1/F-001").format(text=text))
    return int(sweep), number


@click.command(help=_("Give a verdict on a finding, as SWEEP/FINDING, in the name of a person."))
@click.argument("folder", type=FOLDER)
@click.argument("finding", metavar="SWEEP/FINDING")
@click.argument("verdict", type=click.Choice([verdict.value for verdict in Verdict]))
@click.option("--note", default="", help=_("Why."))
@click.option(
    "--class",
    "device_class",
    type=click.Choice([each.value for each in DeviceClass if each.value]),
    default=None,
    help=_("What the device is before the law, as a person says it."),
)
@who_option
def verdict(folder: Path, finding: str, verdict: str, note: str, device_class: str | None, who: str) -> int:
    """File it."""
    sweep, number = finding_id(finding)
    said = DeviceClass(device_class or "")
    with opened(folder) as found:
        found.decide(Decision(sweep, number, Verdict(verdict), who, note, said))
    return cli.OK


@click.command(help=_("Put a photo into a job, without its metadata and with people made unrecognisable."))
@click.argument("folder", type=FOLDER)
@click.argument("file", type=FILE)
@click.option("--caption", default="", help=_("What it shows."))
@click.option("--finding", default="", metavar="SWEEP/FINDING", help=_("The finding that it belongs to."))
@click.option(
    "--blur", "boxes", type=BoxType(), multiple=True, metavar="L,T,R,B", help=_("Per cent; repeatable.")
)
@click.option("--no-people", is_flag=True, help=_("Nobody is to be seen in it."))
@who_option
def photo(
    folder: Path,
    file: Path,
    caption: str,
    finding: str,
    boxes: tuple[tuple[float, float, float, float], ...],
    no_people: bool,
    who: str,
) -> int:
    """Ask whether a person is to be seen, unless it is said."""
    from sweeper.jobs import photos

    people = bool(boxes) or (not no_people and click.confirm(_("Is a person to be seen in the picture?")))
    if finding:
        finding_id(finding)
    with opened(folder) as found:
        made = photos.add(found, file, who=who, caption=caption, people=people, boxes=boxes, finding=finding)
    click.echo(_("Kept: {path}").format(path=made.file))
    return cli.OK


@click.command(help=_("Put a floor plan into a job, with findings marked on it."))
@click.argument("folder", type=FOLDER)
@click.argument("file", type=FILE)
@click.option("--title", default="", help=_("What it shows."))
@click.option("--width", "width_m", type=click.FloatRange(min=0, min_open=True), help=_("Width in metres."))
@click.option(
    "--mark",
    "marks",
    nargs=3,
    type=(click.FloatRange(0, 100), click.FloatRange(0, 100), str),
    multiple=True,
    metavar="X Y FINDING",
    help=_("Per cent from the left and from above, and SWEEP/FINDING; repeatable."),
)
@who_option
def plan(
    folder: Path,
    file: Path,
    title: str,
    width_m: float | None,
    marks: tuple[tuple[float, float, str], ...],
    who: str,
) -> int:
    """A picture; marks lie on it."""
    from sweeper.jobs import photos

    made = [Mark(x=x / 100, y=y / 100, finding=finding) for x, y, finding in marks]
    for each in made:
        finding_id(each.finding)
    with opened(folder) as found:
        number = photos.add_plan(found, file, who=who, title=title or file.stem, width_m=width_m)
        if made:
            photos.mark(found, number, made, who)
    return cli.OK


@click.command(help=_("File what a search by eye and hand gave: PLACE as car/obd, or in your own words."))
@click.argument("folder", type=FOLDER)
@click.argument("place")
@click.argument("result", type=click.Choice([each.value for each in Found]))
@click.option("--method", default="", help=_("lens, infrared, junction, thermal, or your own word."))
@click.option("--note", default="", help=_("What was seen."))
@who_option
def check(folder: Path, place: str, result: str, method: str, note: str, who: str) -> int:
    """One line of a checklist."""
    with opened(folder) as found:
        found.require(who, Role.TECHNICIAN, Role.REVIEWER)
        done = Check(place=place, method=method, result=Found(result), who=who, utc_s=found.now(), note=note)
        found.file(done, who, "check", result=result)
    return cli.OK


@click.command(help=_("Enter a meeting: signals on the air just then are worth a look."))
@click.argument("folder", type=FOLDER)
@click.argument("begin", type=When())
@click.argument("end", type=When())
@click.option("--label", default="", help=_("Its name."))
@who_option
def meeting(folder: Path, begin: float, end: float, label: str, who: str) -> int:
    """A window of time for the report."""
    if end <= begin:
        raise SweeperError(_("the meeting ends before it begins"))
    with opened(folder) as found:
        found.require(who, Role.TECHNICIAN, Role.REVIEWER)
        found.file(Meeting(label=label, start_utc_s=begin, stop_utc_s=end), who, "meeting")
    return cli.OK


@click.command(help=_("File that an item of evidence was handed over."))
@click.argument("folder", type=FOLDER)
@click.argument("item")
@click.option("--seal", default="", help=_("Number of the seal on its bag."))
@click.option("--from", "giver", required=True, help=_("Who gave it."))
@click.option("--to", "taker", required=True, help=_("Who took it."))
@click.option("--place", default="", help=_("Where."))
@click.option("--why", default="", help=_("Why."))
@who_option
def custody(
    folder: Path, item: str, seal: str, giver: str, taker: str, place: str, why: str, who: str
) -> int:
    """One line of the chain of custody."""
    with opened(folder) as found:
        found.require(who, Role.TECHNICIAN, Role.REVIEWER)
        passed = Custody(
            item=item, seal=seal, giver=giver, taker=taker, place=place, why=why, utc_s=found.now()
        )
        found.file(passed, who, "custody", item=item)
    return cli.OK


COMMANDS: dict[str, click.Command] = {
    "verdict": verdict,
    "photo": photo,
    "plan": plan,
    "check": check,
    "meeting": meeting,
    "custody": custody,
}
