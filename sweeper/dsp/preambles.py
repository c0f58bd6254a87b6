"""Known beginnings: the access address of BLE advertising and the short training field of 802.11.

BLE (Core 5.4 Vol 6 Part B §2.1, §2.1.2)  1 Mbit/s GFSK, least significant bit first
    preamble 01010101 | access address 0x8E89BED6 on advertising channels | PDU ...
802.11 OFDM (IEEE 802.11-2020 §17.3.3)    20 MHz
    10 × 0.8 µs short training | 2 × 3.2 µs long training | signal ...
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sweeper.dsp.channel import Channel
from sweeper.dsp.spectrum import Complex

BLE_RATE_HZ = 1e6
BLE_ADDRESS = 0x8E89BED6
SHORT_TRAINING_S = 0.8e-6
LEAST_AGREEMENT = 0.75
"""Of samples 0.8 µs apart during the short training field: 0.97 at 15 dB, 0.8 at 6 dB; noise has 0.1."""


def _bits(word: int, count: int) -> npt.NDArray[np.int8]:
    return np.array([1 if word >> i & 1 else -1 for i in range(count)], np.int8)


BLE_PATTERN = np.concatenate(([-1, 1, -1, 1, -1, 1, -1, 1], _bits(BLE_ADDRESS, 32))).astype(np.int8)


def ble_address(channel: Channel, most_errors: int = 2) -> bool:
    """Whether BLE's advertising access address stands in the channel, at most ``most_errors`` bits wrong."""
    z, rate = channel.samples, channel.rate_hz
    per = rate / BLE_RATE_HZ
    if per < 1.9 or len(z) < 41 * per:
        return False
    turn = np.angle(z[1:] * np.conj(z[:-1]))
    turn = turn - np.median(turn)
    sums = np.concatenate(([0.0], np.cumsum(turn)))
    edges = np.arange(41) * per
    starts = np.arange(0, int(len(turn) - 40 * per), max(1.0, per / 4))
    places = np.round(starts[:, None] + edges[None, :]).astype(np.intp)
    signs = np.sign(np.diff(sums[np.minimum(places, len(sums) - 1)], axis=1))
    for sense in (1, -1):
        errors = np.sum(signs[:, 8:] * sense != BLE_PATTERN[8:], axis=1)
        if len(errors) and int(errors.min()) <= most_errors:
            return True
    return False


def short_training(samples: Complex, rate_hz: float) -> float:
    """Best agreement (0..1) with itself 0.8 µs later over 5.6 µs; 0 where it goes on after the training
    field.

    What agrees for longer is not training but a narrow signal.
    """
    lag = round(SHORT_TRAINING_S * rate_hz)
    window = round(5.6e-6 * rate_hz)
    if lag < 8 or len(samples) < window + 2 * lag:
        return 0.0
    product = samples[lag:] * np.conj(samples[:-lag])
    power = (np.abs(samples[lag:]) ** 2 + np.abs(samples[:-lag]) ** 2) / 2
    sums = np.concatenate(([0], np.cumsum(product.astype(np.complex128))))
    totals = np.concatenate(([0], np.cumsum(power.astype(np.float64))))
    top = np.abs(sums[window:] - sums[:-window])
    below = np.maximum(totals[window:] - totals[:-window], 1e-30)
    agreement = top / below
    loud = below > 0.2 * float(np.percentile(below, 90))
    best = int(np.argmax(np.where(loud, agreement, 0.0)))
    later = best + round(12.8e-6 * rate_hz)
    if later < len(agreement) and agreement[later] > 0.7 * agreement[best]:
        return 0.0
    return float(agreement[best]) if loud[best] else 0.0
