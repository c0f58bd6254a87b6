"""Measured at the start of a sweep: how long the receiver takes to settle, and the gain it bears.

Pure functions on samples. The engine retunes between two ends of the plan and looks from which sample on the
power stays put; then it tries gains from the top down until (nearly) no test look hits the converter's rails.
"""

from __future__ import annotations

from collections.abc import Sequence

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

CLIPPED = 1e-3
"""Share of readings at the rails above which the converter counts as overloaded: noise with its rms at a
quarter of full scale, the most a sensible gain gives, is at the rails in 6e-5 of readings."""

TOLERATED = 0.05
"""Share of the test looks that may overload: one broadcast tower must not deafen the whole sweep. Those hops
are reported as overloaded."""

GAIN_STEP_DB = 5.0
"""The overload test goes down in steps of at least this: each is a second of work, not a finer choice."""


def settled_after(samples: Samples) -> int | None:
    """Samples after a retune until the power stays at its later level; 0 if it did so from the start,
    ``None`` if it still moves in the second half. ``samples`` has shape (n,), n at least 16 blocks."""
    count = len(samples) // BLOCK
    power = np.mean(np.abs(samples[: count * BLOCK].reshape(count, BLOCK)) ** 2, axis=1)
    tail = power[count // 2 :]
    level = float(np.median(tail))
    spread = max(1.4826 * float(np.median(np.abs(tail - level))), level / np.sqrt(BLOCK))
    third, fourth = np.array_split(tail, 2)
    if abs(float(np.median(fourth)) - float(np.median(third))) > SIGMAS / 2 * spread:
        return None  # the medians differ: not a burst, but a change that came late
    off = np.flatnonzero(np.abs(power - level) > SIGMAS * spread)
    early = off[off < count // 2]
    if len(early) == 0:
        return 0
    if len(off) > len(early):  # it bursts later too: what comes before the first still stretch is settling
        edges = np.concatenate([[-1], off, [count]])
        still = np.flatnonzero(np.diff(edges) > STILL)
        return int(edges[still[0]] + 1) * BLOCK if len(still) else None
    last = int(early[-1])
    return None if last >= count // 2 - 1 else (last + 1) * BLOCK


def settle_from(tries: Sequence[Sequence[int | None]], fallback: int, longest: int, margin: int = 0) -> int:
    """Samples to throw away after a retune, from several tries at each of several ends.

    The median of an end's tries forgives a burst in one of them; the slower end counts. Where no try saw any
    change (nothing differs between the ends) ``fallback`` holds; where an end did not come to rest,
    ``longest``.
    """
    slowest = 0
    for end in tries:
        known = sorted(longest if t is None else t for t in end)
        if known:
            slowest = max(slowest, known[(len(known) - 1) // 2])
    if slowest >= longest:
        return longest
    return round(slowest * MARGIN) + margin if slowest else fallback


def lower_gain(gains_db: Sequence[float], present_db: float) -> float | None:
    """The next gain to try below ``present_db``: the highest one at least a step lower, else the lowest."""
    below = [gain for gain in sorted(gains_db) if gain < present_db]
    if not below:
        return None
    return max((gain for gain in below if gain <= present_db - GAIN_STEP_DB), default=below[0])


def enough(clipped: Sequence[float], of: int) -> bool:
    """Whether so few of the test looks overload that this gain will do."""
    return sum(share > CLIPPED for share in clipped) <= TOLERATED * of


def spread(count: int, most: int) -> list[int]:
    """At most ``most`` indices spread evenly over ``range(count)``."""
    if count <= most:
        return list(range(count))
    return [round(i * (count - 1) / (most - 1)) for i in range(most)]


def dc_of(samples: Samples) -> tuple[float, float]:
    """Size of the constant part, and how many times it is what noise alone would leave: ``(size, ratio)``."""
    mean = complex(np.mean(samples))
    power = float(np.mean(samples.real**2) + np.mean(samples.imag**2))
    size = abs(mean)
    return size, size * size * len(samples) / power if power > 0 else 0.0
