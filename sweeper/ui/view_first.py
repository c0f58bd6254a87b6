"""The first screen: three doors, and below them four small ways in. Nothing else.

Each door says in one sentence what it is for, and what it will use on *this* computer and what it cannot
hear here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from sweeper.ui import equipment
from sweeper.ui.flow import Flow
from sweeper.ui.guide import Guide
from sweeper.ui.parts import button, label, picture, plain, row, scrolled
from sweeper.ui.steps import step_titles
from sweeper.ui.theme import GRID
from sweeper.ui.words import _

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent, QShowEvent

    from sweeper.ui.desk import Desk

DOOR_WIDTH = 300


def doors() -> list[tuple[str, str, str]]:
    """``(plan, title, sentence)`` of each door."""
    return [
        ("car", _("Car"), _("Look for trackers and transmitters in a car, parked and on a short drive.")),
        ("flat", _("Flat"), _("Look for hidden cameras, microphones and trackers where you live.")),
        ("office", _("Office"), _("Look for transmitters in a room where people talk in confidence.")),
    ]


class Door(QPushButton):
    """A large button: picture, title, sentence, and what it will use."""

    def __init__(self, desk: Desk, plan: str, title: str, sentence: str, on: Callable[[], object]) -> None:
        super().__init__()
        self.setObjectName("door")
        self.setAccessibleName(title)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(lambda _checked=False: on())
        style = desk.style
        self._sentence = sentence
        self._uses = label(size="caption", tone="muted", wrap=True)
        layout = self._inside = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 3, GRID * 3, GRID * 3, GRID * 3)
        layout.setSpacing(GRID)
        layout.addWidget(picture(plan, style, "accent", 44))
        layout.addSpacing(GRID)
        layout.addWidget(label(title, size="title"))
        layout.addWidget(label(sentence, wrap=True))
        layout.addStretch(1)
        layout.addWidget(self._uses)
        for child in self.findChildren(QWidget):
            child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_uses(self, text: str) -> None:
        """Say what this door will use on this computer."""
        self._uses.setText(text)
        self.setAccessibleDescription(f"{self._sentence} {text}")

    def sizeHint(self) -> QSize:
        return self._inside.sizeHint()

    def minimumSizeHint(self) -> QSize:
        return self._inside.minimumSize()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._inside.heightForWidth(width)


class FirstView(QWidget):
    """Doors in a row, or under one another where the window is narrow."""

    def __init__(
        self, desk: Desk, enter: Callable[[str], object], ways: list[tuple[str, str, Callable[[], object]]]
    ) -> None:
        super().__init__()
        self.setAccessibleName(_("First screen"))
        self._desk = desk
        layout = QVBoxLayout()
        layout.setContentsMargins(GRID * 3, GRID * 3, GRID * 3, GRID * 3)
        layout.setSpacing(GRID * 2)
        layout.addStretch(1)
        layout.addWidget(
            label(_("What do you want to check?"), size="title"), 0, Qt.AlignmentFlag.AlignHCenter
        )
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._row.setSpacing(GRID * 2)
        self._doors: list[tuple[str, Door]] = []
        for plan, title, sentence in doors():
            made = Door(desk, plan, title, sentence, lambda p=plan: enter(p))  # type: ignore[misc]
            made.setMaximumWidth(desk.style.px(DOOR_WIDTH + 60))
            self._row.addWidget(made, 1)
            self._doors.append((plan, made))
        layout.addLayout(row(0, self._row, 0, spacing=0))
        small = Flow()
        for drawing, text, on in ways:
            small.addWidget(button(text, on, desk.style, icon=drawing, quiet=True))
        small.set_centred()
        layout.addLayout(small)
        layout.addStretch(2)
        desk.equipment_changed.connect(self._show_uses)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scrolled(plain(layout), _("First screen")))
        self._show_uses()

    def _show_uses(self) -> None:
        text = equipment.sentence(self._desk)
        for plan, door in self._doors:
            left = Guide.taken_up(self._desk.settings.folder, plan)
            begun = _("Begun; goes on at: {step}.").format(step=step_titles()[left.step])
            door.show_uses(f"{begun}\n{text}" if left.begun else text)

    def showEvent(self, event: QShowEvent) -> None:
        """A sweep may have been begun or ended since."""
        super().showEvent(event)
        self._show_uses()

    def resizeEvent(self, event: QResizeEvent) -> None:
        narrow = event.size().width() < self._desk.style.px(680)
        way = QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        self._row.setDirection(way)
        super().resizeEvent(event)
