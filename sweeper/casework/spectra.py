"""A sweep's spectra, waterfalls and signal strengths in its job, so that the report can be made again later.

They are pooled as a report shows them, and written when they changed, at most four seconds late: a sweep
that is killed has its pictures up to then.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator

import msgspec
import numpy as np
import numpy.typing as npt

from sweeper.jobs.job import Job
from sweeper.jobs.sink import MARGIN_S, later
from sweeper.jobs.store import COMMIT_S, Store, StoreError, decoded
from sweeper.records import AdvertisementBatch, Device, Floats, Record, Trace
from sweeper.report.collect import Collector, Doubles, Look
from sweeper.report.raster import FEWEST_ROWS, Raster
from sweeper.text import Words, say

SPECTRUM, WATERFALL, HISTORY = "spectrum", "waterfall", "history"
DIGITS = 1
"""Decimals of a decibel that are kept: a spectrum's own noise is larger."""


class Kept(msgspec.Struct, frozen=True):
    """One pooled spectrum as it lies in the store; ``None`` in ``floor_db`` where no floor is known."""

    source: str
    start_hz: float
    step_hz: float
    mean_db: list[float]
    max_db: list[float]
    floor_db: list[float] | None
    calibrated: bool
    dwell_s: float
    transforms: int


class KeptRows(msgspec.Struct, frozen=True):
    """One waterfall: rows of ``columns`` levels, packed as tenths of a decibel (int16, low byte first)."""

    source: str
    start_hz: float
    stop_hz: float
    times_s: list[float]
    end_s: float
    columns: int
    packed: bytes


class KeptHistory(msgspec.Struct, frozen=True):
    """Signal strengths (seconds, dBm) of one address."""

    address: str
    points: list[tuple[float, int]]


class SpectraSink:
    """Give it to the session beside the job's own sink, call ``flush`` at the end."""

    def __init__(self, store: Store, sweep: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.problem: Words | None = None
        self._collected = Collector()
        self._store = store
        self._sweep = sweep
        self._clock = clock
        self._seen: dict[tuple[str, int, int, int], int] = {}
        self._points: dict[str, int] = {}
        self._since: float | None = None

    def __call__(self, record: Record) -> None:
        if not isinstance(record, Trace | AdvertisementBatch | Device):
            return
        self._collected(record)
        if self._since is None:
            self._since = self._clock()
            later(COMMIT_S - MARGIN_S, self.flush)
        elif self._clock() - self._since >= COMMIT_S - MARGIN_S:
            self.flush()

    def flush(self) -> None:
        """Write what changed since the last time, in one transaction; a full disk is told in ``problem``."""
        self._since = None
        changed = list(self._changed())
        if not changed:
            return
        try:
            with self._store.transaction():
                for kind, item, value in changed:
                    self._store.put_item(self._sweep, kind, item, value)
        except StoreError as error:
            self.problem = error.said
            return
        self.problem = None
        self._seen = {key: look.passes for key, look in self._collected.looks.items()}
        self._points = {address: len(points) for address, points in self._collected.histories.items()}

    def _changed(self) -> Iterator[tuple[str, str, bytes]]:
        for number, (key, look) in enumerate(self._collected.looks.items()):
            if self._seen.get(key) == look.passes:
                continue
            yield SPECTRUM, f"{number:05d}", msgspec.json.encode(_kept(look))
            raster = self._collected.rasters.get(key)
            if raster is not None and len(raster.rows) >= FEWEST_ROWS:
                yield WATERFALL, f"{number:05d}", msgspec.json.encode(_rows(look.source, raster))
        for number, (address, points) in enumerate(self._collected.histories.items()):
            if self._points.get(address) != len(points):
                yield HISTORY, f"{number:05d}", msgspec.json.encode(KeptHistory(address, list(points)))


def spectra(job: Job) -> Iterator[tuple[int, Trace]]:
    """Sweep and spectrum, in the order in which they were heard."""
    for sweep, _item, value in job.store.items(SPECTRUM):
        kept = decoded(value, Kept)
        yield (
            sweep,
            Trace(
                source=kept.source,
                time_s=0.0,
                start_hz=kept.start_hz,
                bin_hz=kept.step_hz,
                mean_db=_floats(kept.mean_db),
                max_db=_floats(kept.max_db),
                floor_db=_floats(kept.floor_db) if kept.floor_db is not None else None,
                dwell_s=kept.dwell_s,
                transforms=kept.transforms,
                calibrated=kept.calibrated,
            ),
        )


def waterfalls(job: Job) -> Iterator[tuple[int, str, Raster]]:
    """Sweep, source and rows over time."""
    for sweep, _item, value in job.store.items(WATERFALL):
        kept = decoded(value, KeptRows)
        tenths = _tenths(kept)
        rows = [(row / 10).astype(np.float32) for row in tenths]
        yield (
            sweep,
            kept.source,
            Raster.restored(kept.start_hz, kept.stop_hz, rows, kept.times_s, kept.end_s),
        )


def _tenths(kept: KeptRows) -> npt.NDArray[np.int16]:
    """Rows by columns. No more is unpacked than the times say: the database may be anybody's."""
    shape = (len(kept.times_s), max(kept.columns, 0))
    try:
        content = zlib.decompressobj().decompress(kept.packed, max(2 * shape[0] * shape[1], 1))
        return np.frombuffer(content, dtype="<i2").reshape(shape)
    except (zlib.error, ValueError) as error:
        raise StoreError(say("the job's database holds a damaged waterfall: {error}", error=error)) from None


def histories(job: Job) -> Iterator[tuple[int, str, list[tuple[float, int]]]]:
    """Sweep, address and its signal strengths over time."""
    for sweep, _item, value in job.store.items(HISTORY):
        kept = decoded(value, KeptHistory)
        yield sweep, kept.address, kept.points


def _kept(look: Look) -> Kept:
    return Kept(
        source=look.source,
        start_hz=look.start_hz,
        step_hz=look.step_hz,
        mean_db=_rounded(look.mean_db),
        max_db=_rounded(look.max_db),
        floor_db=_rounded(look.floor_db) if look.floor_db is not None else None,
        calibrated=look.calibrated,
        dwell_s=look.dwell_s,
        transforms=look.weight,
    )


def _rows(source: str, raster: Raster) -> KeptRows:
    tenths = np.rint(np.stack(raster.rows) * 10).clip(-32000, 32000).astype("<i2")
    packed = zlib.compress(tenths.tobytes(), 6)
    return KeptRows(
        source, raster.start_hz, raster.stop_hz, raster.times_s, raster.end_s, tenths.shape[1], packed
    )


def _rounded(values: Doubles) -> list[float]:
    rounded: list[float] = np.round(values, DIGITS).tolist()
    return rounded


def _floats(values: list[float]) -> Floats:
    return np.asarray(values, dtype=np.float32)
