"""Proof that the window opens here: for ``sweeper selftest``. It is made, shown, painted once, and closed."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from sweeper.ui import app
from sweeper.ui.settings import Settings

PAINTED_S = 1.0
"""The first paint waits for the style sheet and the icons."""

STEP_PX = 8
"""Every eighth pixel is looked at: the icons of the rail are larger."""


def painted(folder: Path) -> tuple[int, int, int]:
    """Width, height and number of different colours of a window whose settings lie in ``folder``."""
    window = app.open_window(Settings(folder / "settings.ini"))
    try:
        window.show()
        until = time.monotonic() + PAINTED_S
        while time.monotonic() < until:
            QApplication.processEvents()
            time.sleep(0.01)
        picture = window.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        wide, high = picture.width(), picture.height()
        seen = {picture.pixel(x, y) for x in range(0, wide, STEP_PX) for y in range(0, high, STEP_PX)}
        return wide, high, len(seen)
    finally:
        window.close()
        window.desk.close()
