"""Signal strengths and positions of the last minutes, in bounded memory: sparklines, locating, the map.

Written on the core's thread, read on Qt's; one lock guards both.
"""

from __future__ import annotations

import threading
from array import array
from collections import deque

from sweeper.ui.walks import Heard

LEVELS_KEPT = 120
"""Signal strengths kept per address for the sparkline: two minutes at one a second."""

ADDRESSES_KEPT = 4_000
"""Addresses whose signal strengths are kept; a crowd of phones changes its addresses every 15 minutes."""

WAY_KEPT = 20_000
"""Things heard at positions that are kept for the map: some hours of a walk through a town."""


class Levels:
    """The last signal strengths of one address as plain numbers: a tenth of the room of pairs."""

    def __init__(self) -> None:
        self._times_s, self._dbm = array("d"), array("h")

    def add(self, time_s: float, rssi_dbm: int) -> None:
        """Note one; every so often the older half goes."""
        self._times_s.append(time_s)
        self._dbm.append(max(-32768, min(32767, rssi_dbm)))
        if len(self._dbm) >= 2 * LEVELS_KEPT:
            del self._times_s[:-LEVELS_KEPT], self._dbm[:-LEVELS_KEPT]

    def last(self) -> list[tuple[float, int]]:
        """``(time_s, dBm)``, oldest first."""
        return list(zip(self._times_s[-LEVELS_KEPT:], self._dbm[-LEVELS_KEPT:], strict=True))


class Memory:
    """What was heard of each address lately, and where."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._levels: dict[str, Levels] = {}
        self._way: deque[Heard] = deque(maxlen=WAY_KEPT)

    def hear(self, address: str, time_s: float, rssi_dbm: int) -> None:
        """Note a signal strength."""
        with self._lock:
            kept = self._levels.get(address)
            if kept is None:
                if len(self._levels) >= ADDRESSES_KEPT:
                    del self._levels[next(iter(self._levels))]
                kept = self._levels[address] = Levels()
            kept.add(time_s, rssi_dbm)

    def levels(self, address: str) -> list[tuple[float, int]]:
        """Recent signal strengths of an address or device id: ``(time_s, dBm)``, oldest first."""
        with self._lock:
            kept = self._levels.get(address)
            return kept.last() if kept is not None else []

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
