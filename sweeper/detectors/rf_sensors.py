"""Stage: known sensors named by ``rtl_433``, where that program is installed.

Weather stations, tyre sensors, door bells and meters fill the short-range bands; ``rtl_433`` knows hundreds
of their protocols. An emission with such a packet in one of its bursts gets ``sensor`` (the model),
``sensor_by`` (the program and its version, since another version may know others) and, where the protocol has
one, ``sensor_type``. Where the program is missing, that is said as soon as there was something to ask.

A recording is handed over whole, in stretches of bounded size and time, and its emissions are told again when
it ends. What a live receiver hears is asked burst by burst (``rf_sensors_live``), beside the sweep. What is
faster than ``MOST_HZ`` or lies in bands without such sensors is left out.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from sweeper.detectors import Setup
from sweeper.detectors.rf_rtl433 import (
    KEYED,
    Packet,
    answer,
    banded,
    name_of,
    named,
    program_file,
    switched_off,
    version_of,
)
from sweeper.detectors.rf_sensors_live import LiveSensors
from sweeper.errors import Reason
from sweeper.records import Closed, Emission, IqBlock, Medium, Opened, Record, State, Status, told
from sweeper.text import Words, say

LEAST_HZ, MOST_HZ = 200e3, 3.2e6
"""Sample rates that it is made for."""

STRETCH = 1 << 23
"""Samples handed over at once (34 s at 250 kS/s, 32 MB); a packet across a cut is heard in the overlap."""

OVERLAP_S = 0.3


@dataclass
class _Listening:
    """One recording: samples not handed over yet, packets and emissions so far."""

    rate_hz: float = 0.0
    center_hz: float = 0.0
    start_s: float = 0.0
    parts: list[np.ndarray] = field(default_factory=list)
    count: int = 0
    packets: set[Packet] = field(default_factory=set)
    emissions: dict[str, Emission] = field(default_factory=dict)
    failed: Words = ""


class Sensors:
    """The stage. ``program`` is ``None`` where there is none; ``off``: the user wants none asked."""

    name = "rf-sensors"
    accepts: tuple[type[Record], ...] = (Opened, IqBlock, Emission, Closed)

    def __init__(self, program: str | None, *, off: bool = False) -> None:
        self._program = program
        self._off = off
        self._told_missing = False
        self._version = ""
        self._sources: dict[str, _Listening] = {}
        self._live: dict[str, LiveSensors] = {}

    def feed(self, record: Record, /) -> Iterable[Record]:
        if isinstance(record, Opened):
            self._opened(record)
        elif isinstance(record, Emission) and self._program is None:
            yield from self._missing(record)
        elif record.source in self._live:
            yield from self._heard_live(record, self._live[record.source])
        elif (one := self._sources.get(record.source)) is not None:
            yield from self._read(record, one)

    def finish(self) -> Iterable[Record]:
        """What the last bursts of a live receiver turned out to be."""
        for source in sorted(self._live):
            yield from self._live.pop(source).end()
        self._sources.clear()

    def _opened(self, opened: Opened) -> None:
        if opened.medium is not Medium.RF or not self._program:
            return
        if opened.live:
            self._live[opened.source] = LiveSensors(self.name, self._program, self._by)
        else:
            self._sources[opened.source] = _Listening()

    def _by(self) -> str:
        """Name and version of the program, asked once."""
        self._version = self._version or version_of(str(self._program))
        return self._version

    def _missing(self, emission: Emission) -> Iterable[Status]:
        """Once, and only where there was something to ask: why known sensors have no names here."""
        if self._off or self._told_missing or emission.kind not in KEYED or not emission.bursts:
            return
        if emission.center_hz and banded(emission.center_hz):
            self._told_missing = True
            yield told(
                say("known sensors are not named: rtl_433 is not installed (sudo apt install rtl-433)"),
                source=emission.source,
                time_s=emission.time_s,
                subject=self.name,
                state=State.DEGRADED,
                reason=Reason.LIBRARY_MISSING,
            )

    def _heard_live(self, record: Record, live: LiveSensors) -> Iterable[Record]:
        if isinstance(record, IqBlock):
            if LEAST_HZ <= record.rate_hz <= MOST_HZ and banded(record.center_hz):
                live.remember(record)
            yield from live.answered()
        elif isinstance(record, Emission):
            yield from live.emission(record)
        elif isinstance(record, Closed):
            del self._live[record.source]
            yield from live.end()

    def _read(self, record: Record, one: _Listening) -> Iterable[Record]:
        if isinstance(record, IqBlock):
            self._take(one, record)
        elif isinstance(record, Emission):
            one.emissions[record.id] = record
        elif isinstance(record, Closed):
            yield from self._close(record, one)

    def _take(self, one: _Listening, block: IqBlock) -> None:
        if (
            one.failed
            or block.channel
            or not LEAST_HZ <= block.rate_hz <= MOST_HZ
            or not banded(block.center_hz)
        ):
            return
        if block.first_sample == 0 or (block.rate_hz, block.center_hz) != (one.rate_hz, one.center_hz):
            self._hand_over(one)
            one.parts, one.count = [], 0
            one.rate_hz, one.center_hz, one.start_s = block.rate_hz, block.center_hz, block.time_s
        one.parts.append(block.samples)
        one.count += len(block.samples)
        if one.count >= STRETCH:
            self._hand_over(one)
            kept = _last(one.parts, int(OVERLAP_S * one.rate_hz))
            one.start_s += (one.count - len(kept)) / one.rate_hz
            one.parts, one.count = [kept], len(kept)

    def _hand_over(self, one: _Listening) -> None:
        """Asks the program what is in the samples at hand."""
        if not one.count or one.failed or not self._program:
            return
        try:
            found = answer(self._program, one.parts, one.rate_hz, one.center_hz)
        except (OSError, subprocess.SubprocessError) as error:
            one.failed = say("{program}: {error}", program=self._program, error=error)
            return
        for packet in found:
            one.packets.add(packet._replace(time_s=round(packet.time_s + one.start_s, 6)))

    def _close(self, closed: Closed, one: _Listening) -> Iterable[Record]:
        self._hand_over(one)
        del self._sources[closed.source]
        if one.failed:
            yield told(
                say("known sensors were not named: {problem}", problem=one.failed),
                source=closed.source,
                time_s=closed.time_s,
                subject=self.name,
                state=State.DEGRADED,
            )
        for emission in sorted(one.emissions.values(), key=lambda e: e.id):
            packet = name_of(emission, one.packets)
            if packet is not None:
                yield named(emission, packet, self._by())


def _last(parts: list[np.ndarray], count: int) -> np.ndarray:
    """The last ``count`` samples of pieces that follow each other, or as many as there are."""
    rest, kept = count, []
    for part in reversed(parts):
        kept.append(part[max(0, len(part) - rest) :])
        rest -= len(kept[-1])
        if rest <= 0:
            break
    return np.concatenate(kept[::-1])


def stage(setup: Setup) -> Sensors:
    """The factory that ``sweeper.detectors.BUILTIN`` names."""
    return Sensors(program_file(), off=switched_off())
