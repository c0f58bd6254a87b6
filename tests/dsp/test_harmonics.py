"""Harmonics and locating: places and slopes put there on purpose."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.dsp.harmonics import harmonics, places
from sweeper.dsp.locate import Locator
from sweeper.records import Emission


def emission(name: str, hz: float, power: float, width_hz: float = 12e3) -> Emission:
    return Emission(
        source="x",
        time_s=0.0,
        id=name,
        center_hz=hz,
        width_hz=width_hz,
        power_dbfs=power,
        snr_db=20.0,
        start_s=0.0,
        stop_s=1.0,
    )


def test_harmonics_of_a_near_transmitter() -> None:
    bug = emission("bug", 139.95e6, -20.0)
    others = [
        bug,
        emission("second", 279.9002e6, -62.0, 24e3),
        emission("third", 419.8503e6, -70.0, 36e3),
        emission("other", 280.4e6, -50.0),
        emission("louder", 279.901e6, -10.0),
    ]
    found = harmonics(bug, others)
    assert [(one.multiple, one.emission, one.below_db) for one in found] == [
        (2, "second", 42.0),
        (3, "third", 50.0),
    ]
    assert all(one.p < 0.01 for one in found)


def test_the_fundamental_of_a_multiplied_crystal() -> None:
    found = harmonics(emission("h", 433.9e6, -30.0), [emission("f", 216.95e6, -28.0)])
    assert [(one.multiple, one.emission) for one in found] == [(0.5, "f")]


def test_in_a_crowded_band_a_match_means_little() -> None:
    bug = emission("bug", 50e6, -20.0)
    crowd = [emission(f"c{i}", 95e6 + 12.5e3 * i, -60.0) for i in range(800)]
    (found, *_) = harmonics(bug, crowd)
    assert found.p > 0.2


def test_places_to_listen_hold_the_harmonics() -> None:
    made = places(433.92e6, 20e3)
    assert [multiple for multiple, _, _ in made] == pytest.approx([2, 3, 1 / 2, 1 / 3])
    assert all(low < multiple * 433.92e6 < high for multiple, low, high in made)


# --- locating ---------------------------------------------------------------------------------------------


def walk(levels: list[float], step_s: float = 0.1) -> Locator:
    locator = Locator()
    for index, level in enumerate(levels):
        locator.feed(index * step_s, level)
    return locator


def test_rising_falling_and_fading() -> None:
    rng = np.random.default_rng(1)
    up = [-80 + 0.3 * i + rng.normal(0, 1.5) for i in range(60)]
    assert walk(up).feed(6.1, up[-1]).trend == 1
    assert walk(up[::-1]).feed(6.1, up[0]).trend == -1
    assert walk(up).feed(6.1, up[-1]).slope_db_per_s == pytest.approx(3.0, abs=0.7)
    told = [walk([-60 + rng.normal(0, 5) for _ in range(40)]).feed(4.1, -60).trend for _ in range(200)]
    assert np.count_nonzero(told) <= 6  # three sigmas of a slope: one in four hundred


def test_near_and_far_are_those_of_this_walk() -> None:
    locator = walk([-90.0] * 30 + [-50.0] * 50)
    near = locator.feed(9.0, -50.0)
    assert near.share == pytest.approx(1.0, abs=0.01)
    assert near.pitch_hz == pytest.approx(1760, rel=0.02)
    assert near.ticks_hz == pytest.approx(16, rel=0.05)
    for index in range(60):
        far = locator.feed(9.1 + 0.1 * index, -90.0)
    assert far.share == pytest.approx(0.0, abs=0.01)
    assert far.pitch_hz == pytest.approx(220, rel=0.02)


def test_marks_set_the_scale() -> None:
    locator = walk([-60.0] * 20)
    locator.mark_weakest()
    for index in range(40):
        reading = locator.feed(2.0 + 0.1 * index, -30.0)
    locator.mark_strongest()
    assert (locator.weakest_db, round(locator.strongest_db)) == (-60.0, -30)
    assert reading.share == pytest.approx(1.0, abs=0.01)


@given(st.lists(st.tuples(st.floats(0, 2), st.floats(-140, 0)), min_size=1, max_size=60))
def test_any_walk_gives_sane_readings(steps: list[tuple[float, float]]) -> None:
    locator, now = Locator(floor_db=-120.0), 0.0
    for step, level in steps:
        now += step
        reading = locator.feed(now, level)
        assert 0 <= reading.share <= 1
        assert reading.level_db >= -120
        assert math.isfinite(reading.slope_db_per_s)
