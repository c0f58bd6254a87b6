"""Samples of one emission, for looking into it: out of the recording or the scene, or from the receiver now.

Runs on the core's thread. A recording is read up to a moment at which the emission was on the air; a receiver
is tuned beside it for a few tenths of a second. At most ``LONGEST_S`` are returned, and nothing is kept.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import aclosing

import msgspec
import numpy as np

from sweeper.errors import SweeperError
from sweeper.plan import SweepPlan
from sweeper.radio import Source
from sweeper.records import Emission, IqBlock, Samples, Status
from sweeper.text import say

LONGEST_S = 0.5
PATIENCE_S = 20.0
"""A recording is searched for so long at most."""

LISTEN_BLOCKS = 10
BEFORE_S = 0.01


class Glimpse(msgspec.Struct, frozen=True, eq=False):
    """A piece of signal; ``offset_hz`` is where the emission stands from its centre."""

    samples: Samples
    rate_hz: float
    offset_hz: float
    time_s: float


class NotFoundError(SweeperError):
    """The emission's samples cannot be had any more."""


def moments(emission: Emission) -> list[float]:
    """When it was surely on the air, the strongest burst first."""
    bursts = sorted(emission.bursts, key=lambda burst: -burst.snr_db)
    return [burst.start_s for burst in bursts] or [emission.start_s, (emission.start_s + emission.stop_s) / 2]


async def recorded(path: str, emission: Emission, demo: bool) -> Glimpse:
    """From the recording at ``path``, or from the demo's scene. Raises ``SweeperError``."""
    wanted, end = moments(emission)[0], time.monotonic() + PATIENCE_S
    best: IqBlock | None = None
    parts: list[Samples] = []
    for source in _sources(path, demo, emission.source, max(0.0, wanted - BEFORE_S)):
        async with aclosing(source.records(SweepPlan())) as stream:
            async for record in stream:
                if time.monotonic() > end:
                    raise NotFoundError(
                        say("it lies too far into the recording to be fetched while you wait")
                    )
                if not isinstance(record, IqBlock) or not _holds(record, emission):
                    continue
                stop_s = record.time_s + len(record.samples) / record.rate_hz
                if best is None and stop_s > wanted - BEFORE_S:
                    best = record
                    skip = max(0, round((wanted - BEFORE_S - record.time_s) * record.rate_hz))
                    parts.append(record.samples[skip:])
                elif best is not None and record.first_sample > 0:
                    parts.append(record.samples)
                elif best is not None:
                    break
                if best is not None and sum(map(len, parts)) >= LONGEST_S * best.rate_hz:
                    break
        if best is not None:
            samples = np.concatenate(parts)[: round(LONGEST_S * best.rate_hz)]
            return Glimpse(samples, best.rate_hz, emission.center_hz - best.center_hz, wanted)
    raise NotFoundError(say("its samples were not found in the recording"))


def _sources(path: str, demo: bool, name: str, start_s: float) -> Sequence[Source]:
    from sweeper import synth
    from sweeper.radio import synthetic
    from sweeper.radio.replay import ReplaySource

    if demo:
        made = synthetic.sources(synth.load(synth.demo_scene()))
        return [source for source in made if source.info.name == name]
    return [ReplaySource(path, start_s=start_s, digest=False)]


def _holds(block: IqBlock, emission: Emission) -> bool:
    reach = (block.usable_hz or block.rate_hz) / 2
    return abs(emission.center_hz - block.center_hz) <= reach


async def heard(receiver: str, emission: Emission, gain_db: float | None, ppm: float) -> Glimpse:
    """From the receiver, now. Raises ``SweeperError``."""
    from sweeper.radio import inventory
    from sweeper.radio.listening import Target, blocks

    target = Target(emission.center_hz, max(emission.width_hz, 2_000.0), gain_db, ppm)
    parts: list[Samples] = []
    async with aclosing(blocks(inventory.receiver(receiver), target, ())) as stream:
        async for block in stream:
            if isinstance(block, Status):
                continue
            parts.append(block.samples)
            if len(parts) >= LISTEN_BLOCKS:
                return Glimpse(np.concatenate(parts), block.rate_hz, block.offset_hz, 0.0)
    raise NotFoundError(say("the receiver heard nothing"))
