"""``sweeper replay PATH…``: recordings in, findings out."""

from __future__ import annotations

from typing import NamedTuple

import click

from sweeper import cli
from sweeper.cli.options import Frequency, warn
from sweeper.cli.output import put, results_text
from sweeper.cli.places import gps_option, placed
from sweeper.cli.run import exit_code, run
from sweeper.cli.wanted import Wanted, wanted_options
from sweeper.cli.words import _
from sweeper.errors import InputError
from sweeper.known import Book
from sweeper.radio import Source
from sweeper.records import Place
from sweeper.report.collect import Collector
from sweeper.signatures import Library


@click.command(
    help=_(
        "Analyse recordings: IQ files, SigMF, WAV, CSV sweeps, Bluetooth logs and captures, Wi-Fi captures. "
        "A folder stands for all that is in it."
    )
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path())
@click.option("--format", "format_", metavar="NAME", help=_("Read as this format, whatever it looks like."))
@click.option("--rate", type=Frequency(), help=_("Sample rate, as 2.4M."))
@click.option("--center", type=Frequency(), help=_("Centre frequency, as 433.92M."))
@click.option("--each", is_flag=True, help=_("Every input is a session of its own: one document a line."))
@click.option("--place", default="", help=_("Where all of it was recorded, by name."))
@gps_option
@wanted_options
def replay(
    paths: tuple[str, ...],
    format_: str | None,
    rate: float | None,
    center: float | None,
    each: bool,
    place: str,
    gps: str | None,
    wanted: Wanted,
) -> int:
    """Open what can be opened, name what cannot, run, and give the outcome."""
    from sweeper.radio.replay import open_recordings

    library = wanted.library()
    told = Told(wanted.known(live=False), Place(name=place) if place else None)
    opened, refused = open_recordings(paths, format_name=format_, rate_hz=rate, center_hz=center)
    for error in refused:
        warn(error)
    opened = placed(opened, gps)
    if each:
        return _each(opened, refused, library, wanted.json_out, told)
    collected = Collector()
    for error in refused:
        collected.refuse(error.path, error.what)
    with wanted.kept("replay", library) as sinks:
        collected, outcome = run(
            opened, library, collector=collected, sinks=sinks, known=told.known, here=told.here
        )
    wanted.give(collected, library)
    return exit_code(collected, outcome, unreadable=bool(refused))


class Told(NamedTuple):
    """What the user said about all the recordings."""

    known: Book | None
    here: Place | None


def _each(
    opened: list[Source], refused: list[InputError], library: Library, json_out: str | None, told: Told
) -> int:
    """One session and one line for each input; the exit code is the gravest."""
    codes = [cli.UNREADABLE] if refused else []
    lines = []
    for error in refused:
        collected = Collector()
        collected.refuse(error.path, error.what)
        lines.append(results_text(collected, library, one_line=True))
    for source in opened:
        collected, outcome = run([source], library, known=told.known, here=told.here)
        codes.append(exit_code(collected, outcome))
        lines.append(results_text(collected, library, one_line=True))
        if json_out == "-":
            put("".join(lines), "-")
            lines = []
    if lines:
        put("".join(lines), json_out or "-")
    gravity = [cli.UNREADABLE, cli.FINDINGS, cli.NOT_HEARD, cli.OK]
    return min(codes or [cli.OK], key=gravity.index)
