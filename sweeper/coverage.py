"""What was heard: the stage that counts listening, so that the report can say what was not swept.

Only what arrived counts. A range, a radio or a stretch of time without records has no Coverage record and
is *not swept*, whatever the plan said. Adjacent hops that were heard alike become one row.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from sweeper.dsp import held
from sweeper.errors import Reason
from sweeper.plan import Band
from sweeper.records import (
    AdvertisementBatch,
    Coverage,
    Device,
    FrameBatch,
    IqBlock,
    Medium,
    Opened,
    Record,
    State,
    Status,
    Trace,
    told,
)
from sweeper.text import say

SAME_DWELL = 0.2
"""Adjacent hops whose listening time differs by less than this share are one row of the table."""


class _Times:
    """When a range was listened to: sixteen bytes a look, a seventh of a tuple of two floats."""

    def __init__(self) -> None:
        self._starts_s = array("d")
        self._stops_s = array("d")

    def add(self, start_s: float, seconds: float) -> None:
        """Remember one look; what is less than a second apart is one."""
        stop_s = start_s + seconds
        if self._stops_s and start_s - self._stops_s[-1] <= SAME_TIME_S:
            self._stops_s[-1] = max(self._stops_s[-1], stop_s)
        elif len(self) < TIMES_KEPT:
            self._starts_s.append(start_s)
            self._stops_s.append(stop_s)

    def __len__(self) -> int:
        return len(self._starts_s)

    def pairs(self) -> tuple[tuple[float, float], ...]:
        """(start, stop) of each, in seconds."""
        return tuple(zip(self._starts_s, self._stops_s, strict=True))


@dataclass
class _Range:
    """One tuned range: hertz, seconds of listening, looks (retunes) and the floors seen there."""

    start_hz: float
    stop_hz: float
    seconds: float = 0.0
    looks: int = 0
    floors: array[float] = field(default_factory=lambda: array("d"))
    bin_hz: float | None = None
    gain_db: float | None = None
    times: _Times = field(default_factory=_Times)


@dataclass
class _Packets:
    """BLE, Wi-Fi or LAN: when the first and last packet came, how many, how many were lost."""

    medium: Medium
    first_s: float
    last_s: float
    count: int = 0
    lost: int = 0
    channels: set[int] = field(default_factory=set)
    still_s: float = 0.0
    """Of the time between them, the program stood still so long."""


_Ranges = dict[str, dict[tuple[float, float], _Range]]
"""Source -> (start_hz, stop_hz) -> what was heard there."""

SAME_TIME_S = 1.0
TIMES_KEPT = 1_024
"""Looks remembered of each range: a watch that comes round in a second is one, a night of sweeps 2,000."""

FLOORS_KEPT = 512
"""Floor samples kept for each range; their median is what the table shows."""


class CoverageStage:
    """Counts what arrives; says what was covered when all sources have ended."""

    name = "coverage"
    accepts: tuple[type[Record], ...] = (
        Opened,
        IqBlock,
        Trace,
        AdvertisementBatch,
        FrameBatch,
        Device,
        Coverage,
        Status,
    )

    def __init__(self) -> None:
        self._from_iq: _Ranges = {}
        self._from_traces: _Ranges = {}
        self._packets: dict[str, _Packets] = {}
        self._told: set[str] = set()
        self._deaf: set[str] = set()
        """Sources of which it was told that their samples hold one value."""
        self._still_s: dict[str, float] = {}
        """Seconds of standing still after which no packet came yet, by source."""
        self._lesser: dict[str, str] = {}
        """The lesser looks, by source: one that is stopped before its end tells no coverage of its own."""

    def feed(self, record: Record, /) -> Iterable[Record]:
        """Counts; before the end it tells only of a receiver that went deaf."""
        if isinstance(record, IqBlock):
            if not (record.channel or record.second_look):  # channels of one recording hear at the same time
                return self._block(record)
        elif isinstance(record, Trace):
            self._trace(record)
        elif isinstance(record, AdvertisementBatch) and record.adverts:
            times = [advert.time_s for advert in record.adverts]
            self._count(record.source, Medium.BLE, min(times), max(times), len(times), 0)
        elif isinstance(record, FrameBatch) and record.frames:
            first, last = min(record.times_s), max(record.times_s)
            self._count(record.source, record.medium, first, last, len(record.frames), record.lost)
        elif isinstance(record, Opened):
            self._lesser[record.source] = record.look
        elif isinstance(record, Coverage):  # the source knows better what it covered
            self._told.add(record.source)
        elif isinstance(record, Status):
            self._stood_still(record)
        elif isinstance(record, Device) and record.source in self._packets:
            channel = record.facts.get("wifi.channel")
            if isinstance(channel, int):
                self._packets[record.source].channels.add(channel)
        return ()

    def _block(self, block: IqBlock) -> Iterable[Record]:
        """Counts samples, but for stretches of one value, which are no listening."""
        deaf = held.stretches(block.samples, block.rate_hz)
        half = (block.usable_hz or block.rate_hz) / 2
        heard = _range(self._from_iq, block.source, block.center_hz - half, block.center_hz + half)
        live = held.others(deaf, len(block.samples))
        heard.looks += bool(live) and block.first_sample == 0
        heard.gain_db = block.gain_db
        for start, stop in live:
            seconds = (stop - start) / block.rate_hz
            heard.seconds += seconds
            heard.times.add(block.time_s + start / block.rate_hz, seconds)
        if not deaf or block.source in self._deaf:
            return ()
        self._deaf.add(block.source)
        return [
            told(
                say("the samples hold one and the same value: while they do, nothing was listened to"),
                source=block.source,
                time_s=block.time_s + deaf[0][0] / block.rate_hz,
                subject=block.source,
                state=State.DEGRADED,
                reason=Reason.STALLED,
            )
        ]

    def finish(self) -> Iterator[Record]:
        """One Coverage record a range or packet source."""
        for source, ranges in sorted({**self._from_traces, **self._from_iq}.items()):
            _lend_floors(ranges.values(), self._from_traces.get(source, {}).values())
            for row in _joined(sorted(ranges.values(), key=lambda r: (r.start_hz, r.stop_hz))):
                if row.seconds > 0:
                    yield _rf_coverage(source, row)
        for source, packets in sorted(self._packets.items()):
            if source in self._told:
                continue
            ble = packets.medium is Medium.BLE
            yield Coverage(
                source=source,
                time_s=packets.last_s,
                medium=packets.medium,
                seconds=max(0.0, packets.last_s - packets.first_s - packets.still_s),
                adverts=packets.count if ble else None,
                frames=None if ble else packets.count,
                lost=None if ble else packets.lost,
                channels=tuple(sorted(packets.channels)),
                look=self._lesser.get(source, ""),
            )

    def _trace(self, trace: Trace) -> None:
        """A trace tells the floor, and from a source without IQ the listening itself.

        Traces made of IQ arrive before the block they were made of, so which of the two it is shows only at
        the end.
        """
        start_hz = trace.start_hz - trace.bin_hz / 2
        heard = _range(
            self._from_traces, trace.source, start_hz, start_hz + len(trace.mean_db) * trace.bin_hz
        )
        heard.seconds += trace.dwell_s
        heard.looks += 1
        heard.bin_hz = trace.bin_hz
        if trace.source not in self._from_iq:  # else the blocks say when
            heard.times.add(trace.time_s, trace.dwell_s)
        if trace.floor_db is not None and len(heard.floors) < FLOORS_KEPT:
            heard.floors.append(float(np.median(trace.floor_db)))

    def _count(
        self, source: str, medium: Medium, first_s: float, last_s: float, count: int, lost: int
    ) -> None:
        packets = self._packets.setdefault(source, _Packets(medium, first_s, last_s))
        packets.still_s += self._still_s.pop(source, 0.0)
        packets.first_s = min(packets.first_s, first_s)
        packets.last_s = max(packets.last_s, last_s)
        packets.count += count
        packets.lost += lost

    def _stood_still(self, status: Status) -> None:
        """Time asleep between two packets was not listened to."""
        if status.reason is not Reason.STOOD_STILL or status.said is None:
            return
        seconds = status.said.args.get("seconds")
        if isinstance(seconds, int | float) and status.source in self._packets:
            self._still_s[status.source] = self._still_s.get(status.source, 0.0) + float(seconds)


def _range(ranges: _Ranges, source: str, start_hz: float, stop_hz: float) -> _Range:
    return ranges.setdefault(source, {}).setdefault((start_hz, stop_hz), _Range(start_hz, stop_hz))


def _lend_floors(rows: Iterable[_Range], traced: Iterable[_Range]) -> None:
    """Give each row without a floor of its own those of the traces whose middle it holds."""
    spans = sorted(traced, key=lambda t: t.start_hz + t.stop_hz)
    middles = [(t.start_hz + t.stop_hz) / 2 for t in spans]
    for row in rows:
        if not row.floors:
            within = spans[bisect_left(middles, row.start_hz) : bisect_right(middles, row.stop_hz)]
            row.floors = array("d", (floor for t in within for floor in t.floors))
            row.bin_hz = max((t.bin_hz for t in within if t.bin_hz), default=None)


def stage(_setup: object) -> CoverageStage:
    """The factory."""
    return CoverageStage()


GAP_HZ = 1e3
"""Unheard slivers narrower than this are rounding, not gaps."""


def gaps(bands: Iterable[Band], rows: Iterable[Coverage]) -> list[tuple[float, float]]:
    """Parts of the planned bands that no coverage row holds: (start_hz, stop_hz), in order of frequency."""
    heard = sorted(
        (row.start_hz, row.stop_hz)
        for row in rows
        if row.medium is Medium.RF and row.start_hz is not None and row.stop_hz is not None
    )
    missing: list[tuple[float, float]] = []
    for band in sorted(bands, key=lambda b: (b.start_hz, b.stop_hz)):
        at = band.start_hz
        for start_hz, stop_hz in heard:
            if start_hz > at + GAP_HZ and at < band.stop_hz:
                missing.append((at, min(start_hz, band.stop_hz)))
            at = max(at, stop_hz)
        if at < band.stop_hz - GAP_HZ:
            missing.append((at, band.stop_hz))
    return missing


def overlapping(rows: Iterable[Coverage]) -> Iterator[list[Coverage]]:
    """Rows as a person wants them told: hops of later passes lie half a hop beside those of the first, so
    rows of one source that share at least half of the narrower one are one group, in the order given."""
    group: list[Coverage] = []
    for row in rows:
        if group and _beside(group, row):
            group.append(row)
            continue
        if group:
            yield group
        group = [row]
    if group:
        yield group


def _beside(group: Sequence[Coverage], row: Coverage) -> bool:
    if (
        row.start_hz is None
        or row.stop_hz is None
        or (group[-1].source, group[-1].look) != (row.source, row.look)
    ):
        return False
    known = [
        (one.start_hz, one.stop_hz) for one in group if one.start_hz is not None and one.stop_hz is not None
    ]
    return any(
        min(stop_hz, row.stop_hz) - max(start_hz, row.start_hz)
        >= 0.5 * min(stop_hz - start_hz, row.stop_hz - row.start_hz) - GAP_HZ
        for start_hz, stop_hz in known
    )


def _joined(rows: Iterable[_Range]) -> Iterator[_Range]:
    """Rows in order of frequency, touching or overlapping ones of like listening time made one."""
    current: _Range | None = None
    for row in rows:
        if (
            current is not None
            and row.start_hz <= current.stop_hz
            and abs(row.seconds - current.seconds) <= SAME_DWELL * max(row.seconds, current.seconds)
        ):
            current = _Range(
                current.start_hz,
                max(current.stop_hz, row.stop_hz),
                min(current.seconds, row.seconds),
                min(current.looks, row.looks),
                current.floors + row.floors,
                max(current.bin_hz or 0.0, row.bin_hz or 0.0) or None,
                current.gain_db if current.gain_db == row.gain_db else None,
                min(current.times, row.times, key=len),
            )
            continue
        if current is not None:
            yield current
        current = row
    if current is not None:
        yield current


def _rf_coverage(source: str, row: _Range) -> Coverage:
    return Coverage(
        source=source,
        time_s=0.0,
        medium=Medium.RF,
        seconds=row.seconds,
        start_hz=row.start_hz,
        stop_hz=row.stop_hz,
        dwell_s=row.seconds / max(row.looks, 1),
        floor_dbfs_per_hz=float(np.median(row.floors)) if row.floors else None,
        bin_hz=row.bin_hz,
        gain_db=row.gain_db,
        looks_s=row.times.pairs(),
    )
