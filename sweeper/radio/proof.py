"""The sound test on a live receiver: play a coded sound in the room while listening to one emission.

Nothing that is heard is kept: the demodulated audio stays in memory until it has been compared with the sound
played, and only the correlation, its delay and its p-value come out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress

import numpy as np

from sweeper.dsp.demod import AUDIO_HZ, Audio, Mode
from sweeper.dsp.sound_test import LONGEST_DELAY_S, AudioAnswer, audio_test, coded_sound, lot
from sweeper.dsp.traffic import Activity, Verdict, activity, compared
from sweeper.errors import Reason, Unavailable
from sweeper.radio.listening import RETRIES_S, Block, Sound, Target, blocks, listen
from sweeper.radio.receiver import Receiver
from sweeper.records import State, Status

PERIODS, PERIOD_S = 20, 6.0
"""Periods of the traffic test: ten with sound fall in 184,756 ways, so chance alone reaches p below 1e-3
after all that is compared; six seconds let a voice-activated transmitter hold and release."""

SETTLE_S = 0.3
"""Sound heard before the player starts, so that filters and level control have settled."""

Play = Callable[[Audio, float], Awaitable[None]]
"""Plays a sound (samples of full scale 1.0, rate in hertz) and returns when it has ended."""


async def sound_test(
    make: Callable[[], Receiver], target: Target, mode: Mode, play: Play, seconds: float = 10.0, seed: int = 1
) -> AudioAnswer:
    """Play the coded sound of ``seed`` and correlate it with what the emission carries meanwhile.

    A delay of the player shows as a delay of the answer, within the 0.6 s that are searched. Raises
    ``Unavailable`` where the receiver is lost and ``ValueError`` for less than two seconds.
    """
    sound = coded_sound(seed, seconds, AUDIO_HZ)
    player: asyncio.Future[None] | None = None
    kept: list[Audio] = []
    have, began_s = 0, 0.0
    try:
        async with aclosing(listen(make, target, mode)) as stream:
            async for piece in stream:
                if isinstance(piece, Status):
                    if piece.state is State.FAILED:
                        raise Unavailable(
                            piece.subject, piece.reason or Reason.ENDED, piece.said or piece.detail
                        )
                    continue
                if player is None:
                    have += len(piece.audio)
                    if have >= SETTLE_S * AUDIO_HZ:
                        player, have = asyncio.ensure_future(play(sound, AUDIO_HZ)), 0
                    continue
                if not kept:
                    began_s = piece.time_s
                kept += [np.zeros(_lost(piece, began_s, have), np.float32), piece.audio]
                have += len(kept[-2]) + len(kept[-1])
                if have >= (seconds + LONGEST_DELAY_S) * AUDIO_HZ:
                    break
        if player is not None:
            await player
    finally:
        if player is not None and not player.done():
            player.cancel()
            with suppress(asyncio.CancelledError):
                await player
    heard = np.concatenate(kept) if kept else np.zeros(0, np.float32)
    return audio_test(sound, heard, AUDIO_HZ)


def _lost(piece: Sound, began_s: float, have: int) -> int:
    """Samples of audio that were lost just before a piece, so that what follows keeps its time."""
    return max(0, round((piece.time_s - began_s) * AUDIO_HZ) - have) if piece.gap else 0


async def traffic_sound_test(
    make: Callable[[], Receiver],
    target: Target,
    play: Play,
    periods: int = PERIODS,
    period_s: float = PERIOD_S,
    seed: int = 1,
) -> Verdict:
    """Play a sound in half of the periods, drawn by lot, and see whether the emission sends more in them.

    Nothing is demodulated. Raises ``Unavailable`` where the receiver is lost and ``ValueError`` for fewer
    than six periods.
    """
    order = lot(seed, periods)
    sound = coded_sound(seed, period_s, AUDIO_HZ)
    times: list[float] = []
    pieces: list[Activity] = []
    player: asyncio.Future[None] | None = None
    began_s, index = 0.0, -1
    try:
        async with aclosing(blocks(make, target, RETRIES_S)) as stream:
            async for piece in stream:
                if isinstance(piece, Status):
                    if piece.state is State.FAILED:
                        raise Unavailable(
                            piece.subject, piece.reason or Reason.ENDED, piece.said or piece.detail
                        )
                    continue
                if piece.time_s < SETTLE_S:
                    continue
                began_s = began_s or piece.time_s
                now_s = piece.time_s - began_s
                if now_s >= periods * period_s:
                    break
                if int(now_s / period_s) != index:
                    index = int(now_s / period_s)
                    player = await _next(player, play, sound if order[index] else None)
                times.append(now_s)
                pieces.append(_measured(piece, target))
    finally:
        await _next(player, play, None)
    return compared(order, period_s, times, pieces)


def _measured(piece: Block, target: Target) -> Activity:
    return activity(piece.samples, piece.rate_hz, piece.offset_hz, target.width_hz)


async def _next(
    player: asyncio.Future[None] | None, play: Play, sound: Audio | None
) -> asyncio.Future[None] | None:
    """End the sound of the period before (its failure is raised) and begin the next, if there is one."""
    if player is not None:
        if not player.done():
            player.cancel()
        with suppress(asyncio.CancelledError):
            await player
    return asyncio.ensure_future(play(sound, AUDIO_HZ)) if sound is not None else None
