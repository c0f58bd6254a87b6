"""OFDM by its cyclic prefix in looks narrower than the signal: certain only in all of them together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.signal import firwin, oaconvolve

from sweeper.dsp import ofdm

RATE, LOOK_RATE = 15.36e6, 2.56e6
TUNED = [-3.2e6, -1.1e6, 1.0e6, 3.1e6]
"""Centres of four looks, relative to the middle of a signal of 9 MHz."""

Samples = npt.NDArray[np.complex64]


def symbols(rng: np.random.Generator, count: int, prefix: int) -> npt.NDArray[np.complex128]:
    """LTE of 10 MHz (TS 36.211): 600 carriers of 15 kHz in 1,024, each symbol led by its own last ``prefix``
    samples; unit density within its band."""
    points = (rng.choice([-1, 1], (count, 601)) + 1j * rng.choice([-1, 1], (count, 601))) / np.sqrt(2)
    points[:, 300] = 0
    bins = np.zeros((count, 1024), complex)
    bins[:, np.arange(-300, 301) % 1024] = points
    wave = np.fft.ifft(bins, axis=1) * np.sqrt(1024)
    return np.concatenate([wave[:, 1024 - prefix :], wave], axis=1).ravel()


def looks(wave: npt.NDArray[np.complex128], snr_db: float, seed: int) -> list[tuple[float, ofdm.Rhythm]]:
    """What four looks of 3 ms, one after the other, keep of a signal and white noise."""
    rng = np.random.default_rng(seed)
    noise = (rng.standard_normal(len(wave)) + 1j * rng.standard_normal(len(wave))) / np.sqrt(2)
    air = wave * 10 ** (snr_db / 20) + noise
    taps = firwin(193, 1.1e6, fs=RATE)
    out = []
    for i, center in enumerate(TUNED):
        part = air[i * 46_000 :][:46_000]
        down = part * np.exp(-2j * np.pi * center / RATE * np.arange(len(part)))
        heard = oaconvolve(down, taps, "same")[::6].astype(np.complex64)
        out += [(center, one) for one in ofdm.look(heard, LOOK_RATE)[1]]
    return out


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_looks_together_name_what_none_shows_alone(seed: int) -> None:
    wave = symbols(np.random.default_rng(seed), 180, prefix=72)
    found = ofdm.pooled(looks(wave, 3.0, seed), -4.5e6, 4.5e6)
    assert found is not None
    assert found.system == "lte"
    assert found.useful_s == pytest.approx(1 / 15e3, rel=0.01)
    assert found.looks == 4
    # The prefix is 72 of 1,096 samples; noise 3 dB below takes a third of the agreement.
    assert found.agreement == pytest.approx(72 / 1096 * 2 / 3, abs=0.015)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("snr_db", [-60.0, 20.0])
def test_noise_and_noise_like_signals_have_no_prefix(snr_db: float, seed: int) -> None:
    """The same symbols without a prefix fill the band as evenly and repeat nothing."""
    wave = symbols(np.random.default_rng(seed), 192, prefix=0)
    assert ofdm.pooled(looks(wave, snr_db, seed), -4.5e6, 4.5e6) is None


def test_looks_elsewhere_do_not_count() -> None:
    wave = symbols(np.random.default_rng(1), 180, prefix=72)
    assert ofdm.pooled(looks(wave, 10.0, 1), 20e6, 29e6) is None
    assert ofdm.pooled([], -4.5e6, 4.5e6) is None


def test_a_look_narrower_than_the_signal_is_told_to_its_ends() -> None:
    """The likeliest band of even agreement, not the places where chance helped."""
    wave = symbols(np.random.default_rng(4), 180, prefix=72)[:92_000]
    rng = np.random.default_rng(5)
    noise = (rng.standard_normal(len(wave)) + 1j * rng.standard_normal(len(wave))) / np.sqrt(2)
    heard = oaconvolve(wave * 4 + noise, firwin(193, 1.1e6, fs=RATE), "same")[::6].astype(np.complex64)
    (one,) = ofdm.find(heard, LOOK_RATE)
    assert one.high_hz - one.low_hz > 1.7e6
