"""Signature files written by the program: made from a value, read back, tried, and only then put in place."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from sweeper.errors import InputError
from sweeper.signature_check import check_examples
from sweeper.signatures import Library, Signature, Words, read
from sweeper.toml_text import toml

NEXT = (
    Words(
        "Search by signal strength: go where it grows.",
        "Ищите по уровню сигнала: идите туда, где он растёт.",
        "Сигнал деңгейі бойынша іздеңіз: ол күшейетін жаққа жүріңіз.",
    ),
    Words(
        "Ask the people near whether it is theirs.",
        "Спросите людей рядом, не их ли это вещь.",
        "Жанындағы адамдардан бұл солардікі емес пе, сұраңыз.",
    ),
)
"""What helps with anything that transmits, for signatures whose author said nothing."""

COMPUTED = ("medium", "origin")


def text_of(signature: Signature, head: str) -> str:
    """The file's text, ``head`` its first line as a comment."""
    content: dict[str, Any] = msgspec.to_builtins(signature, builtin_types=(dt.date,))
    kept = {key: _cleaned(value) for key, value in content.items() if key not in COMPUTED}
    return f"# {head}\n" + toml({key: value for key, value in kept.items() if value not in ("", [], {})})


def put(signature: Signature, folder: Path, head: str) -> Path:
    """Write ``folder/<radio>/<id>.toml``, over one that is there.

    Raises ``SignatureError`` where the loader refuses it, ``InputError`` where an example does not come out.
    """
    place = folder / signature.medium.value
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="new-", dir=folder) as scratch:
        fresh = Path(scratch) / f"{signature.id}.toml"
        fresh.write_text(text_of(signature, head), encoding="utf-8")
        problems = check_examples(Library([read(fresh, signature.medium)]))
        if problems:
            raise InputError(signature.id, problems[0].removeprefix(f"{fresh}: "))
        fresh.replace(place / fresh.name)
    return place / f"{signature.id}.toml"


def _cleaned(value: Any) -> Any:
    """Without ``None`` and without conditions' lists that are empty: TOML cannot or need not say them."""
    if isinstance(value, dict):
        return {key: _cleaned(one) for key, one in value.items() if one is not None and one != []}
    if isinstance(value, list | tuple):
        return [_cleaned(one) for one in value]
    return value
