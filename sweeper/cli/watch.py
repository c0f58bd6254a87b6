"""``sweeper watch``: hours on a few bands, with a line for everything that comes on the air."""

from __future__ import annotations

import json
import math

import click

from sweeper.cli.options import load_library, warn
from sweeper.cli.output import give
from sweeper.cli.planning import Range, made_plan
from sweeper.cli.run import exit_code, run
from sweeper.cli.words import _, spoken
from sweeper.plan import Band, Mode
from sweeper.records import Emission, Finding, Level, Record

PASSES = 10_000_000
"""As good as for ever: the time ends a watch, not the count."""


class Log:
    """The sink that tells of every emission when it first comes, and of every finding above *info*."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._told: set[str] = set()

    def __call__(self, record: Record) -> None:
        if isinstance(record, Emission) and record.id not in self._told:
            self._told.add(record.id)
            self._say(
                "emission",
                record.start_s,
                id=record.id,
                center_hz=round(record.center_hz, 1),
                width_hz=round(record.width_hz, 1),
                snr_db=round(record.snr_db, 1),
                kind=record.kind,
            )
        elif isinstance(record, Finding) and record.level is not Level.INFO:
            key = f"{record.id}/{record.level}"
            if key not in self._told:
                self._told.add(key)
                title = spoken().phrase(record.title)
                self._say("finding", record.raised_s, id=record.id, level=record.level.value, title=title)

    def _say(self, what: str, time_s: float, **values: str | float) -> None:
        if self._as_json:
            line = {"what": what, "time_s": round(time_s, 3), **values}
            click.echo(json.dumps(line, ensure_ascii=False), err=True)
            return
        shown = "  ".join(str(value) for value in values.values())
        click.echo(f"{spoken().duration(time_s)}  {shown}", err=True)


@click.command(help=_("Listen for hours on a few bands; a line for everything that comes on the air."))
@click.option(
    "--source", "name", default="rtlsdr", show_default=True, help=_("As 'sweeper sources' prints it.")
)
@click.option("--range", "ranges", multiple=True, required=True, type=Range(), help=_("A range; repeatable."))
@click.option("--hours", type=click.FloatRange(min=0, min_open=True), default=math.inf, help=_("How long."))
@click.option("--gain", type=float, metavar="DB", help=_("Receiver gain (chosen by a short test)."))
@click.option("--lines", type=click.Choice(["text", "json"]), default="text", help=_("Form of the lines."))
@click.option(
    "--json", "json_out", metavar="FILE", help=_("The results document at the end; - for standard output.")
)
@click.option("--report", metavar="FILE", help=_("Write the HTML report there."))
def watch(
    name: str,
    ranges: tuple[Band, ...],
    hours: float,
    gain: float | None,
    lines: str,
    json_out: str | None,
    report: str | None,
) -> int:
    """Until the time is up or Ctrl-C; what was heard is kept either way."""
    from sweeper.radio.inventory import open_source

    library = load_library(())
    plan = made_plan(ranges, None, Mode.BURST_SAFE.value, PASSES, gain, 0.0)
    seconds = None if math.isinf(hours) else hours * 3600
    log = Log(lines == "json")
    source = open_source(name, plan)
    collected, outcome = run([source], library, plan=plan, sinks=[log], title=_("Watching"), seconds=seconds)
    for line in outcome.unheard:
        warn(line)
    give(collected, library, json_out=json_out, report=report)
    return exit_code(collected, outcome)
