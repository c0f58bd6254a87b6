"""What is no signal of its own: a known steady signal with a burst upon it, or what a burst raised of two.

A strong burst on a modulated carrier makes one piece of both in that segment. It fills the segment as the
carrier does, or reaches from one carrier to the next:

    carrier A ══════╤═══════     A and B are known by name; what spans A to B for 2 ms is the burst's keying
                    │ burst      that lifts both. A name for it would be that of a mixture, and costs as much
    carrier B ══════╧═══════     as one that means something.

One in ``MEASURED`` is measured all the same, in case a sender came that does stand there.
"""

from __future__ import annotations

from collections import Counter

from sweeper.detectors.rf_heard import Heard

KNOWN = 2
"""How often a steady signal must have been named."""

ALIKE = 4.0
"""Times by which what fills the segment may be stronger than the steady signal and still be that one."""

MEASURED = 4

PLACE_HZ = 2e3
"""Steady signals as near as that are one."""

MOST_PLACES = 64
"""Steady signals of one centre that are remembered."""


class Mixtures:
    """Where the steady signals of one source are that have a name."""

    def __init__(self) -> None:
        self._steady: dict[float, dict[int, tuple[int, Heard]]] = {}
        self._left_out: Counter[tuple[float, bool]] = Counter()

    def named(self, one: Heard, center_hz: float) -> None:
        """Remembers a signal that was just named, if it is a steady one."""
        if not one.steady or one.kind in ("", "unknown"):
            return
        places = self._steady.setdefault(center_hz, {})
        place = round(one.center_hz / PLACE_HZ)
        if place in places or len(places) < MOST_PLACES:
            places[place] = (places[place][0] + 1 if place in places else 1, one)

    def hold(self, one: Heard, center_hz: float) -> bool:
        """Whether ``one`` is such a mixture and not the one of some that is measured."""
        known = [other for count, other in self._steady.get(center_hz, {}).values() if count >= KNOWN]
        if one.steady or not known:
            return False
        fills = one.opens and one.ends
        if not (any(_upon(one, other) for other in known) if fills else _between(one, known)):
            return False
        self._left_out[center_hz, fills] += 1
        return self._left_out[center_hz, fills] % MEASURED != 0


def _upon(one: Heard, other: Heard) -> bool:
    """Whether the steady signal lies within ``one`` and makes a good part of it."""
    margin = other.width_hz
    inside = one.low_hz - margin < other.low_hz and other.high_hz < one.high_hz + margin
    return inside and one.power < ALIKE * other.power


def _between(one: Heard, known: list[Heard]) -> bool:
    """Whether ``one`` begins on one steady signal and ends on another."""
    low = [other for other in known if abs(one.low_hz - other.center_hz) < other.width_hz]
    high = [other for other in known if abs(one.high_hz - other.center_hz) < other.width_hz]
    return any(a is not b for a in low for b in high)
