"""The table model: batches, order, filter, groups, and a selection that follows its record."""

from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from sweeper.ui.tables import Column, Group, RecordTable, Table
from sweeper.ui.theme import Style


class Thing(msgspec.Struct, frozen=True):
    id: str
    size: int
    color: str = "grey"


def model() -> RecordTable:
    return RecordTable(
        [
            Column(lambda: "Size", lambda t: f"{t.size} m", lambda t: t.size, right=True),
            Column(lambda: "Colour", lambda t: t.color, lambda t: t.color),
        ]
    )


def shown(table: RecordTable) -> list[str]:
    rows = [table.at(row) for row in range(table.rowCount())]
    return [f"[{row.title} {row.count}]" if isinstance(row, Group) else row.id for row in rows]


def test_qt_agrees_that_it_is_a_model(qtmodeltester, qtbot) -> None:
    table = model()
    tester = QAbstractItemModelTester(table, QAbstractItemModelTester.FailureReportingMode.Fatal)
    table.put([Thing("a", 3), Thing("b", 1)])
    table.put([Thing("c", 2)])
    table.set_filter("2 m")
    table.set_filter("")
    table.set_group(lambda t: t.color)
    table.clear()
    assert tester.model() is table
    table.put([Thing("a", 3)])
    qtmodeltester.check(table)


def test_rows_are_sorted_and_replaced_by_id() -> None:
    table = model()
    table.put([Thing("a", 3), Thing("b", 1)])
    table.put([Thing("c", 2), Thing("b", 9)])
    assert shown(table) == ["c", "a", "b"]
    table.sort(0, Qt.SortOrder.DescendingOrder)
    assert shown(table) == ["b", "a", "c"]
    assert table.row_of("c") == 2
    assert table.row_of("nobody") == -1


def test_filter_wants_every_word_and_follows_changes() -> None:
    table = model()
    table.put([Thing("a", 3, "red"), Thing("b", 1, "red"), Thing("c", 3, "blue")])
    table.set_filter("RED 3")
    assert shown(table) == ["a"]
    table.put([Thing("b", 3, "red")])
    assert shown(table) == ["a", "b"]
    table.set_keep(lambda t: t.id != "a")
    assert shown(table) == ["b"]


def test_groups_have_headings_that_count() -> None:
    table = model()
    table.put([Thing("a", 3, "red"), Thing("b", 1, "red"), Thing("c", 2, "blue")])
    table.set_group(lambda t: t.color)
    assert shown(table) == ["[blue 1]", "c", "[red 2]", "b", "a"]


def test_screen_readers_hear_what_eyes_see() -> None:
    table = model()
    table.put([Thing("a", 3, "red")])
    index = table.index(0, 0)
    assert table.data(index, Qt.ItemDataRole.AccessibleTextRole) == "3 m"
    assert table.headerData(1, Qt.Orientation.Horizontal) == "Colour"


def test_the_selection_follows_its_record(qtbot) -> None:
    table = model()
    view = Table(table, Style(), "Things")
    qtbot.addWidget(view)
    view.show()
    table.put([Thing("a", 1), Thing("b", 2)])
    with qtbot.waitSignal(view.chosen) as chosen:
        view.selectRow(1)
    assert chosen.args == ["b"]
    table.put([Thing("b", 0)])
    assert view.selected == "b"
    assert view.currentIndex().row() == 0
    table.set_filter("1 m")
    assert view.selected == "b"
    assert not view.selectionModel().hasSelection()


def test_ten_thousand_rows_come_and_change(qtbot) -> None:
    table = model()
    view = Table(table, Style(), "Things")
    qtbot.addWidget(view)
    view.resize(400, 300)
    view.show()
    table.put([Thing(f"{n:05d}", n) for n in range(10_000)])
    for turn in range(5):
        table.put([Thing(f"{n:05d}", n + turn) for n in range(turn, 10_000, 7)])
        view.viewport().repaint()
    assert table.rowCount() == 10_000
    assert table.at(0).size <= table.at(9_999).size


@pytest.mark.parametrize("grouped", [False, True])
def test_every_row_can_be_painted(qtbot, grouped: bool) -> None:
    table = model()
    view = Table(table, Style(), "Things")
    qtbot.addWidget(view)
    view.resize(400, 300)
    view.show()
    table.put([Thing("a", 1, "red"), Thing("b", 2)])
    if grouped:
        table.set_group(lambda t: t.color)
    view.select("a")
    image = view.grab().toImage()
    assert len({image.pixel(x, y) for x in range(0, 200, 3) for y in range(30, 90, 3)}) > 2
