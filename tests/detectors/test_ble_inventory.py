"""The inventory: one record for each device and change, addresses joined by what devices send."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from sweeper.detectors import ble_inventory
from sweeper.detectors.ble_inventory import BleInventory
from sweeper.protocols.ble import ad
from sweeper.records import Advertisement, AdvertisementBatch, Device, Status
from sweeper.signatures import Library

LIBRARY = Library.load()
KEY = bytes(range(22))
AWAY = ad.from_fields(manufacturer=[(0x4C, b"\x12\x19\x10" + KEY + b"\x02\x00")])
NEAR = ad.from_fields(manufacturer=[(0x4C, b"\x12\x02\x10\x02")])
PHONE = ad.from_fields(manufacturer=[(0x4C, bytes.fromhex("10051b1c0a0b0c"))])


def advert(time_s: float, address: str, data: bytes, rssi: int | None = -60, hint: str = "") -> Advertisement:
    kind = None if hint else "random"
    return Advertisement(time_s, address, address_type=kind, rssi_dbm=rssi, data=data, hint=hint)


def run(*adverts: Advertisement, size: int = 2) -> tuple[list[Device], list[Device]]:
    """What was announced on the way, and at the end."""
    stage = BleInventory(LIBRARY)
    made: list[Device] = []
    for at in range(0, len(adverts), size):
        part = adverts[at : at + size]
        made += _devices(stage.feed(AdvertisementBatch(source="x", time_s=part[0].time_s, adverts=part)))
    return made, _devices(stage.finish())


def _devices(records: Iterable[object]) -> list[Device]:
    return [record for record in records if isinstance(record, Device)]


def smarttag(aging: int, private: str, flags: int = 5, state: int = 0x12) -> bytes:
    head = bytes((state,)) + aging.to_bytes(3, "little") + bytes.fromhex(private)
    return ad.from_fields(service_data=[("FD5A", head + bytes((flags,)) + bytes(7))])


def test_a_device_is_announced_once_and_counted() -> None:
    adverts = [advert(n, "C0:00:00:00:00:01", AWAY, -70 + n % 5) for n in range(50)]
    made, last = run(*adverts)
    assert [(d.id, d.kind, d.state, d.signature) for d in made] == [
        ("ble-0001", "airtag", "separated", "airtag-separated")
    ]
    assert [(d.sightings, d.first_s, d.last_s, d.rssi_dbm) for d in last] == [(50, 0, 49, -66)]


def test_ids_follow_the_first_sighting() -> None:
    made, _ = run(advert(0, "b", PHONE), advert(1, "a", PHONE), advert(2, "b", PHONE))
    assert [(d.id, d.address) for d in made] == [("ble-0001", "b"), ("ble-0002", "a")]


def test_a_change_of_state_is_announced_and_the_return_is_kept() -> None:
    adverts = [advert(n, "C0:00:00:00:00:01", data) for n, data in enumerate([NEAR, AWAY, NEAR, AWAY, NEAR])]
    made, last = run(*adverts)
    assert [d.state for d in made] == ["near_owner", "separated"]
    assert last[0].state == "near_owner"


def test_the_strongest_face_of_a_device_is_kept() -> None:
    _, last = run(advert(0, "a", AWAY), advert(1, "a", PHONE), advert(2, "a", b""))
    assert last[0].kind == "airtag"


def test_a_scan_response_adds_to_the_facts() -> None:
    _, last = run(advert(0, "a", PHONE), advert(1, "a", ad.from_fields(name="Kitchen")))
    assert last[0].facts["ble.name"] == "Kitchen"
    assert last[0].facts["ble.company"] == ["004C"]
    assert last[0].kind == "benign_apple"


def test_a_serial_number_survives_a_new_address() -> None:
    record = b"\x04\x56\x07\x00\x00\x08" + bytes.fromhex("8880123456789012")
    data = ad.from_fields(manufacturer=[(0x0059, record)])
    made, last = run(advert(0, "50:00:00:00:00:01", data), advert(900, "50:00:00:00:00:02", data))
    assert len(last) == 1
    assert last[0].addresses == ("50:00:00:00:00:01", "50:00:00:00:00:02")
    assert last[0].facts["link.confidence"] == 0.99
    assert last[0].model == "Note"
    assert len(made) == 2


def test_a_smarttag_is_followed_by_its_counter() -> None:
    """AirGuard's rule: counter one higher, flags equal."""
    steps = [(0, 60, "01"), (900, 61, "02"), (1800, 62, "03")]
    adverts = [advert(t, f"40:00:00:00:00:0{p[1]}", smarttag(n, p * 8)) for t, n, p in steps]
    _, last = run(*adverts)
    assert len(last) == 1
    assert last[0].facts["link.by"] == "smarttag.aging"
    assert last[0].facts["link.confidence"] == 0.8


def test_smarttags_are_not_joined_by_chance() -> None:
    other_flags = [advert(0, "a", smarttag(60, "01" * 8)), advert(900, "b", smarttag(61, "02" * 8, flags=6))]
    too_late = [advert(0, "a", smarttag(60, "01" * 8)), advert(9000, "b", smarttag(61, "02" * 8))]
    two_could_be = [
        advert(0, "a", smarttag(60, "01" * 8)),
        advert(1, "b", smarttag(60, "02" * 8)),
        advert(900, "c", smarttag(61, "03" * 8)),
    ]
    assert [len(run(*adverts)[1]) for adverts in (other_flags, too_late, two_could_be)] == [2, 2, 3]


def test_an_unusual_name_joins_only_silent_addresses() -> None:
    data = ad.from_fields(name="Anna's earbuds", uuids=["FE2C"])
    joined, _ = run(advert(0, "40:00:00:00:00:01", data), advert(60, "40:00:00:00:00:02", data))[1], None
    both = run(*[advert(n, f"40:00:00:00:00:0{n % 2}", data) for n in range(10)], size=10)[1]
    assert len(joined) == 1
    assert joined[0].facts["link.confidence"] == 0.6
    assert len(both) == 2


def test_timing_and_strength_are_only_noted() -> None:
    other = ad.from_fields(manufacturer=[(0x4C, b"\x12\x19\x10" + KEY[::-1] + b"\x02\x00")])
    _, last = run(advert(0, "C0:00:00:00:00:01", AWAY, -60), advert(10, "C0:00:00:00:00:02", other, -62))
    assert [d.facts.get("link.maybe") for d in last] == [None, "ble-0001"]
    assert last[1].facts["link.maybe_confidence"] == 0.4


def test_a_log_s_word_is_taken_as_such() -> None:
    made, _ = run(advert(0, "a", b"", hint="AirTag"), advert(1, "b", b"", hint="Galaxy SmartTag+"))
    assert [(d.kind, d.state, d.signature, d.facts["log.word"]) for d in made] == [
        ("airtag", None, None, True),
        ("samsung_smarttag", None, None, True),
    ]


def test_nothing_recognised_is_still_listed_with_its_vendor() -> None:
    made, _ = run(advert(0, "a", ad.from_fields(manufacturer=[(0x0001, b"\1")])))
    assert (made[0].kind, made[0].vendor) == ("unknown", "Nokia Mobile Phones")
    nest = Advertisement(0, "18:B4:30:00:00:01", address_type="public", data=b"")
    assert "Nest" in (run(nest)[0][0].vendor or "")


def test_a_flood_of_payloads_and_states_stays_small() -> None:
    datas = [ad.from_fields(manufacturer=[(0x0499, n.to_bytes(2, "big"))]) for n in range(500)]
    made, last = run(*[advert(n, "a", data) for n, data in enumerate(datas)], size=100)
    assert len(made) == 1
    assert last[0].sightings == 500


def test_where_too_many_are_known_those_silent_longest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is heard all along keeps its name, what comes late is heard, and the forgotten are told."""
    monkeypatch.setattr(ble_inventory, "MAX_DEVICES", 16)
    stage, made = BleInventory(LIBRARY), []
    for n in range(100):
        heard = (advert(n, "home", AWAY), advert(n + 0.5, f"passing {n}", PHONE))
        made += list(stage.feed(AdvertisementBatch(source="x", time_s=float(n), adverts=heard)))
    made += list(
        stage.feed(AdvertisementBatch(source="x", time_s=200.0, adverts=(advert(200, "late", AWAY),)))
    )
    made += list(
        stage.feed(AdvertisementBatch(source="x", time_s=201.0, adverts=(advert(201, "passing 0", PHONE),)))
    )
    last = _devices(stage.finish())
    devices = [*_devices(made), *last]
    assert len(last) <= 16
    assert {d.id for d in devices if d.address == "home"} == {"ble-0001"}
    assert [d.sightings for d in last if d.address == "home"] == [100]
    assert [d.kind for d in last if d.address == "late"] == ["airtag"]
    assert {d.id for d in devices if d.address == "passing 0"} == {"ble-0002", "ble-0103"}, (
        "new when it is back"
    )
    final = {d.id: d.sightings for d in devices}
    assert sum(final.values()) == 202, "each is told a last time with its counts"
    assert len(final) == 103
    assert sum(isinstance(record, Status) for record in made) == 1


def test_no_address_is_joined_to_a_device_that_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ble_inventory, "MAX_DEVICES", 8)
    before = advert(0, "4a:00:00:00:00:01", smarttag(10, "0011223344"))
    passing = [advert(10 + n, f"passing {n}", PHONE) for n in range(20)]
    after = advert(900, "4a:00:00:00:00:02", smarttag(11, "5566778899"))
    _, joined = run(before, after)
    assert [d.addresses for d in joined] == [(before.address, after.address)]
    _, last = run(before, *passing, after)
    assert [d.addresses for d in last if d.address == after.address] == [(after.address,)]


def test_batches_do_not_matter() -> None:
    adverts = [advert(n, f"a{n % 7}", (AWAY, NEAR, PHONE)[n % 3]) for n in range(60)]
    seen = [[(d.id, d.kind, d.state, d.time_s) for d in run(*adverts, size=size)[0]] for size in (1, 7, 60)]
    assert seen[0] == seen[1] == seen[2]
