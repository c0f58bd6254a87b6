"""An emission looked into: spectrum, envelope, instantaneous frequency, constellation, burst timing.

The technician sees what a signal is made of; nothing is decoded or kept. The samples come from the recording,
or from the receiver for half a second.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from sweeper.records import Emission, Medium
from sweeper.text import safe_text
from sweeper.ui import equipment, glimpse, words
from sweeper.ui.axes import NumberAxis
from sweeper.ui.flow import Flow
from sweeper.ui.glimpse import Glimpse
from sweeper.ui.parts import button, label, row
from sweeper.ui.theme import GRID
from sweeper.ui.words import _, ngettext

if TYPE_CHECKING:
    from sweeper.dsp.detail import Detail
    from sweeper.ui.desk import Desk

BURSTS_TOLD = 6
LEAST_PLOT = 120
"""Height in pixels at text size 1.0 below which a plot shows nothing."""


class DetailView(QWidget):
    """``look_into(id)`` fetches and draws an emission."""

    def __init__(self, desk: Desk, show_view: Callable[[str], object]) -> None:
        super().__init__()
        self.setAccessibleName(_("Signal in detail"))
        self._desk = desk
        self._name = ""
        self.drawn = False
        """Whether a signal is shown, or the reason why not."""
        style = desk.style
        self._title = label(_("Signal in detail"), size="title", wrap=True)
        self._said = label("", tone="muted", wrap=True)
        self._plots = [_plot(desk, *titles) for titles in _titles()]
        self._curves = [plot.plot([], [], pen=pg.mkPen(style.color("trace-now"))) for plot in self._plots[:3]]
        self._cloud = pg.ScatterPlotItem(size=3, pen=None, brush=pg.mkBrush(style.color("trace-now")))
        self._plots[3].addItem(self._cloud)
        self._plots[3].setAspectLocked(True)
        grid = QGridLayout()
        grid.setSpacing(GRID)
        for index, plot in enumerate(self._plots):
            plot.setMinimumHeight(style.px(LEAST_PLOT))
            grid.addWidget(plot, index // 2, index % 2)
        back = button(
            _("Back to the spectrum"), lambda: show_view("spectrum"), style, icon="back", quiet=True
        )
        again = button(_("Look again"), lambda: self.look_into(self._name), style, icon="reset")
        self._now = button(_("Listen to it now with the receiver"), self._listen, style)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 2, GRID, GRID * 2, GRID)
        layout.setSpacing(GRID)
        head = row(self._title, back)
        head.setStretch(0, 1)
        layout.addLayout(head)
        layout.addLayout(Flow(again, self._now))
        layout.addWidget(self._said)
        layout.addLayout(grid, 1)
        emission = self._emission(desk.selection)
        if emission is not None:
            self.look_into(emission.id)

    def _emission(self, name: str) -> Emission | None:
        finding = self._desk.finding_of(name)
        found = self._desk.subject(finding.subject if finding is not None else name)
        return found if isinstance(found, Emission) else None

    def look_into(self, name: str) -> None:
        """Fetch and draw an emission."""
        emission, desk = self._emission(name), self._desk
        if emission is None:
            return
        self._name = emission.id
        kind = words.spoken().emission_kind(emission.kind)
        self._title.setText(f"{words.frequency(emission.center_hz)} · {kind}")
        self._now.setVisible(bool(equipment.ready(desk, Medium.RF)))
        opened = desk.opened.get(emission.source)
        if opened is None or opened.live:
            self._said.setText(_("A live signal is looked into with the receiver, for half a second."))
            return
        self._said.setText(_("Fetching the signal…"))
        path, demo = opened.path, opened.demo

        async def work() -> Detail:
            return _detail(await glimpse.recorded(path, emission, demo), emission)

        desk.ask(work, self._draw)

    def _listen(self) -> None:
        emission, desk = self._emission(self._name), self._desk
        ready = equipment.ready(desk, Medium.RF)
        if emission is None or not ready:
            return
        desk.stop()
        desk.following.stop()
        name, tuned = ready[0].name, desk.settings.tuning(ready[0].name)
        self._said.setText(_("Listening for half a second…"))

        async def work() -> Detail:
            return _detail(await glimpse.heard(name, emission, tuned.gain_db, tuned.ppm), emission)

        desk.ask(work, self._draw)

    def _draw(self, detail: object, problem: str) -> None:
        from sweeper.dsp.detail import Detail

        self.drawn = True
        if not isinstance(detail, Detail):
            self._said.setText(_("It could not be looked into: {problem}").format(problem=safe_text(problem)))
            return
        self._curves[0].setData(detail.offset_hz / 1e3, detail.density_db)
        self._curves[1].setData(detail.time_s * 1e3, detail.envelope_db)
        self._curves[2].setData(detail.time_s * 1e3, detail.frequency_hz / 1e3, connect="finite")
        self._cloud.setData(detail.cloud.real, detail.cloud.imag)
        self._said.setText(_timing(detail))


def _detail(seen: Glimpse, emission: Emission) -> Detail:
    from sweeper.dsp.detail import look_into

    return look_into(seen.samples, seen.rate_hz, seen.offset_hz, emission.width_hz)


def _timing(detail: Detail) -> str:
    """The bursts in words."""
    spoken, bursts = words.spoken(), detail.bursts
    text = _("{time} of signal.").format(time=spoken.duration(detail.seconds))
    if len(bursts) <= 1:
        return text + " " + _("It is on the air without a break.")
    count = ngettext("{n} burst", "{n} bursts", len(bursts))
    lengths = ", ".join(spoken.quantity(b.duration_s * 1e3, "ms", 1) for b in bursts[:BURSTS_TOLD])
    gaps = [
        spoken.quantity((after.start_s - before.start_s) * 1e3, "ms", 1)
        for before, after in pairwise(bursts[: BURSTS_TOLD + 1])
    ]
    return f"{text} " + _("{count}: lengths {lengths}; from start to start {gaps}.").format(
        count=count, lengths=lengths, gaps=", ".join(gaps)
    )


def _titles() -> list[tuple[str, str, str]]:
    return [
        (_("Spectrum"), _("Offset, kHz"), _("dBFS/Hz")),
        (_("Envelope"), _("Time, ms"), _("dBFS")),
        (_("Instantaneous frequency"), _("Time, ms"), _("kHz")),
        (_("Constellation"), _("In phase"), _("Quadrature")),
    ]


def _plot(desk: Desk, title: str, bottom: str, left: str) -> pg.PlotWidget:
    style = desk.style
    made = pg.PlotWidget(axisItems={side: NumberAxis(side) for side in ("bottom", "left")})
    made.setMenuEnabled(False)
    made.hideButtons()
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    made.setAccessibleName(title)
    made.setBackground(style.color("sunken"))
    made.setTitle(title, color=style.color("text").name(), size=f"{style.px('caption')}px")
    for side, text in (("bottom", bottom), ("left", left)):
        axis = made.getAxis(side)
        axis.enableAutoSIPrefix(False)
        axis.setTickFont(style.font("caption"))
        axis.setTextPen(style.color("muted"))
        axis.setPen(style.color("line"))
        made.setLabel(side, text)
    made.showGrid(x=True, y=True, alpha=0.12)
    return made
