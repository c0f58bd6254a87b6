"""A live receiver's blocks say how much of their span is whole: nothing is told from beyond it."""

from __future__ import annotations

import numpy as np
import pytest

from sweeper.detectors import Setup
from sweeper.detectors.rf_emissions import stage
from sweeper.records import Emission, IqBlock, Record, Trace
from sweeper.signatures import Library

RATE_HZ = 2.56e6
CENTER_HZ = 433.9e6


def analysed(offset_hz: float, usable_hz: float | None) -> list[Record]:
    rng = np.random.default_rng(1)
    n = np.arange(13_312)
    noise = 0.01 * (rng.standard_normal(len(n)) + 1j * rng.standard_normal(len(n)))
    samples = (noise + 0.05 * np.exp(2j * np.pi * offset_hz / RATE_HZ * n)).astype(np.complex64)
    made = stage(Setup(Library(())))
    block = IqBlock(
        source="x",
        time_s=0.0,
        rate_hz=RATE_HZ,
        center_hz=CENTER_HZ,
        samples=samples,
        first_sample=0,
        usable_hz=usable_hz,
    )
    return [*made.feed(block), *made.finish()]


@pytest.mark.parametrize(
    ("offset_hz", "usable_hz", "told"),
    [
        (1.15e6, 2.176e6, False),
        (1.15e6, None, True),
        (1.05e6, 2.176e6, True),
        (-1.15e6, 2.176e6, False),
    ],
)
def test_only_the_usable_span_is_told(offset_hz: float, usable_hz: float | None, told: bool) -> None:
    emissions = [one for one in analysed(offset_hz, usable_hz) if isinstance(one, Emission)]
    assert [abs(one.center_hz - CENTER_HZ - offset_hz) < 3e3 for one in emissions] == [True] * told


def test_the_trace_is_cut_alike_and_stays_in_place() -> None:
    (whole,) = [one for one in analysed(0.4e6, None) if isinstance(one, Trace)]
    (part,) = [one for one in analysed(0.4e6, 2.176e6) if isinstance(one, Trace)]
    assert len(part.mean_db) * part.bin_hz == pytest.approx(2.176e6, abs=2 * part.bin_hz)
    assert part.start_hz + part.bin_hz * len(part.mean_db) / 2 == pytest.approx(CENTER_HZ, abs=part.bin_hz)
    for trace in (whole, part):
        assert trace.start_hz + trace.bin_hz * int(np.argmax(trace.mean_db)) == pytest.approx(
            CENTER_HZ + 0.4e6, abs=trace.bin_hz
        )
