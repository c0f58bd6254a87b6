"""A session's records made by hand: what the report is looked at and tested with."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sweeper.errors import Reason
from sweeper.records import (
    Advertisement,
    AdvertisementBatch,
    Burst,
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
    State,
    Status,
    Trace,
)
from sweeper.report.collect import Collector
from sweeper.text import Phrase, say

HOSTILE = "<script>alert('x')</script>\u202egpj\x1b[2J\x00=1+1"
"""A network name that tries to be a script, a direction override, a terminal command and a formula."""

LEVELS = [Level.HIGH, Level.MEDIUM, Level.LOW]


def bug(number: int, level: Level) -> tuple[Emission, Finding]:
    """A narrow FM transmitter and the finding on it."""
    center_hz = 430.4e6 + number * 30e3 % 4e6
    emission = Emission(
        source="rtlsdr",
        time_s=1.0,
        id=f"rf-{number}",
        center_hz=center_hz,
        width_hz=12_500.0,
        power_dbfs=-31.2,
        snr_db=24.6,
        start_s=0.0,
        stop_s=118.0,
        kind="nfm",
        features={"deviation_hz": 2_400.0},
        bursts=tuple(Burst(2.0 + 7.3 * i, 2.1, center_hz, 20.0 + i % 5) for i in range(14)),
    )
    finding = Finding(
        source="rtlsdr",
        time_s=12.0,
        id=f"F-{number:03d}",
        level=level,
        kind="rf-bug",
        title=Phrase(
            "Voice transmitter outside broadcast bands",
            {},
            {
                "ru": "Передатчик голоса вне вещательных диапазонов",
                "kk": "Хабар тарату жолақтарынан тыс дауыс таратқышы",
            },
        ),
        subject=emission.id,
        raised_s=12.0,
        confidence=0.8,
        why=(say("The signal is strong here and carries speech-like modulation all the time."),),
        benign=(say("A licensed or PMR446 radio nearby"), say("A baby monitor or wireless headphones")),
        next=(
            say("Walk through the room and watch the level."),
            say("Switch off radios and baby monitors one by one."),
        ),
        evidence=(
            Evidence("level above noise", 24.6, "dB", "rtlsdr", 12.0),
            Evidence("deviation", 2400.0, "Hz", "rtlsdr", 12.0),
        ),
        signature="nfm-bug",
        signature_version=2,
        detectors=("signatures",),
    )
    return emission, finding


def tag(name: str = "") -> tuple[Device, Finding]:
    """An item tracker away from its owner."""
    device = Device(
        source="ble",
        time_s=600.0,
        id="ble-1",
        medium=Medium.BLE,
        address="D2:19:4A:00:51:7E",
        kind="airtag",
        state="separated",
        vendor="Apple",
        model="AirTag",
        first_s=3.2,
        last_s=598.4,
        sightings=212,
        rssi_dbm=-71,
        facts={"findmy.state": "separated", **({"ble.name": name} if name else {})},
    )
    finding = Finding(
        source="ble",
        time_s=60.0,
        id="F-900",
        level=Level.LOW,
        kind="tracker",
        title=say("Item tracker away from its owner"),
        subject=device.id,
        raised_s=60.0,
        confidence=0.9,
        why=(say("It tells that its owner is not near."),),
        benign=(say("A neighbour's lost keys"), say("A bag on a train")),
        next=(say("Look for it where the signal is strongest."),),
        evidence=(Evidence("findmy.state", "separated", "", "ble", 60.0),),
    )
    return device, finding


def session(findings: int = 3, *, demo: bool = False, hostile: bool = False) -> Collector:
    """A sweep of an office with this many findings; Wi-Fi could not be listened to."""
    collect = Collector()
    for record in (
        *_opened(demo=demo, ble_path=HOSTILE if hostile else "office/ble.jsonl"),
        *_spectra(),
        *(_found(findings, HOSTILE if hostile else "") if findings else ()),
        _bystander(HOSTILE if hostile else "Samsung"),
        *_ended(),
    ):
        collect(record)
    return collect


def _opened(*, demo: bool, ble_path: str) -> Iterator[Opened]:
    yield Opened(
        source="rtlsdr",
        time_s=0.0,
        medium=Medium.RF,
        path="office/430-435MHz.cu8",
        format="cu8",
        rate_hz=2.4e6,
        center_hz=432.5e6,
        start_utc_s=1_794_000_000.0,
        duration_s=118.0,
        demo=demo,
        sha256="3b" * 32,
    )
    yield Opened(
        source="ble",
        time_s=0.0,
        medium=Medium.BLE,
        path=ble_path,
        format="jsonl",
        sha256="7c" * 32,
        demo=demo,
    )


def _spectra() -> Iterator[Trace]:
    """Two neighbouring windows with a carrier in each."""
    random = np.random.default_rng(1)
    for start_hz in (430.0e6, 432.5e6):
        bins = 1024
        floor = np.full(bins, -98.0, np.float32)
        mean = (floor + random.normal(0, 0.6, bins)).astype(np.float32)
        shape = np.exp(-0.5 * ((np.arange(bins) - 300) / 4) ** 2)
        mean += (30 * shape).astype(np.float32)
        yield Trace(
            source="rtlsdr",
            time_s=1.0,
            start_hz=start_hz,
            bin_hz=2.5e6 / bins,
            mean_db=mean,
            max_db=mean + 6 + random.gamma(2, 0.8, bins).astype(np.float32),
            dwell_s=59.0,
            transforms=500,
            floor_db=floor,
        )


def _found(count: int, name: str) -> Iterator[Record]:
    """A tag with its history, and transmitters up to ``count`` findings."""
    device, finding = tag(name)
    sent = [
        Advertisement(10.0 * i, device.address, rssi_dbm=-71 + round(8 * float(np.sin(i / 6))))
        for i in range(60)
    ]
    yield AdvertisementBatch(source="ble", time_s=0.0, adverts=tuple(sent))
    yield device
    yield finding
    for number in range(1, count):
        yield from bug(number, LEVELS[number % 3])


def _bystander(vendor: str) -> Device:
    return Device(
        source="ble",
        time_s=9.0,
        id="ble-2",
        medium=Medium.BLE,
        address="5C:F3:70:11:22:33",
        kind="phone",
        vendor=vendor,
        last_s=500.0,
        sightings=40,
        rssi_dbm=-80,
    )


def _ended() -> Iterator[Record]:
    yield _coverage(
        Medium.RF, seconds=59.0, start_hz=430e6, stop_hz=435e6, dwell_s=2.0, floor_dbfs_per_hz=-98.4
    )
    yield _coverage(Medium.BLE, seconds=598.0, adverts=1203)
    yield Status(
        source="wifi",
        time_s=0.0,
        subject="wifi",
        state=State.FAILED,
        reason=Reason.NO_MONITOR_MODE,
        detail="wlan0: monitor mode is not supported",
    )
    yield Closed(source="rtlsdr", time_s=118.0, records=283_200_000, duration_s=118.0)
    yield Closed(source="ble", time_s=600.0, records=1203, duration_s=600.0)


def _coverage(medium: Medium, **values: float | int) -> Coverage:
    source = "ble" if medium is Medium.BLE else "rtlsdr"
    return Coverage(source=source, time_s=0.0, medium=medium, **values)  # type: ignore[arg-type]
