"""Sums, medians and pieces of a segment taken a shorter way are the plain ones, bit for bit."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import label

from sweeper.detectors import rf_steady
from sweeper.dsp import boxes, floor

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
    held = boxes._held(covered, found)
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
