"""What click itself prints, in the reader's language: usage, headings, its complaints, the names of values.

click asks ``gettext`` for its texts, but brings no catalogue and knows no Kazakh. So they stand here, are
translated with all others, and click's own ``_`` and ``ngettext`` give way to the command line's. A test
compares the table with click's source: a new version's texts are missed there, not by a reader.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable
from typing import Any

import click

from sweeper.cli import words
from sweeper.labels import mark


def ngettext(one: str, many: str) -> tuple[str, str]:
    """Both forms themselves: marked so that the catalogues hold them."""
    return one, many


TEXTS = (
    mark("Aborted!"),
    mark("Arguments take exactly one parameter declaration, got {length}: {decls}."),
    mark("Choice({choices})"),
    mark("Choose from:\n\t{choices}"),
    mark("Commands"),
    mark("Confirm the action without prompting."),
    mark("Could not open file {filename!r}: {message}"),
    mark("Do you want to continue?"),
    mark("Error: The two entered values do not match."),
    mark("Error: invalid input"),
    mark("Error: {message}"),
    mark("Invalid value for {param_hint}: {message}"),
    mark("Invalid value: {message}"),
    mark("Missing argument"),
    mark("Missing command."),
    mark("Missing option"),
    mark("Missing parameter"),
    mark("Missing parameter: {param_name}"),
    mark("Missing {param_type}"),
    mark("No such command {name!r}."),
    mark("No such option {name!r}."),
    mark("Option {name!r} does not take a value."),
    mark("Argument {name!r} takes {nargs} values."),
    mark("Options"),
    mark("Positional arguments"),
    mark("Press any key to continue..."),
    mark("Repeat for confirmation"),
    mark("Show the version and exit."),
    mark("Show this message and exit."),
    mark("Try '{command} {option}' for help."),
    mark("Usage:"),
    mark("Value must be an iterable."),
    mark("Windows error: {error}"),
    mark("default: {default}"),
    mark("env var: {var}"),
    mark("deprecated"),
    mark("directory"),
    mark("file"),
    mark("path"),
    mark("required"),
    mark("unknown error"),
    mark("{editor}: Editing failed"),
    mark("{editor}: Editing failed: {e}"),
    mark("{name} {filename!r} does not exist."),
    mark("{name} {filename!r} is a directory."),
    mark("{name} {filename!r} is a file."),
    mark("{name} {filename!r} is not executable."),
    mark("{name} {filename!r} is not readable."),
    mark("{name} {filename!r} is not writable."),
    mark("{value!r} is not a valid UUID."),
    mark("{value!r} is not a valid boolean. Recognized values: {states}"),
    mark("{value} is not in the range {range}."),
    mark("%(prog)s, version %(version)s"),
    mark("(dynamic)"),
    mark("d"),
)
PLURALS = (
    ngettext("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
    ngettext("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
    ngettext("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
    ngettext("Takes {nargs} values but 1 was given.", "Takes {nargs} values but {len} were given."),
    ngettext(
        "{len_type} values are required, but {len_value} was given.",
        "{len_type} values are required, but {len_value} were given.",
    ),
    ngettext(
        "{value!r} does not match the format {format}.", "{value!r} does not match the formats {formats}."
    ),
    ngettext("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
)

INSTEAD = {"{value!r} is not a valid {number_type}.": mark("{value!r} is not a valid number.")}
"""Said in place of a text of click's that has an English word of its own in a field."""

METAVARS = (
    mark("[OPTIONS]"),
    mark("COMMAND [ARGS]..."),
    mark("ALIAS"),
    mark("BEGIN"),
    mark("BUNDLE"),
    mark("CODE"),
    mark("DAY"),
    mark("DB"),
    mark("DBFS"),
    mark("DIR"),
    mark("DIRECTORY"),
    mark("END"),
    mark("FILE"),
    mark("FILE|URL"),
    mark("FILE|gpsd"),
    mark("FLOAT"),
    mark("FLOAT RANGE"),
    mark("FOLDER"),
    mark("FREQUENCY"),
    mark("FROM-TO"),
    mark("HZ"),
    mark("IDENTIFIER"),
    mark("ID|NAME"),
    mark("INTEGER"),
    mark("INTEGER RANGE"),
    mark("ITEM"),
    mark("JOBS"),
    mark("KEY"),
    mark("LAT,LON"),
    mark("LO:HI[:DWELL[:BIN]]"),
    mark("NAME"),
    mark("NUMBER"),
    mark("PATH"),
    mark("PATHS"),
    mark("PERSON"),
    mark("PLACE"),
    mark("RECORDINGS"),
    mark("REFERENCES"),
    mark("RESULTS"),
    mark("SCENE"),
    mark("SECONDS"),
    mark("SWEEP/FINDING"),
    mark("TEXT"),
    mark("X Y FINDING"),
)
"""What stands for a value in usage and help. Others are written as they are typed: ``usb:0``."""


def install() -> None:
    """From here on click asks the command line's language. Done once; the language may change afterwards."""
    for name, module in list(sys.modules.items()):
        if name == "click" or name.startswith("click."):
            for own, ours in (("_", said), ("ngettext", words.ngettext)):
                if hasattr(module, own):
                    setattr(module, own, ours)
    if getattr(click.Command.collect_usage_pieces, "spoken", False):
        return
    for kind, method in (
        (click.Parameter, "make_metavar"),
        (click.Argument, "make_metavar"),
        (click.Command, "collect_usage_pieces"),
        (click.Group, "collect_usage_pieces"),
    ):
        setattr(kind, method, _spoken(getattr(kind, method)))


def said(text: str) -> str:
    """One of click's texts in the language of this run."""
    if words.spoken().code == "en":
        return text
    return words._(INSTEAD.get(text, text))


def _spoken(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method of click's that makes names of values, its answer translated."""

    @functools.wraps(method)
    def translated(self: object, ctx: click.Context) -> Any:
        made = method(self, ctx)
        return value_name(made) if isinstance(made, str) else [value_name(one) for one in made]

    translated.spoken = True  # type: ignore[attr-defined]
    return translated


def value_name(shown: str) -> str:
    """``FILE``, ``[FILE]`` or ``FILE...`` in this run's language; what is typed as it stands stays so.

    >>> value_name("[usb:0]")
    '[usb:0]'
    """
    if shown in METAVARS:
        return words._(shown)
    found = re.fullmatch(r"(\[?)(.*?)(\]?(?:\.\.\.)?)", shown)
    if found is None or found[2] not in METAVARS:
        return shown
    return found[1] + words._(found[2]) + found[3]
