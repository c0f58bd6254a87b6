"""The strongest peaks of a trace, each with the allocation it lies in. No Qt."""

from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt

MOST = 30
OVER_FLOOR_DB = 6.0
"""A maximum of noise over many looks rarely stands higher above the floor."""

APART = 5
"""Columns between two peaks at least: shoulders of one signal are not peaks."""


class Peak(msgspec.Struct, frozen=True):
    """One local maximum: hertz, level and height over the floor in dB."""

    id: str
    hz: float
    level_db: float
    over_db: float


def peaks(
    frequencies: npt.NDArray[np.float64],
    levels: npt.NDArray[np.float32],
    floor: npt.NDArray[np.float32],
    most: int = MOST,
) -> list[Peak]:
    """The strongest maxima, strongest first; equal lengths, NaN where nothing was heard."""
    heard = np.isfinite(levels)
    if not heard.any():
        return []
    usual = float(np.nanmedian(floor)) if np.isfinite(floor).any() else float(np.median(levels[heard]))
    ground = np.where(np.isfinite(floor), floor, usual)
    filled = np.where(heard, levels, -np.inf)
    around = np.pad(filled, APART, constant_values=-np.inf)
    highest = np.lib.stride_tricks.sliding_window_view(around, 2 * APART + 1).max(axis=1)
    tops = np.flatnonzero(heard & (filled >= highest) & (filled - ground >= OVER_FLOOR_DB))
    found: list[Peak] = []
    taken = np.zeros(len(levels), bool)
    for index in tops[np.argsort(-filled[tops], kind="stable")].tolist():
        if len(found) >= most:
            break
        if taken[index]:  # as high as its neighbour: one flat top
            continue
        taken[max(0, index - APART) : index + APART + 1] = True
        hz = float(frequencies[index])
        found.append(Peak(f"{hz:.0f}", hz, float(filled[index]), float(filled[index] - ground[index])))
    return found
