"""Text that is decided in the core and spoken at the rim.

A stage runs in no language. It says *what* is to be said, as a ``Phrase``: an English sentence with named
fields and their values. Window, command line and report render it in the language of their reader
(``sweeper.language``). Signatures bring their own three languages inside the phrase.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Union

import msgspec

Scalar = str | int | float


class Phrase(msgspec.Struct, frozen=True):
    """One sentence. ``text`` is English with ``{name}`` fields and is the key of the catalogue.

    A field may be a phrase itself ("{what}; trying to get it back"): it is spoken in the same language.
    ``translations`` is filled only by signatures (``{"ru": ..., "kk": ...}``) and wins over the catalogue.
    """

    text: str
    args: dict[str, Union[str, int, float, Phrase]] = {}  # noqa: UP007  (msgspec reads it at run time)
    translations: dict[str, str] = {}


Field = Scalar | Phrase
Words = str | Phrase
"""What is told to a person: our own sentence, or an outside word (a driver's, an operating system's)."""


def say(text: str, **args: Field | PurePath | BaseException | None) -> Phrase:
    """A phrase for the catalogue; the extractor (``make catalogues``) looks for calls of this name.

    An error of ours goes in as its own phrase; a path or another's error as its text.
    """
    return Phrase(text, {name: _field(value) for name, value in args.items()})


def _field(value: Field | PurePath | BaseException | None) -> Field:
    if isinstance(value, str | int | float | Phrase):
        return value
    said = getattr(value, "said", None)
    return said if isinstance(said, Phrase) else str(value)


def phrase_of(words: Words) -> Phrase:
    """``words`` as a phrase; an outside word is the same in every language."""
    return words if isinstance(words, Phrase) else Phrase("{words}", {"words": words})


def listed(parts: Sequence[Words], between: str = ", ") -> Phrase:
    """Several sentences, or parts of one, in a row.

    >>> english(listed([say("{n} frames", n=2), "more"]))
    '2 frames, more'
    """
    names = [f"part{index}" for index in range(len(parts))]
    text = between.join(f"{{{name}}}" for name in names)
    return Phrase(text, dict(zip(names, parts, strict=True)))


def english(words: Words) -> str:
    """``words`` in English: for documents, logs and whoever asks no language.

    >>> english(say("{what}; trying to get it back", what=say("no answer in {s} s", s=3)))
    'no answer in 3 s; trying to get it back'
    """
    return fill(words.text, words.args) if isinstance(words, Phrase) else words


def fill(template: str, args: Mapping[str, Field]) -> str:
    """``template`` with its ``{name}`` fields filled; text without fields is returned as it is.

    >>> fill("Heard at {mhz} MHz", {"mhz": 433.92})
    'Heard at 433.92 MHz'
    """
    if not args:
        return template
    return template.format_map(
        {name: english(value) if isinstance(value, Phrase) else value for name, value in args.items()}
    )


def safe_text(text: str) -> str:
    """Outside text made safe to show: what a terminal or page would obey, not show, becomes an escape.

    Control and format characters (direction overrides, zero-width joiners), lone surrogates, private-use
    and line separators are written as ``\\x1b`` or ``\\u202e``; everything else stays as it was.

    >>> safe_text("cam\\x1b[2J")
    'cam\\\\x1b[2J'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
        code = ord(character)
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return character
