"""The sound test end to end: a bug that transmits what the room hears, and one that transmits other sound."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import numpy as np
import pytest

from sweeper.dsp.demod import AUDIO_HZ, Audio, Mode
from sweeper.errors import Reason, Unavailable
from sweeper.radio import clock
from sweeper.radio.listening import Target
from sweeper.radio.proof import sound_test
from sweeper.radio.receiver import Facts, Heard, ReceiverLost, Refused
from sweeper.records import Samples
from tests.radio.streaming import Streaming
from tests.radio.virtual import limited

RATE_HZ = Streaming.rate_hz
DELAY_S = 0.08


class Room(Streaming):
    """A loudspeaker, a microphone a few metres off, and an FM transmitter on the receiver's frequency.

    Time is that of the samples: what is played begins with the block that is made next.
    """

    def __init__(self, hears: bool) -> None:
        self.hears = hears
        self.now = 0
        self.phase = 0.0
        self.air = np.random.default_rng(3).normal(0, 0.05, 2_000_000)  # somebody breathes
        self.lost_at: int | None = None

    async def play(self, sound: Audio, rate_hz: float) -> None:
        if self.hears:
            at = np.arange(int(len(sound) / rate_hz * RATE_HZ)) / RATE_HZ
            heard = np.interp(at, np.arange(len(sound)) / rate_hz, sound)
            begin = self.now + round(DELAY_S * RATE_HZ)
            heard = heard[: len(self.air) - begin]
            self.air[begin : begin + len(heard)] += 0.5 * heard
        await asyncio.sleep(0)

    async def stream(self, center_hz: float, samples: int) -> AsyncGenerator[Heard | Refused, None]:
        began_s = clock.now_s()
        while True:
            if self.lost_at is not None and self.now >= self.lost_at:
                raise ReceiverLost(Reason.UNPLUGGED, "gone")
            part = self.air[self.now : self.now + samples]
            offset = 100e6 - center_hz
            phase = self.phase + np.cumsum(2 * np.pi * (offset + 3e3 * np.clip(part, -1, 1)) / RATE_HZ)
            self.phase = float(phase[-1] % (2 * np.pi))
            made: Samples = (0.3 * np.exp(1j * phase)).astype(np.complex64)
            self.now += samples
            await asyncio.sleep(0)
            yield Heard(made, began_s + self.now / RATE_HZ)


def test_a_bug_in_the_room_answers_with_its_delay() -> None:
    room = Room(hears=True)
    answer = limited(sound_test(lambda: room, Target(100e6), Mode.NFM, room.play, seconds=4.0))
    assert answer.p < 1e-9
    assert answer.delay_s == pytest.approx(DELAY_S, abs=0.08)  # a piece is 66 ms long


def test_a_transmitter_elsewhere_does_not_answer() -> None:
    room = Room(hears=False)
    answer = limited(sound_test(lambda: room, Target(100e6), Mode.NFM, room.play, seconds=4.0))
    assert answer.p > 1e-3


def test_a_receiver_lost_is_no_answer() -> None:
    room = Room(hears=True)
    room.lost_at = int(RATE_HZ)

    async def never_back() -> None:
        async def slow(sound: Audio, rate_hz: float) -> None:
            await asyncio.sleep(60)

        opened = room.open

        async def gone() -> Facts:
            raise Unavailable("room", Reason.NO_DEVICE, "gone")

        async def once() -> Facts:
            room.open = gone  # type: ignore[method-assign]
            return await opened()

        room.open = once  # type: ignore[method-assign]
        await sound_test(lambda: room, Target(100e6), Mode.NFM, slow, seconds=4.0)

    with pytest.raises(Unavailable) as why:
        limited(never_back())
    assert why.value.reason is Reason.UNPLUGGED


def test_audio_is_at_the_rate_it_says() -> None:
    got: list[tuple[int, float]] = []

    async def play(sound: Audio, rate_hz: float) -> None:
        got.append((len(sound), rate_hz))

    room = Room(hears=False)
    limited(sound_test(lambda: room, Target(100e6), Mode.NFM, play, seconds=2.5))
    assert got == [(round(2.5 * AUDIO_HZ), AUDIO_HZ)]
