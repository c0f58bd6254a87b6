"""What a sweep could have heard, in watts, metres and chances: limits that make a coverage table honest.

``Coverage`` says where and how long was listened; here that becomes what a reader asks. *How weak* a
transmitter would have been found, *how near* it had to be, and *how likely* one that is rarely on the air was
on the air just then. Each figure carries its error: see ``dsp.link_budget`` for what it rests on.

Only live receivers are judged: a recording does not tell its gain, so its full scale is no power.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import msgspec

from sweeper.dsp.link_budget import (
    NOISE_FIGURE_DB,
    Estimate,
    chance_on_air,
    detection_distance_m,
    sensitivity_dbm,
)
from sweeper.records import Coverage, Medium
from sweeper.text import Phrase, say

BUG_MW = 10.0
"""The usual power of a radio microphone and the legal limit of most licence-free bands."""

BUG_WIDTH_HZ = 12_500.0
"""A narrowband voice channel: what simple microphones and their scrambled successors fill."""

FULL_GAIN_DB = 30.0
"""From this gain on an R820T's noise is its own; below, what comes after it adds about a decibel a decibel
(a rule of thumb from users' measurements, so the error grows alike)."""

PLACES_HZ = (100e6, 150e6, 433.92e6, 868.3e6, 900e6, 1.2e9, 1.6e9)
"""Frequencies that a reader knows; distances are told for those that were listened to."""

REPORT_S = 5.0
"""A tracker's report keeps its uplink busy for some seconds: registration, upload, release."""

SLOTS_S = 0.0047
"""Listening that certainly meets one slot of a transmission in eight (a GSM frame and a guard)."""


class Reach(msgspec.Struct, frozen=True):
    """Within how many metres a transmitter of ``power_mw`` at ``hz`` would have been found, by this row."""

    hz: float
    power_mw: float
    needed_dbm: Estimate
    metres: Estimate

    @property
    def phrase(self) -> Phrase:
        """As a sentence: the distance that holds with all against it."""
        return say(
            "A {mw} mW transmitter at {mhz} MHz within {metres} m would have been found while it sent, even "
            "through a concrete floor (weakest signal at the antenna {dbm} dBm, give or take {error} dB).",
            mw=_plain(self.power_mw),
            mhz=_plain(self.hz / 1e6),
            metres=_rounded(self.metres.low),
            dbm=round(self.needed_dbm.value),
            error=round((self.needed_dbm.high - self.needed_dbm.low) / 2),
        )


def sensitivity(
    row: Coverage, quietest_dbfs_hz: float | None = None, width_hz: float = BUG_WIDTH_HZ
) -> Estimate | None:
    """The weakest signal of that width at the antenna (dBm) that one look of this row would have shown;
    ``None`` where the receiver's gain is not known. The quietest floor of the sweep is taken for the
    receiver's own: what this row's lies above it is noise of the band and costs as much."""
    if row.medium is not Medium.RF or row.gain_db is None or not row.dwell_s:
        return None
    short_db = max(0.0, FULL_GAIN_DB - row.gain_db)
    floor = row.floor_dbfs_per_hz
    raised_db = (
        max(0.0, floor - quietest_dbfs_hz) if floor is not None and quietest_dbfs_hz is not None else 0.0
    )
    width_hz = max(width_hz, row.bin_hz or 0.0)
    found = sensitivity_dbm(width_hz, row.dwell_s * width_hz, NOISE_FIGURE_DB + short_db + raised_db)
    return Estimate(found.value, found.low - short_db / 3, found.high + short_db / 3)


def reach(
    row: Coverage, hz: float, power_mw: float = BUG_MW, quietest_dbfs_hz: float | None = None
) -> Reach | None:
    """How near a transmitter had to be; ``None`` where ``hz`` was not listened to or the gain is unknown."""
    needed = sensitivity(row, quietest_dbfs_hz)
    if needed is None or row.start_hz is None or row.stop_hz is None:
        return None
    if not row.start_hz <= hz <= row.stop_hz or power_mw <= 0:
        return None
    return Reach(hz, power_mw, needed, detection_distance_m(_dbm(power_mw), hz, needed))


def reaches(rows: Iterable[Coverage], power_mw: float = BUG_MW) -> list[Reach]:
    """One for each well-known frequency that was listened to; where none was, for the middle of each row."""
    rows = [row for row in rows if row.medium is Medium.RF]
    made = [one for hz in PLACES_HZ if (one := _best(rows, hz, power_mw)) is not None]
    if made:
        return made
    middles = sorted((row.start_hz + row.stop_hz) / 2 for row in rows if row.start_hz and row.stop_hz)
    return [one for hz in middles[:4] if (one := _best(rows, hz, power_mw)) is not None]


def chance_heard(rows: Iterable[Coverage], ranges_hz: Sequence[tuple[float, float]], every_s: float) -> float:
    """How likely a device that reports every ``every_s`` seconds somewhere in these ranges was on the air
    while its frequency was listened to: over the ranges that were heard, 0 for the share that was not."""
    total = caught = 0.0
    rows = [row for row in rows if row.medium is Medium.RF]
    for low, high in ranges_hz:
        total += high - low
        at = low
        for row in sorted(rows, key=lambda r: (r.start_hz or 0.0, r.stop_hz or 0.0)):
            start, stop = max(at, row.start_hz or 0.0), min(high, row.stop_hz or 0.0)
            if stop <= start:
                continue
            caught += (stop - start) * _chance(row, every_s)
            at = stop
    return caught / total if total else 0.0


def _chance(row: Coverage, every_s: float) -> float:
    enough = (row.seconds if row.dwell_s is None else row.dwell_s) >= SLOTS_S
    looks = row.looks_s or ((0.0, row.seconds),)
    return chance_on_air(looks, every_s, REPORT_S) if enough else 0.0


def _best(rows: Sequence[Coverage], hz: float, power_mw: float) -> Reach | None:
    """By the row that hears farthest at this frequency."""
    floors = [row.floor_dbfs_per_hz for row in rows if row.floor_dbfs_per_hz is not None]
    quietest = min(floors, default=None)
    found = [one for row in rows if (one := reach(row, hz, power_mw, quietest)) is not None]
    return max(found, key=lambda one: one.metres.value, default=None)


def _dbm(power_mw: float) -> float:
    return 10 * math.log10(power_mw)


def _rounded(metres: float) -> str:
    """Two digits, which is more than the error allows."""
    return f"{float(f'{metres:.2g}'):g}"


def _plain(value: float) -> int | float:
    """A number to three decimals, whole ones without any: the language writes it in its own way."""
    rounded = round(value, 3)
    return int(rounded) if rounded == int(rounded) else rounded
