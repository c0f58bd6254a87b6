"""What the soak plays: four kinds of air at more than a receiver can bring, and the bundled recordings.

``rf``     one band of 2.4 MS/s: keyed and shifted bursts and a carrier that comes and goes
``sweep``  80 MHz swept again and again on the virtual dongle, as fast as its samples are taken
``ble``    400 devices in the room; phones among them change their address every 15 minutes
``wifi``   40 access points and 200 stations, beacons and data, and probes under addresses of the moment
``mixed``  the bundled recordings of three media, in turn

Times go on from round to round. An hour of ``ble`` is 1.4 million advertisements and 1,200 new addresses,
an hour of ``wifi`` 3.6 million frames; both are more than one adapter hears.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np

from sweeper.plan import Band, SweepPlan
from sweeper.protocols.ble import ad
from sweeper.radio.inventory import open_source
from sweeper.radio.replay import open_recordings
from sweeper.records import (
    Advertisement,
    AdvertisementBatch,
    Closed,
    FrameBatch,
    IqBlock,
    Medium,
    Opened,
    Record,
)
from sweeper.synth import recordings_folder
from tests.benchmarks.bench_chain import RATE, second
from tests.benchmarks.bench_sweep import SCENE
from tests.detectors import wifi_air as air
from tests.virtual_dongle.build import build

PLAYED = (
    "clean/pmr446.sigmf-meta",
    "clean/ble-crowd.jsonl",
    "clean/office-wifi.pcap",
    "devices/camera-stream.pcap",
)
BLOCK = RATE // 10
DEVICES, ROTATING, EVERY_S = 400, 300, 900.0
"""Bluetooth devices in the room, those that change their address, and how often they do."""
FRAMES_A_SECOND, MOMENTARY_S = 1_000, 600
"""Wi-Fi frames a second; one new address asks for networks in so many seconds, of each of five phones."""


def rf() -> Iterator[Record]:
    """Eight different seconds of a band, in turn, as one look that does not end."""
    rng = np.random.default_rng(7)
    made = [(second(rng, 3, turn % 2).astype(np.float32) - 127.5) / 127.5 for turn in range(8)]
    looped = [one.reshape(-1).view(np.complex64) for one in made]
    number = 0
    while True:
        samples = looped[number // 10 % len(looped)]
        at = number % 10 * BLOCK
        yield IqBlock(
            source="soak",
            time_s=number * BLOCK / RATE,
            rate_hz=float(RATE),
            center_hz=433.92e6,
            samples=samples[at : at + BLOCK],
            first_sample=number * BLOCK,
        )
        number += 1


def ble() -> Iterator[Record]:
    """Each device once a second; what it is called and what it says stays, its address may not."""
    rng = random.Random(5)
    tag = ad.from_fields(manufacturer=[(0x4C, b"\x12\x19\x10" + bytes(22) + b"\x00\x00")])
    time_s = 0.0
    while True:
        adverts = []
        for n in range(DEVICES):
            turn = int((time_s + n * EVERY_S / ROTATING) // EVERY_S) + 1 if n < ROTATING else 0
            address = (
                f"{0x40 if turn else 0xC0:02X}:00:{turn >> 8:02X}:{turn & 255:02X}:{n >> 8:02X}:{n & 255:02X}"
            )
            own = n.to_bytes(2, "big") + turn.to_bytes(2, "big")
            data = tag if n % 50 == 0 else ad.from_fields(manufacturer=[(0xFFFE, own)])
            level = -60 - rng.randrange(30)
            adverts.append(Advertisement(time_s + n / DEVICES, address, "random", level, data, None, None))
        for at in range(0, DEVICES, 200):
            part = tuple(adverts[at : at + 200])
            yield AdvertisementBatch(source="soak", time_s=part[0].time_s, adverts=part)
        time_s += 1.0


def wifi() -> Iterator[Record]:
    """A busy house; new addresses only from phones that ask for networks."""
    dice = random.Random(7)
    points = [f"50:c7:bf:00:00:{i:02x}" for i in range(40)]
    stations = [f"8c:8d:28:00:00:{i:02x}" for i in range(200)]
    now = 0
    while True:
        frames = []
        for i in range(FRAMES_A_SECOND):
            number = dice.randrange(len(stations))
            point, station = points[number % len(points)], stations[number]
            kind = dice.random()
            if kind < 0.4:
                frame = air.beacon(
                    point, b"net" + point[-2:].encode(), clock=(now * FRAMES_A_SECOND + i) * 100
                )
            elif kind < 0.995:
                up = dice.random() < 0.5
                ends = (station, point) if up else (point, station)
                frame = air.data(*ends, point, 1 if up else 2, dice.choice((60, 400, 1400)))
            else:
                phone = dice.randrange(5)
                turn = (now + 100 * phone) // MOMENTARY_S
                frame = air.probe(
                    f"02:{phone:02x}:{turn >> 16:02x}:{turn >> 8 & 255:02x}:{turn & 255:02x}:01"
                )
            frames.append((now + i / FRAMES_A_SECOND, air.with_radiotap(frame, -40 - dice.randrange(50))))
        yield air.batch(frames, 127, "soak")
        now += 1


AIRS: dict[str, tuple[Medium, Callable[[], Iterator[Record]]]] = {
    "rf": (Medium.RF, rf),
    "ble": (Medium.BLE, ble),
    "wifi": (Medium.WIFI, wifi),
}


async def made(name: str, plan: SweepPlan) -> AsyncGenerator[Record, None]:
    """The records of a kind of air, without end."""
    if name == "mixed":
        async for record in mixed(plan):
            yield record
    elif name == "sweep":
        async for record in sweep():
            yield record
    else:
        medium, records = AIRS[name]
        yield Opened(source="soak", time_s=0.0, medium=medium, format="made")
        for record in records():
            yield record


async def sweep() -> AsyncGenerator[Record, None]:
    """The real driver's process and the real sweep, on the virtual dongle."""
    with tempfile.TemporaryDirectory() as folder:
        scene = Path(folder, "scene")
        scene.write_text(SCENE.replace("paced 1", "paced 0"), encoding="ascii")
        os.environ["VDONGLE_SCENE"], os.environ["SWEEPER_LIBRTLSDR"] = str(scene), str(build())
        plan = SweepPlan(bands=(Band(80e6, 120e6), Band(420e6, 460e6)), gain_db=30.0, passes=1_000_000)
        async for record in open_source("rtlsdr").records(plan):
            yield record


async def mixed(plan: SweepPlan) -> AsyncGenerator[Record, None]:
    """Recordings, round after round, and advertisements from other addresses in every tenth round."""
    shift, rounds = 0.0, 0
    while True:
        for name in PLAYED:
            (source,), _refused = open_recordings([str(recordings_folder() / name)])
            last = 0.0
            async for record in source.records(plan):
                last = max(last, record.time_s)
                if not (isinstance(record, Opened | Closed) and rounds):
                    yield _later(record, shift, rounds // 10)
            shift += last + 1.0
        rounds += 1


def _later(record: Record, shift: float, other: int) -> Record:
    time_s = record.time_s + shift
    if isinstance(record, AdvertisementBatch):
        moved = tuple(
            msgspec.structs.replace(
                one,
                time_s=one.time_s + shift,
                address=f"{one.address[:-5]}{other & 255:02x}:{one.address[-2:]}",
            )
            for one in record.adverts
        )
        return msgspec.structs.replace(record, time_s=time_s, adverts=moved)
    if isinstance(record, FrameBatch):
        times = tuple(t + shift for t in record.times_s)
        return msgspec.structs.replace(record, time_s=time_s, times_s=times)
    return msgspec.structs.replace(record, time_s=time_s)
