"""The clock of everything that is heard: nobody sets it, and it goes on while the computer sleeps.

``time.monotonic`` stands still in suspend on Linux and macOS, so that whatever is heard after it would get
times too early by the length of the sleep, and a night asleep would look like no time at all.
"""

from __future__ import annotations

import time
from collections.abc import Callable

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

    ``beat`` is called about every ``every_s``; clocks are given by tests.
    """

    def __init__(
        self,
        every_s: float,
        clock: Callable[[], float] = now_s,
        used: Callable[[], float] = time.process_time,
    ) -> None:
        self._every_s = every_s
        self._clock, self._used = clock, used
        self._last_s, self._used_s = clock(), used()

    def beat(self) -> float:
        """Seconds for which it stood still since the last beat; 0 where it did not."""
        at_s, used_s = self._clock(), self._used()
        late_s, worked_s = at_s - self._last_s - self._every_s, used_s - self._used_s
        self._last_s, self._used_s = at_s, used_s
        return late_s if late_s > STILL_S and worked_s < IDLE * late_s else 0.0
