"""Settle time, overload and DC: measured on noise whose level and change are set here."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.radio import tuning
from sweeper.radio.receiver import clipped_share, complex_of, nearest
from sweeper.records import Samples


def noise(samples: int, level: float, seed: int) -> Samples:
    rng = np.random.default_rng(seed)
    made = level * (rng.standard_normal(samples) + 1j * rng.standard_normal(samples))
    return made.astype(np.complex64)


@given(st.integers(600, 12_000), st.sampled_from((0.02, 0.4)), st.integers(0, 999))
@settings(max_examples=40, deadline=None)
def test_the_end_of_the_garbage_is_found(garbage: int, level: float, seed: int) -> None:
    samples = np.concatenate([noise(garbage, level, seed), noise(30_000, 0.1, seed + 1)])
    found = tuning.settling(samples).after
    assert found is not None
    assert garbage - tuning.BLOCK <= found <= garbage + tuning.BLOCK


@given(st.integers(0, 9999))
@settings(max_examples=60, deadline=None)
def test_steady_noise_is_settled_from_the_start(seed: int) -> None:
    assert tuning.settling(noise(57_600, 0.1, seed)).after == 0


def test_what_never_comes_to_rest_is_said_so() -> None:
    for share in (0.7, 0.85):
        garbage = round(share * 40_000)
        samples = np.concatenate([noise(garbage, 0.3, 1), noise(40_000 - garbage, 0.1, 2)])
        assert tuning.settling(samples).after is None


def test_bursts_do_not_pass_for_garbage_for_ever() -> None:
    samples = noise(57_600, 0.1, 1)
    for start in range(9000, len(samples), 11_076):  # 577 of 4615 microseconds at 2.4 MS/s
        samples[start : start + 1385] *= 10
    samples[:3000] *= 5
    found = tuning.settling(samples).after
    assert found is not None
    assert 3000 - tuning.BLOCK <= found <= 3000 + tuning.BLOCK


def tries(level: float, *after: int | None) -> list[tuning.Settling]:
    return [tuning.Settling(one, level) for one in after]


def test_settle_time_of_the_slower_end_and_a_burst_forgiven() -> None:
    slow = tuning.settle_from(tries(0.1, 1000, 9000, 1200), tries(0.1, 2000, 2100, 1900), 5000, 60_000)
    assert slow == 2500  # a quarter more than the median of the slower end
    with_margin = tuning.settle_from(tries(0.1, 1000), tries(0.1, 1000), 0, 60_000, margin=300)
    assert with_margin == 1550
    restless = tuning.settle_from(tries(0.1, None, None, 100), tries(0.5, 0, 0, 0), 5000, 60_000)
    assert restless == 60_000


def test_no_change_counts_only_where_one_would_have_shown() -> None:
    assert tuning.settle_from(tries(0.1, 0, 0), tries(0.15, 0, 0), 5000, 60_000) == 5000
    assert tuning.settle_from(tries(0.1, 0, 0), tries(0.3, 0, 0), 5000, 60_000) == tuning.LEAST
    assert tuning.settle_from([], [], 5000, 60_000) == 5000


def test_gain_goes_down_by_steps_until_the_lowest() -> None:
    gains = (0.0, 0.9, 7.7, 8.7, 12.5, 14.4, 49.6)
    assert tuning.lower_gain(gains, 49.6) == 14.4
    assert tuning.lower_gain(gains, 14.4) == 8.7
    assert tuning.lower_gain(gains, 0.9) == 0.0
    assert tuning.lower_gain(gains, 0.0) is None


def test_test_looks_are_spread_over_the_plan() -> None:
    assert tuning.spread(3, 24) == [0, 1, 2]
    chosen = tuning.spread(911, 24)
    assert (chosen[0], chosen[-1], len(set(chosen))) == (0, 910, 24)


def test_dc_of_noise_is_chance_and_of_a_carrier_at_the_centre_is_not() -> None:
    ratios = [tuning.dc_ratio(noise(12_480, 0.1, seed)) for seed in range(200)]
    assert 0.7 < np.mean(ratios) < 1.4  # exponential with mean 1
    assert tuning.dc_ratio(noise(12_480, 0.1, 1) + np.complex64(0.05)) > 1000
    assert tuning.dc_ratio(noise(12_480, 0.1, 1) + np.complex64(0.05), 0.05) < 10


def test_the_offset_that_all_looks_share() -> None:
    shared = [0.02 - 0.01j + 0.001 * complex(*np.random.default_rng(i).standard_normal(2)) for i in range(20)]
    assert tuning.usual_offset(shared) == pytest.approx(0.02 - 0.01j, abs=0.001)
    assert tuning.usual_offset([*shared, 0.5, 0.5, 0.5]) == pytest.approx(0.02 - 0.01j, abs=0.001)
    assert tuning.usual_offset(shared[:7]) == 0
    strewn = [complex(*np.random.default_rng(i).standard_normal(2)) for i in range(40)]
    assert tuning.usual_offset(strewn) == 0


def test_bytes_to_samples() -> None:
    raw = np.array([0, 255, 127, 128, 255, 0], np.uint8)
    made = complex_of(raw)
    assert made.dtype == np.complex64
    assert made.tolist() == pytest.approx([-1 + 1j, -0.5 / 127.5 + 0.5j / 127.5, 1 - 1j])
    assert clipped_share(raw) == pytest.approx(4 / 6)
    assert clipped_share(raw[:0]) == 0.0


def test_nearest_step() -> None:
    assert nearest((0.0, 10.0, 20.0), 14.0) == 10.0
    assert nearest((10.0, 20.0), 15.0) == 10.0
    assert nearest((), 15.0) == 15.0
