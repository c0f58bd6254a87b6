"""A source and a stage that make what the window shows, without signal processing: known in every figure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

import numpy as np

from sweeper.errors import Reason, Unavailable
from sweeper.plan import SweepPlan
from sweeper.radio import SourceInfo
from sweeper.records import (
    Advertisement,
    AdvertisementBatch,
    Closed,
    Coverage,
    Device,
    Emission,
    Evidence,
    Finding,
    Level,
    Medium,
    Opened,
    Record,
    Trace,
)
from sweeper.session import Session, Sink
from sweeper.text import say

BINS = 2048
START_HZ, BIN_HZ = 433.0e6, 1_000.0
TONE_HZ = 433.920e6
FLOOR_DB, TONE_DB = -132.0, -88.0


def trace(index: int, source: str = "fake.cu8", bins: int = BINS) -> Trace:
    """Noise at ``FLOOR_DB`` with a tone at ``TONE_HZ`` every second trace; the same for the same index."""
    rng = np.random.default_rng(index)
    mean = (FLOOR_DB + rng.normal(0, 1.2, bins)).astype(np.float32)
    column = round((TONE_HZ - START_HZ) / BIN_HZ * bins / BINS)
    if index % 2 == 0:
        shape = np.exp(-(((np.arange(bins) - column) / (6 * bins / BINS)) ** 2))
        mean = np.maximum(mean, (FLOOR_DB + (TONE_DB - FLOOR_DB) * shape).astype(np.float32))
    return Trace(
        source=source,
        time_s=index * 0.1,
        start_hz=START_HZ,
        bin_hz=BIN_HZ * BINS / bins,
        mean_db=mean,
        max_db=mean + 2,
        dwell_s=0.1,
        transforms=50,
        floor_db=np.full(bins, FLOOR_DB, np.float32),
    )


def emission(number: int = 1, time_s: float = 0.0) -> Emission:
    return Emission(
        source="fake.cu8",
        time_s=time_s,
        id=f"E-{number:05d}",
        center_hz=TONE_HZ + (number - 1) * 12_500,
        width_hz=12_500.0,
        power_dbfs=-40.2,
        snr_db=44.0,
        start_s=0.0,
        stop_s=time_s,
        kind="nfm",
        features={"deviation_hz": 2500.0},
    )


def device(number: int = 1, time_s: float = 0.0, medium: Medium = Medium.BLE) -> Device:
    wifi = medium is Medium.WIFI
    return Device(
        source="fake.jsonl",
        time_s=time_s,
        id=f"{'W' if wifi else 'B'}-{number:05d}",
        medium=medium,
        address=f"C2:00:00:00:{number // 256:02X}:{number % 256:02X}",
        kind="access-point" if wifi else "airtag",
        state=None if wifi else "separated",
        vendor="Apple" if not wifi else "Espressif",
        first_s=0.0,
        last_s=time_s,
        sightings=3 + number % 7,
        rssi_dbm=-50 - number % 40,
        facts={"wifi.ssid": "Guest", "wifi.channel": 6} if wifi else {"ble.company": 76},
    )


def finding(number: int = 1, subject: str = "E-00001", level: Level = Level.MEDIUM) -> Finding:
    return Finding(
        source="fake.cu8",
        time_s=1.0,
        id=f"F-{number:03d}",
        level=level,
        kind="rf-bug" if subject.startswith("E") else "tracker",
        title=say("A steady voice transmitter close by")
        if subject.startswith("E")
        else say("An item tracker away from its owner"),
        subject=subject,
        raised_s=1.0,
        confidence=0.7,
        why=(say("It stayed on the air for {seconds} seconds without a break", seconds=6),),
        benign=(say("A neighbour's baby monitor"), say("A radio that somebody left switched on")),
        next=(say("Walk towards it with Locate"),),
        evidence=(
            Evidence("center_hz", 433.92e6, "Hz", "fake.cu8", 1.0),
            Evidence("snr_db", 44.0, "dB", "fake.cu8", 1.0),
        ),
    )


class Fake:
    """A recorded source: ``count`` traces ten a second, and what a pipeline would have made of them."""

    def __init__(self, count: int = 60, *, demo: bool = False, live: bool = False) -> None:
        self.count, self._demo, self._live = count, demo, live

    @property
    def info(self) -> SourceInfo:
        return SourceInfo("fake.cu8", Medium.RF, self._live, None if self._live else self.count * 0.1)

    async def records(self, _plan: SweepPlan) -> AsyncGenerator[Record, None]:
        def opened(name: str, medium: Medium) -> Opened:
            return Opened(source=name, time_s=0.0, medium=medium, path=name, demo=self._demo, live=self._live)

        yield opened("fake.cu8", Medium.RF)
        yield opened("fake.jsonl", Medium.BLE)
        yield device(1)
        yield device(1, medium=Medium.WIFI)
        for index in range(self.count):
            time_s = index * 0.1
            yield trace(index)
            yield emission(1, time_s)
            rssi = round(-60 + 10 * np.sin(index / 5))
            advert = Advertisement(time_s, "C2:00:00:00:00:01", "random", rssi)
            yield AdvertisementBatch(source="fake.jsonl", time_s=time_s, adverts=(advert,))
            if index == 20:
                yield finding()
                yield finding(2, "B-00001", Level.LOW)
            if self._live:
                await asyncio.sleep(0.02)
        yield Coverage(
            source="fake.cu8",
            time_s=0.0,
            medium=Medium.RF,
            seconds=self.count * 0.1,
            start_hz=433e6,
            stop_hz=435e6,
        )
        yield Closed(source="fake.cu8", time_s=self.count * 0.1, records=self.count)


class Endless(Fake):
    """A live source that never ends by itself."""

    def __init__(self) -> None:
        super().__init__(10**6, live=True)


class Quiet(Endless):
    """A live source in which nothing is found."""

    async def records(self, plan: SweepPlan) -> AsyncGenerator[Record, None]:
        async for record in super().records(plan):
            if not isinstance(record, Finding):
                yield record


class Dead:
    """A source that cannot start."""

    info = SourceInfo("dead", Medium.RF, True)

    async def records(self, _plan: SweepPlan) -> AsyncGenerator[Record, None]:
        raise Unavailable("dead", Reason.NO_DEVICE, "no dongle found", "plug one in")
        yield


def recipe(*sources: object):
    """A recipe of these sources without stages."""

    def build(sinks: Sequence[Sink]) -> Session:
        return Session(list(sources), [], sinks, merge=True)  # type: ignore[arg-type]

    return build
