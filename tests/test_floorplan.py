"""Levels over a plan against arithmetic: a transmitter at a known place, a single reading by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.floorplan import (
    CORRELATION_M,
    NOISE_DB,
    SCATTER_DB,
    Reading,
    grid_over,
    locate,
    spots,
    surface,
)

GRID = grid_over(12.0, 8.0)


def walk(x_m: float, y_m: float, exponent: float = 2.6, power: float = -40.0) -> list[Reading]:
    """Noiseless levels of a transmitter, taken at every second metre."""
    return [
        Reading(x, y, power - 10 * exponent * math.log10(max(0.3, math.hypot(x - x_m, y - y_m))))
        for x in (1.0, 3.0, 5.0, 7.0, 9.0, 11.0)
        for y in (1.0, 3.0, 5.0, 7.0)
    ]


def test_a_grid_covers_the_plan() -> None:
    assert (GRID.columns, GRID.rows) == (64, 43)
    assert GRID.columns * GRID.cell_m == pytest.approx(12.0)
    assert GRID.rows * GRID.cell_m == pytest.approx(8.0, abs=GRID.cell_m)
    for wrong in ((0.0, 1.0), (1.0, -2.0), (math.inf, 1.0), (math.nan, 1.0)):
        with pytest.raises(ValueError, match="needs"):
            grid_over(*wrong)


@pytest.mark.parametrize("place", [(4.2, 2.7), (10.4, 6.9), (1.5, 6.0)])
def test_a_transmitter_is_found_where_it_is(place: tuple[float, float]) -> None:
    spot = locate(walk(*place), GRID)
    assert spot is not None
    assert math.hypot(spot.x_m - place[0], spot.y_m - place[1]) < 0.5
    assert spot.radius_m < 1.5
    assert float(spot.probability.sum()) == pytest.approx(1.0)


def test_scatter_widens_the_answer_but_holds_the_place() -> None:
    """50 walks with 6 dB of scatter: the half-probability circle holds the place about half of the time."""
    rng = np.random.default_rng(5)
    inside = 0
    for _turn in range(50):
        x, y = rng.uniform(1, 11), rng.uniform(1, 7)
        scattered = [Reading(r.x_m, r.y_m, r.level_db + rng.normal(0, SCATTER_DB)) for r in walk(x, y)]
        spot = locate(scattered, GRID)
        assert spot is not None
        inside += math.hypot(spot.x_m - x, spot.y_m - y) <= spot.radius_m
    assert 15 <= inside <= 40


def test_two_places_say_nothing_about_where() -> None:
    assert locate([Reading(1, 1, -50), Reading(5, 5, -60)], GRID) is None
    assert locate([Reading(1, 1, -50), Reading(1.1, 1.1, -55), Reading(5, 5, -60)], GRID) is None


def test_equal_levels_at_four_corners_point_to_the_middle() -> None:
    corners = [Reading(x, y, -60.0) for x in (2.0, 10.0) for y in (1.0, 7.0)]
    spot = locate(corners, GRID)
    assert spot is not None
    assert spot.x_m == pytest.approx(6.0, abs=0.3)
    assert spot.y_m == pytest.approx(4.0, abs=0.3)


def test_readings_at_one_place_count_once_by_their_median() -> None:
    made = spots([Reading(1, 1, -50), Reading(1.2, 1.0, -70), Reading(1.0, 1.1, -52), Reading(4, 4, -80)])
    assert [(r.x_m, r.level_db) for r in made] == [(1, -52.0), (4, -80.0)]


def test_one_reading_by_hand() -> None:
    """Ground is level at the reading; its own cell is as sure as one look is, far away nothing is known."""
    made = surface([Reading(3.0, 4.0, -60.0)], GRID)
    assert made is not None
    assert np.allclose(made.level_db, -60.0)
    x, y = GRID.centres()
    away = np.hypot(x - 3.0, y - 4.0)
    share = SCATTER_DB**4 * np.exp(-2 * away / CORRELATION_M) / (SCATTER_DB**2 + NOISE_DB**2)
    assert np.allclose(made.sigma_db, np.sqrt(SCATTER_DB**2 - share))
    assert made.sigma_db[away < 0.2].max() < 3.1
    assert made.sigma_db[away > 8].min() > 5.9


def test_two_readings_by_hand_without_a_model() -> None:
    """Too few for a place: the ground is their mean, each reading bends it by the textbook's two weights."""
    one, other = Reading(2.0, 4.0, -50.0), Reading(8.0, 4.0, -70.0)
    made = surface([one, other], GRID)
    assert made is not None
    near = math.exp(-6.0 / CORRELATION_M) * SCATTER_DB**2
    own = SCATTER_DB**2 + NOISE_DB**2
    x, y = GRID.centres()
    row, column = 20, 10
    k1 = SCATTER_DB**2 * math.exp(-math.hypot(x[row, column] - 2, y[row, column] - 4) / CORRELATION_M)
    k2 = SCATTER_DB**2 * math.exp(-math.hypot(x[row, column] - 8, y[row, column] - 4) / CORRELATION_M)
    weight = 10.0 / (own - near)  # by symmetry the two weights are +w and -w
    assert made.level_db[row, column] == pytest.approx(-60.0 + weight * (k1 - k2))


def test_no_reading_no_surface() -> None:
    assert surface([], GRID) is None


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 12), st.floats(0, 8), st.floats(-120, 0)), min_size=1, max_size=12))
def test_any_walk_gives_finite_figures(points: list[tuple[float, float, float]]) -> None:
    readings = [Reading(*point) for point in points]
    made = surface(readings, grid_over(12.0, 8.0, 20))
    assert made is not None
    assert np.isfinite(made.level_db).all()
    assert ((made.sigma_db >= 0) & (made.sigma_db <= SCATTER_DB + 1e-9)).all()
    spot = locate(readings, grid_over(12.0, 8.0, 20))
    assert spot is None or (0 <= spot.x_m <= 12.1 and 0 <= spot.y_m <= 8.3 and spot.radius_m > 0)
