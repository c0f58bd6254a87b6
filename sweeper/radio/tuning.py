"""Measured at the start of a sweep: how long the receiver takes to settle, and the gain it bears.

Pure functions on samples. The engine retunes between two ends of the plan and looks from which sample on the
power stays put; then it tries gains from the top down until (nearly) no test look hits the converter's rails.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from sweeper.records import Samples

BLOCK = 256
"""Samples of one power reading: noise alone makes it waver by 1/sqrt(256), 6 %."""

SIGMAS = 6.0
"""A reading so far off the settled level is not chance: below 1e-8 a reading for Gamma(256)."""

STILL = 16
"""Readings without change that end the settling where the band itself has bursts: 1.7 ms at 2.4 MS/s, less
than the 4 ms between a GSM transmitter's bursts."""

MARGIN = 1.25
"""The measured settle time is lengthened by a quarter: tries differ."""

LEAST = 2 * BLOCK
"""Thrown away in any case: what is shorter than a reading or two does not show in them."""

DIFFER = 2.0
"""Levels of two ends that differ by so much (3 dB) tell stale samples from fresh ones."""

OFFSETS = 8
OFFSET_SCATTER = 0.25
"""Looks that must be known, and how far half of them may stray, for a common offset to be believed."""

CLIPPED = 1e-3
"""Share of readings at the rails above which the converter counts as overloaded: noise with its rms at a
quarter of full scale, the most a sensible gain gives, is at the rails in 6e-5 of readings."""

TOLERATED = 0.05
"""Share of the test looks that may overload: one broadcast tower must not deafen the whole sweep. Those hops
are reported as overloaded."""

GAIN_STEP_DB = 5.0
"""The overload test goes down in steps of at least this: each is a second of work, not a finer choice."""


class Settling(msgspec.Struct, frozen=True):
    """One try: samples until the power stayed (0: from the start; ``None``: it still moved at the end), and
    the level it stayed at."""

    after: int | None
    level: float


def settling(samples: Samples) -> Settling:
    """How a receiver settled on a new frequency. ``samples`` has shape (n,), n at least 16 blocks."""
    count = len(samples) // BLOCK
    power = np.mean(np.abs(samples[: count * BLOCK].reshape(count, BLOCK)) ** 2, axis=1)
    tail = power[count // 2 :]
    level = float(np.median(tail))
    wavers = max(1.4826 * float(np.median(np.abs(tail - level))), level / np.sqrt(BLOCK))
    third, fourth = np.array_split(tail, 2)
    if abs(float(np.median(fourth)) - float(np.median(third))) > SIGMAS / 2 * wavers:
        return Settling(None, level)  # the medians differ: not a burst, but a change that came late
    off = np.flatnonzero(np.abs(power - level) > SIGMAS * wavers)
    early = off[off < count // 2]
    if len(early) == 0:
        return Settling(0, level)
    if len(off) > len(early):  # it bursts later too: what comes before the first still stretch is settling
        edges = np.concatenate([[-1], off, [count]])
        still = np.flatnonzero(np.diff(edges) > STILL)
        return Settling(int(edges[still[0]] + 1) * BLOCK if len(still) else None, level)
    last = int(early[-1])
    return Settling(None if last >= count // 2 - 1 else (last + 1) * BLOCK, level)


def settle_from(
    quiet: Sequence[Settling], loud: Sequence[Settling], fallback: int, longest: int, margin: int = 0
) -> int:
    """Samples to throw away after a retune, from tries at a quiet and a loud end.

    The median of an end's tries forgives a burst in one of them; the slower end counts. Where no change was
    seen, the ends must at least differ in level, so that stale samples would have shown; else ``fallback``
    holds. An end that did not come to rest gives ``longest``.
    """
    slowest = 0
    for end in (quiet, loud):
        known = sorted(longest if one.after is None else one.after for one in end)
        if known:
            slowest = max(slowest, known[(len(known) - 1) // 2])
    if slowest >= longest:
        return longest
    differ = quiet and loud and DIFFER * max(q.level for q in quiet) < min(one.level for one in loud)
    if not slowest and not differ:
        return fallback
    return max(round(slowest * MARGIN), LEAST) + margin


def lower_gain(gains_db: Sequence[float], present_db: float) -> float | None:
    """The next gain to try below ``present_db``: the highest one at least a step lower, else the lowest."""
    below = [gain for gain in sorted(gains_db) if gain < present_db]
    if not below:
        return None
    return max((gain for gain in below if gain <= present_db - GAIN_STEP_DB), default=below[0])


def level_of(samples: Samples) -> float:
    """Mean power of samples, full scale 1.0."""
    return float(np.mean(samples.real**2) + np.mean(samples.imag**2))


def spread(count: int, most: int) -> list[int]:
    """At most ``most`` indices spread evenly over ``range(count)``."""
    if count <= most:
        return list(range(count))
    return [round(i * (count - 1) / (most - 1)) for i in range(most)]


def dc_ratio(samples: Samples, offset: complex = 0.0) -> float:
    """How many times the constant part (less a known ``offset``) is what noise alone would leave there."""
    power = level_of(samples)
    left = abs(complex(np.mean(samples)) - offset)
    return left * left * len(samples) / power if power > 0 else 0.0


def usual_offset(means: Sequence[complex]) -> complex:
    """The constant that a receiver adds to all it hears: the median of the looks' means, or zero where too
    few are known or they do not agree. What stands at the centre of one hop alone does not move it."""
    if len(means) < OFFSETS:
        return 0j
    parts = np.array(means).view(np.float64).reshape(-1, 2)
    middle = np.median(parts, axis=0)
    scatter = float(np.median(np.abs(parts - middle)))
    return complex(*middle) if scatter < OFFSET_SCATTER * float(np.hypot(*middle)) else 0j
