"""The spectrum: live trace over waterfall over the table of emissions.

A timer takes the newest spectrum from the core at display rate; between two ticks nothing is drawn. Trace
and waterfall share the frequency axis, so zooming one zooms both; the cursor reads out frequency, level and,
in the waterfall, the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QSplitter, QToolButton, QVBoxLayout, QWidget

from sweeper.records import Emission
from sweeper.text import safe_text
from sweeper.ui import palettes, waterfall, words
from sweeper.ui.curves import CURVES, Curves, titles
from sweeper.ui.flow import Flow
from sweeper.ui.history import History
from sweeper.ui.panorama import View, level_db
from sweeper.ui.parts import choice, label, row, tool
from sweeper.ui.tables import Table
from sweeper.ui.theme import GRID
from sweeper.ui.words import _

if TYPE_CHECKING:
    from sweeper.ui.desk import Desk

DISPLAY_MS = 25
"""A tick of the display: 40 pictures a second asked for, so that 30 come even on a slow machine."""

DEFAULT_CURVES = {"current", "maximum", "floor"}
ROWS_SHOWN = 300
AXIS_WIDTH = 64


class SpectrumView(QWidget):
    """The technician's view; also what a replay opens with."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setAccessibleName(_("Spectrum"))
        self._desk = desk
        self._source = ""
        self._histories: dict[str, tuple[History, View]] = {}
        self._last: dict[str, View] = {}
        self._dirty = True
        style = desk.style
        pg.setConfigOptions(
            background=style.color("sunken"), foreground=style.color("muted"), antialias=False
        )
        shown = desk.settings.text("curves", ",".join(sorted(DEFAULT_CURVES))).split(",")
        self._curves = Curves(style, set(shown), self._trace_cursor)
        self._fall, self._item, self._times = waterfall.frame()
        self._fall.setXLink(self._curves.plot)
        self._build()
        self._timer = QTimer(self)
        self._timer.setInterval(DISPLAY_MS)
        self._timer.timeout.connect(self._tick)
        desk.session_began.connect(self.restart)
        desk.selected.connect(self._select)
        self._levels = (-150.0, -100.0)
        self._paint_levels()

    def _build(self) -> None:
        desk, style = self._desk, self._desk.style
        self._curves.plot.setAccessibleName(_("Live trace: power over frequency"))
        self._fall.setAccessibleName(_("Waterfall: power over frequency and time"))
        for plot in (self._curves.plot, self._fall):
            plot.getAxis("left").setWidth(style.px(AXIS_WIDTH))
            for side in ("left", "bottom"):
                plot.getAxis(side).setTickFont(style.font("caption"))
                plot.getAxis(side).setTextPen(style.color("muted"))
                plot.getAxis(side).setPen(style.color("line"))
        self._curves.plot.setLabel("left", _("dBFS/Hz"))
        self._fall.getAxis("bottom").setStyle(showValues=False)
        self._fall.getAxis("bottom").setHeight(4)
        self._fall.getAxis("bottom").enableAutoSIPrefix(False)
        self._fall.setLabel("left", _("Time"))
        self._curves.plot.setLabel("bottom", _("Frequency, MHz"))
        self._fall.scene().sigMouseMoved.connect(self._fall_cursor)
        self._line = pg.InfiniteLine(angle=90, pen=pg.mkPen(style.color("muted"), width=1))
        self._line.hide()
        self._fall.addItem(self._line, ignoreBounds=True)
        self._title = label("", size="section")
        self._read = label("", tone="muted")
        self._read.setMinimumWidth(style.px(120))
        self._sources = choice(_("Source"), [], "", self.show_source)
        self._sources.hide()
        self._table = Table(desk.emissions, style, _("Signals above the noise"))
        self._table.chosen.connect(desk.select)
        self._table.opened.connect(self.zoom_to)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 2, GRID, GRID * 2, GRID)
        layout.setSpacing(GRID)
        layout.addLayout(row(self._title, self._sources, 0, self._read))
        layout.addLayout(self._tools())
        self._nothing = label(
            _("No radio spectrum so far. It appears here as soon as one is heard."), tone="muted"
        )
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout.addWidget(self._nothing, 1)
        self._split = QSplitter(Qt.Orientation.Vertical)
        self._split.setChildrenCollapsible(False)
        for widget, low in ((self._curves.plot, 110), (self._fall, 80), (self._table, 76)):
            widget.setMinimumHeight(low)
            self._split.addWidget(widget)
        kept = desk.settings.raw("spectrum-sizes")
        if kept is None or not self._split.restoreState(kept):  # type: ignore[arg-type]
            self._split.setSizes([300, 320, 180])
        self._split.splitterMoved.connect(
            lambda *_args: desk.settings.put("spectrum-sizes", self._split.saveState())
        )
        layout.addWidget(self._split, 1)
        self._split.hide()
        self._show_title()

    def _tools(self) -> Flow:
        style, settings = self._desk.style, self._desk.settings
        names = titles()
        line = Flow(spacing=4)
        for name, role, _width in reversed(CURVES):
            made = QToolButton()
            made.setText(names[name])
            made.setAccessibleName(names[name])
            made.setCheckable(True)
            made.setChecked(name in self._curves.shown)
            made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            made.setIcon(_swatch(style.color(role), style.px(14)))
            made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            made.toggled.connect(lambda on, curve=name: self._toggle(curve, on))
            line.addWidget(made)
        entries = [("viridis", _("Blue to yellow")), ("grey", _("Grey")), ("cividis", _("Colour-blind safe"))]
        chosen = settings.text("waterfall", "viridis")
        line.addWidget(choice(_("Waterfall colours"), entries, chosen, self._use_palette))
        line.addWidget(tool(_("Begin the holds anew"), "reset", self._reset, style))
        line.addWidget(tool(_("Show the whole band"), "fit", self._curves.fit, style))
        return line

    # Following the core.

    def showEvent(self, event: QShowEvent) -> None:
        self._timer.start()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        super().hideEvent(event)

    def restart(self) -> None:
        """A new session: forget the spectra of the one before."""
        self._source = ""
        self._histories.clear()
        self._last.clear()
        self._sources.clear()
        self._sources.hide()
        self._split.hide()
        self._nothing.show()

    def _tick(self) -> None:
        names = self._desk.core.spectra()
        if len(names) != self._sources.count():
            self._offer(names)
        for name in names:
            view = self._desk.core.panorama(name).take()
            if view is not None:
                self._keep(name, view)
                if name == self._source:
                    self._show(view)

    def _offer(self, names: list[str]) -> None:
        self._sources.clear()
        for name in names:
            self._sources.addItem(safe_text(name.rsplit("/", 1)[-1]), name)
        self._sources.setVisible(len(names) > 1)
        if self._source not in names and names:
            self.show_source(names[0])
        self._sources.setCurrentIndex(max(0, self._sources.findData(self._source)))

    def _keep(self, name: str, view: View) -> None:
        kept = self._histories.get(name)
        if kept is None or kept[1].epoch != view.epoch or kept[0].columns != view.grid.columns:
            kept = (History(view.grid.columns), view)
        kept[0].extend(view.rows, view.times_s)
        self._histories[name] = (kept[0], view)
        self._last[name] = view

    def _show(self, view: View) -> None:
        if self._split.isHidden():
            self._nothing.hide()
            self._split.show()
        self._curves.show(view)
        history = self._histories[self._source][0]
        self._times.history = history
        self._item.show_history(history, view.grid)
        rows = max(40, min(ROWS_SHOWN, round(self._fall.height() / 2)))
        top = max(history.count, rows)
        self._fall.getViewBox().setYRange(top - rows, top, padding=0)
        self._adapt(view)

    def _adapt(self, view: View) -> None:
        """Spread the palette from the floor to the strongest signal; slowly, so colours do not flicker."""
        heard = view.mean[np.isfinite(view.mean)]
        if not heard.size:
            return
        low = float(np.percentile(heard, 10)) - 3.0
        high = max(low + 25.0, float(np.nanmax(view.maximum)) - 6.0)
        if abs(low - self._levels[0]) > 2 or abs(high - self._levels[1]) > 4:
            self._levels = (low, high)
            self._paint_levels()

    def show_source(self, name: str) -> None:
        """Show the spectrum of this source."""
        self._source = name
        kept = self._last.get(name)
        if kept is not None:
            self._show(kept)
            self._curves.fit()

    # What the reader does.

    def _toggle(self, curve: str, on: bool) -> None:
        (self._curves.shown.add if on else self._curves.shown.discard)(curve)
        self._desk.settings.put("curves", ",".join(sorted(self._curves.shown)))
        self._curves.draw()

    def _use_palette(self, name: str) -> None:
        self._desk.settings.put("waterfall", name)
        self._paint_levels()

    def _paint_levels(self) -> None:
        style = self._desk.style
        name = palettes.chosen(self._desk.settings.text("waterfall", "viridis"), style.scheme)
        ground = style.color("sunken")
        silent = (ground.red(), ground.green(), ground.blue())
        self._item.set_colors(palettes.table(name, *self._levels, silent))

    def _reset(self) -> None:
        if self._source:
            self._desk.core.panorama(self._source).reset_holds()

    def zoom_to(self, name: str) -> None:
        """Zoom to an emission: its width and twice as much on either side."""
        emission = self._desk.emissions.records.get(name)
        if isinstance(emission, Emission):
            if emission.source in self._histories and emission.source != self._source:
                self.show_source(emission.source)
            half = max(emission.width_hz, 10e3) * 2.5
            self._curves.zoom(emission.center_hz - half, emission.center_hz + half)

    def _select(self, name: str) -> None:
        finding = self._desk.finding_of(name)
        subject = name if name in self._desk.emissions.records else finding.subject if finding else ""
        emission = self._desk.emissions.records.get(subject)
        if isinstance(emission, Emission):
            if emission.source in self._histories and emission.source != self._source:
                self.show_source(emission.source)
            half = emission.width_hz / 2
            self._curves.mark(emission.center_hz - half, emission.center_hz + half)
            self._table.select(emission.id)
        else:
            self._curves.mark(None, None)
        self._show_title(emission)

    def _show_title(self, emission: Emission | None = None) -> None:
        if emission is None:
            self._title.setText(_("Spectrum"))
            return
        kind = words.spoken().emission_kind(emission.kind)
        self._title.setText(f"{words.frequency(emission.center_hz)} · {kind}")

    # The cursor.

    def _trace_cursor(self, hz: float | None) -> None:
        self._line.setVisible(hz is not None)
        if hz is None:
            self._read.setText("")
            return
        self._line.setValue(hz)
        now, held = self._curves.read(hz)
        text = self._hz(hz)
        if now is not None:
            text += f"   {words.decibels(now, self._unit())}"
        if held is not None:
            text += "   " + _("max {level}").format(level=words.decibels(held, self._unit()))
        self._read.setText(text)

    def _fall_cursor(self, place: QPointF) -> None:
        box = self._fall.getViewBox()
        kept = self._histories.get(self._source)
        if kept is None or not box.sceneBoundingRect().contains(place):
            self._curves.point(None)
            self._line.hide()
            self._read.setText("")
            return
        point = box.mapSceneToView(place)
        hz, at = float(point.x()), int(point.y())
        self._curves.point(hz)
        self._line.setValue(hz)
        self._line.show()
        history, view = kept
        text = self._hz(hz)
        level = level_db(history.at(at, view.grid.column(hz)))
        if level is not None:
            text += f"   {words.decibels(level, self._unit())}"
        if 0 <= at < history.count:
            text += f"   {words.clock(history.times_s[at])}"
        self._read.setText(text)

    def _unit(self) -> str:
        view = self._last.get(self._source)
        return "dBm/Hz" if view is not None and view.calibrated else "dBFS/Hz"

    def _hz(self, hz: float) -> str:
        view = self._last.get(self._source)
        return words.frequency(hz, view.grid.step_hz if view is not None else 1e3)


def _swatch(color: pg.QtGui.QColor, size: int) -> pg.QtGui.QIcon:
    made = pg.QtGui.QPixmap(size, size)
    made.fill(Qt.GlobalColor.transparent)
    painter = pg.QtGui.QPainter(made)
    painter.fillRect(0, size // 2 - 2, size, 3, color)
    painter.end()
    return pg.QtGui.QIcon(made)
