"""The spectrum: live trace over waterfall over the table of emissions.

A timer takes the newest spectrum from the core at display rate; between two ticks nothing is drawn. Trace
and waterfall share the frequency axis, so zooming one zooms both; the cursor reads out frequency, level and,
in the waterfall, the time.

The two plots live as long as the window: a change of theme or language gives them new colours and builds the
rest around them anew. pyqtgraph's items are shared between Qt and Python in ways that do not survive being
thrown away piecemeal.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QSplitter, QVBoxLayout, QWidget

from sweeper import allocations
from sweeper.records import Emission
from sweeper.text import safe_text
from sweeper.ui import palettes, readout, references, spectrum_tools, waterfall, words
from sweeper.ui.bridge import Stretch
from sweeper.ui.curves import Curves
from sweeper.ui.history import History
from sweeper.ui.moment import Moment
from sweeper.ui.panorama import View
from sweeper.ui.parts import label, row
from sweeper.ui.spectrum_lists import Lists
from sweeper.ui.theme import GRID
from sweeper.ui.words import _

if TYPE_CHECKING:
    from sweeper.ui.desk import Desk

DISPLAY_MS = 25
"""A tick of the display: 40 pictures a second asked for, so that 30 come even on a slow machine."""

DEFAULT_CURVES = {"current", "maximum", "floor"}
AXIS_WIDTH = 64
LOW = 620
"""Height in pixels at text size 1.0 below which the frequency axis goes without its title."""
PEAKS_S = 0.5


class SpectrumView(QWidget):
    """The technician's view; also what a replay opens with."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self._stretch: Stretch | None = None
        self._offered: list[Stretch] = []
        self._histories = desk.histories
        style = desk.style
        shown = desk.settings.text("curves", ",".join(sorted(DEFAULT_CURVES))).split(",")
        self.curves = Curves(style, set(shown), self._trace_cursor, self._on_marked)
        self.whole = False
        self._peaked_at = 0.0
        self._item = waterfall.Waterfall()
        self._fall = waterfall.frame(self._item)
        self._fall.setXLink(self.curves.plot)
        self._fall.scene().sigMouseMoved.connect(self._fall_cursor)
        self.moment = Moment(self._fall, self.curves, self._history, lambda text: self._read.setText(text))
        self._levels = (-150.0, -100.0)
        self._build()
        self._timer = QTimer(self)
        self._timer.setInterval(DISPLAY_MS)
        self._timer.timeout.connect(self._tick)
        desk.session_began.connect(self.restart)
        desk.selected.connect(self._select)

    def rebuild(self) -> None:
        """Build everything but the plots anew, in the language, theme and text size of now."""
        for plot in (self.curves.plot, self._fall):
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

    def _dress(self) -> None:
        """Give the plots the language, colours and text size of now."""
        desk, style = self.desk, self.desk.style
        self.curves.plot.setAccessibleName(_("Live trace: power over frequency"))
        self._fall.setAccessibleName(_("Waterfall: power over frequency and time"))
        for plot in (self.curves.plot, self._fall):
            plot.getAxis("left").setWidth(style.px(AXIS_WIDTH))
            for side in ("left", "bottom"):
                plot.getAxis(side).setTickFont(style.font("caption"))
                plot.getAxis(side).setTextPen(style.color("muted"))
                plot.getAxis(side).setPen(style.color("line"))
        self.curves.plot.setLabel("left", _("dBFS/Hz"))
        self._fall.getAxis("bottom").setStyle(showValues=False)
        self._fall.getAxis("bottom").setHeight(4)
        self._fall.getAxis("bottom").enableAutoSIPrefix(False)
        self._fall.setLabel("left", _("Time"))
        self.curves.plot.setLabel("bottom", _("Frequency, MHz"))
        self.curves.restyle(style)
        self._fall.dress(style.color("sunken"), style.color("muted"))
        self.moment.restyle(style)
        self.use_bands(desk.settings.text("bands", "kz"))
        self._paint_levels()

    def _build(self) -> None:
        desk, style = self.desk, self.desk.style
        self.setAccessibleName(_("Spectrum"))
        self._dress()
        self.title = label("", size="section")
        self._read = label("", tone="muted")
        self._read.setMinimumWidth(style.px(120))
        self._bands = QComboBox()
        self._bands.setAccessibleName(_("Band"))
        self._bands.setToolTip(_("Band"))
        self._bands.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._bands.activated.connect(lambda _index: self.show_stretch(self._bands.currentData()))
        self._bands.hide()
        self.lists = Lists(desk, self.zoom_to, self.curves.markers.add)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 2, GRID, GRID * 2, GRID)
        layout.setSpacing(GRID)
        layout.addLayout(row(self.title, self._bands, 0, self._read))
        layout.addLayout(spectrum_tools.tools(self))
        self._marked = label("", size="caption", tone="accent", wrap=True)
        self._marked.hide()
        layout.addWidget(self._marked)
        self._nothing = label(
            _("No radio spectrum so far. It appears here as soon as one is heard."), tone="muted"
        )
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout.addWidget(self._nothing, 1)
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.setChildrenCollapsible(False)
        for widget, low in ((self.curves.plot, 72), (self._fall, 56), (self.lists, 110)):
            widget.setMinimumHeight(style.px(low))
            self.split.addWidget(widget)
        kept = desk.settings.raw("spectrum-sizes")
        if kept is None or not self.split.restoreState(kept):  # type: ignore[arg-type]
            self.split.setSizes([280, 260, 240])
        self.split.splitterMoved.connect(
            lambda *_args: desk.settings.put("spectrum-sizes", self.split.saveState())
        )
        layout.addWidget(self.split, 1)
        self.split.setVisible(self._stretch is not None)
        self._nothing.setVisible(self._stretch is None)
        for plot in (self.curves.plot, self._fall):
            plot.show()
        self._show_title()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little height, the axis goes without its title: the list needs the room."""
        super().resizeEvent(event)
        self.curves.plot.getAxis("bottom").showLabel(self.height() > self.desk.style.px(LOW))

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
        self.split.hide()
        self._nothing.show()

    def _tick(self) -> None:
        stretches = self.desk.core.spectra()
        grown = False
        for stretch in stretches:
            panorama = self.desk.core.panorama(stretch)
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
        if self.split.isHidden():
            self._nothing.hide()
            self.split.show()
        fresh = self.curves.view is None or self.curves.view.grid != view.grid
        if fresh:
            self._refer(view)
        self.curves.show(view)
        history = self._histories[self._stretch][0]
        self._item.show_history(history, view.grid)
        box = self._fall.getViewBox()
        rows = waterfall.rows_shown(history.count, box.height(), whole=self.whole)
        if box.viewRange()[1] != [-rows, 0.0]:
            box.setYRange(-rows, 0.0, padding=0)
        self.moment.follow()
        self._fall.refresh()
        now = time.monotonic()
        if fresh or now - self._peaked_at > PEAKS_S:
            self._peaked_at = now
            self._adapt(view)
            self._show_peaks()

    def _show_peaks(self) -> None:
        """The table of peaks and the markers' line, twice a second."""
        self.lists.show_peaks(self.curves.peaks())
        self._on_marked()

    def _adapt(self, view: View) -> None:
        levels = palettes.spread(view.mean, view.maximum, self._levels)
        if levels != self._levels:
            self._levels = levels
            self._paint_levels()

    def show_stretch(self, stretch: Stretch) -> None:
        """Show this stretch of spectrum."""
        self._stretch = stretch
        kept = self._histories.get(stretch)
        if kept is not None:
            self._show(kept[1])
            self.curves.fit()

    def _history(self) -> History | None:
        kept = self._histories.get(self._stretch) if self._stretch is not None else None
        return kept[0] if kept is not None else None

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

    def toggle(self, curve: str, on: bool) -> None:
        (self.curves.shown.add if on else self.curves.shown.discard)(curve)
        self.desk.settings.put("curves", ",".join(sorted(self.curves.shown)))
        self.curves.draw()

    def use_palette(self, name: str) -> None:
        self.desk.settings.put("waterfall", name)
        self._paint_levels()

    def _paint_levels(self) -> None:
        style = self.desk.style
        name = palettes.chosen(self.desk.settings.text("waterfall", "viridis"), style.scheme)
        ground = style.color("sunken")
        silent = (ground.red(), ground.green(), ground.blue())
        self._item.set_colors(palettes.table(name, *self._levels, silent))
        self._fall.refresh()

    def reset_holds(self) -> None:
        panorama = self.desk.core.panorama(self._stretch) if self._stretch is not None else None
        if panorama is not None:
            panorama.reset_holds()

    def set_difference(self, on: bool) -> None:
        """Show levels as decibels over the reference, or as they are."""
        self.curves.difference = on
        if on and self.curves.reference is None:
            self.desk.say(
                _("No reference is chosen."),
                _("The difference needs one: what the band looks like outside."),
                _("Choose one beside the curves, or record one in a guided sweep."),
            )
        self.curves.relevel()

    def use_reference(self, path: str) -> None:
        """Compare with this reference from here on; none for nothing."""
        self.desk.settings.put("reference", path)
        if self.curves.view is not None:
            self._refer(self.curves.view)
            self.curves.relevel()

    def _refer(self, view: View) -> None:
        path = self.desk.settings.text("reference")
        levels = references.levels_on(path, view.grid.frequencies()) if path else None
        self.curves.reference = levels if levels is not None and np.isfinite(levels).any() else None

    def use_bands(self, name: str) -> None:
        """Draw the bands of a region; none for nothing."""
        self.desk.settings.put("bands", name)
        self.curves.strip.show_bands(allocations.region(name) if name else (), self.desk.style)

    def set_whole(self, on: bool) -> None:
        """Show the whole history of the waterfall, or the last minutes."""
        self.whole = on
        if self.curves.view is not None:
            self._show(self.curves.view)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_M and not event.modifiers():
            self.curves.mark_peak()
        else:
            super().keyPressEvent(event)

    def _on_marked(self) -> None:
        if hasattr(self, "_marked"):
            text = self.curves.markers.told(self.curves.read, readout.unit(self.curves))
            if text != self._marked.text():
                self._marked.setText(text)
                self._marked.setVisible(bool(text))

    def zoom_to(self, name: str) -> None:
        """Zoom to an emission: its width and twice as much on either side."""
        emission = self.desk.emissions.records.get(name)
        if isinstance(emission, Emission):
            self._find(emission)
            half = max(emission.width_hz, 10e3) * 2.5
            self.curves.zoom(emission.center_hz - half, emission.center_hz + half)

    def _select(self, name: str) -> None:
        finding = self.desk.finding_of(name)
        subject = name if name in self.desk.emissions.records else finding.subject if finding else ""
        emission = self.desk.emissions.records.get(subject)
        if isinstance(emission, Emission):
            self._find(emission)
            half = emission.width_hz / 2
            self.curves.mark(emission.center_hz - half, emission.center_hz + half)
            self.lists.signals.select(emission.id)
        else:
            self.curves.mark(None, None)
        self._show_title(emission)

    def _show_title(self, emission: Emission | None = None) -> None:
        if emission is None:
            self.title.setText(_("Spectrum"))
            return
        kind = words.spoken().emission_kind(emission.kind)
        self.title.setText(f"{words.frequency(emission.center_hz)} · {kind}")

    # The cursor.

    def _trace_cursor(self, hz: float | None) -> None:
        self._fall.point(hz)
        self._read.setText(readout.trace(self.curves, hz))

    def _fall_cursor(self, place: QPointF) -> None:
        box = self._fall.getViewBox()
        kept = self._histories.get(self._stretch) if self._stretch is not None else None
        if kept is None or not box.sceneBoundingRect().contains(place):
            self.curves.point(None)
            self._fall.point(None)
            self._read.setText("")
            return
        point = box.mapSceneToView(place)
        hz = float(point.x())
        self.curves.point(hz)
        self._fall.point(hz)
        row = int(np.floor(point.y())) + kept[0].count
        self._read.setText(readout.moment(self.curves, kept[0], hz, row))
