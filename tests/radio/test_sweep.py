"""The engine against a receiver played here: what it refuses, loses and overloads is known exactly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

import numpy as np
import pytest

from sweeper.errors import Reason, Unavailable
from sweeper.plan import Band, SweepPlan
from sweeper.radio import clock
from sweeper.radio.hops import hops
from sweeper.radio.receiver import Facts, Heard, Look, RateRefused, ReceiverLost, Refused
from sweeper.radio.sweep import SweepSource
from sweeper.records import IqBlock, Samples, State
from tests.radio.virtual import blocks, closed, covered, gaps, heard, limited, opened, plan_of, states


class Played:
    """A receiver whose behaviour is a few functions of the tuned frequency."""

    name = "played"

    def __init__(self) -> None:
        self.rates: list[float] = [2.4e6]
        self.gains: tuple[float, ...] = (0.0, 10.0, 20.0, 30.0, 40.0)
        self.gain = 0.0
        self.refuses: Callable[[float], bool] = lambda hz: False
        self.clips: Callable[[float, float], float] = lambda hz, gain: 0.0
        self.lost_at: dict[int, ReceiverLost] = {}
        self.comes_back = True
        self.dc: Callable[[float], complex] = lambda hz: 0.0
        self.opened = self.closed = self.count = 0
        self.tuned: list[float] = []

    async def open(self) -> Facts:
        if self.opened and not self.comes_back:
            raise Unavailable(self.name, Reason.NO_DEVICE, "gone")
        self.opened += 1
        return Facts(label="played receiver", gains_db=self.gains)

    async def set_rate(self, rate_hz: float) -> float:
        if rate_hz not in self.rates:
            raise RateRefused(str(rate_hz))
        return rate_hz

    async def set_gain(self, gain_db: float) -> float:
        self.gain = gain_db
        return gain_db

    async def look(self, looks: Sequence[Look]) -> AsyncGenerator[Heard | Refused, None]:
        for look in looks:
            self.count += 1
            if self.count in self.lost_at:
                raise self.lost_at.pop(self.count)
            self.tuned.append(look.center_hz)
            if self.refuses(look.center_hz):
                yield Refused("it does not go there")
            else:
                noise = np.random.default_rng(self.count).standard_normal((look.samples, 2))
                samples: Samples = (0.05 * noise).astype(np.float32).view(np.complex64)[:, 0]
                samples = samples + np.complex64(self.dc(look.center_hz))
                yield Heard(samples, clock.now_s(), self.clips(look.center_hz, self.gain))

    async def stream(self, center_hz: float, samples: int) -> AsyncGenerator[Heard | Refused, None]:
        yield Refused("it does not stream")

    async def close(self) -> None:
        self.closed += 1


def source(played: Played) -> SweepSource:
    return SweepSource("played", lambda: played, retries_s=(0.0, 0.0))


PREPARING = 6 + 6
"""Looks of the settle measurement, and of the overload test on a plan of 6 hops."""

PLAN = plan_of((430, 441))


def test_a_plain_sweep() -> None:
    played = Played()
    swept = source(played)
    records = heard(swept, PLAN)
    assert opened(records).live
    assert opened(records).rate_hz == 2.4e6
    assert gaps(covered(records), 430e6, 441e6) == []
    assert all(len(b.samples) == 12_480 and b.first_sample == 0 for b in blocks(records))
    assert [s.state for s in states(records)] == [State.LISTENING]
    assert "gain 40 dB" in states(records)[0].detail
    assert closed(records).problems == ()
    assert closed(records).records == 6 * 12_480
    times = [b.time_s for b in blocks(records)]
    assert times == sorted(times)
    assert (swept.stats.hops, swept.stats.span_hz) == (6, 11e6)
    assert played.closed == 1


def test_passes_cover_all_again_from_other_centres() -> None:
    records = heard(source(Played()), plan_of((430, 441), passes=2))
    hops = blocks(records)
    assert gaps(covered(list(hops[:6])), 430e6, 441e6) == []
    assert gaps(covered(list(hops[6:])), 430e6, 441e6) == []
    assert not {b.center_hz for b in hops[:6]} & {b.center_hz for b in hops[6:]}


def test_the_crystal_error_moves_what_is_tuned_and_the_rate_but_not_what_is_told() -> None:
    played = Played()
    records = heard(source(played), plan_of((430, 441), ppm=50.0))
    block = blocks(records)[0]
    assert played.tuned[-6] == pytest.approx(block.center_hz / (1 + 50e-6), abs=0.01)
    assert block.rate_hz == pytest.approx(2.4e6 * (1 + 50e-6))


def test_a_refused_rate_gives_the_next_lower() -> None:
    played = Played()
    played.rates = [1.024e6]
    records = heard(source(played), PLAN)
    assert blocks(records)[0].rate_hz == 1.024e6
    assert gaps(covered(records), 430e6, 441e6) == []
    played.rates = []
    with pytest.raises(Unavailable) as why:
        heard(source(played), PLAN)
    assert why.value.reason is Reason.REFUSED
    assert played.closed == 2


def test_what_the_tuner_refuses_is_not_swept_and_said() -> None:
    played = Played()
    played.refuses = lambda hz: hz > 436e6
    swept = source(played)
    records = heard(swept, PLAN)
    assert max(b.center_hz for b in blocks(records)) <= 436e6
    (told,) = [s for s in states(records) if s.reason is Reason.REFUSED]
    reached = max(high for _, high in covered(records))
    assert 435e6 < reached < 437e6  # the spare hops went as far as the tuner does
    assert told.detail.startswith(f"{reached / 1e6:.2f}-441.00 MHz not swept")
    assert closed(records).problems == (told.detail,)
    assert swept.stats.span_hz == pytest.approx(reached - 430e6)


def test_a_narrow_band_refused_from_below_is_heard_from_above() -> None:
    played = Played()
    played.refuses = lambda hz: hz < 24e6
    records = heard(source(played), plan_of((24.0, 24.4)))
    assert gaps(covered(records), 24e6, 24.4e6) == []
    assert closed(records).problems == ()


def test_a_receiver_lost_in_the_middle_comes_back_and_nothing_is_missing() -> None:
    played = Played()
    played.lost_at = {PREPARING + 3: ReceiverLost(Reason.STALLED, "silence")}
    records = heard(source(played), PLAN)
    assert [s.reason for s in states(records)] == [None, Reason.STALLED, None]
    assert gaps(covered(records), 430e6, 441e6) == []
    assert len(blocks(records)) == 6
    assert played.opened == 2
    assert closed(records).problems == ()


def test_a_receiver_lost_for_good_ends_the_sweep_with_what_it_has() -> None:
    played = Played()
    played.comes_back = False
    played.lost_at = {PREPARING + 3: ReceiverLost(Reason.UNPLUGGED, "the dongle is no longer there")}
    records = heard(source(played), PLAN)
    assert len(blocks(records)) == 2
    last = states(records)[-1]
    assert (last.state, last.reason) == (State.FAILED, Reason.UNPLUGGED)
    reached = max(high for _, high in covered(records))
    assert last.detail == f"{reached / 1e6:.2f}-441.00 MHz not swept: the dongle is no longer there"


def test_a_hop_that_kills_the_receiver_twice_is_left_out() -> None:
    played = Played()
    lost = ReceiverLost(Reason.STALLED, "silence")
    played.lost_at = {PREPARING + 3: lost, PREPARING + 4: lost}
    records = heard(source(played), PLAN)
    assert len(blocks(records)) == 5
    assert "not swept" in closed(records).problems[0]


def test_lost_while_preparing() -> None:
    played = Played()
    played.lost_at = {2: ReceiverLost(Reason.STALLED, "silence")}
    records = heard(source(played), PLAN)
    assert gaps(covered(records), 430e6, 441e6) == []


def test_gain_comes_down_until_the_tests_do_not_overload() -> None:
    played = Played()
    played.clips = lambda hz, gain: 0.05 if gain > 20.0 else 0.0
    swept = source(played)
    heard(swept, PLAN)
    assert swept.stats.gain_db == 20.0


def test_a_fixed_gain_is_kept_and_overload_told_once() -> None:
    played = Played()
    played.clips = lambda hz, gain: 0.05 if 434e6 < hz < 436e6 else 0.0
    swept = source(played)
    records = heard(swept, plan_of((430, 441), gain_db=33.0, passes=3))
    assert swept.stats.gain_db == 30.0
    told = [s for s in states(records) if s.reason is Reason.OVERLOAD]
    assert 1 <= len(told) <= 3  # a pass with other hops may name other edges
    assert told[0].state is State.DEGRADED


def test_a_carrier_at_the_centre_is_looked_at_again_from_beside() -> None:
    played = Played()
    steady = heard(source(played), PLAN)
    centre = blocks(steady)[3].center_hz
    played.dc = lambda hz: 0.02 if hz == centre else 0.0
    records = heard(source(played), PLAN)
    extra = blocks(records)[6:]
    assert [b.center_hz != centre for b in extra] == [True]
    assert abs(extra[0].center_hz - centre) < 600e3


def test_a_constant_spike_of_the_receiver_is_not_chased_for_ever() -> None:
    played = Played()
    played.dc = lambda hz: 0.02
    records = heard(source(played), plan_of((430, 630)))
    assert len(blocks(records)) == len(hops(plan_of((430, 630)), 2.4e6))
    means = [abs(block.samples.mean()) for block in blocks(records)]
    assert max(means) < 0.004  # taken off: 0.02 was there, 0.05 * sqrt(2 / 12480) is what noise leaves


def test_long_looks_come_in_blocks_that_follow_one_another() -> None:
    records = heard(source(Played()), SweepPlan(bands=(Band(868e6, 868.5e6, dwell_s=0.25),)))
    made = blocks(records)
    assert [b.first_sample for b in made] == [0, 262_144, 524_288]
    assert sum(len(b.samples) for b in made) == 600_000
    assert made[1].time_s - made[0].time_s == pytest.approx(262_144 / 2.4e6)


def test_no_plan_means_the_whole_range() -> None:
    played = Played()
    played.refuses = lambda hz: hz > 60e6
    records = heard(source(played), SweepPlan())
    assert min(b.center_hz for b in blocks(records)) < 25e6
    assert closed(records).problems[0].startswith("6")


def test_stopping_early_lets_the_receiver_go() -> None:
    played = Played()

    async def some() -> None:
        async with aclosing(source(played).records(PLAN)) as stream:
            async for record in stream:
                if isinstance(record, IqBlock):
                    return

    limited(some())
    assert played.closed == 1


def test_cancelling_lets_the_receiver_go() -> None:
    played = Played()

    async def cancelled() -> None:
        begun = asyncio.Event()

        async def run() -> None:
            async for _ in source(played).records(plan_of((24, 1766), passes=0)):
                begun.set()
                await asyncio.sleep(0)

        task = asyncio.create_task(run())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    limited(cancelled())
    assert played.closed == 1
