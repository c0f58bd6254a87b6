"""Boxes to tick and to choose whose words go on in the next line: Qt's own cut them where the room ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QCheckBox, QRadioButton, QSizePolicy, QStyle, QWidget

if TYPE_CHECKING:
    from PySide6.QtWidgets import QAbstractButton as Base
else:
    Base = object

LEAST_LETTERS = 32
"""A box can become this narrow, in letters of middling width; below it, words would be broken."""


def lines(widget: QWidget, text: str, width: int) -> str:
    """The text with line breaks, so that no line is wider than ``width`` pixels where words allow it."""
    metrics = widget.fontMetrics()
    made = [""]
    for word in text.split():
        longer = f"{made[-1]} {word}".strip()
        if made[-1] and metrics.horizontalAdvance(longer) > width:
            made.append(word)
        else:
            made[-1] = longer
    return "\n".join(made)


class _Wrapping(Base):
    """What both kinds of box have in common; its name for screen readers is the whole text."""

    _words = ""
    _width = QStyle.PixelMetric.PM_IndicatorWidth
    _gap = QStyle.PixelMetric.PM_CheckBoxLabelSpacing

    def say(self, text: str) -> None:
        """Show this text."""
        self._words = text
        self.setText(text)
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setText(lines(self, self._words, self.width() - self._beside()))

    def sizeHint(self) -> QSize:
        """As wide as the text in one line, as high as it is now."""
        hint = super().sizeHint()
        wide = self.fontMetrics().horizontalAdvance(self._words) + self._beside()
        return QSize(max(wide, hint.width()), hint.height())

    def minimumSizeHint(self) -> QSize:
        hint = super().minimumSizeHint()
        return QSize(min(hint.width(), self.fontMetrics().averageCharWidth() * LEAST_LETTERS), hint.height())

    def _beside(self) -> int:
        """Pixels that the box itself and its gaps take."""
        style = self.style()
        return style.pixelMetric(self._width, None, self) + 2 * style.pixelMetric(self._gap, None, self)


class TickBox(_Wrapping, QCheckBox):
    """A box to tick."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.say(text)


class Option(_Wrapping, QRadioButton):
    """One of several to choose from."""

    _width = QStyle.PixelMetric.PM_ExclusiveIndicatorWidth
    _gap = QStyle.PixelMetric.PM_RadioButtonLabelSpacing

    def __init__(self, text: str) -> None:
        super().__init__()
        self.say(text)
