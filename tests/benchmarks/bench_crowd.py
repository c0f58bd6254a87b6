"""A benign crowd on the move: how often somebody's innocent device is taken for a follower.

    python tests/benchmarks/bench_crowd.py [JOURNEYS]

Made-up journeys of an hour and a half: a walk to the stop, a bus with forty passengers who ride for 5 to 25
minutes, a walk through a street, a train with sixty who ride for 10 to 40 minutes, a walk home. Everybody
carries a phone whose address changes every 15 minutes; one in three has earbuds or a watch of unknown kind
with a fixed address, one in eight a Tile (no owner bit), one in eight an AirTag with its owner near, one in
fifty a tag away from its owner in a borrowed bag. Shops and homes along the way have things that stay where
they are. Nobody follows. In every second journey an AirTag, away from its owner, is planted on the walker, to
see that silence is not bought with deafness. Printed are false alarms an hour by kind and level.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterator

from sweeper.detectors.ble_follow import BleFollow
from sweeper.detectors.ble_inventory import BleInventory
from sweeper.pipeline import Pipeline
from sweeper.protocols.ble import ad
from sweeper.records import Advertisement, AdvertisementBatch, Detection, Device, Place
from sweeper.signatures import Library

METRE = 1 / 111_320
LEGS = (
    ("walk", 600.0, 1.4),
    ("bus", 1500.0, 8.0),
    ("walk", 480.0, 1.4),
    ("train", 2400.0, 20.0),
    ("walk", 600.0, 1.4),
)
"""What, seconds, metres a second."""
LENGTH_S = sum(seconds for _what, seconds, _speed in LEGS)
CARRIED = (("earbuds", 1 / 3), ("tile", 1 / 8), ("airtag near", 1 / 8), ("airtag away", 1 / 50))
HEAR_S = 15.0
"""One advertisement in so many seconds reaches a phone or dongle that listens in turns."""


def place(time_s: float) -> Place:
    """Where the walker is, with the error of a phone's position."""
    metres = 0.0
    for _what, seconds, speed in LEGS:
        metres += speed * min(max(time_s, 0.0), seconds)
        time_s -= seconds
    return Place(lat=43.2 + metres * METRE, lon=76.9)


def payload(kind: str, number: int) -> bytes:
    """What a device of a kind sends; no two send the same."""
    body = number.to_bytes(4, "big") * 6
    if kind == "tile":
        return ad.from_fields(uuids=["FEED"], service_data=[("FEED", b"\x02\x00" + body[:8])])
    if kind == "airtag near":
        return ad.from_fields(manufacturer=[(0x4C, bytes.fromhex("12021000"))])
    if kind in ("airtag away", "planted"):
        return ad.from_fields(manufacturer=[(0x4C, b"\x12\x19\x10" + body[:22] + b"\x00\x00")])
    if kind == "phone":
        return ad.from_fields(manufacturer=[(0x4C, bytes.fromhex("10051b1c") + body[:3])])
    return ad.from_fields(manufacturer=[(0x0001, body[:6])])


class Air:
    """All that is heard on one journey."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.kinds: dict[str, str] = {}
        self.adverts: list[Advertisement] = []

    def add(self, kind: str, start_s: float, stop_s: float, rssi: int) -> None:
        """One device, heard from a time to a time; a phone under a new address every 15 minutes."""
        number = len(self.kinds) + 1
        address = f"C0:00:00:{number >> 16:02X}:{number >> 8 & 255:02X}:{number & 255:02X}"
        self.kinds[address] = kind
        data = payload(kind, number)
        if kind == "phone" and stop_s - start_s > 900:
            self.add(kind, start_s + 900, stop_s, rssi)
            stop_s = start_s + 900
        now = start_s + self.rng.expovariate(1 / HEAR_S)
        while now < stop_s:
            level = round(self.rng.gauss(rssi, 5))
            self.adverts.append(Advertisement(now, address, "random", level, data, None, place(now)))
            now += self.rng.expovariate(1 / HEAR_S)

    def person(self, start_s: float, stop_s: float, rssi: int) -> None:
        self.add("phone", start_s, stop_s, rssi)
        for kind, share in CARRIED:
            if self.rng.random() < share:
                self.add(kind, start_s, stop_s, rssi)


def journey(seed: int) -> Air:
    """One journey; the planted tag in every second."""
    air = Air(seed)
    rng = air.rng
    begin = 0.0
    for what, seconds, _speed in LEGS:
        end = begin + seconds
        if what == "walk":
            for _ in range(round(seconds / 12)):
                at = rng.uniform(begin, end)
                air.person(at, at + rng.uniform(5, 90), round(rng.uniform(-90, -65)))
                air.add(rng.choice(("earbuds", "tile")), at, at + rng.uniform(60, 140), -85)
        else:
            longest = (300, 1500) if what == "bus" else (600, 2400)
            for _ in range(40 if what == "bus" else 60):
                on = rng.uniform(begin - 60, end - 120)
                air.person(max(on, begin), min(on + rng.uniform(*longest), end), round(rng.uniform(-85, -55)))
        begin = end
    if seed % 2:
        air.add("planted", 0.0, LENGTH_S, -62)
    air.adverts.sort(key=lambda advert: advert.time_s)
    return air


def batches(adverts: list[Advertisement]) -> Iterator[AdvertisementBatch]:
    for at in range(0, len(adverts), 200):
        part = tuple(adverts[at : at + 200])
        yield AdvertisementBatch(source="x", time_s=part[0].time_s, adverts=part)


def alarms(air: Air, library: Library) -> dict[str, tuple[float, str]]:
    """Address -> when and at which level it was raised."""
    pipeline = Pipeline([BleInventory(library), BleFollow(library)])
    address: dict[str, str] = {}
    raised: dict[str, tuple[float, str]] = {}
    for batch in batches(air.adverts):
        for record in pipeline.feed(batch):
            if isinstance(record, Device):
                address[record.id] = record.address
            elif isinstance(record, Detection):
                raised.setdefault(address[record.subject], (record.time_s, record.level.value))
    return raised


def main() -> None:
    journeys = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    library = Library.load()
    false = Counter[str]()
    found: list[float] = []
    for seed in range(journeys):
        air = journey(seed)
        for address, (time_s, level) in alarms(air, library).items():
            if air.kinds[address] == "planted":
                found.append(time_s / 60)
            else:
                false[f"{air.kinds[address]} {level}"] += 1
    hours = journeys * LENGTH_S / 3600
    rate = sum(false.values()) / hours
    print(f"{journeys} journeys, {hours:.0f} h, {rate:.2f} false alarms an hour: {dict(false)}")
    print(f"planted tags found: {len(found)} of {journeys // 2}, after {sorted(round(t) for t in found)} min")


if __name__ == "__main__":
    main()
