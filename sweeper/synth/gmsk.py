"""Gaussian minimum shift keying: bits to phase, for GSM (BT 0.3) and DECT (BT 0.5).

Each symbol adds a quarter turn (modulation index 1/2), its frequency pulse being a rectangle of one symbol
through a Gaussian filter of bandwidth B with BT as given (3GPP 45.004, 2.5; ETSI EN 300 175-2).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import erf

from sweeper.synth.dice import Reals

OVER = 16
"""Points a symbol: straight lines between them stay within 0.001 rad of the true phase."""
SPAN = 5
"""Symbols that one pulse covers; outside, a BT 0.3 pulse holds less than 1e-4 of its area."""


class Keyed:
    """The phase of one burst, from its first symbol on."""

    def __init__(self, signs: Reals, bt: float, joins: tuple[float, float] | None = None) -> None:
        """``signs`` are +1 or -1 for each symbol: the direction in which the phase turns.

        ``joins`` = (from, to) in symbols: in this guard time the phase is led to whole turns, so that the
        next burst can begin there without a step.
        """
        padded = np.concatenate((np.ones(SPAN), signs, np.ones(SPAN)))
        steps = np.zeros(len(padded) * OVER)
        steps[OVER // 2 :: OVER] = padded
        steps = np.convolve(steps, _pulse(bt))[(SPAN * OVER) // 2 :][: len(steps)]
        self._turns = np.concatenate(([0.0], np.cumsum(steps)))
        self._turns -= self._turns[SPAN * OVER]
        if joins is not None:
            begin, end = joins
            rest = float(self.turns(np.array([end]))[0])
            x = np.clip((np.arange(len(self._turns)) / OVER - SPAN - begin) / (end - begin), 0, 1)
            self._turns -= (rest - np.round(rest)) * x * x * (3 - 2 * x)

    def turns(self, symbols: Reals) -> Reals:
        """Phase in turns at times in symbols from the start of the first one."""
        position = (symbols + SPAN) * OVER
        whole = np.clip(position.astype(np.int64), 0, len(self._turns) - 2)
        low = self._turns[whole]
        turns: Reals = low + (self._turns[whole + 1] - low) * (position - whole)
        return turns


def signs(bits: npt.NDArray[np.uint8]) -> Reals:
    """GSM's differential coding: +1 where a bit equals the one before (before the first: 1)."""
    before = np.concatenate(([1], bits[:-1]))
    return 1.0 - 2.0 * (bits ^ before)


def _pulse(bt: float) -> Reals:
    """Quarter turn, spread over ``SPAN`` symbols."""
    t = (np.arange(SPAN * OVER) + 0.5) / OVER - SPAN / 2
    k = 2 * np.pi * bt / np.sqrt(2 * np.log(2))
    pulse = erf(k * (t + 0.5)) - erf(k * (t - 0.5))
    return np.asarray(0.25 * pulse / pulse.sum(), dtype=np.float64)
