"""Sightings with places: a source whose advertisements are told where the listener was.

``Placed`` joins a recording with a log of positions, by time. ``Gpsd`` is a live receiver of positions: the
daemon of that name, on this computer unless told otherwise, asked only when the user wants it. ``Tracked``
is a live source beside it.

What has no position keeps none: a place is never guessed from the last one known.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress

import msgspec

from sweeper.errors import Reason
from sweeper.plan import SweepPlan
from sweeper.radio import Source, SourceInfo
from sweeper.radio.clock import now_s
from sweeper.recording.positions import Positions, of_tpv
from sweeper.records import AdvertisementBatch, Closed, Opened, Place, Record, State, Status, told
from sweeper.text import Words, english, phrase_of, say

PORT = 2947
"""gpsd's registered port."""
WATCH = b'?WATCH={"enable":true,"json":true};\n'
FRESH_S = 10.0
"""A fix older than this is not where one is now: at 100 km/h it is 280 m behind."""
RETRY_S = 5.0
LONGEST_LINE = 1 << 16
"""gpsd's longest reports (the list of satellites) are some 10 kB."""


class Placed:
    """A recorded source with the places of a position log; places that the recording brings are kept."""

    def __init__(self, source: Source, positions: Positions) -> None:
        self._source = source
        self._positions = positions

    @property
    def info(self) -> SourceInfo:
        return self._source.info

    async def records(self, plan: SweepPlan) -> AsyncGenerator[Record, None]:
        """The source's records; at the end it is told how many advertisements had no place in the log."""
        start_utc_s: float | None = None
        without = total = 0
        stream = self._source.records(plan)
        async with aclosing(stream):
            async for record in stream:
                if isinstance(record, Opened):
                    start_utc_s = record.start_utc_s
                elif isinstance(record, AdvertisementBatch):
                    record, missing = self._joined(record, start_utc_s)
                    without += missing
                    total += len(record.adverts)
                elif isinstance(record, Closed):
                    record = _and_told(record, self._told(total, without, start_utc_s))
                yield record

    def _joined(self, batch: AdvertisementBatch, start_utc_s: float | None) -> tuple[AdvertisementBatch, int]:
        missing = 0
        placed = []
        for advert in batch.adverts:
            if advert.place is None and start_utc_s is not None:
                place = self._positions.at(start_utc_s + advert.time_s)
                if place is not None:
                    advert = msgspec.structs.replace(advert, place=place)
            missing += advert.place is None
            placed.append(advert)
        return msgspec.structs.replace(batch, adverts=tuple(placed)), missing

    def _told(self, total: int, without: int, start_utc_s: float | None) -> tuple[Words, ...]:
        lines = self._positions.problems
        if total and start_utc_s is None:
            line = say("the recording does not tell its time of day: positions cannot be joined with it")
            return (*lines, line)
        if without:
            line = say(
                "{count} of {total} advertisements lie outside the log of positions",
                count=without,
                total=total,
            )
            return (*lines, line)
        return lines


def _and_told(closed: Closed, lines: Sequence[Words]) -> Closed:
    """``closed`` with further problems."""
    said = closed.said or tuple(phrase_of(line) for line in closed.problems)
    return msgspec.structs.replace(
        closed,
        problems=(*closed.problems, *(english(line) for line in lines)),
        said=(*said, *(phrase_of(line) for line in lines)),
    )


class Gpsd:
    """What gpsd last told. ``run`` keeps asking until it is cancelled; ``trouble`` is why there is no fix."""

    def __init__(self, host: str = "127.0.0.1", port: int = PORT, clock: Callable[[], float] = now_s) -> None:
        self._host = host
        self._port = port
        self._clock = clock
        self._place: Place | None = None
        self._heard_s = -FRESH_S
        self.trouble: Words | None = say("no position yet")

    def here(self) -> Place | None:
        """Where the listener is now; ``None`` without a fresh fix."""
        return self._place if self._clock() - self._heard_s < FRESH_S else None

    async def run(self) -> None:
        """Connect, listen, and begin anew when the daemon goes away."""
        while True:
            try:
                await self._listen()
                self.trouble = say("gpsd closed the connection")
            except (OSError, ValueError, TimeoutError) as error:
                self.trouble = say(
                    "gpsd at {address}: {error}", address=f"{self._host}:{self._port}", error=error
                )
            await asyncio.sleep(RETRY_S)

    async def _listen(self) -> None:
        reader, writer = await asyncio.open_connection(self._host, self._port, limit=LONGEST_LINE)
        try:
            writer.write(WATCH)
            await writer.drain()
            while line := await reader.readline():
                self._take(line)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    def _take(self, line: bytes) -> None:
        try:
            report = msgspec.json.decode(line)
        except (ValueError, RecursionError):
            return
        fix = of_tpv(report)
        if fix is not None:
            self._place, self._heard_s, self.trouble = fix.place, self._clock(), None


class Tracked:
    """A live source, and gpsd beside it: says when positions are missing and when they are there again."""

    def __init__(self, source: Source, gpsd: Gpsd) -> None:
        self._source = source
        self._gpsd = gpsd

    @property
    def info(self) -> SourceInfo:
        return self._source.info

    async def records(self, plan: SweepPlan) -> AsyncGenerator[Record, None]:
        """The source's records, and Status records about the positions."""
        asking = asyncio.create_task(self._gpsd.run())
        last: Words | None = ""
        stream = self._source.records(plan)
        try:
            async with aclosing(stream):
                async for record in stream:
                    here = self._gpsd.here()
                    trouble = None if here is not None else self._gpsd.trouble or say("no fresh position")
                    if isinstance(record, AdvertisementBatch) and trouble != last:
                        last = trouble
                        yield self._status(record, trouble)
                    yield record
        finally:
            asking.cancel()
            with suppress(asyncio.CancelledError):
                await asking

    def _status(self, record: Record, trouble: Words | None) -> Status:
        return told(
            say("positions are there") if trouble is None else trouble,
            source=record.source,
            time_s=record.time_s,
            subject="gpsd",
            state=State.LISTENING if trouble is None else State.DEGRADED,
            reason=None if trouble is None else Reason.NO_SERVICE,
        )


def gpsd_of(text: str) -> Gpsd | None:
    """``gpsd``, ``gpsd:HOST`` or ``gpsd:HOST:PORT``; ``None`` for anything else.

    >>> gpsd_of("track.gpx") is None
    True
    """
    kind, _, rest = text.partition(":")
    if kind != "gpsd":
        return None
    host, _, port = rest.partition(":")
    return Gpsd(host or "127.0.0.1", int(port) if port.isdecimal() else PORT)
