"""The command line as data: every command with its usage, arguments and options, as click defines them.

Manual pages and the reference are made from this, so they cannot differ from what the program does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import click


class Command(NamedTuple):
    """One command. ``path`` is what is typed (``sweeper ble scan``); ``options`` are (names, help)."""

    path: str
    usage: str
    help: str
    options: list[tuple[str, str]]
    commands: list[tuple[str, str]]


def every_command() -> Iterator[Command]:
    """The program and all its commands, parents before children, in English."""
    from sweeper.cli.app import app

    yield from _walk(app, click.Context(app, info_name="sweeper", **app.context_settings))


def _walk(command: click.Command, context: click.Context) -> Iterator[Command]:
    children: list[tuple[str, click.Command]] = []
    if isinstance(command, click.Group):
        named = ((name, command.get_command(context, name)) for name in command.list_commands(context))
        children = [(name, child) for name, child in named if child is not None and not child.hidden]
    records = (parameter.get_help_record(context) for parameter in command.get_params(context))
    yield Command(
        path=context.command_path,
        usage=" ".join([context.command_path, *command.collect_usage_pieces(context)]),
        help=re.sub(r"\s+", " ", command.help or "").strip(),
        options=[record for record in records if record is not None],
        commands=[(name, child.get_short_help_str(200)) for name, child in children],
    )
    for name, child in children:
        yield from _walk(child, click.Context(child, info_name=name, parent=context))
