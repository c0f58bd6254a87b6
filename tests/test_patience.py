"""Foreign code that raises, hangs or is merely slow."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Iterable
from typing import Any

import pytest

from sweeper.errors import Reason, Unavailable
from sweeper.patience import HungError, PatientSource, PatientStage, Worker, within
from sweeper.radio import SourceInfo
from sweeper.records import Closed, Medium, Record, State, Status


def closed(count: int) -> Closed:
    return Closed(source="x", time_s=float(count), records=count)


def forever() -> None:
    while True:
        time.sleep(0.001)


def test_an_answer_and_an_exception_come_through() -> None:
    assert within("x", lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        within("x", lambda: 1 / 0)


def test_a_loop_is_ended_and_the_worker_takes_no_more() -> None:
    worker = Worker("looper")
    with pytest.raises(HungError, match=r"looper: no answer in 0\.1 s"):
        worker.run(forever, 0.1)
    with pytest.raises(HungError, match="left out"):
        worker.run(lambda: 1, 0.1)
    thread = next((t for t in threading.enumerate() if t.name == "looper"), None)
    if thread is not None:
        thread.join(60)
        assert not thread.is_alive()


class Stage:
    name = "slow"
    accepts: tuple[type[Record], ...] = (Closed,)

    def feed(self, record: Closed, /) -> Iterable[Record]:
        if record.records == 1:
            forever()
        yield record

    def finish(self) -> Iterable[Record]:
        return [closed(9)]


def test_a_stage_that_hangs_fails_once_and_then_is_silent() -> None:
    stage = PatientStage(Stage(), 2.0)
    assert [r.time_s for r in stage.feed(closed(0))] == [0.0]
    with pytest.raises(HungError):
        stage.feed(closed(1))
    assert stage.feed(closed(2)) == []
    assert stage.finish() == []
    whole = PatientStage(Stage(), 60)
    assert [r.time_s for r in whole.finish()] == [9.0]


class Source:
    def __init__(self, live: bool, *, stops: bool = False, first: bool = True, fails: bool = False) -> None:
        self.info = SourceInfo("x", Medium.RF, live=live)
        self._stops, self._first, self._fails = stops, first, fails

    async def records(self, plan: Any) -> AsyncGenerator[Record, None]:
        if self._first:
            for number in range(40):  # more than may wait: the way back-pressure works is used too
                yield closed(number)
        if self._fails:
            raise ValueError("driver")
        while self._stops:
            await asyncio.sleep(0.01)


async def gathered(source: Source, most: int = 100, patience_s: float = 0.2) -> list[Record]:
    got: list[Record] = []
    stream = PatientSource(source, patience_s, patience_s).records(None)
    async for record in stream:
        got.append(record)
        if len(got) >= most:
            break
    await stream.aclose()
    return got


def test_all_records_come_in_order() -> None:
    got = asyncio.run(gathered(Source(live=False), patience_s=60.0))
    assert [r.time_s for r in got] == [float(n) for n in range(40)]


def test_what_the_source_raises_is_raised() -> None:
    with pytest.raises(ValueError, match="driver"):
        asyncio.run(gathered(Source(live=True, fails=True), patience_s=60.0))


@pytest.mark.parametrize(
    "source", [Source(live=True, stops=True, first=False), Source(live=False, stops=True)]
)
def test_a_source_that_hangs_is_unavailable(source: Source) -> None:
    with pytest.raises(Unavailable) as caught:
        asyncio.run(gathered(source))
    assert caught.value.reason is Reason.STALLED


def test_a_quiet_live_source_is_mentioned_once_and_waited_for() -> None:
    got = asyncio.run(gathered(Source(live=True, stops=True), most=41))
    assert isinstance(got[-1], Status)
    assert got[-1].state is State.DEGRADED
