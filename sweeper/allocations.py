"""Who uses which band: the allocation and its ordinary users, from ``signatures/bands/``.

One TOML file a region (``kz``, ``eu``), one line a band, each with its source and the date on which it was
written down. An allocation says what to expect, never what a signal is.
"""

from __future__ import annotations

import datetime
import tomllib
from functools import lru_cache
from pathlib import Path

import msgspec

from sweeper.errors import SignatureError
from sweeper.signatures import Words, builtin_folder


class Allocation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One band, in MHz; ``name`` and ``users`` in three languages."""

    low_mhz: float
    high_mhz: float
    name: Words
    users: Words
    source: str
    date: datetime.date

    def __post_init__(self) -> None:
        if not 0 <= self.low_mhz < self.high_mhz:
            raise ValueError("low_mhz below high_mhz")


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    region: str
    band: tuple[Allocation, ...]


def read(path: Path) -> tuple[Allocation, ...]:
    """The bands of one file. Raises ``SignatureError`` with the file and what was expected."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _File).band
    except (OSError, ValueError, RecursionError) as error:
        raise SignatureError(str(path), None, "band", str(error)) from None


@lru_cache(maxsize=8)
def region(name: str) -> tuple[Allocation, ...]:
    """The bands of a region; empty where its file is absent or unreadable."""
    try:
        return read(builtin_folder() / "bands" / f"{name}.toml")
    except SignatureError:
        return ()


def at(frequency_hz: float, name: str = "kz") -> Allocation | None:
    """The band that holds a frequency; of two, the narrower one."""
    mhz = frequency_hz / 1e6
    holding = [b for b in region(name) if b.low_mhz <= mhz < b.high_mhz]
    return min(holding, key=lambda b: (b.high_mhz - b.low_mhz, b.low_mhz)) if holding else None
