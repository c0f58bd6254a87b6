"""Colours of the waterfall: from quiet to strong, never jet.

``viridis`` is dark blue through green to yellow and rises evenly in lightness; ``grey`` is for print and
for eyes that see no colour; ``cividis``, dark blue through grey to yellow, looks alike to people with and
without red-green blindness. The stops are the published colour maps at every eighth (matplotlib's viridis
by S. van der Walt and N. Smith, CC0; cividis by Nuñez, Anderton and Renslow, 2018), interpolated between.
Night's is red on black, so that the theme keeps its promise to eyes that are used to the dark.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sweeper.ui.panorama import HIGH_DB, LOW_DB
from sweeper.ui.theme import Scheme

STOPS = {
    "viridis": "440154 472D7B 3B528B 2C728E 21918C 28AE80 5EC962 ADDC30 FDE725",
    "grey": "101214 2A2D30 45494D 626669 808487 9FA2A5 BEC1C3 DDDFE0 FCFCFC",
    "cividis": "00224E 123570 3B496C 575D6D 707173 8A8678 A59C74 C3B369 FEE838",
    "night": "000000 200200 3C0600 5A0C02 7C1606 A0240E C43A1C E85A34 FF8A5E",
}
Table = npt.NDArray[np.uint32]


def chosen(name: str, scheme: Scheme) -> str:
    """The palette to use: night has its own, whatever was chosen."""
    return "night" if scheme is Scheme.NIGHT else name if name in STOPS else "viridis"


def ramp(name: str) -> npt.NDArray[np.uint8]:
    """256 colours, shape (256, 3), from quiet to strong."""
    stops = np.array([[int(stop[i : i + 2], 16) for i in (0, 2, 4)] for stop in STOPS[name].split()], float)
    at = np.linspace(0, len(stops) - 1, 256)
    made = [np.interp(at, np.arange(len(stops)), stops[:, channel]) for channel in range(3)]
    colors: npt.NDArray[np.uint8] = np.rint(np.stack(made, axis=1)).astype(np.uint8)
    return colors


def table(name: str, low_db: float, high_db: float, silent: tuple[int, int, int]) -> Table:
    """ARGB of each waterfall byte, shape (256,), the palette spread over ``low_db .. high_db``.

    Byte 0, not heard, is ``silent``: it must not look like a quiet band.
    """
    colors = ramp(name).astype(np.uint32)
    packed = 0xFF000000 | (colors[:, 0] << 16) | (colors[:, 1] << 8) | colors[:, 2]
    levels = LOW_DB + (np.arange(256) - 1) * (HIGH_DB - LOW_DB) / 254.0
    share = np.clip((levels - low_db) / max(high_db - low_db, 1e-3), 0, 1)
    made: Table = packed[np.rint(share * 255).astype(int)].astype(np.uint32)
    made[0] = 0xFF000000 | (silent[0] << 16) | (silent[1] << 8) | silent[2]
    return made


def spread(
    mean: npt.NDArray[np.float32], maximum: npt.NDArray[np.float32], now: tuple[float, float]
) -> tuple[float, float]:
    """The levels over which the palette is spread: from the floor to the strongest signal.

    They change in steps only, so that colours do not flicker.
    """
    heard = mean[np.isfinite(mean)]
    if not heard.size:
        return now
    low = float(np.percentile(heard, 10)) - 3.0
    high = max(low + 25.0, float(np.nanmax(maximum)) - 6.0)
    return (low, high) if abs(low - now[0]) > 2 or abs(high - now[1]) > 4 else now
