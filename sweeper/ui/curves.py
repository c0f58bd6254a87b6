"""The live trace: power over frequency, now and held, with a cursor that reads it out.

Curves are in dB relative to full scale per hertz (dBm per hertz where the source is calibrated). They are
painted by ``traces``, beside the scene that holds axes, bands and markers (see ``layered``).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPen

from sweeper.ui.axes import FrequencyAxis, NumberAxis
from sweeper.ui.bandstrip import BandStrip
from sweeper.ui.layered import Layered, Place
from sweeper.ui.markers import Markers
from sweeper.ui.panorama import Grid, View
from sweeper.ui.peaks import Peak, peaks
from sweeper.ui.theme import Style
from sweeper.ui.traces import Traces
from sweeper.ui.words import _

CURVES: tuple[tuple[str, str], ...] = (
    ("floor", "trace-floor"),
    ("reference", "trace-reference"),
    ("cursor", "level-low"),
    ("minimum", "trace-floor"),
    ("mean", "trace-mean"),
    ("maximum", "trace-max"),
    ("current", "trace-now"),
)
"""Name and role of its colour; drawn in this order, so the current trace lies on top. All pens are one pixel
wide: Qt draws a wider line of 4,000 points thirty times slower."""

STROKES = {
    "floor": Qt.PenStyle.DashLine,
    "minimum": Qt.PenStyle.DotLine,
    "cursor": Qt.PenStyle.DashDotLine,
}
SWITCHED = ("current", "maximum", "mean", "minimum", "floor", "reference")
"""Curves that the reader switches on and off; the cursor's follows the waterfall."""

HEADROOM_DB = 6.0
SHRINK_DB = 20.0
"""The level axis grows at once, and shrinks only when this much of it is unused: it should not swim."""

STEP_DB = 5.0
"""The level axis ends at multiples of this: it should not creep, and each new end draws the scene anew."""

LEVEL_TRACES = 16
"""The axis is fitted anew after so many traces, a third of a second at most; to what is higher, at once."""


def titles() -> dict[str, str]:
    """What each curve is called."""
    return {
        "current": _("Current"),
        "maximum": _("Max hold"),
        "mean": _("Mean"),
        "minimum": _("Min hold"),
        "floor": _("Noise floor"),
        "reference": _("Reference"),
    }


class Curves:
    """The plot of the live trace. ``show`` draws a ``View``; ``read`` says what lies under the cursor."""

    def __init__(
        self,
        style: Style,
        shown: set[str],
        on_cursor: Callable[[float | None], None],
        on_marked: Callable[[], object],
    ) -> None:
        self._style, self._on_cursor = style, on_cursor
        self.shown = shown
        self.view: View | None = None
        self.reference: npt.NDArray[np.float32] | None = None
        """Levels of the reference on the grid of the view, NaN where it has none."""
        self.difference = False
        """Whether levels are shown as decibels over the reference."""
        self._row: npt.NDArray[np.float32] | None = None
        self._levelled_at, self._levelled_to = -LEVEL_TRACES, 0.0
        self._frequencies: npt.NDArray[np.float64] = np.zeros(0)
        self._traces, self._pens = Traces(), dict[str, QPen]()
        axes = {"bottom": FrequencyAxis("bottom"), "left": NumberAxis("left")}
        self.plot = Layered(self._paint, axisItems=axes)
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.plot.showGrid(x=True, y=True, alpha=0.12)
        self.plot.setMouseEnabled(x=True, y=False)
        for side in ("left", "bottom"):
            self.plot.getAxis(side).enableAutoSIPrefix(False)
        self._span = pg.LinearRegionItem(movable=False)
        self._span.hide()
        self.restyle(style)
        self.plot.addItem(self._span, ignoreBounds=True)
        self.strip = BandStrip(style)
        self.plot.addItem(self.strip, ignoreBounds=True)
        self.markers = Markers(self.plot, style, on_marked)
        self.plot.scene().sigMouseMoved.connect(self._moved)
        self.plot.scene().sigMouseClicked.connect(self._clicked)

    def restyle(self, style: Style) -> None:
        """Take on the colours of a theme. The plot itself stays: see ``view_spectrum``."""
        self._style = style
        self.plot.dress(style.color("sunken"), style.color("muted"))
        for name, role in CURVES:
            stroke = STROKES.get(name, Qt.PenStyle.SolidLine)
            self._pens[name] = QPen(style.color(role), 1, stroke)
        tint = style.color("accent")
        tint.setAlpha(40)
        self._span.setBrush(tint)
        for line in self._span.lines:
            line.setPen(pg.mkPen(style.color("accent")))
        if hasattr(self, "markers"):
            self.markers.restyle(style)

    def show(self, view: View) -> None:
        """Draw this view; fits the frequency axis when the grid is new."""
        fresh = self.view is None or self.view.epoch != view.epoch or self.view.grid != view.grid
        self.view = view
        if fresh:
            self._frequencies = view.grid.frequencies()
            self.fit()
            self.relevel()
        self._level(view)
        self.draw()

    def fit(self) -> None:
        """Show the whole grid."""
        if self.view is not None:
            grid = self.view.grid
            half = grid.step_hz / 2
            self.plot.getViewBox().setLimits(xMin=grid.start_hz - half, xMax=grid.stop_hz + half)
            self.plot.setXRange(grid.start_hz - half, grid.stop_hz + half, padding=0)

    def zoom(self, low_hz: float, high_hz: float) -> None:
        """Show a part of the grid."""
        self.plot.setXRange(low_hz, high_hz, padding=0)

    def mark(self, low_hz: float | None, high_hz: float | None) -> None:
        """Tint the width of the selected emission; ``None`` takes the tint away."""
        if low_hz is None or high_hz is None:
            self._span.hide()
        else:
            self._span.setRegion((low_hz, high_hz))
            self._span.show()

    def draw(self) -> None:
        """Paint the curves as they are now."""
        self.plot.refresh()

    def _paint(self, painter: QPainter, place: Place) -> None:
        if self.view is None:
            return
        shown = []
        for name, _role in CURVES:
            levels = self.levels(name) if name in self.shown or name == "cursor" else None
            if levels is not None:
                shown.append((self._pens[name], levels))
        self._traces.paint(painter, place, self.view.grid, shown)

    def levels(self, name: str) -> npt.NDArray[np.float32] | None:
        """A curve as it is drawn: its levels, or how far they lie over the reference."""
        view, reference = self.view, self.reference
        if view is None:
            return None
        if name == "reference":
            made = reference
        elif name == "cursor":
            made = self._row
        else:
            made = getattr(view, name)
        if made is None or len(made) != view.grid.columns:
            return None
        if not self.difference or reference is None or len(reference) != len(made):
            return made
        over: npt.NDArray[np.float32] = made - reference
        return over

    def show_row(self, levels: npt.NDArray[np.float32] | None) -> None:
        """Draw a row of the waterfall beside the trace of now; ``None`` takes it away."""
        self._row = levels
        self.draw()

    def relevel(self) -> None:
        """Fit the level axis anew, after the difference was switched."""
        if self.view is not None:
            unit = _("dBm/Hz") if self.view.calibrated else _("dBFS/Hz")
            self.plot.setLabel("left", _("dB over the reference") if self.difference else unit)
            self.plot.getViewBox().setYRange(0, 1, padding=0)
            self._levelled_at = -LEVEL_TRACES
            self._level(self.view)
            self.draw()

    def _level(self, view: View) -> None:
        highest = float(np.fmax.reduce(view.maximum))
        if 0 <= view.traces - self._levelled_at < LEVEL_TRACES and not highest > self._levelled_to:
            return
        self._levelled_at, self._levelled_to = view.traces, highest
        top, bottom = _extent(view)
        if self.difference and self.reference is not None:
            top, bottom = _span(self.levels("maximum"), self.levels("minimum"))
        if top is None or bottom is None:
            return
        box = self.plot.getViewBox()
        low, high = box.viewRange()[1]
        wanted_low = math.floor((bottom - HEADROOM_DB) / STEP_DB) * STEP_DB
        wanted_high = math.ceil((top + HEADROOM_DB) / STEP_DB) * STEP_DB
        unused = (wanted_low - low) + (high - wanted_high)
        if wanted_low < low or wanted_high > high or unused > SHRINK_DB:
            box.setYRange(wanted_low, wanted_high, padding=0)

    def _moved(self, place: QPointF) -> None:
        box = self.plot.getViewBox()
        if not box.sceneBoundingRect().contains(place):
            self.point(None)
            self._on_cursor(None)
            return
        hz = float(box.mapSceneToView(place).x())
        self.point(hz)
        self._on_cursor(hz)

    def _clicked(self, event: pg.GraphicsScene.mouseEvents.MouseClickEvent) -> None:
        """A double click sets a marker."""
        box = self.plot.getViewBox()
        if event.double() and box.sceneBoundingRect().contains(event.scenePos()):
            self.markers.add(float(box.mapSceneToView(event.scenePos()).x()))

    def visible(self) -> tuple[int, int]:
        """First and last-but-one column on the screen."""
        if self.view is None:
            return 0, 0
        (low, high), _levels = self.plot.getViewBox().viewRange()
        return self.view.grid.column(low), self.view.grid.column(high) + 1

    def mark_peak(self) -> None:
        """Set a marker at the strongest peak on the screen that has none yet."""
        view = self.view
        if view is None:
            return
        first, last = self.visible()
        near = 3 * view.grid.step_hz
        for peak in peaks(self._frequencies[first:last], view.maximum[first:last], view.floor[first:last]):
            if all(abs(peak.hz - hz) > near for hz in self.markers.frequencies):
                self.markers.add(peak.hz)
                return

    def peaks(self) -> list[Peak]:
        """The peaks of the max hold on the screen."""
        if self.view is None:
            return []
        where = slice(*self.visible())
        return peaks(self._frequencies[where], self.view.maximum[where], self.view.floor[where])

    def point(self, hz: float | None) -> None:
        """Put the cursor at a frequency, or take it away."""
        self.plot.point(hz)

    def read(self, hz: float) -> tuple[float | None, float | None]:
        """Current and max-hold level at a frequency; ``None`` where it was not heard."""
        if self.view is None:
            return None, None
        column = self.view.grid.column(hz)
        now, held = float(self.view.current[column]), float(self.view.maximum[column])
        return (now if np.isfinite(now) else None), (held if np.isfinite(held) else None)

    @property
    def grid(self) -> Grid | None:
        return self.view.grid if self.view is not None else None


def _extent(view: View) -> tuple[float | None, float | None]:
    heard = np.isfinite(view.maximum)
    if not heard.any():
        return None, None
    top = float(view.maximum[heard].max())
    low = view.minimum[np.isfinite(view.minimum)]
    return top, float(np.percentile(low, 2)) if low.size else top - 40


def _span(
    high: npt.NDArray[np.float32] | None, low: npt.NDArray[np.float32] | None
) -> tuple[float | None, float | None]:
    """Greatest and least level of two curves; ``None`` where nothing was heard."""
    if high is None or low is None or not np.isfinite(high).any() or not np.isfinite(low).any():
        return None, None
    return float(np.nanmax(high)), float(np.nanpercentile(low, 2))
