"""How long an event loop is away, and whose fault it is.

A timer that wants to fire every 5 ms notes, between two of its beats, the clock on the wall, the processor
time of this thread, that of the thread beside it, and how often the kernel took this thread off its core
although it had work to do (``ru_nivcsw``). A stall is split so:

    wall = own + beside (at most) + the machine's

*Own* is what this thread computed: no other machine takes it away. *Beside* is what the core's thread
computed meanwhile; it may have held the interpreter's lock, so it is counted as ours too. What is left was
spent waiting for a core of the machine that other programs had, or for nothing (up to 5 ms of each beat).
On a virtual machine what the host takes is counted as computed: a single greatest value means little there.
"""

from __future__ import annotations

import resource
import threading
import time
from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QObject, Qt, QTimer

EVERY_MS = 5


class Beat(NamedTuple):
    """Between two beats: seconds on the wall, of this thread, of the one beside; times it was taken off."""

    wall: float
    own: float
    beside: float
    taken_off: int

    @property
    def ours(self) -> float:
        """Seconds that are surely or possibly the program's own."""
        return min(self.wall, self.own + self.beside)


class Pulse(QObject):
    """Beats on the thread that made it."""

    def __init__(self) -> None:
        super().__init__()
        self._beats: list[Beat] = []
        self._beside: int | None = None
        self._last = self._now()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def beside(self, thread: threading.Thread | None) -> None:
        """Count this thread, which runs, as the one beside; ``None``: no thread."""
        alive = thread is not None and thread.is_alive() and thread.ident is not None
        self._beside = time.pthread_getcpuclockid(thread.ident) if alive else None  # type: ignore[union-attr, arg-type]
        self._last = self._now()

    def take(self) -> list[Beat]:
        """The beats since the last call."""
        made, self._beats = self._beats, []
        self._last = self._now()
        return made

    def _now(self) -> tuple[float, float, float, int]:
        beside = 0.0
        if self._beside is not None:
            try:
                beside = time.clock_gettime(self._beside)
            except OSError:  # the thread has ended
                self._beside = None
        taken_off = resource.getrusage(resource.RUSAGE_THREAD).ru_nivcsw
        return time.perf_counter(), time.thread_time(), beside, taken_off

    def _beat(self) -> None:
        now = self._now()
        wall, own, beside, off = (after - before for after, before in zip(now, self._last, strict=True))
        self._beats.append(Beat(wall, own, max(0.0, beside), int(off)))
        self._last = now


def told(name: str, beats: Sequence[Beat]) -> str:
    """One line: the longest stall and what it was made of, and the most processor time of any."""
    if not beats:
        return f"{name}: no beat"
    longest = max(beats, key=lambda beat: beat.wall)
    own = sorted(beat.own for beat in beats)
    over, ours = (sum(each > 0.05 for each in times) for times in ((b.wall for b in beats), own))
    return (
        f"{name}: own processor time of a stall at most {own[-1] * 1e3:.0f} ms "
        f"(99 of 100 under {own[int(len(own) * 0.99)] * 1e3:.0f}, {ours} over 50), "
        f"with the core's {max(beat.ours for beat in beats) * 1e3:.0f} ms; "
        f"on the wall at most {longest.wall * 1e3:.0f} ms "
        f"(own {longest.own * 1e3:.0f}, core {longest.beside * 1e3:.0f}, taken off {longest.taken_off}), "
        f"{over} of {len(beats)} over 50 ms"
    )
