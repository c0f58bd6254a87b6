"""Stretches in which a receiver gave one and the same value: it was on, and deaf.

A driver that stalls, a server without its receiver and a recorder with its squelch shut repeat one value.
Noise does not: at the lowest gain of an 8-bit receiver (0.3 of a step, rms) a pair repeats with 0.8, a
thousand in a row with 1e-97. What is told by this was not listened to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sweeper.records import Samples

LEAST_S = 0.02
"""Shorter ones may be the pauses of a keying that was recorded without noise: 15 ms at most for remotes."""

LEAST = 1024
"""Samples; so many are needed at low rates, and so many make a short look deaf."""


def stretches(samples: Samples, rate_hz: float, least_s: float = LEAST_S) -> list[tuple[int, int]]:
    """(start, stop) of each stretch of one value in order: ``least_s`` long, or all of ``samples``."""
    least = min(len(samples), max(LEAST, round(least_s * rate_hz)))
    if least < LEAST:
        return []
    half = least // 2
    probes = samples[::half]  # a stretch holds two of them, one after the other, and what lies between
    alike = np.flatnonzero(probes[1:] == probes[:-1])
    if not any((samples[k * half : (k + 1) * half] == probes[k]).all() for k in alike.tolist()):
        return []
    edges = np.flatnonzero(samples[1:] != samples[:-1]) + 1
    starts = np.concatenate(([0], edges))
    stops = np.concatenate((edges, [len(samples)]))
    long = stops - starts >= least
    return list(zip(starts[long].tolist(), stops[long].tolist(), strict=True))


def others(deaf: list[tuple[int, int]], count: int) -> list[tuple[int, int]]:
    """(start, stop) of what lies between the ``deaf`` stretches of ``count`` samples."""
    edges = [0, *(edge for stretch in deaf for edge in stretch), count]
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b > a]
