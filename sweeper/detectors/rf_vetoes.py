"""What the receiver makes itself: lines that follow its tuning or its gain instead of the air.

    a carrier       keeps its radio frequency, from whatever centre it is heard, and falls with the gain
    a spur          stands at a fixed distance from the centre and is gone after a retune
    a mirror image  stands at minus the distance of a strong signal, and is gone after a retune too
    a product       of strong signals falls two or three times as much as the gain
    a tone behind the tuner (the converter's, the USB clock's) does not fall at all

A verdict needs contradiction, not only suspicion: a line that was merely never heard from another centre
stays what it is. A transmitter that comes and goes could be missed by one second look; so it takes two.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from sweeper.detectors.rf_heard import Heard
from sweeper.records import Value

NARROW_HZ = 20e3
"""Spurs are lines; what is wider is modulated, and no spur but an image of what it mirrors."""

CLEAR_DB = 8.0
"""A line this strong in its look would have been heard in the other too: both dwell alike."""

GONE_DB = 4.0
"""A line gone after the gain step fell at least to this: what is so strong in a look is found in most."""

CENTRE_HZ = 15e3
EDGE_HZ = 10e3
"""A look says nothing of what stands at its own centre or at the edge of its span."""

CENTRES = 3
"""A line at the same offset from so many centres is a spur; where nothing contradicts it, from half of
all."""

BY_CHANCE = 1e-3
"""Lines too weak to be missed by one look as a proof are a spur where so many share an offset that chance
would put them there once in a thousand sweeps."""

MOST_CENTRES = 64
"""Centres remembered for one emission."""

PRODUCT = 1.6
UNMOVED = 0.4
"""Falls, in steps of the gain, from which on a line is a product, and up to which it stands behind the tuner.
Gain steps of an R820T are true to 2 dB (rtl-sdr.com's measurements), a quarter of the step used."""

ENOUGH_LINES = 3
AGREE_DB = 3.0
"""So many lines' median fall tells the true step, where it is within 3 dB of the nominal one."""

STEP_DB = 5.0
"""A smaller gain step tells nothing."""

Span = tuple[float, float]


@dataclass
class Line:
    """What one emission showed: per centre the number of looks and the newest power (dB), falls with the gain
    as (fall in dB, step in dB; ``None`` where it was gone)."""

    center_hz: float = 0.0
    width_hz: float = 0.0
    snr_db: float = -99.0
    steady: bool = True
    first_s: float = 0.0
    last_s: float = 0.0
    centres: dict[float, list[float]] = field(default_factory=dict)
    falls: list[tuple[float | None, float]] = field(default_factory=list)

    def heard_from(self, center_hz: float, power_db: float) -> None:
        """One look in which it stood out."""
        if center_hz in self.centres:
            self.centres[center_hz][0] += 1
            self.centres[center_hz][1] = power_db
        elif len(self.centres) < MOST_CENTRES:
            self.centres[center_hz] = [1.0, power_db]


class Looks:
    """Every look of one source: centre, half of its usable span, and when."""

    def __init__(self) -> None:
        self._times: dict[float, list[float]] = {}
        self._half: dict[float, float] = {}
        self._sorted: list[float] = []
        self._widest = 0.0

    def add(self, center_hz: float, half_hz: float, time_s: float) -> None:
        """File one look; of each centre the 32 newest are kept."""
        if center_hz not in self._times:
            insort(self._sorted, center_hz)
        times = self._times.setdefault(center_hz, [])
        times.append(time_s)
        del times[:-32]
        self._half[center_hz] = half_hz
        self._widest = max(self._widest, half_hz)

    @property
    def centres(self) -> int:
        return len(self._times)

    @property
    def widest_hz(self) -> float:
        """The usable span of the widest look."""
        return 2 * self._widest

    def silent(self, line: Line) -> list[float]:
        """Times of the looks from other centres in which the line should have stood and did not."""
        made = []
        first = bisect_left(self._sorted, line.center_hz - self._widest)
        for center_hz in self._sorted[first : bisect_right(self._sorted, line.center_hz + self._widest)]:
            away = abs(line.center_hz - center_hz)
            if CENTRE_HZ < away < self._half[center_hz] - EDGE_HZ and center_hz not in line.centres:
                made += self._times[center_hz]
        return sorted(made)


def retuned(line: Line, looks: Looks) -> bool:
    """Whether a line is there again and again from one centre and never from another."""
    if not _judged(line) or len(line.centres) != 1:
        return False
    ((hits, _),) = line.centres.values()
    silent = looks.silent(line)
    between = [t for t in silent if line.first_s < t < line.last_s]
    return hits >= 2 and len(silent) >= 2 and bool(between)


def families(lines: Sequence[Line], looks: Looks, tolerance_hz: float) -> list[list[int]]:
    """Groups of lines (their indices) at one offset from three or more centres: spurs, one group each."""
    single = [
        (next(iter(line.centres)), index)
        for index, line in enumerate(lines)
        if _narrow(line) and len(line.centres) == 1
    ]
    offsets = sorted((lines[index].center_hz - center, center, index) for center, index in single)
    found, group = [], list[tuple[float, float, int]]()
    for one in [*offsets, (np.inf, 0.0, -1)]:
        if group and one[0] - group[0][0] > tolerance_hz:
            if _spurs(group, lines, looks) or _too_many(group, lines, looks, len(single), tolerance_hz):
                found.append([index for _, _, index in group])
            group = []
        group.append(one)
    return found


def _spurs(group: Sequence[tuple[float, float, int]], lines: Sequence[Line], looks: Looks) -> bool:
    """By its clear lines: the faint ones beside them at the same offset are the same spur."""
    clear = [(center, index) for _, center, index in group if _judged(lines[index])]
    centres = {center for center, _ in clear}
    if len(centres) < CENTRES:
        return False
    contradicted = {center for center, index in clear if looks.silent(lines[index])}
    return len(contradicted) >= CENTRES or 2 * len(centres) >= looks.centres


def _too_many(
    group: Sequence[tuple[float, float, int]],
    lines: Sequence[Line],
    looks: Looks,
    single: int,
    tolerance_hz: float,
) -> bool:
    """By its faint lines: one that is missed from elsewhere proves nothing, so many at one offset do."""
    contradicted = {center for _, center, index in group if looks.silent(lines[index])}
    others = len(contradicted) - 1
    if others < CENTRES - 1 or not looks.widest_hz:
        return False
    share = min(1.0, tolerance_hz / looks.widest_hz)
    return single * math.comb(single - 1, others) * share**others < BY_CHANCE


def gain_veto(line: Line, step_db: float) -> str:
    """``intermodulation``, ``behind-the-tuner`` or nothing. ``step_db`` is the true step of the gain test."""
    if not line.falls or step_db < STEP_DB or not line.steady or len(line.centres) < 1:
        return ""
    known = [fall for fall, _ in line.falls if fall is not None]
    if known:
        fall = float(np.median(known))
        if fall > PRODUCT * step_db:
            return "intermodulation"
        return "behind-the-tuner" if fall < UNMOVED * step_db and line.width_hz < NARROW_HZ else ""
    looks = sum(hits for hits, _ in line.centres.values())
    gone = line.snr_db - GONE_DB > PRODUCT * step_db and looks >= 2
    return "intermodulation" if gone else ""


def true_step(lines: Iterable[Line]) -> float:
    """By how much the gain really fell: the median of all lines that were heard in both, or the nominal."""
    falls = [(fall, step) for line in lines for fall, step in line.falls]
    if not falls:
        return 0.0
    nominal = float(np.median([step for _, step in falls]))
    known = [fall for fall, _ in falls if fall is not None]
    middle = float(np.median(known)) if len(known) >= ENOUGH_LINES else nominal
    return middle if abs(middle - nominal) < AGREE_DB else nominal


def _narrow(line: Line) -> bool:
    return line.steady and line.width_hz < NARROW_HZ


def _judged(line: Line) -> bool:
    return _narrow(line) and line.snr_db >= CLEAR_DB


@dataclass(frozen=True)
class Verdict:
    """Why a track is the receiver's own; track ``leader`` speaks for its family of ``centres``."""

    reason: str
    leader: int
    offset_hz: float | None = None
    centres: int = 0

    @property
    def told(self) -> dict[str, Value]:
        """As features of the emission."""
        if self.offset_hz is None:
            return {"veto": self.reason}
        return {"veto": self.reason, "tuning_offset_hz": round(self.offset_hz, 1), "centres": self.centres}


class Vetoes:
    """The book of one source: its looks, and the line of every track (by the track's number)."""

    def __init__(self) -> None:
        self.looks = Looks()
        self.lines: dict[int, Line] = {}
        self.unconfirmed: set[int] = set()
        self._resolution_hz = 0.0

    def look(self, center_hz: float, half_hz: float, time_s: float, resolution_hz: float) -> None:
        """A look at the usual gain."""
        self.looks.add(center_hz, half_hz, time_s)
        self._resolution_hz = max(self._resolution_hz, resolution_hz)

    def heard(self, number: int, one: Heard, center_hz: float, time_s: float) -> None:
        """A track stood out in that look."""
        line = self.lines.get(number)
        if line is None:
            line = self.lines[number] = Line(first_s=time_s)
        line.steady &= one.steady
        line.last_s = time_s
        line.snr_db = max(line.snr_db, one.snr_db)
        line.center_hz, line.width_hz = center_hz + one.center_hz, one.width_hz
        line.heard_from(center_hz, _db(one.power))
        if _narrow(line) and len(line.centres) == 1:
            self.unconfirmed.add(number)
        else:
            self.unconfirmed.discard(number)

    def softer(self, heard: Sequence[Heard], center_hz: float, step_db: float) -> None:
        """A look with ``step_db`` (negative) more gain: how far each line of that centre fell."""
        for line in self.lines.values():
            if center_hz not in line.centres or not line.steady:
                continue
            reach = 1.5 * self._resolution_hz + line.width_hz / 2
            near = [one for one in heard if abs(center_hz + one.center_hz - line.center_hz) <= reach]
            fall = line.centres[center_hz][1] - max(_db(one.power) for one in near) if near else None
            line.falls.append((fall, -step_db))

    def verdicts(self) -> dict[int, Verdict]:
        """Track number -> why it is the receiver's own, for all that are."""
        if self.looks.centres < 2:
            return {}
        numbers = sorted(self.lines)
        lines = [self.lines[number] for number in numbers]
        made: dict[int, Verdict] = {}
        step_db = true_step(lines)
        for number, line in zip(numbers, lines, strict=True):
            veto = "retune" if retuned(line, self.looks) else gain_veto(line, step_db)
            if veto:
                made[number] = Verdict(veto, number)
        for group in families(lines, self.looks, 2 * self._resolution_hz):
            leader = numbers[min(group)]
            offsets = [lines[i].center_hz - next(iter(lines[i].centres)) for i in group]
            for i in group:
                made[numbers[i]] = Verdict("fixed-offset", leader, float(np.median(offsets)), len(group))
        return made


def _db(power: float) -> float:
    return float(10 * np.log10(max(power, 1e-30)))
