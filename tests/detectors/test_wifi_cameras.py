"""Cameras by behaviour, on synthesised traffic of devices that were not used to set the limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.detectors.wifi_cameras import KEPT_S, Flow, WifiCameras
from sweeper.detectors.wifi_inventory import WifiInventory
from sweeper.pipeline import Pipeline
from sweeper.protocols import radiotap
from sweeper.records import Detection, FrameBatch, Level
from sweeper.signatures import Library
from tests.detectors import wifi_air as air
from tests.measure import wifi_streams as ws

SEEDS = (5001, 5002, 5003)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ws.CAMERAS)
def test_cameras_that_stream(name: str, seed: int) -> None:
    assert ws.verdict(ws.CAMERAS[name], seed) is Level.MEDIUM


@pytest.mark.parametrize("name", ws.OTHERS)
def test_what_is_no_camera(name: str) -> None:
    assert [ws.verdict(ws.OTHERS[name], seed, 15.0) for seed in SEEDS[:2]] == [None, None]


def detections(packets: list[ws.Packet]) -> list[Detection]:
    pipeline = Pipeline([WifiInventory(Library([])), WifiCameras()])
    made = [record for batch in ws.batches(packets) for record in pipeline.feed(batch)]
    made += pipeline.finish()
    return [r for r in made if isinstance(r, Detection)]


def camera(seconds: float = 20.0, seed: int = 5001) -> list[ws.Packet]:
    rng = ws.np.random.default_rng(seed)
    return ws.on_the_air(ws.camera(rng, seconds), rng)


def test_the_claim_names_the_device_and_its_reasons() -> None:
    (claim,) = detections(camera())
    assert (claim.kind, claim.level, claim.subject) == ("camera", Level.MEDIUM, "wifi-0002")
    assert len(claim.benign) >= 2
    assert claim.next
    assert any("pictures a second" in phrase.text for phrase in claim.why)
    assert {e.what for e in claim.evidence} >= {"uplink rate", "uplink share", "picture rate"}


def test_raised_within_seconds() -> None:
    """DeWiCam needs 2.7 s; two looks here take under ten seconds from the first packet."""
    (claim,) = detections(camera(12.0))
    assert claim.time_s < 10.0


def test_an_access_point_out_of_earshot_lowers_the_level() -> None:
    """Only the station is heard: a call would look the same."""
    stage = WifiCameras()
    made = []
    for batch in ws.batches([p for p in camera() if p.way == ws.UP]):
        kept = [i for i, frame in enumerate(batch.frames) if frame[0] != 0x80]
        rows = [(batch.times_s[i], batch.frames[i], batch.lengths[i]) for i in kept]
        times, frames, lengths = zip(*rows, strict=True)
        made += stage.feed(
            FrameBatch(
                source="t",
                time_s=times[0],
                medium=batch.medium,
                link_type=105,
                times_s=times,
                frames=frames,
                lengths=lengths,
            )
        )
    levels = {r.level for r in made if isinstance(r, Detection)}
    assert levels == {Level.LOW}


def test_long_bursts_of_full_packets_do_not_hide_it() -> None:
    """A camera whose packets are 97 % full, as measured on real ones: over DeWiCam's upper limit."""
    rng = ws.np.random.default_rng(4)
    packets: list[ws.Packet] = []
    for k in range(15 * 20):
        size = int(60_000 * ws.np.exp(0.25 * rng.standard_normal()))
        packets += ws._row(k / 15 + rng.exponential(0.001), size, ws.UP, rng, 300e-6, 1448)
    full = sum(p.size == 1448 for p in packets) / len(packets)
    assert full > 0.96
    (claim,) = detections(sorted(packets))
    assert claim.level is Level.MEDIUM


def test_the_same_capture_twice_gives_the_same_claims() -> None:
    first, second = (
        [(d.time_s, d.subject, d.level, d.why, d.evidence) for d in detections(camera())] for _ in range(2)
    )
    assert first == second


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.tuples(st.floats(0, 1e6), st.binary(max_size=80), st.integers(0, 70_000)), min_size=1, max_size=20
    ),
    st.sampled_from(radiotap.LINK_TYPES),
)
def test_any_frames_in_any_order(rows: list[tuple[float, bytes, int]], link_type: int) -> None:
    times, frames, lengths = zip(*rows, strict=True)
    batch = FrameBatch(
        source="t", time_s=times[0], medium=air.Medium.WIFI, link_type=link_type,
        times_s=times, frames=frames, lengths=lengths,
    )  # fmt: skip
    assert air.run(WifiCameras(), batch) == []  # twenty frames show no stream


def test_a_flow_holds_what_was_sent_lately_however_often_it_is_looked_at() -> None:
    flow = Flow()
    for second in range(600):
        flow.add(np.array([float(second)]), np.array([100.0 + second]))
        flow.joined()
    times, sizes = flow.joined()
    assert times.tolist() == [599 - KEPT_S + n for n in range(round(KEPT_S) + 1)]
    assert sizes.tolist() == (times + 100).tolist()
    assert flow.packets == len(times)
