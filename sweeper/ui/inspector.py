"""The inspector: what is selected, why it is shown, what else it may be, what to do next, the evidence.

At the right of the window; in a small window a sheet that can be closed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLayout, QVBoxLayout, QWidget

from sweeper.records import Device, Emission, Finding
from sweeper.text import safe_text
from sweeper.ui import columns, inspect_finding, words
from sweeper.ui.desk import Desk
from sweeper.ui.parts import empty, label, picture, plain, row, scrolled, tool
from sweeper.ui.theme import GRID
from sweeper.ui.verdicts import Decision
from sweeper.ui.words import DASH, _

_NO_BAR = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
_TOP = Qt.AlignmentFlag.AlignTop
_SELECTABLE = Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
FACTS_SHOWN = 40


class Inspector(QFrame):
    """Shows the desk's selection; ``on_close`` closes the sheet, ``on_show(view, name)`` goes elsewhere."""

    def __init__(
        self,
        desk: Desk,
        on_locate: Callable[[str], object],
        on_close: Callable[[], object],
        on_show: Callable[[str, str], object],
    ) -> None:
        super().__init__()
        self.setObjectName("inspector")
        self.setAccessibleName(_("Inspector"))
        self.desk, self.on_locate, self.on_show = desk, on_locate, on_show
        self._shown: object = None
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self._closer = tool(_("Close the inspector"), "close", on_close, desk.style)
        self._body = QVBoxLayout()
        self._body.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID * 2)
        self._body.setSpacing(GRID)
        self._inner = plain(self._body)
        self._scroll = scrolled(self._inner, _("Inspector"))
        self._scroll.setHorizontalScrollBarPolicy(_NO_BAR)
        outer.addWidget(self._scroll, 1)
        self._closer.setParent(self)
        self._closer.hide()
        desk.selected.connect(self._on_news)
        desk.batched.connect(self._follow)
        desk.verdict_changed.connect(self._on_news)
        desk.familiar.changed.connect(self.refresh)
        desk.jobs.changed.connect(self.refresh)
        self.refresh()

    def set_sheet(self, sheet: bool) -> None:
        """Whether it is a sheet over the view, which can be closed."""
        self._closer.setVisible(sheet)
        self._body.setContentsMargins(GRID * 2, GRID if sheet else GRID * 2, GRID * 2, GRID * 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._closer.adjustSize()
        self._closer.move(self.width() - self._closer.width() - GRID * 2, 4)
        self._closer.raise_()

    def _on_news(self, _name: str) -> None:
        self.refresh()

    def _follow(self) -> None:
        """What is shown may have become something newer."""
        if self.desk.selection and self._current() is not self._shown:
            self.refresh()

    def _current(self) -> object:
        desk, name = self.desk, self.desk.selection
        finding = desk.finding_of(name)
        if finding is not None:
            return finding
        for table in (desk.emissions, desk.bluetooth, desk.wifi):
            if name in table.records:
                return table.records[name]
        return None

    def refresh(self) -> None:
        """Show the selection as it is now."""
        bar = self._scroll.verticalScrollBar()
        same = getattr(self._shown, "id", None) == self.desk.selection
        at = bar.value() if same else 0
        self._shown = self._current()
        empty(self._body)
        if isinstance(self._shown, Finding):
            self._finding(self._shown)
        elif isinstance(self._shown, Emission):
            self._emission(self._shown)
        elif isinstance(self._shown, Device):
            self._device(self._shown)
        else:
            self._body.addWidget(label(_("Nothing is selected"), size="section"))
            self._body.addWidget(
                label(
                    _("Choose a finding, a signal or a device to see what is known about it and why."),
                    tone="muted",
                    wrap=True,
                )
            )
        self._body.addStretch(1)
        bar.setValue(at)

    def add(self, *items: QWidget | QLayout) -> None:
        for item in items:
            if isinstance(item, QWidget):
                self._body.addWidget(item)
            else:
                self._body.addLayout(item)

    def heading(self, text: str) -> None:
        self._body.addSpacing(GRID)
        self.add(label(text, size="caption", tone="muted"))

    def _finding(self, finding: Finding) -> None:
        style = self.desk.style
        drawing, role = columns.level_icon(finding.level)
        word = label(words.spoken().level(finding.level), tone=finding.level.value)
        self.add(row(picture(drawing, style, role, 20), word, 0))
        self.add(label(words.phrase(finding.title), size="section", wrap=True))
        about = f"{columns.about(self.desk, finding)} · {words.spoken().finding_kind(finding.kind)}"
        self.add(label(about, tone="muted", wrap=True))
        inspect_finding.place(self, finding.subject)
        for title, phrases in (
            (_("Why"), finding.why),
            (_("May also be"), finding.benign),
            (_("What next"), finding.next),
        ):
            if phrases:
                self.heading(title)
                self._bullets(words.phrase(each) for each in phrases)
        inspect_finding.verdict(self, finding)
        inspect_finding.acts(self, finding.subject, finding)
        inspect_finding.photos(self, finding)
        inspect_finding.evidence(self, finding)

    def _bullets(self, texts: Iterable[str]) -> None:
        for text in texts:
            line = row(spacing=GRID // 2)
            dot = label("•", tone="muted")
            dot.setAlignment(_TOP)
            dot.setFixedWidth(self.desk.style.px(10))
            line.addWidget(dot)
            line.addWidget(label(text, wrap=True), 1)
            self.add(line)

    def table(self, pairs: list[tuple[str, str]]) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(GRID * 2)
        grid.setVerticalSpacing(GRID // 2)
        grid.setColumnStretch(1, 1)
        for index, (name, value) in enumerate(pairs):
            left = label(name, tone="muted", wrap=True)
            left.setAlignment(_TOP)
            right = label(value, wrap=True)
            right.setTextInteractionFlags(_SELECTABLE)
            grid.addWidget(left, index, 0)
            grid.addWidget(right, index, 1)
        self.add(grid)

    def _emission(self, emission: Emission) -> None:
        spoken = words.spoken()
        self.add(label(words.frequency(emission.center_hz), size="title"))
        self.add(label(spoken.emission_kind(emission.kind), tone="muted", wrap=True))
        self._nothing_found()
        pairs = [
            (_("Width"), words.width(emission.width_hz)),
            (_("Above noise"), words.decibels(emission.snr_db)),
            (_("Level"), words.decibels(emission.power_dbfs, "dBFS")),
            (_("Heard"), f"{words.clock(emission.start_s)} – {words.clock(emission.stop_s)}"),
            (_("Bursts"), spoken.number(len(emission.bursts)) if emission.bursts else DASH),
        ]
        pairs += [
            (spoken.feature(key), inspect_finding.value(value))
            for key, value in sorted(emission.features.items())
        ]
        self.heading(_("Measured"))
        self.table(pairs[:FACTS_SHOWN])
        inspect_finding.acts(self, emission.id)

    def _device(self, device: Device) -> None:
        spoken = words.spoken()
        name = columns.device_name(device)
        self.add(label(name or spoken.device_kind(device.kind), size="section", wrap=True))
        state = f" · {spoken.tag_state(device.state)}" if device.state else ""
        self.add(label(spoken.device_kind(device.kind) + state, tone="muted", wrap=True))
        self._nothing_found()
        pairs = [
            (_("Address"), device.address),
            (_("Vendor"), safe_text(device.vendor or "") or DASH),
            (_("Model"), safe_text(device.model or "") or DASH),
            (_("Signal"), words.decibels(device.rssi_dbm, "dBm")),
            (_("Heard"), f"{words.clock(device.first_s)} – {words.clock(device.last_s)}"),
        ]
        if len(device.addresses) > 1:
            pairs.append((_("Linked addresses"), "\n".join(device.addresses[-8:])))
        pairs += [
            (spoken.feature(key), inspect_finding.value(value)) for key, value in sorted(device.facts.items())
        ]
        self.heading(_("Measured"))
        self.table(pairs[:FACTS_SHOWN])
        inspect_finding.acts(self, device.id)

    def act(self, what: str) -> None:
        """Do what a key asks for with the selection: ``known``, ``suspicious`` or ``photo``."""
        finding = self.desk.finding_of(self.desk.selection)
        if what == "known":
            inspect_finding.know(self, finding.subject if finding is not None else self.desk.selection)
        elif finding is not None and what == "suspicious":
            self.decide(finding, Decision.SUSPICIOUS)
        elif finding is not None:
            inspect_finding.add_photo(self, finding)

    def undo(self) -> None:
        """Take the last verdict back."""
        self.desk.undo_verdict()

    def decide(self, finding: Finding, decision: Decision) -> None:
        """Ask who decides, and note it."""
        inspect_finding.decide(self, finding, decision)

    def _nothing_found(self) -> None:
        self.add(label(_("No finding is about this one."), wrap=True))
