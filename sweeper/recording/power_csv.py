"""Sweeps written as CSV by rtl_power and hackrf_sweep, stitched into one Trace a contiguous range a sweep.

    rtl_power     2026-01-01, 12:00:00, 88000000, 90800000, 10937.50, 1, -20.0, -21.5, ...
    hackrf_sweep  2026-01-01, 12:00:00.123456, 2400000000, 2405000000, 1000000.00, 20, -64.72, ...
                  date, time, Hz low, Hz high, Hz step, samples, dB, dB, ...

rtl_power writes local time in whole seconds and repeats its last bin once; hackrf_sweep writes fractions of
a second and its segments out of order. A segment that was already heard begins the next sweep.

Scale. hackrf_sweep's dB are full scale per bin, so per hertz they are lower by 10 lg(step). rtl_power sums
|X|^2 of transforms of ``256 * 127 * x / N`` (window in 1/256, sample in -127..127, each stage halved) and
divides by the sample *rate*; so in full scale per hertz they are lower by 20 lg(256 * 127) = 90.2 dB and
higher by 10 lg(bins a hop) (rtl-sdr, rtl_power.c). That is exact for rtl_power's default window; with
``-w`` or ``-c`` its levels come out up to 4 dB too low, and the file does not tell.

Only means are written, so ``max_db`` equals ``mean_db``: such a file cannot show bursts.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from sweeper.recording.problems import Problems
from sweeper.records import Trace
from sweeper.text import say

RTL_POWER, HACKRF_SWEEP = "rtl-power-csv", "hackrf-sweep-csv"
RTL_POWER_FULL_SCALE_DB = 20 * math.log10(256 * 127)
HACKRF_RATE_HZ = 20e6
"""The rate that hackrf_sweep samples at: its ``num_samples`` is one transform of it."""

MAX_LINE = 4 << 20
"""Bytes of one line: half a million bins, ten times what either program writes in one; longer is no sweep."""
LONG_LINE = 4_096
"""A head of this length without a line's end may be the beginning of a long line."""
MAX_BINS = 4_000_000
"""Bins of one sweep: 6 GHz at 1.5 kHz, 32 MB."""
MOST_DB = 180.0
"""No receiver tells a level beyond this in either direction; two such a ratio apart leave float32's range."""


@dataclass(frozen=True)
class Segment:
    """One line: power of neighbouring bins. ``time_s`` counts from 1970 in whatever zone the file has."""

    time_s: float
    low_hz: float
    step_hz: float
    count: int
    db: npt.NDArray[np.float64]
    fractional: bool


def parse(line: bytes) -> Segment | None:
    """One line of either program; ``None`` for what is no such line."""
    parts = line.split(b",")
    if len(parts) < 7:
        return None
    try:
        clock = parts[1].strip().decode("ascii")
        stamp = datetime.fromisoformat(f"{parts[0].strip().decode('ascii')}T{clock}").replace(tzinfo=UTC)
        low, high, step, count = (float(part) for part in parts[2:6])
        db = np.array(parts[6:] if parts[-1].strip() else parts[6:-1], dtype=np.float64)
    except (ValueError, OverflowError):
        return None
    if not (0 <= low < high <= 1e12 and 0 < step <= high - low and 0 <= count <= 1e12 and db.size):
        return None
    db[np.abs(db) > MOST_DB] = np.nan
    bins = round((high - low) / step)
    if not 0 <= db.size - bins <= 1 and abs(db.size - bins) > 0.1 * bins + 1:
        return None
    return Segment(stamp.timestamp(), low, step, int(count), db[: max(bins, 1)], "." in clock)


def kind_of(head: bytes) -> str | None:
    """Which program wrote a file that starts with ``head``: its first line of data tells."""
    lines = head.split(b"\n")
    for line in lines[:3]:
        segment = _parse_cut(line) if len(lines) == 1 and len(head) >= LONG_LINE else parse(line)
        if segment is not None:
            return HACKRF_SWEEP if segment.fractional else RTL_POWER
    return None


def _parse_cut(line: bytes) -> Segment | None:
    """A line that is longer than what was read of it, by its first fields and the powers that are there."""
    whole = parse(line)
    parts = line.split(b",")
    if whole is not None or len(parts) < 9:
        return whole
    try:
        low, step = float(parts[2]), float(parts[4])
    except ValueError:
        return None
    powers = parts[6:-1]
    end = b"%d" % int(low + step * len(powers)) if 0 <= low + step * len(powers) <= 1e12 else b"0"
    return parse(b",".join([*parts[:3], end, *parts[4:6], *powers]))


@dataclass
class _Sweep:
    """Segments of one sweep, not yet stitched."""

    start_s: float
    segments: dict[float, Segment] = field(default_factory=dict)
    bins: int = 0


def traces(file: BinaryIO, kind: str, source: str, problems: Problems) -> Iterator[Trace]:
    """Traces in file order; lines that are none are told to ``problems`` with their byte offset."""
    first: float | None = None
    sweep = _Sweep(0.0)
    for offset, line in _lines(file):
        segment = parse(line)
        if segment is None or not np.isfinite(segment.db).any():
            if line.strip():
                problems.count(say("lines that are no sweep data"), say("at byte {offset}", offset=offset))
            continue
        if bad := int(np.count_nonzero(~np.isfinite(segment.db))):
            problems.count(
                say("powers that are no number, filled from their neighbours"),
                say("at byte {offset}", offset=offset),
                bad,
            )
        first = segment.time_s if first is None else first
        if segment.low_hz in sweep.segments or sweep.bins + segment.db.size > MAX_BINS:
            yield from _stitch(sweep, kind, source)
            sweep = _Sweep(segment.time_s - first)
        sweep.segments[segment.low_hz] = segment
        sweep.bins += segment.db.size
    yield from _stitch(sweep, kind, source)


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    offset = 0
    while line := file.readline(MAX_LINE):
        yield offset, line
        offset += len(line)


def _stitch(sweep: _Sweep, kind: str, source: str) -> Iterator[Trace]:
    """One Trace for each run of segments of the same step that follow each other."""
    run: list[Segment] = []
    for _, segment in sorted(sweep.segments.items()):
        if run:
            last = run[-1]
            end = last.low_hz + last.db.size * last.step_hz
            step = last.step_hz
            if abs(segment.low_hz - end) > step / 2 or abs(segment.step_hz - step) > 0.01 * step:
                yield _trace(run, kind, source, sweep.start_s)
                run = []
        run.append(segment)
    if run:
        yield _trace(run, kind, source, sweep.start_s)


def _trace(run: list[Segment], kind: str, source: str, start_s: float) -> Trace:
    db = np.concatenate([_filled(segment.db) + _scale_db(segment, kind) for segment in run])
    first, last = run[0], run[-1]
    bin_hz = (last.low_hz + last.db.size * last.step_hz - first.low_hz) / db.size
    count = max(1, min(segment.count for segment in run))
    power = db.astype(np.float32)
    return Trace(
        source=source,
        time_s=start_s,
        start_hz=first.low_hz + bin_hz / 2,
        bin_hz=bin_hz,
        mean_db=power,
        max_db=power,
        dwell_s=count / HACKRF_RATE_HZ if kind == HACKRF_SWEEP else count / first.step_hz,
        transforms=1 if kind == HACKRF_SWEEP else count,
    )


def _scale_db(segment: Segment, kind: str) -> float:
    if kind == HACKRF_SWEEP:
        return -10 * math.log10(segment.step_hz)
    return 10 * math.log10(segment.db.size) - RTL_POWER_FULL_SCALE_DB


def _filled(db: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Bins without a number take their neighbours' interpolated power; values stay within float32."""
    good = np.isfinite(db)
    whole = db if good.all() else np.interp(np.arange(db.size), np.flatnonzero(good), db[good])
    return np.clip(whole, -400.0, 400.0)
