"""The clock of what is heard, and whether the program stood still; the times here are made up."""

from __future__ import annotations

import time

import pytest

from sweeper.radio import clock, rtlsdr_child
from sweeper.radio.clock import IDLE, STILL_S, Standstill


class Times:
    """Two clocks that are set by hand."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.used_s = 5.0

    def standstill(self) -> Standstill:
        return Standstill(1.0, lambda: self.now_s, lambda: self.used_s)

    def later(self, seconds: float, worked_s: float = 0.0) -> None:
        self.now_s += seconds
        self.used_s += worked_s


def test_sleep_is_a_standstill_and_told_once() -> None:
    times = Times()
    still = times.standstill()
    times.later(3601.0, 0.01)
    assert still.beat() == pytest.approx(3600.0)
    times.later(1.0, 0.5)
    assert still.beat() == 0.0


@pytest.mark.parametrize(
    ("seconds", "worked_s"),
    [(1.0, 0.0), (1.0 + STILL_S, 0.0), (60.0, 60.0), (60.0, IDLE * 59.0 + 0.1)],
    ids=["on time", "a little late", "busy all the time", "busy for a part"],
)
def test_a_loop_that_is_late_or_busy_is_none(seconds: float, worked_s: float) -> None:
    times = Times()
    still = times.standstill()
    times.later(seconds, worked_s)
    assert still.beat() == 0.0


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="Linux's own clock")
def test_parent_and_driver_have_the_clock_that_counts_sleep() -> None:
    """Against the kernel's own count since the start, which includes suspend (proc(5), uptime)."""
    for now in (clock.now_s, rtlsdr_child.now_s):
        with open("/proc/uptime", encoding="ascii") as uptime:
            before = float(uptime.read().split()[0])
        assert before - 0.02 <= now()
        with open("/proc/uptime", encoding="ascii") as uptime:
            assert now() <= float(uptime.read().split()[0]) + 30.0
