"""The noise floor of a look, per bin, whatever stands on it.

Two excisions, one in time and one in frequency. *In time* a low quantile per bin, corrected for its
bias, forgets bursts. *In frequency* a morphological opening forgets everything narrower than
``OPENING`` of the span but keeps the shape of the receiver's filter; from there forward consecutive mean
excision (FCME, VTC 2004, DOI 10.1109/VETECS.2004.1390535) takes bins back in, as long as noise of that
level explains them, and their local mean is the floor. What fills more than the opening cannot be told from
the filter's shape by power alone: ``History`` and the cyclic-prefix test (``sweeper.dsp.ofdm``) look after
that.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d, grey_dilation, grey_opening, median_filter, uniform_filter1d

from sweeper.dsp.spectrum import Complex, Real
from sweeper.dsp.statistics import (
    FLOOR_ERROR,
    band_below,
    band_quantile,
    independent,
    median,
    quantile_bias,
    threshold,
)

QUANTILE = 0.25
"""Taken per band over time: a first guess that bursts up to two thirds of the time do not spoil."""

TRIM = 2.0
"""Cells above this many times the guess are not noise; the mean of the others, corrected for the cut, is."""

BANDS = 64
"""Stretches of the span in which time is looked at: wide ones have steadier cells, so bursts show better."""

OPENING = 0.6
"""Share of the span below which a raised stretch counts as a signal on the floor."""

FRAMES = 512
"""Frames looked at: enough for half a per cent of a flat floor, at a tenth of the cost of the transforms."""

FLAT_ERROR = 0.008
"""Relative error of a floor that one level fits: what the tests of the fit do not see (bands of 3 % scatter
may hide a ripple of 1 % over seven of them); its chance error comes on top."""

DYNAMIC_RANGE = 1e-9
"""No floor lies more than 90 dB below the strongest bin: window sidelobes and rounding are not a floor."""


def estimate(cells: Real) -> Real:
    """Floor per bin (same unit as ``cells``, shape ``[frames, bins]``), shape ``[bins]``, never zero.

    Needs at least one frame; with fewer than four the time excision has nothing to work on and only the one
    in frequency acts.
    """
    step = max(1, -(-len(cells) // FRAMES))
    chosen = cells[::step]
    bins = chosen.shape[1]
    group = max(1, bins // BANDS)
    if group > 1:
        chosen = _grouped(chosen, group) / np.float32(group)
    quiet = _time_excision(chosen, group).astype(np.float32)
    shape = max(1.0, 0.4 * independent(len(chosen), group))
    floor = excise(quiet, shape, peak=float(cells.max(initial=0.0)))
    if group == 1:
        return floor
    middles = np.arange(len(floor)) * group + (group - 1) / 2
    return np.interp(np.arange(bins), middles, floor).astype(np.float32)


def _grouped(cells: Real, group: int) -> Real:
    """Sums of each ``group`` of bins, added up as ``np.add.reduceat`` adds them, which takes four times as
    long where the groups are as short as here."""
    bins = cells.shape[1]
    if bins % group or not 2 < group <= 8:
        return np.asarray(np.add.reduceat(cells, np.arange(0, bins, group), axis=1))
    rest = cells[:, 1::group] + cells[:, 2::group]
    for place in range(3, group):
        rest += cells[:, place::group]
    rest += cells[:, ::group]
    return rest


def uncertainty(floor: Real, frames: int) -> float:
    """Relative error of an estimated floor: small where a flat level fitted (the chance of all its bands, and
    ``FLAT_ERROR``); where the floor had to follow the receiver's filter the chance of a few bands and
    ``statistics.FLOOR_ERROR``."""
    group = max(1, len(floor) // BANDS)
    if len(floor) < 24:
        return FLOOR_ERROR
    values = 0.75 * independent(min(frames, FRAMES), group)
    if float(np.ptp(floor)) > 1e-3 * float(floor[0]):
        return float(np.hypot(FLOOR_ERROR, 1 / np.sqrt(values * LOCAL_BANDS)))
    return float(min(FLOOR_ERROR, np.hypot(FLAT_ERROR, 1 / np.sqrt(values * len(floor) / group))))


def _time_excision(chosen: Real, group: int) -> Real:
    """Noise per band of ``group`` bins: quantile over time, then twice the mean of what that leaves of it."""
    count = len(chosen)
    if count < 4:
        return np.asarray(chosen.mean(axis=0), dtype=np.float32)
    rank = int(QUANTILE * (count - 1))
    guess = np.partition(chosen, rank, axis=0)[rank] / band_quantile(group, (rank + 0.6) / (count + 0.2))
    kept = band_below(group, TRIM)
    for _ in range(2):
        below = chosen < TRIM * guess
        number = np.add.reduce(below, axis=0, dtype=np.intp)
        level = np.add.reduce(chosen * below, axis=0) / np.maximum(number, 1) / kept
        guess = np.where(number > 2, level, guess)
    return np.asarray(guess, dtype=np.float32)


def excise(quiet: Real, shape: float, peak: float | None = None) -> Real:
    """Floor per bin from one spectrum whose bins are means of about ``shape`` independent values."""
    bins = len(quiet)
    lowest = max(float(quiet.max(initial=0.0)) if peak is None else peak, 1e-24) * DYNAMIC_RANGE
    level = np.maximum(quiet, lowest).astype(np.float64)
    if bins < 16:
        return np.full(bins, np.median(level), np.float32)
    stiff = _stiff(level)
    if stiff is not None:
        return np.maximum(stiff, lowest).astype(np.float32)
    narrow = max(3, bins // 64 * 2 + 1)
    smooth = median_filter(level, narrow, mode="nearest")
    rough = grey_opening(smooth, max(3, int(OPENING * bins)), mode="nearest")
    local = max(LOCAL, bins / 48)
    margin = threshold(shape * 0.75 * narrow, 1e-3, 0.0) * 1.12
    accepted = (smooth <= rough * margin) & (level <= rough * threshold(shape, 1e-4, 0.0) * 1.12)
    floor = _local_mean(level, accepted, local, rough)
    for _ in range(4):
        cut = threshold(shape, 1e-3, 0.0)
        taken = (level <= floor * cut) & (smooth <= floor * margin)
        if np.array_equal(taken, accepted):
            break
        accepted = taken
        floor = _local_mean(level, accepted, local, floor)
    return np.asarray(np.maximum(_edges(floor, rough), lowest), dtype=np.float32)


DEGREES = (0, 2)
"""Of the polynomials tried, the stiffest first. A receiver whose filter bends more is given a floor that
follows
it, at the price of weak wide signals: on RTL-SDR recordings a stiffer curve missed the filter's knee by 1
dB."""


DRIFT = {0: 1.5, 2: 1.2}
"""What is left over seven bands may be so many times what chance leaves, by degree. At 1.5 a parabola was
taken through the knee of a filter, and the tenths of a decibel that it missed were told as signals; at 1.2 a
tenth of all flat floors would be refused."""

BEND = 3.4
"""A level is refused where slope and curvature pass this many deviations: 0.3 % of level floors have it by
chance (Rayleigh: two degrees of freedom). Refused they get a parabola, which costs little."""

MIDDLE = 0.15
"""Share of the span, around the centre, in which a signal is not taken for the filter's shape for looking
alike on both sides of the centre."""


def _stiff(level: npt.NDArray[np.float64]) -> npt.NDArray[np.float64] | None:
    """A smooth curve through the floor, where one fits: it does not rise under a weak wide signal.

    A polynomial in decibels, refitted without what stands above it, of the lowest degree that leaves no more
    than the scatter between neighbours. ``None`` where none does (a filter's edge, a crowded band).
    """
    bins = len(level)
    if bins > 256 or bins < 24:
        return None
    value = np.log(level)
    scatter = 1.4826 * median(np.abs(np.diff(value))) / np.sqrt(2)
    if scatter <= 0 or scatter > 0.35:
        return None
    for degree in DEGREES:
        fit = _fitted(degree, value, scatter)
        if fit is not None:
            return np.asarray(np.exp(fit + 0.5 * scatter**2))
    return None


def _parabola(value: npt.NDArray[np.float64], accepted: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """The parabola of least squares through the accepted values: orthogonal polynomials over just these,
    summed in a fixed order, so that every processor makes the same of it."""
    weight = accepted.astype(np.float64)
    at = np.linspace(-1, 1, len(value))
    basis: list[npt.NDArray[np.float64]] = []
    fit = np.zeros(len(value))
    for power in (np.ones(len(value)), at, at * at):
        part = power
        for other in basis:
            part = part - other * np.add.reduce(weight * other * power)
        part = part / np.sqrt(np.add.reduce(weight * part * part))
        basis.append(part)
        fit = fit + part * np.add.reduce(weight * part * value)
    return fit


def _level(value: npt.NDArray[np.float64], accepted: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """The same for a level."""
    return np.full(len(value), np.add.reduce(value * accepted) / accepted.sum())


def _bends(value: npt.NDArray[np.float64], accepted: npt.NDArray[np.bool_], scatter: float) -> bool:
    """Whether slope and curvature of the accepted values are more than chance gives a level."""
    shape = (_parabola(value, accepted) - _level(value, accepted))[accepted]
    return float(np.add.reduce(shape * shape)) > (BEND * scatter) ** 2


def _fitted(degree: int, value: npt.NDArray[np.float64], scatter: float) -> npt.NDArray[np.float64] | None:
    """The curve, or ``None`` if too little lies on it or what does scatters too much."""
    accepted = value <= median(value) + max(3 * scatter, 0.7)
    off = np.zeros(len(value))
    for _ in range(8):
        if accepted.mean() < 0.7 or not accepted[0] or not accepted[-1]:
            return None
        fit = _parabola(value, accepted) if degree else _level(value, accepted)
        off = value - fit
        wide = np.convolve(np.concatenate((off[:1], off, off[-1:])), np.ones(3) / 3, "valid")
        taken = (np.abs(off) < 2.6 * scatter) & (wide < 2.6 * scatter / np.sqrt(3))
        taken[[0, -1]] |= np.abs(off[[0, -1]]) < 4 * scatter
        if np.array_equal(taken, accepted):
            break
        accepted = taken
    rest = off[accepted]
    if len(rest) < 0.7 * len(value) or float(np.std(rest)) > 1.3 * scatter:
        return None
    out = ~accepted
    out[_middle(out, off)] = False
    if out.sum() > 2 and float(np.mean(out[::-1][out])) > 0.4:
        return None  # what stands out does so alike on both sides of the centre: the filter, not a signal
    drift = np.convolve(rest, np.ones(7) / 7, "valid")
    if float(np.sqrt(np.mean(drift**2))) > DRIFT[degree] * scatter / np.sqrt(7):
        return None  # what is left is not scatter but shape
    return None if degree == 0 and _bends(value, accepted, scatter) else np.asarray(fit)


def _middle(out: npt.NDArray[np.bool_], off: npt.NDArray[np.float64]) -> slice:
    """What stands up around the centre, no wider than ``MIDDLE``: a signal there is its own mirror."""
    center = len(out) // 2
    low = high = center
    up = out & (off > 0)
    while low > 0 and (up[low - 1] or up[max(0, low - 2)]):
        low -= 1
    while high < len(out) and (up[high] or up[min(len(out) - 1, high + 1)]):
        high += 1
    return slice(low, high) if high - low <= MIDDLE * len(out) else slice(0, 0)


TWICE = 2
"""Times the local mean is taken, the second time of what the first leaves (Tukey's twicing, 1977): a mean
alone lies under a filter's knee and over its edge."""

LOCAL = 2.0
"""Its reach: standard deviation in bands."""

LOCAL_BANDS = 2.46 * LOCAL
"""As many bands on average give its chance error: of the kernel K the twicing makes 2K - K*K, whose square
integrates to 1 / (2.46 sigma)."""

STEEP = ((0, 1.5), (1, 3.0), (2, 6.0))
"""A filter's edges: where the floor falls outwards by 1.8 dB over two bands it is no lower than what the
opening kept of it, where by 4.8 dB the greatest within one band, and where by 7.8 dB within two."""

BESIDE_EDGE = 3
"""Bands on both sides of an edge into which the mean rounds it."""

OPENED = 1.06
"""An opening lies under the middle of what scatters by some per cent: so much it is raised."""


def _edges(floor: npt.NDArray[np.float64], rough: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The floor, raised on the steep edges of the receiver's filter: no mean follows them, and what is told
    there would be the filter. ``rough``, the opening, keeps these edges where the mean has rounded them."""
    bins = len(floor)
    least = np.maximum(floor, OPENED * rough)
    out = floor.copy()
    for reach, fall in STEEP:
        top = grey_dilation(least, 2 * reach + 1, mode="nearest")
        for turn in (slice(None), slice(None, None, -1)):
            steep = _falls(floor[turn], fall) | _falls(rough[turn], fall)
            at = np.flatnonzero(steep)[:, np.newaxis]
            for raised, first, last in ((least, -BESIDE_EDGE, BESIDE_EDGE + 3), (top, 0, reach + 3)):
                near = np.unique(np.clip(at + np.arange(first, last), 0, bins - 1))
                out[turn][near] = np.maximum(out[turn][near], raised[turn][near])
    return out


def _falls(level: npt.NDArray[np.float64], times: float) -> npt.NDArray[np.bool_]:
    """Where in the first half the level is so many times as high two bands on."""
    half = len(level) // 2
    return np.asarray(level[2:half] > times * level[: half - 2])


def _local_mean(level: np.ndarray, accepted: np.ndarray, sigma: float, fallback: np.ndarray) -> np.ndarray:
    """Gaussian-weighted mean of the accepted bins; over wide gaps the line between their shores."""
    if accepted.sum() < 4:
        return np.asarray(fallback, dtype=np.float64)
    weight = gaussian_filter1d(accepted.astype(np.float64), sigma, mode="nearest")
    known = weight > 0.15
    if not known.any():
        return np.full(len(level), level[accepted].mean())
    at, every = np.flatnonzero(known), np.arange(len(level))
    mean = np.ones(len(level))
    for _ in range(TWICE):
        total = gaussian_filter1d(np.where(accepted, level / mean, 0.0), sigma, mode="nearest")
        mean = mean * np.interp(every, at, total[at] / weight[at])
    return np.asarray(mean)


SURGE_BLOCKS = 16
"""Parts of the span compared within one frame: a signal may fill all but two of them and still be one."""

SURGE_CHANCE = 0.45
"""What is called a surge has its second weakest part above this quantile of a part's level: of 16 parts of
noise that happens once in a thousand (p^16 + 16 p^15 (1 - p) with p = 0.55). To take out less would divide
every burst by the chance of its own frames, which stood 3 % above 1 at 2.4 MS/s and 7 % at 250 kS/s."""


def rounding(samples: Complex, rate_hz: float) -> float:
    """Density (FS²/Hz) below which a recording holds only the rounding of its converter; 0 for float samples.

    The converter's step is read off the samples. Half its square is taken, not the textbook's sixth: a
    signal of about one step is rounded into bursts of its own.
    """
    some = np.unique(samples[:: max(1, len(samples) >> 13)].real)
    if len(some) < 2 or len(some) > 1200:
        return 0.0
    step = float(np.min(np.diff(some)))
    return 0.5 * step * step / rate_hz


def surge(whitened: Real) -> Real:
    """How much the noise of each frame stands above its usual level, per frame, never below 1.

    Ignition, motors and switching supplies raise the whole span for a millisecond. The second quietest of
    ``SURGE_BLOCKS`` parts of the span tells: a signal would leave its edges quiet. ``whitened`` has shape
    ``[frames, bins]`` and mean 1 in quiet.
    """
    bins = whitened.shape[1]
    size = bins // SURGE_BLOCKS
    if size < 2 or size & (size - 1):
        return np.ones(len(whitened), np.float32)
    blocks = np.add.reduce(whitened[:, : size * SURGE_BLOCKS].reshape(-1, SURGE_BLOCKS, size), axis=2)
    usual = 1.7 / (SURGE_BLOCKS + 0.4)
    shape = independent(1, size)
    bias = quantile_bias(shape, usual)
    level = _second(blocks) / np.float32(size * bias)
    above = level > quantile_bias(shape, SURGE_CHANCE) / bias
    out = np.where(above, np.maximum(level * np.float32(0.75), 1), np.float32(1))
    for length in (3, 9):
        if len(blocks) >= length:
            longer = uniform_filter1d(blocks, length, axis=0, mode="nearest")
            shape = independent(length, size)
            bias = quantile_bias(shape, usual)
            level = _second(longer) / np.float32(size * bias)
            np.maximum(out, level, out=out, where=level > quantile_bias(shape, SURGE_CHANCE) / bias)
    return np.asarray(out, dtype=np.float32)


def _second(blocks: Real) -> Real:
    """The second smallest of each row, all rows at once."""
    first, *rest = np.ascontiguousarray(blocks.T)
    second = np.full_like(first, np.inf)
    for column in rest:
        second = np.minimum(second, np.maximum(first, column))
        first = np.minimum(first, column)
    return np.asarray(second)


class History:
    """Remembers the floor of one look, so that a wide signal coming on does not read as floor.

    The receiver's own noise does not rise within a sweep at fixed gain; a floor may fall at once but
    rise only by ``RISE_DB_PER_S``. Where the gain is not known (``any_gain``: most recordings), what raises
    all that the receiver's filter lets through alike is taken for a step of it.
    """

    RISE_DB_PER_S = 2.0
    FORGOTTEN_S = 60.0
    """After so long unheard (120 dB, more than any receiver spans) nothing of the old floor binds."""
    ALIKE = 1.25
    """A step of the gain raises nine of ten bins by the same to within 1 dB, which the floor's error stays
    below; a signal has edges."""
    PASSED = 4.0
    """What the filter stops lies so far lower: there the converter's own noise stands, which no gain
    moves."""

    def __init__(self, any_gain: bool = False) -> None:
        self._floor: Real | None = None
        self._time_s = 0.0
        self._any_gain = any_gain

    def bound(self, floor: Real, time_s: float) -> Real:
        """``floor``, limited by what was seen before at this look."""
        if self._floor is not None and len(self._floor) == len(floor):
            passed = min(max(0.0, time_s - self._time_s), self.FORGOTTEN_S)
            slack = np.float32(1.12 * 10 ** (self.RISE_DB_PER_S * passed / 10))
            if not (self._any_gain and self._stepped(floor, self._floor)):
                floor = np.minimum(floor, self._floor * slack)
        self._floor, self._time_s = floor, time_s
        return floor

    def _stepped(self, floor: Real, before: Real) -> bool:
        """Whether all that the filter passes, at least half of the span, rose alike. Where it passes all
        there is nothing to tell a step from a signal by, and ``surge`` takes out either."""
        passed = before > self.PASSED * before.min()
        if 2 * np.count_nonzero(passed) < len(before) or not before.min() > 0:
            return False
        low, middle, high = np.percentile(floor[passed] / before[passed], [5, 50, 95])
        return bool(middle > self.ALIKE and low * self.ALIKE > middle and high < middle * self.ALIKE)
