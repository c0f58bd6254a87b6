"""What the receiver adds by itself to one segment: its offset, its clock's harmonics, mirror images.

What needs several centres or gains to be told (spurs, intermodulation) is in ``rf_vetoes``.
"""

from __future__ import annotations

import numpy as np

from sweeper.detectors.rf_cut import Lazy
from sweeper.detectors.rf_heard import Heard
from sweeper.dsp.spectrum import line_size

CLOCK_HZ = 28.8e6
"""The RTL-SDR's crystal; its multiples appear in the spectrum exactly in place, since it is also the
ruler."""

LEFT = 2.0
"""Power that a signal has at least without the offset, against its band's without the signal: 3 dB,
where every signal is told from 6 dB on."""

LEAST_REST = 0.2
"""Share of a segment without the signal that there must be to compare with; what fills more is as good as
steady."""

IMAGE_SHARE, IMAGE_STRONG_DB = 0.05, 18.0
"""A mirror image has at most that share of the power of its original (13 dB of rejection, a poor receiver's),
which must be that strong for an image to be seen."""

MIRRORS = 0.5
"""Correlation of an image with its turned original; what is not one stays under 5 / sqrt(50 values)."""


def own_line(one: Heard, rate_hz: float, center_hz: float, count: int, spectrum: Lazy) -> str:
    """Why a narrow line of a segment of ``count`` samples is the receiver's own, or nothing."""
    step = rate_hz / line_size(rate_hz, count)
    if not one.steady:
        near = one.coarse and one.low_hz < step and one.high_hz > -step
        return "dc" if near and _is_offset(one, spectrum) else ""
    if one.width_hz > 5 * step:
        return ""
    if abs(one.center_hz) < 1.5 * step:
        return "dc"
    if center_hz:
        absolute = center_hz + one.center_hz
        multiple = round(absolute / CLOCK_HZ)
        if multiple and abs(absolute - multiple * CLOCK_HZ) < step:
            return "clock"
    return ""


def _is_offset(one: Heard, spectrum: Lazy) -> bool:
    """Whether nothing of the signal is left without the mean of the whole segment: an offset of the receiver
    that the noise let through for a while, and not a sender that came and went."""
    channel = spectrum.get().cut(one.center_hz, one.width_hz, 2.0)
    turning = np.exp(-2j * np.pi * channel.center_hz * np.arange(len(channel.samples)) / channel.rate_hz)
    mean = np.add.reduce(channel.samples * np.conj(turning)) / len(turning)
    power = np.abs(channel.samples - mean * turning) ** 2
    start, stop = int(one.start_s * channel.rate_hz), int(one.stop_s * channel.rate_hz) + 1
    during, rest = power[start:stop], np.concatenate((power[:start], power[stop:]))
    if len(rest) < LEAST_REST * len(power) or not len(during):
        return True
    return bool(np.mean(during) < LEFT * np.mean(rest))


def without_images(heard: list[Heard], spectrum: Lazy) -> list[Heard]:
    """Leaves out the mirror images about the centre that an unbalanced receiver makes of strong signals."""
    strong = sorted((h for h in heard if h.snr_db > IMAGE_STRONG_DB), key=lambda h: -h.power)[:16]
    return [h for h in heard if not any(_image_of(h, other, spectrum) for other in strong)]


def _image_of(one: Heard, other: Heard, spectrum: Lazy) -> bool:
    mirrored = abs(one.center_hz + other.center_hz) < 0.5 * (one.width_hz + other.width_hz)
    apart = abs(one.center_hz - other.center_hz) > other.width_hz
    weaker = one.power < IMAGE_SHARE * other.power
    meets = one.start_s >= other.start_s - 2e-3 and one.stop_s <= other.stop_s + 2e-3
    return mirrored and apart and weaker and meets and _mirrors(one, spectrum)


def _mirrors(one: Heard, spectrum: Lazy) -> bool:
    """Whether the weak signal is the complex conjugate of what lies opposite, in its own band and time: an
    image may stand out of the noise in a part of its original only."""
    width = one.width_hz * 1.5
    image = spectrum.get().cut(one.center_hz, width)
    original = spectrum.get().cut(-one.center_hz, width)
    count = min(len(image.samples), len(original.samples))
    span = slice(int(one.start_s * image.rate_hz), min(count, int(one.stop_s * image.rate_hz) + 1))
    a, b = image.samples[span], np.conj(original.samples[span])
    norm = float(np.sqrt(np.sum(np.abs(a) ** 2) * np.sum(np.abs(b) ** 2)))
    return norm > 0 and float(np.abs(np.sum(a * np.conj(b)))) / norm > MIRRORS
