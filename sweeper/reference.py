"""Reference sets: what the band looks like away from the target, so that what is only inside stands out.

A reference is recorded outside, with the same antenna, gain and plan, and kept as one file. It holds, on a
fixed grid of frequency, the mean and greatest level of every cell, how much both wavered from look to look,
the noise floor, and the list of emissions. A cell that was not heard holds nothing: there is no comparison.

    file: NumPy archive (.npz)
        head       JSON: format, name, UTC times, conditions, emissions
        start, …   one row a stretch of neighbouring cells, all stretches one after another
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from sweeper.dsp.level_grid import FIELDS, Grid, empty, parts
from sweeper.errors import DAMAGED_ARCHIVE, InputError
from sweeper.records import Emission, Record, Trace
from sweeper.text import Phrase, say

FORMAT = "sweeper-reference-1"
SUFFIX = ".reference.npz"

DWELL_TOLERANCE = 0.25
"""The greatest of more looks is greater: with the dwell a quarter longer by some 0.1 dB."""

GAIN_TOLERANCE_DB = 0.6
"""Gain steps nearer than this are one step: an R820T has some 0.5 dB apart."""


FRIENDLY_REACH_HZ = 5_000.0
FRIENDLY_WIDER = 1.5
FRIENDLY_STRONGER_DB = 6.0
"""A declared signal stays the same within its width, half as much again in width, and 6 dB in power (people
and doors move a steady signal by that much indoors)."""


class Conditions(msgspec.Struct, frozen=True):
    """How a reference was taken. The same must hold where it is compared."""

    receiver: str
    antenna: str
    gain_db: float | None
    ranges_hz: tuple[tuple[float, float], ...]
    dwell_s: float | None = None


class Known(msgspec.Struct, frozen=True):
    """One emission of a reference: hertz, dBFS, decibels."""

    center_hz: float
    width_hz: float
    power_dbfs: float
    snr_db: float
    kind: str
    steady: bool


class Head(msgspec.Struct, frozen=True):
    """What a reference says of itself."""

    format: str
    name: str
    taken_utc_s: float
    conditions: Conditions
    cell_hz: float
    emissions: tuple[Known, ...] = ()
    merged: tuple[str, ...] = ()


class Friendly(msgspec.Struct, frozen=True):
    """A signal that the user has declared to be known and harmless, as it was then. It alerts again when it
    is stronger or wider than declared."""

    center_hz: float
    width_hz: float
    power_dbfs: float | None = None
    note: str = ""

    def still(self, emission: Emission) -> bool:
        """Whether an emission is this signal, unchanged."""
        reach = max(self.width_hz, emission.width_hz, FRIENDLY_REACH_HZ) / 2
        if abs(emission.center_hz - self.center_hz) > reach:
            return False
        if emission.width_hz > max(self.width_hz, FRIENDLY_REACH_HZ) * FRIENDLY_WIDER:
            return False
        return self.power_dbfs is None or emission.power_dbfs <= self.power_dbfs + FRIENDLY_STRONGER_DB


class Reference(msgspec.Struct, frozen=True, eq=False):
    """A reference set: what it says of itself, and the levels."""

    head: Head
    grid: Grid

    def age_s(self, now_utc_s: float) -> float:
        """Seconds since it was taken."""
        return now_utc_s - self.head.taken_utc_s

    def known_at(self, low_hz: float, high_hz: float) -> list[Known]:
        """Emissions of the reference that overlap a band."""
        return [
            one
            for one in self.head.emissions
            if one.center_hz - one.width_hz / 2 <= high_hz and low_hz <= one.center_hz + one.width_hz / 2
        ]


class Comparison(msgspec.Struct, frozen=True, eq=False):
    """What a sweep is to be compared with."""

    reference: Reference
    friendly: tuple[Friendly, ...] = ()


class Recorder:
    """The sink that gathers a reference: every trace on a grid, and the emissions."""

    def __init__(self, cell_hz: float) -> None:
        self.grid = Grid(cell_hz)
        self._emissions: dict[str, Emission] = {}

    def __call__(self, record: Record) -> None:
        if isinstance(record, Trace):
            self.grid.add(record)
        elif isinstance(record, Emission):
            self._emissions[record.id] = record

    def made(self, name: str, conditions: Conditions, utc_s: float) -> Reference:
        """The reference set."""
        known = sorted(
            (known_of(e) for e in self._emissions.values()), key=lambda k: (k.center_hz, k.width_hz)
        )
        return Reference(Head(FORMAT, name, utc_s, conditions, self.grid.cell_hz, tuple(known)), self.grid)


def known_of(emission: Emission) -> Known:
    """An emission as a reference keeps it."""
    return Known(
        emission.center_hz,
        emission.width_hz,
        emission.power_dbfs,
        emission.snr_db,
        emission.kind,
        not emission.bursts,
    )


def mismatches(reference: Reference, here: Conditions) -> list[Phrase]:
    """Why a comparison would not be fair; empty if it is. Ranges need not agree: what was not heard on both
    sides is not compared."""
    then = reference.head.conditions
    found = []
    if then.antenna != here.antenna:
        found.append(
            say(
                "the reference was taken with antenna '{then}', not '{here}'",
                then=then.antenna,
                here=here.antenna,
            )
        )
    if (then.gain_db is None) != (here.gain_db is None) or (
        then.gain_db is not None
        and here.gain_db is not None
        and abs(then.gain_db - here.gain_db) > GAIN_TOLERANCE_DB
    ):
        words = ["none" if gain is None else f"{gain:g} dB" for gain in (then.gain_db, here.gain_db)]
        found.append(
            say("the reference was taken with gain {then}, not {here}", then=words[0], here=words[1])
        )
    if then.receiver != here.receiver:
        found.append(
            say(
                "the reference was taken with receiver '{then}', not '{here}'",
                then=then.receiver,
                here=here.receiver,
            )
        )
    if then.dwell_s and here.dwell_s and abs(then.dwell_s - here.dwell_s) > DWELL_TOLERANCE * then.dwell_s:
        found.append(
            say(
                "the reference was taken with {then} ms on each hop, not {here} ms",
                then=round(1e3 * then.dwell_s, 1),
                here=round(1e3 * here.dwell_s, 1),
            )
        )
    return found


def merge(references: Sequence[Reference], name: str) -> Reference:
    """Several references of one place as one: more looks, more of what comes and goes. The first one's cells
    and conditions hold; of an emission that several heard the strongest hearing stays. Raises
    ``ValueError`` without any."""
    if not references:
        raise ValueError("nothing to merge")
    first = references[0]
    grid = Grid(first.head.cell_hz)
    emissions: list[Known] = []
    for one in references:
        grid.absorb(one.grid.regridded(grid.cell_hz))
    heard = [known for one in references for known in one.head.emissions]
    for known in sorted(heard, key=lambda k: (-k.power_dbfs, k.center_hz, k.width_hz)):
        if not any(_same(known, kept) for kept in emissions):
            emissions.append(known)
    head = msgspec.structs.replace(
        first.head,
        name=name,
        taken_utc_s=max(one.head.taken_utc_s for one in references),
        emissions=tuple(sorted(emissions, key=lambda k: (k.center_hz, k.width_hz, k.power_dbfs))),
        merged=tuple(one.head.name for one in references),
    )
    return Reference(head, grid)


def _same(one: Known, other: Known) -> bool:
    """Whether two hearings are likely of one emission: each of them at another time."""
    apart_hz = abs(one.center_hz - other.center_hz)
    return (one.kind, one.steady) == (other.kind, other.steady) and apart_hz <= max(
        one.width_hz, other.width_hz
    ) / 2


def save(reference: Reference, path: Path) -> None:
    """Write one file, whole or not at all. Raises ``OSError``."""
    stretches = list(reference.grid.stretches())
    columns = {
        name: np.concatenate([reference.grid.read(name, *one) for one in stretches] or [np.zeros(0)])
        for name in FIELDS
    }
    arrays: dict[str, Any] = {name: column.astype(np.float32) for name, column in columns.items()}
    arrays["head"] = np.frombuffer(msgspec.json.encode(reference.head), np.uint8)
    arrays["start"] = np.array([one[0] for one in stretches], np.int64)
    arrays["count"] = np.array([one[1] for one in stretches], np.int64)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    draft = path.with_name(path.name + ".part")
    draft.write_bytes(buffer.getvalue())
    draft.replace(path)


def load(path: Path) -> Reference:
    """Read one file. Raises ``InputError``."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in ("head", "start", "count", *FIELDS)}
        head = msgspec.json.decode(arrays["head"].astype(np.uint8).tobytes(), type=Head)
    except OSError as error:
        raise InputError(str(path), error.strerror or say("not a reference file")) from error
    except (KeyError, TypeError, *DAMAGED_ARCHIVE) as error:
        raise InputError(
            str(path), say("not a reference file ({name})", name=type(error).__name__)
        ) from error
    if head.format != FORMAT or not 0 < head.cell_hz < math.inf:
        raise InputError(str(path), say("a reference of unknown format '{format}'", format=head.format))
    grid, at = Grid(head.cell_hz), 0
    counts = arrays["count"].astype(np.int64).ravel().tolist()
    if min(counts, default=0) < 0 or any(arrays[name].shape != (sum(counts),) for name in FIELDS):
        raise InputError(str(path), say("a reference whose tables do not fit together"))
    for start, count in zip(arrays["start"].astype(np.int64).ravel().tolist(), counts, strict=True):
        for chunk, inside, part in parts(start, count):
            have = grid.chunks.setdefault(chunk, empty())
            for name in FIELDS:
                have[name][inside] = arrays[name][at : at + count][part]
        at += count
    return Reference(head, grid)


def only_within(emissions: Iterable[Emission], windows_s: Sequence[tuple[float, float]]) -> list[Emission]:
    """Emissions that were on the air only inside the given times (a meeting), none outside; their own times
    and bursts tell. One that was already there, or went on after, is left out."""

    def inside(start_s: float, stop_s: float) -> bool:
        return any(low <= start_s and stop_s <= high for low, high in windows_s)

    found = []
    for emission in emissions:
        spans = [(b.start_s, b.start_s + b.duration_s) for b in emission.bursts]
        if all(inside(*span) for span in spans or [(emission.start_s, emission.stop_s)]):
            found.append(emission)
    return found
