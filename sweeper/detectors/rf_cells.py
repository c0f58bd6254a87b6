"""GSM base stations as they are listened to: one correction burst after the other, then what the cell says.

    FCCH found ── one frame on: SCH ──> BSIC, frame number
                  frames 2…5 of the right multiframes: BCCH ──> MCC MNC LAC CI

Samples come in segments and looks of some 60 ms, a System Information 3 comes about once a second. So the
frame number is carried on through a look, and each burst of a BCCH block is read where a segment holds it. A
new look begins without timing: seconds between looks are not counted in samples. What the cell said stays.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sweeper import operators
from sweeper.dsp import gsm, gsm_burst
from sweeper.dsp.spectrum import Complex
from sweeper.protocols import gsm_coding, gsm_messages
from sweeper.protocols.gsm_coding import Sync
from sweeper.protocols.gsm_messages import CellName
from sweeper.records import Value

MOST_TIMES = 4096
"""Correction bursts kept; a base station sends 21 a second."""

MOST_LOOK = 31
"""Those of the present look that are kept for timing."""

SYNC_AFTER = (1, -9, -10)
"""Frames from an FCCH to an SCH: the one that follows it, or the one before, where the look ends too soon."""

SYNC_REACH = 30.0
"""Symbols: an FCCH's beginning is known to a tenth of a millisecond at worst."""

REACH, DRIFT = 3.0, 25e-6 * gsm.SYMBOL_RATE_HZ
"""Symbols searched around a burst's place, and how many more for each second since the last SCH (25 ppm)."""

AGAIN_S = 0.4
"""The SCH is read again after so long while the cell is not named, and after ``CHECK_S`` once it is."""

CHECK_S = 5.0

CLEAN = 4
"""One SCH with at most so many wrong bits of 78 is believed by itself (10 parity bits let one in a thousand
wrong ones through); else two must agree."""

WANTED = (2, 6, 3, 7)
"""Multiframes, modulo 8, whose BCCH holds System Information 3 and 3, 4 and 4 (TS 45.002 §6.3.1.3)."""

MOST_UNSURE = 8


@dataclass
class Cell:
    """What is known of one carrier. ``fcch`` are (time, tone above the carrier)."""

    fcch: list[tuple[float, float]] = field(default_factory=list)
    look: list[float] = field(default_factory=list)
    at_s: float = 0.0
    sync: Sync | None = None
    first: tuple[float, Sync] | None = None
    unsure: list[tuple[float, Sync]] = field(default_factory=list)
    payloads: dict[int, gsm_burst.Soft] = field(default_factory=dict)
    name: CellName | None = None

    @property
    def tone_hz(self) -> float:
        return float(np.median([tone for _, tone in self.fcch[-64:]]))

    def new_look(self) -> None:
        """Times before now do not count in samples any more."""
        self.look = []
        self.sync = None
        self.unsure = []
        self.payloads = {}

    def plausible(self) -> bool:
        """Whether the correction bursts of this look are spaced as a base station's."""
        return gsm.plausible(self.look)

    def features(self) -> dict[str, Value]:
        """BSIC and frame number once the SCH was read, the cell's name once the BCCH was."""
        out: dict[str, Value] = {}
        if self.first is not None:
            at_s, sync = self.first
            out |= {"bsic": sync.bsic, "frame_number": sync.frame, "sch_s": round(at_s, 5)}
        if self.name is not None:
            out |= {"mcc": self.name.mcc, "mnc": self.name.mnc, "lac": self.name.lac}
            if self.name.ci is not None:
                out["ci"] = self.name.ci
            owner = operators.operator(self.name.mcc, self.name.mnc)
            land = operators.country(self.name.mcc)
            out |= {"operator": owner.name} if owner is not None else {}
            out |= {"country": land.name.en} if land is not None else {}
        return out


class Cells:
    """All carriers of one source, by their frequency in kilohertz."""

    def __init__(self) -> None:
        self._cells: dict[int, Cell] = {}

    def new_look(self) -> None:
        """The samples that follow do not continue those before."""
        for cell in self._cells.values():
            cell.new_look()

    def hear(
        self,
        key: int,
        bursts: list[gsm.Fcch],
        samples: Complex,
        rate_hz: float,
        carrier_hz: float,
        time_s: float,
    ) -> Cell:
        """Takes in one segment of a carrier (``carrier_hz`` from the samples' centre) that began at
        ``time_s``; ``bursts`` are the FCCH found in it."""
        cell = self._cells.setdefault(key, Cell())
        for burst in bursts:
            at = time_s + burst.start_s
            if not any(abs(at - t) < 2e-3 for t in cell.look[-4:]):
                cell.look = [*cell.look[-MOST_LOOK:], at]
                if len(cell.fcch) < MOST_TIMES:
                    cell.fcch.append((at, burst.tone_hz))
        if cell.look and cell.plausible():
            part = _Part(samples, rate_hz, carrier_hz + cell.tone_hz - gsm.TONE_HZ, time_s)
            _synchronise(cell, part)
            if cell.sync is not None and (cell.name is None or cell.name.ci is None):
                _broadcast(cell, cell.sync, part)
        return cell


@dataclass(frozen=True)
class _Part:
    """A segment's samples, the carrier's true place in them, and when they began."""

    samples: Complex
    rate_hz: float
    carrier_hz: float
    time_s: float

    @property
    def stop_s(self) -> float:
        return self.time_s + len(self.samples) / self.rate_hz

    def sync(self, at_s: float) -> tuple[float, Sync] | None:
        """The synchronisation burst expected at ``at_s``: when it began and what it says."""
        if not self.time_s <= at_s <= self.stop_s - gsm.BURST_S:
            return None
        burst = gsm_burst.demodulate(
            self.samples,
            self.rate_hz,
            self.carrier_hz,
            at_s - self.time_s,
            gsm_burst.SCH_TRAINING,
            gsm_burst.SCH_AT,
            SYNC_REACH,
        )
        said = gsm_coding.sync(burst.sync_payload) if burst is not None else None
        return None if burst is None or said is None else (self.time_s + burst.start_s, said)

    def normal(self, at_s: float, training: int, reach: float) -> gsm_burst.Soft | None:
        """The payload of the normal burst expected at ``at_s``."""
        burst = gsm_burst.demodulate(
            self.samples,
            self.rate_hz,
            self.carrier_hz,
            at_s - self.time_s,
            gsm_burst.TRAINING[training],
            gsm_burst.NORMAL_AT,
            reach,
        )
        return None if burst is None else burst.payload


def _synchronise(cell: Cell, part: _Part) -> None:
    """Reads an SCH where none was read for a while."""
    pause = AGAIN_S if cell.name is None or cell.name.ci is None else CHECK_S
    if cell.sync is not None and part.time_s - cell.at_s < pause:
        return
    for fcch_s in cell.look[-3:]:
        for frames in SYNC_AFTER:
            heard = part.sync(fcch_s + frames * gsm.FRAME_S)
            if heard is not None and _believed(cell, *heard):
                cell.at_s, cell.sync = heard
                if cell.first is None or cell.first[1].bsic != heard[1].bsic:
                    cell.first, cell.name, cell.payloads = heard, None, {}
                return


def _believed(cell: Cell, at_s: float, said: Sync) -> bool:
    if said.errors <= CLEAN or any(_agree(at_s, said, t, other) for t, other in cell.unsure):
        return True
    if cell.first is not None and cell.first[1].bsic == said.bsic:
        return True
    cell.unsure = [*cell.unsure, (at_s, said)][-MOST_UNSURE:]
    return False


def _agree(at_s: float, said: Sync, other_s: float, other: Sync) -> bool:
    """Same colour, and frame numbers as far apart as the bursts."""
    frames = round((at_s - other_s) / gsm.FRAME_S)
    return frames != 0 and said.bsic == other.bsic and said.frame - other.frame == frames


def _broadcast(cell: Cell, sync: Sync, part: _Part) -> None:
    """Reads the bursts of the wanted BCCH blocks that lie in the segment, and each block once it is whole."""
    first = int(np.ceil((part.time_s - cell.at_s) / gsm.FRAME_S))
    last = int(np.floor((part.stop_s - gsm.BURST_S - cell.at_s) / gsm.FRAME_S))
    for frames in range(first, last + 1):
        number = (sync.frame + frames) % gsm_coding.HYPERFRAME
        place = number % gsm_coding.MULTIFRAME
        if place not in gsm_coding.BCCH_FRAMES or number in cell.payloads:
            continue
        if number // gsm_coding.MULTIFRAME % 8 not in WANTED:
            continue
        at_s = cell.at_s + frames * gsm.FRAME_S
        payload = part.normal(at_s, sync.training, REACH + DRIFT * abs(at_s - cell.at_s))
        if payload is not None:
            cell.payloads[number] = payload
            if place == gsm_coding.BCCH_FRAMES[-1]:
                _read(cell, number - place)


def _read(cell: Cell, multiframe: int) -> None:
    """The block whose multiframe begins with that frame, if all four bursts were heard."""
    bursts = [cell.payloads.get(multiframe + place) for place in gsm_coding.BCCH_FRAMES]
    whole = [burst for burst in bursts if burst is not None]
    cell.payloads = {number: heard for number, heard in cell.payloads.items() if number > multiframe + 5}
    if len(whole) < len(bursts):
        return
    octets = gsm_coding.block(np.array(whole))
    name = gsm_messages.cell_name(octets) if octets is not None else None
    if name is not None and (cell.name is None or name.ci is not None):
        cell.name = name
