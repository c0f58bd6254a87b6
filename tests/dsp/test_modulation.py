"""Kinds that are easily taken for each other, in short looks and at several rates."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import fftconvolve

from sweeper.dsp.channel import Channel
from sweeper.dsp.features import measure
from tests.dsp.signals import Samples, bits, emissions, from_frequency, gfsk, noise, tone, voice

N0 = 1e-10


def kind(signal: Samples, rate: float, center: float = 864e6) -> tuple[str, dict[str, object]]:
    air = noise(len(signal), rate, N0) + signal
    one = max(emissions(air.astype(np.complex64), rate, center), key=lambda e: e.power_dbfs)
    return one.kind, dict(one.features)


def am(sound: np.ndarray, depth: float, rate: float) -> Samples:
    return ((1 + depth * sound) * tone(len(sound), 5e4, N0 * 3e6, rate)).astype(np.complex64)


@pytest.mark.parametrize("rate", [1e6, 2.4e6])
@pytest.mark.parametrize("seconds", [0.0052, 0.012, 0.06])
@pytest.mark.parametrize("depth", [0.5, 0.8])
def test_sound_on_a_carrier_is_not_keying(rate: float, seconds: float, depth: float) -> None:
    """A whistle has two usual levels and a clock; but it takes its time between them."""
    count = int(rate * seconds)
    for seed in range(6):
        whistle = np.sin(2 * np.pi * (500 + 400 * seed) * np.arange(count) / rate)
        speech = voice(int(rate * (seconds + 0.3)), rate, seed=seed)[-count:]
        for sound in (whistle, speech):
            assert kind(am(sound, depth, rate), rate, 120e6)[0] in ("am", "carrier", "unknown")


@pytest.mark.parametrize("rate", [1e6, 2.4e6])
def test_a_look_of_60_ms_tells_amplitude_modulation(rate: float) -> None:
    whistle = np.sin(2 * np.pi * 1000 * np.arange(int(rate * 0.06)) / rate)
    assert kind(am(whistle, 0.6, rate), rate, 120e6)[0] == "am"


def shaped(turning: bool, symbol_rate: float, rate: float, seconds: float) -> Samples:
    """Four phases (or π/4-DQPSK) through a root-raised-cosine filter of roll-off 0.35."""
    random = np.random.default_rng(5)
    places = random.integers(0, 4, int(symbol_rate * seconds) + 20) * np.pi / 2
    phases = np.cumsum(np.pi / 4 + places) if turning else places
    per, roll = 20, 0.35
    t = (np.arange(-8 * per, 8 * per + 1) + 1e-6) / per
    pulse = np.sin(np.pi * t * (1 - roll)) + 4 * roll * t * np.cos(np.pi * t * (1 + roll))
    pulse = pulse / (np.pi * t * (1 - (4 * roll * t) ** 2))
    train = np.zeros(len(phases) * per, complex)
    train[::per] = np.exp(1j * phases)
    base = fftconvolve(train, pulse, "same")
    at = np.arange(int(seconds * rate)) / rate
    place, grid = at * symbol_rate * per, np.arange(len(base))
    wave = np.interp(place, grid, base.real) + 1j * np.interp(place, grid, base.imag)
    wave *= np.sqrt(N0 * symbol_rate * 200 / np.mean(np.abs(wave) ** 2))
    return (wave * np.exp(2j * np.pi * 2e5 * at)).astype(np.complex64)


@pytest.mark.parametrize("rate", [2.4e6, 8e6])
@pytest.mark.parametrize(("turning", "symbol_rate"), [(True, 192e3), (False, 100e3)])
def test_digital_microphones_with_shaped_phases(rate: float, turning: bool, symbol_rate: float) -> None:
    found, features = kind(shaped(turning, symbol_rate, rate, 0.2), rate)
    assert found == "psk"
    assert features["symbol_rate_hz"] == pytest.approx(symbol_rate, rel=0.02)
    assert features["continuous"] is True


@pytest.mark.parametrize(("turning", "symbol_rate"), [(False, 1200.0), (False, 4800.0), (True, 4800.0)])
def test_slow_phases_are_no_narrow_fm(turning: bool, symbol_rate: float) -> None:
    """Eighty symbols in a segment: telemetry and data radios of narrow channels."""
    found, features = kind(shaped(turning, symbol_rate, 1e6, 0.3), 1e6, 433e6)
    assert found == "psk"
    assert features["symbol_rate_hz"] == pytest.approx(symbol_rate, rel=0.02)


@pytest.mark.parametrize("swing_hz", [1e3, 3e3])
def test_narrow_fm_is_no_slow_phase_keying(swing_hz: float) -> None:
    sound = voice(300_000, 1e6, seed=4)
    assert kind(from_frequency(2e5 + swing_hz * sound, N0 * 1e6, 1e6), 1e6)[0] in ("nfm", "carrier")


@pytest.mark.parametrize("rate", [2.4e6, 8e6])
@pytest.mark.parametrize(("symbol_rate", "index"), [(256e3, 0.7), (512e3, 0.5)])
def test_digital_microphones_with_shifted_frequency(rate: float, symbol_rate: float, index: float) -> None:
    signal = gfsk(bits(int(symbol_rate * 0.2)), symbol_rate, index, 0.5, 2e5, N0 * symbol_rate * 200, rate)
    found, features = kind(signal, rate)
    assert found == "fsk"
    assert features["symbol_rate_hz"] == pytest.approx(symbol_rate, rel=0.02)


@pytest.mark.parametrize("rate", [2.4e6, 8e6])
def test_a_wide_microphone_is_neither(rate: float) -> None:
    sound = voice(int(0.2 * rate), rate, low=50, high=12e3)
    assert kind(from_frequency(2e5 + 50e3 * sound, N0 * 2e5 * 200, rate), rate)[0] == "wfm"


@pytest.mark.parametrize("center", [1890e6, 900e6])
def test_a_cordless_telephone_is_no_bluetooth(center: float) -> None:
    """The rate of DECT outside its band and a chance access address are no system's mark."""
    rate = 4e6
    air = np.zeros(int(rate * 0.1), np.complex64)
    for number in range(9):
        signal = gfsk(bits(420, number), 1.152e6, 0.5, 0.5, -5e5, N0 * 1.2e6 * 60, rate)
        start = round((0.003 + number * 0.01) * rate)
        air[start : start + len(signal)] += signal
    assert kind(air, rate, center)[0] == ("dect" if center == 1890e6 else "fsk")


@pytest.mark.filterwarnings("error")
def test_silence_after_something_loud_is_no_less_than_none() -> None:
    """A running sum adds and takes away: after a strong part rounding leaves less than nothing."""
    dice, rest = np.random.default_rng(4), np.zeros(400)
    loud = [dice.normal(size=300) + 1j * dice.normal(size=300) for _ in range(3)]
    air = np.concatenate((loud[0], rest, loud[1], rest, loud[2])).astype(np.complex64)
    found = measure(Channel(air, 250e3, 0.0), 2e3, 30.0)
    assert found is not None
    assert found.on_share == pytest.approx(900 / 1700, abs=0.05)
