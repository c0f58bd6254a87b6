"""A walk towards a tag whose level follows the free-space law: the trend, the band, the change of address."""

from __future__ import annotations

import math
import random

from sweeper.detectors.ble_walk import BleWalk, WalkReading
from sweeper.records import Advertisement, AdvertisementBatch, Device, Medium

TAG = "C1:02:03:04:05:06"


def batch(time_s: float, rssi: int | None, address: str = TAG) -> AdvertisementBatch:
    advert = Advertisement(time_s, address, "random", rssi)
    return AdvertisementBatch(source="x", time_s=time_s, adverts=(advert,))


def device(*addresses: str, kind: str = "airtag") -> Device:
    return Device(
        source="x",
        time_s=0.0,
        id="ble-0007",
        medium=Medium.BLE,
        address=addresses[-1],
        addresses=addresses,
        kind=kind,
    )


def test_walking_nearer_and_away() -> None:
    """20 dB a decade of distance, with 3 dB of scatter: 30 m to 1 m in a minute, then back."""
    walk, rng = BleWalk(TAG), random.Random(1)
    trends: list[int] = []
    readings: list[WalkReading] = []
    for second in range(120):
        metres = 30 - second * 29 / 60 if second < 60 else 1 + (second - 60) * 29 / 60
        level = -64 - 20 * math.log10(metres) + rng.gauss(0, 3)
        readings += walk.feed(batch(float(second), round(level)))
        trends.append(readings[-1].reading.trend)
    assert trends[40:60].count(1) > trends[40:60].count(-1)
    assert trends[70:90].count(-1) > trends[70:90].count(1)
    assert readings[58].reading.pitch_hz > 2 * readings[5].reading.pitch_hz
    assert readings[58].reading.ticks_hz > readings[5].reading.ticks_hz
    assert readings[60].distance.likely_m < readings[5].distance.likely_m


def test_the_walk_goes_on_under_a_new_address() -> None:
    walk = BleWalk(TAG.lower())
    assert len(walk.feed(batch(0.0, -60))) == 1
    new = "C1:02:03:04:05:07"
    assert walk.feed(batch(1.0, -60, new)) == []
    assert walk.feed(device(TAG, new)) == []
    (reading,) = walk.feed(batch(2.0, -60, new))
    assert (reading.address, reading.measured) == (new, True)


def test_by_id_and_only_the_measured_kind_is_measured() -> None:
    walk = BleWalk("ble-0007")
    walk.feed(device(TAG, kind="tile"))
    (reading,) = walk.feed(batch(1.0, -69))
    assert not reading.measured
    assert reading.distance.nearest_m < 5.0 < (reading.distance.farthest_m or 1e9)


def test_levels_that_are_none_are_passed_over() -> None:
    walk = BleWalk(TAG)
    assert walk.feed(batch(0.0, None)) == []
    assert walk.feed(batch(0.0, 0)) == []
    assert walk.feed(batch(0.0, -60, "C1:02:03:04:05:07")) == []
