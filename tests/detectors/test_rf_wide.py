"""A transmission wider than the dongle's span, in a sweep: one emission, as wide as it is."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from sweeper.detectors import Setup
from sweeper.detectors.rf_emissions import stage
from sweeper.records import Closed, Emission, IqBlock, Medium, Opened, Record
from sweeper.signatures import Library
from tests.dsp.wide_air import COUNT, N0, RATE, USABLE_HZ, Signal, looks


def swept(*signals: Signal, passes: int = 1) -> Iterator[Record]:
    yield Opened(source="t", time_s=0.0, medium=Medium.RF, format="iq", live=True)
    time_s = 0.0
    for number in range(passes):
        for center, samples in looks(575e6, 620e6, signals, seed=number + 1, shift=0.25 * number):
            yield IqBlock(
                source="t",
                time_s=time_s,
                rate_hz=RATE,
                center_hz=center,
                samples=samples,
                first_sample=0,
                usable_hz=USABLE_HZ,
                sweep_pass=number,
            )
            time_s += 0.015
    yield Closed(source="t", time_s=time_s, records=COUNT, duration_s=time_s)


def told(*signals: Signal, passes: int = 1) -> list[Emission]:
    chain = stage(Setup(library=Library([])))
    out: dict[str, Emission] = {}
    for record in swept(*signals, passes=passes):
        out |= {one.id: one for one in chain.feed(record) if isinstance(one, Emission)}
    out |= {one.id: one for one in chain.finish() if isinstance(one, Emission)}
    return list(out.values())


@pytest.mark.parametrize(("width_hz", "snr_db"), [(1.9e6, 15), (3e6, 3), (4.5e6, 10), (9e6, 15), (9e6, 3)])
def test_it_is_one_emission_as_wide_as_it_is(width_hz: float, snr_db: float) -> None:
    (one,) = told(Signal(590.4e6, width_hz, 0.05, snr_db))
    assert one.width_hz == pytest.approx(width_hz, rel=0.15)
    assert one.center_hz == pytest.approx(590.4e6 + width_hz / 2, abs=0.1 * width_hz)
    assert one.power_dbfs == pytest.approx(10 * np.log10(N0 * width_hz) + snr_db, abs=2.5)


def test_a_second_pass_finds_it_again() -> None:
    (one,) = told(Signal(590.4e6, 9e6, 0.05, 12), passes=2)
    assert one.width_hz == pytest.approx(9e6, rel=0.15)
    assert one.features["stitched"] is True
    assert one.kind == "noise-like"


def test_noise_alone_is_none() -> None:
    assert told(passes=2) == []
