"""``sweeper report``: a job's report, with other people's identifiers replaced, in any of its formats."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from sweeper import cli
from sweeper.cli.job import FOLDER, opened, who_option
from sweeper.cli.options import load_library, signatures_option
from sweeper.cli.output import put
from sweeper.cli.words import _, spoken


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
    from sweeper.casework import writing

    library = load_library(folders)
    with opened(folder) as job:
        made = dt.datetime.fromtimestamp(job.now(), dt.UTC)
        target = out or str(folder / "reports" / f"report-{made:%Y%m%d-%H%M}.pdf")
        content = writing.report(job, target, library=library, language=spoken(), brief=brief, wanted=wanted)
        put(content, target)
        writing.filed(job, target, who, spoken())
    click.echo(_("Written: {path}").format(path=target), err=True)
    return cli.OK
