"""Text that is decided in the core and spoken at the rim.

A stage runs in no language. It says *what* is to be said, as a ``Phrase``: an English sentence with named
fields and their values. Window, command line and report render it in the language of their reader
(``sweeper.language``). Signatures bring their own three languages inside the phrase.
"""

from __future__ import annotations

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
