"""Limits of a sweep against arithmetic: decibels by hand, and a tracker tossed at random."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from sweeper import sensing
from sweeper.coverage import CoverageStage
from sweeper.dsp.link_budget import needed_snr_db
from sweeper.records import Coverage, IqBlock, Medium


def row(start_hz: float, stop_hz: float, **more: Any) -> Coverage:
    values = {"seconds": 0.0052, "dwell_s": 0.0052, "floor_dbfs_per_hz": -100.0, "gain_db": 40.0, **more}
    return Coverage(
        source="r", time_s=0.0, medium=Medium.RF, start_hz=start_hz, stop_hz=stop_hz, bin_hz=2.5e3, **values
    )


def test_sensitivity_is_thermal_noise_plus_what_a_decision_needs() -> None:
    found = sensing.sensitivity(row(430e6, 440e6))
    assert found is not None
    by_hand = -174 + 6 + 10 * math.log10(12_500) + needed_snr_db(0.0052 * 12_500)
    assert found.value == pytest.approx(by_hand)
    assert found.low < found.value < found.high
    longer = sensing.sensitivity(row(430e6, 440e6, dwell_s=0.52))
    assert longer is not None
    assert 4.0 < found.value - longer.value < 12.0, "a hundredfold time: 5 to 10 dB"


def test_less_gain_and_a_noisy_band_hear_less() -> None:
    quiet, noisy = row(430e6, 440e6), row(100e6, 110e6, floor_dbfs_per_hz=-88.0)
    deaf = row(430e6, 440e6, gain_db=10.0)
    base = sensing.sensitivity(quiet, -100.0)
    loud = sensing.sensitivity(noisy, -100.0)
    low = sensing.sensitivity(deaf, -100.0)
    assert base is not None
    assert loud is not None
    assert low is not None
    assert loud.value - base.value == pytest.approx(12.0)
    assert low.value - base.value == pytest.approx(20.0)
    assert low.high - low.value > base.high - base.value, "and less surely"


def test_recordings_and_bands_not_heard_make_no_claim() -> None:
    assert sensing.sensitivity(row(430e6, 440e6, gain_db=None)) is None
    assert sensing.reach(row(430e6, 440e6), 868e6) is None
    assert sensing.reaches([]) == []
    assert [one.hz for one in sensing.reaches([row(430e6, 440e6)])] == [433.92e6]
    assert [one.hz for one in sensing.reaches([row(700e6, 710e6)])] == [705e6]


def test_the_sure_distance_is_that_of_its_budget() -> None:
    (one,) = sensing.reaches([row(430e6, 440e6)])
    loss_1m = 20 * math.log10(4 * math.pi * 433.92e6 / 299_792_458)
    left = 10 - 3 - 4 - loss_1m - 20 - 15 - one.needed_dbm.high
    assert one.metres.low == pytest.approx(10 ** (left / 33))
    assert one.metres.low < one.metres.value < one.metres.high
    assert "10 mW" in one.phrase.text.format(**one.phrase.args)


def test_the_chance_of_a_tracker_is_what_throwing_dice_gives() -> None:
    """Three passes of full coverage, reports of five seconds every half hour at an unknown phase."""
    looks = ((0.0, 0.005), (20.0, 20.005), (24.0, 24.005))
    told = sensing.chance_heard([row(880e6, 915e6, looks_s=looks)], [(880e6, 915e6)], 1800.0)
    phases = np.random.default_rng(1).uniform(0, 1800, 200_000)
    starts = phases[:, None] + np.array([-1800.0, 0.0])
    caught = np.zeros(len(phases), bool)
    for low, high in looks:
        caught |= ((starts < high) & (starts + sensing.REPORT_S > low)).any(axis=1)
    assert told == pytest.approx(caught.mean(), abs=5e-4)
    assert sensing.chance_heard([row(880e6, 897.5e6, looks_s=looks)], [(880e6, 915e6)], 1800.0) == told / 2
    fast = row(880e6, 915e6, looks_s=looks, dwell_s=0.003)
    assert sensing.chance_heard([fast], [(880e6, 915e6)], 1800.0) == 0.0, "too short to meet a slot for sure"


def test_coverage_keeps_when_and_with_what_gain() -> None:
    stage = CoverageStage()
    for at, second in ((0.0, False), (0.3, True), (0.5, False), (30.0, False)):
        block = IqBlock(
            source="r",
            time_s=at,
            rate_hz=1e6,
            center_hz=433e6,
            samples=np.arange(5000).astype(np.complex64),
            first_sample=0,
            second_look=second,
            gain_db=33.8,
        )
        assert list(stage.feed(block)) == []
    (made,) = stage.finish()
    assert isinstance(made, Coverage)
    assert made.gain_db == 33.8
    assert made.seconds == pytest.approx(0.015), "second looks do not count"
    assert made.looks_s == ((0.0, 0.505), (30.0, 30.005))
