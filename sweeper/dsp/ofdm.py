"""OFDM by its cyclic prefix, bin by bin: which part of the span carries a signal that repeats its symbols'
ends.

Every OFDM symbol of useful length Tu is preceded by a copy of its last part. So x(t) and x(t + Tu)
agree during the prefix, about 7 % of the time for LTE (TS 36.211 §6.12), a quarter to a
thirty-second for DVB-T, and noise never does. The test is made in every bin of short transforms and
compared with
lags near by: a carrier agrees with itself at all lags, an OFDM signal at its own only. It needs no noise
floor, so a signal that fills the whole span is found too.

A look of a sweep is short and shows a part of a wide signal: there the prefix may stay below chance in each
look and still be certain in all of them together (``pooled``). Their phases differ, since each is tuned
elsewhere, so magnitudes are added: under noise alone each look's squared agreement over its variance is
exponential with mean 1, and the sum over looks is gamma distributed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.fft
from scipy.special import gammainccinv

from sweeper.dsp.islands import runs
from sweeper.dsp.spectrum import Complex, cell_size, hann

LAGS_S = {"lte": 1 / 15e3, "nr": 1 / 30e3, "dvb-t": 896e-6}
"""Useful symbol lengths. LTE and 15 kHz NR share one; DVB-T (EN 300 744) with 8k carriers in 8 MHz
channels."""

CONTROL = (0.87, 1.13)
"""Lags compared, as shares of the lag tested; no other system's lag lies there."""

SIGMAS = 4.2
"""The mean over the span must stand this far above chance (2e-8 by exp(-x²), for three systems)."""

MOST_SAMPLES = 1 << 18
"""Enough for a coherence of 1 % on the whole span; more would only cost."""


LEAST_AGREEMENT = 0.012
"""Mean coherence below which even a significant one is not believed: a full prefix makes 0.066."""

INDEPENDENT = 0.53
"""Share of half-overlapping Hann frames that count as independent values."""

EXTENT_SIGMAS, CLEAR_SHARE = 3.2, 0.75
"""Where smoothed agreement stands so far over chance the signal is there; and how much of its usual level
that is at most."""

GROUP = 8
"""Bins summed up in what is kept of a look: 80 kHz at 2.56 MS/s."""

POOLED_PFA, POOLED_LEAST = 1e-8, 2
"""False alarms per wide signal and system, and groups that a look must have within its band to count."""


class Prefixed(NamedTuple):
    """A stretch of the span with OFDM of one useful length; offsets in Hz, ``agreement`` 0..1 (mean
    coherence)."""

    system: str
    low_hz: float
    high_hz: float
    agreement: float
    useful_s: float


class Rhythm(NamedTuple):
    """What one look shows of one system, whether or not it is significant: per group of bins (ascending) the
    sums of the coherences at the symbol's lag and at two others (shape [3, groups]) and the bins in them."""

    system: str
    useful_s: float
    group_hz: float
    sums: npt.NDArray[np.complex64]
    bins: npt.NDArray[np.int64]
    frames: int


class Pooled(NamedTuple):
    """OFDM of one useful length in the band of a wide signal: mean coherence, and the looks that told."""

    system: str
    agreement: float
    useful_s: float
    looks: int


def find(samples: Complex, rate_hz: float, lags: dict[str, float] | None = None) -> list[Prefixed]:
    """OFDM signals in ``samples``; one per system at most, as wide as its bins reach together."""
    return look(samples, rate_hz, lags)[0]


def look(
    samples: Complex, rate_hz: float, lags: dict[str, float] | None = None
) -> tuple[list[Prefixed], list[Rhythm]]:
    """What ``find`` finds, and what is to be kept for ``pooled``."""
    size = min(cell_size(rate_hz), 256)
    samples = samples[:MOST_SAMPLES]
    out: list[Prefixed] = []
    kept: list[Rhythm] = []
    for system, lag_s in (LAGS_S if lags is None else lags).items():
        lag = round(lag_s * rate_hz)
        if lag < 24 or len(samples) < 4 * lag + size:
            continue
        hop = size // 2
        longest = int(lag * max(CONTROL)) + 1
        frames = (len(samples) - size - longest) // hop
        if frames < 12:
            continue
        at = [lag, *(round(lag * c) for c in CONTROL)]
        values = np.array(_coherences(samples, size, hop, frames, at), np.complex128)
        # The lag is a whole number of samples and the symbol is not: what is left turns with frequency.
        offsets = (np.arange(size) - size // 2) * (rate_hz / size)
        values *= np.exp(-2j * np.pi * offsets * (lag / rate_hz - lag_s))
        usable = np.abs(values[1:]).max(axis=0) < 0.3
        usable &= np.abs(np.arange(size) - size // 2) > 1
        if usable.sum() < size // 4:
            continue
        seen = _Seen(system, lag / rate_hz, rate_hz, frames, values, usable)
        kept.append(_rhythm(seen))
        found = _one(seen)
        if found is not None:
            out.append(found)
    return out, kept


def pooled(rhythms: Iterable[tuple[float, Rhythm]], low_hz: float, high_hz: float) -> Pooled | None:
    """The system whose prefix all looks together show within a band; ``rhythms`` with their looks' centres
    (Hz)."""
    rows: dict[str, list[tuple[npt.NDArray[np.float64], float]]] = {}
    useful: dict[str, float] = {}
    for center_hz, one in rhythms:
        count = len(one.bins)
        edges = center_hz + (np.arange(count + 1) - count / 2) * one.group_hz
        own = (edges[:-1] >= low_hz) & (edges[1:] <= high_hz)
        bins = int(one.bins[own].sum())
        if own.sum() < POOLED_LEAST or bins < GROUP:
            continue
        variance = 1 / (INDEPENDENT * one.frames * bins)
        squared = np.abs(one.sums[:, own].sum(axis=1) / bins) ** 2
        rows.setdefault(one.system, []).append((squared.astype(np.float64), variance))
        useful[one.system] = one.useful_s
    best: Pooled | None = None
    clearest = 1.0
    for system, row in sorted(rows.items()):
        lag, *others = np.sum([squared / variance for squared, variance in row], axis=0)
        over = float(lag / gammainccinv(len(row), POOLED_PFA))
        weights = sum(1 / variance for _, variance in row)
        agreement = float(np.sqrt(max(lag - len(row), 0.0) / weights))
        if over > clearest and lag > 4 * max(others) and agreement >= LEAST_AGREEMENT:
            best, clearest = Pooled(system, agreement, useful[system], len(row)), over
    return best


class _Seen(NamedTuple):
    """One look asked about one system: coherences per bin at the symbol's lag and at the controls (shape
    [3, bins]), and which bins are usable."""

    system: str
    useful_s: float
    rate_hz: float
    frames: int
    values: npt.NDArray[np.complex128]
    usable: npt.NDArray[np.bool_]


def _rhythm(seen: _Seen) -> Rhythm:
    size = len(seen.usable)
    group = min(GROUP, size)
    sums = np.where(seen.usable, seen.values, 0).reshape(len(seen.values), -1, group).sum(axis=2)
    bins = seen.usable.reshape(-1, group).sum(axis=1)
    group_hz = seen.rate_hz / size * group
    return Rhythm(seen.system, seen.useful_s, group_hz, sums.astype(np.complex64), bins, seen.frames)


def _one(seen: _Seen) -> Prefixed | None:
    sigma = 1.0 / np.sqrt(INDEPENDENT * seen.frames * seen.usable.sum())
    mean, *others = (abs(c[seen.usable].mean()) for c in seen.values)
    if mean < SIGMAS * sigma or mean < 2 * max(others) or mean < LEAST_AGREEMENT:
        return None
    return _extent(seen)


def _coherences(
    samples: Complex, size: int, hop: int, frames: int, lags: list[int]
) -> list[npt.NDArray[np.complex64]]:
    """For each lag the coherence per bin (ascending) between the samples and the same that much later."""
    window = hann(size).copy()
    window[1::2] *= -1
    cross = np.zeros((len(lags), size), np.complex128)
    first = np.zeros(size)
    second = np.zeros((len(lags), size))
    for start in range(0, frames, 256):
        index = np.arange(start, min(frames, start + 256)) * hop
        a = scipy.fft.fft(_rows(samples, index, size) * window, axis=1)
        first += np.sum(_power(a), axis=0)
        np.conj(a, out=a)
        for i, lag in enumerate(lags):
            b = scipy.fft.fft(_rows(samples, index + lag, size) * window, axis=1)
            second[i] += np.sum(_power(b), axis=0)
            cross[i] += np.sum(b * a, axis=0)
    return list((cross / np.sqrt(np.maximum(first * second, 1e-30))).astype(np.complex64))


def _power(bins: Complex) -> npt.NDArray[np.float32]:
    return np.asarray(bins.real**2 + bins.imag**2)


def _rows(samples: Complex, index: npt.NDArray[np.intp], size: int) -> Complex:
    return np.lib.stride_tricks.sliding_window_view(samples, size)[index]


def _extent(seen: _Seen) -> Prefixed | None:
    """The outermost bins that agree in phase with the whole, smoothed over a thirty-second of the span; in a
    look too short for that the likeliest band of even agreement."""
    system, useful_s, rate_hz, frames, values, usable = seen
    at_lag = values[0]
    size = len(at_lag)
    phase = np.exp(-1j * np.angle(at_lag[usable].sum()))
    value = np.where(usable, (at_lag * phase).real, 0.0)
    width = max(5, size // 32)
    if _resolving(value, usable, frames) > width:
        first, last = _likeliest(value, usable)
        level = float(value[first:last].sum() / max(usable[first:last].sum(), 1))
        edges = [(at - size // 2) * rate_hz / size for at in (first, last)]
        return Prefixed(system, edges[0], edges[1], level, useful_s)
    found: list[tuple[int, int]] = []
    while not found and width <= size // 2:
        kernel = np.ones(width)
        smooth = np.convolve(value, kernel, "same") / np.maximum(np.convolve(usable, kernel, "same"), 1)
        noise = max(
            EXTENT_SIGMAS / np.sqrt(INDEPENDENT * frames * width), 0.15 * float(np.percentile(smooth, 90))
        )
        found = runs(smooth > noise, gap=size // 8)
        width *= 2
    if not found:
        found = [(0, size)]
    width = min(width // 2, size // 8)
    start, stop = max(found, key=lambda r: (r[1] - r[0], -r[0]))
    step = rate_hz / size
    trim = width // 4
    low, high = (start + trim - size // 2) * step, (stop - trim - size // 2) * step
    if high - low < 100e3:
        return None
    return Prefixed(system, low, high, float(value[start:stop].mean()), useful_s)


def _resolving(value: npt.NDArray[np.float64], usable: npt.NDArray[np.bool_], frames: int) -> float:
    """Bins over which must be averaged for the agreement to stand over chance all along the signal: fewer
    would show only where chance helped."""
    kernel = np.ones(max(5, len(value) // 8))
    smooth = np.convolve(value, kernel, "same") / np.maximum(np.convolve(usable, kernel, "same"), 1)
    clear = CLEAR_SHARE * max(float(smooth.max()), 1e-6)
    return float((EXTENT_SIGMAS / clear) ** 2 / (INDEPENDENT * frames))


def _likeliest(value: npt.NDArray[np.float64], usable: npt.NDArray[np.bool_]) -> tuple[int, int]:
    """The bins [first, last) whose sum stands highest over chance: maximum likelihood of one even band."""
    total, count = (np.concatenate([[0], np.cumsum(x)]) for x in (value, usable.astype(float)))
    rise = total[np.newaxis, :] - total[:, np.newaxis]
    bins = count[np.newaxis, :] - count[:, np.newaxis]
    score = np.where((bins >= GROUP) & (rise > 0), rise / np.sqrt(np.maximum(bins, 1)), 0)
    low, high = np.unravel_index(int(np.argmax(score)), score.shape)
    return int(low), int(high)
