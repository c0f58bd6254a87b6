"""Decoders against bytes laid out by hand from the published tables, one field at a time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.protocols.ble import ad
from sweeper.protocols.ble.facts import facts
from sweeper.records import Value

KEY = bytes(range(1, 23))


def maker(company: int, data: bytes) -> dict[str, Value]:
    return facts(ad.from_fields(manufacturer=[(company, data)]), "C1:02:03:04:05:06", "random")


def service(uuid: str, data: bytes, flags: int | None = None) -> dict[str, Value]:
    return facts(ad.from_fields(service_data=[(uuid, data)], flags=flags), "D1:02:03:04:05:06", "random")


@pytest.mark.parametrize(
    ("status", "kind", "battery"),
    [
        (0b00_00_0000, "apple_device", "full"),
        (0b01_01_0000, "airtag", "medium"),
        (0b10_10_0000, "third_party", "low"),
        (0b11_11_0100, "airpods", "very_low"),
    ],
)
def test_find_my_status_byte(status: int, kind: str, battery: str) -> None:
    known = maker(0x4C, bytes((0x12, 0x19, status)) + KEY + b"\x02\x00")
    assert known["findmy.kind"] == kind
    assert known["findmy.battery"] == battery
    assert known["findmy.state"] == "separated"
    assert known["findmy.maintained"] == bool(status & 4)


def test_find_my_key_is_put_together_from_address_and_payload() -> None:
    """28 bytes: address with its two top bits replaced by key top 0b10, then the 22 of the payload."""
    known = maker(0x4C, b"\x12\x19\x10" + KEY + b"\x02\x00")
    assert known["findmy.key"] == "81" + "0203040506" + KEY.hex()


def test_find_my_behind_another_message() -> None:
    known = maker(0x4C, bytes.fromhex("1005" + "1b1c0a0b0c" + "12021001"))
    assert known["findmy.state"] == "near_owner"
    assert known["apple.messages"] == ["nearby_info", "find_my"]


def test_two_makers_and_two_find_my_frames_keep_the_separated_one() -> None:
    near, away = bytes.fromhex("12021001"), b"\x12\x19\x10" + KEY + b"\x02\x00"
    for order in ([near, away], [away, near]):
        known = facts(ad.from_fields(manufacturer=[(0x4C, order[0]), (0x59, b"\1"), (0x4C, order[1])]))
        assert known["findmy.state"] == "separated"
        assert known["ble.company"] == ["004C", "0059"]


@pytest.mark.parametrize("data", ["1219", "121910", "1200", "0215001122"])
def test_cut_apple_messages_are_malformed(data: str) -> None:
    assert "ble.malformed" in maker(0x4C, bytes.fromhex(data))


def test_overflow_area_has_no_length() -> None:
    known = maker(0x4C, b"\x01" + bytes(15) + b"\x12")
    assert known["apple.messages"] == ["overflow_area"]
    assert "ble.malformed" not in known


def test_ibeacon_numbers_are_big_endian() -> None:
    known = maker(0x4C, b"\x02\x15" + bytes(range(16)) + b"\x01\x02\x03\x04\xc5")
    assert known["ibeacon.uuid"] == "00010203-0405-0607-0809-0A0B0C0D0E0F"
    assert (known["ibeacon.major"], known["ibeacon.minor"], known["ibeacon.power_dbm"]) == (258, 772, -59)


@pytest.mark.parametrize(
    ("head", "length", "flags", "state", "carrier"),
    [
        (0x41, 20, 6, "separated", "tag"),
        (0x40, 20, 6, "near_owner", "tag"),
        (0x41, 21, 2, "separated", "phone"),
        (0x41, 33, None, "separated", "tag"),
    ],
)
def test_find_hub(head: int, length: int, flags: int | None, state: str, carrier: str) -> None:
    known = service("FEAA", bytes((head,)) + bytes(range(length)), flags)
    assert (known["fhn.state"], known["fhn.carrier"]) == (state, carrier)
    assert len(str(known["fhn.eid"])) == 2 * (32 if length >= 32 else 20)


@pytest.mark.parametrize(("head", "frame"), [(0x00, "uid"), (0x10, "url"), (0x20, "tlm"), (0x30, "eid")])
def test_eddystone_is_no_find_hub(head: int, frame: str) -> None:
    known = service("FEAA", bytes((head,)) + bytes(24))
    assert known["eddystone.frame"] == frame
    assert "fhn.state" not in known


@pytest.mark.parametrize(
    ("data", "state", "network"),
    [
        ("0100", "separated", "Apple"),
        ("0101", "near_owner", "Apple"),
        ("02ff", "near_owner", "Google"),
        ("02fe", "separated", "Google"),
        ("ff00", "unknown", None),
        ("0001", "unknown", None),
    ],
)
def test_dult(data: str, state: str, network: str | None) -> None:
    known = service("FCB2", bytes.fromhex(data))
    assert known["dult.state"] == state
    assert known.get("dult.network") == network


def test_smarttag_fields() -> None:
    known = service(
        "FD5A", bytes.fromhex("13" + "010200" + "a1a2a3a4a5a6a7a8" + "05" + "000000" + "01020304")
    )
    assert known["smarttag.state"] == "overmature_offline"
    assert known["smarttag.aging"] == 0x0201
    assert known["smarttag.privacy_id"] == "a1a2a3a4a5a6a7a8"
    assert known["smarttag.uwb"] is True
    assert known["smarttag.battery"] == "low"


def test_smarttag_in_an_unpublished_order_has_no_state() -> None:
    assert service("FD5A", bytes(20))["smarttag.state"] == "unknown"


@pytest.mark.parametrize("data", [("FD5A", "12"), ("FEAA", "4100"), ("FCB2", "01"), ("FE95", "0102")])
def test_cut_service_data_is_malformed(data: tuple[str, str]) -> None:
    assert "ble.malformed" in service(data[0], bytes.fromhex(data[1]))


@pytest.mark.parametrize(
    ("address", "bit", "state"),
    [
        ("D8:00:00:00:00:00", 0, "near_owner"),
        ("D8:00:00:00:00:00", 1, "separated"),
        ("D9:00:00:00:00:00", 1, "unknown"),
        (None, 1, "unknown"),
    ],
)
def test_chipolo_tells_its_owner_only_in_some_firmware(address: str | None, bit: int, state: str) -> None:
    data = ad.from_fields(service_data=[("FE33", bytes((0, bit)))])
    assert facts(data, address, "random")["chipolo.state"] == state


def test_plaud_serial_wherever_the_record_begins() -> None:
    record = b"\x04\x56\x07\x00\x00\x08" + bytes.fromhex("8880123456789012") + b"\x01"
    for before in (b"", b"\x02\x78\x03", b"\x04\x56\x01"):
        known = maker(0x005D, before + record)
        assert known["plaud.serial"] == "8880123456789012"
        assert known["plaud.model"] == "Note"
    assert "plaud.serial" not in maker(0x0059, record[:9])
    assert "plaud.serial" not in maker(0x0060, record)


def test_mibeacon_sensor_by_product_and_by_object() -> None:
    flora = bytes.fromhex("7120" + "9800" + "01" + "665544332211" + "0d" + "0410" + "02" + "e600")
    known = service("FE95", flora)
    assert (known["mibeacon.product"], known["mibeacon.object"]) == ("0098", "1004")
    assert known["mibeacon.address"] == "112233445566"
    assert known["mibeacon.sensor"] is True
    assert service("FE95", bytes.fromhex("1000ff0f01665544332211"))["mibeacon.sensor"] is False


def test_tuya_bound_bit() -> None:
    assert maker(0x07D0, b"\x80\x03\x01")["tuya.state"] == "bound"
    assert maker(0x07D0, b"\x00\x03\x01")["tuya.state"] == "unbound"


def test_raven_counts_only_its_own_services() -> None:
    assert facts(ad.from_fields(uuids=["3100", "180A", "3500"]))["raven.services"] == 2


@given(
    st.binary(max_size=64),
    st.one_of(st.none(), st.text(max_size=20)),
    st.sampled_from([None, "random", "public", "?"]),
)
def test_nothing_raises(data: bytes, address: str | None, kind: str | None) -> None:
    known = facts(data, address, kind)
    assert all(isinstance(name, str) and "." in name for name in known)
    problem = known.get("ble.malformed")
    assert problem is None or (isinstance(problem, str) and problem)


@given(
    st.sampled_from(["FEAA", "FCB2", "FD5A", "FD69", "FEED", "FEEC", "FE33", "FE95", "FFFA"]),
    st.binary(max_size=40),
)
def test_no_service_data_raises(uuid: str, data: bytes) -> None:
    known = service(uuid, data)
    assert known[f"ble.service_data.{uuid}"] == data.hex()


@given(st.sampled_from([0x004C, 0x0059, 0x005D, 0x07D0, 0x0FB2]), st.binary(max_size=40))
def test_no_manufacturer_data_raises(company: int, data: bytes) -> None:
    known = maker(company, data)
    assert known["ble.company"] == [f"{company:04X}"]
    assert known[f"ble.mfr.{company:04X}"] == data.hex()
