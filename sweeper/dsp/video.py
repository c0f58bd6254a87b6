"""Analogue video: a frequency-modulated picture repeats itself from line to line.

A wireless camera sends its composite signal by wideband FM (deviation of some MHz). Its line rate is 15
625 Hz
for PAL and SECAM (ITU-R BT.470), 15 734.264 Hz for NTSC. The demodulated signal correlates with
itself one line later: 0.96 on a real one. A tone or the hum of a supply does so at many lags; only video
does so at one line and not at six tenths of it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.fft

from sweeper.dsp.spectrum import Complex

LINE_RATES_HZ = {"pal": 15_625.0, "ntsc": 4.5e6 / 286}
LEAST_CORRELATION = 0.35
LEAST_LINES = 40
MOST_SAMPLES = 1 << 19


class Lines(NamedTuple):
    """The standard by its line rate, the rate measured, and the correlation from line to line."""

    standard: str
    line_rate_hz: float
    correlation: float


def find(samples: Complex, rate_hz: float) -> Lines | None:
    """Analogue video in a channel mixed to zero, or ``None``. Wants 40 lines (2.6 ms)."""
    samples = samples[:MOST_SAMPLES]
    if rate_hz < 1e6 or len(samples) < LEAST_LINES * rate_hz / 15_625:
        return None
    frequency = np.angle(samples[1:] * np.conj(samples[:-1])).astype(np.float32)
    smooth = max(1, int(rate_hz / 1e6))
    smoothed = np.convolve(frequency, np.ones(smooth) / smooth, "same")[::smooth]
    frequency = smoothed.astype(np.float32)
    rate = rate_hz / smooth
    frequency = frequency - frequency.mean()
    size = scipy.fft.next_fast_len(2 * len(frequency))
    power = np.abs(scipy.fft.rfft(frequency, size)) ** 2
    correlation = scipy.fft.irfft(power, size)[: len(frequency) // 2]
    if correlation[0] <= 0:
        return None
    count = len(frequency)
    correlation = correlation / correlation[0] * (count / (count - np.arange(len(correlation))))
    low, high = int(rate / 15_900), int(np.ceil(rate / 15_450)) + 1
    at = low + int(np.argmax(correlation[low:high]))
    peak = float(correlation[at])
    between = float(np.max(correlation[int(0.55 * at) : int(0.8 * at)]))
    if peak < LEAST_CORRELATION or between > 0.7 * peak:
        return None
    rate_found = _line_rate(correlation, rate, at)
    standard = min(LINE_RATES_HZ, key=lambda name: abs(LINE_RATES_HZ[name] - rate_found))
    if abs(LINE_RATES_HZ[standard] / rate_found - 1) > 0.004:
        return None
    return Lines(standard, rate_found, peak)


def _line_rate(correlation: np.ndarray, rate: float, at: int) -> float:
    """The line rate from the farthest repetition that still stands out: twenty lines away, twenty times as
    exact."""
    period = _vertex(correlation, at)
    for lines in (2, 4, 8, 16):
        guess = round(period * lines)
        reach = max(2, round(0.4 * period * 0.02 * lines))
        if guess + reach + 2 >= len(correlation):
            break
        low = max(1, guess - reach)
        place = low + int(np.argmax(correlation[low : guess + reach + 1]))
        if correlation[place] < 0.5 * correlation[at]:
            break
        period = _vertex(correlation, place) / lines
    return float(rate / period)


def _vertex(values: np.ndarray, at: int) -> float:
    a, b, c = (float(v) for v in values[at - 1 : at + 2])
    bend = a - 2 * b + c
    return at + (0.5 * (a - c) / bend if bend != 0 else 0.0)
