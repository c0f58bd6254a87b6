"""What no radio shows: the places to look at, and what can be tried there, from ``signatures/checklists/``.

Most hidden recorders and card cameras send nothing; hands, eyes and three instruments find them. ``car``,
``flat`` and ``office`` list places in the order of a walk, each with what to look for, what it ordinarily is,
and which examinations help; ``tests`` says how a lens or infrared look, a junction detector and a thermal
camera are used, what they miss, and which results there are: a result is a field, not prose.
"""

from __future__ import annotations

import datetime
import enum
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import msgspec

from sweeper.errors import SignatureError
from sweeper.signatures import DeviceClass, Words, builtin_folder

PLANS = ("car", "flat", "office")


class Means(enum.StrEnum):
    """What a result asks for: nothing more, or a closer look."""

    CLEAR = "clear"
    LOOK = "look"


class Instrument(enum.StrEnum):
    """The four things that can be tried at a place."""

    LENS = "lens"
    INFRARED = "infrared"
    JUNCTION = "junction"
    THERMAL = "thermal"


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One place: what to look for, what it ordinarily is, what it could hide, what to try.

    ``id`` is also the name of its drawing.
    """

    id: str
    name: Words
    look: Words
    benign: Words
    hides: tuple[DeviceClass, ...]
    tests: tuple[Instrument, ...]


class Result(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One possible outcome of a test."""

    id: str
    means: Means
    name: Words


class Examination(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a test is done, what it misses, and the results that its field offers."""

    id: Instrument
    name: Words
    how: Words
    limits: Words
    results: tuple[Result, ...]


class _Places(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    plan: str
    observed: datetime.date
    references: tuple[str, ...]
    place: tuple[Place, ...]


class _Tests(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    observed: datetime.date
    references: tuple[str, ...]
    test: tuple[Examination, ...]


T = TypeVar("T")


def read(path: Path, kind: type[T]) -> T:
    """One file. Raises ``SignatureError`` with the file and what was expected."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), kind)
    except (OSError, ValueError, RecursionError) as error:
        raise SignatureError(str(path), None, "checklist", str(error)) from None


@lru_cache(maxsize=8)
def places(plan: str) -> tuple[Place, ...]:
    """The places of ``car``, ``flat`` or ``office`` in the order of a walk."""
    return read(builtin_folder() / "checklists" / f"{plan}.toml", _Places).place


@lru_cache(maxsize=1)
def examinations() -> dict[Instrument, Examination]:
    """Every test by its kind, in the order of the file."""
    return {test.id: test for test in read(builtin_folder() / "checklists" / "tests.toml", _Tests).test}
