"""The traffic test end to end: a transmitter that sends when it hears, one that sends when it likes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import numpy as np
import pytest

from sweeper.dsp.demod import Audio
from sweeper.dsp.sound_test import lot
from sweeper.dsp.traffic import activity
from sweeper.errors import Reason, Unavailable
from sweeper.radio import clock
from sweeper.radio.listening import Target
from sweeper.radio.proof import traffic_sound_test
from sweeper.radio.receiver import Facts, Heard, ReceiverLost, Refused
from sweeper.records import Samples
from tests.dsp.signals import noise, tone
from tests.radio.streaming import Streaming
from tests.radio.virtual import limited

RATE_HZ = Streaming.rate_hz
FRAME_S = 0.06
"""The transmitter sends in frames of 60 ms, as TETRA and DECT-like microphones do."""


class Room(Streaming):
    """A transmitter that sends a burst of 12 ms in every frame with sound, and in one of ten without."""

    def __init__(self, hears: bool) -> None:
        self.hears = hears
        self.now = 0
        self.sounding_until = -1.0
        self.dice = np.random.default_rng(5)
        self.sends: dict[int, bool] = {}
        self.played: list[float] = []
        self.lost_at: float | None = None

    async def play(self, sound: Audio, rate_hz: float) -> None:
        began_s = self.now / RATE_HZ
        self.played.append(began_s)
        self.sounding_until = began_s + len(sound) / rate_hz
        await asyncio.sleep(0)

    def on(self, frame: int) -> bool:
        if frame not in self.sends:
            sounding = self.hears and frame * FRAME_S < self.sounding_until
            self.sends[frame] = bool(self.dice.random() < (0.9 if sounding else 0.1))
        return self.sends[frame]

    async def stream(self, center_hz: float, samples: int) -> AsyncGenerator[Heard | Refused, None]:
        began_s = clock.now_s()
        while True:
            at_s = (self.now + np.arange(samples)) / RATE_HZ
            if self.lost_at is not None and at_s[0] >= self.lost_at:
                raise ReceiverLost(Reason.UNPLUGGED, "gone")
            frames = (at_s / FRAME_S).astype(int)
            sent = np.array([self.on(frame) for frame in range(frames[0], frames[-1] + 1)])
            gate = sent[frames - frames[0]] & (at_s % FRAME_S < 0.012)
            air = noise(samples, RATE_HZ, 1e-9, self.now % 1000)
            made: Samples = air + gate * tone(samples, 100e6 - center_hz, 1e-3, RATE_HZ)
            self.now += samples
            await asyncio.sleep(0)
            yield Heard(made.astype(np.complex64), began_s + self.now / RATE_HZ)


def test_one_that_sends_when_it_hears_is_told_by_its_traffic() -> None:
    room = Room(hears=True)
    answer = limited(traffic_sound_test(lambda: room, Target(100e6), room.play, periods=20, period_s=1.0))
    assert answer.p < 1e-3
    assert answer.ratio > 3
    assert len(room.played) == 10 == sum(lot(1, 20)), "half of the periods, drawn by lot"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_that_sends_when_it_likes_is_not(seed: int) -> None:
    room = Room(hears=False)
    answer = limited(
        traffic_sound_test(lambda: room, Target(100e6), room.play, periods=12, period_s=0.5, seed=seed)
    )
    assert answer.p > 0.01


def test_a_receiver_lost_is_no_answer() -> None:
    room = Room(hears=True)
    room.lost_at = 2.0

    async def never() -> Facts:
        raise Unavailable("room", Reason.NO_DEVICE, "gone")

    async def go() -> None:
        opened = room.open
        first = True

        async def once() -> Facts:
            nonlocal first
            if first:
                first = False
                return await opened()
            return await never()

        room.open = once  # type: ignore[method-assign]
        await traffic_sound_test(lambda: room, Target(100e6), room.play, periods=6, period_s=1.0)

    with pytest.raises(Unavailable):
        limited(go())


def test_what_is_measured_of_a_piece() -> None:
    """A 20 kHz wide pair of tones, on for 30 of 100 ms in three bursts, in noise."""
    rate, count = 1.024e6, 102_400
    air = noise(count, rate, 1e-10, 4)
    at_s = np.arange(count) / rate
    gate = (at_s % 0.0333 > 0.005) & (at_s % 0.0333 < 0.015)
    pair = tone(count, 100e3 - 8e3, 1e-4, rate) + tone(count, 100e3 + 8e3, 1e-4, rate)
    seen = activity((air + gate * pair).astype(np.complex64), rate, 100e3, 25e3)
    assert seen.bursts == 3
    assert seen.on_s == pytest.approx(0.030, rel=0.1)
    assert seen.energy == pytest.approx(2e-4 * 0.030, rel=0.15)
    assert seen.width / seen.on_s == pytest.approx(18e3, rel=0.25)
    quiet = activity(air, rate, 100e3, 25e3)
    assert quiet.on_s < 0.001
