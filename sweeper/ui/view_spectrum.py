"""The spectrum: live trace over waterfall over the table of emissions.

A timer takes the newest spectrum from the core at display rate; between two ticks nothing is drawn. Trace
and waterfall share the frequency axis, so zooming one zooms both; the cursor reads out frequency, level and,
in the waterfall, the time.

The two plots live as long as the window: a change of theme or language gives them new colours and builds the
rest around them anew. pyqtgraph's items are shared between Qt and Python in ways that do not survive being
thrown away piecemeal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QSplitter, QToolButton, QVBoxLayout, QWidget

from sweeper.records import Emission
from sweeper.text import safe_text
from sweeper.ui import palettes, waterfall, words
from sweeper.ui.bridge import Stretch
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
ROWS_LEAST, ROWS_MOST = 8, 300
"""Rows of the waterfall on the screen; doubled in between, so that it does not crawl as it fills."""
AXIS_WIDTH = 64


class SpectrumView(QWidget):
    """The technician's view; also what a replay opens with."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._stretch: Stretch | None = None
        self._offered: list[Stretch] = []
        self._histories = desk.histories
        style = desk.style
        shown = desk.settings.text("curves", ",".join(sorted(DEFAULT_CURVES))).split(",")
        self._curves = Curves(style, set(shown), self._trace_cursor)
        self._fall, self._item, self._times = waterfall.frame()
        self._fall.setXLink(self._curves.plot)
        self._fall.scene().sigMouseMoved.connect(self._fall_cursor)
        self._line = pg.InfiniteLine(angle=90)
        self._line.hide()
        self._fall.addItem(self._line, ignoreBounds=True)
        self._levels = (-150.0, -100.0)
        self._build()
        self._timer = QTimer(self)
        self._timer.setInterval(DISPLAY_MS)
        self._timer.timeout.connect(self._tick)
        desk.session_began.connect(self.restart)
        desk.selected.connect(self._select)

    def rebuild(self) -> None:
        """Build everything but the plots anew, in the language, theme and text size of now."""
        for plot in (self._curves.plot, self._fall):
            plot.setParent(self)
        layout, heir = self.layout(), QWidget()
        if layout is not None:
            heir.setLayout(layout)
        heir.deleteLater()
        self._offered = []
        self._build()
        kept = self._histories.get(self._stretch) if self._stretch is not None else None
        if kept is not None:
            self._show(kept[1])

    def _build(self) -> None:
        desk, style = self._desk, self._desk.style
        self.setAccessibleName(_("Spectrum"))
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
        self._curves.restyle(style)
        self._fall.setBackground(style.color("sunken"))
        self._line.setPen(pg.mkPen(style.color("muted"), width=1))
        self._paint_levels()
        self._title = label("", size="section")
        self._read = label("", tone="muted")
        self._read.setMinimumWidth(style.px(120))
        self._bands = QComboBox()
        self._bands.setAccessibleName(_("Band"))
        self._bands.setToolTip(_("Band"))
        self._bands.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._bands.activated.connect(lambda _index: self.show_stretch(self._bands.currentData()))
        self._bands.hide()
        self._table = Table(desk.emissions, style, _("Signals above the noise"))
        self._table.chosen.connect(desk.select)
        self._table.opened.connect(self.zoom_to)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 2, GRID, GRID * 2, GRID)
        layout.setSpacing(GRID)
        layout.addLayout(row(self._title, self._bands, 0, self._read))
        layout.addLayout(self._tools())
        self._nothing = label(
            _("No radio spectrum so far. It appears here as soon as one is heard."), tone="muted"
        )
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout.addWidget(self._nothing, 1)
        self._split = QSplitter(Qt.Orientation.Vertical)
        self._split.setChildrenCollapsible(False)
        for widget, low in ((self._curves.plot, 72), (self._fall, 56), (self._table, 60)):
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
        for plot in (self._curves.plot, self._fall):
            plot.show()
        self._show_title()

    def _tools(self) -> Flow:
        style, settings = self._desk.style, self._desk.settings
        names = titles()
        line = Flow(spacing=4)
        for name, role in reversed(CURVES):
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
        self._stretch = None
        self._offered = []
        self._bands.clear()
        self._bands.hide()
        self._split.hide()
        self._nothing.show()

    def _tick(self) -> None:
        stretches = self._desk.core.spectra()
        grown = False
        for stretch in stretches:
            panorama = self._desk.core.panorama(stretch)
            view = panorama.take() if panorama is not None else None
            if view is not None:
                grown |= self._keep(stretch, view)
                if stretch == self._stretch:
                    self._show(view)
        if grown or stretches != self._offered:
            self._offer(stretches)

    def _offer(self, stretches: list[Stretch]) -> None:
        """List the stretches by frequency, with the file's name where there are several files."""
        several = len({stretch.source for stretch in stretches}) > 1
        known = [stretch for stretch in stretches if stretch in self._histories]
        known.sort(key=lambda stretch: (stretch.source, self._histories[stretch][1].grid.start_hz))
        self._offered = stretches
        self._bands.clear()
        for stretch in known:
            grid = self._histories[stretch][1].grid
            text = f"{words.spoken().number(grid.start_hz / 1e6, 1)}–{words.frequency(grid.stop_hz, 1e5)}"
            if several:
                text += f" · {safe_text(stretch.source.rsplit('/', 1)[-1])}"
            self._bands.addItem(text, stretch)
        self._bands.setVisible(len(known) > 1)
        if self._stretch not in known and known:
            self.show_stretch(known[0])
        self._bands.setCurrentIndex(known.index(self._stretch) if self._stretch in known else 0)

    def _keep(self, stretch: Stretch, view: View) -> bool:
        """Add the new rows to the history; whether the stretch is new or has grown."""
        kept = self._histories.get(stretch)
        grown = kept is None or kept[1].epoch != view.epoch
        history = History(view.grid.columns) if grown or kept is None else kept[0]
        history.extend(view.rows, view.times_s)
        self._histories[stretch] = (history, view)
        return grown

    def _show(self, view: View) -> None:
        if self._stretch is None:
            return
        if self._split.isHidden():
            self._nothing.hide()
            self._split.show()
        self._curves.show(view)
        history = self._histories[self._stretch][0]
        self._times.history = history
        self._item.show_history(history, view.grid)
        most = max(ROWS_LEAST, min(ROWS_MOST, round(self._fall.height() / 2)))
        rows = ROWS_LEAST
        while rows < min(history.count, most):
            rows *= 2
        rows = min(rows, most)
        self._fall.getViewBox().setYRange(history.count - rows, history.count, padding=0)
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

    def show_stretch(self, stretch: Stretch) -> None:
        """Show this stretch of spectrum."""
        self._stretch = stretch
        kept = self._histories.get(stretch)
        if kept is not None:
            self._show(kept[1])
            self._curves.fit()

    def _find(self, emission: Emission) -> None:
        """Show the stretch in which an emission was heard."""
        for stretch, (_history, view) in self._histories.items():
            inside = view.grid.start_hz <= emission.center_hz <= view.grid.stop_hz
            if inside and stretch.source == emission.source:
                if stretch != self._stretch:
                    self.show_stretch(stretch)
                    self._offer(self._offered)
                return

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
        panorama = self._desk.core.panorama(self._stretch) if self._stretch is not None else None
        if panorama is not None:
            panorama.reset_holds()

    def zoom_to(self, name: str) -> None:
        """Zoom to an emission: its width and twice as much on either side."""
        emission = self._desk.emissions.records.get(name)
        if isinstance(emission, Emission):
            self._find(emission)
            half = max(emission.width_hz, 10e3) * 2.5
            self._curves.zoom(emission.center_hz - half, emission.center_hz + half)

    def _select(self, name: str) -> None:
        finding = self._desk.finding_of(name)
        subject = name if name in self._desk.emissions.records else finding.subject if finding else ""
        emission = self._desk.emissions.records.get(subject)
        if isinstance(emission, Emission):
            self._find(emission)
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
        kept = self._histories.get(self._stretch) if self._stretch is not None else None
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
        view = self._curves.view
        return "dBm/Hz" if view is not None and view.calibrated else "dBFS/Hz"

    def _hz(self, hz: float) -> str:
        view = self._curves.view
        return words.frequency(hz, view.grid.step_hz if view is not None else 1e3)


def _swatch(color: pg.QtGui.QColor, size: int) -> pg.QtGui.QIcon:
    made = pg.QtGui.QPixmap(size, size)
    made.fill(Qt.GlobalColor.transparent)
    painter = pg.QtGui.QPainter(made)
    painter.fillRect(0, size // 2 - 2, size, 3, color)
    painter.end()
    return pg.QtGui.QIcon(made)
