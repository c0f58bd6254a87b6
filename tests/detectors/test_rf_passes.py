"""Looks stitched to one trace a pass: power is where it was, gaps are gaps, and the CSV says the same."""

from __future__ import annotations

import io

import numpy as np
import pytest

from sweeper.detectors.rf_passes import RfPasses
from sweeper.recording.power_csv import HACKRF_SWEEP, traces
from sweeper.recording.problems import Problems
from sweeper.recording.sweep_csv import lines
from sweeper.records import Closed, SweepPass, Trace


def look(
    start_hz: float, number: int | None, raised: dict[int, float] | None = None, time_s: float = 0.0
) -> Trace:
    """400 bins of 2.5 kHz at -100 dBFS/Hz; ``raised`` sets single ones in mean and, 10 dB up, in max."""
    mean = np.full(400, -100.0, np.float32)
    peak = np.full(400, -95.0, np.float32)
    for at, level in (raised or {}).items():
        mean[at], peak[at] = level, level + 10
    return Trace(
        source="r",
        time_s=time_s,
        start_hz=start_hz,
        bin_hz=2.5e3,
        mean_db=mean,
        max_db=peak,
        floor_db=np.full(400, -100.0, np.float32),
        dwell_s=0.005,
        transforms=20,
        sweep_pass=number,
    )


def stitched(*records: Trace | Closed) -> list[SweepPass]:
    stage = RfPasses(5e3)
    made = [one for record in records for one in stage.feed(record)] + list(stage.finish())
    assert all(isinstance(one, SweepPass) for one in made)
    return [one for one in made if isinstance(one, SweepPass)]


def at(trace: Trace, hz: float) -> int:
    return round((hz - trace.start_hz) / trace.bin_hz)


def test_one_trace_a_pass_with_overlaps_and_gaps() -> None:
    first = look(430e6, 0, {200: -60.0})  # 430.5 MHz
    second = look(430.9e6, 0, {}, 0.01)
    apart = look(440e6, 0, {100: -70.0}, 0.02)  # 440.25 MHz
    again = look(430e6, 1, {}, 0.03)
    passes = stitched(first, second, apart, again, Closed(source="r", time_s=0.04, records=1))
    assert [one.number for one in passes] == [0, 1]
    trace = passes[0].trace
    assert trace.bin_hz == 5e3
    assert trace.start_hz == pytest.approx(430e6, abs=5e3)
    # one of two bins raised to -60: the cell's mean power is half, the peak is whole
    assert trace.mean_db[at(trace, 430.5e6)] == pytest.approx(-63.0, abs=1.6)
    assert trace.max_db[at(trace, 430.5e6)] == pytest.approx(-50.0, abs=0.01)
    assert trace.max_db[at(trace, 440.25e6)] == pytest.approx(-60.0, abs=0.01)
    assert np.isnan(trace.mean_db[at(trace, 435e6)])
    assert trace.mean_db[at(trace, 430.95e6)] == pytest.approx(-100.0, abs=0.01)
    heard_hz = np.count_nonzero(np.isfinite(trace.mean_db)) * 5e3
    assert heard_hz == pytest.approx(1.9e6 + 1.0e6, abs=30e3)
    assert passes[0].time_s == pytest.approx(0.025)


def test_recordings_have_no_passes() -> None:
    assert stitched(look(430e6, None), look(432e6, None)) == []


def test_the_csv_reads_back_as_it_was_written() -> None:
    (one,) = stitched(look(430e6, 0, {200: -60.0}), look(440e6, 0, {}))
    text = "".join(lines(one.trace, one.trace.max_db, 1_767_225_600.0))
    assert text.startswith("2026-01-01, 00:00:00.")
    read = list(traces(io.BytesIO(text.encode()), HACKRF_SWEEP, "csv", Problems()))
    assert len(read) == 2, "a gap begins a new line"
    kept = np.concatenate([trace.mean_db for trace in read])
    assert kept == pytest.approx(one.trace.max_db[np.isfinite(one.trace.max_db)], abs=0.01)
    assert read[0].start_hz == pytest.approx(one.trace.start_hz, abs=1)
    assert read[0].bin_hz == pytest.approx(5e3)
