"""Link budgets against arithmetic done by hand and by simulation."""

from __future__ import annotations

import doctest
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.dsp import link_budget
from sweeper.dsp.link_budget import (
    chance_on_air,
    detection_distance_m,
    free_space_db,
    indoor_db,
    needed_snr_db,
    power_dbm,
    sensitivity_dbm,
)


def test_the_examples_hold() -> None:
    assert doctest.testmod(link_budget).failed == 0


def test_free_space_is_that_of_the_textbook() -> None:
    assert free_space_db(1000.0, 1e9) == pytest.approx(
        92.45, abs=0.01
    )  # 92.45 + 20 log d(km) + 20 log f(GHz)
    assert free_space_db(1.0, 433.92e6) == pytest.approx(25.2, abs=0.05)


def test_indoors_loses_thirty_decibels_a_decade() -> None:
    assert indoor_db(10.0, 9e8) - indoor_db(1.0, 9e8) == pytest.approx(30.0)
    # ITU-R P.1238: 20 log f(MHz) + N log d - 28, which is free space at one metre within half a decibel
    assert indoor_db(10.0, 9e8) == pytest.approx(20 * math.log10(900) + 30 - 28, abs=0.6)


def test_a_thermal_floor_calibrates_the_receiver() -> None:
    # 20 dB over the noise of a 10 kHz channel: -174 + 6 + 40 + 20 = -108 dBm
    floor = -95.0
    estimate = power_dbm(floor + 10 * math.log10(10e3) + 20, floor)
    assert estimate.value == pytest.approx(-108.0)
    assert estimate.low < estimate.value < estimate.high


@pytest.mark.parametrize("averages", [4, 16, 50])
def test_the_needed_ratio_is_what_simulated_detectors_need(averages: int) -> None:
    rng = np.random.default_rng(averages)
    pfa, pd = 1e-3, 0.9
    noise = rng.exponential(1.0, (400_000, averages)).mean(axis=1)
    threshold = np.quantile(noise, 1 - pfa)
    snr = 10 ** (needed_snr_db(averages, pfa, pd) / 10)
    found = (rng.exponential(1.0 + snr, (50_000, averages)).mean(axis=1) > threshold).mean()
    assert found == pytest.approx(pd, abs=0.02)


def test_more_averages_and_narrower_bins_hear_weaker_signals() -> None:
    assert sensitivity_dbm(5e3, 16).value < sensitivity_dbm(5e3, 4).value
    assert sensitivity_dbm(500.0, 16).value == pytest.approx(sensitivity_dbm(5e3, 16).value - 10)


def test_distance_uses_up_the_margin() -> None:
    heard = sensitivity_dbm(5e3, 16)
    distance = detection_distance_m(10.0, 433e6, heard)
    assert distance.low < distance.value < distance.high
    received = 10.0 - 3.0 - indoor_db(distance.value, 433e6)
    assert received == pytest.approx(heard.value)
    assert detection_distance_m(-60.0, 5.8e9, heard).low < 1.0


def test_a_tracker_that_reports_now_and_then() -> None:
    assert chance_on_air([(0, 600)], every_s=600, burst_s=1) == 1.0
    assert chance_on_air([], every_s=600, burst_s=1) == 0.0
    assert chance_on_air([(0, 10), (600, 610)], 600, 0.0) == pytest.approx(10 / 600)  # the same phase again
    assert chance_on_air([(0, 10), (50, 60)], 600, 2.0, needed_s=1.0) == pytest.approx(20 / 600)
    assert chance_on_air([(0, 10)], 600, 2.0, needed_s=5.0) == 0.0


@given(
    st.lists(st.tuples(st.floats(0, 500), st.floats(0, 40)), max_size=6),
    st.floats(5, 200),
    st.floats(0, 4),
)
def test_the_chance_is_the_share_of_phases(
    looks: list[tuple[float, float]], every_s: float, burst_s: float
) -> None:
    spans = [(start, start + length) for start, length in looks]
    phases = (np.arange(4000) + 0.5) / 4000 * every_s
    caught = np.zeros(4000, bool)
    for start, stop in spans:
        first = np.ceil(
            (start - burst_s - phases) / every_s
        )  # the first burst that ends after the look begins
        begins = phases + first * every_s
        caught |= begins <= stop
    assert chance_on_air(spans, every_s, burst_s) == pytest.approx(caught.mean(), abs=0.01)
