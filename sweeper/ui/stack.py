"""The stack of views in the middle of the window."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QStackedWidget


@runtime_checkable
class Rebuilt(Protocol):
    """A view that outlives a change of theme or language."""

    def rebuild(self) -> None:
        """Build itself anew."""


class Stack(QStackedWidget):
    """Views of which only the one that is shown claims room."""

    def minimumSizeHint(self) -> QSize:
        shown = self.currentWidget()
        return shown.minimumSizeHint() if shown is not None else super().minimumSizeHint()
