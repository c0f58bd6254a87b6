"""GSM on the air: finding the frequency correction burst, and what its clock tells.

A base station's C0 carrier is on all the time. Once every 10 or 11 frames its slot 0 holds the FCCH, a
burst of 142 zero bits: through GMSK that is a pure tone, a quarter of the symbol rate above the carrier
(3GPP TS 45.002 §5.2.4, 45.004):

    51-multiframe, slot 0:  F S B B B B C C C C  F S C C ...      F = FCCH, S = SCH one frame later
    frames to the next F:   10  10  10  10  11                    46.15 ms, or 50.77 ms once in five

The tone shows as a phase step of almost no variance over 120 and more symbols (real bursts 0.001 rad²,
ordinary GMSK above 0.25), and its frequency gives the error of the receiver's crystal.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sweeper.dsp.channel import Channel, Spectrum

SYMBOL_RATE_HZ = 13e6 / 48
"""270.8333 kbit/s: the 13 MHz reference over 48."""

TONE_HZ = SYMBOL_RATE_HZ / 4
"""The FCCH's tone above the carrier, 67.708 kHz."""

FRAME_S = 60 / 13e3
"""One TDMA frame, 4.6154 ms; a slot is an eighth of it."""

BURST_S = 148 / SYMBOL_RATE_HZ
WINDOW_S = 120 / SYMBOL_RATE_HZ
MOST_VARIANCE = 0.12
"""Rad² per symbol step: between the tone (0.001 strong, 0.05 at 8 dB) and GMSK data (0.25 and more)."""

REACH_HZ = 25e3
"""How far from its place the tone may be: 27 ppm at 940 MHz, more than any receiver's crystal is off."""

DOWNLINKS_HZ = ((869e6, 894e6), (921e6, 960e6), (1805e6, 1880e6), (1930e6, 1990e6))
UPLINKS_HZ = ((824e6, 849e6), (876e6, 915e6), (1710e6, 1785e6), (1850e6, 1910e6))


class Fcch(NamedTuple):
    """Start of the burst in seconds from the first sample; the tone's frequency from the channel's centre."""

    start_s: float
    tone_hz: float
    variance: float


def correction_bursts(spectrum: Spectrum, carrier_hz: float) -> list[Fcch]:
    """Every FCCH in a channel; ``carrier_hz`` is the offset of the carrier's nominal frequency."""
    channel = spectrum.cut(carrier_hz + TONE_HZ / 2, 230e3, 541666.0 / 230e3)
    return _tones(channel, carrier_hz)


def _tones(channel: Channel, carrier_hz: float) -> list[Fcch]:
    z, rate = channel.samples, channel.rate_hz
    lag = max(1, round(rate / SYMBOL_RATE_HZ))
    window = round(WINDOW_S * rate)
    if len(z) < window + 2 * lag:
        return []
    turn = z[lag:] * np.conj(z[:-lag])
    mean = turn / np.maximum(np.abs(turn), 1e-30)
    sums = np.concatenate(([0], np.cumsum(mean.astype(np.complex128))))
    centers = (sums[window:] - sums[:-window]) / window
    shape = np.abs(centers)
    variance = (
        np.where(shape > 0, -2 * np.log(np.maximum(shape, 1e-9)), 9.0) * (SYMBOL_RATE_HZ * lag / rate) ** -2
    )
    out: list[Fcch] = []
    low = np.flatnonzero(variance < MOST_VARIANCE)
    for start, stop in _clusters(low):
        best = start + int(np.argmin(variance[start:stop]))
        tone = _tone(z[best : best + window], rate) + channel.center_hz - carrier_hz
        if abs(tone - TONE_HZ) > REACH_HZ or stop - start > 0.6 * window:
            continue
        middle = _middle(variance, start, stop)
        begin = (middle + window / 2 + lag / 2) / rate - BURST_S / 2
        out.append(Fcch(float(begin), float(tone), float(variance[best])))
    return out


def _clusters(index: npt.NDArray[np.intp]) -> list[tuple[int, int]]:
    if not len(index):
        return []
    cuts = np.flatnonzero(np.diff(index) > 8)
    starts = np.concatenate(([index[0]], index[cuts + 1]))
    stops = np.concatenate((index[cuts], [index[-1]])) + 1
    return list(zip(starts.tolist(), stops.tolist(), strict=True))


def _middle(variance: npt.NDArray[np.float64], start: int, stop: int) -> float:
    """Where the window lies centred on the tone: weighted by how far the variance is below its limit."""
    weight = np.maximum(MOST_VARIANCE - variance[start:stop], 0)
    return float(start + np.sum(weight * np.arange(stop - start)) / max(weight.sum(), 1e-12))


def _tone(z: npt.NDArray[np.complex64], rate: float) -> float:
    """Frequency of a tone: the peak of a padded transform, then the parabola through its neighbours."""
    size = 1 << int(np.ceil(np.log2(len(z) * 8)))
    power = np.abs(np.fft.fft(z * np.hanning(len(z)), size))
    at = int(np.argmax(power))
    a, b, c = power[at - 1], power[at], power[(at + 1) % size]
    shift = 0.5 * (a - c) / (a - 2 * b + c) if a - 2 * b + c != 0 else 0.0
    place = at + shift
    return float((place - size if place > size / 2 else place) * rate / size)


def plausible(times_s: list[float]) -> bool:
    """Whether FCCH times follow each other in steps of 10 or 11 frames (any may be missed)."""
    steps = np.diff(np.sort(np.array(times_s)))
    if not len(steps):
        return True
    frames = steps / FRAME_S
    tens = [
        any(abs(f - (10 * n + k)) < 0.05 * max(1, n) for n in range(1, 60) for k in range(n // 5 + 2))
        for f in frames
    ]
    return bool(np.mean(tens) >= 0.5)


def arfcn(carrier_hz: float) -> int | None:
    """The channel number of a downlink or uplink carrier of GSM-900 or GSM-1800, by TS 45.005 §2."""
    for base, first, last, number in ((890.0, 1, 124, 0), (890.0, -49, 0, 1024), (1710.2, 0, 373, 512)):
        for duplex in (0.0, 45.0 if base < 1000 else 95.0):
            step = (carrier_hz / 1e6 - base - duplex) / 0.2
            n = round(step)
            if abs(step - n) < 0.3 and first <= n <= last:
                return 0 if number == 1024 and n == 0 else n + number
    return None


def inside(bands: tuple[tuple[float, float], ...], frequency_hz: float) -> bool:
    """Whether a frequency lies in one of the bands."""
    return any(low <= frequency_hz <= high for low, high in bands)
