"""The far tail of noise in a box, against exact distributions and against dice that are loaded on purpose."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import gammaincc

from sweeper.dsp import spectrum, tails


def covariance(frames: int, bins: int) -> np.ndarray:
    """Of the amplitudes of a box's cells in white noise, from the definition of a transform."""
    size = 64
    window, at = spectrum.hann(size).astype(np.float64), np.arange(size)
    answers = np.zeros((frames, bins, 32 * (frames + 1)), complex)
    for frame in range(frames):
        for column in range(bins):
            wave = window * np.exp(-2j * np.pi * (10 + column) * at / size)
            answers[frame, column, frame * 32 : frame * 32 + size] = wave
    flat = answers.reshape(frames * bins, -1) / np.sqrt(np.sum(window**2))
    return np.asarray(flat @ flat.conj().T)


def test_one_cell_is_exponential() -> None:
    for pfa in (1e-3, 1e-6, 1e-10):
        assert np.exp(-tails.level(1, 1, pfa, 0.0)) == pytest.approx(pfa, rel=0.05)


@pytest.mark.parametrize(("frames", "bins"), [(1, 4), (4, 1), (3, 6), (5, 24), (16, 8)])
def test_a_box_exceeds_its_level_as_often_as_stated(frames: int, bins: int) -> None:
    """Importance sampling: noise made louder in the box until it exceeds, each draw weighed by how unlikely
    it was. Sizes beyond the small boxes are among them."""
    pfa = 1e-8
    level = tails.level(frames, bins, pfa, 0.0) * frames * bins
    values = np.maximum(np.linalg.eigvalsh(covariance(frames, bins)), 0)
    low, high = 0.0, (1 - 1e-9) / values.max()
    for _ in range(60):
        tilt = 0.5 * (low + high)
        low, high = (tilt, high) if np.sum(values / (1 - tilt * values)) < level else (low, tilt)
    dice = np.random.default_rng(frames * 100 + bins)
    sums = dice.exponential(size=(6000, len(values))) @ (values / (1 - tilt * values))
    weights = np.exp(-tilt * sums - np.sum(np.log1p(-tilt * values))) * (sums > level)
    assert weights.mean() == pytest.approx(pfa, rel=0.1)


def test_many_independent_cells_are_a_gamma() -> None:
    """The tail of a large box lies above the gamma of as many values as it has cells, which overlap, and
    below the one of a quarter as many."""
    level = tails.level(64, 32, 1e-6, 0.0)
    count = 64 * 32
    assert gammaincc(count, count * level) < 1e-6 < gammaincc(count / 4, count / 4 * level)


def test_an_uncertain_floor_raises_the_level() -> None:
    known, unsure = tails.level(16, 64, 1e-6, 0.0), tails.level(16, 64, 1e-6, 0.05)
    dice = np.random.default_rng(1)
    floors = 1 + 0.05 * dice.standard_normal(100_000)
    assert unsure > known
    exceeded = [tails.level(16, 64, pfa, 0.0) for pfa in (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8)]
    chance = np.interp(unsure * floors, exceeded, -np.arange(1.0, 9.0))
    assert np.log10(np.mean(10**chance)) == pytest.approx(-6, abs=0.25)
