"""GSM on the air: finding the frequency correction burst, and what its clock tells.

A base station's C0 carrier is on all the time. Once every 10 or 11 frames its slot 0 holds the FCCH, a
burst of 142 zero bits: through GMSK that is a pure tone, a quarter of the symbol rate above the carrier
(3GPP TS 45.002 §5.2.4, 45.004):

    51-multiframe, slot 0:  F S B B B B C C C C  F S C C ...      F = FCCH, S = SCH one frame later
    frames to the next F:   10  10  10  10  11                    46.15 ms, or 50.77 ms once in five

Within 120 of its symbols the tone holds nearly all of the power that lies within 30 kHz of it, in one line;
data and noise spread theirs over 27 (their chance of 60 % in one: 1e-9). Its frequency gives the error of the
receiver's crystal.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.fft

from sweeper.dsp.channel import Spectrum
from sweeper.dsp.islands import runs

SYMBOL_RATE_HZ = 13e6 / 48
"""270.8333 kbit/s: the 13 MHz reference over 48."""

TONE_HZ = SYMBOL_RATE_HZ / 4
"""The FCCH's tone above the carrier, 67.708 kHz."""

FRAME_S = 60 / 13e3
"""One TDMA frame, 4.6154 ms; a slot is an eighth of it."""

BURST_S = 148 / SYMBOL_RATE_HZ
WINDOW_S = 120 / SYMBOL_RATE_HZ
NARROW_HZ, NARROW_RATE_HZ = 60e3, 90e3
"""The band around the tone that is looked at, and its rate."""

LEAST_SHARE = 0.6
"""Of that band's power in the strongest line: 0.85 at 4 dB of signal to noise, data seldom 0.3."""

LONGEST = 1.4
"""Windows: 0.9 of them, in steps, hold most of a burst of 148 symbols; a tone that goes on longer is none."""

REACH_HZ = 25e3
"""How far from its place the tone may be: 27 ppm at 940 MHz, more than any receiver's crystal is off."""

DOWNLINKS_HZ = ((869e6, 894e6), (921e6, 960e6), (1805e6, 1880e6), (1930e6, 1990e6))
UPLINKS_HZ = ((824e6, 849e6), (876e6, 915e6), (1710e6, 1785e6), (1850e6, 1910e6))


class Fcch(NamedTuple):
    """Start of the burst in seconds from the first sample; the tone's frequency from the channel's centre."""

    start_s: float
    tone_hz: float
    share: float


def correction_bursts(spectrum: Spectrum, carrier_hz: float) -> list[Fcch]:
    """Every FCCH in a channel; ``carrier_hz`` is the offset of the carrier's nominal frequency."""
    channel = spectrum.cut(carrier_hz + TONE_HZ, NARROW_HZ, NARROW_RATE_HZ / NARROW_HZ)
    z, rate = channel.samples, channel.rate_hz
    window, hop = round(WINDOW_S * rate), max(1, round(WINDOW_S * rate / 13))
    if len(z) < window:
        return []
    rows = np.lib.stride_tricks.sliding_window_view(z, window)[::hop]
    lines = np.abs(scipy.fft.fft(rows, 2 * window, axis=1)) ** 2
    energy = np.maximum(np.sum(np.abs(rows) ** 2, axis=1), 1e-30)
    share = lines.max(axis=1) / (window * energy)
    out: list[Fcch] = []
    for start, stop in runs(share > LEAST_SHARE, gap=1):
        best = start + int(np.argmax(share[start:stop]))
        tone = _tone(z[best * hop : best * hop + window], rate) + channel.center_hz - carrier_hz
        if abs(tone - TONE_HZ) > REACH_HZ or (stop - start) * hop > LONGEST * window:
            continue
        weight = share[start:stop] - LEAST_SHARE
        middle = start + float(np.sum(weight * np.arange(stop - start)) / weight.sum())
        begin = (middle * hop + window / 2) / rate - BURST_S / 2
        out.append(Fcch(float(begin), float(tone), float(share[best])))
    return out


def _tone(z: npt.NDArray[np.complex64], rate: float) -> float:
    """Frequency of a tone: the peak of a padded transform, then the parabola through its neighbours."""
    size = 1 << int(np.ceil(np.log2(len(z) * 16)))
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
