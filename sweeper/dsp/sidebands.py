"""Sound on a carrier whose sidebands drown in the noise: amplitude modulation is in step with its carrier.

Turned so that the carrier lies on the real axis, amplitude modulation moves the real part only, angle
modulation (and the transmitter's phase noise) the imaginary part only, and noise both alike. So the imaginary
part measures the noise at the very frequencies at which the real part is asked for sound, and their ratio
follows Fisher's F with as many degrees of freedom as there are independent values: no floor need be known.
A second transmitter beside the carrier, or one sideband alone, moves both parts and is not taken for sound.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import scipy.fft
from scipy.special import fdtri

from sweeper.dsp.spectrum import Complex, hann

SOUND_HZ = (350.0, 4_000.0)
"""Speech; below it lie the mains' hum and its harmonics, which many a harmless carrier has."""

LEAST_S = 0.03
"""A shorter stretch holds too few periods of speech to tell."""

PFA = 1e-6
"""False alarms wanted per question."""

HANN_SHARE = 18 / 35
"""Independent values per bin of a transform under a Hann window: neighbours' powers correlate with 4/9 and
1/36 (``sweeper.dsp.statistics``), so a sum of many has 1 + 2 (4/9 + 1/36) times the variance."""

MASK_BINS = 4
"""Bins left out on both sides of the carrier and at the band's edges: the window's own skirts."""


class Sound(NamedTuple):
    """What stands on a carrier: ``depth`` as root mean square, a share of the carrier; ``ratio`` of the
    powers in step with the carrier and across it, beside the ``limit`` that noise passes once in 1e6."""

    depth: float
    ratio: float
    limit: float

    @property
    def holds(self) -> bool:
        return self.ratio > self.limit


@lru_cache(maxsize=256)
def limit(values: int) -> float:
    """Ratio of two powers of ``values`` complex bins each that noise alone passes once in ``1 / PFA``."""
    freedom = 2 * values * HANN_SHARE
    return float(fdtri(freedom, freedom, 1.0 - PFA))


def sound(samples: Complex, rate_hz: float) -> Sound | None:
    """Amplitude modulation by sound of a carrier near 0 Hz; ``None`` where too short or narrow to tell.

    ``samples``: the carrier's channel, wider than twice 4 kHz, complex, at ``rate_hz``.
    """
    size = len(samples)
    if size < LEAST_S * rate_hz or rate_hz < 2.2 * SOUND_HZ[1]:
        return None
    step = rate_hz / size
    window = hann(size)
    shifted = scipy.fft.fft(np.asarray(samples) * window)
    near = int(SOUND_HZ[0] / 2 / step)
    around = np.concatenate((np.arange(-near, 0), np.arange(near + 1)))
    peak = int(around[np.argmax(np.abs(shifted[around]))])
    carrier = np.zeros_like(shifted)
    kept = np.arange(peak - MASK_BINS, peak + MASK_BINS + 1)
    carrier[kept] = shifted[kept]
    reference = scipy.fft.ifft(carrier)
    size_of = np.abs(reference)
    turned = np.asarray(samples) * window * np.conj(reference) / np.maximum(size_of, 1e-30)
    bins = np.arange(int(np.ceil(SOUND_HZ[0] / step)) + MASK_BINS, int(SOUND_HZ[1] / step))
    in_step = float(np.add.reduce(np.abs(scipy.fft.fft(turned.real)[bins]) ** 2))
    across = float(np.add.reduce(np.abs(scipy.fft.fft(turned.imag)[bins]) ** 2))
    strength = float(np.add.reduce(size_of))
    if across <= 0.0 or strength <= 0.0:
        return None
    # One side of the spectrum holds half of the power (Parseval); the carrier stands under the same window.
    wave = 2.0 * max(in_step - across, 0.0) / (size * float(np.add.reduce(window**2)))
    depth = float(np.sqrt(wave)) * float(np.add.reduce(window)) / strength
    return Sound(depth, in_step / across, limit(len(bins)))
