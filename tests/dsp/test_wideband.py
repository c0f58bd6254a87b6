"""Signals wider than a look: found with their width and power over widths, slopes and levels; and what looks
like one and is none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from sweeper.dsp import spectrum, wideband
from tests.dsp.wide_air import N0, RATE, USABLE_HZ, Array, Signal, flat, looks


def found(
    *signals: Signal, gain_db: float = 0.7, around: Callable[[Array], Array] = flat, seed: int = 1
) -> list[wideband.Wide]:
    made = []
    for center, samples in looks(560e6, 640e6, signals, gain_db, around, seed):
        frames = spectrum.power_frames(samples, 1024, RATE)
        made.append(wideband.levels(frames.mean(axis=0), len(frames), RATE, center, USABLE_HZ))
    return wideband.find([one for one in made if one is not None])


@pytest.mark.parametrize("snr_db", [3.0, 10.0, 20.0])
@pytest.mark.parametrize(
    ("width_hz", "roll_off"),
    [(2e6, 0.05), (3e6, 0.02), (3e6, 0.2), (5e6, 0.05), (5e6, 0.22), (9e6, 0.02), (9e6, 0.1), (18e6, 0.02)],
)
def test_a_wide_signal_is_one_with_its_width_and_power(
    width_hz: float, roll_off: float, snr_db: float
) -> None:
    signal = Signal(585.3e6, width_hz, roll_off, snr_db)
    (one,) = found(signal)
    assert one.low_hz == pytest.approx(signal.low_hz, abs=0.1 * width_hz)
    assert one.high_hz == pytest.approx(signal.low_hz + width_hz, abs=0.1 * width_hz)
    assert one.whole
    sent = N0 * width_hz * 10 ** (snr_db / 10)
    assert 10 * np.log10(one.power / sent) == pytest.approx(0, abs=2)


def test_two_side_by_side_of_different_strength() -> None:
    strong, weak = Signal(575e6, 8e6, 0.05, 15), Signal(600e6, 5e6, 0.05, 5)
    low, high = found(strong, weak)
    assert low.low_hz == pytest.approx(575e6, abs=0.5e6)
    assert high.high_hz == pytest.approx(605e6, abs=0.5e6)


def hump(hz: Array) -> Array:
    return np.asarray(10 ** (0.5 * np.exp(-0.5 * ((hz - 600e6) / 6e6) ** 2)))


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("gain_db", "around"), [(0.7, flat), (3.0, flat), (0.7, hump)])
def test_gain_filter_and_swelling_noise_are_no_signal(
    gain_db: float, around: Callable[[Array], Array], seed: int
) -> None:
    assert found(gain_db=gain_db, around=around, seed=seed) == []


def test_too_few_looks_say_nothing() -> None:
    assert wideband.find([]) == []
    one = wideband.levels(np.ones(1024, np.float32), 20, RATE, 600e6, USABLE_HZ)
    assert one is not None
    assert wideband.find([one] * 3) == []
    assert wideband.levels(np.ones(64, np.float32), 20, RATE, 600e6, USABLE_HZ) is None


def test_a_stronger_neighbour_a_guard_band_away_is_not_the_noise() -> None:
    """Two LTE carriers of 10 MHz as networks lie: 1 MHz between them, 4 dB apart."""
    weak, strong = Signal(580e6, 9e6, 0.02, 5), Signal(590e6, 9e6, 0.02, 9)
    low, high = found(weak, strong)
    for one, signal in ((low, weak), (high, strong)):
        assert one.low_hz == pytest.approx(signal.low_hz, abs=0.3e6)
        assert one.high_hz == pytest.approx(signal.low_hz + 9e6, abs=0.3e6)
