"""How many advertisements a second: parsing, identification, and the two BLE stages together.

    python tests/benchmarks/bench_ble.py

The payloads are the signatures' own examples. *Different* means that every advertisement has bytes never seen
before (a manufacturer's record with a counter is added), the worst case; *as heard* means 10,000 devices that
repeat themselves, as devices do. Times are of one process's processor time.
"""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Callable

from sweeper.detectors.ble_follow import BleFollow
from sweeper.detectors.ble_inventory import BleInventory, identify
from sweeper.pipeline import Pipeline
from sweeper.protocols.ble import ad
from sweeper.records import Advertisement, AdvertisementBatch, Medium, Place
from sweeper.report import results
from sweeper.report.collect import Collector
from sweeper.session import standard_stages
from sweeper.signatures import Library

COUNT = 100_000
DEVICES = 10_000
BOUND = 50_000


def rate(work: Callable[[], None], count: int) -> float:
    start = time.process_time()
    work()
    return count / (time.process_time() - start)


def told(name: str, rate_s: float) -> None:
    print(f"{name:36} {rate_s:9,.0f} adverts/s, ratio to the bound of {BOUND:,}/s {rate_s / BOUND:.2f}")


def main() -> None:
    library = Library.load()
    examples = [
        bytes.fromhex(example.ad)
        for signature in library.signatures
        if signature.medium is Medium.BLE
        for example in signature.examples.positive
        if example.ad
    ]
    rng = random.Random(1)
    different = [
        rng.choice(examples) + ad.encode([(0xFF, b"\xfe\xff" + n.to_bytes(4, "big"))]) for n in range(COUNT)
    ]

    def parse() -> None:
        for data in different:
            ad.parse(data)

    def identify_all() -> None:
        for data in different:
            identify(library, data, "C1:02:03:04:05:06", "random")

    told("parse, different", rate(parse, COUNT))
    told("identify, different", rate(identify_all, COUNT))
    devices = [(f"C0:00:00:00:{n >> 8:02X}:{n & 255:02X}", rng.choice(examples)) for n in range(DEVICES)]
    batches = []
    for second in range(COUNT // 1000):
        place = Place(lat=43.2 + second * 1e-5, lon=76.9)
        chosen = [devices[rng.randrange(DEVICES)] for _ in range(1000)]
        adverts = tuple(
            Advertisement(second + n / 1000, address, "random", -60 - n % 30, data, place=place)
            for n, (address, data) in enumerate(chosen)
        )
        batches.append(AdvertisementBatch(source="x", time_s=float(second), adverts=adverts))
    pipeline = Pipeline([BleInventory(library), BleFollow(library)])

    def stages() -> None:
        for batch in batches:
            for _ in pipeline.feed(batch):
                pass

    told(f"both stages, as heard, {DEVICES} devices", rate(stages, COUNT))
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    told(f"whole session, {DEVICES} devices", rate(lambda: session(library, batches), COUNT))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb) / 1024
    print(f"{'':36} {grown:9.0f} MB more memory at its largest")


def session(library: Library, batches: list[AdvertisementBatch]) -> None:
    """All detectors, findings, coverage, and the results document at the end."""
    pipeline, collected = Pipeline(standard_stages(library)), Collector()
    for batch in batches:
        for record in pipeline.feed(batch):
            collected(record)
    for record in pipeline.finish():
        collected(record)
    results.encode(results.document(collected, library=library))


if __name__ == "__main__":
    main()
