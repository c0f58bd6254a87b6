"""Stretches of one value, against counting them one by one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.dsp import held
from sweeper.dsp.spectrum import Complex

RATE_HZ = 100e3
LEAST = 2000


def runs(lengths: list[int], seed: int) -> Complex:
    """Noise of eight bits, of which every second part is held at its first value."""
    dice = np.random.default_rng(seed)
    parts = []
    for number, length in enumerate(lengths):
        noise = dice.integers(0, 4, (length, 2)).astype(np.float32) @ np.array([1, 1j], np.complex64)
        parts.append(np.full(length, noise[0]) if number % 2 and length else noise)
    return np.concatenate(parts or [np.zeros(0)]).astype(np.complex64)


@given(st.lists(st.integers(0, 5000), max_size=7), st.integers(0, 2**32))
def test_stretches_are_those_that_counting_finds(lengths: list[int], seed: int) -> None:
    samples, at, expected = runs(lengths, seed), 0, []
    least = min(len(samples), LEAST)
    for _, group in itertools.groupby(samples.tolist()):
        length = len(list(group))
        if length >= least >= held.LEAST:
            expected.append((at, at + length))
        at += length
    found = held.stretches(samples, RATE_HZ)
    assert found == expected
    covered = sorted([*found, *held.others(found, len(samples))])
    assert [edge for pair in covered for edge in pair][::2] == ([0] if covered else []) + [
        b for _, b in covered
    ][:-1]
    assert sum(b - a for a, b in covered) == len(samples)


@pytest.mark.parametrize("rms", [0.3, 1.0, 30.0])
def test_noise_at_the_lowest_gain_is_no_stretch(rms: float) -> None:
    """In steps of an 8-bit receiver; the centre may lie on a step."""
    dice = np.random.default_rng(7)
    samples = np.round(dice.normal(0, rms, (2_400_000, 2))) @ np.array([1, 1j])
    assert held.stretches(samples.astype(np.complex64), 2.4e6) == []
