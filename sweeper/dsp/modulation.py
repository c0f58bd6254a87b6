"""What a cut-out signal is: measured features, then a name, each by physics and not by sample rate.

``measure`` looks at one channel (mixed to zero, a few times oversampled, ``Channel``) and returns
features; ``name`` decides from them. The order of the questions:

1. Is most of the power in one line?                                carrier, or AM if symmetric sidebands
stand beside it
2. Does the envelope switch between two levels on a symbol grid?    ook
3. Is the envelope constant, and does the frequency switch on a grid? fsk (h = 1/2: two lines in the square)
4. Does the square (or fourth power) have a line that the signal has not? psk
5. Is the envelope constant and the frequency continuous?           nfm, wfm
6. Is the envelope Rayleigh's?                                      noise-like (ofdm where a cyclic prefix
is found)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.fft
from scipy.ndimage import uniform_filter1d

from sweeper.dsp.channel import Channel
from sweeper.dsp.spectrum import Complex
from sweeper.dsp.symbols import Clock, changes, clock

LEAST_SAMPLES = 48
"""Fewer samples of a channel say nothing about its modulation."""

MOST_SAMPLES = 1 << 16
"""More are not looked at: the strongest stretch of this length stands for the rest."""


LEAST_STEP_DB = 4.0
"""Two envelope levels closer than this are not told apart (50 % ASK has 6 dB)."""

FIT = 0.72
"""What a clock must reach where the two levels of frequency are not apart (GMSK), as analogue FM's are
not."""

PILOT_HZ = 19e3
PILOT = 12.0
"""The stereo pilot (ITU-R BS.450) against the median of the lines around it."""

MINIMUM_SHIFT_HZ = (13e6 / 48, 1.152e6, 1e6, 2e6, 9600.0)
"""GSM, DECT, Bluetooth LE at 1 and 2 Mbit/s, AIS."""

CLEAR = 0.9
"""A clock that fits this well decides by itself."""


@dataclass(frozen=True)
class Measured:
    """Features of one channel. Rates and widths in Hz; shares 0..1; ``None`` where not measurable."""

    line_share: float
    """Power in the strongest spectral line."""
    line_hz: float
    """Where that line is, from the channel's centre."""
    envelope_kurtosis: float
    """E|z|⁴ / E|z|²² without noise: 1 constant envelope, 2 Gaussian."""
    depth: float
    """Standard deviation over mean of the envelope while on, without noise."""
    on_share: float
    """Share of the stretch at the upper of two envelope levels; 1.0 where there is one level."""
    step_db: float
    """Ratio of the two envelope levels."""
    keying: Clock | None
    """Symbol clock of the envelope, period in seconds."""
    deviation_hz: float
    """Half the distance of the two frequency levels; for one level the rms deviation."""
    two_tone: float
    """How empty the middle between the two frequency levels is: 1 empty, 0 not."""
    shifting: Clock | None
    """Symbol clock of the frequency, period in seconds."""
    square_line: float
    """Modulus of the strongest line of (z/|z|)²."""
    fourth_line: float
    """Modulus of the strongest line of (z/|z|)⁴."""
    half_index_rate_hz: float | None
    """Symbol rate from the two lines of the square, which only h = 1/2 (MSK, GMSK) has."""
    phase_clock: Clock | None
    """Symbol clock of phase jumps, period in seconds."""
    swing_hz: float
    """Half the range that holds 98 % of the instantaneous frequency: the peak deviation of an FM signal."""
    pilot: float
    """How far a line at 19 kHz stands out of the demodulated frequency: the pilot tone of FM stereo."""
    asymmetry: float
    """Unequal power above and below the line: 0 for AM."""
    snr_db: float


def measure(channel: Channel, width_hz: float, snr_db: float) -> Measured | None:
    """Features of ``channel``; ``width_hz`` and ``snr_db`` are what detection said. ``None`` if too short."""
    rate = channel.rate_hz
    noise = 1 / (1 + 10 ** (snr_db / 10))
    smooth = max(1, round(0.35 * rate / max(width_hz, rate / max(1, len(channel.samples)))))
    z = _strongest(_trimmed(channel.samples, smooth))
    if len(z) < LEAST_SAMPLES:
        return None
    power = uniform_filter1d(np.abs(z).astype(np.float64) ** 2, max(1, smooth // 2), mode="nearest")
    on, step_db, level = _levels(power)
    on_share = float(on.mean())
    keying = None
    if step_db > 0 and on_share < 0.97:
        amplitude = np.sqrt(power)
        keying = _in_seconds(clock(changes(amplitude, level, 0.15 * level), 2.0), rate)
    live = z[on] if on.sum() >= LEAST_SAMPLES else z
    line_share, line_hz, asymmetry = _line(z, rate)
    unit = np.where(np.abs(z) > 0, z / np.maximum(np.abs(z), 1e-30), 0).astype(np.complex64)
    unit = unit * on
    square, _ = _strength(unit**2, rate)
    fourth, _ = _strength(unit**4, rate)
    frequency, mask = _frequency(z, on, rate, smooth)
    deviation, two_tone, middle = _tones(frequency[mask], rate)
    shifting = None
    if deviation > 0 and mask.sum() > LEAST_SAMPLES:
        filled = np.where(mask, frequency, middle)
        shifting = _in_seconds(clock(changes(filled, middle, 0.3 * deviation), 2.0), rate)
    return Measured(
        line_share=line_share,
        line_hz=line_hz,
        envelope_kurtosis=_kurtosis(live, noise),
        depth=_depth(np.sqrt(power[on]) if on.any() else np.sqrt(power), noise / max(1, smooth // 2)),
        on_share=on_share,
        step_db=step_db,
        keying=keying,
        deviation_hz=deviation,
        two_tone=two_tone,
        shifting=shifting,
        square_line=square,
        fourth_line=fourth,
        half_index_rate_hz=_half_index(unit, rate, width_hz),
        phase_clock=_in_seconds(_phase_clock(z, on, line_hz, rate, smooth), rate),
        swing_hz=float(np.diff(np.percentile(frequency[mask], [1, 99]))[0] / 2) if mask.any() else 0.0,
        pilot=_pilot(frequency, rate) if width_hz > 30e3 else 0.0,
        asymmetry=asymmetry,
        snr_db=snr_db,
    )


def _in_seconds(found: Clock | None, rate: float) -> Clock | None:
    return None if found is None else Clock(found.period / rate, found.fit, found.changes)


def _trimmed(samples: Complex, smooth: int) -> Complex:
    """Without the silence before and after: what lies 10 dB under the level that is exceeded a third of
    the time."""
    power = uniform_filter1d(np.abs(samples) ** 2, max(1, smooth), mode="nearest")
    on = np.flatnonzero(power > 0.1 * np.percentile(power, 67))
    return samples[on[0] : on[-1] + 1] if len(on) else samples


def _strongest(samples: Complex) -> Complex:
    if len(samples) <= MOST_SAMPLES:
        return samples
    steps = np.abs(samples[: len(samples) // 1024 * 1024].reshape(-1, 1024)) ** 2
    sums = np.convolve(steps.mean(axis=1), np.ones(MOST_SAMPLES // 1024), "valid")
    start = int(np.argmax(sums)) * 1024
    return samples[start : start + MOST_SAMPLES]


def _levels(power: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.bool_], float, float]:
    """Splits a power envelope in two levels (Otsu on a logarithmic scale): on mask, step in dB, amplitude
    between."""
    decibel = 10 * np.log10(np.maximum(power, power.max() * 1e-7 + 1e-30))
    counts, edges = np.histogram(decibel, 64)
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
    top, bottom = float(np.median(decibel[high])), float(np.median(decibel[low]))
    step = top - bottom
    valley = np.mean(np.abs(decibel - (top + bottom) / 2) < step / 8)
    if step < LEAST_STEP_DB or valley > 0.12:
        return np.ones(len(power), bool), 0.0, 0.0
    amplitude = (10 ** (top / 20) + 10 ** (bottom / 20)) / 2
    return np.asarray(np.sqrt(power) >= amplitude), step, float(amplitude)


def _line(z: Complex, rate: float) -> tuple[float, float, float]:
    size = scipy.fft.next_fast_len(len(z))
    window = np.hanning(len(z)).astype(np.float32)
    power = np.abs(scipy.fft.fftshift(scipy.fft.fft(z * window, size))).astype(np.float64) ** 2
    at = int(np.argmax(power))
    reach = max(2, round(3 * size / len(z)))
    share = float(power[max(0, at - reach) : at + reach + 1].sum() / max(power.sum(), 1e-30))
    span = min(at, size - 1 - at)
    below = float(power[at - span : max(0, at - reach)].sum()) if span > reach else 0.0
    above = float(power[at + reach + 1 : at + span + 1].sum()) if span > reach else 0.0
    asymmetry = abs(above - below) / max(above + below, 1e-30)
    return share, (at - size // 2) * rate / size, asymmetry


def _strength(values: npt.NDArray[np.complexfloating], rate: float) -> tuple[float, float]:
    """Modulus (share of the amplitude) and place of the strongest line."""
    size = scipy.fft.next_fast_len(2 * len(values))
    bins = np.abs(scipy.fft.fft(values, size))
    at = int(np.argmax(bins))
    weight = float(np.abs(values).sum())
    return float(bins[at] / max(weight, 1e-30)), float(scipy.fft.fftfreq(size, 1 / rate)[at])


def _frequency(
    z: Complex, on: npt.NDArray[np.bool_], rate: float, smooth: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Instantaneous frequency and where it can be trusted."""
    turn = (z[1:] * np.conj(z[:-1])).astype(np.complex128)
    length = max(1, smooth)
    turn = uniform_filter1d(turn.real, length) + 1j * uniform_filter1d(turn.imag, length)
    return np.angle(turn) * rate / (2 * np.pi), on[1:] & on[:-1]


def _tones(frequency: npt.NDArray[np.float64], rate: float) -> tuple[float, float, float]:
    """Half the distance of the two outer levels, how empty the middle between them is, and the middle
    itself."""
    if len(frequency) < LEAST_SAMPLES:
        return 0.0, 0.0, 0.0
    low, high = np.percentile(frequency, [4, 96])
    middle = (low + high) / 2
    upper, lower = frequency[frequency > middle], frequency[frequency <= middle]
    if not len(upper) or not len(lower) or high - low < 1e-6 * rate:
        return float(np.std(frequency)), 0.0, float(middle)
    a, b = float(np.median(lower)), float(np.median(upper))
    middle = (a + b) / 2
    half = (b - a) / 2
    share = float(np.mean(np.abs(frequency - middle) < half / 3))
    return half, float(np.clip(1 - share / (1 / 3), 0, 1)), middle


def _pilot(frequency: npt.NDArray[np.float64], rate: float) -> float:
    size = len(frequency)
    if rate < 2.5 * PILOT_HZ or size < 0.02 * rate:
        return 0.0
    lines = np.abs(scipy.fft.rfft((frequency - frequency.mean()) * np.hanning(size)))
    at = round(PILOT_HZ / rate * size)
    around = lines[round(17e3 / rate * size) : round(21e3 / rate * size)]
    ordinary = float(np.median(around)) if len(around) else 0.0
    return float(lines[at - 2 : at + 3].max()) / max(ordinary, 1e-30)


def _kurtosis(z: Complex, noise: float) -> float:
    """E|s|⁴/E|s|²² of the signal part: noise of share ``noise`` taken out."""
    power = np.abs(z).astype(np.float64) ** 2
    m2, m4 = power.mean(), (power**2).mean()
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


def _half_index(unit: npt.NDArray[np.complexfloating], rate: float, width_hz: float) -> float | None:
    """Distance of the two lines of the square if they stand out together: the symbol rate of MSK and GMSK."""
    size = scipy.fft.next_fast_len(2 * len(unit))
    bins = np.abs(scipy.fft.fftshift(scipy.fft.fft(unit**2, size)))
    ordinary = float(np.median(bins))
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


def _phase_clock(
    z: Complex, on: npt.NDArray[np.bool_], line_hz: float, rate: float, smooth: int
) -> Clock | None:
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


def name(m: Measured, width_hz: float) -> tuple[str, dict[str, float]]:
    """The kind and the figures that decided. Kinds: carrier am nfm wfm ook fsk psk noise-like unknown."""
    figures: dict[str, float] = {"envelope_kurtosis": round(m.envelope_kurtosis, 3)}
    jumps, keying, shifting = m.phase_clock, m.keying, m.shifting
    if m.square_line > 0.55 and m.line_share < 0.5 and jumps is not None and jumps.fit > CLEAR:
        return "psk", figures | _rate(jumps) | {"square_line": round(m.square_line, 3)}
    if keying is not None and keying.holds and _one_tone(m):
        return "ook", figures | _rate(keying) | {
            "on_share": round(m.on_share, 3),
            "step_db": round(m.step_db, 1),
        }
    if m.line_share > 0.85 and m.depth < 0.15:
        return "carrier", figures | {"line_share": round(m.line_share, 3)}
    constant = m.envelope_kurtosis < 1.35
    if constant and m.pilot > PILOT:
        return "wfm", figures | {"deviation_hz": round(m.swing_hz, 1), "stereo_pilot": True}
    clear = shifting is not None and (shifting.holds if m.two_tone > 0.6 else shifting.fit > FIT)
    if constant and shifting is not None and clear and m.two_tone > 0.35:
        figures |= _rate(shifting) | {"deviation_hz": round(m.deviation_hz, 1)}
        return "fsk", figures | {"index": round(2 * m.deviation_hz * shifting.period, 2)}
    half = m.half_index_rate_hz
    if half is not None and constant and _minimum_shift(half, shifting) and m.line_share < 0.5:
        return "fsk", figures | {
            "symbol_rate_hz": round(half, 1),
            "deviation_hz": round(half / 4, 1),
            "index": 0.5,
        }
    if m.square_line > 0.55 and m.line_share < 0.5 and jumps is not None and jumps.holds:
        return "psk", figures | _rate(jumps) | {"square_line": round(m.square_line, 3)}
    if m.line_share > 0.3 and m.asymmetry < 0.35 and m.depth > 0.12 and m.step_db < 6 and m.snr_db > 9:
        return "am", figures | {"depth": round(m.depth, 3)}
    if m.line_share > 0.7:
        return "carrier", figures | {"line_share": round(m.line_share, 3)}
    if constant and m.snr_db > 6:
        return ("wfm" if width_hz > 40e3 else "nfm"), figures | {"deviation_hz": round(m.swing_hz, 1)}
    if m.fourth_line > 0.4 and m.line_share < 0.3:
        return "psk", figures | {"fourth_line": round(m.fourth_line, 3)}
    if 1.7 < m.envelope_kurtosis < 2.4:
        return "noise-like", figures
    return "unknown", figures


def _minimum_shift(rate_hz: float, shifting: Clock | None) -> bool:
    """Whether two lines of the square are a symbol clock: a known system's, or the one the changes show.

    Voice on FM has two such lines as well, at its usual extremes.
    """
    if any(abs(rate_hz / known - 1) < 0.005 for known in MINIMUM_SHIFT_HZ):
        return True
    return shifting is not None and shifting.fit > 0.5 and abs(rate_hz * shifting.period - 1) < 0.03


def _one_tone(m: Measured) -> bool:
    """While on, the signal stays at one frequency."""
    return m.line_share > 0.15 or m.square_line > 0.6 or m.two_tone < 0.35


def _rate(found: Clock) -> dict[str, float]:
    return {"symbol_rate_hz": round(1 / found.period, 1), "clock_fit": round(found.fit, 3)}
