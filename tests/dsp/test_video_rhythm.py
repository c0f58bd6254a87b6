"""The rhythm of video: arithmetic on rows of packets whose rate and sizes are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.dsp import video_rhythm as vr

Floats = vr.Floats


def pictures(rate: float, seconds: float = 10.0, key: int = 0, seed: int = 1) -> tuple[Floats, Floats]:
    """Rows of full packets and a rest, ``rate`` a second; each ``key``-th picture is five times as big."""
    rng = np.random.default_rng(seed)
    times, sizes = [], []
    for k in range(int(rate * seconds)):
        left = rng.uniform(4000, 8000) * (5 if key and k % key == 0 else 1)
        now = k / rate + rng.exponential(0.001)
        while left > 0:
            times.append(now)
            sizes.append(min(left, 1400.0) // 1)
            left -= 1400
            now += 0.0004
    order = np.argsort(times)
    return np.array(times)[order], np.array(sizes)[order]


@pytest.mark.parametrize("rate", [5.0, 10.0, 12.5, 15.0, 20.0, 25.0, 29.97, 30.0, 50.0, 60.0])
def test_the_rate_is_found(rate: float) -> None:
    found = vr.rhythm(*pictures(rate))
    assert found is not None
    assert found.rate_hz == pytest.approx(rate, abs=0.05)
    assert found.line > 50
    assert found.occupancy > 0.99
    assert found.picture_bytes == pytest.approx(6000, rel=0.1)
    assert found.key_period_s is None


@pytest.mark.parametrize(("rate", "key"), [(20.0, 40), (25.0, 25), (15.0, 30), (30.0, 60)])
def test_key_frames_are_found(rate: float, key: int) -> None:
    found = vr.rhythm(*pictures(rate, key=key))
    assert found is not None
    assert found.key_period_s == pytest.approx(key / rate, abs=0.1)


def test_noise_has_no_line() -> None:
    """Packets at random: over 200 looks the line stays under the limit used by the detector."""
    rng = np.random.default_rng(3)
    lines = []
    for _ in range(200):
        times = np.sort(rng.uniform(0, 10, 1500))
        found = vr.rhythm(times, rng.uniform(100, 1500, 1500))
        assert found is not None
        lines.append(found.line)
    assert max(lines) < 30


def test_full_packets_end_nothing() -> None:
    """A window of full packets each round trip: clocked, but nothing like pictures' ends."""
    times = np.concatenate([k * 0.05 + np.arange(12) * 0.0003 for k in range(200)])
    found = vr.rhythm(times, np.full(len(times), 1500.0))
    assert found is not None
    assert (found.full, found.diverse, found.spread) == (1.0, 0.0, pytest.approx(0.0, abs=0.01))


def test_sound_is_told_and_left_out() -> None:
    times, sizes = pictures(20.0)
    sound = np.arange(0, 10, 0.02)
    both = np.concatenate([times, sound])
    order = np.argsort(both)
    found = vr.rhythm(both[order], np.concatenate([sizes, np.full(len(sound), 212.0)])[order])
    assert found is not None
    assert found.sound
    assert found.rate_hz == pytest.approx(20.0, abs=0.05)
    assert found.picture_bytes == pytest.approx(6000, rel=0.1)


def test_a_receiver_that_hops_still_hears_the_rhythm() -> None:
    times, sizes = pictures(20.0, seconds=40.0)
    heard = (times % 4.0) < 1.0
    found = vr.rhythm(times[heard], sizes[heard])
    assert found is not None
    assert found.rate_hz == pytest.approx(20.0, abs=0.05)
    assert found.occupancy > 0.9


def test_too_little_is_not_judged() -> None:
    assert vr.rhythm(np.arange(10) * 0.5, np.full(10, 1000.0)) is None
    assert vr.rhythm(np.arange(100) * 0.001, np.full(100, 1000.0)) is None


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.floats(0, 100, allow_nan=False), min_size=0, max_size=200),
    st.integers(0, 65535),
)
def test_any_times(times: list[float], size: int) -> None:
    ordered = np.sort(np.array(times, dtype=np.float64))
    found = vr.rhythm(ordered, np.full(len(ordered), float(size)))
    if found is not None:
        assert all(np.isfinite(value) for value in found if value is not None)
        assert 0 <= found.occupancy <= 1
