"""The frequency of a signal from moment to moment, and what shows in it: tones, a stereo pilot, a pitch."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.fft
from scipy.ndimage import uniform_filter1d

from sweeper.dsp.spectrum import Complex
from sweeper.dsp.statistics import median, percentile

Array = npt.NDArray[np.float64]

LEAST_VALUES = 48
"""Fewer say nothing about levels."""

PILOT_HZ = 19e3
"""The stereo pilot (ITU-R BS.450)."""

PITCH_S = (1 / 400, 1 / 65)
"""A voice's period."""


def instantaneous(
    z: Complex, on: npt.NDArray[np.bool_], rate: float, smooth: int
) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Instantaneous frequency and where it can be trusted."""
    turn = (z[1:] * np.conj(z[:-1])).astype(np.complex128)
    length = max(1, smooth)
    turn = uniform_filter1d(turn.real, length) + 1j * uniform_filter1d(turn.imag, length)
    return np.angle(turn) * rate / (2 * np.pi), on[1:] & on[:-1]


def tones(frequency: Array, rate: float) -> tuple[float, float, float]:
    """Half the distance of the two outer levels, how empty the middle between them is, and the middle
    itself."""
    if len(frequency) < LEAST_VALUES:
        return 0.0, 0.0, 0.0
    low, high = float(percentile(frequency, 4)), float(percentile(frequency, 96))
    middle = (low + high) / 2
    upper, lower = frequency[frequency > middle], frequency[frequency <= middle]
    if not len(upper) or not len(lower) or high - low < 1e-6 * rate:
        return float(np.std(frequency)), 0.0, float(middle)
    a, b = median(lower), median(upper)
    middle = (a + b) / 2
    half = (b - a) / 2
    share = float(np.mean(np.abs(frequency - middle) < half / 3))
    return half, float(np.clip(1 - share / (1 / 3), 0, 1)), middle


def pilot(frequency: Array, rate: float) -> float:
    """How far a line at 19 kHz stands out of its neighbours; 0 where the stretch is too short."""
    if rate < 2.5 * PILOT_HZ or len(frequency) < 0.02 * rate:
        return 0.0
    size = scipy.fft.prev_fast_len(len(frequency), real=True)
    frequency = frequency[:size]
    lines = np.abs(scipy.fft.rfft((frequency - frequency.mean()) * np.hanning(size)))
    at = round(PILOT_HZ / rate * size)
    around = lines[round(17e3 / rate * size) : round(21e3 / rate * size)]
    ordinary = median(around) if len(around) else 0.0
    return float(lines[at - 2 : at + 3].max()) / max(ordinary, 1e-30)


def repeating(frequency: Array, rate: float) -> float:
    """The greatest correlation of the frequency with itself, a period of a voice's pitch later; 0 where the
    stretch is shorter than four periods."""
    first, last = int(PITCH_S[0] * rate), int(PITCH_S[1] * rate)
    if first < 2 or len(frequency) < 4 * last:
        return 0.0
    centred = frequency - frequency.mean()
    lines = scipy.fft.rfft(centred, scipy.fft.next_fast_len(len(centred) + last, real=True))
    alike = scipy.fft.irfft(lines.real**2 + lines.imag**2)[: last + 1]
    counts = len(centred) - np.arange(last + 1)
    return float((alike[first:] / counts[first:]).max() / max(alike[0] / counts[0], 1e-30))
