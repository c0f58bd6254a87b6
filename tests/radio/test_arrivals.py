"""What still waits in the buffers between, from times of arrival that are given here."""

from __future__ import annotations

import pytest

from sweeper.radio.arrivals import EDGE_S, Arrivals

RATE = 4_800_000.0
BURST = 262_144


def arrived(until_s: float) -> Arrivals:
    """Buffers that come each in its time."""
    arrivals = Arrivals()
    arrivals.begin(RATE)
    for n in range(1, int(until_s * RATE / BURST) + 1):
        arrivals.took(BURST, n * BURST / RATE)
    return arrivals


def test_bursts_in_their_time_are_no_backlog() -> None:
    arrivals = arrived(3.0)
    assert [arrivals.waiting(3.0 + n / 100) for n in range(6)] == [0] * 6


def test_what_was_sent_while_nobody_took_it_waits() -> None:
    arrivals = arrived(3.0)
    assert arrivals.waiting(3.5) == pytest.approx(0.5 * RATE, abs=BURST)
    arrivals.took(round(0.3 * RATE), 3.51)
    assert arrivals.waiting(3.51) == pytest.approx(0.21 * RATE, abs=BURST)
    arrivals.took(round(0.2 * RATE), 3.52)
    assert arrivals.waiting(3.52) == 0


def test_what_was_lost_for_good_is_waited_for_no_longer() -> None:
    arrivals = arrived(3.0)
    for n in range(1, 60):  # half a second is missing, then all goes on
        arrivals.took(BURST, 3.5 + n * BURST / RATE)
    assert 59 * BURST / RATE > EDGE_S
    assert arrivals.waiting(3.5 + 59 * BURST / RATE) == 0


def test_faster_than_told_is_no_backlog() -> None:
    arrivals = Arrivals()
    arrivals.begin(RATE)
    for n in range(1, 100):
        arrivals.took(BURST, n * 0.001)
    assert arrivals.waiting(0.1) == 0


def test_before_anything_came_nothing_waits() -> None:
    assert Arrivals().waiting(5.0) == 0
