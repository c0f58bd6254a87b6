"""The keys that F1 lists work where the reader's focus is: in a table whose row was just chosen."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from sweeper.records import Medium
from sweeper.ui import known_dialog, verdict_dialog
from sweeper.ui.phase import Phase
from sweeper.ui.tables import Table
from sweeper.ui.verdicts import Decision
from sweeper.ui.window import Window
from tests.ui.fakes import Fake, recipe


@pytest.fixture
def table(qtbot, window: Window) -> Table:
    """The table of findings, its first row chosen, the focus in it."""
    window.show()
    window.desk.speed = None
    window.desk.begin(recipe(Fake(40)), "test")
    qtbot.waitUntil(lambda: window.desk.phase is Phase.ENDED, timeout=20_000)
    window.show_view("findings")
    window.desk.select("F-001")
    found = window.view("findings").findChild(Table)
    assert found is not None
    found.setFocus()
    return found


def test_a_verdict_by_its_key(qtbot, window: Window, table: Table, monkeypatch) -> None:
    monkeypatch.setattr(verdict_dialog, "ask", lambda *_a: ("A. Person", "it beats"))
    qtbot.keyClick(table, Qt.Key.Key_T)
    assert window.desk.verdicts.of("F-001").decision is Decision.SUSPICIOUS
    qtbot.keyClick(table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.desk.verdicts.of("F-001").decision is Decision.OPEN


def test_locate_by_its_key(qtbot, window: Window, table: Table) -> None:
    qtbot.keyClick(table, Qt.Key.Key_L)
    assert window.page == "locate"


def test_known_by_its_key(qtbot, window: Window, table: Table, monkeypatch) -> None:
    asked: list[Medium | None] = []
    monkeypatch.setattr(known_dialog, "ask", lambda _p, _s, entry: asked.append(entry.medium))
    qtbot.keyClick(table, Qt.Key.Key_F)
    assert len(asked) == 1


def test_the_arrows_stay_the_table_s(qtbot, window: Window, table: Table) -> None:
    before = window.desk.selection
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert window.desk.selection != before
    qtbot.keyClick(table, Qt.Key.Key_Up)
    assert window.desk.selection == before
