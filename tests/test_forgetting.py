"""Who goes when too many are known, against plain sorting; and that nobody hides behind a flood."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.detectors import ble_inventory, wifi_cameras, wifi_clips, wifi_inventory
from sweeper.detectors.ble_inventory import BleInventory
from sweeper.detectors.wifi_cameras import WifiCameras
from sweeper.detectors.wifi_clips import WifiClips
from sweeper.detectors.wifi_inventory import WifiInventory
from sweeper.forgetting import keep_newest, make_room
from sweeper.records import Advertisement, AdvertisementBatch, Device, Status
from sweeper.signatures import Library
from tests.detectors import wifi_air as air

POINT = "50:c7:bf:00:00:01"


def stranger(number: int) -> str:
    return f"50:c7:bf:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"


@given(st.dictionaries(st.integers(), st.integers(0, 5).map(float)), st.integers(1, 40))
def test_an_eighth_goes_and_none_that_was_heard_later_than_one_that_stays(
    known: dict[int, float], most: int
) -> None:
    before = dict(known)
    gone = make_room(known, most, float)
    if len(before) < most:
        assert (known, gone) == (before, [])
        return
    assert len(gone) == max(1, most // 8)
    assert sorted([*gone, *known.values()]) == sorted(before.values())
    assert max(gone) <= min(known.values(), default=5.0)
    assert list(known) == [key for key in before if key in known], "in the order in which they were known"


@given(st.lists(st.integers(0, 60)), st.integers(1, 20))
def test_the_newest_are_kept(noted: list[int], most: int) -> None:
    known: dict[int, int] = {}
    for number, key in enumerate(noted):
        keep_newest(known, key, number, most)
        assert known[key] == number
    newest_first = list(dict.fromkeys(reversed(noted)))
    assert list(reversed(known)) == newest_first[: len(known)]
    assert min(len(newest_first), most - most // 8) <= len(known) <= most


def test_a_station_that_comes_after_a_flood_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """And one that is heard all along keeps its name; the forgotten are told a last time."""
    monkeypatch.setattr(wifi_inventory, "MOST_STATIONS", 64)
    stage, made = WifiInventory(Library([])), []
    for second in range(60):
        frames = [(float(second), air.beacon("50:c7:bf:ff:ff:fe", b"home"))]
        frames += [
            (second + 0.01 * k, air.beacon(stranger(100 + 20 * second + k), b"x")) for k in range(1, 20)
        ]
        made += list(stage.feed(air.batch(frames)))
    late = air.batch([(61.0, air.beacon("50:c7:bf:ff:ff:ff", b"late"))])
    made += list(stage.feed(late))
    last = [record for record in stage.finish() if isinstance(record, Device)]
    devices = [record for record in made if isinstance(record, Device)] + last
    assert len(last) <= 64
    assert {d.id for d in devices if d.address == "50:c7:bf:ff:ff:fe"} == {"wifi-0001"}
    assert [d.sightings for d in last if d.address == "50:c7:bf:ff:ff:fe"] == [60]
    assert [d.facts["wifi.ssid"] for d in last if d.address == "50:c7:bf:ff:ff:ff"] == [["late"]]
    assert len({d.id for d in devices}) == 1 + 60 * 19 + 1
    assert sum(isinstance(record, Status) for record in made) == 1


def test_a_session_has_an_end_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is known by then is still heard."""
    monkeypatch.setattr(wifi_inventory, "MOST_EVER", 20)
    monkeypatch.setattr(ble_inventory, "MOST_EVER", 20)
    stage, made = WifiInventory(Library([])), []
    for second in range(30):
        senders = ("50:c7:bf:ff:ff:fe", stranger(second))
        frames = [(second + 0.1 * k, air.beacon(one, b"x")) for k, one in enumerate(senders)]
        made += list(stage.feed(air.batch(frames)))
    assert next(d.sightings for d in stage.finish() if isinstance(d, Device)) == 30
    assert len({record.id for record in made if isinstance(record, Device)}) == 20
    assert sum(isinstance(record, Status) for record in made) == 1
    tags, made = BleInventory(Library([])), []
    for second in range(30):
        adverts = tuple(
            Advertisement(float(second), one, "random", -60, b"") for one in ("home", str(second))
        )
        made += list(tags.feed(AdvertisementBatch(source="x", time_s=float(second), adverts=adverts)))
    assert next(d.sightings for d in tags.finish() if isinstance(d, Device)) == 30
    assert len({record.id for record in made if isinstance(record, Device)}) == 20
    assert sum(isinstance(record, Status) for record in made) == 1


@pytest.mark.parametrize(
    ("module", "limit", "kind"),
    [
        (wifi_cameras, "MOST_FLOWS", WifiCameras),
        (wifi_clips, "MOST_STATIONS", WifiClips),
    ],
)
def test_a_stream_is_followed_through_a_flood_of_strangers(
    module: object, limit: str, kind: type[WifiCameras] | type[WifiClips], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost of one that goes on sending, and one that begins late is taken up."""
    monkeypatch.setattr(module, limit, 128)  # four seconds of it
    stage = kind()
    for second in range(20):
        senders = ["50:c7:bf:ff:ff:fe", *(stranger(100 + 30 * second + k) for k in range(30))]
        senders += ["50:c7:bf:ff:ff:ff"] if second > 15 else []
        frames = [(second + 0.01 * k, air.data(one, POINT, POINT, 1, 900)) for k, one in enumerate(senders)]
        list(stage.feed(air.batch(frames)))
    kept = stage._flows if isinstance(stage, WifiCameras) else stage._habits
    assert len(kept) <= 128
    packets = {address: one.packets for address, one in kept.items()}
    assert packets[int("50c7bffffffe", 16)] == 20
    assert packets[int("50c7bfffffff", 16)] == 4
