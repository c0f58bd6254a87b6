"""``sweeper signatures``: the library, listed and checked."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from sweeper import cli
from sweeper.cli.options import load_library, signatures_option
from sweeper.cli.words import _, spoken


@click.group(help=_("List and check the signatures."))
def signatures() -> None:
    """A group."""


@signatures.command("list", help=_("Every signature with its level and title."))
@signatures_option
def list_(folders: tuple[Path, ...]) -> int:
    """Print the table."""
    library = load_library(folders)
    table = Table(box=None, pad_edge=False)
    for heading in (_("radio"), "id", _("version"), _("status"), _("level"), _("title")):
        table.add_column(heading)
    for signature in library.signatures:
        table.add_row(
            signature.medium.value,
            signature.id,
            str(signature.version),
            signature.status.value,
            spoken().level(signature.level),
            spoken().phrase(signature.title.phrase()),
        )
    Console().print(table)
    return cli.OK


@signatures.command(help=_("Run every signature over its own examples and near misses."))
@signatures_option
def check(folders: tuple[Path, ...]) -> int:
    """Exit code 2 if a file cannot be used or an example does not come out as it says."""
    from sweeper.signature_check import check_examples

    library = load_library(folders)
    problems = check_examples(library)
    for line in problems:
        click.echo(line, err=True)
    count = len(library.signatures)
    done = spoken().ngettext("{n} signature checked.", "{n} signatures checked.", count)
    click.echo(done.format(n=count))
    return cli.UNREADABLE if problems or library.problems else cli.OK
