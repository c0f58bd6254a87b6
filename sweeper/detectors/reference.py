"""Live against reference: emissions that are new here, or stronger than where the reference was taken.

Levels are compared, not names: every look is laid on the reference's cells. An emission counts where one of
its cells exceeds what the reference holds there (or just beside, for a crystal drifts) by more than 3 dB and
more than four times that cell's own wavering. Steady signals are compared by their mean, bursts by the
greatest level. What the reference did not hear is not compared, and that is said.

    reference there    no emission, level near the floor   ->  new-emission
                       an emission or a raised level        ->  stronger-emission
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from sweeper.detectors import Setup
from sweeper.dsp.level_grid import Array, Grid
from sweeper.records import Detection, Emission, Evidence, Level, Record, State, Status, Trace, told
from sweeper.reference import Comparison, Known, Reference, known_of
from sweeper.text import Phrase, say

LEAST_DB = 3.0
SIGMAS = 4.0
"""A cell is stronger by more than 3 dB and more than four standard deviations of the comparison: 3e-5 by
chance for levels that waver as in the reference, and only where an emission was found at all."""

DRIFT = 5e-6
"""Share of the frequency by which an emission may have moved: two crystals of 2.5 ppm."""

RAISED_DB = 6.0
"""A reference cell so far above its floor held a signal, listed or not."""

NEAR_DB = 15.0
"""A difference of 15 dB is a transmitter some five times nearer, in free space: worth a closer look."""

MOST_MISSING = 40
"""Emissions named in the list of what is missing; more are counted."""


class ReferenceStage:
    """Compares; idle where no reference is given."""

    name = "reference"

    def __init__(self, comparison: Comparison | None) -> None:
        self._comparison = comparison
        self.accepts: tuple[type[Record], ...] = (Trace, Emission) if comparison is not None else ()
        self._live = Grid(comparison.reference.grid.cell_hz) if comparison is not None else None
        self._emissions: dict[str, Emission] = {}
        self._said: dict[str, tuple[str, float]] = {}
        self._outside = 0
        self._last = ("", 0.0)

    def feed(self, record: Record, /) -> Iterator[Record]:
        """A Detection when an emission turns out new or stronger; once, and again if it grows by 3 dB."""
        if self._comparison is None or self._live is None:
            return
        self._last = (record.source, max(self._last[1], record.time_s))
        if isinstance(record, Trace):
            self._live.add(record)
        elif isinstance(record, Emission):
            self._emissions[record.id] = record
            yield from self._compare(record, self._comparison, self._live)

    def finish(self) -> Iterator[Record]:
        """What the reference held and this sweep did not, and how much could not be compared."""
        if self._comparison is None or self._live is None:
            return
        gone = missing(self._comparison.reference, self._live, self._emissions.values())
        if gone:
            words = ", ".join(f"{one.center_hz / 1e6:.4f}" for one in gone[:MOST_MISSING])
            more = len(gone) - MOST_MISSING
            yield self._status(
                State.READY,
                say("in the reference, not heard now: {mhz} MHz and {count} more", mhz=words, count=more)
                if more > 0
                else say("in the reference, not heard now: {mhz} MHz", mhz=words),
            )
        if self._outside:
            yield self._status(
                State.DEGRADED,
                say(
                    "{count} emissions lie where the reference heard nothing: they were not compared",
                    count=self._outside,
                ),
            )

    def _status(self, state: State, words: Phrase) -> Status:
        source, time_s = self._last
        return told(words, source=source, time_s=time_s, subject=self.name, state=state)

    def _compare(self, emission: Emission, comparison: Comparison, live: Grid) -> Iterator[Detection]:
        if emission.kind == "spur" or any(one.still(emission) for one in comparison.friendly):
            return
        low_hz = emission.center_hz - emission.width_hz / 2
        high_hz = emission.center_hz + emission.width_hz / 2
        reference = comparison.reference
        if not reference.grid.covered(low_hz, high_hz):
            self._outside += emission.id not in self._said
            self._said.setdefault(emission.id, ("outside", 0.0))
            return
        excess_db, raised = difference(emission, reference, live)
        if excess_db is None:
            return
        known = reference.known_at(low_hz, high_hz)
        kind = "stronger-emission" if known or raised else "new-emission"
        before = self._said.get(emission.id)
        if before is not None and before[0] == kind and excess_db < before[1] + LEAST_DB:
            return
        self._said[emission.id] = (kind, excess_db)
        yield _detection(emission, kind, excess_db, reference)


def stage(setup: Setup) -> ReferenceStage:
    """The factory."""
    return ReferenceStage(setup.comparison)


def difference(emission: Emission, reference: Reference, live: Grid) -> tuple[float | None, bool]:
    """By how many decibels an emission exceeds the reference in its clearest cell (``None``: it does not,
    beyond chance), and whether the reference held a signal in that cell."""
    steady = not emission.bursts
    now_field, then_field, wavers = ("recent", "mean", "mean") if steady else ("top", "top", "peak")
    low_hz = emission.center_hz - emission.width_hz / 2
    first, count = live.cells(low_hz, low_hz + emission.width_hz)
    reach = 1 + round(DRIFT * emission.center_hz / live.cell_hz)
    beside = (first - reach, count + 2 * reach)
    now = live.read(now_field, first, count)
    then = _widest(reference.grid.read(then_field, *beside), reach)
    sigma = np.hypot(
        _widest(reference.grid.sigma(wavers, *beside), reach), _chance(live, wavers, first, count)
    )
    by = now - then
    beyond = by - np.maximum(LEAST_DB, SIGMAS * sigma)
    if not np.isfinite(beyond).any() or not np.nanmax(beyond) > 0:
        return None, False
    best = int(np.nanargmax(beyond))
    floor = reference.grid.read("floor", first, count)
    level = reference.grid.read("mean", first, count)
    return float(by[best]), bool(level[best] > floor[best] + RAISED_DB)


def missing(reference: Reference, live: Grid, emissions: Iterable[Emission]) -> list[Known]:
    """Steady emissions of the reference where this sweep listened, heard no emission, and found the level
    lower than 3 dB and four sigmas below the reference."""
    here = [known_of(emission) for emission in emissions]
    gone = []
    for known in reference.head.emissions:
        low_hz, high_hz = known.center_hz - known.width_hz / 2, known.center_hz + known.width_hz / 2
        first, count = live.cells(low_hz, high_hz)
        if not known.steady or not live.covered(low_hz, high_hz):
            continue
        if any(abs(one.center_hz - known.center_hz) <= (one.width_hz + known.width_hz) / 2 for one in here):
            continue
        less = reference.grid.read("mean", first, count) - live.read("recent", first, count)
        if np.nanmax(less - np.maximum(LEAST_DB, SIGMAS * reference.grid.sigma("mean", first, count))) > 0:
            gone.append(known)
    return gone


def _chance(live: Grid, wavers: str, first: int, count: int) -> Array:
    """How much one look's level wavers by chance, in dB."""
    return np.asarray(np.nan_to_num(live.read(wavers + "_noise", first, count)))


def _widest(values: Array, reach: int) -> Array:
    """The greatest of each value and its ``reach`` neighbours on both sides; shorter by ``2 * reach``."""
    known = np.where(np.isnan(values), -np.inf, values)
    windows = np.lib.stride_tricks.sliding_window_view(known, 2 * reach + 1)
    return np.asarray(windows.max(axis=1))


def _detection(emission: Emission, kind: str, excess_db: float, reference: Reference) -> Detection:
    near = excess_db >= NEAR_DB
    mhz = round(emission.center_hz / 1e6, 4)
    if kind == "new-emission":
        title = say("An emission at {mhz} MHz that the reference does not have", mhz=mhz)
        why = say("{db} dB above the level of the reference there", db=round(excess_db, 1))
    else:
        title = say("An emission at {mhz} MHz is stronger than in the reference", mhz=mhz)
        why = say("{db} dB stronger than in the reference", db=round(excess_db, 1))
    return Detection(
        source=emission.source,
        time_s=emission.time_s,
        detector="reference",
        subject=emission.id,
        kind=kind,
        level=Level.MEDIUM if near else Level.LOW,
        confidence=round(min(0.9, 0.3 + excess_db / 50), 2),
        title=title,
        why=(why, say("The reference is '{name}'", name=reference.head.name)),
        benign=_benign(emission, kind),
        next=(
            say("Carry the antenna through the room and watch whether the level rises near one place"),
            say("Switch off what belongs to the room, one thing after another, and see whether it goes"),
            say("Record another reference at another time of day and compare again"),
        ),
        evidence=(
            Evidence(
                "level above the reference", round(excess_db, 1), "dB", emission.source, emission.time_s
            ),
            Evidence("signal-to-noise ratio", emission.snr_db, "dB", emission.source, emission.time_s),
            Evidence("reference", reference.head.name),
        ),
    )


def _benign(emission: Emission, kind: str) -> tuple[Phrase, ...]:
    """What else it may be: of what was not there before, or of what was there and is stronger."""
    if kind == "new-emission":
        causes = [
            say("A transmitter outside that was silent while the reference was recorded"),
            say("A device that belongs here: a router, a cordless telephone, a power supply, a screen"),
            say("A stronger path for a distant station: another floor, a window, another antenna position"),
        ]
        if emission.bursts:
            causes.append(say("A sensor or remote control that sends now and then"))
        return tuple(causes)
    causes = [
        say(
            "A better path for the station that the reference has: another floor, a window, an antenna turned"
        ),
        say("A known transmitter that moved nearer or sends with more power: a telephone, a vehicle"),
        say("A receiver, cable or amplifier that was changed since the reference was recorded"),
    ]
    if emission.bursts:
        causes.append(
            say("A network or sensor that sends more often than it did while the reference was made")
        )
    return tuple(causes)
