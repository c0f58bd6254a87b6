"""One GSM burst from samples to soft bits: timing and channel from the training sequence, then an equaliser.

GMSK with BT 0.3 is near enough a linear modulation (3GPP TS 45.004; Laurent 1986): with the bits as signs b,

    s(t) = Σ jᵏ b[k] c(t - kT)        so that   y[k] = s(kT) j⁻ᵏ = Σ h[l] b[k - l] + noise

where h is the Gaussian pulse, the receiver's filter and the echoes of the air together. The training
sequence in the middle of every burst (TS 45.002 §5.2) is known, so h follows by least squares; the rest is a
search for the bits that explain y best, forward and backward over all of them, which also says how sure each
bit is (max-log-MAP over 2⁴ states: five symbols, 18 µs of echoes).

normal  3 | 57 data | 1 | 26 training | 1 | 57 data | 3          SCH  3 | 39 data | 64 training | 39 data | 3
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sweeper.dsp.channel import Spectrum
from sweeper.dsp.gsm import SYMBOL_RATE_HZ
from sweeper.dsp.spectrum import Complex

Soft = npt.NDArray[np.float64]
Signs = npt.NDArray[np.float64]

BURST = 148
OVER = 4
"""Points a symbol at which the timing is tried: within an eighth of a symbol."""

TAPS = 5
STATES = 1 << (TAPS - 1)
CHANNEL_HZ = 180e3
"""Flat width of the receiver's filter: 99 % of GMSK's power, and nothing of the neighbour 200 kHz away."""

MARGIN = 8
"""Symbols cut beside what is searched, for the filter's ends."""

SURE = 1e9


def _signs(text: str) -> Signs:
    return np.array([1.0 - 2.0 * int(c) for c in text])


TRAINING = tuple(
    _signs(text)
    for text in (
        "00100101110000100010010111",
        "00101101110111100010110111",
        "01000011101110100100001110",
        "01000111101101000100011110",
        "00011010111001000001101011",
        "01001110101100000100111010",
        "10100111110110001010011111",
        "11101111000100101110111100",
    )
)
"""The eight training sequences of normal bursts (TS 45.002 §5.2.3)."""

SCH_TRAINING = _signs("1011100101100010000001000000111100101101010001010111011000011011")
"""The extended training sequence of the synchronisation burst (TS 45.002 §5.2.5)."""

SCH_AT, NORMAL_AT = 42, 61
"""Symbols before the training sequence."""

_PATH = np.arange(2 * STATES)
_NEWEST = _PATH >> (TAPS - 1)
_PATH_SIGNS = np.array([1.0 - 2.0 * (_PATH >> (TAPS - 1 - k) & 1) for k in range(TAPS)])
"""The last ``TAPS`` symbols on each path, the newest first, as signs."""


class Demodulated(NamedTuple):
    """``start_s`` of the burst's first symbol, ``soft`` its 148 bits (positive for 0, in units of the noise),
    ``fit`` the share of the training sequence's power that the channel explains (noise alone: about a fifth
    or a tenth)."""

    start_s: float
    soft: Soft
    fit: float

    @property
    def payload(self) -> Soft:
        """The 114 bits of a normal burst (its two stealing flags left out)."""
        return np.concatenate((self.soft[3:60], self.soft[88:145]))

    @property
    def sync_payload(self) -> Soft:
        """The 78 bits of a synchronisation burst."""
        return np.concatenate((self.soft[3:42], self.soft[106:145]))


def demodulate(
    samples: Complex,
    rate_hz: float,
    carrier_hz: float,
    start_s: float,
    training: Signs,
    training_at: int,
    reach: float,
) -> Demodulated | None:
    """The burst that begins within ``reach`` symbols of ``start_s``; ``None`` where it leaves the samples.

    ``carrier_hz`` is the carrier's true offset from the samples' centre, within some 300 Hz.
    """
    span = reach + MARGIN
    first = int(np.floor((start_s - span / SYMBOL_RATE_HZ) * rate_hz))
    last = int(np.ceil((start_s + (BURST + span) / SYMBOL_RATE_HZ) * rate_hz)) + 1
    first_kept, last_kept = max(0, first), min(len(samples), last)
    if first_kept > (start_s + 2 / SYMBOL_RATE_HZ) * rate_hz:
        return None
    if last_kept < (start_s + (BURST - 3) / SYMBOL_RATE_HZ) * rate_hz:
        return None
    fine, early = _resampled(
        samples[first_kept:last_kept], rate_hz, carrier_hz, first_kept / rate_hz - start_s, reach
    )
    tried = round(2 * reach * OVER) + 1
    place, taps, noise, fit = _channel(fine, tried, training, training_at)
    received = fine[place : place + BURST * OVER : OVER]
    soft = equalised(received[np.newaxis], taps[np.newaxis])[0] / noise
    return Demodulated(start_s + (place / OVER - early) / SYMBOL_RATE_HZ, soft, fit)


def training_of(
    samples: Complex, rate_hz: float, carrier_hz: float, start_s: float, reach: float
) -> tuple[int, float]:
    """The training sequence that fits the normal burst near ``start_s`` best, and how well (``fit``)."""
    span = (reach + MARGIN) / SYMBOL_RATE_HZ
    first = max(0, int((start_s - span) * rate_hz))
    last = int((start_s + BURST / SYMBOL_RATE_HZ + span) * rate_hz) + 1
    fine, _ = _resampled(samples[first:last], rate_hz, carrier_hz, first / rate_hz - start_s, reach)
    tried = round(2 * reach * OVER) + 1
    fits = [_channel(fine, tried, known, NORMAL_AT)[3] for known in TRAINING]
    best = int(np.argmax(fits))
    return best, fits[best]


def _resampled(
    samples: Complex, rate_hz: float, carrier_hz: float, begins_s: float, reach: float
) -> tuple[npt.NDArray[np.complex128], float]:
    """``OVER`` points a symbol, turned back by a quarter turn a symbol, from ``reach`` symbols before the
    expected start on; and ``reach`` itself, rounded to points. ``begins_s`` is the first sample's time from
    the expected start."""
    channel = Spectrum(samples, rate_hz).cut(carrier_hz, CHANNEL_HZ, 2 * OVER * SYMBOL_RATE_HZ / CHANNEL_HZ)
    early = round(reach * OVER) / OVER
    count = round((BURST + TAPS) * OVER + 2 * early * OVER) + OVER
    symbols = np.arange(count) / OVER - early
    at = (symbols / SYMBOL_RATE_HZ - begins_s) * channel.rate_hz
    grid = np.arange(len(channel.samples))
    z = np.interp(at, grid, channel.samples.real, 0, 0) + 1j * np.interp(at, grid, channel.samples.imag, 0, 0)
    turn = (carrier_hz - channel.center_hz) * symbols / SYMBOL_RATE_HZ + symbols / 4
    return z * np.exp(-2j * np.pi * turn), early


def _channel(
    fine: npt.NDArray[np.complex128], tried: int, training: Signs, training_at: int
) -> tuple[int, npt.NDArray[np.complex128], float, float]:
    """Where the burst begins (in points), the channel's taps, the noise and how much the taps explain.

    The correlation with the training sequence shows the energy of ``TAPS`` symbols from each place on; around
    the best of these places least squares decides.
    """
    length = len(training)
    index = np.arange(length) * OVER + training_at * OVER
    most = tried + (TAPS - 1) * OVER
    rows = fine[np.arange(most)[:, None] + index[None, :]]
    energy = np.abs(rows @ training) ** 2
    sums = sum(energy[tap * OVER : tap * OVER + tried] for tap in range(TAPS))
    best = int(np.argmax(sums))
    known = np.array([training[TAPS - 1 - tap : length - tap] for tap in range(TAPS)]).T
    solve = np.linalg.pinv(known)
    places = np.arange(max(0, best - OVER // 2), min(tried, best + OVER // 2 + 1))
    heard = fine[places[:, None] + index[None, TAPS - 1 :]]
    taps = heard @ solve.T
    left = np.sum(np.abs(heard - taps @ known.T) ** 2, axis=1) / max(1, known.shape[0] - TAPS)
    whole = np.mean(np.abs(heard) ** 2, axis=1)
    fits = 1 - left / np.maximum(whole, 1e-30)
    at = int(np.argmax(fits))
    return int(places[at]), taps[at], float(max(left[at], 1e-12 * whole[at], 1e-30)), float(fits[at])


def equalised(received: npt.NDArray[np.complex128], taps: npt.NDArray[np.complex128]) -> Soft:
    """Soft bits of bursts ``received``, ``[bursts, symbols]``, through channels ``taps``, ``[bursts, TAPS]``.

    The first and last three symbols are tail bits, which are 0.
    """
    bursts, count = received.shape
    expected = taps @ _PATH_SIGNS
    cost = np.abs(received[:, :, None] - expected[:, None, :]) ** 2
    cost[:, :3, _NEWEST == 1] += SURE
    cost[:, -3:, _NEWEST == 1] += SURE
    forward = np.zeros((count + 1, bursts, STATES))
    for k in range(count):
        paths = np.concatenate((forward[k], forward[k]), axis=1) + cost[:, k]
        forward[k + 1] = paths.reshape(bursts, STATES, 2).min(axis=2)
    soft = np.empty((bursts, count))
    backward = np.zeros((bursts, STATES))
    for k in range(count - 1, -1, -1):
        paths = np.repeat(backward, 2, axis=1) + cost[:, k]
        total = (np.concatenate((forward[k], forward[k]), axis=1) + paths).reshape(bursts, 2, STATES)
        least = total.min(axis=2)
        soft[:, k] = least[:, 1] - least[:, 0]
        backward = paths.reshape(bursts, 2, STATES).min(axis=1)
    return soft
