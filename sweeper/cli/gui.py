"""``sweeper gui [FILE…]``: open the window. Qt is imported only here, when asked."""

from __future__ import annotations

import click

from sweeper import cli, language
from sweeper.cli.words import _
from sweeper.errors import SweeperError
from sweeper.text import say

THEMES = ("light", "dark", "night", "system")


@click.command(help=_("Open the window, with recordings if any are named."))
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("--demo", is_flag=True, help=_("Play the demo sweep."))
@click.option("--lang", type=click.Choice(language.CODES), help=_("The window's language from now on."))
@click.option("--theme", type=click.Choice(THEMES), help=_("The window's theme from now on."))
def gui(paths: tuple[str, ...], demo: bool, lang: str | None, theme: str | None) -> int:
    """Hand over to the window; a machine without Qt is told how to get it."""
    try:
        from sweeper import ui
    except ImportError as error:
        hint = _("the window needs Qt: pip install 'sweeper[gui]', or on a fresh Debian: make run")
        raise SweeperError(say("{hint} ({error})", hint=hint, error=error)) from None
    arguments = ["--demo"] if demo else []
    arguments += [f"--lang={lang}"] if lang else []
    arguments += [f"--theme={theme}"] if theme else []
    arguments += ["--", *paths]
    return int(ui.main(arguments) or cli.OK)
