"""Sound: the ticks by which a transmitter is located, and the audio of what is listened to.

Ticks follow the level twice, in pitch and in rate, so that eyes stay free for the room. Samples are made here
(16 bit, one channel); miniaudio hands them to the system from a thread of its own, which asks for some
hundredths of a second at a time.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Generator
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from sweeper.dsp.locate import PITCH_HZ, TICKS_HZ
from sweeper.ui.words import _

Shorts = npt.NDArray[np.int16]
RATE_HZ = 48_000
BUFFER_MS = 60
TICK_S = 0.05
LOUDNESS = 0.35
FULL = 32_767
AHEAD_S = 0.4
"""Audio kept ahead of the speaker; more would lag behind, less would stutter."""


class Ticker:
    """Makes ticks: short sine tones with soft edges, ``pitch_hz`` high, ``ticks_hz`` of them a second."""

    def __init__(self) -> None:
        self.share: float | None = None
        """Where the level stands on the walk's scale, 0 to 1; silent where it is ``None``."""
        self._to_next = 0
        self._at = 0
        self._tick: Shorts = np.zeros(0, np.int16)

    def frames(self, count: int) -> Shorts:
        """The next ``count`` samples."""
        made = np.zeros(count, np.int16)
        position = 0
        while position < count:
            if self._at < len(self._tick):
                part = min(count - position, len(self._tick) - self._at)
                made[position : position + part] = self._tick[self._at : self._at + part]
                self._at += part
                position += part
                continue
            share = self.share
            part = min(count - position, self._to_next)
            self._to_next -= part
            position += part
            if self._to_next > 0:
                continue
            if share is None:
                return made
            self._tick, self._at = tick(pitch_hz(share)), 0
            self._to_next = max(0, round(RATE_HZ / ticks_hz(share)) - len(self._tick))
        return made


def pitch_hz(share: float) -> float:
    """Three octaves from weak to strong."""
    return float(PITCH_HZ[0] * (PITCH_HZ[1] / PITCH_HZ[0]) ** share)


def ticks_hz(share: float) -> float:
    """From one tick a second to a rattle."""
    return float(TICKS_HZ[0] * (TICKS_HZ[1] / TICKS_HZ[0]) ** share)


def tick(hz: float) -> Shorts:
    """One tone of ``TICK_S`` seconds without a click at its ends."""
    t = np.arange(round(TICK_S * RATE_HZ)) / RATE_HZ
    edge = np.sin(math.pi * t / TICK_S) ** 2
    made: Shorts = np.rint(FULL * LOUDNESS * edge * np.sin(2 * math.pi * hz * t)).astype(np.int16)
    return made


class Player(Protocol):
    """Something that makes samples when asked."""

    def frames(self, count: int) -> Shorts: ...


class Stream:
    """Audio handed in from the core's thread, handed out to the speaker's; what is too old is dropped."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._parts: deque[Shorts] = deque()
        self._have = 0

    def put(self, audio: npt.NDArray[np.floating[Any]]) -> None:
        """Samples at 48 kHz, full scale 1."""
        part = np.rint(np.clip(audio, -1, 1) * FULL).astype(np.int16)
        with self._lock:
            self._parts.append(part)
            self._have += len(part)
            while self._have > AHEAD_S * RATE_HZ and len(self._parts) > 1:
                self._have -= len(self._parts.popleft())

    def frames(self, count: int) -> Shorts:
        """The next ``count`` samples; silence where there are none."""
        made = np.zeros(count, np.int16)
        position = 0
        with self._lock:
            while position < count and self._parts:
                part = self._parts.popleft()
                take = min(count - position, len(part))
                made[position : position + take] = part[:take]
                position += take
                self._have -= take
                if take < len(part):
                    self._parts.appendleft(part[take:])
        return made


class Speaker:
    """The system's sound output. Without one, or without the library, ``problem`` says so; all is silent."""

    def __init__(self) -> None:
        self.problem = ""
        self._device: Any = None

    @property
    def playing(self) -> bool:
        return self._device is not None

    def play(self, player: Player) -> bool:
        """Play from here on; ``False`` if there is no sound here."""
        self.stop()
        try:
            import miniaudio
        except ImportError:
            self.problem = _("sound needs miniaudio: pip install 'sweeper[gui]'")
            return False
        try:
            device = miniaudio.PlaybackDevice(
                output_format=miniaudio.SampleFormat.SIGNED16,
                nchannels=1,
                sample_rate=RATE_HZ,
                buffersize_msec=BUFFER_MS,
            )
            stream = _samples(player)
            next(stream)
            device.start(stream)
        except miniaudio.MiniaudioError as error:
            self.problem = str(error)
            return False
        self._device = device
        return True

    def stop(self) -> None:
        """Be silent."""
        if self._device is not None:
            self._device.close()
            self._device = None


def _samples(player: Player) -> Generator[bytes, int, None]:
    count = yield b""
    while True:
        count = yield player.frames(count).tobytes()
