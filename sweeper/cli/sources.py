"""``sweeper sources``: what this computer can hear with, and for what is missing the reason and the mend."""

from __future__ import annotations

import json

import click
from rich.console import Console
from rich.markup import escape

from sweeper import cli
from sweeper.cli.words import _, spoken


@click.command(help=_("List the receivers and adapters here; for what is missing, why and what to do."))
@click.option("--json", "json_out", metavar="-", help=_("Print a JSON document."))
def sources(json_out: str | None) -> int:
    """Print the list; looking takes a second or two."""
    from sweeper.radio.inventory import list_sources, row

    entries = list_sources()
    if json_out is not None:
        rows = [row(entry) for entry in entries]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return cli.OK
    console = Console(highlight=False)
    for entry in entries:
        mark = {True: "[green]●[/green]", None: "○", False: "[dim]○[/dim]"}[entry.available]
        state = {True: _("ready"), None: _("by address"), False: _("not available")}[entry.available]
        medium, what = spoken().medium(entry.medium), escape(spoken().say(entry.what or entry.label))
        console.print(f"{mark} [bold]{escape(entry.name)}[/bold]  {medium}, {state}  {what}")
        if entry.detail:
            console.print(f"    {escape(spoken().say(entry.why or entry.detail))}")
        if entry.mend:
            console.print(
                "    " + _("What to do: {mend}").format(mend=escape(spoken().say(entry.how or entry.mend)))
            )
    return cli.OK
