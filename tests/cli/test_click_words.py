"""click speaks the reader's language: each of its texts stands in our table, and none of ours is stale."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from sweeper import language
from sweeper.cli import click_words, words

UNUSED = ("shell_completion.py", "utils.py")
"""Parts of click that this program does not use: completions are installed files, streams have names."""
PROGRAMMERS = ("No options defined", "Name '{name}' defined twice", "Could not determine name")
PROGRAMMERS += ("Boolean option", "Invalid start character", "Unknown color", "DeprecationWarning")
"""Complaints about the program's own declarations, which no user meets."""


def texts() -> Iterator[tuple[str, ...]]:
    """Every literal text that click's source translates."""
    for path in sorted(Path(click.__file__).parent.glob("*.py")):
        if path.name in UNUSED:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("_", "ngettext"):
                found = [a.value for a in node.args if isinstance(a, ast.Constant)]
                strings = tuple(text for text in found if isinstance(text, str))
                if strings and not strings[0].startswith(PROGRAMMERS):
                    yield strings


def test_every_text_of_click_is_in_the_table() -> None:
    ours = {(text,) for text in click_words.TEXTS} | set(click_words.PLURALS)
    ours |= {(text,) for text in click_words.INSTEAD}
    assert set(texts()) - ours == set()


@pytest.fixture
def russian() -> Iterator[None]:
    click_words.install()
    before = words.spoken()
    words.use(language.get("ru"))
    yield
    words.use(before)


@click.command()
@click.argument("file")
@click.option("--gain", type=click.FloatRange(0, 50))
@click.option("--name", metavar="NAME", required=True)
@click.option("--usb", metavar="usb:0")
def command(file: str, gain: float, name: str, usb: str) -> None:
    """Nothing."""


@pytest.mark.usefixtures("russian")
def test_usage_and_the_names_of_values_are_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_spoken", Shouting())
    shown = CliRunner().invoke(command, ["--help"]).output
    for text in ("<Usage:>", "<[OPTIONS]>", "<FILE>", "<NAME>", "<FLOAT RANGE>", "<required>", "<Options>"):
        assert text in shown
    assert "usb:0" in shown
    assert "<usb:0>" not in shown


@pytest.mark.usefixtures("russian")
@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "<Missing argument>"),
        (["x", "--what"], "<No such option"),
        (["x", "--name", "a", "--gain", "much"], "<'much' is not a valid number.>"),
        (["x", "--name", "a", "--gain", "99"], "is not in the range"),
    ],
)
def test_complaints_are_translated(arguments: list[str], text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_spoken", Shouting())
    assert text in CliRunner().invoke(command, arguments).output


def test_english_is_as_click_writes_it() -> None:
    click_words.install()
    assert "is not a valid float range" in CliRunner().invoke(command, ["x", "--gain", "a"]).output
    assert "Usage: command [OPTIONS] FILE" in CliRunner().invoke(command, ["--help"]).output


class Shouting:
    """A language that puts every translated text between angles, so that what is not translated shows."""

    code = "ru"

    def gettext(self, text: str) -> str:
        return f"<{text}>" if text else ""

    def ngettext(self, one: str, many: str, n: int) -> str:
        return f"<{one if n == 1 else many}>"
