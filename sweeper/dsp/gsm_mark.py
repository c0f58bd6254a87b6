"""Whether a signal is GSM's GMSK, by the two lines of its square.

Minimum shift keying with index 1/2, squared, has index 1: two spectral lines at 2Δ ± R/2, Δ the carrier's
offset and R the symbol rate, 270.833 kbit/s (3GPP TS 45.004). Both lines stand in every burst of whatever
content, they are sharp, and nothing else has two just so far apart. Bursts come with phases of their own, so
the product of the two is added up over windows of one burst's length, and the Δ looked for that all share:

    strength(Δ) = Σ |Q(2Δ + R/2)| |Q(2Δ - R/2)| / Σ |q|²        q = z²/|z| over one window, Q its transform

Noise has 0.8 at every Δ; one burst has 7 at 4 dB over the noise and 25 at 10 dB.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.fft

from sweeper.dsp.channel import Channel
from sweeper.dsp.gsm import SYMBOL_RATE_HZ

REACH_HZ = 30e3
"""Offsets tried: 15 ppm at 2 GHz, 32 ppm at 940 MHz."""

WINDOW_S = 148 / SYMBOL_RATE_HZ

NOISE = 0.785
"""Mean product of two lines of noise (π/4) over their mean power."""

ALONE, TOGETHER = 6.5, 8.0
"""What the strength must reach in one window; and how many times its own spread, 1/√windows, in many."""

CONTROL = (0.92, 1.08)
SHARP = 1.5
"""Two lines so many times R apart must be weaker by that much: else it is another rate, or wide FM."""


class Mark(NamedTuple):
    """The carrier's offset from its nominal place, the lines' strength, the windows it comes from, and
    how far it stands over that of lines at other distances."""

    offset_hz: float
    strength: float
    windows: int
    sharpness: float

    @property
    def holds(self) -> bool:
        """Whether this is GSM rather than chance or another modulation."""
        least = NOISE + max(TOGETHER / self.windows**0.5, 0.8) if self.windows > 2 else ALONE
        return self.strength > least and self.sharpness > SHARP


def mark(channel: Channel, carrier_hz: float, windows: npt.NDArray[np.intp] | None = None) -> Mark | None:
    """The mark in ``channel`` (some 500 kHz of rate) for a carrier nominally at ``carrier_hz``.

    ``windows`` are the first samples of the windows to use (bursts); left out, the channel is cut into
    windows one after the other. ``None`` where it is too short or too slow.
    """
    z, rate = channel.samples, channel.rate_hz
    length = round(WINDOW_S * rate)
    if rate < 1.5 * SYMBOL_RATE_HZ or len(z) < length:
        return None
    if windows is None:
        windows = np.arange(0, len(z) - length + 1, length)
    windows = np.clip(windows, 0, len(z) - length)
    rows = z[windows[:, None] + np.arange(length)]
    square = rows * rows / np.maximum(np.abs(rows), 1e-30)
    size = scipy.fft.next_fast_len(8 * length)
    square *= np.hanning(length)
    bins = np.abs(scipy.fft.fft(square, size, axis=1))
    energy = float(np.sum(np.abs(square) ** 2))
    if energy <= 0:
        return None
    step = rate / size
    tried = np.arange(-REACH_HZ, REACH_HZ, step / 2)
    places = 2 * (tried - (channel.center_hz - carrier_hz))
    strengths = _strengths(bins, places, SYMBOL_RATE_HZ, step) / energy
    others = max(float(_strengths(bins, places, SYMBOL_RATE_HZ * c, step).max()) / energy for c in CONTROL)
    best = int(np.argmax(strengths))
    return Mark(
        float(tried[best]), float(strengths[best]), len(windows), float(strengths[best]) / max(others, NOISE)
    )


def _strengths(
    bins: npt.NDArray[np.floating], places: npt.NDArray[np.float64], spacing_hz: float, step: float
) -> npt.NDArray[np.float64]:
    """The products of two lines ``spacing_hz`` apart around each of ``places``, summed over the windows."""
    size = bins.shape[1]
    upper = np.round((places + spacing_hz / 2) / step).astype(np.intp) % size
    lower = np.round((places - spacing_hz / 2) / step).astype(np.intp) % size
    return np.asarray(np.sum(bins[:, upper] * bins[:, lower], axis=0), np.float64)
