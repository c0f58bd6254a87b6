"""Holders of Bluetooth company ids and 16-bit member services, looked up in a table that ships with us.

``compile_bluetooth`` makes the table; it is read once, when first asked for. A company id says who registered
it, not who made the device: chip makers' ids and stolen ones are common.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_TABLE = Path(__file__).with_name("bluetooth.tsv")


@cache
def _tables() -> tuple[str, dict[int, str], dict[int, str]]:
    about = ""
    companies: dict[int, str] = {}
    members: dict[int, str] = {}
    for line in _TABLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            about = line.removeprefix("#").strip()
            continue
        table, number, name = line.split("\t", 2)
        (companies if table == "c" else members)[int(number, 16)] = name
    return about, companies, members


def company(number: int) -> str | None:
    """Who holds a company id, such as 0x004C; ``None`` if nobody is known to.

    >>> company(0x004C)
    'Apple, Inc.'
    """
    return _tables()[1].get(number)


def member(uuid: int) -> str | None:
    """Which member holds a 16-bit service such as 0xFEED; ``None`` for standard and unassigned ones."""
    return _tables()[2].get(uuid)


def about() -> str:
    """When the table was compiled, from what, and how many entries it has."""
    return _tables()[0]
