"""The first second of a sweep: choose the gain that does not overload the receiver, measure how it settles.

A few hops spread over the plan are heard at the highest gain; while too many of them overload, the gain comes
down. Then the receiver is sent to and fro between the quietest and the loudest of them, where stale samples
show best. What is computed from the samples is in ``tuning``; here is the order of it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import TypeVar

import msgspec

from sweeper.plan import SweepPlan
from sweeper.radio import tuning
from sweeper.radio.hops import hops
from sweeper.radio.receiver import USABLE, Facts, Heard, Look, Receiver, nearest

T = TypeVar("T")
U = TypeVar("U")

TEST_HOPS = (4, 10)
TESTING_S = 0.25
TEST_S = 0.001
"""Test hops: at least and at most so many of a kind, but no more settling than a quarter of a second; each is
heard for a millisecond, long enough to see one in a thousand samples clip."""

LOUD_HZ = ((87.5e6, 108e6), (925e6, 960e6))
"""Where the strongest signals usually stand: broadcast FM and GSM-900 base stations."""

TRIES = 3
"""Retunes to either end: the median of three forgives a burst in one."""

Level = tuple[float, float]
"""Mean power at a tuned frequency, which the receiver was asked for in hertz."""


class Prepared(msgspec.Struct, frozen=True):
    """The gain in decibels (``None`` where the receiver has none to set), the samples to throw away after
    each retune, and the mean sample of each test look."""

    gain_db: float | None
    settle: int
    means: tuple[complex, ...] = ()


async def prepare(receiver: Receiver, facts: Facts, plan: SweepPlan, rate_hz: float) -> Prepared:
    """Choose and measure. Raises ``ReceiverLost``."""
    gain_db = None
    if facts.gains_db:
        wanted = plan.gain_db if plan.gain_db is not None else max(facts.gains_db)
        gain_db = await receiver.set_gain(nearest(facts.gains_db, wanted))
    settle_s = facts.settle_window_s / 2 + facts.settle_margin_s
    crystal = 1.0 + plan.ppm * 1e-6
    centers = [hop.center_hz / crystal for hop in hops(plan, rate_hz)]
    most = max(TEST_HOPS[0], min(TEST_HOPS[1], round(TESTING_S / settle_s)))
    look = Look(0.0, round(TEST_S * rate_hz), round(settle_s * rate_hz))
    test = [msgspec.structs.replace(look, center_hz=hz) for hz in _places(centers, most)]
    levels, means, bad = await _overloads(receiver, test)
    while gain_db is not None and plan.gain_db is None:
        lower = tuning.lower_gain(facts.gains_db, gain_db)
        if len(bad) <= tuning.TOLERATED * len(test) or lower is None:
            break
        gain_db = await receiver.set_gain(lower)
        _, means, bad = await _overloads(receiver, bad)
    return Prepared(gain_db, await _settle(receiver, facts, levels, rate_hz), tuple(means))


def _places(centers: Sequence[float], most: int) -> list[float]:
    """Where to test: spread over all hops, and where it is usually loud; at most ``most`` of either."""
    loud = [hz for hz in centers if any(low <= hz <= high for low, high in LOUD_HZ)]
    chosen = [[kind[i] for i in tuning.spread(len(kind), most)] for kind in (centers, loud)]
    return sorted({*chosen[0], *chosen[1]})


async def _overloads(
    receiver: Receiver, test: Sequence[Look]
) -> tuple[list[Level], list[complex], list[Look]]:
    """The level and the mean of each test look that could be heard, and the looks that overload."""
    levels: list[Level] = []
    means: list[complex] = []
    bad: list[Look] = []
    async with aclosing(receiver.look(test)) as outcomes:
        async for look, outcome in _zipped(test, outcomes):
            if isinstance(outcome, Heard):
                levels.append((tuning.level_of(outcome.samples), look.center_hz))
                means.append(complex(outcome.samples.mean()))
                if outcome.clipped > tuning.CLIPPED:
                    bad.append(look)
    return levels, means, bad


async def _settle(receiver: Receiver, facts: Facts, levels: Sequence[Level], rate_hz: float) -> int:
    """Samples until the power stays put after a retune between the quietest and the loudest place."""
    fallback = round(facts.settle_fallback_s * rate_hz)
    if not levels:
        return fallback
    quiet_hz, loud_hz = min(levels)[1], max(levels)[1]
    if loud_hz == quiet_hz:
        loud_hz += USABLE * rate_hz
    samples = max(16 * tuning.BLOCK, round(2 * facts.settle_window_s * rate_hz))
    looks = [Look(hz, samples) for _ in range(TRIES) for hz in (quiet_hz, loud_hz)]
    tries: dict[float, list[tuning.Settling]] = {quiet_hz: [], loud_hz: []}
    async with aclosing(receiver.look(looks)) as outcomes:
        async for look, outcome in _zipped(looks, outcomes):
            if isinstance(outcome, Heard):
                tries[look.center_hz].append(tuning.settling(outcome.samples))
    margin = round(facts.settle_margin_s * rate_hz)
    return tuning.settle_from(tries[quiet_hz], tries[loud_hz], fallback, samples, margin)


async def _zipped(asked: Sequence[T], outcomes: AsyncIterator[U]) -> AsyncIterator[tuple[T, U]]:
    """Each question with its outcome."""
    index = 0
    async for outcome in outcomes:
        yield asked[index], outcome
        index += 1
