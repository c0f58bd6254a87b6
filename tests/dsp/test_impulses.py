"""Impulses are left out; what lasts as long as a symbol, or comes in numbers, is kept to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sweeper.detectors import rf_segment
from sweeper.dsp import floor, impulses
from tests.dsp.signals import Samples, bits, gfsk, noise, put, tone

RATES = (250e3, 2.4e6, 10e6)
N0 = 1e-10


def struck(rate: float, seed: int, gap_s: float = 2e-3, times: float = 40.0) -> tuple[Samples, list[int]]:
    """65 ms of noise with an impulse as long as the receiver's answer about every ``gap_s``; their places."""
    dice = np.random.default_rng(seed)
    air = noise(int(0.065 * rate), rate, N0, seed)
    length = max(2, int(4e-6 * rate))
    places = [int((at + dice.uniform(0.2, 0.8)) * gap_s * rate) for at in range(int(0.065 / gap_s))]
    for place in places:
        phase = np.exp(2j * np.pi * dice.uniform(0, 1))
        air[place : place + length] += np.complex64(np.sqrt(times * N0 * rate) * phase)
    return air, places


@pytest.mark.parametrize("rate", RATES)
def test_impulses_go_and_the_rest_stays(rate: float) -> None:
    air, places = struck(rate, 3)
    left = impulses.without(air, rate)
    gone = np.flatnonzero(left != air)
    assert all(np.all(left[place : place + 2] == 0) for place in places)
    assert len(gone) <= len(places) * 2 * max(6, int(12e-6 * rate))
    assert float(np.max(np.abs(left) ** 2)) < 25 * N0 * rate  # nothing of 40 times the noise is left


def test_noise_with_impulses_alarms_no_more_than_noise() -> None:
    """Twelve segments with forty impulses of 17 dB each: before they were left out, most of them alarmed."""
    alarms = {False: 0, True: 0}
    for seed in range(12):
        air, _ = struck(250e3, 100 + seed, 1.6e-3)
        clean = noise(len(air), 250e3, N0, 100 + seed)
        for hit, samples in ((True, air), (False, clean)):
            alarms[hit] += len(rf_segment.found(samples, 250e3, floor.History(), 0.0, 1e-5))
    assert alarms[False] <= 1
    assert alarms[True] <= 2


@pytest.mark.parametrize("rate", RATES)
def test_noise_alone_is_the_same_array(rate: float) -> None:
    air = noise(int(0.02 * rate), rate, N0, 5)
    air = np.where(np.abs(air) ** 2 > 15 * N0 * rate, np.complex64(0), air)  # the one sample in 1e7
    assert impulses.without(air, rate) is air


def test_short_or_silent_input_is_kept() -> None:
    for air in (np.zeros(0, np.complex64), np.ones(3, np.complex64), np.zeros(5000, np.complex64)):
        assert_array_equal(impulses.without(air, 1e6), air)


@pytest.mark.parametrize("rate", [1e6, 2.4e6, 10e6])
def test_signals_are_kept(rate: float) -> None:
    """Pulses of 10 us half of the time, a burst of half a millisecond, a carrier that begins: all 30 dB
    strong."""
    power = 1e3 * N0 * rate
    for sent in (
        _keyed(rate, power),
        gfsk(bits(148), 13e6 / 48, 0.5, 0.3, 0.0, power, rate),
        tone(int(0.03 * rate), 1e4, power, rate),
    ):
        air = noise(int(0.06 * rate), rate, N0, 9)
        put(air, 0.02, sent, rate)
        left = impulses.without(air, rate)
        start = int(0.02 * rate)
        assert_array_equal(left[start : start + len(sent)], air[start : start + len(sent)])


def _keyed(rate: float, power: float) -> Samples:
    """On and off in turn by chance, 10 us each."""
    count = round(10e-6 * rate)
    return (np.sqrt(power) * np.repeat(np.concatenate(([1], bits(400), [1])), count)).astype(np.complex64)
