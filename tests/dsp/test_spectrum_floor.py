"""Spectra, floors and thresholds against closed forms and against noise whose density is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.dsp import floor, spectrum, statistics
from tests.dsp.signals import noise, tone

N0 = 1e-9


@pytest.mark.parametrize(
    ("rate", "size"), [(250e3, 128), (1e6, 256), (2.4e6, 512), (4e6, 512), (20e6, 1024), (1.0, 32)]
)
def test_short_frames_grow_with_the_root_of_the_rate(rate: float, size: int) -> None:
    assert spectrum.cell_size(rate) == size


def test_a_tone_has_its_power_at_its_place() -> None:
    size, rate = 1024, 1e6
    frames = spectrum.power_frames(tone(8192, 100e3, 0.25, rate), size, rate)
    axis = spectrum.frequencies(size, rate)
    mean = frames.mean(axis=0)
    assert axis[int(np.argmax(mean))] == pytest.approx(100e3, abs=rate / size)
    assert mean.sum() * rate / size == pytest.approx(0.25, rel=1e-3)


@given(st.integers(5, 11), st.floats(1e3, 2e7), st.floats(1e-8, 1e4))
@settings(max_examples=30, deadline=None)
def test_white_noise_has_its_density_in_every_bin(power_of_two: int, rate: float, n0: float) -> None:
    size = 2**power_of_two
    frames = spectrum.power_frames(noise(size * 80, rate, n0), size, rate)
    assert frames.shape == (159, size)
    assert frames.mean() == pytest.approx(n0, rel=0.15)


def test_one_frame_is_padded_and_a_rest_left() -> None:
    assert spectrum.power_frames(np.ones(10, np.complex64), 64, 1.0).shape == (1, 64)
    assert spectrum.power_frames(np.ones(64 + 31, np.complex64), 64, 1.0).shape == (1, 64)
    assert spectrum.power_frames(np.ones(64 + 32, np.complex64), 64, 1.0).shape == (2, 64)


def test_independent_values_follow_welch() -> None:
    """For Hann and half overlap the neighbour's squared correlation is 1/36 (Welch 1967)."""
    frames = 1000
    assert statistics.independent(frames, 1) == pytest.approx(frames / (1 + 2 / 36), rel=1e-3)
    assert statistics.independent(1, 1) == pytest.approx(1.0)
    assert statistics.independent(1, 1000) == pytest.approx(1000 / (1 + 2 * 4 / 9 + 2 / 36), rel=0.01)


def test_a_threshold_is_exceeded_as_often_as_stated() -> None:
    """One exponential value exceeds ln(1/p) with probability p."""
    assert statistics.threshold(1.0, 1e-6, 0.0) == pytest.approx(np.log(1e6), rel=1e-6)
    random = np.random.default_rng(1)
    means = random.gamma(24.0, 1 / 24, 2_000_000)
    assert np.mean(means > statistics.threshold(24.0, 1e-4, 0.0)) == pytest.approx(1e-4, rel=0.3)


@given(st.floats(1, 1e4), st.floats(1e-9, 1e-2), st.floats(0, 0.1))
@settings(deadline=None)
def test_thresholds_are_ordered(shape: float, pfa: float, error: float) -> None:
    level = statistics.threshold(shape, pfa, error)
    assert level > 1
    assert statistics.threshold(shape, pfa / 2, error) > level
    assert statistics.threshold(shape, pfa, error + 0.05) > level


def floor_of(samples: np.ndarray, rate: float) -> np.ndarray:
    return floor.estimate(spectrum.power_frames(samples, spectrum.cell_size(rate), rate))


@given(st.sampled_from([250e3, 1e6, 2.4e6]), st.floats(1e-6, 1e6), st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_the_floor_of_noise_is_its_density(rate: float, n0: float, seed: int) -> None:
    found = floor_of(noise(int(rate * 0.06), rate, n0, seed), rate)
    assert np.mean(found) == pytest.approx(n0, rel=0.08)
    assert np.max(np.abs(10 * np.log10(found / n0))) < 0.8


@given(st.floats(0.02, 0.45), st.floats(7, 50), st.floats(-0.2, 0.2), st.integers(0, 100))
@settings(max_examples=25, deadline=None)
def test_a_steady_signal_does_not_lift_the_floor(
    share: float, snr_db: float, place: float, seed: int
) -> None:
    """Up to 45 % of the span with noise left on both sides, at any strength."""
    size = 256
    random = np.random.default_rng(seed)
    low, high = np.clip(np.array([place - share / 2, place + share / 2]), -0.5, 0.5)
    axis = (np.arange(size) - size / 2) / size
    level = np.where((axis >= low) & (axis < high), 1 + 10 ** (snr_db / 10), 1.0) * N0
    cells = (random.exponential(1.0, (400, size)) * level).astype(np.float32)
    found = floor.estimate(cells)
    outside = (axis < low - 0.05) | (axis > high + 0.05)
    assert np.median(found[outside]) == pytest.approx(N0, rel=0.25)
    assert np.median(found) < 1.6 * N0


@given(st.floats(0.05, 0.5), st.floats(10, 40), st.integers(0, 100))
@settings(max_examples=20, deadline=None)
def test_bursts_over_the_whole_span_do_not_lift_the_floor(duty: float, snr_db: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    on = (np.arange(480) % 60) < 60 * duty
    level = np.where(on, 1 + 10 ** (snr_db / 10), 1.0)[:, None] * N0
    cells = (random.exponential(1.0, (480, 256)) * level).astype(np.float32)
    assert np.median(floor.estimate(cells)) == pytest.approx(N0, rel=0.5)


def test_the_shape_of_a_filter_is_floor() -> None:
    random = np.random.default_rng(3)
    axis = np.linspace(-1, 1, 512)
    shape = N0 / (1 + (np.abs(axis) / 0.92) ** 24)
    cells = (random.exponential(1.0, (400, 512)) * shape).astype(np.float32)
    off = 10 * np.log10(floor.estimate(cells) / shape)
    assert np.max(np.abs(off[24:-24])) < 1.0


def test_silence_has_a_floor_above_zero() -> None:
    found = floor.estimate(np.zeros((100, 256), np.float32))
    assert np.all(found > 0)


def test_rounding_is_read_off_the_samples() -> None:
    whole = np.round(noise(20_000, 1e6, 1e-9).real * 128) / 128
    assert floor.rounding(whole.astype(np.complex64), 1e6) == pytest.approx(0.5 / 128**2 / 1e6)
    assert floor.rounding(noise(20_000, 1e6), 1e6) == 0.0


def test_a_surge_of_noise_over_the_span_is_told_from_a_signal() -> None:
    random = np.random.default_rng(5)
    cells = random.exponential(1.0, (200, 512)).astype(np.float32)
    cells[50:60] *= 8
    cells[120:130, 40:440] *= 8
    level = floor.surge(cells)
    assert np.median(level[51:59]) == pytest.approx(8, rel=0.25)
    assert np.median(level[121:129]) < 1.4
    assert np.median(level) < 1.15


def test_history_lets_a_floor_fall_but_not_jump() -> None:
    history = floor.History()
    quiet = np.full(64, N0, np.float32)
    assert np.allclose(history.bound(quiet, 0.0), N0)
    assert np.max(history.bound(quiet * 10, 0.1)) < 1.3 * N0
    assert np.allclose(history.bound(quiet / 10, 0.2), N0 / 10)
    assert np.max(history.bound(quiet, 60.0)) == pytest.approx(N0, rel=0.01)


@pytest.mark.parametrize("stopped", [0.02, 0.1, 0.4])
def test_a_step_of_an_unknown_gain_is_followed_and_a_signal_is_not(stopped: float) -> None:
    """The converter's own noise, in the bins that the filter stops, stays where it was."""
    passed = np.ones(640, bool)
    passed[: int(320 * stopped)] = passed[640 - int(320 * stopped) :] = False
    before = np.where(passed, N0, N0 / 50).astype(np.float32)
    rough = np.random.default_rng(3).normal(1, 0.03, 640).astype(np.float32)
    stepped = np.where(passed, 4 * before, before).astype(np.float32) * rough
    signal = before * rough
    signal[150:480] *= 4
    for any_gain in (True, False):
        history = floor.History(any_gain)
        history.bound(before, 0.0)
        found = history.bound(stepped, 0.07)
        assert (float(np.median(found[200:400])) > 3 * N0) is any_gain
        history = floor.History(any_gain)
        history.bound(before, 0.0)
        assert float(np.max(history.bound(signal, 0.07))) < 1.3 * N0


@pytest.mark.parametrize("hours", [0.1, 0.5, 12, 24 * 365])
def test_what_was_heard_before_a_long_sleep_binds_nothing(hours: float) -> None:
    """After half an hour the rise allowed was too large a number to write, and the analysis ended."""
    history = floor.History()
    quiet = np.full(64, N0, np.float32)
    history.bound(quiet, 0.0)
    assert np.allclose(history.bound(quiet * 1e9, hours * 3600.0), N0 * 1e9)


@pytest.mark.parametrize("bins", [1, 2, 3, 4])
def test_powers_of_a_few_neighbouring_bins_are_as_simulated(bins: int) -> None:
    """Quarter, median and the mean of what stays below twice the mean, against white noise in Hann frames."""
    frames = spectrum.power_frames(noise(64 * 24_000, 1e6, N0), 64, 1e6)[::2, 8:56]
    powers = np.sort(frames[:, : 48 // bins * bins].reshape(-1, bins).mean(axis=1).astype(np.float64)) / N0
    for part in (0.25, 0.5):
        found = float(powers[int(part * len(powers))])
        assert statistics.band_quantile(bins, part) == pytest.approx(found, rel=0.01)
    below = float(powers[powers < 2].mean())
    assert statistics.band_below(bins, 2.0) == pytest.approx(below, rel=0.004)


@pytest.mark.parametrize("rate", [250e3, 1e6, 2.4e6])
def test_the_floor_of_white_noise_is_its_density_at_every_rate(rate: float) -> None:
    """At 250 kS/s it stood 1.6 % too high, and one frame in ten was taken for a surge: together 0.11 dB and
    three alarms of four."""
    found, divided = [], []
    for seed in range(24):
        cells = spectrum.power_frames(
            noise(int(0.065 * rate), rate, N0, seed), spectrum.cell_size(rate), rate
        )
        found.append(float(floor.estimate(cells).mean()) / N0)
        divided.append(float(np.mean(floor.surge(cells / np.float32(N0)) > 1)))
    assert float(np.mean(found)) == pytest.approx(1, abs=0.009)
    assert float(np.mean(divided)) < 0.02
