"""``sweeper selftest``: one line for each check of this installation."""

from __future__ import annotations

import json
import os
import tempfile
from importlib.util import find_spec
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from sweeper import cli
from sweeper.cli.demo import has_display
from sweeper.cli.words import _, spoken
from sweeper.errors import contained
from sweeper.selftest import EXTRAS, Check, Result, checks
from sweeper.text import phrase_of, safe_text, say

MARKS = {
    Result.OK: "[green]ok    [/green]",
    Result.FAILED: "[red]failed[/red]",
    Result.ABSENT: "[dim]absent[/dim]",
    Result.TOLD: "      ",
}

COLOURS = 20
"""A painted window has hundreds of colours; one that was not has one or two."""


@click.command(
    help=_(
        "Check this installation: parts, signatures, languages, bundled recordings whose findings must be "
        "the kept ones byte for byte, reports, the window, receivers. Exit code 1 if a check failed."
    )
)
@click.option(
    "--require",
    multiple=True,
    type=click.Choice(sorted(EXTRAS)),
    help=_("An extra that must be installed; may be given several times."),
)
@click.option("--json", "json_out", metavar="-", help=_("Print a JSON document."))
def selftest(require: tuple[str, ...], json_out: str | None) -> int:
    """Print each line as soon as its check is done."""
    console = Console(highlight=False, soft_wrap=True)
    done: list[Check] = []
    for check in (*checks(require), _window("gui" in require)):
        done.append(check)
        if json_out is None:
            detail = escape(safe_text(spoken().phrase(check.detail)))
            console.print(f"{MARKS[check.result]} {escape(check.name)}: {detail}")
    failed = sum(check.result is Result.FAILED for check in done)
    if json_out is not None:
        rows = [{"name": c.name, "result": c.result, "detail": spoken().phrase(c.detail)} for c in done]
        click.echo(json.dumps({"failed": failed, "checks": rows}, ensure_ascii=False, indent=2))
    else:
        said = spoken().ngettext("{n} check failed.", "{n} checks failed.", failed)
        console.print(said.format(n=failed) if failed else _("Everything that is installed works."))
    return cli.FINDINGS if failed else cli.OK


def _window(required: bool) -> Check:
    """Open the window once, on the display or, where there is none, on a picture in memory."""
    if any(find_spec(library) is None for library in EXTRAS["gui"]):
        result = Result.FAILED if required else Result.ABSENT
        return Check("window", result, say("{missing} not installed", missing="PySide6"))
    if not has_display():
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as folder, contained() as caught:
        from sweeper.ui.proving import painted

        wide, high, colours = painted(Path(folder))
    if caught.error is not None:
        return Check("window", Result.FAILED, phrase_of(caught.words()))
    result = Result.OK if colours >= COLOURS else Result.FAILED
    size = f"{wide}x{high}"
    return Check("window", result, say("{size} pixels painted in {n} colours", size=size, n=colours))
