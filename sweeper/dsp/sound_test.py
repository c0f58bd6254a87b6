"""Is this emission a microphone in this room? Make a sound that nobody else makes; see whether it answers.

Two tests, both with a p-value: how often chance alone would answer as well.

*Audio.* The room plays noise keyed in a secret rhythm; the carrier's demodulated audio is correlated with it
over the delays that a transmitter and sound in air can have. The correlation at delays that nothing can have
tells what chance does, so music, hum and speech on the channel do not pass for an answer.

*Traffic.* A digital or voice-activated transmitter gives no audio, but sends more while there is something to
hear. Sound is played in periods drawn by lot; what the emission did (bursts, bandwidth, power) in the periods
with sound is set against those without, over all other ways in which the lot could have fallen.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt
import scipy.signal

Array = npt.NDArray[np.float64]

VOICE_HZ = (400.0, 2_800.0)
"""Band of the played noise: what every microphone, codec and loudspeaker passes."""

CHIP_S = 0.08
"""Length of one beat of the rhythm: long against echoes in a room, short against the test."""

ANALYSIS_HZ = 8_000.0
"""Audio is compared at this rate, which holds the voice band."""

LONGEST_DELAY_S = 0.6
"""Sound from the far wall takes 30 ms; a digital cordless or Bluetooth link up to half a second."""

ENVELOPE_HZ = 200.0
"""Rate at which loudness is compared: it survives codecs and scramblers that waveforms do not."""

WHITEST = 1e-3
"""Bins 60 dB under the strongest are not raised: they hold its leakage, not sound."""

LAGS_S = (0.0, 1.0, 2.0, 4.0)
"""Reactions of voice-activated transmitters that are tried: at once, and after their holding times."""

MOST_ORDERS = 20_000
"""Of the ways in which the lot can fall, at most so many are compared with; a fixed seed draws them."""


class AudioAnswer(msgspec.Struct, frozen=True):
    """``correlation`` in -1…1 at ``delay_s``; ``p`` the chance of one as large at any delay tried; ``by``
    says whether waveform or loudness answered."""

    correlation: float
    delay_s: float
    p: float
    by: str


class TrafficAnswer(msgspec.Struct, frozen=True):
    """``ratio`` of what was measured with sound to without, at ``lag_s``; ``p`` the chance of as much."""

    ratio: float
    lag_s: float
    p: float
    periods: int


def coded_sound(seed: int, seconds: float, rate_hz: float) -> npt.NDArray[np.float32]:
    """The sound to play: noise of the voice band, switched on and off in a rhythm that ``seed`` decides."""
    rng = np.random.default_rng(seed)
    count = round(seconds * rate_hz)
    sos = scipy.signal.butter(4, VOICE_HZ, "bandpass", fs=rate_hz, output="sos")
    noise = scipy.signal.sosfilt(sos, rng.standard_normal(count))
    beats = rng.integers(0, 2, math.ceil(seconds / CHIP_S) + 1).astype(np.float64)
    gate = beats[(np.arange(count) / rate_hz / CHIP_S).astype(int)]
    smooth = np.hanning(max(3, round(0.01 * rate_hz)))
    gate = np.convolve(gate, smooth / smooth.sum(), "same")
    sound = noise * gate
    return np.asarray(0.9 * sound / np.abs(sound).max(), np.float32)


def audio_test(played: npt.ArrayLike, heard: npt.ArrayLike, rate_hz: float) -> AudioAnswer:
    """Correlate what was played with what was demodulated; both begin at the same moment, at ``rate_hz``.

    The p-value counts both ways of comparing and every delay tried. Raises ``ValueError`` for less than two
    seconds, which prove nothing.
    """
    first, second = (np.asarray(one, np.float64) for one in (played, heard))
    count = min(len(first), len(second))
    if count < 2.0 * rate_hz:
        raise ValueError("at least two seconds of sound are needed")
    waves = [_prepared(one[:count], rate_hz) for one in (first, second)]
    loudness = [_loudness(one[:count], rate_hz) for one in (first, second)]
    answers = []
    for by, pair, rate in (("waveform", waves, ANALYSIS_HZ), ("loudness", loudness, ENVELOPE_HZ)):
        correlation, delay_s, p = _best_lag(pair[0], pair[1], rate)
        answers.append(AudioAnswer(correlation, delay_s, min(1.0, 2 * p), by))
    return min(answers, key=lambda one: one.p)


def lot(seed: int, periods: int) -> tuple[bool, ...]:
    """In which periods to play sound: half of them, drawn by lot, so that nothing else keeps time with it."""
    order = np.random.default_rng(seed).permutation(periods)
    return tuple(bool(rank < periods // 2) for rank in order)


def traffic_test(
    played: Sequence[bool], period_s: float, times_s: npt.ArrayLike, values: npt.ArrayLike
) -> TrafficAnswer:
    """Did the emission do more while sound was played? ``values`` at ``times_s`` are what it did (lengths of
    bursts, powers, bandwidths), added up in each period. Raises ``ValueError`` for fewer than six periods."""
    if len(played) < 6 or not any(played) or all(played):
        raise ValueError("at least six periods, some with sound and some without, are needed")
    times = np.asarray(times_s, np.float64)
    amounts = np.asarray(values, np.float64)
    label = np.array(played)
    results = []
    for lag_s in LAGS_S:
        index = np.floor((times - lag_s) / period_s).astype(int)
        inside = (index >= 0) & (index < len(played))
        done = np.bincount(index[inside], amounts[inside], minlength=len(played)).astype(np.float64)
        p = _by_lot(done, label)
        quiet = float(done[~label].mean())
        loud = float(done[label].mean())
        ratio = loud / quiet if quiet > 0 else (math.inf if loud > 0 else 1.0)
        results.append(TrafficAnswer(ratio, lag_s, p, len(played)))
    best = min(results, key=lambda one: (one.p, one.lag_s))
    return msgspec.structs.replace(best, p=min(1.0, len(LAGS_S) * best.p))


def _by_lot(done: Array, label: npt.NDArray[np.bool_]) -> float:
    """Share of the ways to draw the lot that would show as much difference; the drawn one is among them."""
    from scipy.stats import rankdata  # a second to load, of which every command that lists commands would pay

    ranks = rankdata(done)
    loud, total = int(label.sum()), len(label)
    seen = float(ranks[label].sum())
    if math.comb(total, loud) <= MOST_ORDERS:
        sums = np.array([sum(chosen) for chosen in itertools.combinations(ranks.tolist(), loud)])
        return float(np.mean(sums >= seen - 1e-9))
    rng = np.random.default_rng(0)
    sums = np.array([ranks[rng.permutation(total)[:loud]].sum() for _ in range(MOST_ORDERS)])
    return float((np.count_nonzero(sums >= seen - 1e-9) + 1) / (MOST_ORDERS + 1))


def _prepared(sound: Array, rate_hz: float) -> Array:
    """The voice band, whitened, at the rate of the analysis: hum and tones must not dominate."""
    sos = scipy.signal.butter(4, VOICE_HZ, "bandpass", fs=rate_hz, output="sos")
    band = scipy.signal.sosfiltfilt(sos, sound)
    thinned = _at_rate(band, rate_hz, ANALYSIS_HZ)
    spectrum = np.fft.rfft(thinned)
    size = np.abs(spectrum)
    smooth = np.convolve(size, np.ones(101) / 101, "same")
    least = WHITEST * float(size.max()) + 1e-12
    hz = np.fft.rfftfreq(len(thinned), 1 / ANALYSIS_HZ)
    inside = (hz >= VOICE_HZ[0]) & (hz <= VOICE_HZ[1])
    white = np.where(inside, spectrum / np.maximum(np.maximum(size, smooth), least), 0)
    return np.asarray(np.fft.irfft(white, len(thinned)))


def _loudness(sound: Array, rate_hz: float) -> Array:
    """Loudness in the voice band, in decibels above its own floor, its slow drift taken off."""
    sos = scipy.signal.butter(2, VOICE_HZ, "bandpass", fs=rate_hz, output="sos")
    power = scipy.signal.sosfilt(sos, sound) ** 2
    size = round(rate_hz / ENVELOPE_HZ)
    steps = power[: len(power) // size * size].reshape(-1, size).mean(axis=1)
    level = np.log10(np.maximum(steps, np.median(steps) * 1e-3 + 1e-12))
    slow = scipy.signal.butter(2, 0.5, "highpass", fs=rate_hz / size, output="sos")
    return np.asarray(scipy.signal.sosfiltfilt(slow, level))


def _at_rate(sound: Array, rate_hz: float, out_hz: float) -> Array:
    ratio = out_hz / rate_hz
    up, down = ratio.as_integer_ratio() if ratio == 1 else (round(out_hz), round(rate_hz))
    common = math.gcd(up, down)
    return np.asarray(scipy.signal.resample_poly(sound, up // common, down // common))


def _best_lag(played: Array, heard: Array, rate_hz: float) -> tuple[float, float, float]:
    """The largest correlation at a delay that can be, the delay, and the chance of one as large.

    The correlation goes round in a circle, so that it wavers alike at every delay; its size at delays that
    cannot be is what chance does with exactly these two sounds. How often such a curve tops a level within
    the delays that can be is Rice's formula (1945), with the curve's own root-mean-square frequency.
    """
    count = min(len(played), len(heard))
    one, two = played[:count] - played[:count].mean(), heard[:count] - heard[:count].mean()
    scale = float(np.sqrt((one**2).sum() * (two**2).sum()))
    if scale == 0.0:
        return 0.0, 0.0, 1.0
    cross = np.conj(np.fft.rfft(one)) * np.fft.rfft(two)
    product = np.fft.irfft(cross, count) / scale
    possible = round(LONGEST_DELAY_S * rate_hz)
    at = int(np.argmax(np.abs(product[: possible + 1])))
    best = float(product[at])
    spread = float(np.sqrt(np.mean(product[2 * possible : count - possible] ** 2)))
    if spread == 0.0:
        return best, at / rate_hz, 1.0
    power = np.abs(cross) ** 2
    hz = np.fft.rfftfreq(count, 1 / rate_hz)
    beat_hz = float(np.sqrt((power * hz**2).sum() / power.sum()))
    z = abs(best) / spread
    tops = 2 * LONGEST_DELAY_S * beat_hz * math.exp(-z * z / 2) + math.erfc(z / math.sqrt(2))
    return best, at / rate_hz, -math.expm1(-tops)
