"""Text that is decided in the core and spoken at the rim.

A stage runs in no language. It says *what* is to be said, as a ``Phrase``: an English sentence with named
fields and their values. Window, command line and report render it in the language of their reader
(``sweeper.language``). Signatures bring their own three languages inside the phrase.
"""

from __future__ import annotations

import unicodedata

import msgspec

Scalar = str | int | float


class Phrase(msgspec.Struct, frozen=True):
    """One sentence. ``text`` is English with ``{name}`` fields and is the key of the catalogue.

    ``translations`` is filled only by signatures (``{"ru": ..., "kk": ...}``) and wins over the catalogue.
    """

    text: str
    args: dict[str, Scalar] = {}
    translations: dict[str, str] = {}


def say(text: str, **args: Scalar) -> Phrase:
    """A phrase for the catalogue; the extractor (``make catalogues``) looks for calls of this name."""
    return Phrase(text, args)


def fill(template: str, args: dict[str, Scalar]) -> str:
    """``template`` with its ``{name}`` fields filled; text without fields is returned as it is.

    >>> fill("Heard at {mhz} MHz", {"mhz": 433.92})
    'Heard at 433.92 MHz'
    """
    return template.format_map(args) if args else template


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
