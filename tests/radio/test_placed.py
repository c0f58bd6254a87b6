"""Sightings get their places: from a log by time, from gpsd live; and what has none is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence

from sweeper.plan import SweepPlan
from sweeper.radio import SourceInfo
from sweeper.radio.placed import WATCH, Gpsd, Placed, Tracked, gpsd_of
from sweeper.recording.positions import Fix, Positions
from sweeper.records import (
    Advertisement,
    AdvertisementBatch,
    Closed,
    Medium,
    Opened,
    Place,
    Record,
    State,
    Status,
)

FIX = b'{"class":"TPV","mode":3,"time":"2026-11-22T08:00:00.000Z","lat":43.25,"lon":76.9,"eph":4.0}\n'


class Made:
    """A source of given records; before the last of them it waits until ``ready``."""

    def __init__(
        self, records: Sequence[Record], pause_s: float = 0.0, ready: Callable[[], bool] = lambda: True
    ) -> None:
        self.info = SourceInfo("made", Medium.BLE, live=False)
        self._records = records
        self._pause_s = pause_s
        self._ready = ready

    async def records(self, plan: SweepPlan) -> AsyncGenerator[Record, None]:
        for record in self._records:
            await asyncio.sleep(self._pause_s)
            if record is self._records[-1]:
                async with asyncio.timeout(60):
                    while not self._ready():
                        await asyncio.sleep(0.01)
            yield record


def opened(start_utc_s: float | None) -> Opened:
    return Opened(source="made", time_s=0.0, medium=Medium.BLE, start_utc_s=start_utc_s)


def batch(*times_s: float, place: Place | None = None) -> AdvertisementBatch:
    adverts = tuple(Advertisement(t, "C1:00:00:00:00:01", "random", -60, b"", None, place) for t in times_s)
    return AdvertisementBatch(source="made", time_s=times_s[0], adverts=adverts)


async def gathered(source: Placed | Tracked) -> list[Record]:
    return [record async for record in source.records(SweepPlan())]


def places(records: list[Record]) -> list[Place | None]:
    return [a.place for r in records if isinstance(r, AdvertisementBatch) for a in r.adverts]


LOG = Positions([Fix(1000.0, Place(43.0, 76.0)), Fix(1060.0, Place(43.6, 76.0))])
END = Closed(source="made", time_s=100.0, records=3)


def test_joined_by_time() -> None:
    records = asyncio.run(gathered(Placed(Made([opened(990.0), batch(10.0, 40.0, 700.0), END]), LOG)))
    one, two, three = places(records)
    assert one == Place(43.0, 76.0)
    assert two is not None
    assert two.lat is not None
    assert abs(two.lat - 43.3) < 1e-9
    assert three is None
    (closed,) = [r for r in records if isinstance(r, Closed)]
    assert closed.problems == ("1 of 3 advertisements lie outside the log of positions",)


def test_places_of_the_recording_are_kept() -> None:
    own = Place(name="own")
    records = asyncio.run(gathered(Placed(Made([opened(990.0), batch(10.0, place=own), END]), LOG)))
    assert places(records) == [own]


def test_a_recording_without_a_time_of_day_says_so() -> None:
    records = asyncio.run(gathered(Placed(Made([opened(None), batch(10.0), END]), LOG)))
    assert places(records) == [None]
    (closed,) = [r for r in records if isinstance(r, Closed)]
    assert "time of day" in closed.problems[0]


class Daemon:
    """A gpsd that says what it is told to, and notes what it was asked."""

    def __init__(self, lines: bytes) -> None:
        self.lines = lines
        self.asked = b""

    async def start(self) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'{"class":"VERSION","release":"3.25"}\n')
        self.asked = await reader.readline()
        writer.write(self.lines)
        await writer.drain()
        await reader.read()
        writer.close()
        await writer.wait_closed()

    async def close(self) -> None:
        self._server.close()
        await asyncio.sleep(0.05)  # whoever was connected is gone by then, and its end is read


def test_gpsd_tells_where_one_is_until_the_fix_is_old() -> None:
    async def run() -> None:
        daemon = Daemon(b'not json\n{"class":"SKY"}\n' + FIX)
        now = [100.0]
        gpsd = Gpsd(port=await daemon.start(), clock=lambda: now[0])
        task = asyncio.create_task(gpsd.run())
        for _ in range(3000):
            await asyncio.sleep(0.01)
            if gpsd.here() is not None:
                break
        assert daemon.asked == WATCH
        assert gpsd.here() == Place(43.25, 76.9)
        now[0] += 11.0
        assert gpsd.here() is None
        task.cancel()
        await asyncio.wait([task])
        await daemon.close()

    asyncio.run(run())


def test_positions_that_are_missing_and_come_are_told() -> None:
    async def run() -> list[Record]:
        daemon = Daemon(FIX)
        gpsd = Gpsd(port=await daemon.start())
        made = Made([opened(1.0), batch(1.0), batch(2.0), batch(3.0)], ready=lambda: gpsd.here() is not None)
        source = Tracked(made, gpsd)
        got = await gathered(source)
        await daemon.close()
        return got

    told = [(r.subject, r.state) for r in asyncio.run(run()) if isinstance(r, Status)]
    assert told[-1] == ("gpsd", State.LISTENING)
    assert len(told) <= 2


def test_no_daemon_is_told_and_the_sweep_goes_on() -> None:
    async def run() -> list[Record]:
        daemon = Daemon(b"")
        port = await daemon.start()
        await daemon.close()
        return await gathered(Tracked(Made([batch(1.0), batch(2.0), batch(3.0)], 0.1), Gpsd(port=port)))

    records = asyncio.run(run())
    assert len(places(records)) == 3
    told = [r for r in records if isinstance(r, Status)]
    assert told
    assert all(r.state is State.DEGRADED for r in told)


def test_names() -> None:
    assert gpsd_of("gpsd") is not None
    assert gpsd_of("gpsd:10.0.0.1:3000") is not None
    assert gpsd_of("gpsd.gpx") is None
