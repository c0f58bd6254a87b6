"""Demodulators: tones of known frequency and depth in, the same tones out, whatever the blocks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.dsp.demod import AUDIO_HZ, Demodulator, Mode, Resampler
from sweeper.records import Samples

RATES = (2.56e6, 1.024e6, 250e3)


def transmitted(
    mode: Mode, rate_hz: float, offset_hz: float, tone_hz: float, seconds: float, noise: float = 0.0
) -> Samples:
    """A carrier modulated with one tone, as the textbooks have it."""
    t = np.arange(round(rate_hz * seconds)) / rate_hz
    carrier = 0.3 * np.exp(2j * np.pi * offset_hz * t)
    tone = np.cos(2 * np.pi * tone_hz * t)
    if mode is Mode.AM:
        made = carrier * (1 + 0.6 * tone)
    elif mode in (Mode.NFM, Mode.WFM):
        deviation = 2.5e3 if mode is Mode.NFM else 40e3
        made = carrier * np.exp(1j * deviation / tone_hz * np.sin(2 * np.pi * tone_hz * t))
    else:
        sign = 1 if mode is Mode.USB else -1
        made = carrier * np.exp(sign * 2j * np.pi * tone_hz * t)
    rng = np.random.default_rng(1)
    made = made + noise * (rng.standard_normal(len(t)) + 1j * rng.standard_normal(len(t)))
    return made.astype(np.complex64)


def tone_of(audio: np.ndarray) -> tuple[float, float]:
    """Frequency of the strongest tone, and its share of the audio's power."""
    part = audio[len(audio) // 2 :]
    power = np.abs(np.fft.rfft(part * np.hanning(len(part)))) ** 2
    at = int(np.argmax(power))
    hz = np.fft.rfftfreq(len(part), 1 / AUDIO_HZ)[at]
    return float(hz), float(power[max(0, at - 4) : at + 5].sum() / power.sum())


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("tone_hz", [600.0, 2000.0])
def test_the_tone_comes_back(mode: Mode, rate_hz: float, tone_hz: float) -> None:
    offset = 0.11 * rate_hz if mode is not Mode.WFM or rate_hz > 300e3 else 0.0
    audio = Demodulator(mode, rate_hz, offset).feed(transmitted(mode, rate_hz, offset, tone_hz, 0.4, 0.002))
    assert len(audio) == pytest.approx(0.4 * AUDIO_HZ, abs=0.02 * AUDIO_HZ)
    hz, share = tone_of(audio)
    assert hz == pytest.approx(tone_hz, abs=8)
    assert share > 0.98


@pytest.mark.parametrize(("mode", "wrong"), [(Mode.USB, Mode.LSB), (Mode.LSB, Mode.USB)])
def test_the_other_sideband_is_shut_out(mode: Mode, wrong: Mode) -> None:
    """Two equal tones, one on either side of the carrier: only the wanted one is heard."""
    samples = transmitted(mode, 250e3, 20e3, 1000.0, 0.5) + transmitted(wrong, 250e3, 20e3, 1700.0, 0.5)
    hz, share = tone_of(Demodulator(mode, 250e3, 20e3).feed(samples))
    assert hz == pytest.approx(1000.0, abs=8)
    assert share > 0.99


@pytest.mark.parametrize("mode", [Mode.NFM, Mode.WFM])
def test_deviation_is_loudness(mode: Mode) -> None:
    audio = Demodulator(mode, 1.024e6, 100e3).feed(transmitted(mode, 1.024e6, 100e3, 400.0, 0.3))
    peak = np.abs(audio[len(audio) // 2 :]).max()
    assert peak == pytest.approx(2.5 / 5 if mode is Mode.NFM else 40 / 75, rel=0.1)


def test_a_neighbouring_channel_is_filtered_out() -> None:
    wanted = transmitted(Mode.NFM, 1.024e6, 100e3, 800.0, 0.4)
    neighbour = 10 * transmitted(Mode.NFM, 1.024e6, 125e3, 1300.0, 0.4)
    hz, share = tone_of(Demodulator(Mode.NFM, 1.024e6, 100e3).feed(wanted + neighbour.astype(np.complex64)))
    assert hz == pytest.approx(800.0, abs=8)
    assert share > 0.9


@given(
    st.sampled_from(list(Mode)), st.lists(st.integers(1, 9000), min_size=3, max_size=12), st.integers(0, 99)
)
@settings(max_examples=25, deadline=None)
def test_audio_does_not_depend_on_the_blocks(mode: Mode, cuts: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((60_000, 2)).astype(np.float32) * 0.1
    samples: Samples = noise.view(np.complex64)[:, 0]
    samples = samples + transmitted(mode, 250e3, 0.0, 700.0, 0.24)
    whole = Demodulator(mode, 250e3, 5e3).feed(samples)
    one = Demodulator(mode, 250e3, 5e3)
    parts, at = [one.feed(samples[:4096])], 4096
    for cut in cuts:
        parts.append(one.feed(samples[at : at + cut]))
        at = min(at + cut, len(samples))
    parts.append(one.feed(samples[at:]))
    together = np.concatenate(parts)
    assert len(together) == len(whole)
    begun = 400  # while the filters fill, FM hears the rounding of nothing
    assert together[begun:] == pytest.approx(whole[begun:], abs=2e-3)


def test_the_squelch_is_silent_without_a_signal_and_opens_with_one() -> None:
    rng = np.random.default_rng(1)
    noise = (0.001 * rng.standard_normal((250_000, 2))).astype(np.float32).view(np.complex64)[:, 0]
    made = Demodulator(Mode.NFM, 250e3, 0.0, squelch_dbfs=-40.0)
    silent = np.concatenate([made.feed(noise[at : at + 12_500]) for at in range(0, 125_000, 12_500)])
    assert np.abs(silent).max() < 1e-6
    signal = transmitted(Mode.NFM, 250e3, 0.0, 1000.0, 0.5) + noise[:125_000]
    loud = np.concatenate([made.feed(signal[at : at + 12_500]) for at in range(0, 125_000, 12_500)])
    assert np.abs(loud).max() > 0.3
    assert made.level_dbfs == pytest.approx(20 * np.log10(0.3), abs=0.5)


def test_volume_and_limits() -> None:
    samples = transmitted(Mode.WFM, 1.024e6, 0.0, 400.0, 0.2)
    quiet = Demodulator(Mode.WFM, 1.024e6, volume=0.1).feed(samples)
    assert np.abs(quiet[4000:]).max() == pytest.approx(0.053, abs=0.01)
    loud = Demodulator(Mode.WFM, 1.024e6, volume=50.0).feed(samples)
    assert np.abs(loud).max() == 1.0
    assert Demodulator(Mode.AM, 1.024e6).feed(np.zeros(0, np.complex64)).shape == (0,)
    assert np.isfinite(Demodulator(Mode.AM, 1.024e6).feed(np.zeros(50_000, np.complex64))).all()


@given(st.floats(20e3, 400e3), st.floats(100.0, 4000.0))
@settings(max_examples=30, deadline=None)
def test_resampling_keeps_a_tone(rate_hz: float, tone_hz: float) -> None:
    made = Resampler(rate_hz, AUDIO_HZ).feed(
        np.cos(2 * np.pi * tone_hz / rate_hz * np.arange(int(rate_hz * 0.3)))
    )
    middle = made[1000:-1000]
    t = np.arange(len(middle)) / AUDIO_HZ
    basis = np.stack([np.cos(2 * np.pi * tone_hz * t), np.sin(2 * np.pi * tone_hz * t)], 1)
    fit, *_ = np.linalg.lstsq(basis, middle, rcond=None)
    assert np.hypot(*fit) == pytest.approx(1.0, abs=0.01)
    assert np.abs(middle - basis @ fit).max() < 0.01
