"""The narrow rail on the left: one entry for each view that has something behind it.

In a small window it shrinks to icons, whose names stay in the tooltip and for screen readers.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QButtonGroup, QFrame, QSizePolicy, QToolButton, QVBoxLayout

from sweeper.ui import icons
from sweeper.ui.theme import GRID, Style
from sweeper.ui.words import _


def entries() -> list[tuple[str, str]]:
    """``(view, title)`` in the order of the rail; the icon has the view's name."""
    return [
        ("sweep", _("Sweep")),
        ("findings", _("Findings")),
        ("spectrum", _("Spectrum")),
        ("bluetooth", _("Bluetooth")),
        ("wifi", _("Wi-Fi")),
        ("locate", _("Locate")),
        ("plan", _("Plan")),
        ("jobs", _("Jobs")),
        ("sources", _("Sources")),
    ]


UNDER = dict.fromkeys(("job-people", "job-search", "job-evidence", "register", "practice"), "jobs")
"""Pages that are reached from another one's entry."""


class Rail(QFrame):
    """Checkable buttons; ``on(view)`` is called when one is chosen."""

    def __init__(self, style: Style, on: Callable[[str], object]) -> None:
        super().__init__()
        self.setObjectName("rail")
        self.setAccessibleName(_("Views"))
        self._style = style
        self._buttons: dict[str, QToolButton] = {}
        self._group = QButtonGroup(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID // 2, GRID, GRID // 2, GRID)
        layout.setSpacing(GRID // 2)
        for number, (name, title) in enumerate(entries(), start=1):
            made = QToolButton()
            made.setText(title)
            made.setIcon(icons.icon(name, style.color("text").name(), style.px(22)))
            made.setIconSize(QSize(style.px(22), style.px(22)))
            made.setCheckable(True)
            made.setAccessibleName(title)
            made.setToolTip(f"{title}  (Ctrl+{number})")
            made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            made.clicked.connect(lambda _checked=False, view=name: on(view))
            self._group.addButton(made)
            layout.addWidget(made)
            self._buttons[name] = made
        layout.addStretch(1)
        self.set_narrow(False)

    def set_narrow(self, narrow: bool) -> None:
        """Icons only, or icons with their words."""
        way = Qt.ToolButtonStyle.ToolButtonIconOnly if narrow else Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        for made in self._buttons.values():
            made.setToolButtonStyle(way)
        self.setFixedWidth(self._style.px(48) if narrow else max(self._style.px(132), self._widest()))

    def _widest(self) -> int:
        return max(made.sizeHint().width() for made in self._buttons.values()) + 2 * GRID

    def choose(self, name: str) -> None:
        """Show which view is open; none of them, for a view that has no entry here."""
        name = UNDER.get(name, name)
        self._group.setExclusive(name in self._buttons)
        for view, made in self._buttons.items():
            made.setChecked(view == name)
        self._group.setExclusive(True)
