"""Ways outdoors as facts: positions, what was heard there; a map of tiles if the user gives a file. No Qt.

Positions are projected to Web Mercator (EPSG:3857) metres as tiles use them; lengths on the ground are
shorter by the cosine of the latitude. Tiles come from an MBTiles file (a SQLite database with a table
``tiles`` of PNG or JPEG pictures, rows counted from the south); nothing is ever fetched.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec

from sweeper.errors import InputError
from sweeper.text import say

RADIUS_M = 6_378_137.0
WORLD_M = 2 * math.pi * RADIUS_M
MAX_LATITUDE = 85.05112878
"""Where Web Mercator's square ends."""

TILE = 256
MAX_TILE_BYTES = 2 << 20


class Heard(msgspec.Struct, frozen=True):
    """Something heard at a position."""

    time_s: float
    lat: float
    lon: float
    address: str
    level: float | None


def project(lat: float, lon: float) -> tuple[float, float]:
    """Web Mercator x (east) and y (south) in metres from the map's upper left corner."""
    lat = min(max(lat, -MAX_LATITUDE), MAX_LATITUDE)
    x = (lon + 180.0) / 360.0 * WORLD_M
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * WORLD_M
    return x, y


def ground_m(lat: float) -> float:
    """Metres on the ground for one metre of the projection."""
    return math.cos(math.radians(lat))


def _tiles(level: int, left: float, top: float, right: float, bottom: float) -> int:
    """How many tiles of a level overlap a part of the map."""
    size, last = WORLD_M / (1 << level), (1 << level) - 1
    wide = min(last, int(right // size)) - max(0, int(left // size)) + 1
    high = min(last, int(bottom // size)) - max(0, int(top // size)) + 1
    return max(0, wide) * max(0, high)


class Tiles:
    """An MBTiles file, opened for reading only. Raises ``InputError`` if it is none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with closing(self._open()) as base:
                self.levels = sorted(
                    int(row[0]) for row in base.execute("SELECT DISTINCT zoom_level FROM tiles LIMIT 64")
                )
        except (sqlite3.Error, ValueError, TypeError) as error:
            raise InputError(str(path), say("no file of map tiles (MBTiles): {error}", error=error)) from None
        if not self.levels:
            raise InputError(str(path), say("a map without tiles"))

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(f"{self.path.resolve().as_uri()}?mode=ro", uri=True)

    def level_for(self, metres_a_pixel: float) -> int:
        """The zoom level whose pixels are nearest to this size."""
        return min(
            self.levels, key=lambda z: abs(math.log(WORLD_M / TILE / 2**z / max(metres_a_pixel, 1e-6)))
        )

    def within(
        self, level: int, left: float, top: float, right: float, bottom: float, most: int = 60
    ) -> Iterator[tuple[float, float, float, bytes]]:
        """``(x, y, size, picture)`` of tiles that overlap a part of the map, in projected metres.

        Where that would be more than ``most``, a coarser level of the file is taken: so a large screen is
        filled too.
        """
        coarser = [each for each in self.levels if each <= level]
        level = next((z for z in reversed(coarser) if _tiles(z, left, top, right, bottom) <= most), level)
        size = WORLD_M / 2**level
        last = 2**level - 1
        first_x, last_x = max(0, int(left // size)), min(last, int(right // size))
        first_y, last_y = max(0, int(top // size)), min(last, int(bottom // size))
        if _tiles(level, left, top, right, bottom) > most:
            return
        with closing(self._open()) as base:
            for column in range(first_x, last_x + 1):
                for line in range(first_y, last_y + 1):
                    found = base.execute(
                        "SELECT tile_data FROM tiles WHERE zoom_level=? AND tile_column=? AND tile_row=?",
                        (level, column, last - line),
                    ).fetchone()
                    if found and isinstance(found[0], bytes) and len(found[0]) <= MAX_TILE_BYTES:
                        yield column * size, line * size, size, found[0]
