"""The symbol clock against periods that are known by construction, and against its formula written out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.dsp import symbols


@given(st.floats(5, 300), st.integers(80, 900), st.integers(0, 2**31))
@settings(max_examples=25, deadline=None)
def test_clock_finds_the_period_that_made_the_symbols(period: float, count: int, seed: int) -> None:
    bits = np.random.default_rng(seed).integers(0, 2, count)
    moments = 17.25 + period * (np.flatnonzero(np.diff(bits)) + 1)
    found = symbols.clock(moments)
    assert found is not None
    assert found.period == pytest.approx(period, rel=1e-3)
    assert found.holds
    assert found.fit > 0.99


def test_clock_holds_on_no_random_moments() -> None:
    rng = np.random.default_rng(5)
    clocks = [symbols.clock(np.cumsum(rng.uniform(20, 400, 300))) for _ in range(20)]
    assert not any(found.holds for found in clocks if found)


def test_too_few_changes_show_no_grid() -> None:
    assert symbols.clock(np.arange(symbols.LEAST_CHANGES - 1) * 10.0) is None


@pytest.mark.parametrize("count", [8, 63, 64, 65, 127, 300, 600])
@pytest.mark.parametrize("rates", [1, 2, 61, 1000])
def test_fit_is_the_mean_of_rayleighs_measure_over_half_overlapping_windows(count: int, rates: int) -> None:
    moments = np.cumsum(np.random.default_rng(count).uniform(3, 40, count))
    grid = 0.01 + 3e-5 * np.arange(rates)
    window = min(count, symbols.WINDOW)
    parts = [moments[s : s + window] for s in range(0, count - window + 1, window // 2)]
    wanted = [np.mean([abs(np.mean(np.exp(2j * np.pi * r * p))) for p in parts]) for r in grid]
    np.testing.assert_allclose(symbols._row(moments, 0.01, 3e-5, rates), wanted, atol=1e-10)


def test_changes_are_where_a_line_through_the_samples_crosses() -> None:
    times = np.array([10.25, 33.5, 47.75, 90.125])
    t = np.arange(101.0)
    side = np.searchsorted(times, t) % 2
    near = np.min(np.abs(t[:, np.newaxis] - times), axis=1)
    values = np.where(side == 0, -near, near).clip(-2, 2)
    np.testing.assert_allclose(symbols.changes(values, 0.0, 0.5), times, atol=1e-12)


def test_changes_within_the_hysteresis_are_none() -> None:
    values = np.tile([0.2, -0.2], 50)
    values[0], values[-1] = 1.0, 1.0
    assert len(symbols.changes(values, 0.0, 0.5)) == 0


@given(st.integers(100, 600), st.integers(0, 2**31))
@settings(max_examples=15, deadline=None)
def test_sampling_first_finds_what_the_whole_grid_holds(count: int, seed: int) -> None:
    moments = np.cumsum(np.random.default_rng(seed).uniform(20, 90, count))
    step = 1.0 / (6.0 * (moments[-1] - moments[0]))
    whole = symbols._row(moments, 0.01, step, 4000)
    at = int(np.argmax(whole >= max(0.9 * whole.max(), whole.max() - 0.06)))
    while at + 1 < len(whole) and whole[at + 1] >= whole[at]:
        at += 1
    assert symbols._Grid(moments, 0.01, step, 4000).slowest() == pytest.approx(0.01 + at * step, rel=1e-12)
