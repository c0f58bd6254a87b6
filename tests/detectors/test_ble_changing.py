"""One key for each beacon, and what must not be taken for it."""

from __future__ import annotations

import random

from sweeper.detectors.ble_changing import BleChanging
from sweeper.detectors.ble_inventory import BleInventory
from sweeper.pipeline import Pipeline
from sweeper.protocols.ble import ad
from sweeper.records import Advertisement, AdvertisementBatch, Detection, Level, Place, Status
from sweeper.signatures import Library

LIBRARY = Library.load()
METRE = 1 / 111_320


def frame(key: int, state: str = "1219") -> bytes:
    body = (
        bytes.fromhex(state)
        + b"\x00"
        + (key.to_bytes(22, "big") + b"\x02\x00" if state == "1219" else b"\x02")
    )
    return ad.from_fields(manufacturer=[(0x4C, body)])


def one(time_s: float, key: int, rssi: int = -55, moving: bool = False, state: str = "1219") -> Advertisement:
    place = Place(lat=43.2 + (1.4 * time_s * METRE if moving else 0), lon=76.9)
    return Advertisement(
        time_s, f"C0:00:00:00:{key >> 8:02X}:{key & 255:02X}", "random", rssi, frame(key, state), place=place
    )


def run(*adverts: Advertisement) -> list[Detection]:
    pipeline = Pipeline([BleInventory(LIBRARY), BleChanging()])
    ordered = sorted(adverts, key=lambda a: a.time_s)
    out = []
    for at in range(0, len(ordered), 20):
        part = tuple(ordered[at : at + 20])
        for record in pipeline.feed(AdvertisementBatch(source="x", time_s=part[0].time_s, adverts=part)):
            assert not isinstance(record, Status), record.detail
            if isinstance(record, Detection):
                out.append(record)
    return out


def test_a_key_for_each_beacon_is_seen_as_a_stream() -> None:
    found = run(*[one(n * 30, n) for n in range(40)])
    assert [d.level for d in found] == [Level.LOW]
    assert found[0].time_s < 600
    assert len(found[0].benign) == 2


def test_a_stream_that_comes_along_is_raised() -> None:
    found = run(*[one(n * 30, n, moving=True) for n in range(60)])
    assert found[-1].level is Level.MEDIUM
    assert found[-1].kind == "follower"
    assert len({d.subject for d in found}) == 1


def test_one_real_tag_is_no_stream() -> None:
    assert run(*[one(n * 2, 7) for n in range(900)]) == []


def test_tags_along_a_street_are_no_stream() -> None:
    """Forty tags at rest; each is heard every two seconds while the walker passes, strongest at the door."""
    street = [
        one(at + t, at, rssi=-62 - abs(t - 60) // 4, moving=True)
        for at in range(0, 2400, 60)
        for t in range(0, 120, 2)
    ]
    assert run(*street) == []


def test_faint_ones_and_those_with_their_owner_do_not_count() -> None:
    assert run(*[one(n * 30, n, rssi=-80) for n in range(60)]) == []
    assert run(*[one(n * 30, n, state="1202") for n in range(60)]) == []


def test_a_lorry_of_parcels_is_no_stream() -> None:
    rng = random.Random(3)
    assert run(*[one(300 + rng.random() * 20, n) for n in range(60)], one(900, 999), one(1000, 998)) == []
