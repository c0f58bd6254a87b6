"""How much an emission sends: time on the air, bursts, energy and bandwidth of a short piece of samples.

A digital or voice-activated microphone gives no audio to compare. But it sends more while there is something
to hear: more bursts, longer ones, wider or stronger ones. These four are measured piece by piece; whether
they follow a sound that was played is decided by ``sound_test.traffic_test``.
"""

from __future__ import annotations

import msgspec
import numpy as np

from sweeper.dsp import extents, spectrum
from sweeper.dsp.islands import runs
from sweeper.dsp.sound_test import TrafficAnswer, traffic_test
from sweeper.dsp.statistics import independent, threshold

FRAME_S = 0.5e-3
"""Length of a frame: shorter than a GSM burst, long enough to resolve a 12.5 kHz channel."""

FALSE_ON = 1e-4
"""Share of quiet frames taken for a transmission."""

AROUND = 3.0
"""Widths about the channel in which its bandwidth is measured; noise is read beyond."""

WAYS = ("bursts", "on_s", "energy", "width")
"""What is compared, each with its own p-value."""


class Activity(msgspec.Struct, frozen=True):
    """What was sent in one piece: bursts begun, seconds on the air, energy (FS² s) and bandwidth times the
    seconds on the air (Hz s)."""

    bursts: int
    on_s: float
    energy: float
    width: float


class Verdict(msgspec.Struct, frozen=True):
    """The clearest answer, which of ``WAYS`` gave it, and the p-value that counts all ways."""

    by: str
    ratio: float
    lag_s: float
    p: float
    periods: int


def activity(samples: spectrum.Complex, rate_hz: float, offset_hz: float, width_hz: float) -> Activity:
    """What stood in ``width_hz`` about ``offset_hz``; at least four frames long."""
    size = max(32, 1 << round(np.log2(rate_hz * FRAME_S)))
    cells = spectrum.power_frames(samples, size, rate_hz)
    hz = spectrum.frequencies(size, rate_hz)
    step = rate_hz / size
    away = np.abs(hz - offset_hz)
    inside = away <= max(width_hz / 2, 0.5 * step)
    beyond = (away > AROUND * width_hz / 2 + step) & (np.abs(hz) < 0.4 * rate_hz) & (np.abs(hz) > 2 * step)
    noise = float(np.median(cells[:, beyond].mean(axis=0))) if beyond.any() else 0.0
    count = int(np.count_nonzero(inside))
    density = cells[:, inside].mean(axis=1)
    on = density > noise * threshold(independent(1, count, size), FALSE_ON)
    hop_s = size / 2 / rate_hz
    if not on.any():
        return Activity(0, 0.0, 0.0, 0.0)
    on_s = float(np.count_nonzero(on)) * hop_s
    energy = float((density[on] - noise).sum()) * count * step * hop_s
    near = away <= AROUND * width_hz / 2 + step
    low, high = extents.occupied(np.maximum(cells[on][:, near].mean(axis=0) - noise, 0))
    return Activity(len(runs(on)), on_s, energy, (high - low) * step * on_s)


def compared(
    played: tuple[bool, ...], period_s: float, times_s: list[float], pieces: list[Activity]
) -> Verdict:
    """Which way the emission followed the sound most clearly. Raises ``ValueError`` as ``traffic_test``."""
    answers: list[tuple[TrafficAnswer, str]] = []
    for way in WAYS:
        values = [float(getattr(one, way)) for one in pieces]
        answers.append((traffic_test(played, period_s, times_s, values), way))
    best, way = min(answers, key=lambda one: (one[0].p, WAYS.index(one[1])))
    return Verdict(way, best.ratio, best.lag_s, min(1.0, len(WAYS) * best.p), best.periods)
