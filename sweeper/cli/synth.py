"""``sweeper synth SCENE.toml``: render a made-up scene into recordings, labelled synthetic."""

from __future__ import annotations

from pathlib import Path

import click

from sweeper import cli
from sweeper.cli.show import written
from sweeper.cli.words import _


@click.command(help=_("Render a scene into recordings. The same scene gives the same bytes."))
@click.argument("scene", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=Path(), help=_("Folder to write to.")
)
@click.option(
    "--formats", metavar="cu8,sigmf,...", default="", help=_("What to write (all that fits by default).")
)
def synth(scene: Path, out: Path, formats: str) -> int:
    """Write the files and name them."""
    from sweeper import synth as renderer

    made = renderer.load(scene)
    wanted = tuple(part.strip() for part in formats.split(",") if part.strip())
    for path in renderer.write(made, out, wanted):
        written(str(path))
    return cli.OK
