"""A photo for a finding: is a person to be seen, and where? What is marked is blurred before it is kept.

Nobody's face is searched for; the reader drags a box over each, or adds one and moves it with the keyboard.
The blurring itself is the core's, in the pixels, before the file is written into the job.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLineEdit, QVBoxLayout, QWidget

from sweeper.errors import InputError
from sweeper.text import say
from sweeper.ui import pages
from sweeper.ui.flow import Flow
from sweeper.ui.parts import button, label
from sweeper.ui.theme import GRID, Style
from sweeper.ui.ticks import TickBox
from sweeper.ui.verdict_dialog import buttons
from sweeper.ui.words import _, ngettext

Box = tuple[float, float, float, float]
LEAST = 0.01
"""A box smaller than a hundredth of the picture is a slip of the hand."""


FRESH: Box = (0.375, 0.375, 0.625, 0.625)
"""A box that the keyboard adds: a quarter of the picture, in its middle."""

STEP, FINE = 0.02, 0.005
"""An arrow key moves a box by a fiftieth of the picture; with Ctrl by a two-hundredth."""

ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


def moved(box: Box, dx: float, dy: float) -> Box:
    """The box elsewhere, as large as before and within the picture."""
    left, top, right, bottom = box
    dx = min(max(dx, -left), 1.0 - right)
    dy = min(max(dy, -top), 1.0 - bottom)
    return left + dx, top + dy, right + dx, bottom + dy


def sized(box: Box, dx: float, dy: float) -> Box:
    """The box with its lower right corner elsewhere, never smaller than ``LEAST``."""
    left, top, right, bottom = box
    return (
        left,
        top,
        min(1.0, max(left + LEAST, right + dx)),
        min(1.0, max(top + LEAST, bottom + dy)),
    )


class Marker(QWidget):
    """Shows a picture; dragging marks a box, keys move and size the chosen one."""

    changed = Signal()

    def __init__(self, image: QImage, style: Style) -> None:
        super().__init__()
        self._image = image
        self._ring = style.color("accent")
        self.boxes: list[Box] = []
        self.at = -1
        """Which box the keys move; -1 for none."""
        self._from: QPointF | None = None
        self._to = QPointF()
        self.setMinimumSize(style.px(420), style.px(300))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(_("Picture: drag a box over each person"))
        self.setAccessibleDescription(keys())

    def add(self, box: Box = FRESH) -> None:
        """One more box; the keys move it."""
        self.boxes.append(box)
        self.at = len(self.boxes) - 1
        self._tell()

    def take_back(self) -> None:
        """Without the box that was chosen, or else the last one."""
        if self.boxes:
            del self.boxes[self.at]
            self.at = len(self.boxes) - 1
            self._tell()

    def _tell(self) -> None:
        self.changed.emit()
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, held = Qt.Key(event.key()), event.modifiers()
        if not self.boxes or key not in (*ARROWS, Qt.Key.Key_Delete, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
            super().keyPressEvent(event)
        elif key in ARROWS:
            step = FINE if held & Qt.KeyboardModifier.ControlModifier else STEP
            change = sized if held & Qt.KeyboardModifier.ShiftModifier else moved
            dx, dy = ARROWS[key]
            self.boxes[self.at] = change(self.boxes[self.at], dx * step, dy * step)
            self._tell()
        elif key == Qt.Key.Key_Delete:
            self.take_back()
        else:
            self.at = (self.at + (1 if key == Qt.Key.Key_PageDown else -1)) % len(self.boxes)
            self._tell()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def _area(self) -> QRectF:
        size = self._image.size().toSizeF()
        size.scale(self.width(), self.height(), Qt.AspectRatioMode.KeepAspectRatio)
        return QRectF(
            (self.width() - size.width()) / 2,
            (self.height() - size.height()) / 2,
            size.width(),
            size.height(),
        )

    def _share(self, point: QPointF) -> tuple[float, float]:
        area = self._area()
        x = (point.x() - area.left()) / max(1.0, area.width())
        y = (point.y() - area.top()) / max(1.0, area.height())
        return min(1.0, max(0.0, x)), min(1.0, max(0.0, y))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus()
        self._from = self._to = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._to = event.position()
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._from is None:
            return
        (x1, y1), (x2, y2) = self._share(self._from), self._share(event.position())
        self._from = None
        box = (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
        if box[2] - box[0] >= LEAST and box[3] - box[1] >= LEAST:
            self.add(box)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        area = self._area()
        painter.drawImage(area, self._image)
        for index, (left, top, right, bottom) in enumerate(self.boxes):
            chosen = index == self.at and self.hasFocus()
            # What lies under the chosen one is to be seen while it is moved.
            painter.setBrush(QColor(0, 0, 0, 90 if chosen else 200))
            painter.setPen(QPen(self._ring if chosen else QColor("#FFFFFF"), 4 if chosen else 2))
            painter.drawRect(
                QRectF(
                    area.left() + left * area.width(),
                    area.top() + top * area.height(),
                    (right - left) * area.width(),
                    (bottom - top) * area.height(),
                )
            )
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._ring, 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        if self._from is not None:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor("#FFFFFF"), 2))
            painter.drawRect(QRectF(self._from, self._to).normalized())
        painter.end()


def keys() -> str:
    """What the keys do in the picture."""
    return _(
        "In the picture, arrows move the box, Shift and arrows change its size, Ctrl makes the steps small; "
        "Page Down goes to the next box, Delete takes it away."
    )


class PhotoDialog(QDialog):
    """A caption, the question about people, the boxes."""

    def __init__(self, parent: QWidget, style: Style, image: QImage) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Add a photo"))
        self.setAccessibleName(_("Add a photo"))
        self.marker = Marker(image, style)
        self.caption = QLineEdit()
        self.caption.setAccessibleName(_("What the photo shows"))
        self.caption.setPlaceholderText(_("What the photo shows"))
        self.people = TickBox(_("A person is to be seen, or a face in a mirror or picture."))
        self._said = label("", tone="muted", wrap=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 3, GRID * 3, GRID * 3, GRID * 2)
        layout.setSpacing(GRID)
        layout.addWidget(self.caption)
        layout.addWidget(self.people)
        layout.addWidget(self.marker, 1)
        layout.addLayout(
            Flow(
                button(_("Add a box"), self._one, style),
                button(_("Blur the whole picture"), self._all, style),
                button(_("Take the box back"), self.marker.take_back, style, quiet=True),
            )
        )
        layout.addWidget(self._said)
        self._keys = label(keys(), size="caption", tone="muted", wrap=True)
        layout.addWidget(self._keys)
        self._box = buttons(self, _("Add"))
        layout.addWidget(self._box)
        self.marker.changed.connect(self._check)
        self.people.toggled.connect(lambda _on: self._check())
        self._check()

    def _one(self) -> None:
        self.marker.add()
        self.marker.setFocus()

    def _all(self) -> None:
        self.marker.add((0.0, 0.0, 1.0, 1.0))

    def _check(self) -> None:
        boxes = len(self.marker.boxes)
        self._keys.setVisible(bool(boxes))
        missing = self.people.isChecked() and not boxes
        self._box.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not missing)
        if missing:
            self._said.setText(_("Drag a box over each person: it is blurred before the photo is kept."))
        elif boxes:
            self._said.setText(ngettext("{n} part will be blurred.", "{n} parts will be blurred.", boxes))
        else:
            self._said.setText(_("The camera's own data (place, time, device) is left out."))


def ask(parent: QWidget, style: Style, path: Path) -> tuple[str, bool, list[Box]] | None:
    """``(caption, whether people are seen, boxes)``; ``None`` if not. Raises ``InputError``."""
    image = pages.load(path)
    if path.suffix.casefold() == ".pdf":
        raise InputError(str(path), say("a photo is wanted, not a document"))
    dialog = PhotoDialog(parent, style, image)
    agreed = dialog.exec() == QDialog.DialogCode.Accepted
    made = dialog.caption.text().strip(), dialog.people.isChecked(), list(dialog.marker.boxes)
    dialog.deleteLater()
    return made if agreed else None
