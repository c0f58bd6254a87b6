"""How far a stream's arrival lags behind its sending.

Whoever was held up finds old samples in the buffers between, and hands them on faster than in real time. What
arrived ahead of the clock in the last seconds shows where the stream's edge is now, and how many bytes are
still on their way. Bursts of one or two buffers are how every server sends; more is a backlog.
"""

from __future__ import annotations

from collections import deque

EDGE_S = 2.0
"""The edge is looked for so far back: after samples were lost for good it is believed no longer."""

USUAL_S = 0.13
"""Bursts of rtl_tcp: buffers of 55 ms at 2.4 MS/s, 64 ms at 2.048; two of them are no backlog."""


class Arrivals:
    """Told of every byte that arrives, it says how many are still between."""

    def __init__(self) -> None:
        self._rate = 0.0
        self._taken = 0
        self._leads: deque[tuple[float, float]] = deque()

    def begin(self, rate: float) -> None:
        """From now on ``rate`` bytes a second are sent."""
        self._rate = rate
        self._leads.clear()

    def took(self, count: int, now_s: float) -> None:
        """``count`` bytes more have arrived."""
        self._taken += count
        lead = self._taken - self._rate * now_s
        while self._leads and self._leads[-1][1] <= lead:
            self._leads.pop()
        self._leads.append((now_s, lead))
        while self._leads[0][0] < now_s - EDGE_S:
            self._leads.popleft()

    def waiting(self, now_s: float) -> int:
        """Bytes that were sent and have not arrived; 0 if no more than usual."""
        if not self._leads:
            return 0
        behind = self._leads[0][1] - (self._taken - self._rate * now_s)
        return round(behind) if behind > USUAL_S * self._rate else 0
