"""One signal cut out of its segment: its own stretch and band, and a narrow burst's band measured anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sweeper.detectors.rf_heard import Heard
from sweeper.dsp import statistics
from sweeper.dsp.channel import Channel, Spectrum
from sweeper.dsp.spectrum import Complex

PASSED = 0.75
"""Widths of the signal on each side of its middle that the channel passes whole; beyond, it has no noise."""

KEPT = 0.7
"""Share of the signal's power that must stand clear of the noise, bin by bin, to tell its band."""

FIRM = 200.0
"""Energy, in times of what noise leaves in one bin, from which a band is the signal's and not that of a few
peaks of something noise-like."""

ABOVE_FLOOR = 2.0
"""What is quiet in the channel is noise up to so many times the floor; above, it is skirts of the signal."""

PEAK_PFA = 1e-5
"""Noise peaks taken for the signal's: of some hundred bins one in the tail would move the band."""

TAIL = 0.005
"""Power left out on either side of the band: 99 % occupied bandwidth (ITU-R SM.328)."""

FINER = 0.7
"""What comes out narrower than that share of the width is taken."""


class Lazy:
    """The transform of a whole segment, made when first asked for, and that of the last stretch of it."""

    def __init__(self, samples: Complex, rate_hz: float) -> None:
        self._samples, self._rate_hz = samples, rate_hz
        self._made: Spectrum | None = None
        self._stretch = (0, 0)
        self._part: Spectrum | None = None

    def get(self) -> Spectrum:
        if self._made is None:
            self._made = Spectrum(self._samples, self._rate_hz)
        return self._made

    def part(self, start: int, stop: int) -> Spectrum:
        """That of the samples ``start`` to ``stop``; a burst is cut twice where its band is measured anew."""
        if self._part is None or self._stretch != (start, stop):
            self._stretch = (start, stop)
            self._part = Spectrum(self._samples[start:stop], self._rate_hz)
        return self._part


def channel_of(one: Heard, samples: Complex, spectrum: Lazy, rate_hz: float) -> Channel:
    """The signal's own stretch and band; a short burst is cut from its own samples only."""
    start = max(0, int(one.start_s * rate_hz))
    stop = min(len(samples), int(one.stop_s * rate_hz) + 1)
    width = max(1.5 * one.width_hz, 8 * rate_hz / max(stop - start, 8))
    oversampling = 4.0 if one.width_hz < 2e5 else 3.0
    if stop - start > 0.6 * len(samples):
        return spectrum.get().cut(one.center_hz, width, oversampling)
    return spectrum.part(start, stop).cut(one.center_hz, width, oversampling)


def finer(one: Heard, channel: Channel) -> Heard:
    """The band of a burst narrower than the cells resolve, from a transform of all of it.

    ``one`` itself where that is not narrower.
    """
    z = channel.samples
    if len(z) < 128:
        return one
    window = np.hanning(len(z))
    power = np.fft.fftshift(np.abs(np.fft.fft(z * window)) ** 2)
    bin_hz = channel.rate_hz / len(power)
    reach = int(PASSED * one.width_hz / bin_hz)
    first = max(0, len(power) // 2 - reach)
    power = power[first : len(power) // 2 + reach + 1]
    if len(power) < 12:
        return one
    wide = max(1, len(power) // 256)
    smooth = np.add.reduceat(power, np.arange(0, len(power), wide))
    quiet = float(np.median(np.sort(smooth)[: max(4, len(smooth) // 3)]))
    density = one.power / (one.width_hz * 10 ** (one.snr_db / 10))
    floor = density * channel.rate_hz * float(np.sum(window**2)) * wide
    noise = min(quiet / statistics.quantile_bias(float(wide), 1 / 6), ABOVE_FLOOR * floor)
    excess = np.where(smooth > noise * statistics.threshold(float(wide), PEAK_PFA), smooth - noise, 0)
    kept = float(excess.sum())
    if kept <= 0 or kept < KEPT * float(np.sum(smooth - noise)) or kept * wide < FIRM * noise:
        return one
    # No skirt is cut here: a keyed carrier's line stands more than that over its own sidebands.
    steps = np.concatenate(([0.0], np.cumsum(excess))) / kept
    inner, outer = np.interp((TAIL, 1 - TAIL), steps, np.arange(len(steps))).tolist()
    step = bin_hz * wide
    base = channel.center_hz + (first - len(z) // 2 - 0.5) * bin_hz
    low, high = base + (inner - 0.5) * step, base + (outer + 0.5) * step
    inside = low > one.low_hz - one.width_hz and high < one.high_hz + one.width_hz
    if not inside or high - low > FINER * one.width_hz:
        return one
    snr = one.snr_db + float(10 * np.log10(one.width_hz / (high - low)))
    return replace(one, low_hz=low, high_hz=high, snr_db=snr, grain_hz=step)
