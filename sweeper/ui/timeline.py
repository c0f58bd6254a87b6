"""When each emission and device was on the air: one line each, time to the right.

What comes at the same times belongs together, what begins when a meeting begins is worth a look. Only the
rows on the screen are drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractScrollArea

from sweeper.records import Device, Emission
from sweeper.ui import measuring, words
from sweeper.ui.words import _

if TYPE_CHECKING:
    from sweeper.ui.desk import Desk

ROW = 20
NAMES = 210
AXIS = 22
STEPS_S = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 43200)


class Timeline(QAbstractScrollArea):
    """``chosen(id)``: the reader chose a line."""

    chosen = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._rows: list[Emission | Device] = []
        self._selected = ""
        self.setAccessibleName(_("Timeline: when each signal and device was heard"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        desk.batched.connect(self.refresh)
        desk.selected.connect(self._select)
        desk.session_began.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Take the records of now; what a finding is about stands first."""
        if not self.isVisible() and self._rows:
            return
        self._rows = measuring.subjects(self._desk)
        style = self._desk.style
        room = self.viewport().height() - style.px(AXIS)
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, len(self._rows) - max(1, room // style.px(ROW))))
        bar.setPageStep(max(1, room // style.px(ROW)))
        self.viewport().update()

    def _select(self, name: str) -> None:
        finding = self._desk.finding_of(name)
        self._selected = finding.subject if finding is not None else name
        self.viewport().update()

    def _span(self) -> float:
        ends = [each.stop_s if isinstance(each, Emission) else each.last_s for each in self._rows]
        return max([1.0, self._desk.position_s, *ends])

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = int(event.position().y() // self._desk.style.px(ROW)) + self.verticalScrollBar().value()
        self._choose(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        names = [each.id for each in self._rows]
        at = names.index(self._selected) + step if self._selected in names else 0
        self._choose(at)

    def _choose(self, row: int) -> None:
        if 0 <= row < len(self._rows):
            self._selected = self._rows[row].id
            self.chosen.emit(self._selected)
            bar = self.verticalScrollBar()
            if not bar.value() <= row < bar.value() + bar.pageStep():
                bar.setValue(row)
            self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        style, painter = self._desk.style, QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), style.color("raised"))
        painter.setFont(style.font("caption"))
        names, height = style.px(NAMES), style.px(ROW)
        width = max(10, self.viewport().width() - names - 8)
        scale = width / self._span()
        bottom = self.viewport().height() - style.px(AXIS)
        self._paint_axis(painter, names, bottom, scale)
        first = self.verticalScrollBar().value()
        for line, subject in enumerate(self._rows[first : first + bottom // height + 1]):
            top = line * height
            if top + height > bottom:
                break
            if subject.id == self._selected:
                painter.fillRect(QRectF(0, top, self.viewport().width(), height), style.color("selected"))
            painter.setPen(style.color("text"))
            text = painter.fontMetrics().elidedText(
                measuring.title(subject), Qt.TextElideMode.ElideRight, names - 12
            )
            painter.drawText(QRectF(8, top, names - 12, height), int(Qt.AlignmentFlag.AlignVCenter), text)
            self._paint_row(painter, subject, names, top, height, scale)
        painter.end()

    def _paint_row(
        self, painter: QPainter, subject: Emission | Device, left: int, top: int, height: int, scale: float
    ) -> None:
        style = self._desk.style
        role = "accent" if self._desk.finding_of(subject.id) is None else "level-medium"
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(style.color(role))
        if isinstance(subject, Emission):
            spans = [(b.start_s, b.duration_s) for b in subject.bursts] or [
                (subject.start_s, subject.stop_s - subject.start_s)
            ]
        else:
            spans = [(subject.first_s, subject.last_s - subject.first_s)]
        for start, length in spans:
            painter.drawRect(QRectF(left + start * scale, top + 5, max(2.0, length * scale), height - 10))

    def _paint_axis(self, painter: QPainter, left: int, bottom: int, scale: float) -> None:
        style = self._desk.style
        step = next((s for s in STEPS_S if s * scale >= style.px(70)), STEPS_S[-1])
        at = 0
        while at * scale < self.viewport().width() - left:
            x = left + at * scale
            painter.setPen(QPen(style.color("hairline"), 1))
            painter.drawLine(QPointF(x, 0), QPointF(x, bottom))
            painter.setPen(style.color("muted"))
            painter.drawText(QPointF(x + 3, bottom + style.px(AXIS) - 7), words.clock(at))
            at += step
