"""A sweep's spectra in its job: pooled as a report shows them, so that the report can be made again later."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np

from sweeper.jobs.job import Job
from sweeper.records import Floats, Record, Trace
from sweeper.report.collect import Collector, Doubles

KIND = "spectrum"
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


class SpectraSink:
    """Give it to the session beside the job's own sink; ``keep`` writes at the end."""

    def __init__(self) -> None:
        self._collected = Collector()

    def __call__(self, record: Record) -> None:
        if isinstance(record, Trace):
            self._collected(record)

    def keep(self, job: Job, sweep: int) -> None:
        """Write the spectra into the job, in one transaction."""
        with job.store.transaction():
            for number, look in enumerate(self._collected.looks.values()):
                kept = Kept(
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
                job.store.put_item(sweep, KIND, f"{number:05d}", msgspec.json.encode(kept))


def spectra(job: Job) -> Iterator[tuple[int, Trace]]:
    """Sweep and spectrum, in the order in which they were heard."""
    for sweep, _item, value in job.store.items(KIND):
        kept = msgspec.json.decode(value, type=Kept)
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


def _rounded(values: Doubles) -> list[float]:
    rounded: list[float] = np.round(values, DIGITS).tolist()
    return rounded


def _floats(values: list[float]) -> Floats:
    return np.asarray(values, dtype=np.float32)
