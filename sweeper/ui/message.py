"""A calm line at the top of the view: what happened, what it means, what to do. It can be closed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QFrame, QHBoxLayout

from sweeper.text import safe_text
from sweeper.ui.parts import button, column, label, picture, plain, tool
from sweeper.ui.theme import GRID, Style
from sweeper.ui.words import _


class Message(QFrame):
    """Hidden until something is to be said."""

    def __init__(self, style: Style) -> None:
        super().__init__()
        self.setObjectName("message")
        self._style = style
        self._act: Callable[[], object] | None = None
        self._what = label(wrap=True)
        self._means = label(tone="muted", wrap=True)
        self._do = label(tone="muted", wrap=True)
        self._button = button("", self._press, style)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(GRID * 2, GRID, GRID, GRID)
        layout.setSpacing(GRID)
        layout.addWidget(picture("level-info", style, "accent", 20))
        layout.addWidget(plain(column(self._what, self._means, self._do, spacing=2)), 1)
        layout.addWidget(self._button)
        layout.addWidget(tool(_("Close this message"), "close", self.hide, style))
        self.hide()

    def say(
        self, what: str, means: str = "", do: str = "", act: tuple[str, Callable[[], object]] | None = None
    ) -> None:
        """Show a message, with at most one thing to do."""
        for field, text in ((self._what, what), (self._means, means), (self._do, do)):
            field.setText(safe_text(text))
            field.setVisible(bool(text))
        self._button.setVisible(act is not None)
        if act is not None:
            self._button.setText(act[0])
            self._button.setAccessibleName(act[0])
            self._act = act[1]
        self.setAccessibleName(" ".join(text for text in (what, means, do) if text))
        self.show()

    def _press(self) -> None:
        if self._act is not None:
            self._act()
