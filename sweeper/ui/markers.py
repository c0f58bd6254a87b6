"""Markers on the trace: numbered, with frequency and level; later ones tell the distance to the first."""

from __future__ import annotations

from collections.abc import Callable

import pyqtgraph as pg
from PySide6.QtCore import Qt

from sweeper.ui import words
from sweeper.ui.theme import Style

MOST = 8


class Markers:
    """Vertical lines that can be dragged; ``changed()`` is called when one is set, moved or taken away."""

    def __init__(self, plot: pg.PlotWidget, style: Style, changed: Callable[[], object]) -> None:
        self._plot, self._style, self._changed = plot, style, changed
        self._lines: list[pg.InfiniteLine] = []

    @property
    def frequencies(self) -> list[float]:
        """Hertz, in the order in which they were set."""
        return [float(line.value()) for line in self._lines]

    def add(self, hz: float) -> None:
        """Set a marker; beyond ``MOST`` the oldest but the first gives way."""
        if len(self._lines) >= MOST:
            self._plot.removeItem(self._lines.pop(1))
        line = pg.InfiniteLine(
            pos=hz,
            angle=90,
            movable=True,
            label="",
            labelOpts={"position": 0.94, "movable": False, "rotateAxis": (0, 0)},
        )
        line.sigPositionChanged.connect(lambda _line: self._changed())
        self._lines.append(line)
        self._plot.addItem(line, ignoreBounds=True)
        self.restyle(self._style)
        self._changed()

    def clear(self) -> None:
        """Take all away."""
        for line in self._lines:
            self._plot.removeItem(line)
        self._lines = []
        self._changed()

    def restyle(self, style: Style) -> None:
        """Number them anew, in a theme's colours."""
        self._style = style
        for number, line in enumerate(self._lines, 1):
            line.setPen(pg.mkPen(style.color("accent"), width=1, style=Qt.PenStyle.DashLine))
            line.label.setColor(style.color("accent"))
            line.label.setFormat(f"M{number}")

    def told(self, read: Callable[[float], tuple[float | None, float | None]], unit: str) -> str:
        """One line: each marker's frequency and level, and how far it is from the first."""
        parts = []
        first_hz, first_level = 0.0, None
        for number, hz in enumerate(self.frequencies, 1):
            now, held = read(hz)
            level = now if now is not None else held
            text = f"M{number} {words.frequency(hz)} {words.decibels(level, unit)}"
            if number == 1:
                first_hz, first_level = hz, level
            elif level is not None and first_level is not None:
                away = words.spoken().frequency(abs(hz - first_hz))
                text += f" (Δ {away}, {words.decibels(level - first_level)})"
            parts.append(text)
        return "   ".join(parts)
