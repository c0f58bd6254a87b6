"""A filter's edge within the span: noise that it shapes is no signal, and signals between its edges are."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from sweeper.detectors.rf_segment import analyse
from sweeper.dsp import floor


@pytest.mark.parametrize(
    ("order", "ripple_db", "cut", "bottom"), [(5, 0.5, 0.44, 0.2), (7, 0.2, 0.38, 0.1), (5, 0.8, 0.4, 0.4)]
)
def test_a_filter_that_ends_within_the_span_makes_no_signals(
    order: int, ripple_db: float, cut: float, bottom: float
) -> None:
    """A Chebyshev low-pass and, beyond it, the converter's own flat noise: the floor lay 4 to 10 dB under the
    knee, and each segment told two to ten emissions there."""
    rate, count = 2.048e6, 134_217
    dice = np.random.default_rng(order)
    noise = dice.normal(size=(2, count)) + 1j * dice.normal(size=(2, count))
    sections = signal.cheby1(order, ripple_db, 2 * cut, output="sos")
    air = (signal.sosfilt(sections, noise[0]) + bottom * noise[1]).astype(np.complex64) * 0.01
    assert analyse(air, rate, floor.History(), 0.0).heard == ()
    tone = 0.02 * np.exp(2j * np.pi * 0.2 * np.arange(count)).astype(np.complex64)
    heard = analyse(air + tone, rate, floor.History(), 0.0).heard
    assert [round(one.center_hz / rate, 2) for one in heard] == [0.2]
