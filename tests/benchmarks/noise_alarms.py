"""False alarms in white noise, counted so that the count can be trusted: many decisions, other dice than
those the thresholds were chosen with, and bounds on what was counted.

One decision is one bin of one segment. The work is cut into blocks of about 1e6 decisions, each with a seed
of its own, so that a run may stop at any time and go on later (``--state FILE``), and the same blocks give
the same counts on every machine. Blocks of ``CHOOSING`` are for whoever changes a threshold; what is
published is counted on ``JUDGING`` alone.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import gamma

from sweeper.detectors import rf_segment
from sweeper.dsp import floor, spectrum
from sweeper.dsp.statistics import PFA

CHOOSING, JUDGING = 20261122, 57721566
"""First word of every seed: one for choosing thresholds, one for judging them. No block has both."""

BLOCK = 1e6
"""Decisions in a block, about."""

DENSITY = 1e-10


@dataclass(frozen=True)
class Row:
    """One kind of segment and its part of all decisions."""

    name: str
    rate_hz: float
    seconds: float
    share: float


ROWS = (
    Row("looks of 5.2 ms, 2.4 MS/s", 2.4e6, 0.0052, 0.6),
    Row("segments of 65 ms, 2.4 MS/s", 2.4e6, 0.065536, 0.3),
    Row("segments of 65 ms, 250 kS/s", 250e3, 0.065536, 0.1),
)


@dataclass
class Count:
    """Separate detections, the bins of all segments, and the processor time they took."""

    alarms: int = 0
    decisions: int = 0
    blocks: int = 0
    seconds: float = 0.0

    def bounds(self) -> tuple[float, float]:
        """The rate's 95 % bounds (Garwood 1936: exact for a Poisson count)."""
        low = float(gamma.ppf(0.025, self.alarms)) if self.alarms else 0.0
        return low / self.decisions, float(gamma.ppf(0.975, self.alarms + 1)) / self.decisions

    def told(self, name: str, pfa: float) -> str:
        """The row of the table."""
        if not self.decisions:
            return f"  {name:30} no decision yet"
        low, high = self.bounds()
        return (
            f"  {name:30} {self.alarms} in {self.decisions:.3e}: "
            f"{self.alarms / self.decisions / pfa:.2f} x the "
            f"design of {pfa:.0e} ({low / pfa:.2f} to {high / pfa:.2f}), {self.seconds:.0f} s"
        )


def block(row: Row, number: int, pfa: float = PFA, seeds: int = JUDGING) -> Count:
    """The alarms of one block."""
    began = time.process_time()
    count = int(row.seconds * row.rate_hz)
    bins = max(spectrum.cell_size(row.rate_hz), spectrum.line_size(row.rate_hz, count))
    random = np.random.default_rng([seeds, int(row.rate_hz), int(row.seconds * 1e6), number])
    sigma = np.float32(np.sqrt(DENSITY * row.rate_hz / 2))
    history = floor.History()
    out = Count(blocks=1)
    for segment in range(round(BLOCK / bins)):
        samples = (random.standard_normal(2 * count, dtype=np.float32) * sigma).view(np.complex64)
        out.alarms += len(rf_segment.found(samples, row.rate_hz, history, segment * row.seconds, pfa))
        out.decisions += bins
    out.seconds = time.process_time() - began
    return out


def add(total: Count, part: Count) -> None:
    """Adds one block to a row's count."""
    total.alarms += part.alarms
    total.decisions += part.decisions
    total.blocks += part.blocks
    total.seconds += part.seconds


def missing(counts: dict[str, Count], decisions: float) -> Iterator[Row]:
    """The row that is furthest behind its share, again and again, until all of them have theirs."""
    while True:
        behind = [(counts[row.name].decisions / (row.share * decisions), row) for row in ROWS]
        part, row = min(behind, key=lambda one: one[0])
        if part >= 1:
            return
        yield row


def measured(
    decisions: float,
    pfa: float = PFA,
    seeds: int = JUDGING,
    budget_s: float = float("inf"),
    state: Path | None = None,
) -> dict[str, Count]:
    """Counts of all rows: goes on where ``state`` (a JSON file) stopped, for at most ``budget_s`` of
    processor time more."""
    head = {"pfa": pfa, "seeds": seeds, "block": BLOCK}
    counts = {row.name: Count() for row in ROWS}
    if state is not None and state.exists():
        have = json.loads(state.read_text())
        if have["head"] != head:
            raise SystemExit(f"{state} was counted with {have['head']}, not {head}")
        counts |= {name: Count(**values) for name, values in have["rows"].items() if name in counts}
    began = time.process_time()
    for row in missing(counts, decisions):
        if time.process_time() - began > budget_s:
            break
        add(counts[row.name], block(row, counts[row.name].blocks, pfa, seeds))
        if state is not None:
            rows = {name: vars(count) for name, count in counts.items()}
            state.write_text(json.dumps({"head": head, "rows": rows}))
    return counts
