"""One signal cut out of its segment: its own stretch and band, and a narrow burst's band measured anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sweeper.detectors.rf_heard import Heard
from sweeper.dsp import extents
from sweeper.dsp.channel import Channel, Spectrum
from sweeper.dsp.spectrum import Complex

FINER = 0.7
"""What comes out narrower than that share of the width is taken."""


class Lazy:
    """The transform of a whole segment, made when first asked for."""

    def __init__(self, samples: Complex, rate_hz: float) -> None:
        self._samples, self._rate_hz = samples, rate_hz
        self._made: Spectrum | None = None

    def get(self) -> Spectrum:
        if self._made is None:
            self._made = Spectrum(self._samples, self._rate_hz)
        return self._made


def channel_of(one: Heard, samples: Complex, spectrum: Lazy, rate_hz: float) -> Channel:
    """The signal's own stretch and band; a short burst is cut from its own samples only."""
    start = max(0, int(one.start_s * rate_hz))
    stop = min(len(samples), int(one.stop_s * rate_hz) + 1)
    width = max(1.5 * one.width_hz, 8 * rate_hz / max(stop - start, 8))
    oversampling = 4.0 if one.width_hz < 2e5 else 3.0
    if stop - start > 0.6 * len(samples):
        return spectrum.get().cut(one.center_hz, width, oversampling)
    return Spectrum(samples[start:stop], rate_hz).cut(one.center_hz, width, oversampling)


def finer(one: Heard, channel: Channel) -> Heard:
    """The band of a burst narrower than the cells resolve, from a transform of all of it.

    ``one`` itself where that is not narrower.
    """
    z = channel.samples
    if len(z) < 128:
        return one
    power = np.fft.fftshift(np.abs(np.fft.fft(z * np.hanning(len(z)))) ** 2)
    wide = max(1, len(power) // 256)
    smooth = np.add.reduceat(power, np.arange(0, len(power), wide))
    quiet = float(np.median(np.sort(smooth)[: max(4, len(smooth) // 3)]))
    excess = np.maximum(smooth - 2 * quiet, 0)
    inner, outer = extents.occupied(excess)
    step = channel.rate_hz * wide / len(power)
    middle = channel.center_hz - channel.rate_hz / 2
    low, high = middle + (inner - 0.5) * step, middle + (outer + 0.5) * step
    inside = low > one.low_hz - one.width_hz and high < one.high_hz + one.width_hz
    if not inside or high - low > FINER * one.width_hz:
        return one
    snr = one.snr_db + float(10 * np.log10(one.width_hz / (high - low)))
    return replace(one, low_hz=low, high_hz=high, snr_db=snr)
