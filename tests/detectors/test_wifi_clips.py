"""Battery cameras by their habit: clips of a real camera's IP traffic, re-framed, and what is no camera."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sweeper.detectors.wifi_clips import WifiClips
from sweeper.records import Detection, FrameBatch, Level, Medium
from tests.detectors import wifi_air as air
from tests.measure import wifi_streams as ws

STATION, POINT, GATE = "f4:b8:5e:00:00:01", "50:c7:bf:00:00:01", "50:c7:bf:00:00:0f"
Rows = list[tuple[float, int, bool]]


def claims(rows: Rows, station: str = STATION) -> list[Detection]:
    """Detections from packets (seconds, bytes, up?) as QoS data frames cut behind their headers."""
    up, down = air.data(station, POINT, GATE, 1, 0), air.data(POINT, station, GATE, 2, 0)
    made = []
    stage = WifiClips()
    rows = sorted(rows)
    for at in range(0, len(rows), 300):
        part = rows[at : at + 300]
        batch = FrameBatch(
            source="derived",
            time_s=part[0][0],
            medium=Medium.WIFI,
            link_type=105,
            times_s=tuple(time_s for time_s, _, _ in part),
            frames=tuple(up if goes_up else down for _, _, goes_up in part),
            lengths=tuple(len(up) + size for _, size, _ in part),
        )
        made += stage.feed(batch)
    made += stage.finish()
    return [r for r in made if isinstance(r, Detection)]


def clip(start: float, seconds: float = 10.0, packets: int = 400) -> Rows:
    """One clip: full packets, a few short ones, an acknowledgement for each second."""
    times = start + np.sort(np.random.default_rng(int(start)).uniform(0, seconds, packets))
    rows = [(float(t), 340 if i % 18 == 0 else 1467, True) for i, t in enumerate(times)]
    return rows + [(t + 0.01, 66, False) for t, _, _ in rows[::2]]


def test_two_clips_are_a_habit_one_is_none() -> None:
    assert claims(clip(5.0)) == []
    (claim,) = claims(clip(5.0) + clip(95.0))
    assert (claim.kind, claim.level, claim.subject) == ("camera", Level.LOW, STATION)
    assert len(claim.benign) >= 2


def test_a_station_that_does_other_things_is_none() -> None:
    surfing = [(float(t), 1500, False) for t in np.arange(0, 120, 0.2)]
    assert claims(clip(5.0) + clip(95.0) + surfing) == []


def test_a_random_address_is_a_phone() -> None:
    assert claims(clip(5.0) + clip(95.0), "02:b8:5e:00:00:01") == []


def test_as_fast_as_the_network_allows_is_none() -> None:
    assert claims(clip(5.0, 1.0) + clip(95.0, 1.0)) == []


def test_without_pause_it_is_a_backup() -> None:
    assert claims([row for k in range(20) for row in clip(5.0 + 10 * k)]) == []


@pytest.mark.parametrize("name", ws.OTHERS)
def test_other_traffic(name: str) -> None:
    for seed in (6001, 6002):
        rng = np.random.default_rng(seed)
        packets = ws.on_the_air(ws.OTHERS[name](rng, 30.0), rng)
        assert claims([(p.time_s, p.size, p.way == ws.UP) for p in packets if p.way != ws.RELAY]) == []


def derived(path: Path, mac: str) -> Rows:
    """A host's IP packets out of an Ethernet capture, each once (tagged copies are left out). DERIVED."""
    address = air.mac(mac)
    rows: Rows = []
    for batch in air.capture(path, Medium.LAN):
        for time_s, frame, length in zip(batch.times_s, batch.frames, batch.lengths, strict=True):
            if frame[6:12] == address and frame[12:14] != b"\x81\x00":
                rows.append((time_s, length - 14, True))
            elif frame[:6] == address:
                rows.append((time_s, length - 14, False))
    return rows


@pytest.mark.corpus
def test_a_real_camera_and_a_real_hub(corpus_path: Path) -> None:
    folder = corpus_path / "wifi" / "lan"
    assert len(claims(derived(folder / "blink-cam-01.pcap", "f4:b8:5e:ff:2b:1b"))) == 1
    assert claims(derived(folder / "lockly-hub-01.pcap", "24:6f:28:d9:a7:64")) == []
