"""What lies under the cursor, in words: frequency, level, time."""

from __future__ import annotations

from sweeper.ui import words
from sweeper.ui.curves import Curves
from sweeper.ui.history import History
from sweeper.ui.panorama import level_db
from sweeper.ui.words import _

GAP = "   "


def unit(curves: Curves) -> str:
    """The unit of the levels that are shown."""
    return "dBm/Hz" if curves.view is not None and curves.view.calibrated else "dBFS/Hz"


def frequency(curves: Curves, hz: float) -> str:
    """A frequency with the digits that the grid justifies."""
    return words.frequency(hz, curves.view.grid.step_hz if curves.view is not None else 1e3)


def trace(curves: Curves, hz: float | None) -> str:
    """Over the trace: the level now and the greatest so far."""
    if hz is None:
        return ""
    now, held = curves.read(hz)
    text = frequency(curves, hz)
    if now is not None:
        text += GAP + words.decibels(now, unit(curves))
    if held is not None:
        text += GAP + _("max {level}").format(level=words.decibels(held, unit(curves)))
    return text


def moment(curves: Curves, history: History, hz: float, row: int) -> str:
    """Over the waterfall: the level at that time."""
    text = frequency(curves, hz)
    column = curves.view.grid.column(hz) if curves.view is not None else 0
    level = level_db(history.at(row, column))
    if level is not None:
        text += GAP + words.decibels(level, unit(curves))
    if 0 <= row < history.count:
        text += GAP + words.clock(history.times_s[row])
    return text
