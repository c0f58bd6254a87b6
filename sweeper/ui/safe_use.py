"""Sheets to read beside the window: risks and safe use, shown at the first run, and the found-device guide.

The first can be printed (``Licence and duties``, ``sweeper job paper … safe-use``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout

from sweeper.ui import words
from sweeper.ui.parts import column, label, plain, prose, scrolled
from sweeper.ui.theme import GRID
from sweeper.ui.words import _

if TYPE_CHECKING:
    from sweeper.ui.window import Window

SHOWN = "safe-use-shown"
"""Under which setting it stands that the sheet was shown once."""
WIDTH, HEIGHT = 620, 560


def at_first_run(window: Window) -> None:
    """Show the sheet once."""
    settings = window.desk.settings
    if not settings.flag(SHOWN, False):
        settings.put_flag(SHOWN, True)
        show(window)


def show(window: Window) -> None:
    """The sheet as a page that can be read beside the window."""
    from sweeper.casework import papers

    style = window.desk.style
    sheet = papers.safe_use(words.spoken())
    body = column(label(sheet.title, size="title"), spacing=GRID)
    for section in sheet.sections:
        body.addSpacing(GRID)
        body.addWidget(label(section.title, size="section"))
        for text in (*section.paragraphs, *(f"· {step}" for step in section.steps)):
            body.addWidget(prose(text, style))
    _open(window, sheet.title, body)


def show_found(window: Window) -> None:
    """What a person does who has found a device, at hand without a sweep."""
    from sweeper.ui.guide_result import found_device

    body = column(found_device(), spacing=GRID)
    _open(window, _("If you found a device"), body)


def _open(window: Window, title: str, body: QVBoxLayout) -> None:
    style = window.desk.style
    body.addStretch(1)
    dialog = QDialog(window)
    dialog.setWindowTitle(title)
    dialog.setAccessibleName(title)
    layout = QVBoxLayout(dialog)
    layout.setContentsMargins(GRID * 3, GRID * 3, GRID * 3, GRID * 2)
    layout.addWidget(scrolled(plain(body), title), 1)
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    close = box.button(QDialogButtonBox.StandardButton.Close)
    close.setText(_("Close"))
    close.setAccessibleName(_("Close"))
    box.rejected.connect(dialog.reject)
    layout.addWidget(box)
    dialog.resize(style.px(WIDTH), style.px(HEIGHT))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
