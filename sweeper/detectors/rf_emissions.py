"""Stage: samples and traces in; Trace records for display and Emission records, named, out.

A *look* is a stretch of samples without retuning. A long recording is one look, cut into segments of
``SEGMENT_S``; a sweep is many short looks, each one segment. Every segment is analysed by itself
(``rf_segment``), the strongest of what it holds is named (``rf_naming``), and a tracker keeps one record per
emitter (``rf_tracker``). Nothing is kept of the samples, so a recording of any length takes the same memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count

import numpy as np

from sweeper.detectors import Setup
from sweeper.detectors.rf_heard import Heard
from sweeper.detectors.rf_naming import Namer
from sweeper.detectors.rf_segment import Segment, analyse
from sweeper.detectors.rf_traces import TraceReader
from sweeper.detectors.rf_track import FILLING
from sweeper.detectors.rf_tracker import Tracker
from sweeper.detectors.rf_vetoes import Vetoes
from sweeper.detectors.rf_wide import WideBook
from sweeper.dsp import held
from sweeper.dsp.floor import History
from sweeper.dsp.spectrum import Complex, cell_size, decibel
from sweeper.errors import Reason
from sweeper.pipeline import Stage
from sweeper.records import Closed, IqBlock, Medium, Opened, Record, State, Trace, told
from sweeper.text import say

SEGMENT_S = 0.065536
"""Length of a segment: some sixteen transforms at 1 kHz a bin, and about the eye's time on a display."""

LOOKAHEAD = 512
LOOKAHEAD_S = 0.0006
"""By how much segments overlap (the larger counts): no frame and no GSM burst is lost at the cut."""

LEAST = 16
"""Samples below which a look says nothing."""


@dataclass
class _Look:
    """The look in progress on one channel of one source."""

    rate_hz: float
    center_hz: float
    start_s: float
    usable_hz: float
    sweep_pass: int | None = None
    second: bool = False
    gain_step_db: float = 0.0
    any_gain: bool = False
    parts: list[Complex] = field(default_factory=list)
    count: int = 0
    done: int = 0


class _Source:
    """What is kept of one source."""

    def __init__(self, numbers: Iterator[int], live: bool = False) -> None:
        self.tracker = Tracker(numbers)
        self.vetoes = Vetoes()
        self.live = live
        self.sweep_pass: int | None = None
        self.traces = TraceReader(self.tracker)
        self.wide = WideBook()
        self.tracker.pieces = self.wide.pieces
        self.namer = Namer()
        self.looks: dict[int, _Look] = {}
        self.floors: dict[tuple[float, float, int, float], History] = {}
        self.told_s = -1e9
        self.time_s = 0.0
        self.crowded = False
        self.sampled = False


class RfEmissions:
    """The stage. ``feed`` yields records in the order of time; ``finish`` closes sources left open."""

    name = "rf-emissions"
    accepts: tuple[type[Record], ...] = (Opened, IqBlock, Trace, Closed)

    def __init__(self, setup: Setup) -> None:
        self._sources: dict[str, _Source] = {}
        self._numbers = count(1)

    def feed(self, record: Record, /) -> Iterable[Record]:
        if isinstance(record, Opened):
            if record.medium is Medium.RF:
                self._sources[record.source] = _Source(self._numbers, record.live)
            return
        if isinstance(record, IqBlock):
            yield from self._block(record)
        elif isinstance(record, Trace):
            source = self._sources.setdefault(record.source, _Source(self._numbers))
            if source.sampled:
                return
            source.time_s = max(source.time_s, record.time_s + record.dwell_s)
            yield from source.traces.feed(record)
            yield from self._tell(record.source, source)
        elif isinstance(record, Closed) and record.source in self._sources:
            yield from self._close(record.source)

    def finish(self) -> Iterable[Record]:
        for name in sorted(self._sources):
            yield from self._close(name)

    def _block(self, block: IqBlock) -> Iterable[Record]:
        source = self._sources.setdefault(block.source, _Source(self._numbers))
        source.sampled = True
        look = source.looks.get(block.channel)
        if look is not None and self._ends(look, block):
            yield from self._drain(block.source, source, block.channel, look)
            look = None
        if look is None:
            usable_hz = min(block.usable_hz or block.rate_hz, block.rate_hz)
            if block.sweep_pass != source.sweep_pass:
                self._pass_begins(source, block.sweep_pass)
            look = source.looks[block.channel] = _Look(
                block.rate_hz,
                block.center_hz,
                block.time_s,
                usable_hz,
                block.sweep_pass,
                block.second_look,
                block.gain_step_db,
                block.gain_db is None,
            )
        samples = np.ascontiguousarray(block.samples, dtype=np.complex64)
        bad = ~np.isfinite(samples.view(np.float32))
        if bad.any():
            samples = samples.copy()
            samples.view(np.float32)[bad] = 0.0
        look.parts.append(samples)
        look.count += len(samples)
        size = self._segment(look.rate_hz)
        while look.count >= size + _lookahead(look.rate_hz):
            yield from self._run(block.source, source, block.channel, look, size)

    @staticmethod
    def _pass_begins(source: _Source, number: int | None) -> None:
        """Narrow lines that a live sweep hears from one centre only are held back until the pass that heard
        them first is over: its second looks, or the next pass from other centres, tell what they are."""
        if source.sweep_pass is not None:
            source.wide.conclude(source.tracker, source.namer.rhythms)
            source.tracker.judge(source.vetoes.verdicts())
        source.sweep_pass = number
        source.vetoes.unconfirmed.clear()
        source.tracker.withheld = source.vetoes.unconfirmed if source.live else frozenset()

    @staticmethod
    def _ends(look: _Look, block: IqBlock) -> bool:
        if block.first_sample == 0 or block.rate_hz != look.rate_hz or block.center_hz != look.center_hz:
            return True
        return block.first_sample != look.done + look.count

    @staticmethod
    def _segment(rate_hz: float) -> int:
        return max(4096, round(rate_hz * SEGMENT_S))

    def _drain(self, name: str, source: _Source, channel: int, look: _Look) -> Iterable[Record]:
        if look.count >= LEAST:
            yield from self._run(name, source, channel, look, look.count)
        source.looks.pop(channel, None)

    def _run(self, name: str, source: _Source, channel: int, look: _Look, size: int) -> Iterable[Record]:
        """Analyses the next ``size`` samples of the look and tells what follows."""
        joined = look.parts[0] if len(look.parts) == 1 else np.concatenate(look.parts)
        samples = joined[: size + _lookahead(look.rate_hz)]
        look.parts = [joined[size:]]
        look.count -= min(size, look.count)
        time_s = look.start_s + look.done / look.rate_hz
        continues = look.done > 0
        look.done += size
        place = (look.center_hz, look.rate_hz, channel, look.gain_step_db)
        deaf = held.stretches(samples, look.rate_hz, 0.0)
        if not held.others(deaf, len(samples)):
            return
        history = History(look.any_gain)
        floors = history if deaf else source.floors.setdefault(place, history)
        segment = analyse(samples, look.rate_hz, floors, time_s)
        if look.gain_step_db:
            source.vetoes.softer(segment.heard, look.center_hz, look.gain_step_db)
            return
        length = min(size, len(samples)) / look.rate_hz
        if look.sweep_pass is not None and not (look.second or continues):
            source.wide.add(
                segment.mean, segment.frames, look.rate_hz, look.center_hz, look.usable_hz, time_s
            )
        whole = _whole_here(segment.heard, look.rate_hz, continues, length if len(samples) > size else np.inf)
        named = source.namer.name(whole, samples, look.rate_hz, look.center_hz, time_s, continues)
        heard = self._file(source, look, named, time_s, length, look.rate_hz / len(segment.mean))
        source.time_s = max(source.time_s, time_s + length)
        if segment.crowded and not source.crowded and not any(h.kind in FILLING for h in heard):
            source.crowded = True
            yield told(
                say("more signals at once than are taken apart; the weakest are left out"),
                source=name,
                time_s=time_s,
                subject=self.name,
                state=State.DEGRADED,
                reason=Reason.DROPPED,
            )
        yield _trace(name, time_s, look, segment, length)
        yield from self._tell(name, source)

    @staticmethod
    def _file(
        source: _Source, look: _Look, named: list[Heard], time_s: float, length: float, step: float
    ) -> list[Heard]:
        """Files what a segment held with the tracks; what lies in the usable span."""
        half = look.usable_hz / 2
        heard = [one for one in named if abs(one.center_hz) <= half]  # beyond, aliases fold in
        source.tracker.listened(look.center_hz - half, look.center_hz + half, length)
        source.vetoes.look(look.center_hz, half, time_s, step)
        for one in heard:
            track = source.tracker.add(one, time_s, look.center_hz, step)
            if track is None:
                continue
            if one.kind:
                track.vote(one.kind, one.features, one.snr_db)
            if look.sweep_pass is not None:
                source.wide.heard(one, track.number, look.usable_hz)
            if look.sweep_pass is not None or source.vetoes.looks.centres > 1:
                source.vetoes.heard(track.number, one, look.center_hz, time_s)
                track.centres = len(source.vetoes.lines[track.number].centres)
        return heard

    def _tell(self, name: str, source: _Source) -> Iterable[Record]:
        if source.time_s - source.told_s >= 0.5:
            source.told_s = source.time_s
            yield from source.tracker.emissions(name, source.time_s, final=False)

    def _close(self, name: str) -> Iterable[Record]:
        source = self._sources.pop(name)
        for channel in sorted(source.looks):
            yield from self._drain(name, source, channel, source.looks[channel])
        source.wide.conclude(source.tracker, source.namer.rhythms)
        source.namer.conclude(source.tracker)
        if source.sweep_pass is None:
            source.tracker.fold_lines()
        source.tracker.judge(source.vetoes.verdicts())
        yield from source.tracker.emissions(name, source.time_s, final=True)


def _whole_here(
    heard: tuple[Heard, ...], rate_hz: float, continues: bool, length: float
) -> tuple[Heard, ...]:
    """Without what a neighbouring segment shows better: bursts that begin in the lookahead (the next segment
    has all of them), and the rest of those that ended in the lookahead of the segment before."""
    margin = 2 * cell_size(rate_hz) / rate_hz
    ended = _lookahead(rate_hz) / rate_hz - margin if continues else 0.0
    return tuple(
        one
        for one in heard
        if one.steady or (one.start_s < length and not (one.opens and one.stop_s < ended))
    )


def _lookahead(rate_hz: float) -> int:
    return max(LOOKAHEAD, round(LOOKAHEAD_S * rate_hz))


def _trace(name: str, time_s: float, look: _Look, segment: Segment, length: float) -> Trace:
    size = len(segment.mean)
    step = look.rate_hz / size
    cut = round(size * (1 - look.usable_hz / look.rate_hz) / 2)
    kept = slice(cut, size - cut)
    return Trace(
        source=name,
        time_s=time_s,
        start_hz=look.center_hz - (size // 2 - cut) * step,
        bin_hz=step,
        mean_db=decibel(segment.mean[kept]),
        max_db=decibel(segment.peak[kept]),
        floor_db=decibel(segment.floor[kept]),
        dwell_s=length,
        transforms=segment.frames,
        sweep_pass=None if look.second else look.sweep_pass,
    )


def stage(setup: Setup) -> Stage:
    """The factory that ``sweeper.detectors.BUILTIN`` names."""
    return RfEmissions(setup)
