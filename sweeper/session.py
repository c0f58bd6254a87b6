"""One sweep: sources -> pipeline -> sinks.

Recorded sources are waited for, so nothing is lost and the same recording gives the same records. Live
sources cannot wait: a bounded queue drops their oldest bulk record when analysis falls behind, counts it,
and says so. The session is one coroutine; the command line runs it in the main thread, the window on a
loop in a plain thread. ``pause``, ``resume``, ``stop``, ``skip_to`` and ``speed`` are called on that loop.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from contextlib import aclosing

import msgspec

from sweeper.coverage import CoverageStage
from sweeper.detectors import Setup, build
from sweeper.errors import InputError, Reason, Unavailable, contained
from sweeper.findings import FindingsStage
from sweeper.known import Book
from sweeper.memory import room
from sweeper.pipeline import Pipeline, Stage
from sweeper.plan import SweepPlan
from sweeper.radio import Source
from sweeper.radio.clock import Standstill
from sweeper.records import AdvertisementBatch, FrameBatch, IqBlock, Place, Record, State, Status, Trace, told
from sweeper.reference import Comparison
from sweeper.signatures import Library
from sweeper.text import Words, say

Sink = Callable[[Record], None]
BULK = (IqBlock, Trace, FrameBatch, AdvertisementBatch)
"""Records that may be dropped when analysis falls behind; all others are always kept."""

QUEUE_LENGTH = 64
"""Records waiting for analysis: at 262,144 samples a block about 130 MB and 7 s of a 2.4 MS/s receiver."""
QUEUE_BYTES = 128 << 20
"""Samples waiting at most; on a computer with less than 2 GB a sixteenth of its memory (``memory.room``)."""

BEAT_S = 1.0
"""How often a live session looks whether it stood still."""

SLICE_S = 0.05
"""Longest sleep while pacing, so that a pause or a change of speed is felt at once."""


class Outcome(msgspec.Struct, frozen=True):
    """How a session ended. ``unreadable`` and ``unheard`` are lines for a person."""

    stopped: bool
    unreadable: tuple[Words, ...] = ()
    unheard: tuple[Words, ...] = ()
    dropped: int = 0


def standard_stages(
    library: Library,
    plan: SweepPlan | None = None,
    comparison: Comparison | None = None,
    guided: Sequence[Stage] = (),
    known: Book | None = None,
    here: Place | None = None,
) -> list[Stage]:
    """The built-in detectors in order, then findings and coverage: what every face of the program runs.

    ``guided`` are stages that only a guided test has; they come after the detectors, before the findings.
    ``known`` is what the user already knows, ``here`` the place of the whole session, if the user told it.
    """
    setup = Setup(library, plan or SweepPlan(), comparison, known, here)
    return [*build(setup), *guided, FindingsStage(), CoverageStage()]


class Session:
    """Runs sources through stages and shows every record to the sinks.

    ``merge`` interleaves recorded sources by time (for watching); otherwise they follow one another.
    ``speed`` is a multiple of real time, ``None`` as fast as possible.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        stages: Sequence[Stage],
        sinks: Sequence[Sink],
        plan: SweepPlan | None = None,
        *,
        merge: bool = False,
        speed: float | None = None,
    ) -> None:
        self.sources = list(sources)
        self.plan = plan or SweepPlan()
        self.position_s = 0.0
        self._pipeline = Pipeline(stages)
        self._sinks = list(sinks)
        self._merge = merge
        self._speed = speed
        self._running = asyncio.Event()
        self._running.set()
        self._stopping = False
        self._skip_to = 0.0
        self._anchor: tuple[float, float] | None = None
        self._unreadable: list[Words] = []
        self._unheard: list[Words] = []
        self._dropped = 0
        self._queue: DroppingQueue | None = None
        self._pumps: set[asyncio.Task[None]] = set()

    @property
    def duration_s(self) -> float | None:
        """Length of what is replayed, where every source knows its own."""
        lengths = [source.info.duration_s for source in self.sources]
        known = [length for length in lengths if length is not None]
        if not known or len(known) < len(lengths):
            return None
        return max(known) if self._merge else sum(known)

    @property
    def speed(self) -> float | None:
        return self._speed

    @speed.setter
    def speed(self, speed: float | None) -> None:
        self._speed = speed
        self._anchor = None

    @property
    def paused(self) -> bool:
        return not self._running.is_set()

    def pause(self) -> None:
        """Hold a replay; a live sweep goes on hearing and drops what does not fit."""
        self._running.clear()

    def resume(self) -> None:
        self._anchor = None
        self._running.set()

    def stop(self) -> None:
        """End soon: stages still say what they have."""
        self._stopping = True
        self._running.set()
        if self._queue is not None:  # a receiver that hears nothing must not keep us waiting
            self._queue.close()

    def join(self, source: Source) -> bool:
        """Hear a further source from now on, to its end; ``False`` where no live session runs."""
        if self._queue is None or not self._pumps or self._stopping:
            return False
        self.sources.append(source)
        self._start(source, self._queue)
        return True

    def skip_to(self, position_s: float) -> bool:
        """Analyse without pacing up to ``position_s``; ``False`` if that lies behind (start anew then)."""
        if position_s < self.position_s:
            return False
        self._skip_to = position_s
        self._anchor = None
        return True

    async def run(self) -> Outcome:
        """Run to the end, or until stopped. Never raises for a source or a stage that fails."""
        live = any(source.info.live for source in self.sources)
        stream = self._live() if live else self._recorded()
        async with aclosing(stream):
            async for record in stream:
                if not live:
                    await self._pace(record)
                if self._stopping:
                    break
                self._show(self._pipeline.feed(record))
        self._show(self._pipeline.finish())
        return Outcome(self._stopping, tuple(self._unreadable), tuple(self._unheard), self._dropped)

    def _show(self, records: Iterable[Record]) -> None:
        for record in records:
            for sink in self._sinks:
                sink(record)

    async def _pace(self, record: Record) -> None:
        await asyncio.sleep(0)  # let stop, pause and seek be heard even where nothing is waited for
        await self._running.wait()
        position = self._offset_s + record.time_s
        while self._speed and position >= self._skip_to and not self._stopping:
            now = time.monotonic()
            if self._anchor is None:
                self._anchor = (now, position)
            wait = self._anchor[0] + (position - self._anchor[1]) / self._speed - now
            if wait <= 0:
                break
            await asyncio.sleep(min(wait, SLICE_S))
            await self._running.wait()
        self.position_s = max(self.position_s, position)

    async def _recorded(self) -> AsyncGenerator[Record, None]:
        self._offset_s = 0.0
        if self._merge:
            async for record in merged([self._guarded(source) for source in self.sources]):
                yield record
            return
        for source in self.sources:
            last = 0.0
            stream = self._guarded(source)
            async with aclosing(stream):
                async for record in stream:
                    last = max(last, record.time_s)
                    yield record
            self._offset_s += source.info.duration_s or last

    async def _guarded(self, source: Source) -> AsyncGenerator[Record, None]:
        """The source's records; a failure becomes a Status record and a line in the outcome."""
        last = 0.0
        with contained() as caught:
            stream = source.records(self.plan)
            async with aclosing(stream):
                async for record in stream:
                    last = record.time_s
                    yield record
        if caught.error is None:
            return
        reason = caught.error.reason if isinstance(caught.error, Unavailable) else Reason.BAD_DATA
        (self._unreadable if isinstance(caught.error, InputError) else self._unheard).append(caught.words())
        name = source.info.name
        yield told(caught.words(), source=name, time_s=last, subject=name, state=State.FAILED, reason=reason)

    async def _live(self) -> AsyncGenerator[Record, None]:
        self._offset_s = 0.0
        queue = self._queue = DroppingQueue(QUEUE_LENGTH, room(QUEUE_BYTES))
        for source in self.sources:
            self._start(source, queue)
        beating = asyncio.create_task(self._beat(queue))
        try:
            async for record in queue:
                yield record
                if queue.dropped > self._dropped:
                    yield _dropped(record, queue.dropped - self._dropped)
                    self._dropped = queue.dropped
                self.position_s = max(self.position_s, record.time_s)
        finally:
            tasks = [beating, *self._pumps]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _beat(self, queue: DroppingQueue) -> None:
        """Tell, for each live source, when the computer slept or the program was halted."""
        still = Standstill(BEAT_S)
        while True:
            await asyncio.sleep(BEAT_S)
            seconds = still.beat()
            for source in self.sources if seconds else ():
                if source.info.live:
                    queue.put(stood_still(source.info.name, self.position_s, seconds))

    def _start(self, source: Source, queue: DroppingQueue) -> None:
        """Pump a source into the queue, which the last to end closes."""
        pump = asyncio.create_task(self._pump(source, queue))
        self._pumps.add(pump)

        def ended(_pump: asyncio.Task[None]) -> None:
            self._pumps.discard(pump)
            if not self._pumps:
                queue.close()

        pump.add_done_callback(ended)

    async def _pump(self, source: Source, queue: DroppingQueue) -> None:
        stream = self._guarded(source)
        async with aclosing(stream):
            async for record in stream:
                queue.put(record)
                await asyncio.sleep(0)
                if self._stopping:
                    return


class DroppingQueue:
    """Bounded in records and in bytes of samples, and never blocking: when full, the oldest bulk record goes,
    and ``dropped`` counts it. The newest always has room."""

    def __init__(self, length: int, most_bytes: int = QUEUE_BYTES) -> None:
        self.dropped = 0
        self._length, self._most_bytes = length, most_bytes
        self._bytes = 0
        self._waiting: deque[Record] = deque()
        self._changed = asyncio.Event()
        self._closed = False

    def put(self, record: Record) -> None:
        size = _size(record)
        self._bytes += size
        if len(self._waiting) >= self._length:
            self._drop_oldest(BULK)
        while size and self._bytes > self._most_bytes and self._drop_oldest(IqBlock):
            pass
        self._waiting.append(record)
        self._changed.set()

    def close(self) -> None:
        self._closed = True
        self._changed.set()

    async def __aiter__(self) -> AsyncIterator[Record]:
        while True:
            while self._waiting:
                record = self._waiting.popleft()
                self._bytes -= _size(record)
                yield record
                await asyncio.sleep(0)
            if self._closed:
                return
            self._changed.clear()
            await self._changed.wait()

    def _drop_oldest(self, kind: type[Record] | tuple[type[Record], ...]) -> bool:
        """Whether there was one of that kind."""
        for index, record in enumerate(self._waiting):
            if isinstance(record, kind):
                del self._waiting[index]
                self._bytes -= _size(record)
                self.dropped += 1
                return True
        return False


def _size(record: Record) -> int:
    """Bytes of samples; all other records are small."""
    return record.samples.nbytes if isinstance(record, IqBlock) else 0


def _dropped(after: Record, count: int) -> Status:
    return told(
        say("{count} blocks were dropped: analysis fell behind", count=count),
        source=after.source,
        time_s=after.time_s,
        subject=after.source,
        state=State.DEGRADED,
        reason=Reason.DROPPED,
    )


def stood_still(source: str, time_s: float, seconds: float) -> Status:
    """What is told of a time in which nothing was heard; the coverage leaves those ``seconds`` out."""
    return told(
        say(
            "the computer slept or the program was halted for {seconds:.0f} s: that time was not swept",
            seconds=seconds,
        ),
        source=source,
        time_s=time_s,
        subject=source,
        state=State.DEGRADED,
        reason=Reason.STOOD_STILL,
    )


async def merged(streams: Sequence[AsyncGenerator[Record, None]]) -> AsyncGenerator[Record, None]:
    """Records of several streams in order of ``time_s``; equal times keep the order of the streams."""
    heap: list[tuple[float, int, Record]] = []
    clocks = [0.0] * len(streams)

    async def refill(index: int) -> None:
        record = await anext(streams[index], None)
        if record is not None:
            clocks[index] = max(clocks[index], record.time_s)
            heapq.heappush(heap, (clocks[index], index, record))

    try:
        for index in range(len(streams)):
            await refill(index)
        while heap:
            _, index, record = heapq.heappop(heap)
            yield record
            await refill(index)
    finally:
        for stream in streams:
            await stream.aclose()
