"""Where detection takes a shorter way, the result is the plain rule's: written out here, cell by cell and
pair by pair, as the docstrings say it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import label

from sweeper.detectors import rf_bursts, rf_steady
from sweeper.detectors.rf_heard import Heard
from sweeper.dsp import boxes, extents, features, statistics, symbols
from sweeper.dsp.islands import runs

SEEDS = st.integers(0, 10_000)


def plainly_added(found: np.ndarray, hit: np.ndarray, time: int, width: int) -> np.ndarray:
    """``found`` and the connected pieces of the boxes' cells that touch nothing found."""
    block = 1 if width == 1 else width // 2 if width & (width - 1) == 0 else width // 3
    step = 1 if time == boxes.CLOSELY else max(1, time // 2)
    covered = np.zeros(found.shape, bool)
    for row, column in np.argwhere(hit):
        covered[row * step : row * step + time, column * block : column * block + width] = True
    groups, count = label(covered)
    out = found.copy()
    for group in range(1, count + 1):
        if not (found & (groups == group)).any():
            out |= groups == group
    return out


@given(SEEDS, st.floats(0.005, 0.1), st.floats(0.0, 0.02))
@settings(max_examples=15, deadline=None)
def test_pieces_are_claimed_by_blocks_as_by_cells(seed: int, boxes_hit: float, cells_found: float) -> None:
    dice = np.random.default_rng(seed)
    cells = dice.exponential(size=(37, 103)).astype(np.float32)
    for time, width, sums in boxes._bank(cells):
        hit = dice.random(sums.shape) < boxes_hit
        found = dice.random(cells.shape) < cells_found
        wanted = plainly_added(found, hit, time, width)
        boxes._add(found, hit, time, width)
        assert np.array_equal(found, wanted), (time, width)


def plain_pedestals(profile: np.ndarray, low: float, found: list[tuple[int, int]]) -> set[tuple[int, int]]:
    """The rule without its short cut: every line is taken out and looked under."""
    out = set()
    for start, stop in found:
        around = np.concatenate(
            (profile[max(0, start - 24) : max(0, start - 3)], profile[stop + 3 : stop + 24])
        )
        without = profile.copy()
        without[max(0, start - 3) : stop + 3] = np.median(around) if len(around) else 0.0
        smooth = np.convolve(np.pad(without, 2, mode="edge"), np.ones(5) / 5, "valid").astype(np.float32)
        wide = [r for r in extents._joined(runs(smooth > low)) if r[0] <= start and stop <= r[1]]
        power = float(np.sum(profile[start:stop] - 1))
        line = stop - start <= extents.LINE_BINS
        if line and wide and float(np.sum(without[slice(*wide[0])] - 1)) > extents.PEDESTAL * power:
            out.add(wide[0])
        else:
            out.add((start, stop))
    return out


@given(SEEDS, st.integers(1, 160), st.sampled_from([0.0, 3.0, 30.0]), st.integers(-1, 40))
@settings(max_examples=120, deadline=None)
def test_what_stands_under_a_line_is_found_as_without_the_short_cut(
    seed: int, bins: int, pedestal: float, split: int
) -> None:
    dice = np.random.default_rng(seed)
    profile = dice.gamma(8, 1 / 8, bins).astype(np.float32)
    profile += np.float32(pedestal) * (np.abs(np.arange(bins) - bins / 2) < bins / 3)
    profile[max(0, bins // 2 - split) : max(0, bins // 2 + split + 1)] = 1
    profile[bins // 2] += 200
    low = 1.6
    found = extents._joined(runs(profile > max(low, profile.max() * extents.SKIRT)))
    assert set(extents._pedestals(profile, low, found)) == plain_pedestals(profile, low, found)


@given(SEEDS, st.integers(1, 40), st.sampled_from([np.float32, np.float64]))
@settings(max_examples=60, deadline=None)
def test_median_percentile_and_edges_are_numpys(seed: int, count: int, kind: type) -> None:
    values = np.random.default_rng(seed).exponential(size=count).astype(kind)
    assert statistics.median(values) == float(np.median(values))
    for percent in (0, 4, 50, 67, 95, 100):
        usual = float(np.percentile(values, percent))
        assert float(statistics.percentile(values, percent)) == pytest.approx(usual, rel=1e-6)
    for before, after in ((0, 0), (1, 1), (2, 5)):
        assert np.array_equal(extents.edged(values, before, after), np.pad(values, (before, after), "edge"))


def heard(dice: np.random.Generator, steady: bool) -> Heard:
    low = dice.uniform(-2e4, 2e4)
    on = 0.065 if steady else dice.choice([1e-3, 0.02])
    return Heard(
        low_hz=low,
        high_hz=low + dice.choice([300.0, 2e3, 9e3]),
        start_s=0.0,
        stop_s=on,
        power=10 ** dice.uniform(-4, 1),
        snr_db=dice.uniform(0, 30),
        steady=steady,
        opens=steady,
        ends=steady,
        on_s=on,
    )


def reach(strong: float, weak: float) -> float:
    return max((widths for times, widths in rf_steady.SKIRTS if weak * times < strong), default=0.0)


def is_modulation(burst: Heard, one: Heard) -> bool:
    """Whether a burst is the modulation of one steady signal."""
    edge = 0.3 * one.width_hz
    gap = max(one.low_hz, burst.low_hz) - min(one.high_hz, burst.high_hz)
    fm, weaker = one.width_hz > rf_bursts.LEAST_FM_HZ, burst.power < 2 * one.power
    far = reach(one.power, burst.power)
    if burst.low_hz >= one.low_hz - edge and burst.high_hz <= one.high_hz + edge and weaker:
        return True
    if fm and -gap > rf_bursts.OVERLAP * burst.width_hz and weaker:
        return True
    if fm and burst.on_s < rf_bursts.EXCURSION_S and one.snr_db > 9 and gap <= one.width_hz and weaker:
        return True
    if gap <= 2 * one.width_hz and burst.power < 0.1 * one.power and one.snr_db > 12:
        return True
    wide_enough = far > 0 or one.width_hz > rf_bursts.CRUMB * burst.width_hz
    return burst.snr_db < 15 and gap <= far * one.width_hz and wide_enough


@given(SEEDS, st.integers(0, 12), st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_all_pairs_at_once_are_judged_as_one_by_one(seed: int, bursts: int, steady: int) -> None:
    dice = np.random.default_rng(seed)
    short = [heard(dice, steady=False) for _ in range(bursts)]
    long = [heard(dice, steady=True) for _ in range(steady)]
    apart = [b for b in short if not any(is_modulation(b, one) for one in long)]
    assert rf_bursts.apart_from(short, long) == apart
    lines = [
        one
        for one in long
        if one.snr_db >= rf_steady.SKIRT_SNR_DB
        or not any(
            abs(one.center_hz - other.center_hz) < reach(other.power, one.power) * other.width_hz
            for other in long
        )
    ]
    kept = rf_steady._without_skirts([rf_steady.Steady(one, one) for one in long])
    assert [one.whole for one in kept] == lines


@pytest.mark.parametrize("bins", [1, 2, 7])
def test_a_band_without_signal_has_no_runs(bins: int) -> None:
    assert runs(np.zeros(bins, bool)) == []
    assert runs(np.ones(bins, bool)) == [(0, bins)]


@given(SEEDS, st.floats(-1.2, 2.1), st.floats(0.01, 0.5), st.floats(0.1, 4.0), st.sampled_from([1e-3, 0.02]))
@settings(max_examples=100, deadline=None)
def test_what_is_left_out_unmeasured_would_be_left_out_measured(
    seed: int, place: float, share: float, louder: float, on_s: float
) -> None:
    one = heard(np.random.default_rng(seed), steady=True)
    low = one.low_hz + place * one.width_hz
    high = low + share * one.width_hz
    burst = replace(one, low_hz=low, high_hz=high, power=louder * one.power, steady=False, on_s=on_s)
    edge = 0.02 * one.width_hz
    left_out = rf_bursts.within(low - edge, high + edge, burst.power, on_s, one)
    assert not left_out or rf_bursts.apart_from([burst], [one]) == []
    assert left_out or louder > 1.99 or not -0.27 < place < 1.27 - share


@given(SEEDS, st.integers(1, 2000), st.booleans())
@settings(max_examples=40, deadline=None)
def test_histograms_and_means_are_numpys_bit_for_bit(seed: int, count: int, coarse: bool) -> None:
    dice = np.random.default_rng(seed)
    values = 10 * np.log10(dice.exponential(size=count))
    values = np.round(values) if coarse else values
    counts, edges = features._histogram(values, 64)
    wanted, wanted_edges = np.histogram(values, 64)
    assert np.array_equal(counts, wanted)
    assert np.array_equal(edges, wanted_edges)
    cells = dice.exponential(size=(1 + count % 70, 1 + count % 37)).astype(np.float32)
    for axis in (0, 1):
        own = statistics.mean(cells, axis)
        assert own.dtype == np.float32
        assert np.array_equal(own, cells.mean(axis=axis))


@given(SEEDS, st.integers(1, 300), st.integers(0, 4))
@settings(max_examples=60, deadline=None)
def test_runs_are_the_pieces_that_labels_show(seed: int, bins: int, gap: int) -> None:
    mask = np.random.default_rng(seed).random(bins) < 0.6
    filled = mask.copy()
    ends = np.flatnonzero(mask)
    for before, after in pairwise(ends.tolist()):
        filled[before:after] |= after - before - 1 <= gap
    groups, count = label(filled)
    wanted = [
        (int(np.flatnonzero(groups == k)[0]), int(np.flatnonzero(groups == k)[-1]) + 1)
        for k in range(1, count + 1)
    ]
    assert runs(mask, gap) == wanted


@given(SEEDS, st.integers(1, 200), st.booleans())
@settings(max_examples=60, deadline=None)
def test_the_occupied_band_is_numpys_interpolation(seed: int, bins: int, even: bool) -> None:
    dice = np.random.default_rng(seed)
    excess = np.full(bins, 2.0, np.float32) if even else dice.normal(1, 3, bins).astype(np.float32)
    power = np.where(excess > extents.SKIRT * excess.max(), excess, 0).astype(np.float64)
    if power.sum() <= 0:
        assert extents.occupied(excess) == (0.0, bins)
        return
    steps = np.concatenate(([0.0], np.cumsum(power))) / power.sum()
    wanted = np.interp((0.005, 0.995), steps, np.arange(bins + 1))
    assert extents.occupied(excess) == pytest.approx(wanted, abs=1e-6)


@given(SEEDS, st.integers(1, 9), st.integers(1, 9))
@settings(max_examples=40, deadline=None)
def test_sums_of_three_reach_over_the_edge_as_padding_does(seed: int, rows: int, columns: int) -> None:
    cells = np.random.default_rng(seed).exponential(size=(rows, columns)).astype(np.float32)
    padded = np.pad(cells, ((1, 1), (0, 0)), "edge")
    assert np.array_equal(boxes._threes(cells), padded[:-2] + padded[1:-1] + padded[2:])


@given(SEEDS, st.integers(8, 200), st.integers(1, 40))
@settings(max_examples=40, deadline=None)
def test_fits_are_the_mean_vectors_of_their_windows(seed: int, count: int, rates: int) -> None:
    dice = np.random.default_rng(seed)
    moments = np.cumsum(dice.integers(1, 6, count) * 37.3)
    half = symbols.WINDOW // 2 if count >= symbols.WINDOW else count
    parts = (moments - moments[0])[: count // half * half].reshape(-1, half)
    windows = np.hstack((parts[:-1], parts[1:])) if len(parts) > 1 else parts
    trial = 0.01 + 1e-4 * np.arange(rates)
    wanted = [np.abs(np.exp(2j * np.pi * rate * windows).mean(axis=1)).mean() for rate in trial]
    assert symbols._row(moments, 0.01, 1e-4, rates) == pytest.approx(wanted, abs=2e-9)
    assert symbols._fits(moments, trial[:1], 1e-4, rates)[0] == pytest.approx(wanted, abs=2e-9)
