"""AD structures against hand-laid bytes of the Core Specification Supplement, and against anything at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.errors import ProtocolError
from sweeper.protocols.ble import ad
from sweeper.protocols.ble.address import address_class, normalise, oui, raw


def test_a_beacon_laid_out_by_hand() -> None:
    """Flags, power, a 16-bit list, a name and manufacturer data: every field where the supplement puts it."""
    advert = ad.parse(bytes.fromhex("020106020af6030daafe0303aafe0509" + "6b657973" + "06ff4c00101122"))
    assert (advert.flags, advert.tx_power_dbm, advert.name, advert.name_complete) == (6, -10, "keys", True)
    assert advert.uuids == ["FEAA"]
    assert advert.manufacturer == [(0x004C, b"\x10\x11\x22")]
    assert advert.types == [0x01, 0x0A, 0x0D, 0x03, 0x09, 0xFF]
    assert advert.problem is None


def test_zero_length_ends_the_data() -> None:
    advert = ad.parse(bytes.fromhex("020106" + "00" * 28))
    assert advert.types == [1]
    assert advert.problem is None


@pytest.mark.parametrize(
    ("data", "offset"),
    [("1e", 0), ("05ff4c0012", 0), ("02010605ff4c00", 3), ("02", 0), ("0201061eff4c001219", 3)],
)
def test_a_structure_past_the_end_is_named_with_its_offset(data: str, offset: int) -> None:
    with pytest.raises(ProtocolError) as caught:
        ad.structures(bytes.fromhex(data))
    assert caught.value.offset == offset
    assert ad.parse(bytes.fromhex(data)).problem is not None


def test_what_stands_before_the_break_is_kept() -> None:
    advert = ad.parse(bytes.fromhex("03035afd" + "17165afd"))
    assert advert.uuids == ["FD5A"]
    assert "23 bytes where 3 are left" in str(advert.problem)


def test_uuids_of_all_sizes_and_on_the_base() -> None:
    battery = "0000180F-0000-1000-8000-00805F9B34FB"
    assert ad.uuid_bytes(battery) == b"\x0f\x18"
    assert ad.uuid_text(bytes.fromhex("fb349b5f80000080001000000f180000")) == "180F"
    assert ad.uuid_text(bytes.fromhex("0f180000")) == "180F"
    assert ad.uuid_text(bytes.fromhex("78563412")) == "12345678"
    text = "73180001-1209-416B-8695-777A4EEF2568"
    assert ad.uuid_text(ad.uuid_bytes(text)) == text
    with pytest.raises(ProtocolError):
        ad.uuid_bytes("not a uuid")


def test_128_bit_uuids_are_also_read_the_other_way_round() -> None:
    text = "41584A41-4E55-5342-5743-444556494345"
    straight = ad.parse(ad.encode([(0x07, ad.uuid_bytes(text))]))
    swapped = ad.parse(ad.encode([(0x07, ad.uuid_bytes(text)[::-1])]))
    assert straight.uuids == [text]
    assert swapped.reversed_uuids == [text]


def test_a_name_that_is_no_utf8_is_kept_visible() -> None:
    assert ad.parse(bytes.fromhex("0409" + "41ff42")).name == "A\\xffB"


def test_complete_name_wins_over_short_in_any_order() -> None:
    for data in ("0208" + "41" + "0309" + "4142", "0309" + "4142" + "0208" + "41"):
        assert ad.parse(bytes.fromhex(data)).name == "AB"


@given(st.binary(max_size=1700))
def test_any_bytes_parse_or_say_why_not(data: bytes) -> None:
    advert = ad.parse(data)
    if advert.problem is None:
        assert len(ad.structures(data)) == len(advert.types)
    else:
        assert str(advert.problem)


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=254)), max_size=6))
def test_encoding_comes_back(items: list[tuple[int, bytes]]) -> None:
    assert ad.structures(ad.encode(items)) == items


@given(
    st.one_of(st.none(), st.integers(0, 255)),
    st.one_of(st.none(), st.text(max_size=300)),
    st.lists(st.integers(0, 0xFFFF).map(lambda n: f"{n:04X}"), max_size=150, unique=True),
    st.dictionaries(st.integers(0, 0xFFFF), st.binary(max_size=300), max_size=3),
)
def test_fields_of_an_operating_system_come_back(
    flags: int | None, name: str | None, uuids: list[str], makers: dict[int, bytes]
) -> None:
    data = ad.from_fields(flags=flags, name=name, uuids=uuids, manufacturer=makers.items())
    advert = ad.parse(data)
    if len(data) <= ad.MAX_BYTES:
        assert advert.flags == flags
        assert advert.uuids == uuids
        assert advert.manufacturer == [(maker, value[:252]) for maker, value in makers.items()]


def test_address_kinds() -> None:
    """Core 5.4 volume 6 part B 1.3.2: the two top bits."""
    assert address_class("C0:00:00:00:00:01", "random") == "random_static"
    assert address_class("40:00:00:00:00:01", "random") == "random_resolvable"
    assert address_class("00:00:00:00:00:01", "random") == "random_non_resolvable"
    assert address_class("C0:00:00:00:00:01", "public") == "public"
    assert address_class("C0:00:00:00:00:01", None) is None
    assert oui("00:25:df:01:02:03", "public") == "0025DF"
    assert oui("00:25:DF:01:02:03", "random") is None
    assert normalise("00-25-df-01-02-03") == "00:25:DF:01:02:03"
    assert normalise("phone") == "phone"
    assert raw("zz") is None
