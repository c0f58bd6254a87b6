"""Sources to sinks: nothing lost from a recording, counted drops from a live receiver, failures told."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Iterable

import numpy as np
import pytest

from sweeper import memory
from sweeper.errors import InputError, Reason, Unavailable
from sweeper.plan import SweepPlan
from sweeper.radio import SourceInfo
from sweeper.records import Closed, IqBlock, Medium, Opened, Record, State, Status
from sweeper.session import QUEUE_LENGTH, DroppingQueue, Session, merged
from sweeper.text import english


def block(source: str, time_s: float) -> IqBlock:
    return IqBlock(
        source=source,
        time_s=time_s,
        rate_hz=1e6,
        center_hz=1e8,
        samples=np.zeros(4, np.complex64),
        first_sample=0,
    )


class Tape:
    """A recorded source with a block at each of the given times; it may fail at its end."""

    def __init__(
        self, name: str, times: Iterable[float], error: Exception | None = None, live: bool = False
    ) -> None:
        self.times = list(times)
        self.error = error
        self.info = SourceInfo(name, Medium.RF, live, duration_s=max(self.times, default=0.0))
        self.closed = False

    async def records(self, plan: SweepPlan) -> AsyncGenerator[Record, None]:
        try:
            yield Opened(source=self.info.name, time_s=0.0, medium=Medium.RF)
            for t in self.times:
                yield block(self.info.name, t)
            if self.error is not None:
                raise self.error
            yield Closed(source=self.info.name, time_s=self.times[-1], records=len(self.times))
        finally:
            self.closed = True


def heard(records: list[Record]) -> list[tuple[str, float]]:
    return [(r.source, r.time_s) for r in records if isinstance(r, IqBlock)]


def test_recordings_follow_one_another() -> None:
    seen: list[Record] = []
    session = Session([Tape("a", [0, 1]), Tape("b", [0, 2])], [], [seen.append])
    outcome = asyncio.run(session.run())
    assert heard(seen) == [("a", 0), ("a", 1), ("b", 0), ("b", 2)]
    assert not outcome.stopped
    assert session.duration_s == 3
    assert session.position_s == 3


def test_merged_recordings_come_by_time() -> None:
    seen: list[Record] = []
    session = Session([Tape("a", [0, 1, 5]), Tape("b", [0.5, 2])], [], [seen.append], merge=True)
    asyncio.run(session.run())
    assert heard(seen) == [("a", 0), ("b", 0.5), ("a", 1), ("b", 2), ("a", 5)]
    assert session.duration_s == 5


def test_merging_never_reorders_one_source_whose_clock_jumps_back() -> None:
    async def collect() -> list[tuple[str, float]]:
        streams = [Tape("a", [0, 9, 3, 10]).records(SweepPlan()), Tape("b", [4]).records(SweepPlan())]
        return heard([record async for record in merged(streams)])

    order = asyncio.run(collect())
    assert [t for source, t in order if source == "a"] == [0, 9, 3, 10]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Unavailable("a", Reason.UNPLUGGED, "the dongle is gone"), Reason.UNPLUGGED),
        (RuntimeError("a plug-in broke"), Reason.BAD_DATA),
    ],
)
def test_a_source_that_dies_is_told_and_the_others_go_on(error: Exception, reason: Reason) -> None:
    seen: list[Record] = []
    session = Session([Tape("a", [0], error), Tape("b", [0])], [], [seen.append])
    outcome = asyncio.run(session.run())
    failures = [r for r in seen if isinstance(r, Status)]
    assert [(f.subject, f.state, f.reason) for f in failures] == [("a", State.FAILED, reason)]
    assert str(error) in failures[0].detail
    assert ("b", 0) in heard(seen)
    assert len(outcome.unheard) == 1
    assert outcome.unreadable == ()


def test_an_unreadable_input_is_kept_apart_from_an_unheard_band() -> None:
    session = Session([Tape("a", [0], InputError("x.cu8", "cut off", 12))], [], [])
    outcome = asyncio.run(session.run())
    assert [english(words) for words in outcome.unreadable] == ["x.cu8: cut off at byte 12"]
    assert outcome.unheard == ()


def test_stopping_closes_the_source_and_still_asks_the_stages_for_their_last_words() -> None:
    class Last:
        name = "last"
        accepts: tuple[type[Record], ...] = ()

        def feed(self, record: Record, /) -> Iterable[Record]:
            return ()

        def finish(self) -> Iterable[Record]:
            return [Status(source="", time_s=0.0, subject="last words", state=State.ENDED)]

    tape = Tape("a", range(1000))
    seen: list[Record] = []

    def sink(record: Record) -> None:
        seen.append(record)
        if record.time_s >= 3:
            session.stop()

    session = Session([tape], [Last()], [sink])
    outcome = asyncio.run(session.run())
    assert outcome.stopped
    assert tape.closed
    assert len(heard(seen)) < 10
    assert isinstance(seen[-1], Status)
    assert seen[-1].subject == "last words"


def test_pacing_keeps_real_time_and_a_skip_does_not() -> None:
    async def timed(last_s: float, skip: bool) -> float:
        session = Session([Tape("a", [0, 0.1, 0.2, last_s])], [], [], speed=1.0)
        if skip:
            assert session.skip_to(last_s)
        begin = time.monotonic()
        await session.run()
        return time.monotonic() - begin

    assert asyncio.run(timed(0.3, skip=False)) >= 0.29
    assert asyncio.run(timed(3600.0, skip=True)) < 1800.0


def test_a_pause_holds_and_a_skip_backwards_is_refused() -> None:
    async def paused() -> tuple[int, int, bool]:
        seen: list[Record] = []
        session = Session([Tape("a", range(50))], [], [seen.append], speed=1000.0)
        task = asyncio.create_task(session.run())
        await asyncio.sleep(0.01)
        session.pause()
        await asyncio.sleep(0.05)
        held = len(seen)
        await asyncio.sleep(0.1)
        still = len(seen)
        back = session.skip_to(-1.0)
        session.resume()
        await task
        assert len(heard(seen)) == 50
        return held, still, back

    held, still, back = asyncio.run(paused())
    assert held == still
    assert not back


def test_live_drops_are_counted_and_told_and_only_bulk_is_dropped() -> None:
    async def fill() -> DroppingQueue:
        queue = DroppingQueue(4)
        queue.put(Status(source="a", time_s=0.0, subject="first", state=State.READY))
        for t in range(10):
            queue.put(block("a", t))
        queue.close()
        return queue

    async def drain() -> tuple[list[Record], int]:
        queue = await fill()
        return [record async for record in queue], queue.dropped

    kept, dropped = asyncio.run(drain())
    assert isinstance(kept[0], Status)
    assert [t for _, t in heard(kept)] == [7, 8, 9]
    assert dropped == 7


def test_the_bytes_that_wait_are_bounded_and_the_newest_has_room() -> None:
    async def drain(most_bytes: int) -> tuple[list[float], int]:
        queue = DroppingQueue(64, most_bytes)
        for t in range(10):
            queue.put(block("a", t))
        queue.put(Status(source="a", time_s=0.0, subject="last", state=State.READY))
        queue.close()
        kept = [record async for record in queue]
        assert isinstance(kept[-1], Status)
        return [time_s for _, time_s in heard(kept)], queue.dropped

    size = block("a", 0).samples.nbytes
    assert asyncio.run(drain(3 * size)) == ([7, 8, 9], 7)
    assert asyncio.run(drain(size // 2)) == ([9], 9)
    assert asyncio.run(drain(10 * size)) == (list(range(10)), 0)


@pytest.mark.parametrize(("pages", "share"), [(1 << 17, 32 << 20), (1 << 18, 64 << 20), (1 << 22, 128 << 20)])
def test_a_small_computer_lets_less_wait(monkeypatch: pytest.MonkeyPatch, pages: int, share: int) -> None:
    """512 MB, 1 GB and 16 GB in pages of 4 KiB."""
    told = {"SC_PHYS_PAGES": pages, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(os, "sysconf", told.__getitem__, raising=False)
    assert memory.room(128 << 20) == share
    monkeypatch.delattr(os, "sysconf")  # Windows
    assert memory.room(128 << 20) == 128 << 20


def test_every_block_of_a_live_source_is_analysed_or_counted_as_dropped() -> None:
    async def sweep() -> tuple[int, int]:
        seen: list[Record] = []
        session = Session([Tape("a", range(QUEUE_LENGTH * 4), live=True)], [], [seen.append])
        outcome = await session.run()
        return len(heard(seen)), outcome.dropped

    analysed, dropped = asyncio.run(sweep())
    assert analysed + dropped == QUEUE_LENGTH * 4


class Radio(Tape):
    """A live source that stays on the air until it is told to end."""

    def __init__(self, name: str, end: asyncio.Event) -> None:
        super().__init__(name, [0.0], live=True)
        self._end = end

    async def records(self, plan: SweepPlan) -> AsyncGenerator[Record, None]:
        async for record in super().records(plan):
            if isinstance(record, Closed):
                await self._end.wait()
            yield record


def test_a_source_joins_a_live_session_and_the_last_to_end_ends_it() -> None:
    seen: list[Record] = []

    async def play() -> None:
        end = asyncio.Event()
        session = Session([Radio("a", end)], [], [seen.append])
        assert not session.join(Tape("early", [0], live=True))
        running = asyncio.create_task(session.run())
        while not seen:
            await asyncio.sleep(0)
        assert session.join(Tape("b", [1, 2], live=True))
        while not any(isinstance(r, Closed) and r.source == "b" for r in seen):
            await asyncio.sleep(0)
        assert not running.done()
        end.set()
        await running
        assert not session.join(Tape("late", [0], live=True))

    asyncio.run(asyncio.wait_for(play(), 30))
    assert heard(seen) == [("a", 0.0), ("b", 1), ("b", 2)]
    assert [r.source for r in seen if isinstance(r, Closed)] == ["b", "a"]


class Asleep:
    """What tells a standstill, an hour and a half of it, at its second beat."""

    def __init__(self, every_s: float) -> None:
        self.beats = 0

    def beat(self) -> float:
        self.beats += 1
        return 5400.0 if self.beats == 2 else 0.0


def test_a_computer_that_slept_is_told_once_for_every_live_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sweeper.session.BEAT_S", 0.0)
    monkeypatch.setattr("sweeper.session.Standstill", Asleep)
    seen: list[Record] = []

    async def play() -> None:
        end = asyncio.Event()
        session = Session([Radio("a", end), Tape("recorded", [0]), Radio("b", end)], [], [seen.append])
        running = asyncio.create_task(session.run())
        while sum(isinstance(r, Status) for r in seen) < 2:
            await asyncio.sleep(0)
        end.set()
        await running

    asyncio.run(asyncio.wait_for(play(), 30))
    told = [r for r in seen if isinstance(r, Status)]
    assert [(r.subject, r.reason) for r in told] == [("a", Reason.STOOD_STILL), ("b", Reason.STOOD_STILL)]
    assert "5400 s" in told[0].detail
