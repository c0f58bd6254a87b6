"""The documentation builds strictly, and says what the program does."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from sweeper.packaging import site
from sweeper.packaging.definitions import every_command

ROOT = Path(__file__).parents[2]
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


def test_commands_in_the_pages_exist_with_their_options() -> None:
    """Every ``sweeper …`` of the pages and the README against the program's own definitions."""
    known = {command.path: command for command in every_command()}
    wrong = []
    for page in (*PAGES, ROOT / "README.md"):
        text = page.read_text("utf-8").replace("\\\n", " ")
        for typed in re.findall(r"(?:^|`)(sweeper [a-z][^`\n#]*)", text, re.MULTILINE):
            words = typed.split()
            path = words[0]
            for word in words[1:]:
                if f"{path} {word}" not in known:
                    break
                path = f"{path} {word}"
            options = " ".join(names for names, _text in known[path].options)
            if path == "sweeper":
                wrong += [f"{page.name}: {typed}"] if not words[1].startswith("-") else []
                continue
            wrong += [
                f"{page.name}: {typed}" for o in re.findall(r"(?<!\S)--[a-z-]+", typed) if o not in options
            ]
    assert wrong == []


def test_the_readme_is_short_and_shows_the_window() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert len(text.splitlines()) <= 200
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+\.png)\)", text)
    assert pictures
    assert all((ROOT / picture).is_file() for picture in pictures)
