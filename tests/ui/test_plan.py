"""The floor plan: from a picture or a PDF page to a most likely spot, by mouse and by keyboard."""

from __future__ import annotations

import math
import sqlite3
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPdfWriter
from PySide6.QtWidgets import QInputDialog

from sweeper.errors import InputError
from sweeper.ui import measuring, menus, pages, plans, view_plan
from sweeper.ui.phase import Phase
from sweeper.ui.plans import FloorPlan, Taken
from sweeper.ui.walks import WORLD_M, Heard, Tiles, ground_m, project
from sweeper.ui.window import Window
from tests.ui.fakes import Endless, recipe
from tests.ui.test_window import text_of


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A plan of 600 by 400 pixels."""
    image = QImage(600, 400, QImage.Format.Format_RGB32)
    image.fill(QColor("#FFFFFF"))
    painter = QPainter(image)
    painter.drawRect(QRectF(10, 10, 580, 380))
    painter.end()
    path = tmp_path / "flat.png"
    assert image.save(str(path))
    return path


def filled(tmp_path: Path) -> FloorPlan:
    """A plan 12 m wide with a transmitter at (4, 3), measured at six places."""
    plan = FloorPlan.fresh(tmp_path / "plans", "Flat", 2 / 3)
    plan.facts.width_m, plan.facts.scaled = 12.0, True
    for x, y in ((1, 1), (6, 1), (11, 1), (1, 7), (6, 7), (11, 7)):
        level = -40 - 26 * math.log10(max(0.3, math.hypot(x - 4, y - 3)))
        plan.take(Taken(float(x), float(y), {"ble:aa": level}), {"ble:aa": "A tag"})
    return plan


def test_a_plan_is_kept_and_read_back(tmp_path: Path) -> None:
    plan = filled(tmp_path)
    plan.name_place(4.5, 3.0, "kitchen")
    again = FloorPlan.load(plan.folder)
    assert again is not None
    assert again.measured() == [("ble:aa", 6)]
    where = again.place_of("ble:aa")
    assert where is not None
    assert where[0] == "kitchen"
    assert where[1] < 2
    assert again.undo()
    assert len(again.readings("ble:aa")) == 5
    again.name_place(4.6, 3.0, "")
    assert again.facts.places == []
    assert [each.facts.name for each in plans.listed(tmp_path / "plans")] == ["Flat"]


def test_the_scale_moves_everything_along(tmp_path: Path) -> None:
    """Two points that count as 5 m apart are 10 m apart: all lengths double."""
    plan = filled(tmp_path)
    plan.set_scale((1.0, 1.0), (6.0, 1.0), 10.0)
    assert plan.facts.width_m == 24.0
    assert plan.height_m == 16.0
    assert (plan.facts.taken[1].x_m, plan.facts.taken[1].y_m) == (12.0, 2.0)
    for wrong in (((1.0, 1.0), (1.0, 1.0), 3.0), ((0.0, 0.0), (1.0, 0.0), 0.0)):
        with pytest.raises(ValueError, match="needed"):
            plan.set_scale(*wrong)


@pytest.mark.parametrize("content", [b"", b"{", b'{"name": "x", "picture": "p", "width_m": -1}', b"[]"])
def test_a_damaged_plan_is_no_plan(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "plan.json").write_bytes(content)
    assert FloorPlan.load(tmp_path) is None


def test_pictures_and_pdf_pages_are_read(qtbot, tmp_path: Path, picture: Path) -> None:
    image = pages.load(picture)
    assert (image.width(), image.height()) == (600, 400)
    writer = QPdfWriter(str(tmp_path / "two.pdf"))
    painter = QPainter(writer)
    writer.newPage()
    painter.fillRect(0, 0, writer.width(), writer.height() // 2, QColor("#B2330E"))
    painter.end()
    assert pages.pages(tmp_path / "two.pdf") == 2
    second = pages.load(tmp_path / "two.pdf", 1)
    assert max(second.width(), second.height()) == pytest.approx(pages.LONGEST, abs=2)
    red = second.pixelColor(second.width() // 2, second.height() // 4)
    assert (red.red(), red.green(), red.blue()) == pytest.approx((0xB2, 0x33, 0x0E), abs=3)
    assert second.pixelColor(second.width() // 2, second.height() * 9 // 10).green() > 250


@pytest.mark.parametrize(
    ("name", "content"), [("x.png", b"no"), ("x.pdf", b"%PDF-1.4 broken"), ("y.pdf", b"")]
)
def test_what_is_no_picture_is_said_in_one_line(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=name) as caught:
        pages.load(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_click_measure_and_most_likely_spot(qtbot, window: Window, picture: Path, monkeypatch) -> None:
    """The whole way: load, scale, stand at four places, see where it is."""
    monkeypatch.setattr(measuring, "ROUNDS", 3)
    window.desk.begin(recipe(Endless()), "test", live=True)
    qtbot.waitUntil(lambda: window.desk.emissions.rowCount() == 1, timeout=5000)
    window.show_view("plan")
    rooms = window.view("plan").rooms
    rooms.load(picture)
    assert rooms._plan is not None
    rooms._use("scale")
    monkeypatch.setattr(QInputDialog, "getDouble", lambda *_a: (10.0, True))
    for x in (0.1, 0.6):
        at = rooms._canvas.place(x * rooms._plan.facts.width_m, 1.0)
        qtbot.mouseClick(rooms._canvas, Qt.MouseButton.LeftButton, pos=at.toPoint())
    assert rooms._plan.facts.width_m == pytest.approx(20.0, rel=0.02)
    for index, (x, y) in enumerate(((0.2, 0.2), (0.8, 0.2), (0.2, 0.8), (0.8, 0.8)), 1):
        at = rooms._canvas.place(x * rooms._plan.facts.width_m, y * rooms._plan.height_m)
        qtbot.mouseClick(rooms._canvas, Qt.MouseButton.LeftButton, pos=at.toPoint())
        assert "stand still" in text_of(rooms)
        qtbot.waitUntil(lambda n=index: len(rooms._plan.facts.taken) == n, timeout=5000)
    assert {"rf:433920000", "ble:c2:00:00:00:00:01"} <= {key for key, _count in rooms._plan.measured()}
    assert "Most likely" in text_of(rooms)
    assert not window.grab().isNull()
    window.desk.select("F-001")
    window.show_view("findings")
    assert "Plan “flat”: most likely" in text_of(window._inspector)


def test_a_measurement_needs_a_sweep(qtbot, window: Window, picture: Path) -> None:
    window.show_view("plan")
    rooms = window.view("plan").rooms
    rooms.load(picture)
    rooms.measure(1.0, 1.0)
    assert "A measurement needs a sweep that listens." in text_of(window._message)
    assert rooms._plan is not None
    assert rooms._plan.facts.taken == []


def test_the_keyboard_does_what_the_mouse_does(qtbot, window: Window, picture: Path) -> None:
    window.show_view("plan")
    rooms = window.view("plan").rooms
    rooms.load(picture)
    chosen: list[tuple[float, float]] = []
    rooms._canvas.chosen.disconnect()
    rooms._canvas.chosen.connect(lambda x, y: chosen.append((x, y)))
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Up):
        qtbot.keyClick(rooms._canvas, key)
    qtbot.keyClick(rooms._canvas, Qt.Key.Key_Return)
    assert chosen == [pytest.approx((5.0 + 0.2, 10 / 3 - 0.1))]


def test_names_and_files(qtbot, window: Window, picture: Path, monkeypatch) -> None:
    window.show_view("plan")
    rooms = window.view("plan").rooms
    monkeypatch.setattr(view_plan.QFileDialog, "getOpenFileName", lambda *_a: (str(picture), ""))
    rooms.load_dialog()
    monkeypatch.setattr(QInputDialog, "getText", lambda *_a: ("bedroom", True))
    rooms._use("name")
    rooms._chosen(2.0, 2.0)
    assert rooms._plan is not None
    assert [each.name for each in rooms._plan.facts.places] == ["bedroom"]
    rooms._file()
    assert "No job is open." in text_of(window._message)


def test_projection_by_hand() -> None:
    """Web Mercator: the whole world at 0, 0 is half of its length; at 60 degrees one metre shows as two."""
    assert project(0.0, 0.0) == pytest.approx((WORLD_M / 2, WORLD_M / 2))
    assert project(85.05112878, -180.0) == pytest.approx((0.0, 0.0), abs=0.5)
    assert ground_m(60.0) == pytest.approx(0.5)
    x1, _y = project(60.0, 30.0)
    x2, _y = project(60.0, 30.001)
    assert (x2 - x1) * ground_m(60.0) == pytest.approx(0.001 / 360 * WORLD_M / 2)


def tiles_file(path: Path) -> Path:
    """One red tile at zoom 1: the north-west quarter of the world (TMS counts rows from the south)."""
    image = QImage(256, 256, QImage.Format.Format_RGB32)
    image.fill(QColor("#B2330E"))
    image.save(str(path.with_suffix(".png")))
    base = sqlite3.connect(path)
    base.execute("CREATE TABLE tiles (zoom_level, tile_column, tile_row, tile_data)")
    base.execute("INSERT INTO tiles VALUES (1, 0, 1, ?)", (path.with_suffix(".png").read_bytes(),))
    base.commit()
    base.close()
    return path


def test_tiles_come_from_a_file_only(tmp_path: Path) -> None:
    tiles = Tiles(tiles_file(tmp_path / "map.mbtiles"))
    assert tiles.levels == [1]
    (found,) = tiles.within(1, 10.0, 10.0, 20.0, 20.0)
    assert found[:3] == (0.0, 0.0, WORLD_M / 2)
    assert list(tiles.within(1, WORLD_M * 0.6, 10.0, WORLD_M * 0.7, 20.0)) == []
    (tmp_path / "no.mbtiles").write_bytes(b"not a database at all, not even nearly")
    with pytest.raises(InputError, match="no file of map tiles"):
        Tiles(tmp_path / "no.mbtiles")
    with pytest.raises(InputError):
        Tiles(tmp_path / "absent.mbtiles")


def test_a_large_screen_takes_a_coarser_level_of_the_file(tmp_path: Path) -> None:
    """More tiles than are drawn at once: the level above is shown instead of nothing."""
    path = tiles_file(tmp_path / "map.mbtiles")
    base = sqlite3.connect(path)
    picture = path.with_suffix(".png").read_bytes()
    rows = [(4, x, y, picture) for x in range(16) for y in range(16)]
    base.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", rows)
    base.commit()
    base.close()
    tiles = Tiles(path)
    few = list(tiles.within(4, 0.0, 0.0, WORLD_M / 4 - 1, WORLD_M / 4 - 1))
    assert [each[2] for each in few] == [WORLD_M / 16] * 16
    many = list(tiles.within(4, 0.0, 0.0, WORLD_M - 1, WORLD_M - 1))
    assert [each[2] for each in many] == [WORLD_M / 2]


def test_the_map_is_moved_and_zoomed_by_keys_and_mouse(qtbot, window: Window) -> None:
    for index in range(3):
        window.desk.core.memory.pass_by(Heard(index, 43.2 + index / 1e3, 76.9, "C2:00", -60))
    window.show_view("plan")
    walk = window.view("plan").walk
    window.view("plan").tabs.setCurrentWidget(walk)
    walk.refresh()
    assert "the stronger" in text_of(walk)
    shown = walk.map
    whole = shown.grab().toImage()
    qtbot.keyClick(shown, Qt.Key.Key_Plus)
    near = shown.grab().toImage()
    assert near != whole
    qtbot.keyClick(shown, Qt.Key.Key_Right)
    assert shown.grab().toImage() != near
    before = shown._shift.copy()
    qtbot.mousePress(shown, Qt.MouseButton.LeftButton, pos=QPoint(100, 80))
    qtbot.mouseMove(shown, QPoint(60, 80))
    qtbot.mouseRelease(shown, Qt.MouseButton.LeftButton, pos=QPoint(60, 80))
    assert shown._shift[0] > before[0]
    qtbot.keyClick(shown, Qt.Key.Key_Home)
    assert shown._zoom == 1.0
    assert not shown._shift.any()


def test_a_way_is_drawn_with_and_without_tiles(qtbot, window: Window, tmp_path: Path) -> None:
    for index in range(30):
        window.desk.core.memory.pass_by(Heard(index, 43.2 + index / 1e4, 76.9, "C2:00", -60 - index))
    window.show_view("plan")
    walk = window.view("plan").walk
    window.view("plan").tabs.setCurrentWidget(walk)
    walk.refresh()
    assert [walk._devices.itemData(i) for i in range(walk._devices.count())] == ["C2:00"]
    walk.use_tiles(tiles_file(tmp_path / "map.mbtiles"))
    assert walk.map.tiles is not None
    assert not window.grab().isNull()
    walk.use_tiles(tmp_path / "absent")
    assert "This map could not be opened." in text_of(window._message)
    assert window.desk.phase is Phase.IDLE


def test_a_white_plan_does_not_blind_at_night(qtbot, window: Window, picture: Path) -> None:
    """Red on black: nothing on the sheet is brighter in green or blue than the theme's own text."""
    menus.change(window, "theme", "night")
    window.show_view("plan")
    rooms = window.view("plan").rooms
    rooms.load(picture)
    shown = rooms._canvas._image
    corner, darkest = shown.pixelColor(2, 2), window.desk.style.color("muted")
    assert (corner.red(), corner.green(), corner.blue()) == (0, 0, 0)
    brightest = max(
        shown.pixelColor(x, y).red() for x in range(0, shown.width(), 3) for y in range(0, shown.height(), 3)
    )
    assert 0 < brightest <= darkest.red()
