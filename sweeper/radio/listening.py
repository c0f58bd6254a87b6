"""Staying on one frequency: hear an emission by ear, or follow its level while walking.

The receiver is tuned an eighth of its rate beside the emission, so that its own spike at the centre does not
hum in the sound or hold up the level. Nothing is stored; a receiver that goes away is called back.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

import msgspec
import numpy as np

from sweeper.dsp.demod import Audio, Demodulator, Mode
from sweeper.dsp.locate import Locator, Reading
from sweeper.errors import Reason, Unavailable
from sweeper.radio import clock
from sweeper.radio.receiver import Heard, RateRefused, Receiver, ReceiverLost, nearest
from sweeper.records import Samples, State, Status, told
from sweeper.text import Words, say

RATES_HZ = (1_024_000, 2_048_000, 2_400_000, 250_000)
"""Rates for one signal: the lowest that leaves a broadcast station clear of the centre comes first."""

BESIDE = 1 / 8
"""Where the receiver is tuned, in shares of the rate below the emission."""

BLOCK_S = 0.05
"""Sound comes in pieces of 50 ms: short for the ear, long for the system."""

WHOLE = 4096
"""Blocks are a multiple of this many samples, so that every driver reads whole packets."""

USUAL_GAIN_DB = 30.0
"""Where the user names none: a middle gain, kept fixed so that levels can be compared."""

RETRIES_S = (0.5, 1.0, 2.0, 4.0)

SLACK_S = 0.25
"""A block later than this after it was due means that samples were lost, not that the system was busy."""


class Sound(msgspec.Struct, frozen=True, eq=False):
    """A piece of audio at 48 kHz, the channel's level, and whether samples were lost just before it."""

    time_s: float
    audio: Audio
    level_dbfs: float
    gap: bool = False


class Target(msgspec.Struct, frozen=True):
    """What to stay on. ``ppm`` is the crystal's error, positive where it runs fast."""

    center_hz: float
    width_hz: float = 12_500.0
    gain_db: float | None = None
    ppm: float = 0.0


Make = Callable[[], Receiver]


async def listen(
    make: Make,
    target: Target,
    mode: Mode,
    squelch_dbfs: float | None = None,
    volume: Callable[[], float] = lambda: 1.0,
    retries_s: Sequence[float] = RETRIES_S,
) -> AsyncGenerator[Sound | Status, None]:
    """Demodulated sound until closed; ``volume`` is asked at every piece. Raises ``Unavailable``."""
    demodulator: Demodulator | None = None
    rate_hz = 0.0
    async with aclosing(blocks(make, target, retries_s)) as stream:
        async for block in stream:
            if isinstance(block, Status):
                yield block
                continue
            if demodulator is None or block.gap or block.rate_hz != rate_hz:
                rate_hz = block.rate_hz
                demodulator = Demodulator(mode, rate_hz, block.offset_hz, squelch_dbfs)
            demodulator.volume = volume()
            audio = demodulator.feed(block.samples)
            yield Sound(block.time_s, audio, demodulator.level_dbfs, block.gap)


async def follow(
    make: Make, target: Target, locator: Locator | None = None, retries_s: Sequence[float] = RETRIES_S
) -> AsyncGenerator[Reading | Status, None]:
    """The level of one emission, twenty times a second, with its trend. Raises ``Unavailable``."""
    locator = locator or Locator()
    async with aclosing(blocks(make, target, retries_s)) as stream:
        async for block in stream:
            if isinstance(block, Status):
                yield block
            else:
                level = band_dbfs(block.samples, block.rate_hz, block.offset_hz, target.width_hz)
                yield locator.feed(block.time_s, level)


def band_dbfs(samples: Samples, rate_hz: float, offset_hz: float, width_hz: float) -> float:
    """Power within ``width_hz`` about ``offset_hz``, in dBFS; at least two bins wide."""
    size = len(samples)
    window = np.hanning(size).astype(np.float32)
    power = np.abs(np.fft.fft(samples * window)) ** 2 / (size * float(np.sum(window**2)))
    hz = np.fft.fftfreq(size, 1 / rate_hz)
    inside = np.abs(hz - offset_hz) <= max(width_hz / 2, 2 * rate_hz / size)
    total = float(power[inside].sum())
    return 10 * math.log10(total) if total > 0 else -200.0


class Block(msgspec.Struct, frozen=True, eq=False):
    """Samples of about 50 ms with the target ``offset_hz`` from their centre; ``gap``: some were lost before
    them."""

    time_s: float
    samples: Samples
    rate_hz: float
    offset_hz: float
    gap: bool


async def blocks(
    make: Make, target: Target, retries_s: Sequence[float]
) -> AsyncGenerator[Block | Status, None]:
    """Samples beside the target, across losses of the receiver, which are told."""
    receiver = make()
    began_s = clock_s = 0.0
    due_s = math.inf
    crystal = 1 + target.ppm * 1e-6

    def status(state: State, reason: Reason | None, words: Words) -> Status:
        now_s, name = clock.now_s() - began_s, receiver.name
        return told(words, source=name, time_s=now_s, subject=name, state=state, reason=reason)

    try:
        rate_hz = await _start(receiver, target)
        began_s = clock.now_s()  # listening begins now, however long the receiver took to open
        while True:
            offset_hz = BESIDE * rate_hz
            length = math.ceil(BLOCK_S * rate_hz / WHOLE) * WHOLE
            try:
                tuned = receiver.stream((target.center_hz - offset_hz * crystal) / crystal, length)
                async with aclosing(tuned) as stream:
                    async for heard in stream:
                        if not isinstance(heard, Heard):
                            yield status(State.FAILED, Reason.REFUSED, heard.words)
                            return
                        gap = heard.end_s > due_s
                        due_s = heard.end_s + 1.5 * length / rate_hz + SLACK_S
                        if gap:
                            clock_s = max(clock_s, heard.end_s - began_s - length / rate_hz)
                        yield Block(clock_s, heard.samples, rate_hz * crystal, offset_hz * crystal, gap)
                        clock_s += length / rate_hz
                return
            except ReceiverLost as lost:
                words = say("{what}; trying to get it back", what=lost)
                yield status(State.DEGRADED, lost.reason, words)
                back = await _again(receiver, target, retries_s)
                if back is None:
                    yield status(State.FAILED, lost.reason, lost.said)
                    return
                rate_hz, due_s = back, -math.inf
                yield status(State.LISTENING, None, say("the receiver is back"))
    finally:
        await receiver.close()


async def _start(receiver: Receiver, target: Target) -> float:
    """Open, set rate and gain; the rate. Raises ``Unavailable`` or ``ReceiverLost``."""
    facts = await receiver.open()
    rate_hz = 0.0
    for wanted in RATES_HZ:
        try:
            rate_hz = await receiver.set_rate(wanted)
            break
        except RateRefused:
            continue
    if not rate_hz:
        raise Unavailable(receiver.name, Reason.REFUSED, say("it takes none of the sample rates"))
    if facts.gains_db:
        wanted_db = target.gain_db if target.gain_db is not None else USUAL_GAIN_DB
        await receiver.set_gain(nearest(facts.gains_db, wanted_db))
    return rate_hz


async def _again(receiver: Receiver, target: Target, retries_s: Sequence[float]) -> float | None:
    for wait_s in retries_s:
        await receiver.close()
        await asyncio.sleep(wait_s)
        try:
            return await _start(receiver, target)
        except (Unavailable, ReceiverLost):
            continue
    return None
