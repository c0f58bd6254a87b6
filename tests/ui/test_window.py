"""What a person does with the window, with the real core behind it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QLabel, QPushButton

from sweeper.ui import menus, saving, verdict_dialog
from sweeper.ui.inspector import Inspector
from sweeper.ui.phase import Phase
from sweeper.ui.verdicts import Decision
from sweeper.ui.window import Window
from tests.ui.conftest import at_rest
from tests.ui.fakes import Fake, recipe


def play(qtbot, window: Window, *sources: object, speed: float | None = None) -> None:
    """Play sources to the end."""
    window.desk.speed = speed
    window.desk.begin(recipe(*sources), "test")
    qtbot.waitUntil(lambda: window.desk.phase is Phase.ENDED, timeout=20_000)


def text_of(widget) -> str:
    QApplication.processEvents()
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget))


def test_the_first_screen_has_three_doors_and_nothing_else(window: Window) -> None:
    assert window.page == "first"
    assert not window._rail.isVisible()
    assert not window._strip.isVisible()
    doors = [door.accessibleName() for _plan, door in window.view("first")._doors]
    assert doors == ["Car", "Flat", "Office"]


def test_a_replay_fills_every_view(qtbot, window: Window) -> None:
    play(qtbot, window, Fake(40))
    desk = window.desk
    assert window.page == "spectrum"
    assert desk.emissions.rowCount() == 1
    assert desk.bluetooth.rowCount() == 1
    assert desk.wifi.rowCount() == 1
    assert desk.findings.rowCount() == 2
    spectrum = window.view("spectrum")
    qtbot.waitUntil(lambda: bool(spectrum._histories), timeout=5000)
    assert spectrum.curves.view is not None
    assert desk.duration_s == pytest.approx(4.0)
    assert desk.position_s == pytest.approx(4.0)


def test_the_why_pane_explains_a_finding(qtbot, window: Window) -> None:
    play(qtbot, window, Fake(40))
    window.show_view("findings")
    window.desk.select("F-001")
    said = text_of(window._inspector)
    for wanted in (
        "Medium",
        "A steady voice transmitter close by",
        "It stayed on the air for 6 seconds without a break",
        "May also be",
        "A neighbour's baby monitor",
        "What next",
        "Walk towards it with Locate",
        "Evidence (2)",
    ):
        assert wanted in said


def test_an_emission_with_a_finding_shows_the_finding(qtbot, window: Window) -> None:
    play(qtbot, window, Fake(40))
    window.desk.select("E-00001")
    assert "A steady voice transmitter close by" in text_of(window._inspector)


def test_pause_play_and_speed(qtbot, window: Window) -> None:
    window.desk.speed = 1.0
    window.desk.begin(recipe(Fake(400)), "test")
    qtbot.waitUntil(lambda: window.desk.position_s > 0.3, timeout=5000)
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert window.desk.phase is Phase.PAUSED
    assert window._transport._play.accessibleName() == "Play"
    at_rest(qtbot, lambda: window.desk.position_s)
    assert window.desk.phase is Phase.PAUSED
    window.desk.set_speed(None)
    qtbot.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.desk.phase is Phase.ENDED, timeout=10_000)


def test_seek_by_the_slider(qtbot, window: Window) -> None:
    window.desk.begin(recipe(Fake(600)), "test")
    qtbot.waitUntil(lambda: window.desk.position_s > 0.05, timeout=5000)
    window._transport._slider.setValue(500)
    window._transport._seek()
    qtbot.waitUntil(lambda: window.desk.position_s >= 29.5, timeout=10_000)
    assert window.desk.phase is Phase.RUNNING


def test_a_verdict_needs_a_name_and_can_be_undone(qtbot, window: Window, monkeypatch) -> None:
    play(qtbot, window, Fake(40))
    window.show_view("findings")
    window.desk.select("F-001")
    finding = window.desk.finding_of("F-001")
    assert finding is not None
    monkeypatch.setattr(verdict_dialog, "ask", lambda *_a: ("  ", ""))
    window._inspector.decide(finding, Decision.CONFIRMED)
    assert window.desk.verdicts.of("F-001").decision is Decision.OPEN
    monkeypatch.setattr(verdict_dialog, "ask", lambda *_a: ("A. Person", "looked at it"))
    window._inspector.decide(finding, Decision.EXPLAINED)
    assert window.desk.verdicts.of("F-001").name == "A. Person"
    assert "Explained · A. Person" in text_of(window._inspector)
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.desk.verdicts.of("F-001").decision is Decision.OPEN


def test_the_summary_counts_what_nobody_explained(qtbot, window: Window, monkeypatch) -> None:
    play(qtbot, window, Fake(40))
    window.show_view("findings")
    assert "2 things to look at" in text_of(window.view("findings"))
    monkeypatch.setattr(verdict_dialog, "ask", lambda *_a: ("A. Person", "looked at it"))
    for name in ("F-001", "F-002"):
        finding = window.desk.finding_of(name)
        assert finding is not None
        window._inspector.decide(finding, Decision.EXPLAINED)
    said = text_of(window.view("findings"))
    assert "No device was found" in said
    assert "Not heard: Wi-Fi" in said


def test_demo_is_labelled_on_every_view(qtbot, window: Window) -> None:
    play(qtbot, window, Fake(30, demo=True))
    for name in ("findings", "spectrum", "bluetooth", "wifi", "locate", "sources", "signatures"):
        window.show_view(name)
        assert window._strip._demo.isVisible()
        assert window._strip._demo.text() == "DEMO"
    assert "Demo" in window.windowTitle()


def test_what_is_no_recording_is_said_calmly(qtbot, window: Window, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pcap"
    broken.write_bytes(b"\x00")
    window.open_paths([str(broken)])
    qtbot.waitUntil(lambda: window._message.isVisible(), timeout=10_000)
    said = text_of(window._message)
    assert "This could not be opened." in said
    assert "broken.pcap" in said
    assert "Traceback" not in said


def test_files_can_be_dropped(qtbot, window: Window, tmp_path: Path, monkeypatch) -> None:
    opened: list[list[str]] = []
    monkeypatch.setattr(window, "open_paths", opened.append)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "a.cu8")), QUrl("https://example.org/x")])
    window.dropEvent(
        QDropEvent(
            QPointF(10, 10),
            Qt.DropAction.CopyAction,
            data,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )
    assert opened == [[str(tmp_path / "a.cu8")]]


def test_recordings_can_be_chosen(qtbot, window: Window, monkeypatch) -> None:
    opened: list[list[str]] = []
    monkeypatch.setattr(window, "open_paths", opened.append)
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_a, **_k: (["/x/a.cu8"], ""))
    window.open_dialog()
    assert opened == [["/x/a.cu8"]]


def test_the_report_is_saved(qtbot, window: Window, tmp_path: Path) -> None:
    play(qtbot, window, Fake(40, demo=True))
    target = tmp_path / "report.html"
    window.write_report(target)
    qtbot.waitUntil(lambda: window._message.isVisible(), timeout=20_000)
    assert "The report is saved." in text_of(window._message)
    page = target.read_text("utf-8")
    assert "A steady voice transmitter close by" in page
    assert "DEMO" in page


def test_the_report_speaks_its_own_language(qtbot, window: Window, tmp_path: Path) -> None:
    play(qtbot, window, Fake(40))
    menus.change(window, "report-language", "ru")
    window.write_report(tmp_path / "report.html")
    qtbot.waitUntil(lambda: window._message.isVisible(), timeout=20_000)
    assert '<html lang="ru"' in (tmp_path / "report.html").read_text("utf-8")
    assert window.view("findings").accessibleName() == "Findings"


def test_a_report_that_cannot_be_written_is_said(qtbot, window: Window, tmp_path: Path) -> None:
    play(qtbot, window, Fake(30))
    window.write_report(tmp_path / "no" / "such" / "folder.html")
    qtbot.waitUntil(lambda: window._message.isVisible(), timeout=20_000)
    assert "could not be saved" in text_of(window._message)


def test_what_was_heard_survives_a_crash(qtbot, window: Window, tmp_path: Path) -> None:
    play(qtbot, window, Fake(40))
    saving.results(window.desk.core.collected, tmp_path / "results.json")
    document = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert [found["id"] for found in document["findings"]] == ["F-001", "F-002"]


@pytest.mark.parametrize(("code", "word"), [("ru", "Спектр"), ("kk", "Спектр"), ("en", "Spectrum")])
def test_language_changes_without_restart(qtbot, window: Window, code: str, word: str) -> None:
    play(qtbot, window, Fake(40))
    window.desk.select("F-001")
    menus.change(window, "language", code)
    assert window.desk.emissions.rowCount() == 1
    assert window.desk.selection == "F-001"
    assert window.view("spectrum").accessibleName() == word
    assert window._rail._buttons["spectrum"].text() == word


@pytest.mark.parametrize("name", ["light", "dark", "night", "system"])
def test_themes_change_without_restart(qtbot, window: Window, name: str) -> None:
    play(qtbot, window, Fake(20))
    menus.change(window, "theme", name)
    assert window.desk.style == window.desk.settings.style
    assert window.page == "spectrum"
    assert not window.grab().isNull()


def test_the_waterfall_outlives_a_change_of_theme(qtbot, window: Window) -> None:
    play(qtbot, window, Fake(20))
    qtbot.waitUntil(lambda: bool(window.desk.histories), timeout=5000)
    menus.change(window, "theme", "dark")
    qtbot.waitUntil(lambda: window.view("spectrum").curves.view is not None, timeout=5000)
    history, _view = next(iter(window.desk.histories.values()))
    assert history.count == 20


def test_rebuilding_leaves_nothing_behind(qtbot, window: Window) -> None:
    """What was rebuilt away hears no signal any more: no leak, no word from the dead."""
    play(qtbot, window, Fake(20))
    heard: list[object] = []
    original = Inspector.refresh
    for name in ("dark", "night", "light"):
        menus.change(window, "theme", name)
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    Inspector.refresh = lambda self: heard.append(self)  # type: ignore[method-assign]
    window.desk.select("F-001")
    window.desk.verdict_changed.emit("F-001")
    Inspector.refresh = original  # type: ignore[method-assign]
    assert set(heard) == {window._inspector}
    assert len(window.findChildren(Inspector)) == 1


def test_a_small_window_shows_icons_and_a_sheet(qtbot, window: Window) -> None:
    play(qtbot, window, Fake(40))
    window.resize(800, 600)
    window.show_view("findings")
    qtbot.waitUntil(lambda: window._rail.width() <= 56)
    assert window._rail._buttons["spectrum"].accessibleName() == "Spectrum"
    window._close_sheet()
    assert not window._inspector.isVisible()
    window.desk.select("F-001")
    assert window._inspector.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window._inspector.isVisible()


def test_the_list_keeps_its_room_beside_the_sheet(qtbot, window: Window) -> None:
    """At 800 by 600 at least three findings stay to be read while the sheet is open."""
    play(qtbot, window, Fake(40))
    window.resize(800, 600)
    window.show_view("findings")
    window.desk.select("F-001")
    table = window.view("findings")._table
    assert window._inspector.isVisible()
    qtbot.waitUntil(lambda: table.viewport().height() >= 3 * table.verticalHeader().defaultSectionSize())
    assert table.columnWidth(0) >= table.fontMetrics().horizontalAdvance("For information") + 40


def test_everything_fits_800_by_600_at_any_text_size(qtbot, window: Window) -> None:
    play(qtbot, window, Fake(20))
    for scale in ("1.0", "2.0"):
        menus.change(window, "scale", scale)
        window.resize(800, 600)
        for name in ("findings", "spectrum", "bluetooth", "locate", "sources"):
            window.show_view(name)
            assert window.width() == 800, (name, scale)
            assert window.height() <= 600, (name, scale)


def test_f1_lists_the_keys(qtbot, window: Window) -> None:
    menus.show_keys(window)
    dialog = window.findChild(QDialog)
    assert dialog is not None
    for key, meaning in menus.key_list():
        assert key in text_of(dialog)
        assert meaning in text_of(dialog)
    dialog.close()


def test_the_last_recordings_are_offered_again(qtbot, window: Window, tmp_path: Path) -> None:
    file = tmp_path / "x.cu8"
    file.write_bytes(bytes(4096))
    window.desk.settings.remember([str(file)])
    window._views.pop("first")
    window.show_view("first")
    names = [made.accessibleName() for made in window.view("first").findChildren(QPushButton)]
    assert "Last job" in names


def test_closing_during_a_sweep_stops_everything(qtbot, window: Window) -> None:
    from tests.ui.fakes import Endless

    window.desk.begin(recipe(Endless()), "test", live=True)
    qtbot.waitUntil(lambda: window.desk.emissions.rowCount() == 1, timeout=5000)
    window.close()
    assert not window.desk.core.alive
