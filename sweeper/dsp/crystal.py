"""The receiver's crystal: its error from signals whose frequency is known.

One crystal makes both the tuning and the sample rate. If it runs fast by ``e``, a signal at ``f`` is shown at
``f / (1 + e)``; with a correction of ``p`` already applied, at ``f (1 + p) / (1 + e)``. GSM base stations
hold their frequency to 0.05 ppm (3GPP TS 45.010), so an FCCH tone is as good a standard as any.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import msgspec

FCCH_HZ = 13e6 / 192
"""An FCCH burst is a tone a quarter of the symbol rate (13 MHz / 48) above its carrier: 67,708.3 Hz."""

AGREE_PPM = 1.5
"""Signals that disagree with most by more than this are not what they were taken for."""


class Crystal(msgspec.Struct, frozen=True):
    """The error in parts per million, positive where it runs fast; how far the signals disagree; how many of
    them were used."""

    ppm: float
    spread_ppm: float
    used: int


def error_ppm(true_hz: float, shown_hz: float, applied_ppm: float = 0.0) -> float:
    """The crystal's whole error, from one signal seen with a correction of ``applied_ppm``.

    >>> round(error_ppm(941e6, 941e6 + 8.5e3), 2)
    -9.03
    """
    return (true_hz * (1 + applied_ppm * 1e-6) / shown_hz - 1) * 1e6


def from_signals(seen: Sequence[tuple[float, float]], applied_ppm: float = 0.0) -> Crystal | None:
    """From several (true, shown) frequencies in hertz: the median of those that agree with most; ``None``
    without any, or where no more than half agree."""
    errors = [error_ppm(true_hz, shown_hz, applied_ppm) for true_hz, shown_hz in seen]
    if not errors:
        return None
    middle = statistics.median(errors)
    agree = [one for one in errors if abs(one - middle) <= AGREE_PPM]
    if 2 * len(agree) <= len(errors):
        return None
    return Crystal(statistics.median(agree), max(agree) - min(agree), len(agree))
