"""Cutting one signal out of a wide recording: mix to zero, filter, thin out, all in one inverse transform.

The whole stretch is transformed once; each channel is the inverse of its own bins, with a
raised-cosine edge. Rates come out as exact fractions of the recording's, so times map back without drift.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.fft

from sweeper.dsp.spectrum import Complex


class Channel(NamedTuple):
    """Samples around zero frequency at ``rate_hz``; ``center_hz`` is the offset that was mixed down."""

    samples: Complex
    rate_hz: float
    center_hz: float


class Spectrum:
    """One long transform of a stretch of samples, from which channels are cut."""

    def __init__(self, samples: Complex, rate_hz: float) -> None:
        self.rate_hz = rate_hz
        self.count = len(samples)
        self.size = scipy.fft.next_fast_len(max(len(samples), 16))
        self.bins: Complex = scipy.fft.fft(samples, self.size)

    def cut(self, center_hz: float, width_hz: float, oversampling: float = 4.0) -> Channel:
        """The channel ``width_hz`` wide around ``center_hz``, at about ``oversampling`` times its width."""
        step = self.rate_hz / self.size
        keep = int(np.clip(np.ceil(width_hz * oversampling / step), 16, self.size))
        out_size = min(scipy.fft.next_fast_len(keep), self.size)
        middle = round(center_hz / step)
        window = _edges(out_size, min(1.0, width_hz / step / out_size))
        taken = np.zeros(out_size, np.complex64)
        upper, lower = min(len(window), out_size - out_size // 2), min(len(window) - 1, out_size // 2)
        np.multiply(self._bins(middle, upper), window[:upper], out=taken[:upper])
        if lower:
            np.multiply(self._bins(middle - lower, lower), window[lower:0:-1], out=taken[-lower:])
        samples = scipy.fft.ifft(taken, overwrite_x=True)
        samples *= np.float32(out_size / self.size)
        length = max(1, int(np.ceil(self.count * out_size / self.size)))
        return Channel(samples[:length], self.rate_hz * out_size / self.size, middle * step)

    def _bins(self, first: int, count: int) -> Complex:
        """So many bins from one on, around the end."""
        first %= self.size
        part = self.bins[first : first + count]
        return part if len(part) == count else np.concatenate((part, self.bins[: count - len(part)]))


def _edges(size: int, share: float) -> np.ndarray:
    """Weights of the bins from the middle outwards, as far as they are not 0: 1 over the middle ``share`` of
    all ``size`` of them, falling as a raised cosine over a quarter of that on each side."""
    inner = share / 2
    outer = min(0.5, inner * 1.5 + 1.0 / size)
    weights = np.ones(min(size // 2, int(np.ceil(outer * size))) + 1, np.float32)
    flat = min(len(weights), int(inner * size))
    at = np.arange(flat, len(weights)) / size
    slope = np.clip((outer - at) / max(outer - inner, 1e-9), 0.0, 1.0)
    weights[flat:] = 0.5 - 0.5 * np.cos(np.pi * slope)
    return weights
