"""Our own line icons: SVG files on a 24-pixel grid with a 1.5-pixel stroke, coloured by the theme.

The files draw in ``currentColor``; here it becomes the colour of a role, and the drawing is rendered sharp
at the pixel ratio of the screen. ``icons/sweeper.svg`` is the program's own: a calm arc of three levels
over a room's corner.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

FOLDER = Path(__file__).parent / "icons"


@lru_cache(maxsize=256)
def _drawing(name: str) -> str:
    return (FOLDER / f"{name}.svg").read_text("utf-8")


def pixmap(name: str, color: str, size: int) -> QPixmap:
    """The icon ``name`` in ``color`` (``#RRGGBB``), ``size`` pixels square on any screen."""
    ratio = QGuiApplication.primaryScreen().devicePixelRatio() if QGuiApplication.primaryScreen() else 1.0
    return _pixmap(name, color, size, ratio)


@lru_cache(maxsize=1024)
def _pixmap(name: str, color: str, size: int, ratio: float) -> QPixmap:
    made = QPixmap(round(size * ratio), round(size * ratio))
    made.fill(Qt.GlobalColor.transparent)
    renderer = QSvgRenderer(QByteArray(_drawing(name).replace("currentColor", color).encode()))
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer.render(painter, QRectF(0, 0, size * ratio, size * ratio))
    painter.end()
    made.setDevicePixelRatio(ratio)
    return made


def icon(name: str, color: str, size: int = 24) -> QIcon:
    """The icon ``name`` for buttons and menus."""
    return QIcon(pixmap(name, color, size))
