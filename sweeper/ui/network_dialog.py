"""The question before the user's own network is asked: what will be sent, and whether it shall be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from sweeper.ui import network
from sweeper.ui.parts import label, scrolled
from sweeper.ui.theme import GRID
from sweeper.ui.verdict_dialog import buttons
from sweeper.ui.words import _

if TYPE_CHECKING:
    from sweeper.radio.lan_asking import Look
    from sweeper.ui.desk import Desk


class NetworkDialog(QDialog):
    """The statement, and one button that agrees; it stays closed until there is something to send."""

    def __init__(self, parent: QWidget, desk: Desk) -> None:
        super().__init__(parent)
        title = _("Ask your network")
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.asked = network.Asked(desk, expert=True)
        self.asked.setProperty("plain", True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 3, GRID * 3, GRID * 3, GRID * 2)
        layout.setSpacing(GRID)
        layout.addWidget(label(title, size="section"))
        layout.addWidget(scrolled(self.asked, title), 1)
        self._buttons = buttons(self, _("Send this now"))
        layout.addWidget(self._buttons)
        self.asked.changed.connect(self._check)
        self.setMinimumSize(desk.style.px(420), desk.style.px(280))
        room = parent.window().size()  # the whole statement at once, where there is room for it
        self.resize(min(desk.style.px(600), room.width()), min(desk.style.px(580), room.height()))
        self._check()

    def _check(self) -> None:
        some = self.asked.look() is not None
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(some)


def agreed(parent: QWidget, desk: Desk) -> Look | None:
    """What the reader agreed to send; ``None`` if nobody did."""
    dialog = NetworkDialog(parent, desk)
    yes = dialog.exec() == QDialog.DialogCode.Accepted
    look = dialog.asked.look() if yes else None
    dialog.deleteLater()
    return look


def offer(parent: QWidget, desk: Desk) -> None:
    """Say what would be sent, and ask the network if the reader agrees."""
    look = agreed(parent, desk)
    if look is not None:
        network.begin(desk, look)
