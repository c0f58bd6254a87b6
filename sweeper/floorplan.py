"""Levels measured at places of a floor plan: where is it probably, how strong is it where nobody measured?

Indoors a level falls with distance, but walls, furniture and people move it by 6 dB and more from step to
step. So two things are computed and neither is the truth:

``locate``   How well does each cell of the plan explain the measured levels as the place of the transmitter?
             Model: level = power - 10 n log10(distance) + scatter. The power is unknown and left open; the
             exponent n is between free space and several walls. The answer is a probability for each cell,
             the best cell, and the radius around it that holds half of the probability.

``surface``  The level in each cell: the model's expectation, bent towards what was measured nearby (Gaussian
             process, exponential correlation), and its standard deviation, which grows away from the
             measurements.

Figures: shadowing 4 to 8 dB and exponents 1.8 to 4 indoors, ITU-R P.1238-11 tables 2 and 3; that scatter is
alike over a few metres and forgets itself exponentially is Gudmundson's model (1991), with indoor lengths.

Lengths in metres, x to the right and y downwards from the plan's upper left corner; levels in dB of any kind.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]

SCATTER_DB = 6.0
CORRELATION_M = 3.0
NOISE_DB = 2.5
"""What the same spot differs by from one look to the next, after averaging over a few seconds."""

EXPONENTS = (1.8, 2.2, 2.6, 3.0, 3.5, 4.0)
NEAREST_M = 0.3
"""Nearer than an arm's length the model ends."""

SAME_SPOT_M = 0.4
"""Readings so near to one another are one place; their median counts."""

LEAST_SPOTS = 3
"""Fewer places than this say nothing about where."""

CELLS = 64
"""Cells along the longer side of the plan."""


class Reading(msgspec.Struct, frozen=True):
    """One emitter's level where the reader stood."""

    x_m: float
    y_m: float
    level_db: float


class Where(msgspec.Struct, frozen=True):
    """What a plan says of one emitter's place. ``place`` is the named place nearest to the most likely spot,
    ``radius_m`` what holds half of the probability around it: ``None`` where too few places were measured.
    ``level_db`` in ``unit`` is the strongest of ``readings`` readings, near the named place ``strongest``.
    """

    plan: str
    place: str
    radius_m: float | None
    level_db: float
    unit: str
    strongest: str
    readings: int


class Grid(msgspec.Struct, frozen=True):
    """The cells over a plan: ``columns`` by ``rows`` squares of ``cell_m``."""

    columns: int
    rows: int
    cell_m: float

    def centres(self) -> tuple[Doubles, Doubles]:
        """x and y of each cell's centre, each of shape (rows, columns)."""
        x = (np.arange(self.columns) + 0.5) * self.cell_m
        y = (np.arange(self.rows) + 0.5) * self.cell_m
        across, down = np.meshgrid(x, y)
        return across, down


class Spot(msgspec.Struct, frozen=True, eq=False):
    """Where it probably is. ``probability`` has the grid's shape and sums to 1."""

    x_m: float
    y_m: float
    radius_m: float
    probability: Doubles


class Surface(msgspec.Struct, frozen=True, eq=False):
    """Level and its standard deviation in each cell, shape (rows, columns), dB."""

    level_db: Doubles
    sigma_db: Doubles


def grid_over(width_m: float, height_m: float, cells: int = CELLS) -> Grid:
    """A grid of at most ``cells`` along the longer side. Raises ``ValueError`` for a plan without size."""
    if not (0 < width_m < math.inf and 0 < height_m < math.inf):
        raise ValueError("a plan needs a width and a height")
    cell = max(width_m, height_m) / cells
    return Grid(max(1, round(width_m / cell)), max(1, round(height_m / cell)), cell)


def spots(readings: Iterable[Reading]) -> list[Reading]:
    """Readings at one place as one, with their median level; places in the order of the first visit."""
    places: list[list[Reading]] = []
    for reading in readings:
        for place in places:
            if math.hypot(place[0].x_m - reading.x_m, place[0].y_m - reading.y_m) <= SAME_SPOT_M:
                place.append(reading)
                break
        else:
            places.append([reading])
    return [
        Reading(place[0].x_m, place[0].y_m, float(np.median([each.level_db for each in place])))
        for place in places
    ]


def locate(readings: Sequence[Reading], grid: Grid) -> Spot | None:
    """Where one emitter probably is; ``None`` from fewer than ``LEAST_SPOTS`` places."""
    places = spots(readings)
    if len(places) < LEAST_SPOTS:
        return None
    fits = _fits(places, grid)
    best = max(float(fit.max()) for fit in fits)
    weight = np.sum([np.exp(fit - best) for fit in fits], axis=0)
    probability: Doubles = weight / weight.sum()
    row, column = np.unravel_index(int(np.argmax(probability)), probability.shape)
    x, y = grid.centres()
    at_x, at_y = float(x[row, column]), float(y[row, column])
    away = np.hypot(x - at_x, y - at_y).ravel()
    order = np.argsort(away, kind="stable")
    held = np.cumsum(probability.ravel()[order])
    half = int(np.searchsorted(held, 0.5))
    radius = max(grid.cell_m / 2, float(away[order][min(half, len(order) - 1)]))
    return Spot(at_x, at_y, radius, probability)


def _fits(places: Sequence[Reading], grid: Grid) -> list[Doubles]:
    """Log-likelihood of each cell, one array an exponent; the transmitter's power is left open."""
    x, y = grid.centres()
    falls = np.stack([_fall(x, y, place) for place in places])
    levels = np.array([place.level_db for place in places])
    made = []
    for exponent in EXPONENTS:
        power = levels[:, None, None] + exponent * falls
        scatter = power - power.mean(axis=0)
        made.append(-np.sum(scatter**2, axis=0) / (2 * SCATTER_DB**2))
    return made


def _fall(x: Doubles, y: Doubles, place: Reading) -> Doubles:
    """10 log10 of the distance from a place to each cell."""
    away = np.maximum(np.hypot(x - place.x_m, y - place.y_m), NEAREST_M)
    fall: Doubles = 10 * np.log10(away)
    return fall


def surface(readings: Sequence[Reading], grid: Grid) -> Surface | None:
    """The level over the whole plan; ``None`` without a reading."""
    places = spots(readings)
    if not places:
        return None
    expected, at_places = _expected(places, grid)
    x, y = grid.centres()
    here = np.array([[place.x_m, place.y_m] for place in places])
    between = np.hypot(here[:, None, 0] - here[None, :, 0], here[:, None, 1] - here[None, :, 1])
    known = SCATTER_DB**2 * np.exp(-between / CORRELATION_M) + NOISE_DB**2 * np.eye(len(places))
    away = np.hypot(x.ravel()[:, None] - here[:, 0], y.ravel()[:, None] - here[:, 1])
    cross = SCATTER_DB**2 * np.exp(-away / CORRELATION_M)
    solved = np.linalg.solve(known, cross.T)
    bent = np.array([place.level_db for place in places]) - at_places
    level = expected.ravel() + cross @ np.linalg.solve(known, bent)
    left = SCATTER_DB**2 - np.sum(cross.T * solved, axis=0)
    sigma = np.sqrt(np.maximum(left, 0.0))
    shape = (grid.rows, grid.columns)
    return Surface(level.reshape(shape), sigma.reshape(shape))


def _expected(places: Sequence[Reading], grid: Grid) -> tuple[Doubles, Doubles]:
    """The model's level in each cell and at each place; level ground where the spot is not known."""
    levels = np.array([place.level_db for place in places])
    spot = locate(places, grid)
    if spot is None:
        mean = float(levels.mean())
        return np.full((grid.rows, grid.columns), mean), np.full(len(places), mean)
    source = Reading(spot.x_m, spot.y_m, 0.0)
    x, y = grid.centres()
    px = np.array([place.x_m for place in places])
    py = np.array([place.y_m for place in places])
    at_places = _fall(px, py, source)
    best = min(EXPONENTS, key=lambda n: float(np.var(levels + n * at_places)))
    power = float(np.mean(levels + best * at_places))
    return power - best * _fall(x, y, source), power - best * at_places
