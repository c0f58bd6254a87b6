"""``sweeper plugins``: what the program has and what other packages add, and where each comes from."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table

from sweeper import __version__, cli, detectors
from sweeper.cli.words import _
from sweeper.plugins import GROUPS, load

BUILT_IN = {
    "sweeper.sources": ("rtlsdr", "rtltcp", "soapy", "ble", "hci", "wifi", "wifi-list", "replay"),
    "sweeper.detectors": tuple(detectors.BUILTIN),
    "sweeper.signatures": ("signatures",),
}
"""What the program itself has, by the same groups."""


@click.command(help=_("List sources, detectors and signatures with the package each comes from."))
@click.option("--others", is_flag=True, help=_("Only what other packages add."))
def plugins(others: bool) -> int:
    """A line each; one that cannot be loaded says why."""
    table = Table(box=None, pad_edge=False)
    for heading in (_("kind"), _("name"), _("package"), _("state")):
        table.add_column(heading)
    count = 0
    for group in GROUPS:
        for name in () if others else BUILT_IN[group]:
            table.add_row(group.partition(".")[2], name, f"sweeper {__version__}", _("built in"))
        for loaded in load(group):
            plugin = loaded.plugin
            state = loaded.problem or _("ready")
            table.add_row(group.partition(".")[2], plugin.name, f"{plugin.package} {plugin.version}", state)
            count += 1
    if table.row_count:
        Console().print(table)
    if not count:
        click.echo(_("No other package adds anything."))
    return cli.OK
