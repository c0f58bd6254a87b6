"""What an RF model is: a function of absolute time, so that any stretch can be rendered on its own.

A model tells when it transmits (``stretches``) and, for times inside one such stretch, its phase in turns
and its envelope relative to its centre frequency. The receiver does the rest: shift, level, filter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from sweeper.synth.dice import Complexes, Reals

Stretch = tuple[float, float]
Envelope = float | Reals | Complexes


class Wave(Protocol):
    """One emitter's signal around its own centre, of unit mean power while it is on the air."""

    reach_hz: float
    """Nothing worth rendering lies further from the centre than this."""

    def stretches(self, start_s: float, stop_s: float) -> Sequence[Stretch]:
        """When it transmits between two times, in order; a stretch may reach beyond them."""
        ...

    def at(self, t: Reals, band: tuple[float, float]) -> tuple[Reals | float, Envelope]:
        """Phase (turns) and envelope at evenly spaced times inside one stretch.

        ``band`` is the part of the spectrum, relative to the centre, that the receiver can hear.
        """
        ...


def always(start_s: float, stop_s: float) -> Sequence[Stretch]:
    """The stretches of a model that never stops."""
    return ((start_s, stop_s),)


def phasor(turns: Reals) -> Complexes:
    """exp(2 pi j turns), reduced to one turn first: exact at any time, and quicker."""
    angle = (turns - np.floor(turns)) * (2 * np.pi)
    out = np.empty(len(angle), dtype=np.complex128)
    np.cos(angle, out=out.real)
    np.sin(angle, out=out.imag)
    return out


def meets(stretches: Sequence[Stretch], start_s: float, stop_s: float) -> list[Stretch]:
    """The parts of ``stretches`` (empty: always) between two times."""
    if not stretches:
        return [(start_s, stop_s)]
    return [(max(a, start_s), min(b, stop_s)) for a, b in stretches if a < stop_s and b > start_s]
