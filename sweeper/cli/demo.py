"""``sweeper demo``: the bundled office, in the window if there is a display, else in the terminal."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from sweeper import cli
from sweeper.cli.options import json_option, load_library
from sweeper.cli.output import give
from sweeper.cli.run import run
from sweeper.cli.words import _


def has_display() -> bool:
    """Whether a window could be shown here, and Qt is installed to show it."""
    screen = sys.platform in ("win32", "darwin") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    return screen and find_spec("PySide6") is not None and find_spec("pyqtgraph") is not None


@click.command(help=_("Play the bundled demo sweep of a made-up office and write its report."))
@click.option(
    "--report", metavar="FILE", default="sweeper-demo-report.html", show_default=True, help=_("The report.")
)
@click.option("--terminal", is_flag=True, help=_("Play in the terminal even if there is a display."))
@json_option
def demo(report: str, terminal: bool, json_out: str | None) -> int:
    """Always writes the report; a demo with findings has done its work, so the exit code is 0."""
    from sweeper import synth as renderer
    from sweeper.radio import synthetic

    library = load_library(())
    scene = renderer.load(renderer.demo_scene())
    collected, _outcome = run(synthetic.sources(scene), library, merge=True, title=_("Demo"))
    give(collected, library, json_out=json_out, report=report)
    if not terminal and json_out is None and has_display():
        from sweeper import ui

        click.echo(_("The report is at {path}").format(path=Path(report).resolve()))
        return int(ui.main(["--demo"]) or cli.OK)
    return cli.OK
