"""Sound on a carrier, told from noise, other modulations and neighbours; the truth is how it was made."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import fdtri

from sweeper.dsp import sidebands
from sweeper.dsp.spectrum import Complex

RATE = 20_000.0
COUNT = 1_300
"""One segment of 65 ms."""

TIME = np.arange(COUNT) / RATE


def carrier(modulation: np.ndarray | complex, noise: float, seed: int, offset_hz: float = 37.3) -> Complex:
    """A carrier of amplitude 1 times ``modulation``, 37 Hz off, in complex noise of that power per sample."""
    dice = np.random.default_rng(seed)
    turning = np.exp(2j * np.pi * offset_hz * TIME + 1j * dice.uniform(0, 6.28))
    rest = dice.normal(size=(COUNT, 2)) @ np.array([1.0, 1.0j]) * np.sqrt(noise / 2)
    return np.asarray(modulation * turning + rest, dtype=np.complex64)


def tone(hz: float) -> np.ndarray:
    return np.asarray(np.sin(2 * np.pi * hz * TIME + 0.4))


@pytest.mark.parametrize("depth", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("hz", [450.0, 1_000.0, 3_100.0])
@pytest.mark.parametrize("offset_hz", [-90.0, 0.0, 121.7])
def test_the_depth_of_a_tone_is_its_root_mean_square(depth: float, hz: float, offset_hz: float) -> None:
    heard = sidebands.sound(carrier(1 + depth * tone(hz), 0.01, 3, offset_hz), RATE)
    assert heard is not None
    assert heard.holds
    assert heard.depth == pytest.approx(depth / np.sqrt(2), rel=0.1)


def test_sound_below_the_noise_of_its_own_band_is_heard() -> None:
    """Sidebands of 0.02 in as much noise (0.05 in 20 kHz, 0.02 in the band of sound), in most segments."""
    heard = [sidebands.sound(carrier(1 + 0.2 * tone(900.0), 0.05, seed), RATE) for seed in range(40)]
    assert sum(one is not None and one.holds for one in heard) > 30


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(np.exp(0.5j * tone(900.0)), id="angle"),
        pytest.param(1 + 0.3 * np.exp(2j * np.pi * 1_300 * TIME), id="neighbour"),
        pytest.param(1 + 0.5 * tone(100.0), id="hum"),
        pytest.param(1.0, id="nothing"),
    ],
)
def test_what_is_not_sound_on_the_carrier(other: np.ndarray | complex) -> None:
    heard = [sidebands.sound(carrier(other, 0.05, seed), RATE) for seed in range(40)]
    assert not any(one is None or one.holds for one in heard)


def test_noise_passes_as_often_as_reckoned() -> None:
    heard = [sidebands.sound(carrier(1.0, 0.3, seed), RATE) for seed in range(1_000)]
    first = heard[0]
    assert first is not None
    bins = next(n for n in range(1, COUNT) if sidebands.limit(n) == pytest.approx(first.limit))
    freedom = 2 * bins * sidebands.HANN_SHARE
    passed = sum(one is not None and one.ratio > fdtri(freedom, freedom, 0.98) for one in heard)
    assert 5 <= passed <= 40  # 20 expected of 1,000


@pytest.mark.parametrize(("count", "rate"), [(100, RATE), (1_300, 6_000.0), (0, RATE)])
def test_too_short_or_too_narrow_says_nothing(count: int, rate: float) -> None:
    assert sidebands.sound(np.ones(count, np.complex64), rate) is None
