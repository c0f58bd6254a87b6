"""The lists under the waterfall: signals, peaks of the max hold, the timeline."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QTabWidget

from sweeper import allocations
from sweeper.ui import words
from sweeper.ui.peaks import Peak
from sweeper.ui.tables import Column, RecordTable, Table
from sweeper.ui.timeline import Timeline
from sweeper.ui.words import _

if TYPE_CHECKING:
    from sweeper.ui.desk import Desk


class Lists(QTabWidget):
    """``zoom(id)`` goes to an emission, ``mark(hz)`` sets a marker at a peak."""

    def __init__(self, desk: Desk, zoom: Callable[[str], object], mark: Callable[[float], object]) -> None:
        super().__init__()
        self.setDocumentMode(True)
        self.setAccessibleName(_("Lists"))
        self.tabBar().setAccessibleName(_("Lists"))
        self.signals = Table(desk.emissions, desk.style, _("Signals above the noise"))
        self.signals.chosen.connect(desk.select)
        self.signals.opened.connect(zoom)
        self._peaks = RecordTable(_columns(), sort_by=1, descending=True)
        peaks = Table(self._peaks, desk.style, _("Peaks of the max hold"))
        peaks.opened.connect(lambda name: mark(float(name)))
        self._timeline = Timeline(desk)
        self._timeline.chosen.connect(desk.select)
        self.addTab(self.signals, _("Signals"))
        self.addTab(peaks, _("Peaks"))
        self.addTab(self._timeline, _("Timeline"))
        self.currentChanged.connect(lambda _index: self._timeline.refresh())

    def show_peaks(self, found: list[Peak]) -> None:
        """Show these, unless nobody looks."""
        if self.currentIndex() != 1:
            return
        if set(self._peaks.records) - {peak.id for peak in found}:
            self._peaks.clear()
        self._peaks.put(found)


def _columns() -> list[Column]:
    def band(peak: Peak) -> str:
        found = allocations.at(peak.hz)
        return words.phrase(found.name.phrase()) if found is not None else words.DASH

    return [
        Column(lambda: _("Frequency"), lambda p: words.frequency(p.hz), lambda p: p.hz, 120, True),
        Column(lambda: _("Level"), lambda p: words.decibels(p.level_db), lambda p: p.level_db, 90, True),
        Column(lambda: _("Above noise"), lambda p: words.decibels(p.over_db), lambda p: p.over_db, 100, True),
        Column(lambda: _("Band"), band, band, 220, stretch=True),
    ]
