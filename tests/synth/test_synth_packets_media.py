"""Bluetooth and Wi-Fi of a scene: bytes as the specifications have them, and tshark as a second reader."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from sweeper import synth
from sweeper.synth import ble, wifi
from sweeper.synth import scene as s

BLE = (
    s.AirTag(name="tag", loss=0.0),
    s.AirTag(name="near", loss=0.0, separated=False),
    s.SmartTag(name="smart", loss=0.0, state=3),
    s.IPhone(name="phone", loss=0.0),
    s.WindowsLaptop(name="laptop", loss=0.0),
    s.Headphones(name="ears", loss=0.0),
    s.IBeacon(name="beacon", loss=0.0),
    s.Thermometer(name="warm", loss=0.0),
    s.RawAdvert(name="raw", loss=0.0, data="0201060303aafe"),
)
WIFI = (
    s.AccessPoint(name="ap", ssid="Office", channel=6, address="50:c7:bf:00:00:01", loss=0.0),
    s.AccessPoint(name="five", ssid="Office 5", channel=36, loss=0.0),
    s.Camera(name="cam", ap="ap", address="20:32:33:00:00:02", loss=0.0, kbit_per_s=1200),
    s.WifiPhone(name="phone", ap="ap", loss=0.0),
    s.WifiLaptop(name="call", ap="five", use="video-call", address="a4:c3:f0:00:00:03", loss=0.0),
)


def scene(**changes: object) -> s.Scene:
    return s.Scene(**{"name": "x", "seed": 3, "duration_s": 20.0, "ble": BLE, "wifi": WIFI, **changes})  # type: ignore[arg-type]


def of(name: str) -> list[ble.Advertisement]:
    return list(ble.adverts(next(e for e in BLE if e.name == name), 3, 4000.0))


def test_airtag_frame_holds_the_key() -> None:
    """Find My: 1e ff 4c 00 12 19 status(22 key bytes)(2 bits)(hint); 31 bytes; static random address."""
    heard = of("tag")
    data = heard[0].data
    assert len(data) == 31
    assert data[:7] == bytes.fromhex("1eff4c00121910")
    assert data[29] <= 3
    assert int(heard[0].address[:2], 16) >> 6 == 3
    assert {a.address_type for a in heard} == {"random"}
    assert len({a.address for a in heard}) == 1
    gaps = np.diff([a.time_s for a in heard])
    assert np.all((gaps > 1.98) & (gaps < 2.02))  # 2 s and up to 10 ms of delay


def test_near_airtag_has_the_short_frame() -> None:
    data = of("near")[0].data
    assert data[:6] == bytes.fromhex("07ff4c001202")
    assert data[6] & 0x34 == 0x14  # kind 1 (AirTag), maintained
    assert len(data) == 8


def test_smarttag_service_data() -> None:
    data = of("smart")[0].data
    assert data[:8] == bytes.fromhex("03035afd17165afd")
    assert data[8] == 0x13  # 00010 and state 3
    assert len(data) == 28


def test_phone_addresses_rotate_every_quarter_hour() -> None:
    heard = of("phone")
    by_slot = {(int(a.time_s / 900), a.address) for a in heard}
    assert len(by_slot) == len({slot for slot, _ in by_slot}) == 5
    assert all(int(a.address[:2], 16) >> 6 == 1 for a in heard)  # resolvable private


@pytest.mark.parametrize("name", [e.name for e in BLE])
def test_structures_fill_at_most_31_bytes(name: str) -> None:
    data = of(name)[0].data
    at = 0
    while at < len(data):
        assert data[at] > 0
        at += data[at] + 1
    assert at == len(data) <= 31


def test_loss_and_level() -> None:
    lossy = s.IPhone(name="p", rssi_dbm=-70, spread_db=4, loss=0.5)
    heard = list(ble.adverts(lossy, 1, 600.0))
    assert len(heard) == pytest.approx(600 / 0.27 * 0.5, rel=0.06)
    levels = [a.rssi_dbm for a in heard]
    assert np.mean(levels) == pytest.approx(-70, abs=0.5)
    assert np.std(levels) == pytest.approx(4, rel=0.1)


def tshark(path: Path, *arguments: str) -> list[str]:
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed")
    run = subprocess.run(
        ["tshark", "-n", "-r", str(path), *arguments], capture_output=True, text=True, check=True
    )
    return run.stdout.splitlines()


def written(tmp_path: Path, kind: str, suffix: str) -> Path:
    return next(p for p in synth.write(scene(), tmp_path, (kind,)) if p.name.endswith(suffix))


@pytest.mark.parametrize(("kind", "suffix"), [("ble-pcap", "-ble.pcap"), ("btsnoop", ".btsnoop")])
def test_tshark_reads_the_adverts(tmp_path: Path, kind: str, suffix: str) -> None:
    path = written(tmp_path, kind, suffix)
    expected = ble.everything(scene())
    field = "btle.advertising_address" if kind == "ble-pcap" else "bthci_evt.bd_addr"
    addresses = tshark(path, "-T", "fields", "-e", field)
    assert addresses == [a.address for a in expected]
    assert not tshark(path, "-Y", "_ws.malformed || btle.crc.incorrect")
    rssi = (
        "nordic_ble.rssi"
        if kind == "none"
        else "btle_rf.signal_dbm"
        if kind == "ble-pcap"
        else "bthci_evt.rssi"
    )
    levels = tshark(path, "-T", "fields", "-e", rssi)
    assert [int(re.match(r"-?\d+", level)[0]) for level in levels] == [a.rssi_dbm for a in expected]  # type: ignore[index]


def test_tshark_reads_the_frames(tmp_path: Path) -> None:
    path = written(tmp_path, "pcap", "-wifi.pcap")
    expected = list(wifi.frames(scene()))
    lines = tshark(
        path, "-T", "fields", "-e", "wlan.fc.type_subtype", "-e", "radiotap.channel.freq", "-e", "frame.len"
    )
    assert len(lines) == len(expected)
    assert not tshark(path, "-Y", "_ws.malformed || _ws.expert.severity == error")
    kinds = Counter(int(line.split("\t")[0], 0) for line in lines)
    assert set(kinds) == {0x04, 0x08, 0x1D, 0x24, 0x28}  # probes, beacons, ACKs, null data, QoS data
    assert kinds[0x08] == pytest.approx(2 * 20 / 0.1024, abs=4)
    assert {line.split("\t")[1] for line in lines} == {"2437", "5180"}
    ssids = tshark(
        path,
        "-Y",
        "wlan.fc.type_subtype == 8 && radiotap.channel.freq == 2437",
        "-T",
        "fields",
        "-e",
        "wlan.ssid",
    )
    assert {bytes.fromhex(ssid).decode() if re.fullmatch("[0-9a-f]+", ssid) else ssid for ssid in ssids} == {
        "Office"
    }


def test_camera_is_heard_as_uplink_at_its_rate(tmp_path: Path) -> None:
    """Bytes counted from the frames themselves: addr2 of ToDS QoS data is the camera."""
    sizes = []
    for time_s, frame in wifi.frames(scene(duration_s=60.0)):
        body = frame[frame[2] :]
        if body[0] == 0x88 and body[1] & 0x0B == 0x01 and body[10:16].hex() == "203233000002":
            sizes.append((time_s, len(body) - 26 - 24))
    video = sum(size for _, size in sizes if size != 212)
    assert video * 8 / 60 == pytest.approx(1.2e6, rel=0.12)
    per_frame = np.zeros(60 * 20)
    for time_s, size in sizes:
        per_frame[min(len(per_frame) - 1, int(time_s * 20))] += size
    keys = per_frame[::40]  # each two seconds at 20 frames a second
    assert keys.mean() > 3 * np.median(per_frame)


def test_times_are_in_order_and_the_call_goes_both_ways() -> None:
    up = down = 0
    last = 0.0
    for time_s, frame in wifi.frames(scene()):
        assert time_s >= last
        last = time_s
        body = frame[frame[2] :]
        if body[0] == 0x88:
            up += len(body) * (body[10:16].hex() == "a4c3f0000003")
            down += len(body) * (body[4:10].hex() == "a4c3f0000003")
    assert 0.7 < up / down < 1.4


def test_the_adapter_hears_one_channel_at_a_time() -> None:
    stays = (s.Stay(channel=6, seconds=2.0), s.Stay(channel=36, seconds=1.0))
    for time_s, frame in wifi.frames(scene(listen=stays, duration_s=9.0)):
        frequency = int.from_bytes(frame[18:20], "little")
        edge = min(time_s % 3.0, abs(time_s % 3.0 - 2.0), 3 - time_s % 3.0)
        if edge > 0.01:
            assert frequency == (2437 if time_s % 3 < 2 else 5180)


def test_a_part_renders_as_in_the_whole() -> None:
    """What one emitter does, does not depend on who else is there."""
    alone = list(wifi.frames(scene(wifi=WIFI[:1])))
    among = [h for h in wifi.frames(scene()) if h[1][h[1][2] :][:1] == b"\x80" and h in alone]
    assert alone == among
