"""Small parts that every view is made of. Each control gets its accessible name here: none is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QBoxLayout,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from sweeper.ui import icons
from sweeper.ui.theme import GRID, Style

Spin = TypeVar("Spin", bound=QAbstractSpinBox)

PROSE_CHARACTERS = 72
"""Longest line of prose."""


def column(*items: QWidget | QLayout | int, margin: int = 0, spacing: int = GRID) -> QVBoxLayout:
    """A vertical layout; a number among the items is a stretch (0) or a gap in pixels."""
    layout = QVBoxLayout()
    _fill(layout, items, margin, spacing)
    return layout


def row(*items: QWidget | QLayout | int, margin: int = 0, spacing: int = GRID) -> QHBoxLayout:
    """A horizontal layout; numbers as in ``column``."""
    layout = QHBoxLayout()
    _fill(layout, items, margin, spacing)
    return layout


def _fill(layout: QBoxLayout, items: tuple[QWidget | QLayout | int, ...], margin: int, spacing: int) -> None:
    layout.setContentsMargins(margin, margin, margin, margin)
    layout.setSpacing(spacing)
    for item in items:
        if isinstance(item, int):
            if item:
                layout.addSpacing(item)
            else:
                layout.addStretch(1)
        elif isinstance(item, QWidget):
            layout.addWidget(item)
        else:
            layout.addLayout(item)


class Wrapped(QLabel):
    """A label that wraps, and insists on the height that its text needs at its width."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._insist()

    def setText(self, text: str) -> None:
        super().setText(text)
        self._insist()

    def _insist(self) -> None:
        # Not heightForWidth(): that never answers less than the height that was insisted on before.
        inside = self.contentsRect()
        room = QRect(0, 0, max(1, inside.width() - 2 * self.margin()), 1 << 20)
        text = self.fontMetrics().boundingRect(room, int(Qt.TextFlag.TextWordWrap), self.text())
        needed = text.height() + 2 * self.margin() + self.height() - inside.height() if self.text() else 0
        if needed != self.minimumHeight():
            self.setMinimumHeight(needed)


class Elided(QLabel):
    """One line that ends in an ellipsis where the room ends; screen readers get the whole."""

    def __init__(self) -> None:
        super().__init__()
        self._whole = ""
        self.setTextFormat(Qt.TextFormat.PlainText)

    def setText(self, text: str) -> None:
        self._whole = text
        self.setAccessibleName(text)
        self.updateGeometry()
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        shown = self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, self.width())
        if shown != self.text():
            super().setText(shown)

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self._whole) + 1, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        least = self.fontMetrics().averageCharWidth() * 4
        return QSize(min(least, self.sizeHint().width()), super().minimumSizeHint().height())


def label(text: str = "", *, size: str = "body", tone: str = "", wrap: bool = False) -> QLabel:
    """Plain text; ``size`` and ``tone`` name sizes and colours of the theme. Never interprets markup."""
    made = Wrapped(text) if wrap else QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("type", size)
    made.setProperty("tone", tone)
    return made


def prose(text: str, style: Style, *, tone: str = "") -> QLabel:
    """Running text that wraps and is no wider than 72 characters."""
    made = label(text, tone=tone, wrap=True)
    made.setMaximumWidth(style.px(7.2 * PROSE_CHARACTERS))
    return made


def picture(name: str, style: Style, role: str, size: int = 24) -> QLabel:
    """An icon as a label; purely visual, its meaning always stands beside it in words."""
    made = QLabel()
    made.setPixmap(icons.pixmap(name, style.color(role).name(), style.px(size)))
    made.setFixedSize(style.px(size), style.px(size))
    return made


def button(
    text: str,
    on: Callable[[], object],
    style: Style,
    *,
    icon: str = "",
    tip: str = "",
    primary: bool = False,
    quiet: bool = False,
    checkable: bool = False,
) -> QPushButton:
    """A button whose text is a verb."""
    made = QPushButton(text)
    made.setAccessibleName(text)
    if tip:
        made.setToolTip(tip)
        made.setAccessibleDescription(tip)
    if icon:
        role = "on-accent" if primary else ("accent" if quiet else "text")
        made.setIcon(icons.icon(icon, style.color(role).name(), style.px(18)))
        made.setIconSize(QSize(style.px(18), style.px(18)))
    made.setProperty("primary", primary)
    made.setProperty("quiet", quiet)
    made.setCheckable(checkable)
    made.clicked.connect(lambda _checked=False: on())
    return made


def tool(
    name: str,
    icon: str,
    on: Callable[[], object],
    style: Style,
    *,
    quiet: bool = True,
    checkable: bool = False,
) -> QToolButton:
    """A button with an icon only; ``name`` is its tooltip and what a screen reader says."""
    made = QToolButton()
    made.setIcon(icons.icon(icon, style.color("text").name(), style.px(20)))
    made.setIconSize(QSize(style.px(20), style.px(20)))
    made.setToolTip(name)
    made.setAccessibleName(name)
    made.setProperty("quiet", quiet)
    made.setCheckable(checkable)
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    made.clicked.connect(lambda _checked=False: on())
    return made


class _Still(QObject):
    """Lets the wheel pass to the page behind a field: who scrolls does not mean to change an answer."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Wheel:
            event.ignore()
            return True
        return super().eventFilter(watched, event)


def choice(name: str, entries: list[tuple[str, str]], chosen: str, on: Callable[[str], object]) -> QComboBox:
    """A box to choose one of ``(value, text)``; calls ``on(value)``."""
    made = QComboBox()
    made.setAccessibleName(name)
    made.setToolTip(name)
    for value, text in entries:
        made.addItem(text, value)
    made.setCurrentIndex(max(0, made.findData(chosen)))
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    made.activated.connect(lambda _index: on(str(made.currentData())))
    made.installEventFilter(_Still(made))
    return made


def roomy(spin: Spin) -> Spin:
    """A number's field with the inner margin that style sheets do not give it; the wheel scrolls the page."""
    spin.installEventFilter(_Still(spin))
    edit = spin.lineEdit()
    if edit is not None:
        edit.setTextMargins(6, 0, 6, 0)
    return spin


def search(name: str, on: Callable[[str], object], style: Style) -> QLineEdit:
    """A field to search in."""
    made = QLineEdit()
    made.setPlaceholderText(name)
    made.setAccessibleName(name)
    made.setClearButtonEnabled(True)
    made.addAction(
        icons.icon("search", style.color("muted").name(), style.px(16)),
        QLineEdit.ActionPosition.LeadingPosition,
    )
    made.textChanged.connect(on)
    return made


def card(layout: QLayout) -> QFrame:
    """A raised area around a layout."""
    made = QFrame()
    made.setProperty("card", True)
    made.setLayout(layout)
    return made


def rule() -> QFrame:
    """A thin line between groups."""
    made = QFrame()
    made.setProperty("rule", True)
    return made


def plain(layout: QLayout) -> QWidget:
    """A bare widget around a layout."""
    made = QWidget()
    made.setProperty("plain", True)
    made.setLayout(layout)
    return made


def scrolled(inner: QWidget, name: str) -> QScrollArea:
    """``inner`` with scroll bars where the window is too small for it; reachable by keyboard."""
    made = QScrollArea()
    made.setWidgetResizable(True)
    made.setWidget(inner)
    made.setAccessibleName(name)
    made.setFrameShape(QFrame.Shape.NoFrame)
    made.viewport().setAutoFillBackground(False)
    inner.setAutoFillBackground(False)
    return made


def empty(layout: QLayout) -> None:
    """Take everything out of a layout and delete it."""
    while layout.count():
        item = layout.takeAt(0)
        if item is None:
            return
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif inner is not None:
            empty(inner)
