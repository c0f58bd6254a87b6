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
import scipy.signal

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
        shaped = scipy.signal.fftconvolve(held, _shape(round(samples, 6)), "same")
        for phase in range(PHASES):
            at = np.arange(REACH * samples + phase * samples / PHASES, len(held) - REACH * samples, samples)
            found = _fit(np.interp(at, np.arange(len(shaped)), shaped))
            if found is not None and (best is None or found[1] < best.residual):
                best = Levels(rate_bd, 3 * found[0], found[1])
    return best


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
    """Half the spacing of four even levels through the values, and what they leave over it."""
    low, high = np.percentile(values, [3, 97])
    offset, half = (low + high) / 2, (high - low) / 6
    for _ in range(4):
        if half <= 0:
            return None
        symbol = np.clip(2 * np.round((values - offset) / (2 * half) + 0.5) - 1, -3, 3)
        centred = symbol - symbol.mean()
        power = float(np.add.reduce(centred * centred))
        if power <= 0:
            return None
        half = float(np.add.reduce(centred * values)) / power
        offset = float(values.mean()) - half * float(symbol.mean())
    residual = float(np.sqrt(np.mean((values - offset - half * symbol) ** 2))) / max(half, 1e-30)
    shares = [float(np.mean(symbol == level)) for level in (-3, -1, 1, 3)]
    if residual > MOST_RESIDUAL or min(shares) < LEAST_SHARE or _repeated(symbol) > MOST_REPEATED:
        return None
    return half, residual


def _repeated(symbol: Array) -> float:
    """The greatest correlation of the symbols with themselves, from 8 to half as many symbols later."""
    centred = symbol - symbol.mean()
    count = len(centred)
    lags = range(8, count // 2)
    return max(
        (float(np.add.reduce(centred[lag:] * centred[:-lag])) / (count - lag) for lag in lags), default=0.0
    ) / float(np.mean(centred * centred))
