"""One receiver on one signal: its level twenty times a second, or its sound; nothing is stored.

A sweep hears a frequency once a pass; whoever walks towards a transmitter needs it many times a second. So
the sweep is ended and the receiver stays. This runs on the core's thread and is asked to end by a flag.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from sweeper.records import State, Status
from sweeper.ui.sound import Speaker, Stream
from sweeper.ui.words import told

if TYPE_CHECKING:
    from sweeper.radio.listening import Target
    from sweeper.ui.desk import Desk

LEVEL = "level"
"""Only the level, no sound."""


class Following(QObject):
    """``levels`` holds ``(time_s, dBFS)``, newest last; ``changed`` follows begin and end."""

    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self.levels: deque[tuple[float, float]] = deque(maxlen=2400)
        self.problem = ""
        self.mode = ""
        self._number = 0
        self._speaker = Speaker()

    @property
    def running(self) -> bool:
        return bool(self.mode)

    def begin(self, receiver: str, target: Target, mode: str) -> None:
        """Stay on a signal: ``LEVEL``, or a demodulation's name for sound too."""
        self.stop()
        self._number += 1
        self.levels.clear()
        self.mode, self.problem = mode, ""
        stream = Stream() if mode != LEVEL else None
        if stream is not None and not self._speaker.play(stream):
            self.problem = self._speaker.problem
        number = self._number
        self._desk.ask(lambda: self._work(number, receiver, target, mode, stream), self._over)
        self.changed.emit()

    def stop(self) -> None:
        """Let the receiver go."""
        if self.mode:
            self._number += 1
            self.mode = ""
            self._speaker.stop()
            self.changed.emit()

    async def _work(
        self, number: int, receiver: str, target: Target, mode: str, stream: Stream | None
    ) -> int:
        """On the core's thread, until ``number`` is no longer the newest."""
        async with aclosing(_readings(receiver, target, mode)) as readings:
            async for reading in readings:
                if number != self._number:
                    break
                if isinstance(reading, Status):
                    self.problem = (
                        "" if reading.state is State.LISTENING else told(reading.said or reading.detail)
                    )
                elif stream is None:
                    self.levels.append((reading.time_s, reading.smooth_db))
                else:
                    self.levels.append((reading.time_s, reading.level_dbfs))
                    stream.put(reading.audio)
        return number

    def _over(self, number: object, problem: str) -> None:
        if number == self._number or problem:
            self.problem = problem or self.problem
            self.mode = ""
            self._speaker.stop()
            self.changed.emit()


def _readings(receiver: str, target: Target, mode: str) -> AsyncGenerator[Any, None]:
    from sweeper.dsp.demod import Mode
    from sweeper.radio import inventory, listening

    make = inventory.receiver(receiver)
    if mode == LEVEL:
        return listening.follow(make, target)
    return listening.listen(make, target, Mode(mode))
