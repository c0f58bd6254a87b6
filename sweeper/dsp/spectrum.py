"""Short-time power spectra: from complex samples to power density over time and frequency.

Two resolutions serve two questions. *Cells* (short frames, about a quarter of a square root of the rate
long) resolve bursts in time; *lines* (long frames, about 1 kHz a bin) resolve what stays on the air. Both
use a Hann
window with half overlap, which wastes almost nothing of the data (Welch 1967) and whose correlation
between neighbours is known exactly (``sweeper.dsp.statistics``). The window alternates in sign, so the
transform comes out in ascending frequency without a shift.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import scipy.fft

Complex = npt.NDArray[np.complex64]
Real = npt.NDArray[np.float32]

CHUNK = 1 << 15
"""Samples transformed at once: the work then stays inside the processor's second-level cache."""


@lru_cache(maxsize=64)
def cell_size(rate_hz: float) -> int:
    """Length of a short frame, a power of two: 128 at 250 kS/s, 512 at 2.4 MS/s, 1024 at 20 MS/s.

    It grows with the square root of the rate, so that time and frequency resolution both get finer.
    """
    return int(np.clip(2 ** round(np.log2(0.25 * np.sqrt(max(rate_hz, 1.0)))), 32, 4096))


@lru_cache(maxsize=64)
def line_size(rate_hz: float, samples: int) -> int:
    """Length of a long frame, a power of two: bins of 1 kHz or less, 1024 to 4096 of them.

    Fewer where ``samples`` hold less than 12 frames, because a decision wants about 16 transforms.
    """
    wanted = 2 ** int(np.ceil(np.log2(max(rate_hz, 1.0) / 1000.0)))
    wanted = int(np.clip(wanted, 1024, 4096))
    while wanted > 64 and samples < 8 * wanted:
        wanted //= 2
    return wanted


@lru_cache(maxsize=64)
def hann(size: int) -> Real:
    """Periodic Hann window, float32."""
    n = np.arange(size)
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * n / size), dtype=np.float32)


@lru_cache(maxsize=64)
def _shifting(size: int) -> Real:
    window = hann(size).copy()
    window[1::2] *= -1
    return window


def frequencies(size: int, rate_hz: float) -> npt.NDArray[np.float64]:
    """Offsets in Hz of the ``size`` bins, ascending from -rate/2; bin ``size // 2`` is the centre."""
    return np.asarray((np.arange(size) - size // 2) * (rate_hz / size), dtype=np.float64)


def power_frames(samples: Complex, size: int, rate_hz: float) -> Real:
    """Power density (full scale² per Hz) of half-overlapping Hann frames, shape ``[frames, size]``.

    Frame ``i`` covers ``samples[i * size // 2 :][:size]``. Input shorter than one frame is padded with
    zeros to one; a rest shorter than half a frame is left to the caller.
    """
    if len(samples) < size:
        samples = np.concatenate([samples, np.zeros(size - len(samples), np.complex64)])
    hop = size // 2
    count = (len(samples) - size) // hop + 1
    scale = 1.0 / (rate_hz * float(np.sum(hann(size).astype(np.float64) ** 2)))
    window = np.repeat(_shifting(size) * np.float32(np.sqrt(scale)), 2)  # for real and imaginary parts alike
    parts = np.ascontiguousarray(samples, np.complex64).view(np.float32)
    view = np.lib.stride_tricks.sliding_window_view(parts, 2 * size)[:: 2 * hop]
    out = np.empty((count, size), np.float32)
    step = max(1, CHUNK // size)
    windowed = np.empty((min(step, count), 2 * size), np.float32)
    for start in range(0, count, step):
        stop = min(count, start + step)
        block = np.multiply(view[start:stop], window, out=windowed[: stop - start]).view(np.complex64)
        real = scipy.fft.fft(block, axis=1, overwrite_x=True).view(np.float32)
        np.multiply(real, real, out=real)
        np.add(real[:, ::2], real[:, 1::2], out=out[start:stop])
    return out


def decibel(values: npt.NDArray[np.floating]) -> Real:
    """Ten times the logarithm, with zero power shown as -300 dB."""
    return np.asarray(10.0 * np.log10(np.maximum(values, 1e-30)), dtype=np.float32)
