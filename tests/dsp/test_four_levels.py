"""Digital voice radio is told from speech, faint phases from FM, and noise on a carrier from sound."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import fftconvolve

from sweeper.dsp import four_levels
from tests.dsp.signals import Samples, emissions, from_frequency, noise, tone, voice
from tests.dsp.test_modulation import shaped

RATE, N0 = 250e3, 1e-10
UP = 20


def raised(roll: float) -> np.ndarray:
    """Root raised cosine, ``UP`` samples a symbol."""
    t = (np.arange(-10 * UP, 10 * UP + 1) + 1e-6) / UP
    pulse = np.sin(np.pi * t * (1 - roll)) + 4 * roll * t * np.cos(np.pi * t * (1 + roll))
    return np.asarray(pulse / (np.pi * t * (1 - (4 * roll * t) ** 2)))


def frequencies(
    symbol_rate: float, deviation_hz: float, seconds: float, rate: float, seed: int
) -> np.ndarray:
    """DMR's and dPMR's: symbols -3, -1, 1, 3 through a root raised cosine of 0.2."""
    random = np.random.default_rng(seed)
    train = np.zeros(int(seconds * symbol_rate + 20) * UP)
    train[::UP] = random.choice([-3.0, -1.0, 1.0, 3.0], len(train) // UP)
    pulse = raised(0.2)
    wave = fftconvolve(train, pulse / pulse.sum() * UP, "same") * deviation_hz / 3
    place = (np.arange(int(seconds * rate)) / rate + 5 / symbol_rate) * symbol_rate * UP
    return np.interp(place, np.arange(len(wave)), wave)


def loudest(signal: Samples, rate: float, seed: int = 1) -> tuple[str, dict[str, object]]:
    air = noise(len(signal), rate, N0, seed) + signal
    one = max(emissions(air.astype(np.complex64), rate, 446e6), key=lambda e: e.power_dbfs)
    return one.kind, dict(one.features)


@pytest.mark.parametrize(("symbol_rate", "deviation_hz"), [(4800.0, 1944.0), (2400.0, 1050.0)])
@pytest.mark.parametrize("snr_db", [14.0, 26.0])
def test_digital_voice_is_no_speech(symbol_rate: float, deviation_hz: float, snr_db: float) -> None:
    hz = frequencies(symbol_rate, deviation_hz, 0.2, RATE, 3) + 40e3
    power = 10 ** (snr_db / 10) * N0 * 2 * deviation_hz * 1.6
    found, features = loudest(from_frequency(hz, power, RATE), RATE)
    assert (found, features["symbol_rate_hz"], features["levels"]) == ("fsk", symbol_rate, 4.0)
    assert features["deviation_hz"] == pytest.approx(deviation_hz, rel=0.25)


def test_a_slot_of_digital_voice() -> None:
    """27.5 ms of 60 (ETSI TS 102 361-1): 132 symbols at a time."""
    signal = from_frequency(frequencies(4800.0, 1944.0, 0.4, RATE, 5) + 30e3, N0 * 7e3 * 100, RATE)
    on = (np.arange(len(signal)) / RATE) % 0.06 < 0.0275
    found, features = loudest((signal * on).astype(np.complex64), RATE)
    assert (found, features["symbol_rate_hz"]) == ("fsk", 4800.0)


@pytest.mark.parametrize("seed", range(4))
def test_speech_has_no_four_levels(seed: int) -> None:
    sound = voice(int(0.7 * RATE), RATE, seed=seed)
    assert all(four_levels.find(2500 * part, RATE / 5) is None for part in sound[::5].reshape(-1, 3500))


@pytest.mark.parametrize("pitch_hz", [97.0, 150.0, 194.0])
def test_a_held_vowel_is_no_shift_keying(pitch_hz: float) -> None:
    """It repeats, so its frequency crosses its middle on a grid, as a clock's would."""
    t = np.arange(int(0.3 * RATE)) / RATE
    sound = sum(np.sin(2 * np.pi * k * pitch_hz * t + k * k) / (1 + abs(k - 4)) for k in range(2, 18))
    assert loudest(from_frequency(900 * sound + 40e3, N0 * 1e4 * 1000, RATE), RATE)[0] == "nfm"


@pytest.mark.parametrize("turning", [True, False])
def test_faint_phases_are_no_fm(turning: bool) -> None:
    """18 kBd at 10 to 11 dB, as a trunked radio's carrier; it was named wide FM."""
    signal = 0.25 * shaped(turning, 18e3, 1e6, 0.2)
    assert loudest(signal, 1e6)[0] in ("psk", "unknown")


@pytest.mark.parametrize("cn0_db", [46, 50])
def test_noise_on_a_short_carrier_is_no_sound(cn0_db: int) -> None:
    for seed in range(4):
        length = 5_000 + 5_000 * seed
        air = np.zeros(int(0.3 * RATE), np.complex64)
        air[20_000 : 20_000 + length] = tone(length, 20e3 + 9e3 * seed, N0 * 10 ** (cn0_db / 10), RATE)
        assert loudest(air, RATE, seed)[0] in ("carrier", "unknown", "noise-like")


def test_the_bursts_of_a_cordless_telephone_are_no_handset_of_gsm() -> None:
    """1.152 MBd where GSM 1900 sends too: what is a megahertz wide is no slot of 200 kHz."""
    rate, count = 2.4e6, 720_000
    air = noise(count, rate, N0, 4)
    random = np.random.default_rng(8)
    for start in range(5000, count - 2000, 24_000):
        shape = np.repeat(random.choice([-1.0, 1.0], 424), 50)
        smooth = np.convolve(shape, np.hanning(50) / 25, "same")
        hz = np.interp(np.arange(883) * 1.152e6 / rate * 50, np.arange(len(smooth)), smooth) * 288e3
        air[start : start + 883] += from_frequency(hz - 120e3, N0 * 1.4e6 * 100, rate)
    assert {one.kind for one in emissions(air, rate, 1890e6)} <= {"dect", "fsk", "unknown"}
