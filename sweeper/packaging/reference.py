"""The command reference as Markdown, from the command line's own definitions."""

from __future__ import annotations

import html
import re

from sweeper.packaging.definitions import Command, every_command
from sweeper.packaging.manual import EXIT_CODES

HEAD = """# Commands

Made from the program's own definitions when this documentation is built; `sweeper COMMAND --help` prints the
same, in the language that `--lang` or the system chooses.

| exit code | meaning |
|---|---|
"""


def markdown() -> str:
    """The whole page."""
    codes = "".join(f"| {code} | {text} |\n" for code, text in EXIT_CODES)
    return HEAD + codes + "\n" + "\n".join(_section(command) for command in every_command())


def _section(command: Command) -> str:
    depth = "##" if command.path.count(" ") < 2 else "###"
    lines = [f"{depth} {command.path}", "", _cell(command.help), "", "```text", command.usage, "```", ""]
    if command.options:
        lines += ["| option | |", "|---|---|"]
        lines += [f"| {_code(names)} | {_cell(text)} |" for names, text in command.options]
        lines.append("")
    return "\n".join(lines)


def _cell(text: str) -> str:
    """Text that Markdown prints as it stands in a table."""
    return re.sub(r"([\\`*_<>|\[\]])", r"\\\1", re.sub(r"\s+", " ", text))


def _code(text: str) -> str:
    """As code; a stroke, which would end the cell or bring a backslash with it, as HTML has it."""
    return f"<code>{html.escape(text).replace('|', '&#124;')}</code>" if "|" in text else f"`{text}`"
