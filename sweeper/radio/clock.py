"""The clock of everything that is heard: nobody sets it, and it goes on while the computer sleeps.

``time.monotonic`` stands still in suspend on Linux and macOS, so that whatever is heard after it would get
times too early by the length of the sleep, and a night asleep would look like no time at all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

ASLEEP_TOO = getattr(time, "CLOCK_BOOTTIME", None)
"""Linux's clock that counts suspend; macOS and Windows offer Python none that is sure to."""


def now_s() -> float:
    """Seconds from some beginning; only differences mean anything."""
    return time.monotonic() if ASLEEP_TOO is None else time.clock_gettime(ASLEEP_TOO)


STILL_S = 8.0
"""A beat that comes so much late is worth a word."""
IDLE = 0.1
"""Of a standstill the process computed at most such a share; a loop held up by its own analysis computes."""


class Standstill:
    """Notices that the whole program stood still: the computer slept, or somebody halted it.

    ``beat`` is called about every ``every_s``; clocks are given by tests. A source that also waits for other
    things beats just before such a time and just after it.
    """

    def __init__(
        self,
        every_s: float,
        clock: Callable[[], float] | None = None,
        used: Callable[[], float] = time.process_time,
    ) -> None:
        self._every_s = every_s
        self._clock, self._used = clock or now_s, used
        self._last_s, self._used_s = self._clock(), used()

    def beat(self) -> float:
        """Seconds for which it stood still since the last beat; 0 where it did not."""
        at_s, used_s = self._clock(), self._used()
        late_s, worked_s = at_s - self._last_s - self._every_s, used_s - self._used_s
        self._last_s, self._used_s = at_s, used_s
        return late_s if late_s > STILL_S and worked_s < IDLE * late_s else 0.0


TRIES = 3
"""Two clocks are read one after the other; the quickest of so many tries was not interrupted between them."""


def lead_s() -> float:
    """How far the clock on the wall, which NTP and people set, is ahead of ``now_s``."""

    def one() -> tuple[float, float]:
        before_s, wall_s, after_s = now_s(), time.time(), now_s()
        return after_s - before_s, wall_s - (before_s + after_s) / 2

    return min(one() for _ in range(TRIES))[1]


class WallTimes:
    """The kernel stamps frames by the clock on the wall: here such stamps become seconds since the beginning,
    in order and not later than now, however that clock is set meanwhile."""

    def __init__(self) -> None:
        self._began_s = now_s()
        self._before_s = lead_s() + self._began_s
        self._last_s = 0.0

    def seconds(self, stamps_s: Iterable[float]) -> tuple[float, ...]:
        """Of what was read just now, in the order in which it came."""
        before_s, after_s = self._before_s, lead_s() + self._began_s
        end_s, last_s = max(now_s() - self._began_s, self._last_s), self._last_s
        made = []
        for stamp_s in stamps_s:
            heard_s = stamp_s - after_s
            if not last_s <= heard_s <= end_s:  # perhaps stamped before the clock was set
                choices = [(s, min(max(s, last_s), end_s)) for s in (heard_s, stamp_s - before_s)]
                heard_s = min(choices, key=lambda choice: abs(choice[0] - choice[1]))[1]
            last_s = heard_s
            made.append(round(heard_s, 6))
        self._before_s, self._last_s = after_s, last_s
        return tuple(made)
