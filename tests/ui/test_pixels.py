"""Bins on pixel columns: nothing strong is lost, nothing is painted where nothing was heard."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from sweeper.ui.history import History
from sweeper.ui.layered import Layered, Place
from sweeper.ui.panorama import Grid
from sweeper.ui.pixels import Pixels
from sweeper.ui.traces import Traces
from sweeper.ui.waterfall import Waterfall

WIDTH, HEIGHT = 60, 40


@given(st.integers(1, 400), st.integers(1, 120), st.data())
def test_a_single_strong_bin_is_seen_where_it_lies(bins: int, width: int, data: st.DataObject) -> None:
    """All bins are on the screen, from anywhere in its left half: each colours a column that it touches."""
    first = data.draw(st.floats(0, width / 2))
    per = data.draw(st.floats(0.01, 1.0)) * (width - first) / bins
    strong = data.draw(st.integers(0, bins - 1))
    levels = np.full(bins, -120.0, np.float32)
    levels[strong] = -30.0
    pixels = Pixels(bins, first, per, width)
    if not pixels.columns:  # less than half a pixel in all
        assert bins * per < 1
        return
    shown = np.flatnonzero(pixels.strongest(levels) == -30.0) + pixels.left
    assert len(shown) >= 1
    begin, end = first + strong * per, first + (strong + 1) * per
    assert shown.min() >= begin - 1.5
    assert shown.max() <= end + 0.5
    assert pixels.weakest(-levels).min() == 30.0
    assert pixels.strongest(np.stack([levels, levels])).shape == (2, pixels.columns)


@given(st.integers(1, 400), st.floats(-300, 60), st.floats(0.01, 40))
def test_columns_beside_the_bins_stay_free(bins: int, first: float, per: float) -> None:
    pixels = Pixels(bins, first, per, WIDTH)
    assert 0 <= pixels.left <= pixels.right <= WIDTH
    if pixels.columns:
        assert abs(pixels.left - max(0.0, first)) <= 0.5
        assert abs(pixels.right - min(WIDTH, first + bins * per)) <= 0.5


def picture(paint) -> np.ndarray:
    """What ``paint(painter)`` leaves on black, shape (HEIGHT, WIDTH), as 0xRRGGBB."""
    image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
    image.fill(QColor("black"))
    painter = QPainter(image)
    paint(painter)
    painter.end()
    seen = np.frombuffer(image.constBits(), np.uint32).reshape(HEIGHT, WIDTH) & 0xFFFFFF
    return seen.copy()


def place(low: float, high: float, bottom: float, top: float) -> Place:
    return Place(QRectF(0, 0, WIDTH, HEIGHT), low, high, bottom, top)


def test_a_curve_keeps_its_peak_and_its_gap(qapp) -> None:
    """600 bins on 60 columns: one bin's peak reaches its height, bins that were not heard leave a gap."""
    grid = Grid(100.0, 1.0, 600)
    levels = np.full(600, -90.0, np.float32)
    levels[333] = -20.0
    levels[450:480] = np.nan
    traces, pen = Traces(), QPen(QColor("white"), 1)
    where = place(99.5, 699.5, -100.0, 0.0)
    seen = picture(lambda painter: traces.paint(painter, where, grid, [(pen, levels)])) > 0
    tops = np.where(seen.any(axis=0), seen.argmax(axis=0), HEIGHT)
    assert abs(int(tops[33]) - HEIGHT * 0.2) <= 1
    assert not seen[:, 45:48].any()
    assert all(abs(int(top) - HEIGHT * 0.9) <= 1 for top in np.delete(tops, [32, 33, 34, 45, 46, 47]))


def test_a_curve_that_is_looked_at_closely_joins_its_bins(qapp) -> None:
    """Two bins on the whole screen: a line from corner to corner, through the middle."""
    grid = Grid(0.0, 1.0, 2)
    traces, pen = Traces(), QPen(QColor("white"), 1)
    levels = np.array([0.0, 100.0], np.float32)
    seen = picture(lambda p: traces.paint(p, place(0.0, 1.0, 0.0, 100.0), grid, [(pen, levels)])) > 0
    assert seen[HEIGHT // 2 - 1 : HEIGHT // 2 + 1, WIDTH // 2 - 1 : WIDTH // 2 + 1].any()
    assert not seen[: HEIGHT // 4, : WIDTH // 2].any()


def painted(fall: Waterfall, history: History, where: Place) -> np.ndarray:
    fall.axis.paint_times = lambda *_args: None  # type: ignore[method-assign]
    fall.show_history(history, Grid(0.0, 1.0, history.columns))
    return picture(lambda painter: fall.paint(painter, where))


@given(st.lists(st.integers(1, 7), min_size=1, max_size=12), st.sampled_from([8, 10, 16, 20]))
def test_the_waterfall_grows_as_if_it_were_drawn_anew(steps: list[int], rows: int) -> None:
    """Rows that come in any portions give the picture that a fresh waterfall gives of all of them."""
    rng = np.random.default_rng(len(steps) * rows)
    colors = np.arange(256, dtype=np.uint32) * 0x010101
    history, grown = History(200), Waterfall()
    grown.set_colors(colors)
    where = place(-0.5, 199.5, -float(rows), 0.0)
    for step in steps:
        history.extend(
            rng.integers(1, 255, (step, 200)).astype(np.uint8), tuple(float(i) for i in range(step))
        )
        seen = painted(grown, history, where)
    fresh = Waterfall()
    fresh.set_colors(colors)
    assert np.array_equal(seen, painted(fresh, history, where))
    newest = history.fine[history.count - 1]
    assert seen[0, 0] == 0x010101 * int(newest[:3].max()), "the newest row is on top"


def test_one_strong_cell_is_found_in_the_waterfall(qapp) -> None:
    history, fall = History(4000), Waterfall()
    rows = np.full((20, 4000), 10, np.uint8)
    rows[12, 3217] = 200
    history.extend(rows, tuple(map(float, range(20))))
    fall.set_colors(np.arange(256, dtype=np.uint32))
    seen = painted(fall, history, place(-0.5, 3999.5, -20.0, 0.0))
    ys, xs = np.nonzero(seen == 200)
    assert set(ys.tolist()) == {14, 15}, "seven rows are newer, each two pixels high"
    assert abs(xs.mean() - 3217 / 4000 * WIDTH) <= 1


def test_the_scene_is_drawn_only_when_it_has_changed(qtbot) -> None:
    """New data leaves axes and markers alone; a new range of levels draws them once more."""
    drawn = []
    plot = Layered(lambda _painter, place: drawn.append(place))
    qtbot.addWidget(plot)
    plot.resize(400, 200)
    plot.show()
    qtbot.waitExposed(plot)
    qtbot.waitUntil(lambda: bool(drawn))
    qtbot.waitUntil(lambda: settled(qtbot, plot))
    before, data = plot.drawn, len(drawn)
    for _turn in range(5):
        plot.refresh()
        plot.grab()
    assert plot.drawn == before
    assert len(drawn) >= data + 5
    plot.getViewBox().setYRange(-50, 0, padding=0)
    qtbot.waitUntil(lambda: plot.drawn > before)
    qtbot.waitUntil(lambda: (drawn[-1].low_y, drawn[-1].high_y) == (-50, 0))


def settled(qtbot, plot: Layered) -> bool:
    """Whether the scene has no more to say after it was shown."""
    before = plot.drawn
    qtbot.wait(100)
    plot.grab()
    return plot.drawn == before


def test_the_cursor_and_the_ground_are_painted(qtbot) -> None:
    plot = Layered(lambda _painter, _place: None)
    qtbot.addWidget(plot)
    plot.resize(300, 200)
    plot.dress(QColor("#102030"), QColor("#ff0000"))
    plot.setXRange(0, 1, padding=0)
    plot.show()
    qtbot.waitExposed(plot)

    def red() -> int:
        image = plot.grab().toImage()
        across = {x for x in range(image.width()) if image.pixelColor(x, 60) == QColor("#ff0000")}
        return len(across)

    assert red() == 0
    plot.point(0.5)
    assert red() == 1
    assert plot.pointed == 0.5
    plot.point(None)
    assert red() == 0
