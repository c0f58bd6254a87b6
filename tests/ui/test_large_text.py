"""Letters twice as large in a small window: nothing lies on anything else, and what does not fit scrolls."""

from __future__ import annotations

from itertools import combinations

import pytest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from sweeper.ui import menus
from sweeper.ui.parts import Elided, label
from sweeper.ui.stack import Room
from sweeper.ui.ticks import TickBox, lines
from sweeper.ui.window import Window
from tests.ui.fakes import Fake
from tests.ui.test_window import play

VIEWS = (
    "first", "findings", "spectrum", "bluetooth", "wifi", "locate", "plan", "known", "newsweep", "references",
    "permissions", "jobs", "register", "practice", "sources", "signatures", "sweep",
)  # fmt: skip
LEAVES = (QLabel, QAbstractButton, QAbstractItemView, QComboBox, QLineEdit)


@pytest.fixture
def large(qtbot, window: Window) -> Window:
    play(qtbot, window, Fake(20))
    menus.change(window, "language", "kk")
    menus.change(window, "scale", "2.0")
    window.resize(800, 600)
    return window


def settled() -> None:
    for _round in range(12):
        QApplication.sendPostedEvents()
        QApplication.processEvents()


def lying_on_each_other(view: QWidget) -> list[str]:
    """Pairs of labels, buttons, fields and tables of one parent whose areas overlap."""
    found = []
    for parent in [view, *view.findChildren(QWidget)]:
        if isinstance(parent, (QAbstractItemView, QComboBox, QLineEdit)) or not parent.isVisible():
            continue
        leaves = [
            child
            for child in parent.children()
            if isinstance(child, LEAVES) and child.isVisible() and not child.geometry().isEmpty()
        ]
        for one, other in combinations(leaves, 2):
            if one.geometry().intersects(other.geometry()):
                found.append(f"{one.accessibleName() or one} on {other.accessibleName() or other}")
    return found


def test_nothing_lies_on_anything_else(large: Window) -> None:
    for name in VIEWS:
        if name == "sweep":
            large.enter("flat")
        else:
            large.show_view(name)
        settled()
        assert lying_on_each_other(large.view(name)) == [], name
        assert (large.width(), large.height() <= 600) == (800, True), name


def test_the_check_sees_what_lies_on_something(qtbot) -> None:
    page = QWidget()
    qtbot.addWidget(page)
    for at in (0, 10):
        text = label("x" * 20)
        text.setParent(page)
        text.setGeometry(at, at, 80, 30)
    page.show()
    assert len(lying_on_each_other(page)) == 1


def room_with(qtbot, count: int) -> tuple[Room, QWidget]:
    page = QWidget()
    layout = QVBoxLayout(page)
    for number in range(count):
        layout.addWidget(label(f"Line {number} " + "word " * 4, wrap=True))
    room = Room(page)
    qtbot.addWidget(room)
    room.resize(300, 200)
    room.show()
    settled()
    return room, page


def test_a_page_that_does_not_fit_scrolls_and_one_that_fits_does_not(qtbot) -> None:
    room, page = room_with(qtbot, 1)
    assert room.verticalScrollBar().maximum() == 0
    assert page.height() == room.viewport().height()
    room, page = room_with(qtbot, 40)
    assert room.verticalScrollBar().maximum() > 0
    assert page.height() > 3 * room.viewport().height()
    room.resize(300, 12_000)
    settled()
    assert room.verticalScrollBar().maximum() == 0


def test_a_page_survives_its_room(qtbot) -> None:
    room, page = room_with(qtbot, 2)
    room.release()
    room.deleteLater()
    settled()
    qtbot.addWidget(page)
    assert len(page.findChildren(QLabel)) == 2


@pytest.mark.parametrize("width", [60, 160, 400, 4000])
def test_lines_keep_every_word_and_their_width(qtbot, width: int) -> None:
    text = "The car stands still, away from where people pass, with the computer in it."
    box = TickBox(text)
    qtbot.addWidget(box)
    broken = lines(box, text, width)
    assert broken.split() == text.split()
    for line in broken.split("\n"):
        assert box.fontMetrics().horizontalAdvance(line) <= width or " " not in line


def test_a_box_grows_in_height_where_it_is_narrow_and_back(qtbot) -> None:
    page = QScrollArea()
    box = TickBox("word " * 30)
    page.setWidget(box)
    page.setWidgetResizable(True)
    qtbot.addWidget(page)
    page.resize(3000, 100)
    page.show()
    settled()
    assert "\n" not in box.text()
    one = box.sizeHint().height()
    page.resize(300, 300)
    settled()
    assert box.text().count("\n") >= 2
    assert box.sizeHint().height() > 2 * one
    assert box.accessibleName() == "word " * 30
    page.resize(3000, 100)
    settled()
    assert "\n" not in box.text()


def test_a_line_ends_in_an_ellipsis_where_the_room_ends(qtbot) -> None:
    line = Elided()
    qtbot.addWidget(line)
    line.show()
    line.setText("Bluetooth: listening")
    line.resize(1000, 30)
    assert line.text() == "Bluetooth: listening"
    line.resize(60, 30)
    assert line.text().endswith("…")
    assert line.accessibleName() == "Bluetooth: listening"
    line.resize(1000, 30)
    assert line.text() == "Bluetooth: listening"
