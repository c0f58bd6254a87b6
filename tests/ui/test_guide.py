"""The doors: a guided sweep from the first screen to the result, with and without receivers."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from sweeper.errors import Reason
from sweeper.radio import inventory
from sweeper.radio.inventory import SourceEntry
from sweeper.records import Medium
from sweeper.ui import checklists, icons
from sweeper.ui.desk import Phase
from sweeper.ui.guide import Answer, Guide
from sweeper.ui.window import Window
from tests.ui.fakes import Endless

NONE = SourceEntry(
    "rtlsdr", Medium.RF, False, reason=Reason.NO_DEVICE, detail="no dongle found", mend="plug it in"
)
READY = SourceEntry("fake", Medium.RF, True, "A receiver")


def text_of(widget) -> str:
    QApplication.processEvents()
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget))


def press(widget, name: str) -> None:
    QApplication.processEvents()
    found = [
        b for b in widget.findChildren(QPushButton) if b.accessibleName() == name and b.isVisibleTo(widget)
    ]
    assert found, f"no button {name!r}"
    found[0].click()
    QApplication.processEvents()


@pytest.mark.parametrize("plan", ["car", "flat", "office"])
def test_a_door_without_receivers_leads_to_the_checklist_and_an_honest_result(
    qtbot, window: Window, plan: str
) -> None:
    window.desk.equipment = [NONE]
    window.enter(plan)
    guide = window.view("sweep")
    said = text_of(guide)
    assert "Radio: cannot be heard here: no receiver is connected" in said
    assert "A recorder that does not transmit cannot be heard" in said
    press(guide, "Go on to the checklist")
    press(guide, "Show the result")
    said = text_of(guide)
    assert "Nothing was swept yet" in said
    assert "No device was found" not in said


def test_looking_without_listening_says_what_was_not_heard(qtbot, window: Window) -> None:
    window.desk.equipment = [NONE]
    window.enter("flat")
    guide = window.view("sweep")
    guide.go("look")
    for drawing, _place, _hint in checklists.places("flat"):
        guide._answer(drawing, "clear")
    press(guide, "Show the result")
    said = text_of(guide)
    assert "No device was found" in said
    assert "It does not prove that there is none" in said
    assert "Nothing was listened to. Not heard: Radio, Bluetooth and Wi-Fi." in said
    count = len(checklists.places("flat"))
    assert f"Looked at {count} of {count} places." in said


def test_something_found_leads_to_the_found_device_guide(qtbot, window: Window) -> None:
    window.desk.equipment = []
    window.enter("car")
    guide = window.view("sweep")
    guide.go("look")
    guide._answer("wheel", "found")
    press(guide, "I found something")
    said = text_of(guide)
    assert "You found something" in said
    assert "Wheel arches" in said
    for line in checklists.found_device():
        assert line in said


def test_listening_shows_progress_and_a_first_plain_result(qtbot, window: Window, monkeypatch) -> None:
    monkeypatch.setattr(inventory, "open_source", lambda _name, _plan=None: Endless())
    window.desk.equipment = [READY]
    window.enter("office")
    guide = window.view("sweep")
    press(guide, "Begin to listen")
    qtbot.waitUntil(lambda: window.desk.findings.rowCount() == 2, timeout=10_000)
    qtbot.waitUntil(lambda: "2 things to look at" in text_of(guide), timeout=5000)
    assert window.page == "sweep"
    assert "left" in text_of(guide)
    press(guide, "Finish listening")
    qtbot.waitUntil(lambda: window.desk.phase is Phase.ENDED, timeout=10_000)
    assert guide._guide.step == "look"
    assert guide._guide.progress.attention == 2
    press(guide, "Show the result")
    assert "2 things to look at" in text_of(guide)


def test_a_sweep_that_was_left_is_taken_up_after_a_restart(tmp_path: Path) -> None:
    first = Guide.taken_up(tmp_path, "flat")
    first.go("look")
    first.answer("clock", Answer.FOUND)
    first.heard({"ble": 61.0}, 1)
    again = Guide.taken_up(tmp_path, "flat")
    assert again.step == "look"
    assert again.progress.answers == {"clock": Answer.FOUND}
    assert again.progress.listened_s == {"ble": 61.0}
    assert not Guide.taken_up(tmp_path, "car").begun
    again.restart()
    assert not Guide.taken_up(tmp_path, "flat").begun


@pytest.mark.parametrize("content", [b"", b"{", b'{"plan": "flat", "step": "fly"}', b"[1, 2]"])
def test_a_damaged_file_begins_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "guide-flat.json").write_bytes(content)
    assert not Guide.taken_up(tmp_path, "flat").begun


def test_every_place_has_its_drawing() -> None:
    for plan in ("car", "flat", "office"):
        for drawing, _place, _hint in checklists.places(plan):
            assert (icons.FOLDER / f"place-{drawing}.svg").is_file()


def test_the_sources_page_says_reason_and_mend(qtbot, window: Window) -> None:
    window.desk.equipment = [NONE, READY]
    window.show_view("sources")
    said = text_of(window.view("sources"))
    for wanted in ("A receiver", "ready", "no receiver is connected", "no dongle found", "plug it in"):
        assert wanted in said
