"""Boxes to tick and to choose whose words go on in the next line: Qt's own cut them where the room ends."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QCheckBox, QRadioButton, QSizePolicy, QStyle, QWidget

LEAST_LETTERS = 16
"""A box can become this narrow; below it, words would be broken."""


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


class TickBox(QCheckBox):
    """A box to tick; its name for screen readers is its text."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._words = _named(self, text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setText(lines(self, self._words, self.width() - _beside(self)))

    def sizeHint(self) -> QSize:
        return _whole(self, super().sizeHint(), self._words)

    def minimumSizeHint(self) -> QSize:
        return _least(self, super().minimumSizeHint())


class Option(QRadioButton):
    """One of several to choose from; its name for screen readers is its text."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._words = _named(self, text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setText(lines(self, self._words, self.width() - _beside(self)))

    def sizeHint(self) -> QSize:
        return _whole(self, super().sizeHint(), self._words)

    def minimumSizeHint(self) -> QSize:
        return _least(self, super().minimumSizeHint())


def _named(box: QCheckBox | QRadioButton, text: str) -> str:
    box.setAccessibleName(text)
    box.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    return text


def _beside(box: QCheckBox | QRadioButton) -> int:
    """Pixels that the box itself and its gap take."""
    metric, radio = QStyle.PixelMetric, isinstance(box, QRadioButton)
    width = metric.PM_ExclusiveIndicatorWidth if radio else metric.PM_IndicatorWidth
    gap = metric.PM_RadioButtonLabelSpacing if radio else metric.PM_CheckBoxLabelSpacing
    return box.style().pixelMetric(width, None, box) + 2 * box.style().pixelMetric(gap, None, box)


def _whole(box: QCheckBox | QRadioButton, hint: QSize, text: str) -> QSize:
    """As wide as the text in one line, as high as it is now."""
    wide = box.fontMetrics().horizontalAdvance(text) + _beside(box)
    return QSize(max(wide, hint.width()), hint.height())


def _least(box: QCheckBox | QRadioButton, hint: QSize) -> QSize:
    return QSize(min(hint.width(), box.fontMetrics().averageCharWidth() * LEAST_LETTERS * 2), hint.height())
