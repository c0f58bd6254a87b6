"""What a stranger meets behind the doors: honest steps, a way back, what was begun, what to do when found."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QDialog, QPushButton, QScrollArea

from sweeper.radio import inventory
from sweeper.radio.inventory import SourceEntry
from sweeper.records import Level, Medium
from sweeper.text import say
from sweeper.ui import checklists, outcome, safe_use, summary
from sweeper.ui.guide import Course, Seen
from sweeper.ui.window import Window
from tests.ui.fakes import Endless
from tests.ui.test_guide import NONE, READY, press, text_of

EARS = [NONE, SourceEntry("ble", Medium.BLE, True, "Bluetooth adapter")]
"""A computer as most are: it has Bluetooth and no receiver."""


def states(window: Window) -> list[str]:
    """The state of every step, in order."""
    guide = window.desk.guide
    assert guide is not None
    return [guide.state(step) for step in guide.steps]


def test_a_step_that_could_not_be_done_is_not_shown_as_done(qtbot, window: Window) -> None:
    window.desk.equipment = EARS
    window.enter("flat")
    press(window.view("sweep"), "Begin")
    assert window.desk.guide.step == "listen"
    assert window.desk.guide.leg("outside").course is Course.SKIPPED
    assert states(window)[:3] == ["done", "skipped", "running"]


def test_steps_that_were_passed_over_are_not_shown_as_done(qtbot, window: Window) -> None:
    window.desk.equipment = []
    window.enter("car")
    press(window.view("sweep"), "Go on to the checklist")
    press(window.view("sweep"), "Show the result")
    assert states(window)[-2:] == ["skipped", "running"]  # nothing was looked at either
    window.view("sweep").go("look")
    assert states(window) == [
        "done",
        "skipped",
        "skipped",
        "skipped",
        "running",
        "waiting",
    ]


def test_there_is_a_way_back_and_the_keyboard_stays_in_the_page(qtbot, window: Window) -> None:
    window.desk.equipment = EARS
    window.enter("flat")
    window.show()
    view = window.view("sweep")
    view.go("look")
    press(view, "Back")
    assert view.guide.step == "network"
    press(view, "Back")
    assert view.guide.step == "film"
    leave = next(b for b in view.findChildren(QPushButton) if b.accessibleName() == "Leave this step out")
    leave.setFocus()
    leave.click()
    QApplication.processEvents()
    focused = window.focusWidget()
    assert focused is not None
    assert view._pages.isAncestorOf(focused)


@pytest.mark.parametrize("place", ["", "wheel"])
def test_something_found_is_believed_wherever_it_lies(qtbot, window: Window, place: str) -> None:
    """Also when no place of the list was marked: the guide comes first, and no word says that nothing is."""
    window.desk.equipment = []
    window.enter("car")
    view = window.view("sweep")
    view.go("look")
    press(view, "I found something")
    said = text_of(view)
    assert "You found something" in said
    assert "Leave it as it is." in said
    assert "No device was found" not in said
    assert all(line in said for line in checklists.found_device())


def test_what_was_begun_is_told_at_the_door(qtbot, window: Window) -> None:
    window.show()
    window.desk.equipment = EARS
    window.enter("office")
    press(window.view("sweep"), "Begin")
    window.show_view("first")
    said = {plan: door.accessibleDescription() for plan, door in window.view("first")._doors}
    assert "goes on at: Listen inside" in said["office"]
    assert "goes on" not in said["car"] + said["flat"]


def test_the_found_device_guide_is_at_hand_without_a_sweep(qtbot, window: Window) -> None:
    safe_use.show_found(window)
    (dialog,) = window.findChildren(QDialog)
    said = text_of(dialog)
    assert dialog.accessibleName() == "If you found a device"
    assert all(line in said for line in checklists.found_device())
    assert "102" in said
    dialog.close()


def test_a_finding_before_the_first_result_is_told_with_care(qtbot, window: Window) -> None:
    """A count of things alone would frighten: the sentence that calms stands beside it at once."""
    window.desk.equipment = EARS
    window.enter("flat")
    view = window.view("sweep")
    seen = Seen("listen", 1, "F-001", Level.LOW, "tracker", say("A tag"), "C2:11")
    view.guide.begin_part("listen")
    view.guide.heard("listen", 1, 20.0, {"ble": 20.0}, [seen])
    view.go("listen")
    said = text_of(view)
    assert "1 thing to look at" in said
    assert summary.careful() in said
    assert "A first result stands in" not in said


def test_a_finding_of_the_result_has_all_its_parts(qtbot, window: Window) -> None:
    """Word and icon, one sentence; and of each finding why, what else it may be, what now."""
    window.desk.equipment = EARS
    window.enter("flat")
    view = window.view("sweep")
    seen = Seen(
        "listen",
        1,
        "F-001",
        Level.MEDIUM,
        "camera",
        say("A camera"),
        "aa:bb",
        why=(say("its maker makes cameras"),),
        benign=(say("a doorbell"), say("a baby monitor")),
        next=(say("look for it"),),
    )
    view.guide.heard("listen", 1, 20.0, {"ble": 20.0}, [seen])
    view.go("result")
    said = text_of(view)
    for wanted in (
        "1 thing to look at",
        "Why",
        "May also be",
        "What now",
        "• a doorbell",
        "• a baby monitor",
    ):
        assert wanted in said
    drawing, role, word, sentence = outcome.verdict(view.guide, [])
    assert drawing == "level-medium"  # the gravest one's
    assert "" not in (role, word, sentence)


def test_the_wheel_scrolls_the_checklist_and_answers_nothing(qtbot, window: Window) -> None:
    """A wheel over a box of answers would mark places as looked at that nobody looked at."""
    window.show()
    window.desk.equipment = []
    window.enter("flat")
    view = window.view("sweep")
    view.go("look")
    QApplication.processEvents()
    area = view._pages.currentWidget()
    assert isinstance(area, QScrollArea)
    box = area.findChild(QComboBox)
    assert box is not None
    middle = QPointF(box.rect().center())
    none = Qt.KeyboardModifier.NoModifier
    turn = QWheelEvent(
        middle,
        QPointF(box.mapToGlobal(middle.toPoint())),
        QPoint(0, -120),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        none,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(box, turn)
    assert view.guide.progress.answers == {}
    assert box.currentIndex() == 0


def test_closing_keeps_how_long_was_listened(qtbot, window: Window, monkeypatch) -> None:
    """Sources say so only when they end: a result after the restart must not say that nothing was heard."""
    monkeypatch.setattr(inventory, "open_source", lambda _name, _plan=None: Endless())
    window.desk.equipment = [READY]
    window.enter("car")
    view = window.view("sweep")
    view.go("listen")
    assert "Stay in the car" not in text_of(view)
    press(view, "Begin to listen")
    assert "Stay in the car" in text_of(view)
    qtbot.waitUntil(lambda: window.desk.position_s > 2, timeout=30_000)
    kept = view.guide
    window.close()
    assert kept.leg("listen").course is Course.PAUSED
    assert sum(kept.leg("listen").media.values()) >= 2
    assert "Nothing was listened to" not in outcome.heard(kept)
