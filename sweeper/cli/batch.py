"""``sweeper batch FOLDER…``: archives of recordings, with many workers, resumable."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from sweeper import cli
from sweeper.batch import cluster, parquet, run, units
from sweeper.batch.work import Settings
from sweeper.cli.options import json_option, load_library, signature_folders, signatures_option, warn
from sweeper.cli.output import put
from sweeper.cli.words import _, ngettext, spoken
from sweeper.report import results


@click.command(
    help=_(
        "Analyse folders of recordings: a results document for each and one SQLite table over all. Run it "
        "again to go on where it stopped. Every recording is a session of its own."
    )
)
@click.argument(
    "folders_", nargs=-1, required=True, metavar="FOLDER...", type=click.Path(exists=True, path_type=Path)
)
@click.option(
    "--out",
    required=True,
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help=_("Results go there."),
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    help=_("Processes here; by default one a processor."),
)
@click.option(
    "--scheduler", metavar="tcp://HOST:PORT", help=_("Work on this Dask cluster, which sees the same files.")
)
@click.option(
    "--piece",
    "piece_s",
    type=click.FloatRange(min=4 * units.OVERLAP_S),
    default=units.PIECE_S,
    show_default=True,
    metavar="SECONDS",
    help=_("Recordings of samples longer than this are analysed in pieces of this length."),
)
@click.option(
    "--parquet",
    "as_parquet",
    is_flag=True,
    help=_("Write the table as Parquet files too (needs pyarrow)."),
)
@json_option
@signatures_option
def batch(
    folders_: tuple[Path, ...],
    out: Path,
    workers: int | None,
    scheduler: str | None,
    piece_s: float,
    as_parquet: bool,
    json_out: str | None,
    folders: tuple[Path, ...],
) -> int:
    """Plan, run, tell, and exit as ``replay`` would."""
    if as_parquet:
        parquet.ready()
    library = load_library(folders)
    plan = units.plan(folders_, piece_s=piece_s)
    settings = Settings(tuple(str(folder) for folder in signature_folders(folders)), spoken().code)
    with _workers(workers, scheduler) as (executors, count), _bar() as progress:
        tally = run.run(
            plan, settings, out, executors, workers=count, signatures=library.sha256, progress=progress
        )
    if as_parquet:
        parquet.build(out / "results.sqlite", out / "parquet")
    for line in tally.failures:
        warn(line)
    if json_out is not None:
        put(results.encode(_summary(tally, out)) + "\n", json_out)
    if json_out != "-":
        _tell(tally, out)
    if tally.unreadable or tally.failures or not tally.recordings:
        return cli.UNREADABLE
    return cli.FINDINGS if set(tally.levels) - {"info"} else cli.OK


@contextmanager
def _workers(
    workers: int | None, scheduler: str | None
) -> Iterator[tuple[Callable[[int | None], Executor], int]]:
    if scheduler is None:
        count = workers or run.cores()
        yield lambda wanted: run.local(wanted or count), count
        return
    executors, count, close = cluster.connect(scheduler)
    try:
        yield executors, count
    finally:
        close()


@contextmanager
def _bar() -> Iterator[run.Progress]:
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(_("Analysing"), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _summary(tally: run.Tally, out: Path) -> results.Document:
    return {
        "recordings": tally.recordings,
        "units": tally.units,
        "resumed": tally.resumed,
        "failures": tally.failures,
        "unreadable": tally.unreadable,
        "findings": dict(sorted(tally.levels.items())),
        "rows": tally.rows,
        "table": str(out / "results.sqlite"),
        "documents": str(out / "documents"),
    }


def _tell(tally: run.Tally, out: Path) -> None:
    said = ngettext("{count} recording", "{count} recordings", tally.recordings).format(
        count=tally.recordings
    )
    if tally.resumed:
        said += _(", {count} parts done before").format(count=tally.resumed)
    if tally.failures:
        said += _(", {count} parts failed").format(count=len(tally.failures))
    if tally.unreadable:
        said += _(", {count} could not be read").format(count=tally.unreadable)
    click.echo(said + ".")
    above = {level: count for level, count in tally.levels.items() if level != "info"}
    if above:
        click.echo(
            _("Findings: {high} high, {medium} medium, {low} low.").format(
                **{level: above.get(level, 0) for level in ("high", "medium", "low")}
            )
        )
    else:
        click.echo(_("No device was found in what was read."))
    click.echo(
        _("Documents: {documents}; table: {table}").format(
            documents=out / "documents", table=out / "results.sqlite"
        )
    )
