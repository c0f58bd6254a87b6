"""``sweeper reference``: what the bands look like outside, recorded to be compared with inside."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table

from sweeper import cli
from sweeper.cli.known import book_for, known_option
from sweeper.cli.options import load_library, warn
from sweeper.cli.planning import Range, made_plan
from sweeper.cli.run import run
from sweeper.cli.show import written
from sweeper.cli.words import _, spoken
from sweeper.errors import SweeperError
from sweeper.plan import DWELL_S, PRESETS, Band, Mode, SweepPlan
from sweeper.radio import Source
from sweeper.radio.sweep import SweepSource
from sweeper.reference import (
    SUFFIX,
    Comparison,
    Conditions,
    Recorder,
    Reference,
    load,
    merge,
    mismatches,
    save,
)
from sweeper.signatures import Library
from sweeper.text import listed, safe_text, say

FILE = click.Path(dir_okay=False, path_type=Path)


class Taken(click.ParamType[Path]):
    """A reference's file, by the name that was given to ``record``: its ending may be left out."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = Path(value)
        whole = path.with_name(path.name + SUFFIX)
        return whole if not path.exists() and whole.is_file() else path


RECORDED = "recording"
"""Receiver of a reference that was taken from recordings."""

PASSES = 3
"""Passes of a reference, where the user does not say: a level's wavering needs more than one."""


def conditions(names: Sequence[str], antenna: str, plan: SweepPlan) -> Conditions:
    """How a sweep with these receivers is taken."""
    ranges = tuple((band.start_hz, band.stop_hz) for band in plan.bands)
    return Conditions(",".join(names), antenna, plan.gain_db, ranges, DWELL_S[plan.mode])


def compared(paths: Sequence[Path], here: Conditions) -> Comparison:
    """The references to compare with, merged; refused where antenna, gain, receiver or dwell differ."""
    loaded = [load(path) for path in paths]
    for path, reference in zip(paths, loaded, strict=True):
        differences = list(mismatches(reference, here))
        if differences:
            raise SweeperError(say("{path}: {problem}", path=path, problem=listed(differences, "; ")))
        warn(_("reference '{name}', {age} old").format(name=reference.head.name, age=_age(reference)))
    return Comparison(merge(loaded, ", ".join(one.head.name for one in loaded)) if loaded[1:] else loaded[0])


def conditions_of(paths: Sequence[Path]) -> Conditions:
    """How the first of the references was taken: a sweep beside them is taken so unless told otherwise."""
    return load(paths[0]).head.conditions


def _age(reference: Reference) -> str:
    return spoken().duration(max(0.0, reference.age_s(time.time())))


@click.group(help=_("Record what the bands look like outside, and compare."))
def reference() -> None:
    """A group."""


@reference.command(help=_("Record a reference: sweep here, away from the target, or take recordings."))
@click.argument("file", type=FILE)
@click.argument("recordings", nargs=-1, type=click.Path())
@click.option("--source", "names", multiple=True, metavar="NAME", help=_("As 'sweeper sources' prints it."))
@click.option("--range", "ranges", multiple=True, type=Range(), help=_("A range, as 430M:440M; repeatable."))
@click.option("--preset", type=click.Choice(list(PRESETS)), help=_("The ranges."))
@click.option("--passes", type=click.IntRange(1, 10_000), help=_("How often each range is heard."))
@click.option("--gain", type=float, metavar="DB", help=_("The gain; the same later."))
@click.option(
    "--ppm", type=click.FloatRange(-300, 300), default=0.0, help=_("Error of the receiver's crystal.")
)
@click.option("--antenna", default="", help=_("The antenna; the same later."))
@click.option("--name", default="", help=_("What to call it."))
def record(
    file: Path,
    recordings: tuple[str, ...],
    names: tuple[str, ...],
    ranges: tuple[Band, ...],
    preset: str | None,
    passes: int | None,
    gain: float | None,
    ppm: float,
    antenna: str,
    name: str,
) -> int:
    """Sweep or replay, gather, and write one file."""
    preset = preset or (None if ranges else "flat")
    plan = made_plan(ranges, preset, Mode.BURST_SAFE.value, passes or PASSES, gain, ppm)
    library = load_library(())
    names = names if recordings else names or ("rtlsdr",)
    recorder, plan, outcome_ok = _gathered(recordings, names, plan, library)
    if file.suffixes[-2:] != [".reference", ".npz"]:
        file = file.with_name(file.name + SUFFIX)
    how = conditions(names, antenna, plan)
    if recordings:  # nobody knows what they were taken with
        how = Conditions(RECORDED, antenna, gain, ())
    taken = recorder.made(name or file.name.removesuffix(SUFFIX), how, time.time())
    save(taken, file)
    written(str(file))
    return cli.OK if outcome_ok else cli.NOT_HEARD


def _gathered(
    recordings: tuple[str, ...], names: tuple[str, ...], plan: SweepPlan, library: Library
) -> tuple[Recorder, SweepPlan, bool]:
    """The recorder, the plan with the gain that was used, and whether all was heard."""
    recorder = Recorder(plan.bin_hz)
    if recordings:
        from sweeper.radio.replay import open_recordings

        sources, refused = open_recordings(recordings)
        for error in refused:
            warn(error)
    else:
        from sweeper.radio.inventory import open_source

        sources, refused = [open_source(name, plan) for name in names], []
    made: list[Source] = list(sources)
    _collected, outcome = run(made, library, plan=plan, sinks=[recorder], title=_("Recording the reference"))
    for line in outcome.unheard:
        warn(line)
    gains = {source.stats.gain_db for source in made if isinstance(source, SweepSource)}
    if len(gains) == 1:
        plan = msgspec.structs.replace(plan, gain_db=gains.pop())
    return recorder, plan, not (refused or outcome.unheard)


@reference.command("list", help=_("The references in a folder, with their age and conditions."))
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path())
@click.option("--json", "json_out", metavar="-", help=_("Print a JSON document."))
def list_(folder: Path, json_out: str | None) -> int:
    """A line a file."""
    rows = []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            found = load(path)
        except SweeperError as error:
            warn(error)
            continue
        head = found.head
        rows.append(
            {
                "file": str(path),
                "name": head.name,
                "taken_utc_s": head.taken_utc_s,
                "age_s": found.age_s(time.time()),
                "receiver": head.conditions.receiver,
                "antenna": head.conditions.antenna,
                "gain_db": head.conditions.gain_db,
                "ranges_hz": head.conditions.ranges_hz,
                "dwell_s": head.conditions.dwell_s,
                "merged": head.merged,
                "emissions": len(head.emissions),
            }
        )
    if json_out is not None:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return cli.OK
    table = Table(box=None, pad_edge=False)
    for heading in (_("name"), _("taken"), _("age"), _("receiver"), _("antenna"), _("gain"), _("emissions")):
        table.add_column(heading)
    for row in rows:
        taken = spoken().datetime(float(str(row["taken_utc_s"])))
        age = spoken().duration(max(0.0, float(str(row["age_s"]))))
        gain = "-" if row["gain_db"] is None else f"{row['gain_db']:g} dB"
        cells = (row["name"], taken, age, row["receiver"], row["antenna"] or "-", gain, row["emissions"])
        table.add_row(*(safe_text(str(cell)) for cell in cells))
    Console().print(table)
    return cli.OK


@reference.command("merge", help=_("Make one reference of several of the same place, taken alike."))
@click.argument("file", type=FILE)
@click.argument("references", nargs=-1, required=True, type=Taken())
@click.option("--name", default="", help=_("What to call it."))
def merge_(file: Path, references: tuple[Path, ...], name: str) -> int:
    """More looks at more times of day: what comes and goes is known. Other conditions are refused."""
    loaded = [load(path) for path in references]
    for path, one in zip(references[1:], loaded[1:], strict=True):
        differences = list(mismatches(loaded[0], one.head.conditions))
        if differences:
            raise SweeperError(say("{path}: {problem}", path=path, problem=listed(differences, "; ")))
    if file.suffixes[-2:] != [".reference", ".npz"]:
        file = file.with_name(file.name + SUFFIX)
    save(merge(loaded, name or file.name.removesuffix(SUFFIX)), file)
    written(str(file))
    return cli.OK


@reference.command(help=_("Compare recordings with a reference; findings for what is new or stronger."))
@click.argument("file", type=Taken())
@click.argument("recordings", nargs=-1, required=True, type=click.Path())
@click.option("--also", multiple=True, type=Taken(), help=_("A further reference; all are merged."))
@click.option("--antenna", help=_("The antenna of the recordings; refused if it is another."))
@click.option("--gain", type=float, metavar="DB", help=_("The gain of the recordings; refused likewise."))
@known_option
@click.option(
    "--json", "json_out", metavar="FILE", help=_("Write the results document there; - for standard output.")
)
def compare(
    file: Path,
    recordings: tuple[str, ...],
    also: tuple[Path, ...],
    antenna: str | None,
    gain: float | None,
    known_file: str | None,
    json_out: str | None,
) -> int:
    """The same as a replay, with the reference beside it."""
    from sweeper.cli.output import give
    from sweeper.cli.run import exit_code
    from sweeper.radio.replay import open_recordings

    library = load_library(())
    then = conditions_of((file,))
    here = msgspec.structs.replace(
        then,
        antenna=then.antenna if antenna is None else antenna,
        gain_db=then.gain_db if gain is None else gain,
    )
    comparison = compared((file, *also), here)
    sources, refused = open_recordings(recordings)
    for error in refused:
        warn(error)
    collected, outcome = run(sources, library, comparison=comparison, known=book_for(known_file, live=False))
    give(collected, library, json_out=json_out, report=None)
    return exit_code(collected, outcome, unreadable=bool(refused))
