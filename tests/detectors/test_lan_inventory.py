"""The inventory of a captured local network."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.detectors.lan_inventory import LanInventory
from sweeper.protocols import lan
from sweeper.records import Device, FrameBatch, Medium
from sweeper.signatures import Library
from tests.detectors import wifi_air as air
from tests.protocols.test_lan import ipv4, question, tcp, udp

CAMERA, ROUTER = bytes.fromhex("4447cc000001"), bytes.fromhex("50c7bf000001")


def batch(*frames: bytes, link_type: int = 1) -> FrameBatch:
    times = tuple(map(float, range(len(frames))))
    return FrameBatch(
        source="t",
        time_s=0.0,
        medium=Medium.LAN,
        link_type=link_type,
        times_s=times,
        frames=frames,
        lengths=tuple(map(len, frames)),
    )


def ethernet(mac: bytes, packet: bytes) -> bytes:
    return bytes(6) + mac + b"\x08\x00" + packet


def found(*frames: bytes, link_type: int = 1) -> dict[str, Device]:
    return air.devices(air.run(LanInventory(Library([])), batch(*frames, link_type=link_type)))


def test_a_host() -> None:
    device = found(
        ethernet(CAMERA, udp(question("a.example.com"), 4000, 53)), ethernet(CAMERA, tcp(b"", 554, 9, 0x12))
    )
    camera = device["44:47:cc:00:00:01"]
    assert (camera.id, camera.medium, camera.kind, camera.sightings) == (
        "lan-0001",
        Medium.LAN,
        "lan-host",
        2,
    )
    assert camera.vendor == "Hangzhou Hikvision Digital Technology Co.,Ltd."
    assert camera.facts["lan.ip"] == ["192.168.1.20"]
    assert camera.facts["lan.name"] == ["a.example.com"]
    assert camera.facts["lan.port"] == [554]


def test_what_a_router_passes_on_is_not_its_own() -> None:
    outside = ethernet(ROUTER, ipv4(tcp(b"", 554, 9, 0x12)[20:], 6, "93.184.216.34"))
    inside = ethernet(CAMERA, tcp(b"", 554, 9, 0x12))
    passed_on = ethernet(ROUTER, tcp(b"", 554, 9, 0x12))
    router = found(outside, inside, passed_on)["50:c7:bf:00:00:01"]
    assert "lan.port" not in router.facts


def test_without_hardware_addresses_hosts_are_told_by_ip() -> None:
    device = found(tcp(b"RTSP/1.0 200 OK\r\n\r\n", 7070, 9), link_type=101)
    assert device["192.168.1.20"].facts["lan.rtsp"] == [7070]


def test_wifi_batches_are_left_alone() -> None:
    other = air.batch([(0.0, air.beacon("50:c7:bf:00:00:01", b"x"))])
    assert list(LanInventory(Library([])).feed(other)) == []


@settings(deadline=None)
@given(st.lists(st.binary(max_size=120), min_size=1, max_size=10), st.sampled_from(lan.LINK_TYPES))
def test_any_frames(frames: list[bytes], link_type: int) -> None:
    for device in found(*frames, link_type=link_type).values():
        assert 0 < device.sightings <= len(frames)
        assert device.medium is Medium.LAN
