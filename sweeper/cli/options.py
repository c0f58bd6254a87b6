"""Options that several commands share."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from sweeper import plugins
from sweeper.bundles.install import folders as installed_folders
from sweeper.cli.words import _, spoken
from sweeper.clocks import doubt
from sweeper.errors import SweeperError, contained
from sweeper.patience import within
from sweeper.signatures import Library, builtin_folder
from sweeper.text import Words, phrase_of, say

F = TypeVar("F", bound=Callable[..., Any])

UNITS = {"k": 1e3, "M": 1e6, "G": 1e9}


class Frequency(click.ParamType[float]):
    """``433.92M``, ``250k``, ``2.4G`` or plain hertz.

    >>> Frequency().convert("433.92M", None, None)
    433920000.0
    """

    name = "frequency"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        text = str(value).strip().removesuffix("Hz").removesuffix("hz")
        factor = UNITS.get(text[-1:], 1.0)
        try:
            return float(text[:-1] if text[-1:] in UNITS else text) * factor
        except ValueError:
            self.fail(
                _("{value!r} is no frequency; write 433.92M or 433920000").format(value=value), param, ctx
            )


def json_option(function: F) -> F:
    """``--json FILE``, ``-`` for standard output."""
    return click.option(
        "--json",
        "json_out",
        metavar="FILE",
        help=_("Write the results document there; - for standard output."),
    )(function)


def signatures_option(function: F) -> F:
    """``--signatures DIR``: a folder of one's own over the built-in ones."""
    return click.option(
        "--signatures",
        "folders",
        multiple=True,
        metavar="DIR",
        type=click.Path(file_okay=False, exists=True, path_type=Path),
        help=_("A further folder of signatures; it overrides the built-in ones by id."),
    )(function)


def signature_folders(folders: tuple[Path, ...]) -> list[Path]:
    """All folders of signatures, lowest first: built in, installed bundles, plug-ins, then the given ones."""
    outside = installed_folders()
    for loaded in plugins.load(plugins.SIGNATURES):
        with contained() as caught:
            outside.append(Path(within(loaded.plugin.name, loaded.value)))
        if caught.error is not None:
            problem = loaded.problem or caught.words()
            warn(say("{name}: {problem}", name=loaded.plugin.name, problem=phrase_of(problem)))
    return [builtin_folder(), *outside, *folders]


def load_library(folders: tuple[Path, ...]) -> Library:
    """The built-in signatures and the given ones; each file with an error is named on standard error."""
    library = Library.load(*signature_folders(folders))
    for problem in library.problems:
        warn(problem)
    return library


def warn_of_clock() -> None:
    """Where this computer's clock cannot be right: whatever is stamped now bears its time."""
    doubted = doubt(time.time())
    if doubted is not None:
        warn(doubted)


def warn(error: SweeperError | Words) -> None:
    """One line on standard error, in the reader's language where it is ours."""
    line = spoken().say(error.said if isinstance(error, SweeperError) else error)
    click.echo(f"sweeper: {line}", err=True)
