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
        self._time_s = 0.0
        self._following = False
        self.line.sigPositionChanged.connect(lambda _line: self._dragged())
        self.line.hide()
        fall.addItem(self.line, ignoreBounds=True)
        fall.scene().sigMouseClicked.connect(self._clicked)

    def restyle(self, style: Style) -> None:
        """Take on the colours of a theme."""
        self.line.setPen(pg.mkPen(style.color("text"), width=1, style=Qt.PenStyle.DashDotLine))

    def _clicked(self, event: pg.GraphicsScene.mouseEvents.MouseClickEvent) -> None:
        box = self._fall.getViewBox()
        if box.sceneBoundingRect().contains(event.scenePos()):
            history = self._history()
            count = history.count if history is not None else 0
            self.put(float(box.mapSceneToView(event.scenePos()).y()) + count)

    def put(self, row: float) -> None:
        """Hold the moment of a row of the history; the same row again lets it go."""
        history = self._history()
        if history is None:
            return
        if self.line.isVisible() and abs(self._row(history) - row) < NEAR_ROWS:
            self.line.hide()
        else:
            self.line.show()
            self._time_s = float(history.times_s[int(np.clip(row, 0, max(0, history.count - 1)))])
            self.follow()
        self.show()

    def follow(self) -> None:
        """Keep the line at its moment while rows come in above it."""
        history = self._history()
        if history is not None and self.line.isVisible():
            self._following = True
            self.line.setValue(self._row(history) - history.count)
            self._following = False

    def _row(self, history: History) -> int:
        """The row of the moment that is held, by its time: older rows may have given way."""
        return int(np.searchsorted(history.times_s[: history.count], self._time_s))

    def _dragged(self) -> None:
        history = self._history()
        if self._following or history is None:
            return
        row = int(np.clip(self.line.value() + history.count, 0, max(0, history.count - 1)))
        self._time_s = float(history.times_s[row])
        self.show()

    def show(self) -> None:
        """Draw the row under the line beside the trace of now."""
        history = self._history()
        if history is None or not self.line.isVisible():
            self._curves.show_row(None)
            return
        row = self._row(history)
        if row < history.count:
            levels = np.where(history.fine[row] > 0, LEVELS[history.fine[row]], np.float32(np.nan))
            self._curves.show_row(levels.astype(np.float32))
            self._told(_("at {time}").format(time=words.clock(history.times_s[row])))
