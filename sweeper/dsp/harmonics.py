"""Harmonics: a transmitter near by is also heard, weakly, at 2f, 3f and, if it multiplies, at f/2 and f/3.

A distant station's harmonics are far below the floor; a bug on the table shows them, because its filters are
small and it is near. An emission at just twice the frequency may also stand there by chance, so each match
carries the chance of that, from how crowded the band around it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction

import msgspec

from sweeper.records import Emission

MULTIPLES = (Fraction(2), Fraction(3), Fraction(1, 2), Fraction(1, 3))

TOLERANCE = 2e-6
"""One receiver measures both: its crystal cancels, what is left is its drift between the two hops."""

LEAST_TOLERANCE_HZ = 1_500.0
"""Centres of narrow emissions are known to about a bin."""

AROUND_HZ = 10e6
"""Span about the harmonic in which emissions are counted to tell chance."""


class Harmonic(msgspec.Struct, frozen=True):
    """One match: how many times the frequency, which emission, how far below the fundamental, and the chance
    that some emission stands there for another reason."""

    multiple: float
    emission: str
    center_hz: float
    below_db: float
    p: float


def places(center_hz: float, width_hz: float) -> list[tuple[float, float, float]]:
    """Where to listen: (multiple, start, stop) in hertz, a little wider than the harmonic would be."""
    made = []
    for multiple in MULTIPLES:
        half = max(float(multiple) * width_hz, 4 * LEAST_TOLERANCE_HZ)
        made.append((float(multiple), float(multiple) * center_hz - half, float(multiple) * center_hz + half))
    return made


def harmonics(fundamental: Emission, others: Iterable[Emission]) -> list[Harmonic]:
    """Emissions at a multiple of a fundamental, in order of the multiple. Weaker ones only for 2f and 3f:
    what is stronger there is no harmonic of this."""
    rest = sorted(
        (one for one in others if one.id != fundamental.id), key=lambda one: (one.center_hz, one.id)
    )
    found = []
    for multiple in MULTIPLES:
        want_hz = float(multiple) * fundamental.center_hz
        reach = _reach(fundamental, multiple, want_hz)
        for one in rest:
            below_db = fundamental.power_dbfs - one.power_dbfs
            if abs(one.center_hz - want_hz) > reach or (multiple > 1 and below_db <= 0):
                continue
            found.append(
                Harmonic(
                    float(multiple), one.id, one.center_hz, round(below_db, 2), _chance(rest, want_hz, reach)
                )
            )
    return found


def _reach(fundamental: Emission, multiple: Fraction, want_hz: float) -> float:
    """How far off a harmonic may stand: a fifth of its width if modulated, else bins and drift."""
    spread = 0.2 * float(multiple) * fundamental.width_hz
    return max(LEAST_TOLERANCE_HZ * max(1.0, float(multiple)), TOLERANCE * want_hz, spread)


def _chance(others: Sequence[Emission], want_hz: float, reach: float) -> float:
    """Chance that at least one of the emissions around falls within reach, were they strewn at random."""
    around = sum(abs(one.center_hz - want_hz) <= AROUND_HZ / 2 for one in others)
    return -math.expm1(-around * 2 * reach / AROUND_HZ)
