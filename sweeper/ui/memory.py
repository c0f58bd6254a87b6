"""Signal strengths and positions of the last minutes, in bounded memory: sparklines, locating, the map.

Written on the core's thread, read on Qt's; one lock guards both.
"""

from __future__ import annotations

import threading
from collections import deque

from sweeper.ui.walks import Heard

LEVELS_KEPT = 120
"""Signal strengths kept per address for the sparkline: two minutes at one a second."""

ADDRESSES_KEPT = 4_000
"""Addresses whose signal strengths are kept; a crowd of phones changes its addresses every 15 minutes."""

WAY_KEPT = 20_000
"""Things heard at positions that are kept for the map: some hours of a walk through a town."""


class Memory:
    """What was heard of each address lately, and where."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._levels: dict[str, deque[tuple[float, int]]] = {}
        self._way: deque[Heard] = deque(maxlen=WAY_KEPT)

    def hear(self, address: str, time_s: float, rssi_dbm: int) -> None:
        """Note a signal strength."""
        with self._lock:
            kept = self._levels.get(address)
            if kept is None:
                if len(self._levels) >= ADDRESSES_KEPT:
                    del self._levels[next(iter(self._levels))]
                kept = self._levels[address] = deque(maxlen=LEVELS_KEPT)
            kept.append((time_s, rssi_dbm))

    def levels(self, address: str) -> list[tuple[float, int]]:
        """Recent signal strengths of an address or device id: ``(time_s, dBm)``, oldest first."""
        with self._lock:
            return list(self._levels.get(address, ()))

    def pass_by(self, heard: Heard) -> None:
        """Note something heard at a position."""
        with self._lock:
            self._way.append(heard)

    def way(self) -> list[Heard]:
        """What was heard at positions, oldest first."""
        with self._lock:
            return list(self._way)

    def forget(self) -> None:
        """A new session begins."""
        with self._lock:
            self._levels.clear()
            self._way.clear()
