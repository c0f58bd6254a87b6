"""Pieces of a mask beside ``scipy.ndimage.label`` and ``find_objects``, which look at every cell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import find_objects, label

from sweeper.dsp.islands import islands


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 12), st.floats(0, 1), st.booleans())
@settings(max_examples=150, deadline=None)
def test_pieces_are_those_of_label(seed: int, rows: int, columns: int, share: float, corners: bool) -> None:
    dice = np.random.default_rng(seed)
    mask = dice.random((rows, columns)) < share
    groups, count = label(mask, structure=np.ones((3, 3), bool) if corners else None)
    found = islands(mask, corners)
    assert found.total == count
    seeds = mask & (dice.random(mask.shape) < 0.3)
    held = np.isin(np.arange(1, count + 1), groups[seeds])
    assert np.array_equal(found.holding(seeds), held)
    assert np.array_equal(found.painted(held, mask.shape), np.concatenate(([False], held))[groups])
    places = [(r.start, r.stop, c.start, c.stop) for r, c in find_objects(groups)]
    assert [tuple(row) for row in found.boxes().tolist()] == places
    values = dice.exponential(size=mask.shape)
    sums = [float(values[groups == number].sum()) for number in range(1, count + 1)]
    assert found.sums(values).tolist() == pytest.approx(sums)
