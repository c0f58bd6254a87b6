"""Measured features of one channel (mixed to zero, a few times oversampled), on which its name rests.

Each is physics and independent of the sample rate: powers in lines, levels of the envelope and of the
frequency, and the clocks on whose grid they change. ``sweeper.dsp.modulation`` decides from them.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt
import scipy.fft
from scipy.ndimage import uniform_filter1d

from sweeper.dsp import four_levels, frequencies, sidebands
from sweeper.dsp.channel import Channel
from sweeper.dsp.spectrum import Complex
from sweeper.dsp.statistics import median, percentile
from sweeper.dsp.symbols import Clock, changes, clock

LEAST_SAMPLES = 48
"""Fewer samples of a channel say nothing about its modulation."""

MOST_SAMPLES = 1 << 15
"""More are not looked at: the strongest stretch of this length stands for the rest."""

LEAST_STEP_DB = 4.0
"""Two envelope levels closer than this are not told apart (50 % ASK has 6 dB)."""

HURRIED = 0.27
"""Keying is between its two levels for less than this share of the time; a sine spends a third there."""

LINE_PLACE = (0.55, 1.15)
"""Shaped phase keying of rate R is 0.9 to 1.4 R wide, as occupied bandwidth is measured."""

OWN_BINS = 64
"""Bins of that: a channel is two to three widths wide, so a symbol rate is some twenty of them."""


class Measured:
    """Features of one channel, each worked out when it is asked for: most names need only a few.

    Rates and widths are in Hz, shares 0..1, clocks' periods in seconds; ``None`` where not measurable.
    """

    def __init__(self, z: Complex, rate_hz: float, width_hz: float, snr_db: float, smooth: int) -> None:
        self._z, self._rate, self._width, self._smooth = z, rate_hz, width_hz, smooth
        self._noise = 1 / (1 + 10 ** (snr_db / 10))
        self.snr_db = snr_db
        smoothed = uniform_filter1d(_squared(z), max(1, smooth // 2), mode="nearest")
        np.maximum(smoothed, 0, out=smoothed)  # it adds and takes away, and rounding may leave less than none
        self._power = smoothed
        self._on, self.step_db, self._level = _levels(smoothed)
        self.between = _between(np.sqrt(smoothed), self._on)
        """Share of the time in the middle half between the two envelope levels: keying hurries through it."""
        if self.between >= HURRIED:
            self._on, self.step_db = np.ones(len(z), bool), 0.0
        self.on_share = float(self._on.mean())
        """Share of the stretch at the upper of two envelope levels (``step_db`` apart); 1.0 for one level."""

    @cached_property
    def _lined(self) -> tuple[float, float, float]:
        return _line(self._z, self._rate)

    @property
    def line_share(self) -> float:
        """Power in the strongest spectral line."""
        return self._lined[0]

    @property
    def asymmetry(self) -> float:
        """Unequal power above and below the line: 0 for AM."""
        return self._lined[2]

    @cached_property
    def envelope_kurtosis(self) -> float:
        """E|z|⁴ / E|z|²² without noise: 1 constant envelope, 2 Gaussian."""
        return _kurtosis(self._z[self._on] if self._on.sum() >= LEAST_SAMPLES else self._z, self._noise)

    @cached_property
    def depth(self) -> float:
        """Standard deviation over mean of the envelope while on, without noise."""
        live = self._power[self._on] if self._on.any() else self._power
        return _depth(np.sqrt(live), self._noise / max(1, self._smooth // 2))

    @cached_property
    def keying(self) -> Clock | None:
        """Symbol clock of the envelope."""
        if self.step_db <= 0 or self.on_share >= 0.97:
            return None
        moments = changes(np.sqrt(self._power), self._level, 0.15 * self._level)
        return _in_seconds(clock(moments, 2.0), self._rate)

    @cached_property
    def _unit(self) -> npt.NDArray[np.complexfloating]:
        size = np.abs(self._z)
        unit = np.where(size > 0, self._z / np.maximum(size, 1e-30), 0).astype(np.complex64)
        return unit * self._on

    @cached_property
    def _square(self) -> npt.NDArray[np.floating]:
        return _spectrum(self._unit**2)

    @cached_property
    def square_line(self) -> float:
        """Modulus of the strongest line of (z/|z|)²."""
        return _strength(self._square, self._on)

    @cached_property
    def fourth_line(self) -> float:
        """Modulus of the strongest line of (z/|z|)⁴."""
        return _strength(_spectrum(self._unit**4), self._on)

    @cached_property
    def envelope_line(self) -> tuple[float, float]:
        """Where the strongest line of |z|² about as far out as the width is, and how far it stands out: the
        symbol rate of shaped phase keying (Gardner 1991), whose envelope dips between symbols."""
        return _envelope_line(self._z, self._rate, min(self._width, _own_width(self._z, self._rate)))

    @cached_property
    def half_index_rate_hz(self) -> float | None:
        """Symbol rate from the two lines of the square, which only h = 1/2 (MSK, GMSK) has."""
        return _half_index(self._square, self._rate, self._width)

    @cached_property
    def _frequency(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        return frequencies.instantaneous(self._z, self._on, self._rate, self._smooth)

    @cached_property
    def _two_levels(self) -> tuple[float, float, float]:
        frequency, mask = self._frequency
        return frequencies.tones(frequency[mask], self._rate)

    @property
    def deviation_hz(self) -> float:
        """Half the distance of the two frequency levels; for one level the rms deviation."""
        return self._two_levels[0]

    @property
    def two_tone(self) -> float:
        """How empty the middle between the two frequency levels is: 1 empty, 0 not."""
        return self._two_levels[1]

    @cached_property
    def shifting(self) -> Clock | None:
        """Symbol clock of the frequency."""
        frequency, mask = self._frequency
        deviation, _, middle = self._two_levels
        if deviation <= 0 or mask.sum() <= LEAST_SAMPLES:
            return None
        filled = np.where(mask, frequency, middle)
        return _in_seconds(clock(changes(filled, middle, 0.3 * deviation), 2.0), self._rate)

    @cached_property
    def four_levels(self) -> four_levels.Levels | None:
        """Four even levels of the frequency, as digital voice radio has."""
        return four_levels.find(self._frequency[0], self._rate)

    @cached_property
    def sound(self) -> sidebands.Sound | None:
        """What stands in step with the strongest line."""
        turn = np.exp(-2j * np.pi * self._lined[1] / self._rate * np.arange(len(self._z)))
        return sidebands.sound(self._z * turn, self._rate)

    @cached_property
    def repeating(self) -> float:
        """How alike the frequency is to itself a period of a voice's pitch later: 1 for a held vowel."""
        return frequencies.repeating(self._frequency[0], self._rate)

    @cached_property
    def swing_hz(self) -> float:
        """Half the range that holds 98 % of the instantaneous frequency: an FM signal's peak deviation."""
        frequency, mask = self._frequency
        return float(np.diff(np.percentile(frequency[mask], [1, 99]))[0] / 2) if mask.any() else 0.0

    @cached_property
    def pilot(self) -> float:
        """How far a line at 19 kHz stands out of the demodulated frequency: the pilot tone of FM stereo."""
        return frequencies.pilot(self._frequency[0], self._rate) if self._width > 30e3 else 0.0

    @cached_property
    def phase_clock(self) -> Clock | None:
        """Symbol clock of phase jumps."""
        return _in_seconds(_phase_clock(self._z, self._on, self._smooth), self._rate)


def measure(channel: Channel, width_hz: float, snr_db: float) -> Measured | None:
    """Features of ``channel``; ``width_hz`` and ``snr_db`` are what detection said. ``None`` if too short."""
    rate = channel.rate_hz
    smooth = max(1, round(0.35 * rate / max(width_hz, rate / max(1, len(channel.samples)))))
    z = _strongest(_trimmed(channel.samples, smooth))
    return Measured(z, rate, width_hz, snr_db, smooth) if len(z) >= LEAST_SAMPLES else None


def _squared(z: Complex, kind: type[np.floating] = np.float64) -> npt.NDArray[np.floating]:
    """|z|² without the root that ``np.abs`` takes first."""
    real, imag = z.real.astype(kind), z.imag.astype(kind)
    real *= real
    imag *= imag
    real += imag
    return real


def _in_seconds(found: Clock | None, rate: float) -> Clock | None:
    return None if found is None else Clock(found.period / rate, found.fit, found.changes)


def _trimmed(samples: Complex, smooth: int) -> Complex:
    """Without the silence before and after: what lies 10 dB under the level that is exceeded a third of
    the time."""
    power = uniform_filter1d(_squared(samples, np.float32), max(1, smooth), mode="nearest")
    on = np.flatnonzero(power > 0.1 * percentile(power, 67))
    return samples[on[0] : on[-1] + 1] if len(on) else samples


def _strongest(samples: Complex) -> Complex:
    if len(samples) <= MOST_SAMPLES:
        return samples
    steps = _squared(samples[: len(samples) // 1024 * 1024].reshape(-1, 1024), np.float32)
    sums = np.convolve(steps.mean(axis=1), np.ones(MOST_SAMPLES // 1024), "valid")
    start = int(np.argmax(sums)) * 1024
    return samples[start : start + MOST_SAMPLES]


def _levels(power: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.bool_], float, float]:
    """Splits a power envelope in two levels (Otsu on a logarithmic scale): on mask, step in dB, amplitude
    between."""
    decibel = 10 * np.log10(np.maximum(power, power.max() * 1e-7 + 1e-30))
    counts, edges = _histogram(decibel, 64)
    middle = (edges[:-1] + edges[1:]) / 2
    weight = np.cumsum(counts)
    total = weight[-1]
    sums = np.cumsum(counts * middle)
    rest = np.maximum(total - weight, 1)
    between = weight * rest * (sums / np.maximum(weight, 1) - (sums[-1] - sums) / rest) ** 2
    cut = float(edges[1 + int(np.argmax(between[:-1]))])
    high, low = decibel >= cut, decibel < cut
    if not high.any() or not low.any():
        return np.ones(len(power), bool), 0.0, 0.0
    top, bottom = median(decibel[high]), median(decibel[low])
    step = top - bottom
    valley = np.mean(np.abs(decibel - (top + bottom) / 2) < step / 8)
    if step < LEAST_STEP_DB or valley > 0.12:
        return np.ones(len(power), bool), 0.0, 0.0
    amplitude = (10 ** (top / 20) + 10 ** (bottom / 20)) / 2
    return np.asarray(np.sqrt(power) >= amplitude), step, float(amplitude)


def _histogram(
    values: npt.NDArray[np.float64], bins: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Counts and edges of even bins from the least value to the greatest, as ``np.histogram`` has them."""
    low, high = float(values.min()), float(values.max())
    if low == high:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, bins + 1)
    at = np.minimum(((values - low) / (high - low) * bins).astype(np.intp), bins - 1)
    at -= values < edges[at]
    at += (values >= edges[at + 1]) & (at != bins - 1)
    return np.bincount(at, minlength=bins), edges


def _line(z: Complex, rate: float) -> tuple[float, float, float]:
    size = scipy.fft.next_fast_len(len(z))
    window = np.hanning(len(z)).astype(np.float32)
    power = scipy.fft.fftshift(_squared(scipy.fft.fft(z * window, size)))
    at = int(np.argmax(power))
    reach = max(2, round(3 * size / len(z)))
    share = float(power[max(0, at - reach) : at + reach + 1].sum() / max(power.sum(), 1e-30))
    span = min(at, size - 1 - at)
    below = float(power[at - span : max(0, at - reach)].sum()) if span > reach else 0.0
    above = float(power[at + reach + 1 : at + span + 1].sum()) if span > reach else 0.0
    asymmetry = abs(above - below) / max(above + below, 1e-30)
    return share, (at - size // 2) * rate / size, asymmetry


def _spectrum(values: npt.NDArray[np.complexfloating]) -> npt.NDArray[np.floating]:
    """Moduli of a transform of twice the length."""
    return np.asarray(np.abs(scipy.fft.fft(values, scipy.fft.next_fast_len(2 * len(values)))))


def _strength(bins: npt.NDArray[np.floating], on: npt.NDArray[np.bool_]) -> float:
    """Share of the amplitude of a power of unit vectors (while ``on``) that is in its strongest line."""
    return float(bins.max() / max(float(on.sum()), 1e-30))


def _between(amplitude: npt.NDArray[np.float64], on: npt.NDArray[np.bool_]) -> float:
    if on.all() or not on.any():
        return 1.0
    low, high = float(percentile(amplitude[~on], 10)), float(percentile(amplitude[on], 90))
    quarter = (high - low) / 4
    return float(np.mean((amplitude > low + quarter) & (amplitude < high - quarter)))


def _kurtosis(z: Complex, noise: float) -> float:
    """E|s|⁴/E|s|²² of the signal part: noise of share ``noise`` taken out."""
    power = _squared(z)
    m2, m4 = power.mean(), (power * power).mean()
    if m2 <= 0:
        return 0.0
    s = m2 * (1 - noise)
    n = m2 * noise
    return float(np.clip((m4 - 4 * s * n - 2 * n * n) / max(s * s, 1e-30), 0, 20))


def _depth(amplitude: npt.NDArray[np.float64], noise: float) -> float:
    mean = float(amplitude.mean())
    if mean <= 0:
        return 0.0
    variance = float(amplitude.var()) / mean**2 - noise / 2
    return float(np.sqrt(max(variance, 0.0)))


def _own_width(z: Complex, rate: float) -> float:
    """The band that holds 98 % of what stands over the quietest part of a channel: a narrow signal is shown
    too wide by a segment whose bins are a good part of it."""
    rows = z[: len(z) // OWN_BINS * OWN_BINS].reshape(-1, OWN_BINS)
    if not len(rows):
        return float("inf")
    window = np.hanning(OWN_BINS).astype(np.float32)
    power = (np.abs(np.fft.fftshift(np.fft.fft(rows * window, axis=1), axes=1)) ** 2).mean(axis=0)
    over = np.cumsum(power - power.min())
    low, high = np.interp([0.01 * over[-1], 0.99 * over[-1]], over, np.arange(OWN_BINS))
    return float(high - low) * rate / OWN_BINS


def _envelope_line(z: Complex, rate: float, width_hz: float) -> tuple[float, float]:
    power = np.abs(z).astype(np.float64) ** 2
    lines = np.abs(scipy.fft.rfft((power - power.mean()) * np.hanning(len(power))))
    step = rate / len(power)
    low, high = int(LINE_PLACE[0] * width_hz / step), int(min(LINE_PLACE[1] * width_hz, 0.48 * rate) / step)
    if high - low < 16:
        return 0.0, 0.0
    at = low + int(np.argmax(lines[low:high]))
    return at * step, float(lines[at] / max(median(lines[low:high]), 1e-30))


def _half_index(square: npt.NDArray[np.floating], rate: float, width_hz: float) -> float | None:
    """Distance of the two lines of the square if they stand out together: the symbol rate of MSK and GMSK."""
    size = len(square)
    bins = scipy.fft.fftshift(square)
    ordinary = median(bins)
    at = np.fft.fftshift(np.fft.fftfreq(size, 1 / rate))
    first = int(np.argmax(bins))
    guard = np.abs(at - at[first]) > 0.35 * width_hz
    if not guard.any():
        return None
    second = int(np.argmax(np.where(guard, bins, 0)))
    if bins[second] < 6 * ordinary or bins[second] < 0.4 * bins[first] or bins[first] < 7 * ordinary:
        return None
    others = guard & (np.abs(at - at[second]) > 0.35 * width_hz)
    if others.any() and float(bins[others].max()) > 0.7 * bins[second]:
        return None
    return float(abs(at[first] - at[second]))


def _phase_clock(z: Complex, on: npt.NDArray[np.bool_], smooth: int) -> Clock | None:
    """Clock of phase jumps: peaks of the change of phase over one resolution, carrier removed by its
    median."""
    lag = max(1, smooth)
    if len(z) <= 4 * lag:
        return None
    turn = z[lag:] * np.conj(z[:-lag])
    both = on[lag:] & on[:-lag] if on.mean() < 0.9 else np.ones(len(turn), bool)
    if both.sum() < LEAST_SAMPLES:
        return None
    mean = np.angle(np.sum((turn[both] / np.maximum(np.abs(turn[both]), 1e-30)) ** 2)) / 2
    swing = np.abs(np.angle(turn * np.exp(-1j * mean)))
    jump = (swing > np.pi / 2) & both
    rises = np.flatnonzero(np.diff(np.concatenate(([0], jump.astype(np.int8), [0]))))
    middles = (rises[::2] + rises[1::2]) / 2
    return clock(middles.astype(np.float64), 2.0)
