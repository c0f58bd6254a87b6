"""Steady signals of a segment: what stays on the air from its first to its last moment, and how wide it
is."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import chndtr

from sweeper.detectors.rf_heard import Heard
from sweeper.dsp import boxes, extents, statistics
from sweeper.dsp.islands import Mask, runs
from sweeper.dsp.spectrum import Real
from sweeper.dsp.statistics import PFA

Doubles = npt.NDArray[np.float64]

STEADY_SHARE = 0.1
"""Steady: the weakest of up to 16 stretches of the segment holds at least this share of the mean power."""

HALF_SHARE = 0.45
"""The weaker half of the stretches holds at least this share of the mean power."""

GROWTH = 2.0
"""How much wider than its usual band a steady signal may be, on each side."""

PAUSE = 0.12
PAUSES = 0.06
NARROW_PAUSES = 0.25
"""A signal 9 dB under its level for 6 % of the time makes pauses; a narrow one fades, so 25 % are asked of
it."""

BESIDE = 1.3
"""What makes pauses as a whole may be a steady signal and a burst beside it if it is so many times as wide as
what lasts of it."""

UPPER = 1.645
"""Standard deviations that 5 % of the time is above."""

FAINT = 3.0
"""Below this power over the floor one stretch is too noisy to tell whether the signal lasts."""

LEAKAGE, LEAKED, LEAKS = 6, 10**-2.5, 2.0
"""Bins beside a steady signal to which the window of the short frames spreads it, how far below its peak what
it leaves there lies, and times the floor from which on that counts."""

SWINGS, SWINGS_DB = 12, 9.0
"""Bins up to which a steady signal may stand in one and then in its neighbour (a wider one fills its bins),
and the signal to noise from which on that shows."""

SKIRTS = ((100.0, 1.5), (3e3, 6.0), (3e4, 12.0))
LEFT = 3.0
"""The density of a burst is uneven by this much over its band."""

SKIRT_SNR_DB = 10.0
"""What is so many times weaker, within so many widths of a strong signal and not 10 dB clear, is its
skirt."""


def stretches(lines: Real) -> Real:
    """Means of up to 16 successive stretches of frames (a multiple of four, if there are twelve frames)."""
    count = max(1, min(16, len(lines) // 3))
    if count > 4:
        count = count // 4 * 4
    cuts = np.arange(count + 1) * len(lines) // count
    return np.array([statistics.mean(lines[a:b], 0) for a, b in pairwise(cuts.tolist())])


def lasting(parts: Real, frames: int) -> Real:
    """What stays: per bin the lesser of the mean and the second weakest quarter, so that bursts do not
    count."""
    mean = parts.mean(axis=0)
    if len(parts) < 4 or len(parts) % 4:
        return np.asarray(mean)
    a, b, c, d = parts.reshape(4, -1, parts.shape[1]).mean(axis=1)
    second = np.minimum(
        np.maximum(np.minimum(a, b), np.minimum(c, d)), np.minimum(np.maximum(a, b), np.maximum(c, d))
    )
    bias = statistics.quantile_bias(
        statistics.independent(max(1, round(frames / 4)), 1, parts.shape[1]), 1.6 / 4.2
    )
    return np.asarray(np.minimum(mean, second / np.float32(bias)))


def usual(parts: Real, frames: int) -> np.float32:
    """What ``lasting`` makes of noise of mean 1, on average: decisions over many bins have to know."""
    if len(parts) < 4 or len(parts) % 4:
        return np.float32(1)
    shape = statistics.independent(max(1, round(frames / 4)), 1, parts.shape[1])
    return np.float32(statistics.lesser_mean(shape, statistics.quantile_bias(shape, 1.6 / 4.2)))


class Steady(NamedTuple):
    """A steady signal in all of its band, and in the part of it that stays by itself."""

    whole: Heard
    core: Heard


def steady_signals(
    parts: Real, excess: Real, ground: Real, seen: Mask, frames: int, rate_hz: float, count: int
) -> list[Steady]:
    """Signals on the air through the whole segment.

    ``parts`` are the ``stretches`` over the floor, ``excess`` what lasts of them, both in units of
    ``ground``; ``frames`` the transforms behind them and ``count`` the samples.
    """
    average = parts.mean(axis=0)
    noise = float(usual(parts, frames))
    found: list[Steady] = []
    for start, stop in runs(seen):
        for a, b in _pieces(excess, start, stop, frames, noise):
            over = float(statistics.mean(excess[a:b], 0)) - 1
            levels = np.sort(statistics.mean(parts[:, a:b], 1) - 1)
            if len(levels) < 2 or float(statistics.mean(levels[: len(levels) // 2], 0)) < HALF_SHARE * over:
                continue
            if over > FAINT and levels[0] < STEADY_SHARE * over:
                continue
            whole = _stands(average, ground, *_whole_band(average, a, b, start, stop), rate_hz, count)
            found.append(Steady(whole, _stands(average, ground, a, b, rate_hz, count)))
    return _without_skirts(found)


def _stands(average: Real, ground: Real, a: int, b: int, rate_hz: float, count: int) -> Heard:
    """The bins ``a`` to ``b`` as a steady signal."""
    bins = len(average)
    step = rate_hz / bins
    edge_hz = (a - bins // 2 - 0.5) * step
    inner, outer = extents.occupied(average[a:b] - 1)
    low_hz, high_hz = edge_hz + inner * step, edge_hz + outer * step
    return Heard(
        low_hz=low_hz,
        high_hz=max(high_hz, low_hz + step),
        start_s=0.0,
        stop_s=count / rate_hz,
        power=float(np.add.reduce((average[a:b] - 1) * ground[a:b]) * step),
        snr_db=snr_db(average[a:b] * ground[a:b], ground[a:b], inner, outer),
        steady=True,
        opens=True,
        ends=True,
        grain_hz=step,
        on_s=count / rate_hz,
    )


def staying(found: list[Steady], cells: Real, ground: Real, rate_hz: float) -> list[Heard]:
    """Of what seems steady that which makes no pauses. Where only the whole of its band does, a burst came
    beside it, and what stays is the core."""
    out = []
    for one in found:
        wide = one.whole.width_hz > BESIDE * one.core.width_hz
        if not pauses(one.whole, cells, ground, rate_hz):
            out.append(one.whole)
        elif wide and not pauses(one.core, cells, ground, rate_hz, PAUSES):
            out.append(one.core)
    return out


def _whole_band(average: Real, a: int, b: int, start: int, stop: int) -> tuple[int, int]:
    """The band on the plain mean: a frequency-modulated signal is wider than where it is most of the time.

    Grows over connected bins within 25 dB of the peak to at most ``GROWTH`` times the width.
    """
    level = max(2.0, float(average[a:b].max()) * extents.SKIRT)
    most = int(GROWTH * (b - a))
    low, high = max(0, a - most), min(len(average), b + most)
    above = average[low:high] > level
    left, right = a, b
    while left > low and (above[left - 1 - low] or (left - 2 >= low and above[left - 2 - low])):
        left -= 1
    while right < high and (above[right - low] or (right + 1 < high and above[right + 1 - low])):
        right += 1
    return left, right


def pauses(one: Heard, cells: Real, ground: Real, rate_hz: float, narrow: float = NARROW_PAUSES) -> bool:
    """Whether a signal is off now and then: packets that follow each other closely are not steady. Of a
    ``narrow`` one that share of the time is asked, beside what noise alone takes from a steady one."""
    size = len(ground)
    a, b = _bins(one, size, rate_hz)
    if len(cells) < 24:
        return False
    power = statistics.mean(cells[:, a:b] / ground[a:b], 1) - 1
    independent = statistics.independent(1, b - a, size)
    noise = 1 / np.sqrt(independent)
    level = float(statistics.percentile(power, 95))
    if level < 6 * noise:
        return False
    low = max(PAUSE * level, 2 * noise)
    share = PAUSES if b - a >= 6 else narrow
    return float(np.count_nonzero(power < low) / len(power)) > share + _fades(level, low, independent)


def _bins(one: Heard, size: int, rate_hz: float) -> tuple[int, int]:
    """The bins whose middles lie in the band; where none does, the nearest to its own middle."""
    low, high = (hz / rate_hz * size + size / 2 for hz in (one.low_hz, one.high_hz))
    a, b = math.ceil(low), math.floor(high) + 1
    if b <= a:
        a = round((low + high) / 2)
        b = a + 1
    a = int(np.clip(a, 0, size - 1))
    return a, int(np.clip(b, a + 1, size))


def _fades(level: float, low: float, independent: float) -> float:
    """Share of the time in which a signal that is always on lies below ``low``, by the noise in it.

    Powers are in units of the noise's mean, less that mean; ``level`` is passed in 5 % of the time. Signal
    and noise together follow the noncentral chi-squared distribution of ``2 * independent`` degrees of
    freedom, whose variance gives the signal behind the level.
    """
    q = UPPER / np.sqrt(independent)
    signal = max(0.0, ((np.sqrt(q * q + 2 * level + 1) - q) ** 2 - 1) / 2)
    return round(float(chndtr(2 * independent * (low + 1), 2 * independent, 2 * independent * signal)), 3)


def _pieces(excess: Real, start: int, stop: int, frames: int, noise: float) -> list[tuple[int, int]]:
    """The signals in one run of raised bins, each significant in itself; faint wide runs are smoothed
    first."""
    bins = len(excess)
    part = excess[start:stop]
    wide = 1
    if float(part.max()) < 1 + FAINT and stop - start > 12:
        wide = min(16, (stop - start) // 4)
        padded = extents.edged(part, wide // 2, wide - 1 - wide // 2)
        part = np.convolve(padded, np.ones(wide) / wide, "valid").astype(np.float32)
    low = statistics.threshold(statistics.independent(frames, max(3, wide), bins), boxes.LOW_PFA)
    out = []
    for left, right in extents.bands(part, low):
        a, b = start + left, start + right
        needed = statistics.threshold(statistics.independent(frames, b - a, bins), PFA)
        if float(statistics.mean(excess[a:b], 0)) > needed * noise:
            out.append((a, b))
    return out


def _without_skirts(steady: list[Steady]) -> list[Steady]:
    """Leaves out faint lines in the skirts of a far stronger neighbour: its sidebands, not other senders."""
    if not steady:
        return steady
    power, center, width, snr = np.array(
        [(one.power, one.center_hz, one.width_hz, one.snr_db) for one, _ in steady]
    ).T
    near = np.abs(center[:, np.newaxis] - center) < reach_of(power, power[:, np.newaxis]) * width
    skirt = near.any(axis=1) & (snr < SKIRT_SNR_DB)
    return [steady[at] for at in np.flatnonzero(~skirt).tolist()]


def reach_of(strong: Doubles, weak: Doubles) -> Doubles:
    """Widths within which ``weak`` may be a skirt of ``strong``; 0 where it is too strong for one."""
    out = np.zeros(np.broadcast_shapes(strong.shape, weak.shape))
    for times, widths in SKIRTS:  # the farther, the weaker
        out[weak * times < strong] = widths
    return out


def snr_db(density: Real, ground: Real, inner: float, outer: float) -> float:
    """Signal over noise within the occupied band, in dB (at least -20)."""
    a, b = int(inner), max(int(inner) + 1, math.ceil(outer))
    ratio = float(density[a:b].sum() / ground[a:b].sum()) - 1
    return float(10 * np.log10(max(ratio, 0.01)))


def steady_level(cells: Real, ground: Real, steady: list[Heard], rate_hz: float) -> Real:
    """Usual density per bin: the floor, and where a steady signal is, that signal's own median: of a
    narrow one the greatest beside each bin."""
    if not steady:
        return ground
    size = len(ground)
    level = ground.copy()
    step = rate_hz / size
    some = cells[:: max(1, len(cells) // 128)]
    for one in steady:
        a = max(0, int(np.floor(one.low_hz / step + size / 2 - 1)))
        b = min(size, int(np.ceil(one.high_hz / step + size / 2 + 2)))
        low, high = max(0, a - LEAKAGE), min(size, b + LEAKAGE)
        part = some[:, low:high]
        typical = _medians(part) / np.log(2) if len(part) >= 8 else part.mean(axis=0)
        leaked = typical < typical[a - low : b - low].max() * LEAKED
        within = np.arange(low, high)
        own = (within >= a) & (within < b)
        typical = np.where(own | (leaked & (typical > LEAKS * ground[low:high])), typical, 0)
        if b - a <= SWINGS and one.snr_db > SWINGS_DB:
            typical[a - low : b - low] = _swung(typical[a - low : b - low])
        level[low:high] = np.maximum(level[low:high], typical)
    return level


def _medians(rows: Real) -> Real:
    """The median of each column, bit for bit NumPy's, which spends most of its time on checks."""
    middle = len(rows) // 2
    if len(rows) % 2:
        return np.asarray(np.partition(rows, middle, axis=0)[middle])
    part = np.partition(rows, (middle - 1, middle), axis=0)
    return np.asarray((part[middle - 1] + part[middle]) / np.float32(2))


def _swung(level: Real) -> Real:
    """Of each bin and its neighbours the greatest: a frequency-modulated signal stands wholly in one bin and
    then in the next, so a bin now and then holds what its neighbour usually does."""
    out = level.copy()
    np.maximum(out[1:], level[:-1], out=out[1:])
    np.maximum(out[:-1], level[1:], out=out[:-1])
    return out


def without_splatter(steady: list[Heard], bursts: list[Heard], length_s: float) -> list[Heard]:
    """Leaves out faint lines that bursts leave in the mean: their density, their sidebands, or rounding."""
    strong = [(b, b.power * b.on_s / length_s) for b in bursts if b.snr_db > 15]
    kept = []
    for one in steady:
        if _left_by(one, bursts, length_s):
            continue
        for burst, power in strong:
            near = abs(one.center_hz - burst.center_hz) < 8 * burst.width_hz
            if power > one.power * (100 if near and one.snr_db < 12 else 30_000):
                break
        else:
            kept.append(one)
    return kept


def _left_by(one: Heard, bursts: list[Heard], length_s: float) -> bool:
    """Whether a narrow line is no more than what wider bursts across it leave in the mean of the segment."""
    across = [
        b
        for b in bursts
        if b.width_hz > 3 * one.width_hz
        and b.low_hz - one.width_hz <= one.low_hz
        and one.high_hz <= b.high_hz + one.width_hz
    ]
    mean = sum(b.power * b.on_s / length_s / b.width_hz for b in across)
    return one.power / one.width_hz < LEFT * mean
