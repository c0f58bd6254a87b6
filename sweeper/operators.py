"""Which operator a mobile country and network code belongs to, from ``signatures/operators/``.

A base station broadcasts both (3GPP TS 24.008, location area identification); so does what a fake one
pretends to be. A line says where it was taken from and when, and whether that was confirmed.
"""

from __future__ import annotations

import datetime
import tomllib
from functools import lru_cache
from pathlib import Path

import msgspec

from sweeper.errors import SignatureError
from sweeper.signatures import Words, builtin_folder


class Operator(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One network. Codes are text: ``01`` and ``001`` are two codes."""

    mcc: str
    mnc: str
    name: str
    company: str
    confirmed: bool
    source: str
    date: datetime.date


class Country(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose codes begin so; ``001`` is nobody's."""

    mcc: str
    name: Words
    confirmed: bool
    source: str
    date: datetime.date


class BandUse(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bands (3GPP's names) that a network is told to use."""

    mcc: str
    mnc: str
    bands: tuple[str, ...]
    confirmed: bool
    source: str
    date: datetime.date


class Operators(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file."""

    operator: tuple[Operator, ...]
    country: tuple[Country, ...]
    band: tuple[BandUse, ...]


def read(path: Path) -> Operators:
    """One file. Raises ``SignatureError`` with the file and what was expected."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Operators)
    except (OSError, ValueError, RecursionError) as error:
        raise SignatureError(str(path), None, "operator", str(error)) from None


@lru_cache(maxsize=8)
def region(name: str = "kz") -> Operators:
    """The file of a region; empty where it is absent or unreadable."""
    try:
        return read(builtin_folder() / "operators" / f"{name}.toml")
    except SignatureError:
        return Operators((), (), ())


def operator(mcc: str, mnc: str, name: str = "kz") -> Operator | None:
    """The operator of two codes as broadcast (``401``, ``01``); ``None`` where the region lists none."""
    return next((one for one in region(name).operator if (one.mcc, one.mnc) == (mcc, mnc)), None)


def country(mcc: str, name: str = "kz") -> Country | None:
    """Whose code it is; ``None`` for countries that the region does not list."""
    return next((one for one in region(name).country if one.mcc == mcc), None)


def bands(mcc: str, mnc: str, name: str = "kz") -> tuple[BandUse, ...]:
    """What is known of the bands that a network uses, confirmed lines first."""
    found = [one for one in region(name).band if (one.mcc, one.mnc) == (mcc, mnc)]
    return tuple(sorted(found, key=lambda one: not one.confirmed))
