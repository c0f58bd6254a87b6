"""Boxes in time and frequency: what they claim on noise, and where what they find begins and ends."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import label

from sweeper.dsp import boxes, extents, floor, spectrum, statistics
from sweeper.dsp.islands import runs
from tests.dsp.signals import noise


def test_false_alarms_in_noise_are_as_stated() -> None:
    """Twice 1e-3 a bin would be 40 of 20480; the bank shares the rate among all its boxes."""
    size, rate = 512, 2.4e6
    alarms = 0
    for seed in range(40):
        cells = spectrum.power_frames(noise(int(rate * 0.03), rate, 1 / 1.0, seed), size, rate)
        mask = boxes.detect(cells, 1e-3, size)
        alarms += 0 if mask is None else label(mask)[1]
    assert 4 <= alarms <= 40


@given(st.integers(10, 90), st.integers(3, 60), st.integers(20, 380), st.integers(4, 100), st.floats(15, 35))
@settings(max_examples=40, deadline=None)
def test_a_block_of_power_is_found_where_it_is(
    start: int, length: int, low: int, width: int, snr: float
) -> None:
    random = np.random.default_rng(start * 1000 + low)
    cells = random.exponential(1.0, (160, 512)).astype(np.float32)
    cells[start : start + length, low : low + width] *= 1 + 10 ** (snr / 10)
    mask = boxes.detect(cells, 1e-6, 512)
    assert mask is not None
    inside = mask[start : start + length, low : low + width]
    assert inside.mean() > 0.7
    around = mask.copy()
    around[max(0, start - 3) : start + length + 3, max(0, low - 3) : low + width + 3] = False
    assert around.sum() <= 0.05 * mask.size


def test_a_weak_wide_signal_beside_a_strong_narrow_one_is_found() -> None:
    random = np.random.default_rng(2)
    cells = random.exponential(1.0, (300, 512)).astype(np.float32)
    cells[:, 100:102] *= 1e5
    cells[100:200, 300:380] *= 2.0
    mask = boxes.detect(cells, 1e-6, 512)
    assert mask is not None
    assert mask[110:190, 310:370].mean() > 0.1
    assert mask[:, 110:230].mean() < 0.02


def test_lines_share_one_rate_and_reach_to_the_lower_threshold() -> None:
    random = np.random.default_rng(3)
    mean = random.gamma(40, 1 / 40, 4096).astype(np.float32)
    mean[2000:2040] += np.hanning(40).astype(np.float32) * 20
    seen = boxes.detect_lines(mean, 42, 1e-6, 4096)
    (run,) = runs(seen)
    assert run[0] == pytest.approx(2001, abs=4)
    assert run[1] == pytest.approx(2039, abs=4)


@given(st.lists(st.booleans(), max_size=60), st.integers(0, 5))
def test_runs_cover_every_true_value_once(values: list[bool], gap: int) -> None:
    mask = np.array(values, bool)
    found = runs(mask, gap)
    covered = np.zeros(len(mask), bool)
    for start, stop in found:
        assert mask[start]
        assert mask[stop - 1]
        assert not covered[start:stop].any()
        covered[start:stop] = True
    assert np.all(covered[mask])
    assert all(b[0] - a[1] > gap for a, b in pairwise(found))


@given(st.floats(40, 80), st.floats(3, 20), st.integers(0, 20))
@settings(deadline=None)
def test_the_occupied_band_holds_99_percent(center: float, sigma: float, pad: int) -> None:
    at = np.arange(200 + pad) + 0.5
    power = np.exp(-0.5 * ((at - center - 50) / sigma) ** 2)
    low, high = extents.occupied(power)
    inside = power[int(np.ceil(low)) : int(high)].sum() / power.sum()
    assert 0.9 < inside <= 0.995
    assert (low + high) / 2 == pytest.approx(center + 50, abs=0.5)


def test_a_skirt_is_not_a_signal_but_a_weak_neighbour_is() -> None:
    at = np.arange(400)
    skirt = 1 + 1e5 / (1 + (np.abs(at - 200) / 2.0) ** 4)
    ((low, high),) = extents.bands(skirt.astype(np.float32), 1.5)
    assert 190 < low < 197
    assert 203 < high < 211
    skirt[300:303] += 60
    found = extents.bands(skirt.astype(np.float32), 1.5)
    assert len(found) == 2
    assert found[1] == (300, 303)


def test_every_box_holds_the_sum_of_its_cells_and_covers_them() -> None:
    cells = np.random.default_rng(0).exponential(size=(150, 512)).astype(np.float32)
    for time, width, sums in boxes._bank(cells):
        block = 1 if width == 1 else width // 2 if width & (width - 1) == 0 else width // 3
        step = 1 if time == boxes.CLOSELY else max(1, time // 2)
        for row, column in ((0, 0), (sums.shape[0] - 1, sums.shape[1] - 1), (sums.shape[0] // 2, 1)):
            inside = np.zeros(cells.shape, bool)
            inside[row * step : row * step + time, column * block : column * block + width] = True
            assert sums[row, column] == pytest.approx(float(cells[inside].sum()), rel=1e-3)
            hit = np.zeros(sums.shape, bool)
            hit[row, column] = True
            covered = np.zeros(cells.shape, bool)
            boxes._spread(*boxes._blocks(hit, time, width), covered)
            assert np.array_equal(covered, inside), (time, width)


def test_noise_that_lasts_has_mean_one() -> None:
    """Against dice: the lesser of the mean and the second weakest quarter, over its usual value."""
    dice = np.random.default_rng(3)
    for shape in (4.0, 18.0):
        quarters = dice.gamma(shape, 1 / shape, (200_000, 4))
        bias = statistics.quantile_bias(shape, 1.6 / 4.2)
        lesser = np.minimum(quarters.mean(axis=1), np.sort(quarters, axis=1)[:, 1] / bias)
        assert statistics.lesser_mean(shape, bias) == pytest.approx(float(lesser.mean()), abs=0.003)


def test_a_flat_floor_is_surer_than_one_that_follows_a_filter() -> None:
    flat = np.full(512, 1e-10, np.float32)
    bent = flat * (1 + 0.2 * np.hanning(512)).astype(np.float32)
    assert statistics.FLOOR_ERROR < floor.uncertainty(bent, 1000) < 0.03
    assert floor.uncertainty(bent, 48) > 0.035  # measured on shaped noise: 3.8 % of a look of 5.2 ms
    assert (
        floor.FLAT_ERROR
        < floor.uncertainty(flat, 1000)
        < floor.uncertainty(flat, 48)
        < statistics.FLOOR_ERROR
    )
