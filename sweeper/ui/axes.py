"""Axes of plots with numbers as the reader's language writes them: a true minus, its decimal sign."""

from __future__ import annotations

import math

import pyqtgraph as pg
from PySide6.QtGui import QFont, QFontMetrics

from sweeper.ui import words


class NumberAxis(pg.AxisItem):  # type: ignore[misc]
    """Ticks in the unit of the plot, with no more digits than their distance asks for."""

    unit = 1.0

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        found = digits(spacing / self.unit)
        return [words.spoken().number(value / self.unit, found) for value in values]

    def setTickFont(self, font: QFont) -> None:
        """Also gives the numbers the height that this font needs: the library's is that of small letters."""
        super().setTickFont(font)
        self.setStyle(tickTextHeight=QFontMetrics(font).height())


class FrequencyAxis(NumberAxis):
    """Hertz in megahertz, or in offset where the recording does not tell its centre."""

    unit = 1e6


def digits(step: float) -> int:
    """Decimals by which numbers one step apart differ.

    >>> digits(25.0), digits(0.5), digits(0.05)
    (0, 1, 2)
    """
    return 0 if step >= 1 else min(6, math.ceil(-math.log10(max(step, 1e-6)) - 1e-9))
