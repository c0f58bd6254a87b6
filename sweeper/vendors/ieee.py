"""Holders of the IEEE's address blocks (MA-L, MA-M, MA-S), looked up in a table that ships with us.

``compile_ieee`` makes the table; it is read once, when first asked for (about 20 ms), and then a look-up is a
binary search. A holder registered the block; who built the device around its chip is another question.
"""

from __future__ import annotations

import json
import sys
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

_TABLE = Path(__file__).with_name("ieee.bin")
LOCAL_BIT = 1 << 41
"""Second lowest bit of the first octet: the address is made up, not assigned."""


class _Tables(NamedTuple):
    header: dict[str, Any]
    names: list[str]
    prefixes: array[int]
    indices: array[int]


@cache
def _tables() -> _Tables:
    body = zlib.decompress(_TABLE.read_bytes())
    end = body.index(b"\n")
    header = json.loads(body[:end])
    names = []
    at = end + 1
    for _ in range(header["names"]):
        end = body.index(b"\n", at)
        names.append(body[at:end].decode())
        at = end + 1
    prefixes, indices = array("Q"), array("H")
    prefixes.frombytes(body[at : at + 8 * header["blocks"]])
    indices.frombytes(body[at + 8 * header["blocks"] :])
    if sys.byteorder == "big":
        prefixes.byteswap()
        indices.byteswap()
    return _Tables(header, names, prefixes, indices)


def about() -> dict[str, Any]:
    """Where the table comes from: package and version, date, number of blocks of each registry."""
    return dict(_tables().header)


@lru_cache(maxsize=65_536)
def holder(address: int) -> str | None:
    """Who holds the block of a 48-bit address; ``None`` if nobody is known to, or the address is random.

    >>> holder(0x308CFB000001)
    'Dropcam'
    """
    if address & LOCAL_BIT:
        return None
    _, names, prefixes, indices = _tables()
    for digits in (9, 7, 6):
        shift = 4 * (12 - digits)
        key = (address >> shift << shift) << 4 | digits
        at = bisect_left(prefixes, key)
        if at < len(prefixes) and prefixes[at] == key:
            return names[indices[at]]
    return None


def blocks(wanted: Callable[[str], object]) -> list[str]:
    """The blocks of three octets (six small hex digits) whose holder's name ``wanted`` accepts, in order.

    >>> blocks(lambda name: name == "Dropcam")
    ['308cfb']
    """
    _, names, prefixes, indices = _tables()
    good = {number for number, name in enumerate(names) if wanted(name)}
    found = zip(prefixes, indices, strict=True)
    return [f"{key >> 4 >> 24:06x}" for key, index in found if index in good and key & 15 == 6]
