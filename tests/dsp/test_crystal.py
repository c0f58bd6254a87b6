"""The crystal's error against the corpus's own figure and against arithmetic."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.dsp import crystal
from sweeper.dsp.crystal import FCCH_HZ, error_ppm, from_signals


def test_the_example_holds() -> None:
    assert doctest.testmod(crystal).failed == 0


def test_the_fcch_tone_is_that_of_the_standard() -> None:
    assert pytest.approx(FCCH_HZ, abs=0.01) == 270_833.333 / 4


@given(st.floats(-200, 200), st.floats(-200, 200), st.floats(24e6, 1.766e9))
def test_what_is_applied_is_counted(error: float, applied: float, true_hz: float) -> None:
    shown = true_hz * (1 + applied * 1e-6) / (1 + error * 1e-6)
    assert error_ppm(true_hz, shown, applied) == pytest.approx(error, abs=1e-6)


def test_a_signal_that_is_not_what_it_was_taken_for_is_left_out() -> None:
    seen = [(f, f / (1 + 12e-6)) for f in (935.2e6, 941.0e6, 958.4e6)]
    found = from_signals([*seen, (947.0e6, 947.1e6)])
    assert found is not None
    assert found.ppm == pytest.approx(12.0, abs=1e-3)
    assert (found.used, round(found.spread_ppm, 3)) == (3, 0.0)
    assert from_signals([]) is None
    assert from_signals([(9e8, 9e8), (9e8, 9.001e8)]) is None
