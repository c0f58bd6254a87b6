"""One emission looked into: spectrum, envelope, instantaneous frequency, constellation, burst timing.

For a person who wants to see what a signal is made of. The samples are moved to zero and filtered to a little
more than the emission's width first; nothing is decoded.
"""

from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt
from scipy.signal import welch

from sweeper.dsp.channel import Spectrum
from sweeper.records import Samples

Floats = npt.NDArray[np.float32]

WIDER = 1.6
"""The channel is cut this much wider than the emission was measured: its skirts are part of the picture."""

LEAST_HZ = 4_000.0
POINTS = 4_000
"""Points of a curve: more than a screen has columns."""

CLOUD = 3_000
OPEN_DB = 6.0
"""A burst is where the envelope stands this far over the quietest part, and half way up to the loudest."""

MERGE_S = 0.0004
"""Gaps shorter than this belong to the keying of one burst, not between bursts."""


class Timing(msgspec.Struct, frozen=True):
    """One burst within the piece, seconds from its beginning."""

    start_s: float
    duration_s: float


class Detail(msgspec.Struct, frozen=True, eq=False):
    """Everything to draw. ``offset_hz`` is relative to the emission's centre; envelope in dBFS; instantaneous
    frequency in hertz, NaN where nothing is on the air; the constellation at its mean level of 1."""

    rate_hz: float
    seconds: float
    offset_hz: Floats
    density_db: Floats
    time_s: Floats
    envelope_db: Floats
    frequency_hz: Floats
    cloud: Samples
    bursts: tuple[Timing, ...]


def look_into(samples: Samples, rate_hz: float, offset_hz: float, width_hz: float) -> Detail:
    """What lies about ``offset_hz`` from the centre of ``samples``. Raises ``ValueError`` for too few."""
    if len(samples) < 64:
        raise ValueError("too few samples to look into")
    wide = max(width_hz * WIDER, LEAST_HZ)
    cut = Spectrum(samples, rate_hz).cut(offset_hz, min(wide, 0.8 * rate_hz), oversampling=1.6)
    made, rate = cut.samples, cut.rate_hz
    frequencies, power = welch(
        made, rate, nperseg=min(len(made), 1024), return_onesided=False, detrend=False, window="hann"
    )
    order = np.argsort(frequencies)
    level = np.abs(made)
    smooth = _smoothed(level**2, max(1, round(rate * MERGE_S / 4)))
    envelope = 10 * np.log10(np.maximum(smooth, 1e-16))
    on = _on(envelope)
    turned = np.angle(made[1:] * np.conj(made[:-1])) * rate / (2 * np.pi)
    hertz = np.where(on[1:], turned, np.nan)
    step = max(1, len(made) // POINTS)
    loud = made[on]
    cloud = loud[:: max(1, len(loud) // CLOUD)][:CLOUD]
    mean = float(np.sqrt(np.mean(np.abs(cloud) ** 2))) if cloud.size else 1.0
    return Detail(
        rate_hz=rate,
        seconds=len(made) / rate,
        offset_hz=frequencies[order].astype(np.float32),
        density_db=(10 * np.log10(np.maximum(power[order], 1e-20))).astype(np.float32),
        time_s=(np.arange(0, len(made), step) / rate).astype(np.float32),
        envelope_db=envelope[::step].astype(np.float32),
        frequency_hz=np.concatenate([hertz[:1], hertz])[::step].astype(np.float32),
        cloud=(cloud / max(mean, 1e-12)).astype(np.complex64),
        bursts=_bursts(on, rate),
    )


def _smoothed(power: npt.NDArray[np.floating], size: int) -> npt.NDArray[np.float64]:
    if size < 2:
        return power.astype(np.float64)
    total = np.concatenate([[0.0], np.cumsum(power, dtype=np.float64)])
    made = np.empty(len(power))
    half = size // 2
    low = np.clip(np.arange(len(power)) - half, 0, len(power))
    high = np.clip(low + size, 0, len(power))
    made[:] = (total[high] - total[low]) / np.maximum(high - low, 1)
    return made


def _on(envelope_db: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Where something is on the air; everywhere, if the envelope hardly moves."""
    quiet, loud = np.percentile(envelope_db, (5, 95))
    if loud - quiet < OPEN_DB:
        return np.ones(len(envelope_db), bool)
    on: npt.NDArray[np.bool_] = envelope_db > max(quiet + OPEN_DB, (quiet + loud) / 2)
    return on


def _bursts(on: npt.NDArray[np.bool_], rate_hz: float) -> tuple[Timing, ...]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], on, [False]]).astype(np.int8)))
    merged: list[list[int]] = []
    for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if merged and start - merged[-1][1] < MERGE_S * rate_hz:
            merged[-1][1] = stop
        else:
            merged.append([start, stop])
    return tuple(Timing(start / rate_hz, (stop - start) / rate_hz) for start, stop in merged)
