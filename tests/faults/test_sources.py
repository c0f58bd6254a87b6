"""Sources that stall, flood, die, lie about rates, jump in time: the sweep ends, says so, prints valid JSON.

The whole program runs (every detector), only the source is made up here.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncGenerator, Callable, Iterable

import numpy as np
import pytest

from sweeper.plan import SweepPlan
from sweeper.radio import SourceInfo
from sweeper.records import (
    Advertisement,
    AdvertisementBatch,
    FrameBatch,
    IqBlock,
    Medium,
    Opened,
    Record,
    State,
)
from sweeper.report import results
from sweeper.report.collect import Collector
from sweeper.session import QUEUE_LENGTH, Outcome, Session, standard_stages
from sweeper.signatures import Library, builtin_folder
from sweeper.text import english

LIBRARY = Library.load(builtin_folder())
RATE_HZ = 250e3
NOISE = np.random.default_rng(1)


class Made:
    """A source whose records are given; ``before`` each of them something may happen."""

    def __init__(
        self,
        records: Iterable[Record],
        *,
        live: bool = True,
        medium: Medium = Medium.RF,
        before: Callable[[int], None] = lambda _index: None,
        silence_s: float = 0.0,
    ) -> None:
        self._records = records
        self._before = before
        self._silence_s = silence_s
        self.info = SourceInfo("made", medium, live)

    async def records(self, plan: SweepPlan) -> AsyncGenerator[Record, None]:
        for index, record in enumerate(self._records):
            self._before(index)
            yield record
        if self._silence_s:
            await asyncio.sleep(self._silence_s)


def samples(count: int = 25_000) -> np.ndarray:
    noise = NOISE.normal(0, 0.05, (2, count))
    return (noise[0] + 1j * noise[1]).astype(np.complex64)


def block(index: int, *, rate_hz: float = RATE_HZ, time_s: float | None = None) -> IqBlock:
    return IqBlock(
        source="made",
        time_s=index * 0.1 if time_s is None else time_s,
        rate_hz=rate_hz,
        center_hz=433.92e6,
        samples=samples(),
        first_sample=index * 25_000,
    )


def run(*sources: Made, stop_after_s: float | None = None) -> tuple[Collector, Outcome]:
    """The session, and its results document through a strict JSON reader."""
    collected = Collector()

    async def session() -> Outcome:
        made = Session(sources, standard_stages(LIBRARY), [collected])
        if stop_after_s is not None:
            asyncio.get_running_loop().call_later(stop_after_s, made.stop)
        return await asyncio.wait_for(made.run(), 300)

    outcome = asyncio.run(session())
    text = results.encode(results.document(collected, library=LIBRARY))

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} in the document")

    assert json.loads(text, parse_constant=refuse)["sweeper"]
    return collected, outcome


def states(collected: Collector) -> set[str]:
    return {str(status.reason) for status, _count in collected.statuses}


def test_a_source_that_falls_silent_can_be_stopped() -> None:
    collected, outcome = run(Made([block(0), block(1)], silence_s=3600.0), stop_after_s=1.0)
    assert outcome.stopped
    assert len(collected.coverage) == 1
    assert collected.coverage[0].medium is Medium.RF


def test_a_flood_is_dropped_counted_and_told() -> None:
    """Two hundred receivers at once, ten blocks each: what does not fit the queue is counted and told."""
    shared = block(0)
    collected, outcome = run(*(Made([shared] * 10) for _ in range(200)))
    assert outcome.dropped >= 2_000 - 4 * QUEUE_LENGTH
    assert "dropped" in states(collected)
    told = " ".join(status.detail for status, _count in collected.statuses)
    assert "blocks were dropped" in told


def test_one_that_dies_is_not_heard_and_says_why() -> None:
    def die(index: int) -> None:
        if index == 3:
            raise OSError("the cable came out")

    collected, outcome = run(Made([block(i) for i in range(6)], before=die))
    assert len(outcome.unheard) == 1
    assert "the cable came out" in english(outcome.unheard[0])
    assert any(status.state is State.FAILED for status, _count in collected.statuses)


@pytest.mark.parametrize("rate_hz", [0.0, -1.0, 1.0, math.nan, math.inf, 1e15, 1e-300])
@pytest.mark.parametrize("live", [True, False])
def test_a_rate_that_is_a_lie_ends_nothing(rate_hz: float, live: bool) -> None:
    """The detectors may refuse it (a contained stage error, told); what follows is heard."""
    honest = [block(10 + index) for index in range(3)]
    collected, outcome = run(Made([block(0, rate_hz=rate_hz), *honest], live=live))
    assert not outcome.unreadable
    assert outcome.unheard == ()
    assert collected.coverage or "stage-error" in states(collected)


JUMPS = {
    "an NTP step back": [0.0, 0.1, 0.2, -3.0, -2.9],
    "an NTP step forward": [0.0, 0.1, 7200.0, 7200.1],
    "suspended for a week": [0.0, 0.1, 604_800.0, 604_800.1],
    "a clock that was never set": [1.6e9, 0.0, 1.6e9, 0.1],
    "back and forth": [0.0, 5.0, 1.0, 6.0, 2.0, 7.0],
}


@pytest.mark.parametrize("times", JUMPS.values(), ids=list(JUMPS))
def test_time_that_jumps_loses_no_block_of_a_recording(times: list[float]) -> None:
    collected, outcome = run(Made([block(i, time_s=t) for i, t in enumerate(times)], live=False))
    assert (outcome.unheard, outcome.unreadable, outcome.dropped) == ((), (), 0)
    assert "stage-error" not in states(collected)
    (row,) = [row for row in collected.coverage if row.medium is Medium.RF]
    assert row.dwell_s == pytest.approx(0.1 * len(times), rel=0.2)


def adverts(times: Iterable[float]) -> list[Record]:
    opened = Opened(source="made", time_s=0.0, medium=Medium.BLE, path="made", format="made")
    made: list[Record] = [opened]
    for time_s in times:
        heard = Advertisement(time_s, "c0:11:22:33:44:55", "random", -60, bytes.fromhex("0303aafe"))
        made.append(AdvertisementBatch(source="made", time_s=time_s, adverts=(heard,)))
    return made


@pytest.mark.parametrize("times", JUMPS.values(), ids=list(JUMPS))
def test_time_that_jumps_loses_no_advertisement(times: list[float]) -> None:
    collected, _outcome = run(Made(adverts(times), live=False, medium=Medium.BLE))
    assert "stage-error" not in states(collected)
    assert len(collected.devices) == 1
    assert collected.devices[0].sightings == len(times)


@pytest.mark.parametrize("times", JUMPS.values(), ids=list(JUMPS))
def test_time_that_jumps_loses_no_frame(times: list[float]) -> None:
    beacon = bytes.fromhex(
        "80000000ffffffffffff0211223344550211223344550000" + "00" * 8 + "64000100" + "000474657374"
    )
    batches = [
        FrameBatch(
            source="made",
            time_s=time_s,
            medium=Medium.WIFI,
            link_type=105,
            times_s=(time_s,),
            frames=(beacon,),
            lengths=(len(beacon),),
        )
        for time_s in times
    ]
    collected, _outcome = run(Made(batches, live=False, medium=Medium.WIFI))
    assert "stage-error" not in states(collected)
    assert [device.sightings for device in collected.devices] == [len(times)]
