"""The stack of views in the middle of the window."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QWidget


@runtime_checkable
class Rebuilt(Protocol):
    """A view that outlives a change of theme or language."""

    def rebuild(self) -> None:
        """Build itself anew."""


@runtime_checkable
class Fitted(Protocol):
    """A view that leaves something out where there is little height."""

    def fit(self, height: int) -> None:
        """Arrange for a window of that many pixels."""


class _Holder(QWidget):
    """Lays a view over all of itself; a layout would pass on the height that the view likes best."""

    def __init__(self, view: QWidget) -> None:
        super().__init__()
        self.view = view
        view.setParent(self)
        view.show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.view.setGeometry(self.rect())


class Room(QScrollArea):
    """A view as large as the window lets it be; where that is too small for it, it scrolls.

    Large letters in a small window are the case: without it Qt lays one line over another.
    """

    def __init__(self, view: QWidget) -> None:
        super().__init__()
        self.view = view
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the view in it takes the focus
        self.viewport().setAutoFillBackground(False)
        self._holder = _Holder(view)
        self.setWidget(self._holder)
        self._holder.setAutoFillBackground(False)
        self.setAccessibleName(view.accessibleName())
        view.installEventFilter(self)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.LayoutRequest:
            self._insist()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if isinstance(self.view, Fitted):
            self.view.fit(self.viewport().height())
        self._insist()

    def release(self) -> None:
        """Give the view back, alive."""
        self.view.removeEventFilter(self)
        self.view.setParent(None)

    def _insist(self) -> None:
        layout = self.view.layout()
        if layout is None:
            return
        least = layout.totalMinimumSize()
        if layout.hasHeightForWidth():
            width = max(least.width(), self.viewport().width())
            least.setHeight(max(least.height(), layout.totalMinimumHeightForWidth(width)))
        if least != self._holder.minimumSize():
            self._holder.setMinimumSize(least)
            # The scroll area does not notice that less is needed.
            self._holder.resize(self.maximumViewportSize().expandedTo(least))


class Stack(QStackedWidget):
    """Views of which only the one that is shown claims room; each has a ``Room`` of its own."""

    def put(self, view: QWidget) -> None:
        """Take a view in."""
        self.addWidget(Room(view))

    def take(self, view: QWidget) -> None:
        """Give a view back, alive."""
        room = self._room(view)
        room.release()
        self.removeWidget(room)
        room.deleteLater()

    def turn_to(self, view: QWidget) -> None:
        """Show a view that was taken in."""
        held = self.focusWidget()
        if held is not None and held.hasFocus():
            self.setFocus()  # else the hidden page's focus goes to whatever is next in the window
        self.setCurrentWidget(self._room(view))

    def _room(self, view: QWidget) -> Room:
        rooms = (self.widget(index) for index in range(self.count()))
        return next(room for room in rooms if isinstance(room, Room) and room.view is view)

    def minimumSizeHint(self) -> QSize:
        shown = self.currentWidget()
        return shown.minimumSizeHint() if shown is not None else super().minimumSizeHint()
