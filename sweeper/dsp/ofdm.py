"""OFDM by its cyclic prefix, bin by bin: which part of the span carries a signal that repeats its symbols'
ends.

Every OFDM symbol of useful length Tu is preceded by a copy of its last part. So x(t) and x(t + Tu)
agree during the prefix, about 7 % of the time for LTE (TS 36.211 §6.12), a quarter to a
thirty-second for DVB-T, and noise never does. The test is made in every bin of short transforms and
compared with
lags near by: a carrier agrees with itself at all lags, an OFDM signal at its own only. It needs no noise
floor, so a signal that fills the whole span is found too.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.fft

from sweeper.dsp.extents import runs
from sweeper.dsp.spectrum import Complex, cell_size, hann

LAGS_S = {"lte": 1 / 15e3, "nr": 1 / 30e3, "dvb-t": 896e-6}
"""Useful symbol lengths. LTE and 15 kHz NR share one; DVB-T (EN 300 744) with 8k carriers in 8 MHz
channels."""

CONTROL = (0.87, 1.13)
"""Lags compared, as shares of the lag tested; no other system's lag lies there."""

SIGMAS = 4.2
"""The mean over the span must stand this far above chance (2e-8 by exp(-x²), for three systems)."""

MOST_SAMPLES = 1 << 18
"""Enough for a coherence of 1 % on the whole span; more would only cost."""


class Prefixed(NamedTuple):
    """A stretch of the span with OFDM of one useful length; offsets in Hz, ``agreement`` 0..1 (mean
    coherence)."""

    system: str
    low_hz: float
    high_hz: float
    agreement: float
    useful_s: float


def find(samples: Complex, rate_hz: float, lags: dict[str, float] | None = None) -> list[Prefixed]:
    """OFDM signals in ``samples``; one per system at most, as wide as its bins reach together."""
    size = min(cell_size(rate_hz), 256)
    samples = samples[:MOST_SAMPLES]
    out = []
    for system, lag_s in (LAGS_S if lags is None else lags).items():
        lag = round(lag_s * rate_hz)
        if lag < 24 or len(samples) < 4 * lag + size:
            continue
        found = _one(samples, rate_hz, size, system, lag)
        if found is not None:
            out.append(found)
    return out


def _one(samples: Complex, rate_hz: float, size: int, system: str, lag: int) -> Prefixed | None:
    hop = size // 2
    longest = int(lag * max(CONTROL)) + 1
    frames = (len(samples) - size - longest) // hop
    if frames < 12:
        return None
    at_lag, *controls = _coherences(samples, size, hop, frames, [lag, *(round(lag * c) for c in CONTROL)])
    usable = np.maximum(np.abs(controls[0]), np.abs(controls[1])) < 0.3
    usable &= np.abs(np.arange(size) - size // 2) > 1
    if usable.sum() < size // 4:
        return None
    sigma = 1.0 / np.sqrt(0.53 * frames * usable.sum())
    mean = abs(at_lag[usable].mean())
    other = max(abs(c[usable].mean()) for c in controls)
    if mean < SIGMAS * sigma or mean < 2 * other or mean < 0.012:
        return None
    return _extent(at_lag, controls, usable, frames, rate_hz, system, lag / rate_hz)


def _coherences(
    samples: Complex, size: int, hop: int, frames: int, lags: list[int]
) -> list[npt.NDArray[np.complex64]]:
    """For each lag the coherence per bin (ascending) between the samples and the same that much later."""
    window = hann(size).copy()
    window[1::2] *= -1
    cross = np.zeros((len(lags), size), np.complex128)
    first = np.zeros(size)
    second = np.zeros((len(lags), size))
    for start in range(0, frames, 256):
        index = np.arange(start, min(frames, start + 256)) * hop
        a = scipy.fft.fft(_rows(samples, index, size) * window, axis=1)
        first += np.sum(_power(a), axis=0)
        np.conj(a, out=a)
        for i, lag in enumerate(lags):
            b = scipy.fft.fft(_rows(samples, index + lag, size) * window, axis=1)
            second[i] += np.sum(_power(b), axis=0)
            cross[i] += np.sum(b * a, axis=0)
    return list((cross / np.sqrt(np.maximum(first * second, 1e-30))).astype(np.complex64))


def _power(bins: Complex) -> npt.NDArray[np.float32]:
    return np.asarray(bins.real**2 + bins.imag**2)


def _rows(samples: Complex, index: npt.NDArray[np.intp], size: int) -> Complex:
    return np.lib.stride_tricks.sliding_window_view(samples, size)[index]


def _extent(
    at_lag: npt.NDArray[np.complex64],
    controls: list[npt.NDArray[np.complex64]],
    usable: npt.NDArray[np.bool_],
    frames: int,
    rate_hz: float,
    system: str,
    useful_s: float,
) -> Prefixed | None:
    """The outermost bins that agree in phase with the whole, smoothed over a thirty-second of the span."""
    size = len(at_lag)
    phase = np.exp(-1j * np.angle(at_lag[usable].sum()))
    value = np.where(usable, (at_lag * phase).real, 0.0)
    width = max(5, size // 32)
    found: list[tuple[int, int]] = []
    while not found and width <= size // 2:
        kernel = np.ones(width)
        smooth = np.convolve(value, kernel, "same") / np.maximum(np.convolve(usable, kernel, "same"), 1)
        noise = max(3.2 / np.sqrt(0.53 * frames * width), 0.15 * float(np.percentile(smooth, 90)))
        found = runs(smooth > noise, gap=size // 8)
        width *= 2
    if not found:
        found = [(0, size)]
    width = min(width // 2, size // 8)
    start, stop = max(found, key=lambda r: (r[1] - r[0], -r[0]))
    step = rate_hz / size
    trim = width // 4
    low, high = (start + trim - size // 2) * step, (stop - trim - size // 2) * step
    if high - low < 100e3:
        return None
    return Prefixed(system, low, high, float(value[start:stop].mean()), useful_s)
