"""Room for what is heard next where too many are known: those that were silent longest go.

To refuse newcomers instead would make a flood of made-up addresses a cloak: whatever comes after it is not
seen. An eighth goes at a time, so looking for the silent ones costs each newcomer next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import TypeVar

from sweeper.errors import Reason
from sweeper.records import State, Status, told
from sweeper.text import say

Key = TypeVar("Key")
Known = TypeVar("Known")

PART = 8

MOST_EVER = 200_000
"""Devices taken up in one session: other stages keep some 2 KB of each, forgotten or not."""


def make_room(known: dict[Key, Known], most: int, last_s: Callable[[Known], float]) -> list[Known]:
    """Takes an eighth out of ``known`` where it holds ``most`` or more, and returns it.

    ``last_s`` tells when one was last heard, in seconds; of those silent equally long the first known goes.
    """
    if len(known) < most:
        return []
    silent = sorted(known, key=lambda one: last_s(known[one]))
    return [known.pop(one) for one in silent[: max(1, most // PART)]]


def keep_newest(known: dict[Key, Known], key: Key, value: Known, most: int) -> None:
    """Notes ``value``; where more than ``most`` are noted, the eighth that was noted longest ago goes."""
    known.pop(key, None)
    known[key] = value
    if len(known) > most:
        for old in list(
            islice(known, max(1, most // PART))
        ):  # one by one each would pass over all gone before
            del known[old]


def forgotten(stage: str, source: str, time_s: float, most: int) -> Status:
    """What is told the first time that ``stage`` forgets."""
    return told(
        say(
            "more than {count} devices: the longest silent are forgotten, and new if they return", count=most
        ),
        source=source,
        time_s=time_s,
        subject=stage,
        state=State.DEGRADED,
        reason=Reason.DROPPED,
    )


def full(stage: str, source: str, time_s: float) -> Status:
    """What is told when ``stage`` takes up no more."""
    return told(
        say("{count} devices heard: new ones are no longer listed; begin a new sweep", count=MOST_EVER),
        source=source,
        time_s=time_s,
        subject=stage,
        state=State.DEGRADED,
        reason=Reason.DROPPED,
    )
