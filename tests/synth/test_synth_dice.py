"""Randomness that can be asked for at any point."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sweeper.synth.dice import Dice


@given(st.integers(0, 2**63), st.text(max_size=8), st.integers(0, 2**40))
def test_the_same_question_gives_the_same_answer(seed: int, name: str, at: int) -> None:
    assert np.array_equal(Dice(seed, name).words(9, at), Dice(seed, name).words(9, at))
    assert np.array_equal(Dice(seed, name).words(9, at)[:4], Dice(seed, name).words(4, at))


def test_streams_differ_by_seed_name_and_number() -> None:
    words = [
        Dice(1, "a").words(1)[0],
        Dice(2, "a").words(1)[0],
        Dice(1, "b").words(1)[0],
        Dice(1, "a").words(1, 1)[0],
        Dice(1).sub("a", "x").words(1)[0],
    ]
    assert len(set(words)) == 5
    assert Dice(1, "a", "b").words(1)[0] == Dice(1, "a").sub("b").words(1)[0]


def test_sub_streams_do_not_overlap() -> None:
    """A long stream does not run into the next one."""
    long, after = Dice(5, "x").words(50_000, 0), Dice(5, "x").words(4, 1)
    assert not np.isin(after, long).any()


def test_gauss_is_circular_white_and_of_unit_power() -> None:
    z = Dice(3, "g").gauss(400_000)
    assert abs(np.mean(np.abs(z) ** 2) - 1) < 0.01  # standard error 0.0016
    assert abs(np.mean(z)) < 0.01
    assert abs(np.mean(z**2)) < 0.01
    # |z|^2 of a complex Gaussian is exponential: P(> 5) = e^-5
    assert abs(np.mean(np.abs(z) ** 2 > 5) / np.exp(-5) - 1) < 0.1
    assert abs(np.mean(z[1:] * np.conj(z[:-1]))) < 0.01


def test_bits_and_bytes_are_balanced() -> None:
    assert abs(Dice(4, "b").bits(100_000).mean() - 0.5) < 0.01
    assert len(Dice(4, "b").bytes(13)) == 13
    assert abs(np.frombuffer(Dice(4, "b").bytes(100_000), np.uint8).mean() - 127.5) < 1.5
