"""Sums, medians and pieces of a segment taken a shorter way are the plain ones, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import label

from sweeper.detectors import rf_steady
from sweeper.dsp import boxes, channel, floor, four_levels

SEEDS = st.integers(0, 10_000)


def cells(seed: int, rows: int, columns: int) -> np.ndarray:
    return np.random.default_rng(seed).exponential(size=(rows, columns)).astype(np.float32)


@given(SEEDS, st.integers(1, 40), st.integers(1, 40))
@settings(max_examples=60, deadline=None)
def test_neighbours_are_summed_over_rows_as_over_columns(seed: int, rows: int, columns: int) -> None:
    values = cells(seed, rows, columns)
    edged = np.pad(values, ((0, 0), (1, 1)), "edge")
    plain = (edged[:, :-2] + edged[:, 1:-1]) + edged[:, 2:]
    assert np.array_equal(boxes._beside(values), plain)
    assert np.array_equal(boxes._threes(np.ascontiguousarray(values.T)).T, plain)


@given(SEEDS, st.integers(1, 20), st.integers(1, 12), st.integers(1, 12))
@settings(max_examples=60, deadline=None)
def test_bands_of_bins_are_numpys_sums(seed: int, rows: int, group: int, groups: int) -> None:
    values = cells(seed, rows, group * groups)
    plain = np.add.reduceat(values, np.arange(0, group * groups, group), axis=1)
    assert np.array_equal(floor._grouped(values, group), plain)


@given(SEEDS, st.integers(1, 30), st.integers(2, 20), st.booleans())
@settings(max_examples=60, deadline=None)
def test_the_second_smallest_and_the_middle_are_those_of_sorted_rows(
    seed: int, rows: int, columns: int, alike: bool
) -> None:
    values = cells(seed, rows, columns)
    values = np.round(values) if alike else values
    assert np.array_equal(floor._second(values), np.sort(values, axis=1)[:, 1])
    assert np.array_equal(rf_steady._medians(values), np.median(values, axis=0))


@given(SEEDS, st.integers(1, 200), st.floats(0.0, 1.0), st.floats(0.0, 0.3))
@settings(max_examples=60, deadline=None)
def test_runs_hold_what_was_found_in_them(seed: int, bins: int, part: float, share: float) -> None:
    dice = np.random.default_rng(seed)
    covered, found = dice.random(bins) < part, dice.random(bins) < share
    groups, count = label(covered)
    plain = [bool((found & (groups == k)).any()) for k in range(1, count + 1)]
    held = boxes._runs_holding(covered, found)
    assert [holds for _, holds in held] == plain
    assert sum(stop - start for (start, stop), _ in held) == covered.sum()


def test_sums_that_nobody_wants_are_not_made() -> None:
    """Only the wanted sizes, each as it is among all of them."""
    values = cells(1, 150, 128)
    every = {(time, width): sums for time, width, sums in boxes._bank(values)}
    small = {(time, width): sums for time, width, sums in boxes._bank(values, lambda size: size <= 16)}
    large = {(time, width): sums for time, width, sums in boxes._bank(values, lambda size: size > 16)}
    assert small.keys() | large.keys() == every.keys()
    assert all(time * width <= 16 for time, width in small)
    for size, sums in [*small.items(), *large.items()]:
        assert np.array_equal(sums, every[size])


@given(SEEDS, st.integers(60, 300), st.floats(0.05, 0.6))
@settings(max_examples=40, deadline=None)
def test_four_levels_fit_all_rows_at_once_as_one_by_one(seed: int, count: int, noise: float) -> None:
    dice = np.random.default_rng(seed)
    values = 600 * (dice.choice([-3, -1, 1, 3], (5, count)) + dice.normal(0, noise, (5, count)))
    single = [found for row in values if (found := four_levels._fit(row[np.newaxis])) is not None]
    assert four_levels._fit(values) == min(single, key=lambda found: found[1], default=None)
    symbol = dice.choice([-3.0, -1.0, 1.0, 3.0], count)
    centred = symbol - symbol.mean()
    plain = [float(np.mean(centred[lag:] * centred[:-lag])) for lag in range(8, count // 2)]
    assert four_levels._repeated(symbol) == pytest.approx(max(plain) / float(np.mean(centred**2)), abs=1e-9)


@given(st.integers(1, 3000), st.floats(0.0, 1.0))
@settings(max_examples=60, deadline=None)
def test_the_edges_of_a_channel_are_the_whole_rule(size: int, share: float) -> None:
    inner = share / 2
    outer = min(0.5, inner * 1.5 + 1.0 / size)
    at = np.arange(min(size // 2, int(np.ceil(outer * size))) + 1) / size
    slope = np.clip((outer - at) / max(outer - inner, 1e-9), 0.0, 1.0)
    plain = (0.5 - 0.5 * np.cos(np.pi * slope)).astype(np.float32)
    assert np.array_equal(channel._edges(size, share), plain)
