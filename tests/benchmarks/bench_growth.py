"""How cost grows: with the length of a recording, the bins of a spectrum, devices, emissions and signatures.

    python -m tests.benchmarks.bench_growth

Each size is twice the last; the exponent is the slope of the logarithms, fitted over all sizes. 1 is
proportional, 1.1 the bound. Signatures are fitted in bench_signatures. All times are processor time, the
least of three.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from sweeper.detectors.ble_follow import BleFollow
from sweeper.detectors.ble_inventory import BleInventory
from sweeper.dsp import spectrum
from sweeper.pipeline import Pipeline
from sweeper.protocols.ble import ad
from sweeper.radio.replay import open_recordings
from sweeper.records import Advertisement, AdvertisementBatch, FrameBatch
from sweeper.session import Session, standard_stages
from sweeper.signatures import Library
from tests.benchmarks.bench_chain import RATE, second
from tests.detectors import wifi_air

BOUND = 1.1
ADVERTS_EACH = 12


def least(work: Callable[[], object], rounds: int = 3) -> float:
    took = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        took.append(time.process_time() - start)
    return min(took)


def told(name: str, sizes: list[int], seconds: list[float]) -> None:
    slope = float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])
    listed = ", ".join(f"{size:,}: {took:.2f} s" for size, took in zip(sizes, seconds, strict=True))
    print(f"{name:34} exponent {slope:.2f}, ratio to the bound of {BOUND} {slope / BOUND:.2f} ({listed})")


def length() -> None:
    library = Library.load()
    sizes = [2, 4, 8, 16]
    took = []
    with tempfile.TemporaryDirectory() as folder:
        for seconds in sizes:
            path = Path(folder, f"{seconds}_433.92M_2400k.cu8")
            rng = np.random.default_rng(3)
            with path.open("wb") as stream:
                for _ in range(seconds):
                    stream.write(second(rng, 3, 1).tobytes())

            def chain(path: Path = path) -> None:
                sources, _ = open_recordings([path])
                asyncio.run(Session(sources, standard_stages(library), []).run())

            took.append(least(chain, 1))
    told("length of a recording, s", sizes, took)


def bins() -> None:
    rng = np.random.default_rng(1)
    samples = rng.standard_normal(8 * RATE).astype(np.float32).view(np.complex64)
    sizes = [256, 512, 1024, 2048, 4096, 8192]
    took = []
    for size in sizes:

        def spectra(size: int = size) -> None:
            cells = spectrum.power_frames(samples, size, RATE)
            cells.mean(axis=0), cells.max(axis=0)

        took.append(least(spectra))
    told("bins, same samples", sizes, took)


def devices() -> None:
    library = Library.load()
    tag = bytes.fromhex("1eff4c001219" + "10" + "22" * 22 + "0100")
    sizes = [1_000, 2_000, 4_000, 8_000, 16_000]
    took = []
    for count in sizes:
        rng = random.Random(5)
        payloads = [
            tag if n % 10 == 0 else ad.encode([(0x01, b"\x06"), (0xFF, b"\xfe\xff" + n.to_bytes(4, "big"))])
            for n in range(count)
        ]
        adverts = [
            Advertisement(
                time_s=0.01 * turn * count / 100 + n / count,
                address=f"C1:00:00:{n >> 16:02X}:{n >> 8 & 255:02X}:{n & 255:02X}",
                address_type="random",
                rssi_dbm=-60 - rng.randrange(30),
                data=payloads[n],
            )
            for turn in range(ADVERTS_EACH)
            for n in range(count)
        ]
        batches = [
            AdvertisementBatch(source="b", time_s=adverts[i].time_s, adverts=tuple(adverts[i : i + 200]))
            for i in range(0, len(adverts), 200)
        ]

        def run(batches: list[AdvertisementBatch] = batches) -> None:
            pipeline = Pipeline([BleInventory(library), BleFollow(library)])
            for batch in batches:
                list(pipeline.feed(batch))
            list(pipeline.finish())

        took.append(least(run, 1))
    told("Bluetooth devices, adverts each alike", sizes, took)


def chain(batches: Sequence[FrameBatch | AdvertisementBatch], library: Library) -> float:
    """Seconds of the standard stages over batches of Wi-Fi frames or advertisements."""

    def run() -> None:
        pipeline = Pipeline(standard_stages(library))
        for one in batches:
            for _ in pipeline.feed(one):
                pass
        list(pipeline.finish())

    return least(run, 2)


def packets(kind: str, one: Callable[[int, int], AdvertisementBatch | FrameBatch]) -> None:
    """The standard stages over ``one(devices, second)``: more devices for 12 s, then 100 for longer."""
    library = Library.load()
    sizes = [500, 1_000, 2_000, 4_000]
    took = [chain([one(size, at) for at in range(ADVERTS_EACH)], library) for size in sizes]
    told(f"{kind} devices, packets each alike", sizes, took)
    sizes = [60, 120, 240, 480]
    took = [chain([one(100, at) for at in range(size)], library) for size in sizes]
    told(f"{kind} length, s", sizes, took)


def frames(count: int, at: int) -> FrameBatch:
    """In a second each of so many stations sends one frame of data; one in ten is an access point."""
    rows = []
    for n in range(count):
        sender, point = (
            f"{m:02x}:c7:bf:{n >> 16:02x}:{n >> 8 & 255:02x}:{n & 255:02x}" for m in (0x8C, 0x50)
        )
        point = f"{point[:-1]}0"
        frame = wifi_air.data(sender, point, point, 1, 200)
        if n % 10 == 0:
            frame = wifi_air.beacon(point, b"net", clock=at * 1_000_000)
        rows.append((at + n / count, wifi_air.with_radiotap(frame, -50)))
    return wifi_air.batch(rows, 127)


def heard(count: int, at: int) -> AdvertisementBatch:
    """In a second each of so many devices advertises once."""
    rows = []
    for n in range(count):
        data = ad.encode([(0x01, b"\x06"), (0xFF, b"\xfe\xff" + n.to_bytes(4, "big"))])
        address = f"C1:00:00:{n >> 16:02X}:{n >> 8 & 255:02X}:{n & 255:02X}"
        rows.append(Advertisement(at + n / count, address, "random", -60, data, None, None))
    return AdvertisementBatch(source="b", time_s=float(at), adverts=tuple(rows))


def main() -> None:
    length()
    bins()
    devices()
    packets("Wi-Fi", frames)
    packets("Bluetooth", heard)


if __name__ == "__main__":
    main()
