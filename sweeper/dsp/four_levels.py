"""Four frequencies: how digital voice radio sends two bits a symbol, told from a voice that is not digital.

DMR, dPMR, NXDN, P25 and C4FM shift a carrier to four equally spaced frequencies, 4,800 or 2,400 times a
second, and shape the change so softly that no grid of changes shows. Passed through the same shape once more
and looked at in the middle of the symbols, the four levels stand apart; at any other moment, or in analogue
speech, all values between come as often (root raised cosine of 0.2: ETSI TS 102 361-1, TS 102 658).

    +3  ·  ··   ·   residual over half the spacing: 0.58 where values are spread evenly,
    +1  ·· ·  ··    0.1 to 0.3 where they are symbols
    -1  ·  ··  ·
    -3   ·· ·  ·
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import fft

Array = npt.NDArray[np.float64]

RATES_BD = (4_800.0, 2_400.0)
ROLL_OFF, REACH = 0.2, 4
PHASES = 16
LEAST_SYMBOLS = 48
"""A slot of TDMA voice has 132; among fewer chance finds a phase that fits."""

LEAST_SAMPLES = 4.0
"""A symbol, for its middle to be found by interpolation."""

MOST_RESIDUAL = 0.33
"""Of half the spacing. Evenly spread values leave 0.58, those of a held vowel that repeats 0.4 and more."""

LEAST_SHARE = 0.06
"""Each of the four levels holds at least that share of the symbols."""

MOST_REPEATED = 0.7
"""Correlation of the symbols with themselves, later: a vowel repeats with its pitch, data do not."""


class Levels(NamedTuple):
    """Symbol rate, distance of the outer levels from the middle, and what is left over half the spacing."""

    rate_bd: float
    deviation_hz: float
    residual: float


def find(frequency: Array, rate_hz: float) -> Levels | None:
    """Four levels in an instantaneous frequency (Hz, ``rate_hz`` samples a second), or ``None``."""
    best: Levels | None = None
    low, middle, high = np.percentile(frequency, [2, 50, 98])
    held = np.clip(frequency, low - (high - low) / 4, high + (high - low) / 4) - middle  # clicks of FM noise
    for rate_bd in RATES_BD:
        samples = rate_hz / rate_bd
        if samples < LEAST_SAMPLES or len(held) < (LEAST_SYMBOLS + 2 * REACH) * samples:
            continue
        found = _fit(_by_phase(_through(held, _shape(round(samples, 6))), samples))
        if found is not None and (best is None or found[1] < best.residual):
            best = Levels(rate_bd, 3 * found[0], found[1])
    return best


def _through(values: Array, taps: Array) -> Array:
    """``values`` filtered by ``taps``, as many as before: scipy.signal's own would cost each start 50 MB."""
    count = len(values) + len(taps) - 1
    size = fft.next_fast_len(count, real=True)
    whole = fft.irfft(fft.rfft(values, size) * fft.rfft(taps, size), size)
    begin = (len(taps) - 1) // 2
    return np.asarray(whole[begin : begin + len(values)])


def _by_phase(shaped: Array, samples: float) -> Array:
    """The values at the middles of symbols, interpolated, for each of ``PHASES`` (a row) that they may
    have; as many in each, and none within reach of the ends."""
    starts = REACH * samples + np.arange(PHASES) * samples / PHASES
    count = int((len(shaped) - REACH * samples - starts[-1]) / samples)
    at = starts[:, np.newaxis] + samples * np.arange(count)
    before = at.astype(np.intp)
    return np.asarray(shaped[before] + (shaped[before + 1] - shaped[before]) * (at - before))


@lru_cache(maxsize=64)
def _shape(samples: float) -> Array:
    """A root raised cosine of so many samples a symbol; its sum is 1."""
    at = np.arange(-round(REACH * samples), round(REACH * samples) + 1) / samples
    with np.errstate(divide="ignore", invalid="ignore"):
        turn = np.sin(np.pi * at * (1 - ROLL_OFF)) + 4 * ROLL_OFF * at * np.cos(np.pi * at * (1 + ROLL_OFF))
        out = turn / (np.pi * at * (1 - (4 * ROLL_OFF * at) ** 2))
    edge = np.pi / (4 * ROLL_OFF)
    limit = ROLL_OFF / np.sqrt(2) * ((1 + 2 / np.pi) * np.sin(edge) + (1 - 2 / np.pi) * np.cos(edge))
    out[~np.isfinite(out)] = limit
    out[at == 0] = 1 - ROLL_OFF + 4 * ROLL_OFF / np.pi
    return np.asarray(out / out.sum())


def _fit(values: Array) -> tuple[float, float] | None:
    """Half the spacing of four even levels through the values of that row which they fit best, and what they
    leave over it; all rows are worked out at once."""
    low, high = np.percentile(values, [3, 97], axis=1, keepdims=True)
    offset, half = (low + high) / 2, (high - low) / 6
    symbol = np.zeros_like(values)
    fits = np.ones((len(values), 1), bool)
    for _ in range(4):
        fits &= half > 0
        symbol = np.clip(2 * np.round((values - offset) / (2 * np.where(fits, half, 1)) + 0.5) - 1, -3, 3)
        middle = symbol.mean(axis=1, keepdims=True)
        power = np.square(symbol - middle).sum(axis=1, keepdims=True)
        fits &= power > 0
        half = ((symbol - middle) * values).sum(axis=1, keepdims=True) / np.where(fits, power, 1)
        offset = values.mean(axis=1, keepdims=True) - half * middle
    left = np.sqrt(np.square(values - offset - half * symbol).mean(axis=1, keepdims=True))
    residual = left / np.maximum(half, 1e-30)
    least = np.min([(symbol == level).mean(axis=1) for level in (-3, -1, 1, 3)], axis=0)
    likely = fits[:, 0] & (residual[:, 0] <= MOST_RESIDUAL) & (least >= LEAST_SHARE)
    for row in np.argsort(residual[:, 0], kind="stable").tolist():
        if likely[row] and _repeated(symbol[row]) <= MOST_REPEATED:
            return float(half[row, 0]), float(residual[row, 0])
    return None


def _repeated(symbol: Array) -> float:
    """The greatest correlation of the symbols with themselves, from 8 to half as many symbols later."""
    count, middle = len(symbol), float(symbol.mean())
    whole = symbol.astype(np.int64)
    lags = np.arange(8, count // 2)
    if not len(lags):
        return 0.0
    products = np.correlate(whole, whole, "full")[count - 1 + lags]  # of whole numbers: exact
    sums = np.concatenate(([0], np.cumsum(whole)))
    ends = (sums[-1] - sums[lags]) + sums[count - lags]
    means = products / (count - lags) - middle * ends / (count - lags) + middle * middle
    return float(means.max()) / float(np.mean((symbol - middle) ** 2))
