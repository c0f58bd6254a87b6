"""A photo for a finding: is a person to be seen, and where? What is marked is blurred before it is kept.

Nobody's face is searched for; the reader drags a box over each. The blurring itself is the core's, in the
pixels, before the file is written into the job.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QLineEdit, QVBoxLayout, QWidget

from sweeper.errors import InputError
from sweeper.text import say
from sweeper.ui import pages
from sweeper.ui.flow import Flow
from sweeper.ui.parts import button, label
from sweeper.ui.theme import GRID, Style
from sweeper.ui.verdict_dialog import buttons
from sweeper.ui.words import _, ngettext

Box = tuple[float, float, float, float]
LEAST = 0.01
"""A box smaller than a hundredth of the picture is a slip of the hand."""


class Marker(QWidget):
    """Shows a picture; dragging marks a box."""

    changed = Signal()

    def __init__(self, image: QImage, style: Style) -> None:
        super().__init__()
        self._image = image
        self.boxes: list[Box] = []
        self._from: QPointF | None = None
        self._to = QPointF()
        self.setMinimumSize(style.px(420), style.px(300))
        self.setAccessibleName(_("Picture: drag a box over each person"))

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
            self.boxes.append(box)
            self.changed.emit()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        area = self._area()
        painter.drawImage(area, self._image)
        painter.setBrush(QColor(0, 0, 0, 200))
        painter.setPen(QPen(QColor("#FFFFFF"), 2))
        for left, top, right, bottom in self.boxes:
            painter.drawRect(
                QRectF(
                    area.left() + left * area.width(),
                    area.top() + top * area.height(),
                    (right - left) * area.width(),
                    (bottom - top) * area.height(),
                )
            )
        if self._from is not None:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self._from, self._to).normalized())
        painter.end()


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
        self.people = QCheckBox(_("A person is to be seen, or a face in a mirror or picture."))
        self.people.setAccessibleName(self.people.text())
        self._said = label("", tone="muted", wrap=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 3, GRID * 3, GRID * 3, GRID * 2)
        layout.setSpacing(GRID)
        layout.addWidget(self.caption)
        layout.addWidget(self.people)
        layout.addWidget(self.marker, 1)
        layout.addLayout(
            Flow(
                button(_("Blur the whole picture"), self._all, style),
                button(_("Take the last box back"), self._back, style, quiet=True),
            )
        )
        layout.addWidget(self._said)
        self._box = buttons(self, _("Add"))
        layout.addWidget(self._box)
        self.marker.changed.connect(self._check)
        self.people.toggled.connect(lambda _on: self._check())
        self._check()

    def _all(self) -> None:
        self.marker.boxes.append((0.0, 0.0, 1.0, 1.0))
        self.marker.update()
        self._check()

    def _back(self) -> None:
        del self.marker.boxes[-1:]
        self.marker.update()
        self._check()

    def _check(self) -> None:
        boxes = len(self.marker.boxes)
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
