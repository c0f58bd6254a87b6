"""A photo's boxes by keyboard alone: added, moved, sized, chosen and taken away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QPushButton

from sweeper.ui.photo_dialog import LEAST, Box, PhotoDialog, moved, sized
from sweeper.ui.window import Window

SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
STEP = st.floats(-2.0, 2.0)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    left, top = draw(st.floats(0.0, 0.9)), draw(st.floats(0.0, 0.9))
    return left, top, draw(st.floats(left + LEAST, 1.0)), draw(st.floats(top + LEAST, 1.0))


@given(boxes(), STEP, STEP)
def test_a_box_stays_in_the_picture_wherever_it_is_pushed(box: Box, dx: float, dy: float) -> None:
    left, top, right, bottom = moved(box, dx, dy)
    assert min(left, top) >= -1e-9
    assert max(right, bottom) <= 1.0 + 1e-9
    assert (right - left, bottom - top) == pytest.approx((box[2] - box[0], box[3] - box[1]))


@given(boxes(), STEP, STEP)
def test_a_box_keeps_its_corner_and_never_vanishes(box: Box, dx: float, dy: float) -> None:
    left, top, right, bottom = sized(box, dx, dy)
    assert (left, top) == box[:2]
    assert min(right - left, bottom - top) >= LEAST - 1e-9
    assert max(right, bottom) <= 1.0


@pytest.fixture
def dialog(qtbot, window: Window) -> PhotoDialog:
    image = QImage(400, 300, QImage.Format.Format_RGB32)
    image.fill(QColor("#808080"))
    made = PhotoDialog(window, window.desk.style, image)
    qtbot.addWidget(made)
    made.show()
    return made


def test_a_person_is_blurred_by_keyboard_alone(qtbot, dialog: PhotoDialog) -> None:
    dialog.people.setChecked(True)
    ok = dialog._box.button(dialog._box.StandardButton.Ok)
    assert not ok.isEnabled()
    add = next(b for b in dialog.findChildren(QPushButton) if b.accessibleName() == "Add a box")
    qtbot.keyClick(add, Qt.Key.Key_Space)
    assert ok.isEnabled()
    assert dialog.focusWidget() is dialog.marker
    assert dialog._keys.isVisible()
    for key, held, times in (
        (Qt.Key.Key_Left, Qt.KeyboardModifier.NoModifier, 5),  # 5 * 0.02
        (Qt.Key.Key_Down, CTRL, 4),  # 4 * 0.005
        (Qt.Key.Key_Right, SHIFT, 10),
        (Qt.Key.Key_Up, SHIFT | CTRL, 2),
    ):
        for _turn in range(times):
            qtbot.keyClick(dialog.marker, key, held)
    (box,) = dialog.marker.boxes
    assert box == pytest.approx((0.275, 0.395, 0.725, 0.635))


def test_one_of_several_boxes_is_chosen_and_taken_away(qtbot, dialog: PhotoDialog) -> None:
    marker = dialog.marker
    marker.add((0.0, 0.0, 0.2, 0.2))
    marker.add((0.5, 0.5, 0.7, 0.7))
    before = marker.grab().toImage()
    qtbot.keyClick(marker, Qt.Key.Key_PageDown)
    assert marker.at == 0
    marker.setFocus()
    assert marker.grab().toImage() != before  # which one is chosen is to be seen
    qtbot.keyClick(marker, Qt.Key.Key_Delete)
    assert marker.boxes == [(0.5, 0.5, 0.7, 0.7)]
    qtbot.keyClick(marker, Qt.Key.Key_Delete)
    qtbot.keyClick(marker, Qt.Key.Key_Delete)
    assert marker.boxes == []
    assert not dialog._keys.isVisible()


def test_tab_leaves_the_picture(qtbot, dialog: PhotoDialog) -> None:
    dialog.marker.add()
    dialog.marker.setFocus()
    qtbot.keyClick(dialog.marker, Qt.Key.Key_Tab)
    assert dialog.focusWidget() is not dialog.marker
    assert "Page Down" in dialog.marker.accessibleDescription()
