"""Every control has a name and can be reached by keyboard, in every view, language and text size."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QLineEdit,
    QProgressBar,
    QScrollBar,
    QWidget,
)

from sweeper.ui import menus
from sweeper.ui.network_dialog import NetworkDialog
from sweeper.ui.phase import Phase
from sweeper.ui.photo_dialog import PhotoDialog
from sweeper.ui.verdict_dialog import VerdictDialog
from sweeper.ui.window import Window
from tests.ui.fakes import Fake, recipe

CONTROLS = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QProgressBar,
)
VIEWS = (
    "first",
    "findings",
    "spectrum",
    "bluetooth",
    "wifi",
    "locate",
    "plan",
    "known",
    "newsweep",
    "references",
    "permissions",
    "detail",
    "teach",
    "jobs",
    "sources",
    "signatures",
    "sweep",
)


def controls(window: QWidget) -> list[QWidget]:
    """What a person can use, without the inner parts of Qt's own widgets."""
    found = []
    for widget in window.findChildren(QWidget):
        inner = any(
            isinstance(above, QComboBox | QAbstractItemView | QLineEdit | QScrollBar)
            for above in above_of(widget)
        )
        named_by_qt = widget.objectName().startswith("qt_")
        if (
            isinstance(widget, CONTROLS)
            and not isinstance(widget, QScrollBar)
            and not inner
            and not named_by_qt
            and widget.isVisibleTo(window)
        ):
            found.append(widget)
    return found


def above_of(widget: QWidget) -> list[QWidget]:
    above = []
    parent = widget.parentWidget()
    while parent is not None:
        above.append(parent)
        parent = parent.parentWidget()
    return above


@pytest.fixture
def played(qtbot, window: Window) -> Window:
    window.desk.speed = None
    window.desk.begin(recipe(Fake(40)), "test")
    qtbot.waitUntil(lambda: window.desk.phase is Phase.ENDED, timeout=20_000)
    window.desk.select("F-001")
    return window


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("code", ["en", "ru", "kk"])
def test_every_control_has_a_name_and_takes_the_focus(qtbot, played: Window, view: str, code: str) -> None:
    menus.change(played, "language", code)
    if view == "sweep":
        played.enter("flat")
    else:
        played.show_view(view)
    QApplication.processEvents()
    found = controls(played)
    assert found
    for widget in found:
        spoken = QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)
        assert spoken.strip(), f"{type(widget).__name__} in {view} has no name"
        if widget.isEnabled() and not isinstance(widget, QProgressBar):
            assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus, f"{spoken} in {view}: not by keyboard"


def test_tab_walks_through_the_view_and_comes_back(qtbot, played: Window) -> None:
    played.show_view("findings")
    played.activateWindow()
    seen: list[QWidget] = []
    for _turn in range(80):
        qtbot.keyClick(QApplication.focusWidget() or played, Qt.Key.Key_Tab)
        seen.append(QApplication.focusWidget())
        if len(seen) > 3 and seen[-1] in seen[:-1]:
            break
    names = {widget.accessibleName() for widget in seen if widget is not None}
    assert {"Findings", "Search findings", "Save report…"} <= names


def test_the_arrows_walk_along_the_rail(qtbot, played: Window) -> None:
    played.show_view("findings")
    button = played._rail._buttons["findings"]
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Down)
    assert QApplication.focusWidget() is played._rail._buttons["spectrum"]


def test_enter_and_space_press_the_focused_button(qtbot, played: Window) -> None:
    played.show_view("findings")
    button = played._rail._buttons["bluetooth"]
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Return)
    assert played.page == "bluetooth"
    button = played._rail._buttons["wifi"]
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert played.page == "wifi"


def test_focus_is_visible(qtbot, played: Window) -> None:
    """The same control looks different with and without the focus."""
    played.show_view("sources")
    button = played._rail._buttons["locate"]
    before = button.grab().toImage()
    button.setFocus()
    assert button.grab().toImage() != before


def test_levels_differ_by_shape_and_word_not_by_colour_alone() -> None:
    from sweeper.records import Level
    from sweeper.ui import columns, icons, words

    drawings = {icons._drawing(columns.level_icon(level)[0]) for level in Level}
    spoken = {words.spoken().level(level) for level in Level}
    assert len(drawings) == len(spoken) == len(list(Level))


def usable(top: QWidget) -> list[QWidget]:
    """The controls below a widget that is shown by itself."""
    return [each for each in controls(top) if each.isEnabled() and not isinstance(each, QProgressBar)]


@pytest.mark.parametrize("step", ["listen", "film", "network", "look", "result"])
def test_every_step_of_a_guided_sweep_is_reached_by_keyboard(qtbot, window: Window, step: str) -> None:
    window.desk.equipment = []
    window.enter("flat")
    window.view("sweep").go(step)
    QApplication.processEvents()
    found = usable(window.view("sweep"))
    assert found
    for widget in found:
        assert QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name).strip(), widget
        assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus, widget


def dialogs(window: Window) -> dict[str, QDialog]:
    image = QImage(40, 30, QImage.Format.Format_RGB32)
    image.fill(0)
    style = window.desk.style
    return {
        "photo": PhotoDialog(window, style, image),
        "verdict": VerdictDialog(window, style, "Explained", "", ""),
        "network": NetworkDialog(window, window.desk),
    }


@pytest.mark.parametrize("name", ["photo", "verdict", "network"])
def test_every_dialog_is_named_and_used_by_keyboard(qtbot, window: Window, name: str) -> None:
    """Tab comes to every control of it, and back to the first."""
    dialog = dialogs(window)[name]
    qtbot.addWidget(dialog)
    dialog.show()
    QApplication.processEvents()
    assert dialog.accessibleName()
    found = usable(dialog)
    assert found
    for widget in found:
        assert QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name).strip(), widget
    reached = set()
    at = found[0]
    for _turn in range(4 * len(found) + 20):
        reached.add(at)
        at = at.nextInFocusChain()
    assert set(found) <= reached
