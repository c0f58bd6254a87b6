"""A finding's second of IQ: its own band, its best moment, found early or late, in bounded memory."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sweeper.jobs.clips import Clips
from sweeper.records import Emission, Finding, IqBlock, Level, Medium, Opened
from sweeper.text import say

RATE_HZ = 1e6
LOOK = 50_000
"""Samples of one look of the sweep: 50 ms."""
TONE_HZ = 37e3
"""Offset of the tone from the centre of its window."""


def look(index: int, center_hz: float, tone: float = 0.0, *, count: int = LOOK, first: int = 0) -> IqBlock:
    """Noise, with a tone of this amplitude at ``TONE_HZ`` from the centre."""
    rng = np.random.default_rng(index)
    noise = 1e-3 * (rng.normal(size=count) + 1j * rng.normal(size=count))
    turns = np.arange(first, first + count) * TONE_HZ / RATE_HZ
    samples = (noise + tone * np.exp(2j * np.pi * turns)).astype(np.complex64)
    return IqBlock(
        source="sdr",
        time_s=index * LOOK / RATE_HZ,
        rate_hz=RATE_HZ,
        center_hz=center_hz,
        samples=samples,
        first_sample=first,
    )


def told(block: IqBlock, snr_db: float, name: str = "rf-0001") -> Emission:
    """An emission heard to the end of this block."""
    stop_s = block.time_s + len(block.samples) / RATE_HZ
    return Emission(
        source="sdr",
        time_s=stop_s,
        id=name,
        center_hz=block.center_hz + TONE_HZ,
        width_hz=2e3,
        power_dbfs=-20.0,
        snr_db=snr_db,
        start_s=block.time_s,
        stop_s=stop_s,
    )


def found(time_s: float, subject: str = "rf-0001") -> Finding:
    return Finding(
        source="sdr",
        time_s=time_s,
        id="F-" + subject[-3:],
        level=Level.MEDIUM,
        kind="rf-bug",
        title=say("A tone"),
        subject=subject,
        raised_s=time_s,
        confidence=0.5,
        why=(),
        benign=(),
        next=(),
        evidence=(),
    )


def read(path: Path) -> tuple[np.ndarray, float]:
    """The samples of a clip and its rate, as any program reads SigMF."""
    meta = json.loads(path.with_suffix(".sigmf-meta").read_text())
    assert meta["global"]["core:datatype"] == "ci16_le"
    pairs = np.fromfile(path, "<i2").astype(np.float64).reshape(-1, 2) / 32767
    return pairs[:, 0] + 1j * pairs[:, 1], meta["global"]["core:sample_rate"]


def amplitude(samples: np.ndarray) -> float:
    """Of a tone at the clip's centre: the mean over its middle, away from the filter's ends."""
    middle = samples[len(samples) // 4 : -len(samples) // 4]
    return float(abs(middle.mean()))


@pytest.mark.parametrize("memory", [256 << 20, 1 << 20])
def test_a_finding_at_the_end_of_a_long_sweep_has_the_clip_of_its_beginning(
    tmp_path: Path, memory: int
) -> None:
    clips = Clips(tmp_path, 1, memory=memory)
    clips(Opened(source="sdr", time_s=0.0, medium=Medium.RF, start_utc_s=0.0))
    for index in range(60):
        block = look(index, 400e6 + index * 1e6, 0.25 if index == 3 else 0.0)
        clips(block)
        if index == 3:
            clips(told(block, 40.0))
        assert clips._bytes <= memory + block.samples.nbytes
    clips(found(3.0))
    clips.flush()
    (path,) = clips.written
    samples, rate_hz = read(path)
    assert len(samples) / rate_hz == pytest.approx(0.05, rel=0.01)
    assert rate_hz == pytest.approx(200e3)
    assert amplitude(samples) == pytest.approx(0.25, rel=0.02)
    capture = json.loads(path.with_suffix(".sigmf-meta").read_text())["captures"][0]
    assert capture["core:datetime"] == "1970-01-01T00:00:00.150000Z"


def test_the_strongest_pass_is_kept(tmp_path: Path) -> None:
    clips = Clips(tmp_path, 1)
    for index, (tone, snr_db) in enumerate([(0.01, 20.0), (0.0, 0.0), (0.3, 49.0), (0.0, 0.0), (0.02, 49.0)]):
        block = look(index, 433e6 if tone else 500e6, tone)
        clips(block)
        if tone:
            clips(told(block, snr_db))
    clips(found(1.0))
    clips.flush()
    samples, _rate = read(clips.written[0])
    assert amplitude(samples) == pytest.approx(0.3, rel=0.02)


def test_what_is_found_at_once_waits_for_its_second_to_be_whole(tmp_path: Path) -> None:
    clips = Clips(tmp_path, 1)
    for index in range(30):
        block = look(index, 433e6, 0.25, first=index * LOOK)
        clips(block)
        clips(told(block, 40.0))
        if index == 1:
            clips(found(block.time_s))
            assert not clips.written
    (path,) = clips.written
    samples, rate_hz = read(path)
    assert len(samples) / rate_hz == pytest.approx(1.0, rel=0.01)
    assert amplitude(samples) == pytest.approx(0.25, rel=0.02)


def test_a_look_that_ends_early_gives_what_was_heard(tmp_path: Path) -> None:
    clips = Clips(tmp_path, 1)
    block = look(0, 433e6, 0.25)
    clips(block)
    clips(told(block, 40.0))
    clips(found(0.05))
    assert not clips.written
    clips(look(1, 434e6))
    samples, rate_hz = read(clips.written[0])
    assert len(samples) / rate_hz == pytest.approx(0.05, rel=0.01)


def test_a_second_look_at_another_gain_is_no_moment(tmp_path: Path) -> None:
    import msgspec

    clips = Clips(tmp_path, 1)
    block = look(0, 433e6, 0.25)
    clips(block)
    clips(told(block, 40.0))
    clips(msgspec.structs.replace(look(1, 433e6, 0.001), second_look=True))
    clips(found(0.2))
    clips.flush()
    samples, _rate = read(clips.written[0])
    assert amplitude(samples) == pytest.approx(0.25, rel=0.02)


def test_memory_stays_bounded_and_the_weakest_moment_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sweeper.jobs import clips as module

    one = round(LOOK / 5) * 4  # 200 kHz, two integers of two bytes a sample
    monkeypatch.setattr(module, "CUT_MEMORY", 3 * one + one // 2)
    clips = Clips(tmp_path, 1, memory=LOOK * 8)
    strengths = [30.0, 10.0, 20.0, 40.0, 25.0, 15.0]
    for index, snr_db in enumerate(strengths):
        block = look(index, 400e6 + index * 1e6, 0.25)
        clips(block)
        clips(told(block, snr_db, f"rf-{index:04d}"))
        assert clips._cut_bytes <= 3.5 * one
    clips(look(9, 600e6))
    for index in range(len(strengths)):
        clips(found(1.0, f"rf-{index:04d}"))
    clips.flush()
    kept = sorted(path.stem for path in clips.written)
    assert kept == ["sweep-001-F-000", "sweep-001-F-003", "sweep-001-F-004"]


def test_a_finding_that_is_only_information_is_not_recorded(tmp_path: Path) -> None:
    import msgspec

    clips = Clips(tmp_path / "clips", 1)
    block = look(0, 433e6, 0.25)
    clips(block)
    clips(told(block, 40.0))
    clips(msgspec.structs.replace(found(0.2), level=Level.INFO))
    clips.flush()
    assert not clips.written
    assert not (tmp_path / "clips").exists()
