"""The documentation builds strictly, and says what the program does."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import click
import pytest

from sweeper.cli.app import app
from sweeper.packaging import site

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = sorted((ROOT / "docs").glob("*.md"))


def test_it_builds_without_a_warning(tmp_path: Path) -> None:
    if find_spec("material") is None:
        pytest.skip("mkdocs-material is not installed here")
    built = site.build(ROOT, tmp_path, tmp_path / "site")
    names = {path.stem for path in built.glob("*.html")}
    assert {"index", "first-car", "first-flat", "first-technician", "cannot-know", "commands"} <= names
    assert {page.stem for page in PAGES} <= names
    first = (built / "index.html").read_text("utf-8")
    assert not re.findall(r'(?:src|href)="(?:https?:)?//(?!squidfunk)[^"]*\.(?:js|css|woff2?)"', first)


def typed() -> Iterator[tuple[str, str]]:
    """(page, command line) of every ``sweeper …`` in the pages and the README."""
    for page in (*PAGES, README):
        text = page.read_text("utf-8").replace("\\\n", " ")
        for line in re.findall(r"(?:^|`)(sweeper(?: [^`\n#]*)?)(?:`|$|  #)", text, re.MULTILINE):
            yield page.name, line.strip()


def refused(line: str) -> str | None:
    """Why the program's own parser does not take a line; ``…`` stands for words."""
    words = shlex.split(line)[1:]
    command: click.Command = app
    context = click.Context(command, info_name="sweeper")
    while isinstance(command, click.Group):
        parser = command.make_parser(context)
        parser.allow_interspersed_args = False
        try:
            _options, words, _order = parser.parse_args(words)
        except click.UsageError as error:
            return error.format_message()
        if not words or "…" in words[0]:
            return None
        inner = command.get_command(context, words[0])
        if inner is None:
            return f"no command {words[0]}"
        command, words = inner, words[1:]
        context = click.Context(command, info_name=command.name, parent=context)
    try:
        command.make_parser(context).parse_args(words)
    except click.UsageError as error:
        return error.format_message()
    return None


def test_the_parser_takes_every_command_of_the_pages() -> None:
    """Commands, options and whether these have a value; files and devices of an example need not exist."""
    lines = list(typed())
    assert len(lines) > 100
    assert [f"{page}: {line}: {why}" for page, line in lines if (why := refused(line)) is not None] == []


def test_the_parser_would_refuse_what_does_not_exist() -> None:
    assert refused("sweeper replay --json - FILE") is None
    assert refused("sweeper replay --jsn - FILE") is not None
    assert refused("sweeper sweep --preset") is not None
    assert refused("sweeper swep --preset flat") is not None


def test_modules_targets_and_links_of_the_pages_are_there() -> None:
    """``python -m …``, ``make …`` and the README's links; MkDocs looks at those between the pages."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    wrong = []
    for page in (*PAGES, README):
        text = page.read_text("utf-8")
        for module in re.findall(r"python -m ((?:sweeper|tests)[\w.]*)", text):
            wrong += [] if find_spec(module) else [f"{page.name}: {module}"]
        for target in re.findall(r"(?:^|`|^    )make ([a-z]+)", text, re.MULTILINE):
            wrong += [] if target in targets else [f"{page.name}: make {target}"]
    for link in re.findall(r"\]\(([^)#]+)", README.read_text("utf-8")):
        wrong += [] if link.startswith("https://") or (ROOT / link).exists() else [f"README.md: {link}"]
    assert wrong == []


def test_the_readme_is_short_and_shows_the_window() -> None:
    text = README.read_text("utf-8")
    assert len(text.splitlines()) <= 200
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+\.png)\)", text)
    assert pictures
    assert all((ROOT / picture).is_file() for picture in pictures)
