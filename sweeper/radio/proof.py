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
from sweeper.dsp.sound_test import LONGEST_DELAY_S, AudioAnswer, audio_test, coded_sound
from sweeper.errors import Reason, Unavailable
from sweeper.radio.listening import Sound, Target, listen
from sweeper.radio.receiver import Receiver
from sweeper.records import State, Status

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
                        raise Unavailable(piece.subject, piece.reason or Reason.ENDED, piece.detail)
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
