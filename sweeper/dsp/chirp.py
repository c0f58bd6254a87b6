"""Chirps of LoRa: every symbol sweeps the whole band once, upwards, at one of a few rates.

With bandwidth B (125, 250, 500 kHz) and spreading factor SF a symbol lasts T = 2^SF / B and its frequency
rises by B in it, wrapping round at the band's edge from wherever its data made it begin (Semtech AN1200.22).
So z(t + T/16) z*(t) turns at B/16 in every symbol, whatever its data and wherever the carrier stands; its
phase differs from symbol to symbol, so half symbols are looked at one by one. Voice, FSK and OFDM have no
such turn.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sweeper.dsp.channel import Channel

BANDS_HZ = (125e3, 250e3, 500e3)
FACTORS = range(7, 13)
PART = 16
"""The lag, as a part of a symbol: a sixteenth of each symbol is lost at its end and at its wrap."""

LEAST_SHARE = 0.55
"""Of the product's amplitude in that turn: 0.8 and more at 10 dB, 0.3 by chance in the shortest window."""

LEAST_WINDOWS = 8
MOST_SAMPLES = 1 << 17


class Chirp(NamedTuple):
    """Bandwidth, spreading factor, and the share of the amplitude that turns as such chirps do."""

    bandwidth_hz: float
    spreading_factor: int
    share: float


def find(channel: Channel, width_hz: float) -> Chirp | None:
    """LoRa's chirps in a channel that is ``width_hz`` wide, or ``None``."""
    z, rate = channel.samples[:MOST_SAMPLES], channel.rate_hz
    best: Chirp | None = None
    for band in BANDS_HZ:
        if not 0.6 * band < width_hz < 1.6 * band or rate < 1.2 * band:
            continue
        for factor in FACTORS:
            share = _share(z, rate, band, 2**factor / band)
            if share > LEAST_SHARE and (best is None or share > best.share):
                best = Chirp(band, factor, round(share, 3))
    return best


def _share(z: np.ndarray, rate: float, band: float, symbol_s: float) -> float:
    lag, window = round(symbol_s / PART * rate), round(symbol_s / 2 * rate)
    count = (len(z) - lag) // window if window else 0
    if lag < 2 or window < 16 or count < LEAST_WINDOWS:
        return 0.0
    product = z[lag : lag + count * window] * np.conj(z[: count * window])
    turn = np.exp(-2j * np.pi * (band / symbol_s) * (lag / rate) * np.arange(window) / rate)
    turn = turn.astype(product.dtype)  # else the whole of it is made double
    rows = product.reshape(count, window)
    return float(np.abs(rows @ turn).sum() / max(float(np.abs(product).sum()), 1e-30))
