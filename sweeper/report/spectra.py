"""Bands to be drawn: the collector's looks, joined where they touch, thinned to what a page shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sweeper.report.collect import Doubles, Look

COLUMNS = 900
"""Points across a picture: as many as it has pixels."""
FEWEST_POINTS = 12
"""Points that a picture needs to show a shape."""
JOIN_SHARE = 0.25
"""Looks that are nearer than this share of their width are drawn as one band, with a gap."""


@dataclass(frozen=True)
class Band:
    """One picture's worth of spectrum. Arrays are of equal length; a gap in the data is a NaN."""

    source: str
    hz: Doubles
    mean_db: Doubles
    max_db: Doubles
    floor_db: Doubles | None
    calibrated: bool
    dwell_s: float
    passes: int

    @property
    def start_hz(self) -> float:
        return float(self.hz[0])

    @property
    def stop_hz(self) -> float:
        return float(self.hz[-1])

    def part(self, low_hz: float, high_hz: float) -> Band | None:
        """The points between two frequencies; ``None`` where they are too few to draw."""
        inside = (self.hz >= low_hz) & (self.hz <= high_hz)
        if int(inside.sum()) < FEWEST_POINTS:
            return None
        return replace(
            self,
            hz=self.hz[inside],
            mean_db=self.mean_db[inside],
            max_db=self.max_db[inside],
            floor_db=None if self.floor_db is None else self.floor_db[inside],
        )


def bands(looks: Iterable[Look]) -> list[Band]:
    """Bands by source, in the order in which the sources came, then by frequency."""
    by_source: dict[str, list[Look]] = {}
    for look in looks:
        by_source.setdefault(look.source, []).append(look)
    made: list[Band] = []
    for own in by_source.values():
        own.sort(key=lambda look: (look.start_hz, look.stop_hz, look.step_hz))
        group: list[Look] = []
        reach = 0.0
        for look in own:
            slack = JOIN_SHARE * (look.stop_hz - look.start_hz) + 2 * look.step_hz
            if group and look.start_hz > reach + slack:
                made.append(_band(group))
                group = []
            reach = max(reach, look.stop_hz) if group else look.stop_hz
            group.append(look)
        made.append(_band(group))
    return made


def _band(looks: Sequence[Look]) -> Band:
    start = float(min(look.start_hz for look in looks))
    stop = float(max(look.stop_hz for look in looks))
    points = sum(len(look.max_db) for look in looks)
    count = max(2, min(COLUMNS, points))
    column_hz = (stop - start) / (count - 1) if stop > start else 1.0
    power, weight = np.zeros(count), np.zeros(count)
    highest = np.full(count, -np.inf)
    floor, floor_weight = np.zeros(count), np.zeros(count)
    for look in looks:
        own_hz = look.start_hz + look.step_hz * np.arange(len(look.max_db))
        at = np.clip(np.rint((own_hz - start) / column_hz).astype(np.intp), 0, count - 1)
        np.add.at(power, at, 10 ** (look.mean_db / 10))
        np.add.at(weight, at, 1.0)
        np.maximum.at(highest, at, look.max_db)
        if look.floor_db is not None:
            np.add.at(floor, at, look.floor_db)
            np.add.at(floor_weight, at, 1.0)
    filled = weight > 0
    hz: Doubles = start + np.arange(count, dtype=np.float64) * column_hz
    widest = max(look.step_hz for look in looks)
    keep = filled | _gap_starts(filled, widest / column_hz)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(filled, 10 * np.log10(np.maximum(power / weight, 1e-30)), np.nan)
        floors = np.where(floor_weight > 0, floor / floor_weight, np.nan)
    return Band(
        source=looks[0].source,
        hz=hz[keep],
        mean_db=mean[keep],
        max_db=np.where(filled, highest, np.nan)[keep],
        floor_db=floors[keep] if floor_weight.any() else None,
        calibrated=all(look.calibrated for look in looks),
        dwell_s=max(look.dwell_s for look in looks),
        passes=max(look.passes for look in looks),
    )


def _gap_starts(filled: npt.NDArray[np.bool_], step_columns: float) -> npt.NDArray[np.bool_]:
    """Marks the first empty column of each stretch that is wider than the data's own step: a true gap."""
    marks = np.zeros(len(filled), dtype=bool)
    index = 0
    while index < len(filled):
        if filled[index]:
            index += 1
            continue
        end = index
        while end < len(filled) and not filled[end]:
            end += 1
        if end - index > 2 * step_columns + 1:
            marks[index] = True
        index = end
    return marks
