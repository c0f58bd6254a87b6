"""``sweeper plugins``: what other packages add, and where it comes from."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table

from sweeper import cli
from sweeper.cli.words import _
from sweeper.plugins import GROUPS, load


@click.command(help=_("List what other packages add: sources, detectors, signatures."))
def plugins() -> int:
    """A line each; one that cannot be loaded says why."""
    table = Table(box=None, pad_edge=False)
    for heading in (_("kind"), _("name"), _("package"), _("state")):
        table.add_column(heading)
    count = 0
    for group in GROUPS:
        for loaded in load(group):
            plugin = loaded.plugin
            state = loaded.problem or _("ready")
            table.add_row(group.partition(".")[2], plugin.name, f"{plugin.package} {plugin.version}", state)
            count += 1
    if count:
        Console().print(table)
    else:
        click.echo(_("No other package adds anything."))
    return cli.OK
