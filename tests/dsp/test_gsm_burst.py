"""GSM bursts through noise and echoes: the modulator is the synthesiser's, whose phase follows TS 45.004."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.dsp import gsm, gsm_burst, gsm_mark
from sweeper.dsp.channel import Spectrum
from sweeper.synth.gmsk import Keyed, signs
from sweeper.synth.gsm import SCH_TRAINING, TRAINING, normal_burst
from tests.dsp.signals import Samples, bits, from_frequency, fsk, gfsk, noise, tone, voice

N0 = 1e-10
RATE = 1e6


def burst(data: np.ndarray, hz: float, snr_db: float, rate: float = RATE) -> Samples:
    """One burst; ``snr_db`` over the noise in 200 kHz."""
    count = int(148 / gsm.SYMBOL_RATE_HZ * rate)
    at = np.arange(count) / rate
    turns = Keyed(signs(data.astype(np.uint8)), 0.3).turns(at * gsm.SYMBOL_RATE_HZ) + hz * at
    return (np.sqrt(N0 * 2e5 * 10 ** (snr_db / 10)) * np.exp(2j * np.pi * turns)).astype(np.complex64)


def air(
    data: np.ndarray, at_s: float, hz: float, snr_db: float, seed: int = 1, rate: float = RATE
) -> Samples:
    out = noise(int(0.004 * rate), rate, N0, seed)
    start = round(at_s * rate)
    signal = burst(data, hz, snr_db, rate)
    out[start : start + len(signal)] += signal
    return out


@given(st.integers(0, 7), st.integers(0, 500), st.floats(-2.5, 2.5), st.sampled_from([5e5, 1e6, 2.4e6, 8e6]))
@settings(max_examples=25)
def test_a_normal_burst_is_read_at_15_db(sequence: int, seed: int, late: float, rate: float) -> None:
    payload = bits(114, seed).astype(np.uint8)
    data = normal_burst(payload, TRAINING[sequence], 0)
    heard = air(data, 0.001, 5e4, 15, seed, rate)
    expected_s = round(0.001 * rate) / rate
    found = gsm_burst.demodulate(
        heard,
        rate,
        5e4,
        expected_s - late / gsm.SYMBOL_RATE_HZ,
        gsm_burst.TRAINING[sequence],
        gsm_burst.NORMAL_AT,
        4,
    )
    assert found is not None
    assert np.count_nonzero((found.payload < 0) != payload) <= 1
    assert found.fit > 0.8


@pytest.mark.parametrize("delay_us", [3.7, 7.4, 14.8])
def test_an_echo_as_strong_as_half_the_signal_is_undone(delay_us: float) -> None:
    """TS 45.005 asks for equalisation of 16 µs."""
    rate = 4e6
    wrong = 0
    for seed in range(10):
        payload = bits(114, seed).astype(np.uint8)
        data = normal_burst(payload, TRAINING[3], 0)
        clean = air(data, 0.001, 0.0, 20, seed, rate)
        late = round(delay_us * 1e-6 * rate)
        heard = clean + 0.7 * np.exp(1j * seed) * np.roll(clean, late)
        found = gsm_burst.demodulate(
            heard.astype(np.complex64), rate, 0.0, 0.001, gsm_burst.TRAINING[3], gsm_burst.NORMAL_AT, 4
        )
        assert found is not None
        wrong += np.count_nonzero((found.payload < 0) != payload)
    assert wrong <= 0.02 * 1140


def test_the_training_sequences_are_the_standards() -> None:
    """Both tables were written from TS 45.002 by different hands."""
    assert [(known < 0).tolist() for known in gsm_burst.TRAINING] == [
        t.astype(bool).tolist() for t in TRAINING
    ]
    assert (gsm_burst.SCH_TRAINING < 0).tolist() == SCH_TRAINING.astype(bool).tolist()


@pytest.mark.parametrize("sequence", range(8))
def test_the_training_sequence_of_an_unknown_burst(sequence: int) -> None:
    heard = air(normal_burst(bits(114).astype(np.uint8), TRAINING[sequence], 0), 0.0015, 2e4, 10)
    found, fit = gsm_burst.training_of(heard, RATE, 2e4, 0.0015, 24)
    assert found == sequence
    assert fit > 0.75


def test_noise_fits_no_training_sequence() -> None:
    fits = [gsm_burst.training_of(noise(4000, RATE, N0, s), RATE, 0.0, 0.0015, 24)[1] for s in range(30)]
    assert max(fits) < 0.66


@given(st.integers(0, 1000), st.floats(-25e3, 25e3), st.sampled_from([1e6, 2.4e6, 8e6]))
@settings(max_examples=30)
def test_one_burst_at_10_db_carries_the_mark(seed: int, error_hz: float, rate: float) -> None:
    heard = air(bits(148, seed), 0.0015, error_hz, 10, seed, rate)
    cut = Spectrum(heard, rate).cut(0.0, 230e3, 541_666 / 230e3)
    found = gsm_mark.mark(cut, 0.0, np.array([round(0.0015 * cut.rate_hz)]))
    assert found is not None
    assert found.holds
    assert found.offset_hz == pytest.approx(error_hz, abs=600)


def without_mark(rate: float, count: int, seed: int) -> dict[str, Samples]:
    loud = N0 * 2e5 * 300
    return {
        "noise": 0 * noise(count, rate),
        "tone": tone(count, 40e3, loud, rate),
        "voice": from_frequency(3e3 * voice(count, rate, seed=seed), loud, rate),
        "wide FM": from_frequency(68e3 * voice(count, rate, seed=seed, low=50, high=15e3), loud, rate),
        "FSK": fsk(bits(round(count / rate * 5e4), seed), 5e4, 25e3, 0.0, loud, rate),
        "GFSK 250": gfsk(bits(round(count / rate * 25e4), seed), 25e4, 0.5, 0.5, 0.0, loud, rate),
        "GFSK 1000": gfsk(bits(round(count / rate * 1e6), seed), 1e6, 0.5, 0.5, 0.0, loud, rate),
    }


@pytest.mark.parametrize("windows", [1, 5, 100])
@pytest.mark.parametrize("seed", range(4))
def test_what_is_not_gsm_carries_no_mark(windows: int, seed: int) -> None:
    rate = 2.4e6
    count = round((windows + 0.3) * gsm_mark.WINDOW_S * rate)
    for name, signal in without_mark(rate, count, seed).items():
        heard = noise(count, rate, N0, seed)
        heard[: len(signal)] += signal[:count]
        found = gsm_mark.mark(Spectrum(heard, rate).cut(0.0, 230e3, 541_666 / 230e3), 0.0)
        assert found is not None
        assert not found.holds, name


def test_a_burst_cut_off_is_none() -> None:
    heard = air(normal_burst(bits(114).astype(np.uint8), TRAINING[0], 0), 0.001, 0.0, 20)
    for at_s in (-0.01, 0.0038, 0.02):
        known = gsm_burst.TRAINING[0]
        assert gsm_burst.demodulate(heard, RATE, 0.0, at_s, known, gsm_burst.NORMAL_AT, 4) is None
