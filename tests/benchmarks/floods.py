"""Floods: a hostile transmitter's inventions, each heard once; what they cost, and the findings they make.

    python -m tests.benchmarks.floods [SECONDS_ON_THE_AIR] [KIND ...]

Not in ``make bench``. 300 advertisements or 600 frames a second, all under addresses drawn by lot. Told are
the air's time over the processor's, the resident set at the end, devices in the results, and findings.
"""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable, Iterator

from sweeper.plan import SweepPlan
from sweeper.protocols.ble import ad
from sweeper.radio import SourceInfo
from sweeper.records import Advertisement, AdvertisementBatch, Medium, Opened, Place, Record
from sweeper.report.collect import Collector
from sweeper.session import Session, standard_stages
from sweeper.signatures import Library, builtin_folder
from tests.benchmarks.soak import resident_mb
from tests.detectors import wifi_air as air

ADVERTS, FRAMES = 300, 600
SECONDS = 600.0
POINT = "50:c7:bf:00:00:01"


def service(number: str, data: bytes) -> bytes:
    return ad.from_fields(service_data=[(f"0000{number}-0000-1000-8000-00805f9b34fb", data)])


def apple(kind: bytes, dice: random.Random, rest: bytes = b"") -> bytes:
    return ad.from_fields(manufacturer=[(0x4C, kind + dice.randbytes(22) + rest)])


ADVERTISED: dict[str, Callable[[random.Random], bytes]] = {
    "airtags": lambda dice: apple(b"\x12\x19\x10", dice, b"\0\0"),
    "accessories": lambda dice: apple(b"\x07\x19\x07\x0e\x20", dice),
    "findhub": lambda dice: service("feaa", b"\x41" + dice.randbytes(20) + b"\0"),
    "smarttags": lambda dice: service("fd5a", b"\x13" + dice.randbytes(19)),
    "names": lambda dice: ad.from_fields(name=f"thing {dice.randrange(10**6)}"),
}
SENT: dict[str, Callable[[str, random.Random], bytes]] = {
    "access-points": lambda sender, dice: air.beacon(sender, b"net%d" % dice.randrange(10**7)),
    "probes": lambda sender, _dice: air.probe(sender),
    "stations": lambda sender, _dice: air.data(sender, POINT, POINT, 1, 400),
}


def address(dice: random.Random, first: int) -> str:
    return ":".join(f"{octet:02x}" for octet in (first, *dice.randbytes(5)))


def adverts(kind: str, moving: bool) -> Iterator[AdvertisementBatch]:
    """A second each; ``moving`` at ten metres a second."""
    dice, second = random.Random(3), 0
    while True:
        place = Place(51.1 + second * 9e-5, 71.4) if moving else None
        heard = tuple(
            Advertisement(
                second + turn / ADVERTS,
                address(dice, 0xC0 | dice.randrange(64)).upper(),
                "random",
                -60 - dice.randrange(30),
                ADVERTISED[kind](dice),
                None,
                place,
            )
            for turn in range(ADVERTS)
        )
        yield AdvertisementBatch(source="flood", time_s=float(second), adverts=heard)
        second += 1


def frames(kind: str) -> Iterator[Record]:
    dice, second = random.Random(3), 0
    while True:
        heard = []
        for turn in range(FRAMES):
            frame = SENT[kind](address(dice, 2), dice)
            heard.append((second + turn / FRAMES, air.with_radiotap(frame, -40 - dice.randrange(50))))
        yield air.batch(heard, 127, "flood")
        second += 1


class Flood:
    """So many seconds of one kind, as fast as they are analysed."""

    def __init__(self, kind: str, seconds: float) -> None:
        self._kind, self._seconds = kind, seconds
        self.info = SourceInfo("flood", Medium.WIFI if kind in SENT else Medium.BLE, False)

    async def records(self, plan: SweepPlan) -> AsyncGenerator[Record, None]:
        yield Opened(source="flood", time_s=0.0, medium=self.info.medium, format="made")
        kind = self._kind.removesuffix("-moving")
        for record in frames(kind) if kind in SENT else adverts(kind, kind != self._kind):
            if record.time_s >= self._seconds:
                return
            yield record


def one(kind: str, seconds: float) -> None:
    collected = Collector()
    began = time.process_time()
    stages = standard_stages(Library.load(builtin_folder()))
    asyncio.run(Session([Flood(kind, seconds)], stages, [collected]).run())
    spent = time.process_time() - began
    held = f"{len(collected.devices)} devices  {len(collected.findings)} findings"
    print(
        f"{kind:16} {seconds / spent:5.0f} times the air's pace  {resident_mb():4.0f} MB  {held}", flush=True
    )


def main() -> int:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    kinds = sys.argv[2:] or [*ADVERTISED, "airtags-moving", *SENT]
    if len(kinds) == 1:
        one(kinds[0], seconds)
        return 0
    for kind in kinds:  # each in a process of its own, for its memory
        subprocess.run([sys.executable, "-m", "tests.benchmarks.floods", str(seconds), kind], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
