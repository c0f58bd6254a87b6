"""``sweeper gui [FILE…]``: open the window. Qt is imported only here, when asked."""

from __future__ import annotations

import click

from sweeper import cli
from sweeper.cli.words import _
from sweeper.errors import SweeperError


@click.command(help=_("Open the window, with recordings if any are named."))
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("--demo", is_flag=True, help=_("Play the demo sweep."))
def gui(paths: tuple[str, ...], demo: bool) -> int:
    """Hand over to the window; a machine without Qt is told how to get it."""
    try:
        from sweeper import ui
    except ImportError as error:
        hint = _("the window needs Qt: pip install 'sweeper[gui]', or on a fresh Debian: make run")
        raise SweeperError(f"{hint} ({error})") from None
    arguments = [*(["--demo"] if demo else []), *paths]
    return int(ui.main(arguments) or cli.OK)
