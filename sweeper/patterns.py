"""Which regular expressions a signature may bring: those that no name can keep busy for long.

Python's ``re`` tries every way in which a pattern can lie over a text. ``(a+)+$`` over thirty letters has a
thousand million ways, and the text is what a stranger calls his device. So the ways are counted from the
pattern's own parts before it is used: a repetition has as many as it has lengths, parts in a row multiply,
alternatives add, what only looks ahead or behind leaves none, and a repetition of what may itself vary is
refused. The count is an upper bound, for texts that are not longer than those that are searched.
"""

from __future__ import annotations

import re
import warnings
from importlib import import_module
from typing import Any

LONGEST_PATTERN = 1_000
"""Twice the longest of the built-in ones."""
LONGEST_TEXT = 256
"""Characters of a value that are searched: a Bluetooth name has 248 bytes at most, a host's 255."""
LONGEST = {"wifi.ssid": 32}
"""Of these values less: 32 bytes are a network's longest name (IEEE 802.11-2020, 9.4.2.2)."""
MOST_WORK = 1 << 23
"""Steps at one place of a text: two repetitions without end and some choices beside them."""


def longest(key: str) -> int:
    """Characters of the fact ``key`` that are searched."""
    return LONGEST.get(key, LONGEST_TEXT)


def refusal(pattern: str, key: str) -> str | None:
    """Why ``pattern`` is none that a signature may bring for ``key``; ``None`` where it may."""
    if len(pattern) > LONGEST_PATTERN:
        return f"longer than {LONGEST_PATTERN} characters"
    try:
        with warnings.catch_warnings():  # what a later Python may read otherwise is this one's as it is
            warnings.simplefilter("ignore", FutureWarning)
            re.compile(pattern)
            parsed = import_module("re._parser").parse(pattern)
        _, work = _row(parsed, longest(key))
    except ImportError:  # another Python: as the search of the index does without it
        return None
    except (re.error, RecursionError, OverflowError, _RefusedError) as error:
        return str(error)
    return (
        None if work <= MOST_WORK else "it can lie over a text in too many ways: fewer repetitions in a row"
    )


class _RefusedError(Exception):
    """What no count bounds."""


def _row(parts: Any, length: int) -> tuple[int, int]:
    """Parts in a row: in how many ways they may lie, and the steps to try them all."""
    ways, work = 1, 1
    for operator, told in parts:
        more_ways, more_work = _part(str(operator), told, length)
        work += ways * more_work
        ways *= more_ways
    return ways, work


def _part(name: str, told: Any, length: int) -> tuple[int, int]:
    if name.endswith("_REPEAT"):
        return _repeated(told[0], told[1], told[2], length)
    if name == "BRANCH":
        found = [_row(part, length) for part in told[1]]
        return sum(ways for ways, _ in found), sum(work for _, work in found)
    if name == "SUBPATTERN":
        return _row(told[-1], length)
    if name in ("ASSERT", "ASSERT_NOT"):  # tried once, not entered again
        return 1, _row(told[1], length)[1]
    if name == "ATOMIC_GROUP":
        return 1, _row(told, length)[1]
    if name.startswith("GROUPREF"):
        raise _RefusedError("no reference back to a group")
    return 1, 1


def _repeated(least: int, most: int, body: Any, length: int) -> tuple[int, int]:
    ways, work = _row(body, length)
    if most > 1 and ways > 1:
        raise _RefusedError("no repetition of what may itself vary")
    least, most = min(int(least), length), min(int(most), length)
    return (most - least) + (ways if most else 1), most * work
