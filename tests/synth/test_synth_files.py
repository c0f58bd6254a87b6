"""Scenes as files: the same bytes each time, in the formats they claim."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
import sigmf

from sweeper import synth
from sweeper.errors import SweeperError
from sweeper.synth import files
from sweeper.synth import scene as s
from sweeper.synth.receiver import Receiver

SCENE = s.Scene(
    name="two",
    seed=5,
    duration_s=0.1,
    capture=(s.Capture(center_hz=433.92e6, rate_hz=250e3, start_s=0.02, duration_s=0.05),),
    rf=(s.Nfm(name="bug", center_hz=433.9e6, level_dbm=-75),),
    ble=(s.AirTag(name="tag"),),
    wifi=(s.AccessPoint(name="ap", ssid="A", channel=1),),
)


def test_the_same_scene_gives_the_same_bytes(tmp_path: Path) -> None:
    kinds = files.FORMATS
    one = synth.write(SCENE, tmp_path / "a", kinds)
    two = synth.write(SCENE, tmp_path / "b", kinds)
    assert [p.name for p in one] == [p.name for p in two]
    assert len({p.name for p in one}) == len(one)
    for a, b in zip(one, two, strict=True):
        assert a.read_bytes() == b.read_bytes()


@pytest.mark.parametrize(
    ("kind", "dtype", "middle", "scale"),
    [("cu8", "u1", 127.5, 128), ("cs8", "i1", -0.5, 128), ("cs16", "<i2", 0, 32768), ("cf32", "<f4", 0, 1)],
)
def test_samples_survive_their_format(
    tmp_path: Path, kind: str, dtype: str, middle: float, scale: float
) -> None:
    (path,) = synth.write(SCENE, tmp_path, (kind,))
    assert path.name == f"two_433.92M_250k.{kind}"
    numbers = (np.fromfile(path, dtype).astype(float) - middle) / scale
    expected = Receiver(SCENE).samples(0.02, 12_500, 433.92e6, 250e3).view(np.float32)
    assert len(numbers) == len(expected)
    assert np.abs(numbers - expected).max() <= 0.5 / scale + 1e-6


def test_sigmf_is_valid_and_says_that_it_is_synthetic(tmp_path: Path) -> None:
    meta, data = synth.write(SCENE, tmp_path, ("sigmf",))
    recording = sigmf.fromfile(str(meta))
    recording.validate()
    assert data.stat().st_size == 2 * 12_500
    text = json.loads(meta.read_text())
    assert text["global"]["core:description"].startswith("SYNTHETIC")
    assert text["captures"][0]["core:frequency"] == 433.92e6
    note = text["annotations"][0]
    assert note["core:freq_lower_edge"] < 433.9e6 < note["core:freq_upper_edge"]
    assert note["core:label"] == "bug"


def test_a_sweep_becomes_one_recording_with_a_capture_for_each_look(tmp_path: Path) -> None:
    sweep = s.Sweep(hops_hz=(433e6, 435e6), rate_hz=2.4e6, dwell_s=0.002, passes=3)
    scene = msgspec.structs.replace(SCENE, capture=(), sweep=sweep, ble=(), wifi=())
    meta, data = synth.write(scene, tmp_path)
    captures = json.loads(meta.read_text())["captures"]
    assert [c["core:frequency"] for c in captures] == [433e6, 435e6] * 3
    assert [c["core:sample_start"] for c in captures] == [k * 4800 for k in range(6)]
    assert data.stat().st_size == 6 * 4800 * 2
    sigmf.fromfile(str(meta)).validate()


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(SweeperError, match="mp3"):
        synth.write(SCENE, tmp_path, ("mp3",))
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(SweeperError, match="file"):
        synth.write(SCENE, blocked)


def test_cut_frames_keep_their_length(tmp_path: Path) -> None:
    scene = msgspec.structs.replace(SCENE, snap_bytes=40, duration_s=1.0, capture=())
    (path,) = synth.write(scene, tmp_path, ("pcap",))
    raw = path.read_bytes()
    kept, whole = np.frombuffer(raw[32:40], "<u4")
    assert kept == 40
    assert whole > 100
