"""What noise alone does: degrees of freedom and thresholds from a stated false-alarm rate.

The power of one windowed transform bin of Gaussian noise is exponential with the mean of the floor. A mean
over frames and bins is close to a gamma distribution whose shape ``k`` is the number of *independent* values
in it. Overlapping frames and neighbouring bins are not independent: with the window ``w``, the squared
correlation of two cells ``d`` frames and ``m`` bins apart is

    C(d, m) = |sum_n w[n] w[n + d hop] exp(2πi m n / N)|² / (sum_n w[n]²)²

and the variance of the mean is the mean of C over all pairs (Welch 1967; Percival & Walden, ch. 6).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import gammainc, gammainccinv, gammaincinv

from sweeper.dsp.spectrum import hann

PFA = 1e-6
"""False alarms wanted per bin and decision."""

FLOOR_ERROR = 0.02
"""Relative error granted to an estimated floor (0.09 dB): it bounds what long averaging can claim."""

_REACH_BINS = 4
"""Hann frames more than four bins apart are uncorrelated (C < 1e-6)."""


@lru_cache(maxsize=64)
def _correlations(size: int) -> npt.NDArray[np.float64]:
    """C(d, m) for d = 0, 1 (half overlap) and m = 0 … ``_REACH_BINS``, shape [2, reach + 1]."""
    window = hann(size).astype(np.float64)
    energy = np.sum(window**2)
    half = size // 2
    out = np.empty((2, _REACH_BINS + 1))
    for d in (0, 1):
        product = window[: size - d * half] * window[d * half :]
        n = np.arange(len(product))
        for m in range(_REACH_BINS + 1):
            out[d, m] = abs(np.sum(product * np.exp(2j * np.pi * m * n / size))) ** 2 / energy**2
    return out


@lru_cache(maxsize=4096)
def independent(frames: int, bins: int, size: int = 1024) -> float:
    """How many independent values a box of ``frames`` half-overlapping frames and ``bins`` bins holds."""
    table = _correlations(min(size, 1024))
    total = 0.0
    for d in range(min(2, frames)):
        for m in range(min(_REACH_BINS + 1, bins)):
            pairs = (frames - d) * (bins - m) * (2 if d else 1) * (2 if m else 1)
            total += pairs * table[d, m]
    return float((frames * bins) ** 2 / total)


@lru_cache(maxsize=4096)
def threshold(shape: float, pfa: float, floor_error: float = FLOOR_ERROR) -> float:
    """Level, in units of the floor, that the mean of ``shape`` independent values exceeds with ``pfa``.

    The floor's own relative error adds to the variance.
    """
    effective = 1.0 / (1.0 / shape + floor_error**2)
    return float(gammainccinv(effective, min(pfa, 0.5)) / effective)


@lru_cache(maxsize=1024)
def quantile_bias(shape: float, q: float) -> float:
    """The ``q``-quantile of a mean of ``shape`` exponentials, as a fraction of their mean."""
    return float(gammaincinv(shape, q) / shape)


FEW = 4
"""Bins in a band up to which its power is not close enough to a gamma distribution: the quarter of two bins
lies 5 % higher."""


@lru_cache(maxsize=8)
def _terms(bins: int) -> tuple[tuple[float, float], ...]:
    """The mean power of some neighbouring bins of one Hann frame is a sum of exponentials with these means;
    each with its factor in the tail. Neighbours' amplitudes correlate by -2/3, the next ones' by 1/6."""
    apart = np.abs(np.subtract.outer(np.arange(bins), np.arange(bins)))
    matrix = np.select([apart == 0, apart == 1, apart == 2], [1.0, -2 / 3, 1 / 6])
    means = [round(float(value), 12) / bins for value in np.linalg.eigvalsh(matrix)]
    return tuple((m, float(np.prod([m / (m - other) for other in means if other != m]))) for m in means)


@lru_cache(maxsize=256)
def band_quantile(bins: int, q: float) -> float:
    """The ``q``-quantile of the mean power of ``bins`` neighbouring bins of one frame, as a fraction of its
    mean."""
    if bins > FEW:
        return quantile_bias(independent(1, bins), q)
    low, high = 0.0, 50.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        below = 1 - sum(factor * np.exp(-middle / m) for m, factor in _terms(bins))
        low, high = (middle, high) if below < q else (low, middle)
    return float(f"{high:.9g}")


@lru_cache(maxsize=64)
def band_below(bins: int, limit: float) -> float:
    """The mean of those of the same powers that stay below ``limit`` times their mean, as a fraction of
    it."""
    if bins > FEW:
        shape = independent(1, bins)
        return float(gammainc(shape + 1, shape * limit) / gammainc(shape, shape * limit))
    rest = [(m, factor, factor * np.exp(-limit / m)) for m, factor in _terms(bins)]
    part = sum(factor * m - tail * (m + limit) for m, factor, tail in rest)
    return float(f"{part / (1 - sum(tail for _, _, tail in rest)):.9g}")


def mean(values: npt.NDArray[np.float32], axis: int) -> npt.NDArray[np.float32]:
    """Means along ``axis``, bit for bit NumPy's, which spends more on checks than on a few values."""
    return np.asarray(np.add.reduce(values, axis) / np.float32(values.shape[axis]))


def median(values: npt.NDArray[np.floating]) -> float:
    """The median of finite values in one dimension, bit for bit NumPy's, which spends most of its time on
    checks."""
    ordered = np.sort(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return float(ordered[middle])
    return float((ordered[middle - 1] + ordered[middle]) / values.dtype.type(2))


def percentile(values: npt.NDArray[np.floating], percent: float) -> np.floating:
    """That percentile of finite values in one dimension, between two of them on a straight line."""
    place = (len(values) - 1) * (percent / 100)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    part = np.partition(values, (low, high))
    share, step = place - low, part[high] - part[low]
    between: np.floating = part[low] + step * share if share < 0.5 else part[high] - step * (1 - share)
    return between


@lru_cache(maxsize=256)
def lesser_mean(shape: float, bias: float) -> float:
    """Mean of the lesser of a spectrum's mean and its second weakest quarter over ``bias``, in unit noise.

    ``shape`` is that of one quarter. Taken over a lattice of quantiles (Halton's, bases 2, 3, 5, 7), so it is
    the same everywhere; 4,096 points leave an error of 1e-3.
    """
    points = np.array([_halton(4096, base) for base in (2, 3, 5, 7)])
    quarters = gammaincinv(shape, points) / shape
    second = np.sort(quarters, axis=0)[1] / bias
    return float(np.minimum(quarters.mean(axis=0), second).mean())


def _halton(count: int, base: int) -> npt.NDArray[np.float64]:
    """The first points of van der Corput's sequence, without 0."""
    rest = np.arange(1, count + 1)
    out = np.zeros(count)
    place = 1.0 / base
    while rest.any():
        out += place * (rest % base)
        rest = rest // base
        place /= base
    return out
