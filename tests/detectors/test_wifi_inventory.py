"""The Wi-Fi inventory: who sends, what they say of themselves, and what does not count as a sender."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.detectors.wifi_inventory import MOST_WAITING, WifiInventory
from sweeper.pipeline import PATIENCE, Pipeline
from sweeper.protocols import radiotap
from sweeper.records import Device, FrameBatch, Medium, Opened, State, Status
from sweeper.signatures import Library
from sweeper.text import safe_text
from tests.detectors import wifi_air as air

EMPTY = Library([])
LIBRARY = Library.load()
POINT, PHONE, CAMERA, GATE = (
    "50:c7:bf:00:00:01",
    "da:a1:19:00:00:02",
    "30:8c:fb:00:00:03",
    "50:c7:bf:00:00:0f",
)
RSN = air.element(48, bytes.fromhex("0100000fac040100000fac040100000fac020000"))


def heard(*frames: bytes, link_type: int = 105, library: Library = EMPTY) -> dict[str, Device]:
    rows = [(float(i), frame) for i, frame in enumerate(frames)]
    return air.devices(air.run(WifiInventory(library), air.batch(rows, link_type)))


def test_an_access_point() -> None:
    found = heard(air.beacon(POINT, b"Alatau", RSN, capabilities=0x0411))[POINT]
    assert (found.id, found.kind, found.sightings) == ("wifi-0001", "access-point", 1)
    assert found.vendor is not None
    assert found.vendor.startswith("TP-LINK")
    assert found.facts["wifi.ssid"] == ["Alatau"]
    assert found.facts["wifi.ssid_hex"] == [b"Alatau".hex()]
    assert found.facts["wifi.security"] == "WPA2-Personal"
    assert found.facts["wifi.channel"] == 6
    assert found.facts["wifi.taxonomy.beacon"] == "0,1,3,48"


def test_a_random_address_has_no_maker() -> None:
    found = heard(air.probe(PHONE, b"Home"), air.probe(PHONE, b"Work"))[PHONE]
    assert found.kind == "station"
    assert found.vendor is None
    assert "wifi.oui" not in found.facts
    assert found.facts["wifi.randomised"] is True
    assert found.facts["wifi.probed"] == ["Home", "Work"]


def test_a_station_its_network_and_volumes() -> None:
    found = heard(
        air.beacon(POINT, b"Alatau"),
        air.data(CAMERA, POINT, GATE, 1, 1000),
        air.data(CAMERA, POINT, GATE, 1, 500),
        air.data(POINT, CAMERA, GATE, 2, 80),
    )
    camera = found[CAMERA]
    assert camera.kind == "station"
    assert (camera.facts["wifi.bssid"], camera.facts["wifi.network"]) == (POINT, "Alatau")
    assert (camera.facts["wifi.up_bytes"], camera.facts["wifi.down_bytes"]) == (1500, 80)


def test_ids_follow_the_first_sighting() -> None:
    found = heard(air.probe(PHONE), air.beacon(POINT, b"x"), air.probe(PHONE), air.probe(CAMERA))
    assert [d.id for d in found.values()] == ["wifi-0001", "wifi-0002", "wifi-0003"]
    assert list(found) == [PHONE, POINT, CAMERA]


def test_signal_over_time() -> None:
    rows = [(t, air.with_radiotap(air.probe(CAMERA), dbm)) for t, dbm in ((0.0, -70), (5.2, -50), (9.0, -60))]
    found = air.devices(air.run(WifiInventory(EMPTY), *(air.batch([r], 127) for r in rows)))[CAMERA]
    assert (found.rssi_dbm, found.facts["wifi.rssi_max"]) == (-60, -50)
    assert found.facts["wifi.signal"] == [[0.0, -70], [5.0, -50], [9.0, -60]]
    assert (found.first_s, found.last_s) == (0.0, 9.0)


def test_a_spoilt_checksum_makes_no_device() -> None:
    """Six frames tell that checksums fit here; a seventh, garbled on the way, does not count."""
    good = [air.with_radiotap(air.probe(CAMERA)) for _ in range(6)]
    bad = air.with_radiotap(air.beacon("30:8c:fb:55:55:55", b"ghost"), spoil=True)
    made = air.run(WifiInventory(EMPTY), air.batch([(float(i), f) for i, f in enumerate([*good, bad])], 127))
    assert list(air.devices(made)) == [CAMERA]
    (status,) = [r for r in made if isinstance(r, Status)]
    assert (status.state, status.detail) == (State.READY, "of 7 frames: 1 frames failed their checksum")


def test_the_receivers_own_verdict_counts() -> None:
    frame = bytearray(air.with_radiotap(air.beacon(POINT, b"x"), fcs=False))
    frame[8] = radiotap.FLAG_BAD_FCS
    assert heard(bytes(frame), link_type=127) == {}


def test_unflagged_checksums_are_found_and_left_off() -> None:
    """A capture without radiotap that keeps the FCS: its four bytes are no element."""
    frames = [air.with_radiotap(air.beacon(POINT, b"x"))[16:] for _ in range(3)]
    assert heard(*frames)[POINT].facts["wifi.taxonomy.beacon"] == "0,1,3"


def test_one_data_frame_proves_nothing_two_do() -> None:
    one = air.data(CAMERA, POINT, GATE)
    assert heard(one) == {}
    assert list(heard(one, one)) == [CAMERA]


def test_a_garbled_beacon_proves_nothing() -> None:
    assert heard(air.beacon(POINT, b"x") + b"\xdd\xff\x00") == {}


def test_senders_with_the_group_bit_are_none() -> None:
    assert heard(*[air.beacon("51:c7:bf:00:00:01", b"x")] * 3) == {}


def test_hidden_names_and_hostile_ones() -> None:
    hostile = b"<b>\x1b[2J\xe2\x80\xae\xff"
    found = heard(air.beacon(POINT, b"\0\0\0"), air.beacon(CAMERA, hostile))
    assert found[POINT].facts["wifi.hidden"] is True
    assert "wifi.ssid" not in found[POINT].facts
    assert found[CAMERA].facts["wifi.ssid"] == ["<b>\\x1b[2J\\u202e\\xff"]
    assert found[CAMERA].facts["wifi.ssid_hex"] == [hostile.hex()]


def test_news_are_told_once() -> None:
    stage = WifiInventory(EMPTY)
    first = list(stage.feed(air.batch([(0.0, air.beacon(POINT, b"a"))])))
    again = list(stage.feed(air.batch([(1.0, air.beacon(POINT, b"a", air.element(5, b"\1\3\0\0")))])))
    more = list(stage.feed(air.batch([(2.0, air.beacon(POINT, b"b"))])))
    assert (len(first), len(again), len(more)) == (1, 0, 1)
    assert isinstance(more[0], Device)
    assert more[0].facts["wifi.ssid"] == ["a", "b"]


def test_floods_of_made_up_addresses_do_not_fill_the_memory() -> None:
    stage = WifiInventory(EMPTY)
    for k in range(0, MOST_WAITING + 3000, 1000):
        rows = [
            (0.0, air.data(f"02:00:00:00:{i >> 8:02x}:{i & 255:02x}", POINT, GATE))
            for i in range(k, k + 1000)
        ]
        assert list(stage.feed(air.batch(rows))) == []
    assert len(stage._waiting) <= MOST_WAITING


@settings(deadline=None)
@given(st.lists(st.binary(max_size=150), min_size=1, max_size=12), st.sampled_from(radiotap.LINK_TYPES))
def test_any_frames(frames: list[bytes], link_type: int) -> None:
    for device in heard(*frames, link_type=link_type).values():
        assert 0 < device.sightings <= len(frames)
        assert not int(device.address[1], 16) & 1, "a group address sends nothing"


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_changed_frames(data: st.DataObject) -> None:
    """Frames with a few bytes changed, cut or lengthened: any device or none, never an exception."""
    whole = [
        air.with_radiotap(air.beacon(POINT, b"name", RSN)),
        air.with_radiotap(air.probe(PHONE, b"x", air.element(221, b"\0\x50\xf2\x04\x10\x4a\0\1\x10"))),
        air.with_radiotap(air.data(CAMERA, POINT, GATE)),
    ]
    changed = []
    for frame in whole * 3:
        bytes_ = bytearray(frame)
        for _ in range(data.draw(st.integers(0, 3))):
            bytes_[data.draw(st.integers(0, len(bytes_) - 1))] = data.draw(st.integers(0, 255))
        changed.append(bytes(bytes_[: data.draw(st.integers(0, len(bytes_)))]))
    for device in heard(*changed, link_type=127, library=LIBRARY).values():
        assert 0 < device.sightings <= len(changed)
        for name in device.facts.get("wifi.ssid", []):  # type: ignore[union-attr]
            assert safe_text(name) == name


def _senders(path: Path) -> set[str]:
    """Who sends in a capture, by tshark."""
    told = subprocess.run(
        ["tshark", "-n", "-r", path, "-Y", "wlan.ta", "-T", "fields", "-e", "wlan.ta"],
        capture_output=True, text=True, check=False,
    ).stdout.split()  # fmt: skip
    return {address for address in told if not int(address[1], 16) & 1}


@pytest.mark.corpus
@pytest.mark.parametrize(
    "name", ["aircrack/wpa-psk-linksys.cap", "aircrack/test1.pcap", "aircrack/n-02.cap", "aircrack/wpa.cap"]
)
def test_the_same_senders_as_tshark(corpus_path: Path, name: str) -> None:
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed")
    path = corpus_path / "wifi" / name
    found = air.devices(air.run(WifiInventory(EMPTY), *air.capture(path)))
    told = _senders(path)
    assert set(found) <= told
    assert len(found) >= 0.75 * len(told)  # the rest sent one unproven frame


@pytest.mark.corpus
def test_every_small_capture_is_read_without_failure(corpus_path: Path) -> None:
    """Conformance files with every kind of malformed frame."""
    pipeline = Pipeline([WifiInventory(Library.load())])
    for folder in ("tcpdump", "zeek"):
        for path in sorted((corpus_path / "wifi" / folder).iterdir()):
            for batch in air.capture(path):
                for record in pipeline.feed(batch):
                    assert not (isinstance(record, Status) and record.state is State.FAILED), path.name
    assert pipeline._failures == [0]
    assert PATIENCE == 3


def test_other_media_are_left_alone() -> None:
    frame = air.beacon(POINT, b"x")
    other = FrameBatch(
        source="t", time_s=0.0, medium=Medium.LAN, link_type=1, times_s=(0.0,), frames=(frame,), lengths=(60,)
    )
    assert list(WifiInventory(EMPTY).feed(other)) == []


def test_a_network_at_sixty_gigahertz(corpus_path: Path) -> None:
    """aircrack's capture of an 802.11ad beacon: tshark calls its sender 8c:3b:ad:b1:5f:ff, Netgear."""
    path = corpus_path / "wifi" / "aircrack" / "80211ad_beacon.pcap"
    (device,) = air.devices(air.run(WifiInventory(Library([])), *air.capture(path))).values()
    assert (device.address, device.facts["wifi.kind"]) == ("8c:3b:ad:b1:5f:ff", "access-point")
    assert device.facts["wifi.channel"] == 2  # 60.48 GHz


def test_a_dmg_beacon_with_a_name() -> None:
    """Laid out after 802.11-2020, 9.3.4.2; the privacy bit alone names no protection."""
    body = bytes(19) + b"\x17" + air.element(0, b"Sixty") + air.element(148, bytes(8))
    frame = b"\x0c\0\0\0" + air.mac("8c:3b:ad:00:00:01") + body
    device = air.devices(air.run(WifiInventory(Library([])), air.batch([(0.0, frame)])))["8c:3b:ad:00:00:01"]
    assert device.facts["wifi.ssid"] == ["Sixty"]
    assert "wifi.security" not in device.facts


def test_a_live_device_is_told_anew_each_second() -> None:
    """For who walks towards it; a recording tells only what is new, and all at the end."""
    opened = Opened(source="test", time_s=0.0, medium=Medium.WIFI, live=True)
    batches = [
        air.batch([(k / 10, air.with_radiotap(air.beacon(POINT, b"x"), -80 + k))], 127) for k in range(35)
    ]
    for first, count in ((opened, 4), (None, 1)):
        stage = WifiInventory(Library([]))
        told = [r for one in ([first] if first else []) + batches for r in stage.feed(one)]  # type: ignore[operator]
        assert len(told) == count
    assert told[0].rssi_dbm == -80  # type: ignore[attr-defined]
