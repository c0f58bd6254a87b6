"""The live trace: power over frequency, now and held, with a cursor that reads it out.

Curves are in dB relative to full scale per hertz (dBm per hertz where the source is calibrated). Only what
the screen can show is handed to the painter: the strongest point of each pixel column.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QGraphicsItem

from sweeper.ui.axes import FrequencyAxis, NumberAxis
from sweeper.ui.bandstrip import BandStrip
from sweeper.ui.markers import Markers
from sweeper.ui.panorama import Grid, View
from sweeper.ui.peaks import Peak, peaks
from sweeper.ui.theme import Style
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
        self._frequencies: npt.NDArray[np.float64] = np.zeros(0)
        self.plot = pg.PlotWidget(axisItems={"bottom": FrequencyAxis("bottom"), "left": NumberAxis("left")})
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.plot.showGrid(x=True, y=True, alpha=0.12)
        self.plot.setMouseEnabled(x=True, y=False)
        for side in ("left", "bottom"):
            axis = self.plot.getAxis(side)
            axis.enableAutoSIPrefix(False)
            # Ticks and grid change seldom; without the cache their text is set anew for each picture.
            axis.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self._lines = {name: self._line() for name, _role in CURVES}
        self._cursor = pg.InfiniteLine(angle=90)
        self._cursor.hide()
        self._span = pg.LinearRegionItem(movable=False)
        self._span.hide()
        self.restyle(style)
        for item in (self._span, self._cursor):
            self.plot.addItem(item, ignoreBounds=True)
        self.strip = BandStrip(style)
        self.plot.addItem(self.strip, ignoreBounds=True)
        self.markers = Markers(self.plot, style, on_marked)
        self.plot.scene().sigMouseMoved.connect(self._moved)
        self.plot.scene().sigMouseClicked.connect(self._clicked)
        self.plot.getViewBox().sigXRangeChanged.connect(lambda *_args: self.draw())

    def _line(self) -> pg.PlotCurveItem:
        curve = pg.PlotCurveItem(skipFiniteCheck=True)
        self.plot.addItem(curve, ignoreBounds=True)
        return curve

    def restyle(self, style: Style) -> None:
        """Take on the colours of a theme. The plot itself stays: see ``view_spectrum``."""
        self._style = style
        self.plot.setBackground(style.color("sunken"))
        for name, role in CURVES:
            stroke = STROKES.get(name, Qt.PenStyle.SolidLine)
            self._lines[name].setPen(pg.mkPen(style.color(role), width=1, style=stroke))
        self._cursor.setPen(pg.mkPen(style.color("muted"), width=1))
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
        """Hand the curves to the painter, one point pair per screen column."""
        view = self.view
        if view is None:
            return
        (low, high), _levels = self.plot.getViewBox().viewRange()
        first, last = view.grid.column(low), view.grid.column(high) + 1
        pixels = max(64, self.plot.getViewBox().width() or 64)
        for name, line in self._lines.items():
            whole = self.levels(name)
            if whole is None or (name not in self.shown and name != "cursor"):
                line.setVisible(False)
                continue
            levels = whole[first:last]
            xs, ys = thinned(self._frequencies[first:last], levels, int(pixels))
            heard = np.isfinite(ys)
            if heard.all():
                line.setData(xs, ys, connect="all")
            elif heard.any():
                line.setData(xs, ys, connect="finite")
            line.setVisible(bool(heard.any()))

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
            self._level(self.view)
            self.draw()

    def _level(self, view: View) -> None:
        top, bottom = _extent(view)
        if self.difference and self.reference is not None:
            top, bottom = _span(self.levels("maximum"), self.levels("minimum"))
        if top is None or bottom is None:
            return
        box = self.plot.getViewBox()
        low, high = box.viewRange()[1]
        wanted_low, wanted_high = bottom - HEADROOM_DB, top + HEADROOM_DB
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
        self._cursor.setVisible(hz is not None)
        if hz is not None:
            self._cursor.setValue(hz)

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


def thinned(
    xs: npt.NDArray[np.float64], ys: npt.NDArray[np.float32], pixels: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float32]]:
    """At most two points (lowest and highest) per pixel column, so that peaks survive."""
    per = len(ys) // pixels
    if per < 4:
        return xs, ys
    count = len(ys) // per
    block = ys[: count * per].reshape(count, per)
    made = np.empty(count * 2, np.float32)
    made[0::2], made[1::2] = np.fmin.reduce(block, axis=1), np.fmax.reduce(block, axis=1)
    return np.repeat(xs[: count * per : per], 2), made


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
