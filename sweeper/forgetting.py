"""Room for what is heard next where too many are known: those that were silent longest go.

To refuse newcomers instead would make a flood of made-up addresses a cloak: whatever comes after it is not
seen. An eighth goes at a time, so looking for the silent ones costs each newcomer next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sweeper.errors import Reason
from sweeper.records import State, Status, told
from sweeper.text import say

Key = TypeVar("Key")
Known = TypeVar("Known")

PART = 8


def make_room(known: dict[Key, Known], most: int, last_s: Callable[[Known], float]) -> list[Known]:
    """Takes an eighth out of ``known`` where it holds ``most`` or more, and returns it.

    ``last_s`` tells when one was last heard, in seconds; of those silent equally long the first known goes.
    """
    if len(known) < most:
        return []
    silent = sorted(known, key=lambda one: last_s(known[one]))
    return [known.pop(one) for one in silent[: max(1, most // PART)]]


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
