"""Elements, security, WPS and IE signatures: the standards' bytes, published signatures, captures."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.protocols import ieee80211 as wifi
from sweeper.protocols import radiotap, taxonomy
from sweeper.protocols.pcap import packets


def element(number: int, data: bytes) -> bytes:
    return bytes([number, len(data)]) + data


RSN_PSK = bytes.fromhex(
    "0100000fac040100000fac040100000fac020000"
)  # IEEE 802.11-2020, figure 9-288: CCMP, PSK
RSN_SAE = bytes.fromhex("0100000fac040100000fac040100000fac08c000")
RSN_MIXED = bytes.fromhex("0100000fac040100000fac040200000fac02000fac088000")
RSN_EAP = bytes.fromhex("0100000fac040100000fac040100000fac010000")
RSN_OWE = bytes.fromhex("0100000fac040100000fac040100000fac12c000")
WPA_PSK = bytes.fromhex("0050f20101000050f20201000050f20201000050f202")


@pytest.mark.parametrize(
    ("elements", "privacy", "name"),
    [
        ([(48, RSN_PSK)], True, "WPA2-Personal"),
        ([(48, RSN_SAE)], True, "WPA3-Personal"),
        ([(48, RSN_MIXED)], True, "WPA2/WPA3-Personal"),
        ([(48, RSN_EAP)], True, "WPA2-Enterprise"),
        ([(48, RSN_OWE)], True, "OWE"),
        ([(221, WPA_PSK)], True, "WPA-Personal"),
        ([(221, WPA_PSK), (48, RSN_PSK)], True, "WPA2-Personal"),
        ([(48, RSN_PSK[:9])], True, "WPA2-Personal"),
        ([], True, "WEP"),
        ([], False, "open"),
    ],
)
def test_security(elements: list[tuple[int, bytes]], privacy: bool, name: str) -> None:
    assert wifi.security(tuple(elements), privacy) == name


def test_elements_that_overrun_end_the_list() -> None:
    found = wifi.elements(b"\x00\x03abc\x01\x09ab")
    assert found.items == ((0, b"abc"),)
    assert not found.complete
    assert wifi.elements(b"\x00\x03abc").complete


def test_wps_names_the_device() -> None:
    attributes = b"".join(
        struct.pack(">HH", code, len(data)) + data
        for code, data in (
            (0x104A, b"\x10"),
            (0x1021, b"ACME"),
            (0x1023, b"Camera 7\0"),
            (0x1054, bytes.fromhex("00040050f2040004")),  # category 4 camera, sub-category 4 security camera
            (0x1011, "Büro".encode()),
        )
    )
    found = wifi.describe(element(221, b"\x00\x50\xf2\x04" + attributes)).wps
    assert found is not None
    assert (found.manufacturer, found.model, found.category, found.device) == (
        "ACME",
        "Camera 7",
        "camera/4",
        "Büro",
    )


def test_a_beacons_description() -> None:
    body = (
        element(0, b"Alatau Guest") + element(1, b"\x82\x84") + element(3, b"\x06") + element(7, b"KZ ")
        + element(221, b"\x00\x50\xf2\x02\x01") + element(221, b"\x50\x6f\x9a\x09\x02")
    )  # fmt: skip
    found = wifi.describe(body)
    assert (found.ssid, found.channel, found.country, found.direct) == (b"Alatau Guest", 6, "KZ", True)
    assert found.vendors == ("0050f2,2", "506f9a,9")


@pytest.mark.parametrize(
    ("ssid", "hidden"), [(b"", True), (b"\0\0\0\0", True), (b"home", False), (None, False), (b"\0a", False)]
)
def test_hidden(ssid: bytes | None, hidden: bool) -> None:
    assert wifi.hidden(ssid) is hidden


def test_address_bits() -> None:
    assert wifi.randomised(0x02_00_00_00_00_00)
    assert not wifi.randomised(0x30_8C_FB_00_00_00)
    assert wifi.group(0x01_00_5E_00_00_01)


def test_steady_leaves_out_what_changes() -> None:
    tim, name = element(5, b"\0\1\0\0"), element(0, b"x")
    assert wifi.steady(b"??" + name + tim, 2) == name
    assert wifi.steady(name + element(5, b"\1\1\0\0"), 0) == wifi.steady(name + tim, 0)


def test_a_published_signature() -> None:
    """The association request of a Dropcam, as hostap's taxonomy prints it (published by its authors)."""
    ht = bytes.fromhex("2c0001ff000000") + bytes(19)
    body = (
        element(0, b"home") + element(1, b"\x82") + element(50, b"\x30") + element(45, ht)
        + element(48, RSN_PSK) + element(221, bytes.fromhex("0050f202000100"))
    )  # fmt: skip
    assert taxonomy.signature(wifi.elements(body).items) == (
        "0,1,50,45,48,221(0050f2,2),htcap:002c,htagg:01,htmcs:000000ff"
    )


def test_vht_power_capabilities_and_model() -> None:
    vht = struct.pack("<III", 0x0F805832, 0x0000FFFE, 0x0000FFFE)
    items = ((191, vht), (33, b"\xe0\x09"), (127, bytes.fromhex("000008")), (221, b"\x00\x50\xf2\x04"))
    assert taxonomy.signature(items, "HTC One (M9)") == (
        "191,33,127,221(0050f2,4),vhtcap:0f805832,vhtrxmcs:0000fffe,vhttxmcs:0000fffe,txpow:09e0,"
        "extcap:000008,wps:HTC_One__M9_"
    )


PUBLISHED = {
    "Dropcam Pro 5GHz GFRG210 Specific Probe": (
        "0,1,45,htcap:106e,htagg:01,htmcs:000000ff",
        "0,1,45,33,36,48,221(0050f2,2),htcap:106e,htagg:01,htmcs:000000ff,txpow:0e00",
    ),
    "ecobee thermostat ecobee3 2.4GHz WNDR3800 3.7.0.950 Broadcast Probe": (
        "0,1,50,45,htcap:002c,htagg:01,htmcs:000000ff",
        "0,1,50,45,48,221(0050f2,2),htcap:002c,htagg:01,htmcs:000000ff",
    ),
    "Nest Thermostat v3 2.4GHz GFRG210 sw 5.7 hw display-3.4 base-5.3 Broadcast Probe": (
        "0,1,50,3,45,221(001018,2),221(00904c,51),htcap:0020,htagg:1a,htmcs:000000ff",
        "0,1,33,36,48,50,45,221(001018,2),221(00904c,51),221(0050f2,2),"
        "htcap:0020,htagg:1a,htmcs:000000ff,txpow:150b",
    ),
}
"""Lines of the public signature list, beside captures of the same devices."""


@pytest.mark.corpus
@pytest.mark.parametrize("name", PUBLISHED)
def test_captured_devices_have_their_published_signatures(corpus_path: Path, name: str) -> None:
    found: dict[int, set[str]] = {}
    with (corpus_path / "wifi" / "taxonomy" / f"{name}.pcap").open("rb") as stream:
        for packet in packets(stream):
            radio = radiotap.parse(packet.data)
            frame = packet.data[radio.start : len(packet.data) - 4 * radio.fcs]
            if frame[0] in (0x40, 0x00):
                described = wifi.describe(frame[24:], wifi.FIXED[frame[0] >> 4])
                model = described.wps.model if described.wps else ""
                found.setdefault(frame[0], set()).add(taxonomy.signature(described.items, model))
    probe, association = PUBLISHED[name]
    assert probe in found[0x40]
    assert association in found[0x00]


@given(st.binary(max_size=400), st.integers(0, 20))
def test_any_bytes(body: bytes, at: int) -> None:
    found = wifi.describe(body, at)
    wifi.security(found.items, True)
    wifi.steady(body, at)
    taxonomy.signature(found.items, "m")
    assert sum(2 + len(data) for _, data in found.items) <= max(len(body) - at, 0)


@given(st.binary(max_size=200))
def test_any_wps(data: bytes) -> None:
    found = wifi.wps(data)
    assert sum(map(len, found)) <= 2 * len(data) + 40
    told = wifi.describe(element(221, (b"\x00\x50\xf2\x04" + data)[:255]))
    assert told.wps == found if data else told.wps is None
