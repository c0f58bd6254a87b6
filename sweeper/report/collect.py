"""The sink that keeps what a report needs, in bounded memory.

Records flow by for hours; a report needs the last word on each emission, device, finding and band, and a
picture of each spectrum. So the collector keeps the latest record of each id, pools spectra to what a page
can show, thins signal histories, and counts what it had to leave out: that count is a Status, not a secret.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from sweeper.errors import Reason
from sweeper.plan import Band
from sweeper.records import (
    AdvertisementBatch,
    Closed,
    Coverage,
    Device,
    Emission,
    Finding,
    Medium,
    Opened,
    Record,
    State,
    Status,
    SweepPass,
    Trace,
    told,
)
from sweeper.report.raster import Raster
from sweeper.report.strengths import Strengths
from sweeper.text import Phrase, Words, english, phrase_of, say

MAX_EMISSIONS = 50_000
MAX_DEVICES = 50_000
MAX_FINDINGS = 20_000
"""The window is asked to hold 10,000 rows; five times that is a very busy day and about 200 MB."""
MAX_STATUSES = 2_000
MAX_LOOKS = 4_096
"""Distinct frequency windows per session: a full sweep of 24 to 1766 MHz in 2 MHz hops has 871."""
MAX_RASTERS = 64
"""Windows whose course over time is kept, 350 kB each: a recording has one, a sweep's hops need none."""
LOOK_POINTS = 1_024
"""Points kept of one window: a page is about a thousand dots wide."""
MAX_PASSES = 4
"""Stitched passes kept, the newest: a full sweep's has 350,000 bins, 4 MB."""
HISTORY_POINTS = 256
"""Signal strengths kept per device: beyond it every second one is dropped, and so on."""
MAX_HISTORIES = 4_096
"""Addresses with a history of signal strength: about 10 MB when all are full."""

LISTS = {
    "spectra": say("spectra"),
    "emissions": say("emissions"),
    "devices": say("devices"),
    "findings": say("findings"),
    "statuses": say("events"),
}
"""What may have to be left out, as a reader calls it."""

Doubles = npt.NDArray[np.float64]


class Look:
    """Mean, max hold and floor over one frequency window, over all the times it was looked at.

    Arrays are float64 of equal length, dB per hertz; point ``i`` is centred on ``start_hz + i * step_hz``.
    """

    def __init__(self, trace: Trace) -> None:
        self.source = trace.source
        self.fold = max(1, -(-len(trace.max_db) // LOOK_POINTS))
        self.step_hz = trace.bin_hz * self.fold
        self.start_hz = trace.start_hz + trace.bin_hz * (self.fold - 1) / 2
        self.calibrated = trace.calibrated
        self.max_db = _pool(trace.max_db, self.fold, np.max)
        self._mean = _linear(trace.mean_db, self.fold)
        self.floor_db = None if trace.floor_db is None else _pool(trace.floor_db, self.fold, np.mean)
        self.weight = max(trace.transforms, 1)
        self.dwell_s = trace.dwell_s
        self.passes = 1

    def add(self, trace: Trace) -> None:
        """Hold the maxima and average the means (as powers) with those of one more look."""
        weight = max(trace.transforms, 1)
        np.maximum(self.max_db, _pool(trace.max_db, self.fold, np.max), out=self.max_db)
        share = weight / (self.weight + weight)
        self._mean += (_linear(trace.mean_db, self.fold) - self._mean) * share
        if trace.floor_db is not None:
            floor = _pool(trace.floor_db, self.fold, np.mean)
            self.floor_db = (
                floor if self.floor_db is None else self.floor_db + (floor - self.floor_db) * share
            )
        self.weight += weight
        self.dwell_s += trace.dwell_s
        self.passes += 1

    @property
    def mean_db(self) -> Doubles:
        return 10 * np.log10(np.maximum(self._mean, 1e-30))

    @property
    def stop_hz(self) -> float:
        return self.start_hz + (len(self.max_db) - 1) * self.step_hz


def _pool(values: npt.NDArray[Any], fold: int, how: Callable[..., Any]) -> Doubles:
    """``values`` in groups of ``fold``, each reduced by ``how``; the last group may be short."""
    wide = np.asarray(values, dtype=np.float64)
    if fold == 1:
        return wide.copy()
    short = -len(wide) % fold
    if short:
        wide = np.concatenate([wide, np.repeat(wide[-1:], short)])
    pooled: Doubles = how(wide.reshape(-1, fold), axis=1)
    return pooled


def _linear(db: npt.NDArray[Any], fold: int) -> Doubles:
    return _pool(10 ** (np.asarray(db, dtype=np.float64) / 10), fold, np.mean)


class Refused(msgspec.Struct, frozen=True):
    """An input of which nothing could be read, and the line that says why."""

    path: str
    problem: str
    said: Phrase


class Collector:
    """Give it to the session as a sink: ``collector(record)`` for every record, in order.

    ``planned`` are the bands that were to be swept, set by whoever starts a live sweep: what of them was not
    heard is then named in the report.
    """

    def __init__(self) -> None:
        self.opened: dict[str, Opened] = {}
        self.closed: dict[str, Closed] = {}
        self.refused: list[Refused] = []
        self.planned: tuple[Band, ...] = ()
        self.looks: dict[tuple[str, int, int, int], Look] = {}
        self.rasters: dict[tuple[str, int, int, int], Raster] = {}
        self.passes: deque[SweepPass] = deque(maxlen=MAX_PASSES)
        self.left_out: dict[str, int] = {}
        self.histories: dict[str, Strengths] = {}
        self._emissions: dict[str, Emission] = {}
        self._devices: dict[str, Device] = {}
        self._findings: dict[str, Finding] = {}
        self._coverage: dict[tuple[str, str, float, float], Coverage] = {}
        self._statuses: dict[tuple[str, str, str, str, str], tuple[Status, int]] = {}
        self._strides: dict[str, tuple[int, int]] = {}
        self._takers: dict[type[Record], Callable[[Any], None]] = {
            Opened: self._take_opened,
            Closed: self._take_closed,
            Trace: self._take_trace,
            AdvertisementBatch: self._take_adverts,
            Emission: self._take_emission,
            Device: self._take_device,
            Finding: self._take_finding,
            Coverage: self._take_coverage,
            Status: self._take_status,
            SweepPass: self.passes.append,
        }

    def __call__(self, record: Record) -> None:
        taker = self._takers.get(type(record))
        if taker is not None:
            taker(record)

    receive = __call__

    def refuse(self, path: str, problem: Words) -> None:
        """Note an input of which nothing could be read."""
        self.refused.append(Refused(path, english(problem), phrase_of(problem)))

    def problems(self, source: str) -> list[str]:
        """What went wrong with one input: the reader's own lines, then how it failed, each once."""
        return list(self._problems(source))

    def said(self, source: str) -> list[Phrase]:
        """The same for the reader's own language."""
        return list(self._problems(source).values())

    def _problems(self, source: str) -> dict[str, Phrase]:
        closed = self.closed.get(source)
        lines: dict[str, Phrase] = {}
        if closed is not None:
            said = closed.said or map(phrase_of, closed.problems)
            lines.update(zip(closed.problems, said, strict=False))
        for status, _ in self._statuses.values():
            own = status.source == source and status.subject == source
            if own and status.state is State.FAILED:
                lines.setdefault(status.detail, status.said or phrase_of(status.detail))
        return lines

    @property
    def demo(self) -> bool:
        return any(opened.demo for opened in self.opened.values())

    @property
    def emissions(self) -> list[Emission]:
        """By time, then frequency."""
        return sorted(self._emissions.values(), key=lambda e: (e.start_s, e.center_hz, e.id))

    @property
    def devices(self) -> list[Device]:
        """By medium, then first sighting."""
        return sorted(self._devices.values(), key=lambda d: (d.medium, d.first_s, d.id))

    @property
    def findings(self) -> list[Finding]:
        """The most pressing first, then by time."""
        return sorted(self._findings.values(), key=lambda f: (-f.level.rank, f.raised_s, f.id))

    @property
    def coverage(self) -> list[Coverage]:
        """By medium, then frequency, then source."""
        return sorted(
            self._coverage.values(),
            key=lambda c: (c.medium, c.start_hz or 0.0, c.stop_hz or 0.0, c.source),
        )

    @property
    def statuses(self) -> list[tuple[Status, int]]:
        """Each distinct status with the number of times it came, then what this collector left out."""
        rows = list(self._statuses.values())
        for what, count in sorted(self.left_out.items()):
            status = told(
                say(
                    "{count} {what} more than a report can hold were left out", what=LISTS[what], count=count
                ),
                source="",
                time_s=0.0,
                subject="report",
                state=State.DEGRADED,
                reason=Reason.DROPPED,
            )
            rows.append((status, 1))
        return rows

    def _take_opened(self, record: Opened) -> None:
        self.opened[record.source] = record

    def _take_closed(self, record: Closed) -> None:
        self.closed[record.source] = record

    def _take_trace(self, trace: Trace) -> None:
        if not len(trace.max_db):
            return
        key = (trace.source, round(trace.start_hz), round(trace.bin_hz * 1000), len(trace.max_db))
        look = self.looks.get(key)
        if look is not None:
            look.add(trace)
            if key in self.rasters:
                self.rasters[key].add(trace)
        elif self._room(self.looks, "spectra", MAX_LOOKS):
            self.looks[key] = Look(trace)
            if len(self.rasters) < MAX_RASTERS:
                self.rasters[key] = Raster(trace)

    def _take_emission(self, emission: Emission) -> None:
        if emission.id in self._emissions or self._room(self._emissions, "emissions", MAX_EMISSIONS):
            self._emissions[emission.id] = emission

    def _take_device(self, device: Device) -> None:
        if device.id in self._devices or self._room(self._devices, "devices", MAX_DEVICES):
            self._devices[device.id] = device
            if device.rssi_dbm is not None and device.medium is not Medium.BLE:
                self._remember(device.address, device.last_s, device.rssi_dbm)

    def _take_adverts(self, batch: AdvertisementBatch) -> None:
        for advert in batch.adverts:
            if advert.rssi_dbm is not None:
                self._remember(advert.address, advert.time_s, advert.rssi_dbm)

    def _take_finding(self, finding: Finding) -> None:
        if finding.id in self._findings or self._room(self._findings, "findings", MAX_FINDINGS):
            self._findings[finding.id] = finding

    def _take_coverage(self, row: Coverage) -> None:
        self._coverage[row.source, row.medium, row.start_hz or 0.0, row.stop_hz or 0.0] = row

    def _take_status(self, status: Status) -> None:
        key = (status.source, status.subject, status.state, status.reason or "", status.detail)
        known = self._statuses.get(key)
        if known is not None:
            self._statuses[key] = (known[0], known[1] + 1)
        elif self._room(self._statuses, "statuses", MAX_STATUSES):
            self._statuses[key] = (status, 1)

    def _room(self, kept: dict[Any, Any], what: str, limit: int) -> bool:
        if len(kept) < limit:
            return True
        self.left_out[what] = self.left_out.get(what, 0) + 1
        return False

    def history(self, device: Device) -> list[tuple[float, int]]:
        """Signal strengths of a device over time, under all the addresses that it used."""
        used = dict.fromkeys((*device.addresses, device.address))
        return sorted(point for address in used for point in self.histories.get(address, ()))

    def _remember(self, address: str, time_s: float, rssi_dbm: int) -> None:
        """Keep a thinned history: every ``stride``-th strength, the stride doubling when it is full."""
        if address not in self.histories and len(self.histories) >= MAX_HISTORIES:
            return
        stride, waited = self._strides.get(address, (1, 0))
        waited += 1
        if waited >= stride:
            history = self.histories.setdefault(address, Strengths())
            history.append(time_s, rssi_dbm)
            waited = 0
            if len(history) >= HISTORY_POINTS:
                history.thin()
                stride *= 2
        self._strides[address] = (stride, waited)
