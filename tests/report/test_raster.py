"""The waterfall's picture is a PNG that others read, no peak is lost in it, and its memory is bounded."""

from __future__ import annotations

import numpy as np
import pytest

from sweeper.records import Trace
from sweeper.report import raster
from sweeper.report.raster import Raster


def trace(time_s: float, levels: np.ndarray) -> Trace:
    values = levels.astype(np.float32)
    return Trace(
        source="a",
        time_s=time_s,
        start_hz=1e6,
        bin_hz=100.0,
        mean_db=values,
        max_db=values,
        dwell_s=0.1,
        transforms=1,
    )


def filled(rows: int, columns: int, peak: tuple[int, int]) -> Raster:
    made: Raster | None = None
    for row in range(rows):
        levels = np.full(columns, -90.0)
        if row == peak[0]:
            levels[peak[1]] = -20.0
        one = trace(row * 0.1, levels)
        if made is None:
            made = Raster(one)
        else:
            made.add(one)
    assert made is not None
    return made


@pytest.mark.parametrize(("rows", "columns"), [(10, 64), (1_000, 2_000), (5_001, 361)])
def test_a_single_peak_survives_in_its_place(rows: int, columns: int) -> None:
    peak = (rows * 2 // 3, columns // 3)
    made = filled(rows, columns, peak)
    assert len(made.rows) <= raster.ROWS
    assert len(made.rows[0]) <= raster.COLUMNS
    power = np.stack(made.rows)
    row, column = np.unravel_index(int(power.argmax()), power.shape)
    assert power[row, column] == -20.0
    assert column == peak[1] // made.fold
    later = made.times_s[row + 1] if row + 1 < len(made.times_s) else made.end_s
    assert made.times_s[row] <= peak[0] * 0.1 + 1e-9 < later + 1e-9


def test_the_rows_span_the_whole_time() -> None:
    made = filled(3_000, 16, (0, 0))
    assert made.times_s[0] == 0.0
    assert made.end_s == pytest.approx(300.0)
    steps = np.diff(made.times_s)
    assert np.allclose(steps, steps[0])


def test_others_read_the_picture() -> None:
    """Qt decodes it: the size is right, noise is dark, the peak is bright."""
    gui = pytest.importorskip("PySide6.QtGui")
    made = filled(20, 50, (7, 11))
    image = gui.QImage.fromData(made.png())
    assert (image.width(), image.height()) == (50, 20)
    assert image.pixelColor(11, 7).getRgb()[:3] == raster._STOPS[-1]
    assert image.pixelColor(0, 0).getRgb()[:3] == raster._STOPS[0]
