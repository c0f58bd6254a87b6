"""The time cursor of the waterfall: set by a click, dragged; the row under it is drawn as a trace."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt

from sweeper.ui import words
from sweeper.ui.curves import Curves
from sweeper.ui.history import History
from sweeper.ui.panorama import HIGH_DB, LOW_DB
from sweeper.ui.theme import Style
from sweeper.ui.words import _

LEVELS = np.array([LOW_DB + (value - 1) * (HIGH_DB - LOW_DB) / 254.0 for value in range(256)], np.float32)
"""dB of each waterfall byte."""

NEAR_ROWS = 4
"""A click so near to the line takes it away."""


class Moment:
    """``history()`` is the waterfall that is shown, ``told(text)`` says which time the line is at."""

    def __init__(
        self,
        fall: pg.PlotWidget,
        curves: Curves,
        history: Callable[[], History | None],
        told: Callable[[str], object],
    ) -> None:
        self._fall, self._curves, self._history, self._told = fall, curves, history, told
        self.line = pg.InfiniteLine(angle=0, movable=True)
        self.line.sigPositionChanged.connect(lambda _line: self.show())
        self.line.hide()
        fall.addItem(self.line, ignoreBounds=True)
        fall.scene().sigMouseClicked.connect(self._clicked)

    def restyle(self, style: Style) -> None:
        """Take on the colours of a theme."""
        self.line.setPen(pg.mkPen(style.color("text"), width=1, style=Qt.PenStyle.DashDotLine))

    def _clicked(self, event: pg.GraphicsScene.mouseEvents.MouseClickEvent) -> None:
        box = self._fall.getViewBox()
        if box.sceneBoundingRect().contains(event.scenePos()):
            self.put(float(box.mapSceneToView(event.scenePos()).y()))

    def put(self, row: float) -> None:
        """Hold the moment of a row; the same row again lets it go."""
        if self.line.isVisible() and abs(self.line.value() - row) < NEAR_ROWS:
            self.line.hide()
        else:
            self.line.show()
            self.line.setValue(row)
        self.show()

    def show(self) -> None:
        """Draw the row under the line beside the trace of now."""
        history = self._history()
        if history is None or not self.line.isVisible():
            self._curves.show_row(None)
            return
        row = int(self.line.value())
        if 0 <= row < history.count:
            levels = np.where(history.fine[row] > 0, LEVELS[history.fine[row]], np.float32(np.nan))
            self._curves.show_row(levels.astype(np.float32))
            self._told(_("at {time}").format(time=words.clock(history.times_s[row])))
