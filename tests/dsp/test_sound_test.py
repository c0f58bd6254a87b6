"""The sound test: p-values hold under chance, and a microphone in the room is found through what it does."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal

from sweeper.dsp.demod import AUDIO_HZ, Demodulator, Mode
from sweeper.dsp.sound_test import audio_test, coded_sound, lot, traffic_test

RATE_HZ = 16_000.0
SECONDS = 6.0


def speech(seed: int, seconds: float = SECONDS) -> np.ndarray:
    """Somebody else talking: noise of the voice band in syllables."""
    rng = np.random.default_rng(seed)
    count = round(seconds * RATE_HZ)
    sos = scipy.signal.butter(2, (300, 3000), "bandpass", fs=RATE_HZ, output="sos")
    syllables = np.repeat(rng.uniform(0, 1, count // 2000 + 1) ** 2, 2000)[:count]
    return np.asarray(scipy.signal.sosfilt(sos, rng.standard_normal(count)) * syllables)


def delayed(sound: np.ndarray, seconds: float) -> np.ndarray:
    shift = round(seconds * RATE_HZ)
    return np.concatenate([np.zeros(shift), sound])[: len(sound)]


def test_chance_answers_as_often_as_its_p_value_says() -> None:
    played = coded_sound(1, SECONDS, RATE_HZ)
    p = np.array([audio_test(played, speech(seed), RATE_HZ).p for seed in range(120)])
    assert np.count_nonzero(p < 0.05) <= 14  # 6 expected of 120, 14 is 3.3 sigma
    assert np.count_nonzero(p < 0.001) <= 2


@pytest.mark.parametrize("delay_s", [0.01, 0.12, 0.45])
def test_a_weak_microphone_under_speech_is_found_with_its_delay(delay_s: float) -> None:
    played = coded_sound(2, SECONDS, RATE_HZ)
    room = delayed(played.astype(np.float64), delay_s)
    heard = 0.15 * room / room.std() + speech(5) / speech(5).std()
    answer = audio_test(played, heard, RATE_HZ)
    assert answer.p < 1e-6
    assert answer.delay_s == pytest.approx(delay_s, abs=0.003)
    assert answer.by == "waveform"


def test_a_codec_that_keeps_only_loudness_is_found_by_loudness() -> None:
    played = coded_sound(3, SECONDS, RATE_HZ)
    envelope = np.abs(scipy.signal.hilbert(delayed(played.astype(np.float64), 0.2)))
    envelope = np.convolve(envelope, np.ones(320) / 320, "same")
    other = np.random.default_rng(9).standard_normal(len(played))
    answer = audio_test(played, envelope * other + 0.01 * other[::-1], RATE_HZ)
    assert answer.by == "loudness"
    assert answer.p < 1e-6
    assert answer.delay_s == pytest.approx(0.2, abs=0.03)


@pytest.mark.parametrize("mode", [Mode.AM, Mode.NFM])
def test_a_carrier_with_a_tenth_of_its_swing_answers_through_noise(mode: Mode) -> None:
    """Modulated by its textbook formula, 15 dB over the noise of its channel, with the room's delay."""
    rate_hz = 2 * AUDIO_HZ
    sound = delayed(coded_sound(8, SECONDS, rate_hz).astype(np.float64), 0.06 * rate_hz / RATE_HZ)
    swing = 0.1 * sound / np.abs(sound).max()
    turn = 2 * np.pi * np.cumsum(5_000 * swing) / rate_hz
    sent = 1 + swing if mode is Mode.AM else np.exp(1j * turn)
    rng = np.random.default_rng(3)
    noise = rng.standard_normal((2, len(sound))) * np.sqrt(0.5 * rate_hz / 10e3 / 10**1.5)
    air = (0.1 * (sent + noise[0] + 1j * noise[1])).astype(np.complex64)
    played = coded_sound(8, SECONDS, rate_hz)[::2]
    answer = audio_test(played, Demodulator(mode, rate_hz).feed(air), AUDIO_HZ)
    assert answer.p < 1e-12
    assert answer.delay_s == pytest.approx(0.06, abs=0.003)


def test_another_rhythm_is_no_answer() -> None:
    answer = audio_test(coded_sound(4, SECONDS, RATE_HZ), coded_sound(5, SECONDS, RATE_HZ), RATE_HZ)
    assert answer.p > 1e-3


def test_hum_and_silence_are_no_answer() -> None:
    played = coded_sound(6, SECONDS, RATE_HZ)
    t = np.arange(len(played)) / RATE_HZ
    assert audio_test(played, np.sin(2 * np.pi * 1000 * t), RATE_HZ).p > 1e-3
    assert audio_test(played, np.zeros(len(played)), RATE_HZ).p == 1.0


def test_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match="two seconds"):
        audio_test(np.zeros(1000), np.zeros(1000), RATE_HZ)


def test_the_sound_is_its_own_and_stays_in_the_voice_band() -> None:
    one = coded_sound(7, 3.0, 48_000.0)
    assert len(one) == 144_000
    assert np.abs(one).max() <= 0.9 + 1e-6
    assert np.array_equal(one, coded_sound(7, 3.0, 48_000.0))
    assert not np.array_equal(one, coded_sound(8, 3.0, 48_000.0))
    power = np.abs(np.fft.rfft(one)) ** 2
    hz = np.fft.rfftfreq(len(one), 1 / 48_000.0)
    assert power[(hz > 200) & (hz < 4000)].sum() > 0.98 * power.sum()


# --- traffic ----------------------------------------------------------------------------------------------


def bursts(played: tuple[bool, ...], period_s: float, gain: float, lag_s: float, seed: int) -> np.ndarray:
    """Times of bursts, ten a period by chance and ``gain`` times as many with sound, ``lag_s`` later."""
    rng = np.random.default_rng(seed)
    times = []
    for index, loud in enumerate(played):
        count = rng.poisson(10 * (gain if loud else 1))
        times.append(index * period_s + lag_s + rng.uniform(0, period_s, count))
    return np.concatenate(times)


@pytest.mark.parametrize("lag_s", [0.0, 2.0])
def test_a_voice_activated_transmitter_is_found(lag_s: float) -> None:
    played = lot(1, 16)
    assert sum(played) == 8
    times = bursts(played, 5.0, 3.0, lag_s, 1)
    answer = traffic_test(played, 5.0, times, np.ones(len(times)))
    assert answer.p < 0.01
    assert answer.ratio == pytest.approx(3.0, rel=0.35)
    assert abs(answer.lag_s - lag_s) <= 1.0


def test_chance_in_traffic_is_as_rare_as_said() -> None:
    p = []
    for seed in range(150):
        played = lot(seed, 12)
        times = bursts(played, 5.0, 1.0, 0.0, seed)
        p.append(traffic_test(played, 5.0, times, np.ones(len(times))).p)
    assert np.count_nonzero(np.array(p) < 0.05) <= 16  # 7.5 expected of 150 at most
    long = lot(3, 40)
    times = bursts(long, 5.0, 1.0, 0.0, 3)
    assert traffic_test(long, 5.0, times, np.ones(len(times))).p > 0.001


def test_the_smallest_p_value_is_that_of_the_lot() -> None:
    played = (True, False, True, False, False, True)
    times = np.array([0.5, 10.5, 25.5])  # bursts in the periods with sound alone
    answer = traffic_test(played, 5.0, times, np.ones(3))
    assert answer.p == pytest.approx(4 / 20)  # one of the 20 ways to draw three of six, four lags tried
    assert answer.ratio == float("inf")


def test_too_few_periods_are_refused() -> None:
    for played in ((True, False), (True,) * 8, (False,) * 8):
        with pytest.raises(ValueError, match="six periods"):
            traffic_test(played, 5.0, [], [])
