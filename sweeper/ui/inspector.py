"""The inspector: what is selected, why it is shown, what else it may be, what to do next, the evidence.

At the right of the window; in a small window a sheet that can be closed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QInputDialog, QLayout, QSizePolicy, QVBoxLayout, QWidget

from sweeper.records import Device, Emission, Evidence, Finding
from sweeper.text import safe_text
from sweeper.ui import columns, words
from sweeper.ui.desk import Desk
from sweeper.ui.parts import button, empty, label, picture, plain, row, scrolled, tool
from sweeper.ui.theme import GRID
from sweeper.ui.verdicts import Decision, Verdict
from sweeper.ui.words import DASH, _, ngettext

_NO_BAR = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
_TOP = Qt.AlignmentFlag.AlignTop
_SELECTABLE = Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
EVIDENCE_SHOWN = 12
FACTS_SHOWN = 40


class Inspector(QFrame):
    """Shows the desk's selection; ``on_close`` gives the sheet its closing button."""

    def __init__(
        self, desk: Desk, on_locate: Callable[[str], object], on_close: Callable[[], object]
    ) -> None:
        super().__init__()
        self.setObjectName("inspector")
        self.setAccessibleName(_("Inspector"))
        self._desk, self._on_locate = desk, on_locate
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
        if self._desk.selection and self._current() is not self._shown:
            self.refresh()

    def _current(self) -> object:
        desk, name = self._desk, self._desk.selection
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
        same = getattr(self._shown, "id", None) == self._desk.selection
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

    def _add(self, *items: QWidget | QLayout) -> None:
        for item in items:
            if isinstance(item, QWidget):
                self._body.addWidget(item)
            else:
                self._body.addLayout(item)

    def _heading(self, text: str) -> None:
        self._body.addSpacing(GRID)
        self._add(label(text, size="caption", tone="muted"))

    def _finding(self, finding: Finding) -> None:
        style = self._desk.style
        drawing, role = columns.level_icon(finding.level)
        word = label(words.spoken().level(finding.level), tone=finding.level.value)
        self._add(row(picture(drawing, style, role, 20), word, 0))
        self._add(label(words.phrase(finding.title), size="section", wrap=True))
        about = f"{columns.about(self._desk, finding)} · {words.spoken().finding_kind(finding.kind)}"
        self._add(label(about, tone="muted", wrap=True))
        for title, phrases in (
            (_("Why"), finding.why),
            (_("May also be"), finding.benign),
            (_("What next"), finding.next),
        ):
            if phrases:
                self._heading(title)
                self._bullets(words.phrase(each) for each in phrases)
        self._verdict(finding)
        self._evidence(finding)

    def _bullets(self, texts: Iterable[str]) -> None:
        for text in texts:
            line = row(spacing=GRID // 2)
            dot = label("•", tone="muted")
            dot.setAlignment(_TOP)
            dot.setFixedWidth(self._desk.style.px(10))
            line.addWidget(dot)
            line.addWidget(label(text, wrap=True), 1)
            self._add(line)

    def _verdict(self, finding: Finding) -> None:
        desk = self._desk
        given = desk.verdicts.of(finding.id)
        self._heading(_("Verdict"))
        state = columns.decision(given.decision)
        self._add(label(f"{state} · {given.name}" if given.name else state))
        grid = QGridLayout()
        grid.setSpacing(GRID // 2)
        for index, decision in enumerate(
            (Decision.EXPLAINED, Decision.SUSPICIOUS, Decision.CONFIRMED, Decision.OPEN)
        ):
            made = button(
                columns.decision(decision),
                partial(self.decide, finding, decision),
                desk.style,
                tip=_("Give this verdict"),
            )
            made.setEnabled(decision is not given.decision)
            made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            grid.addWidget(made, index // 2, index % 2)
        self._add(grid)
        foot = row(spacing=GRID // 2)
        if finding.subject in desk.emissions.records or columns.medium_of(desk, finding) is not None:
            foot.addWidget(
                button(
                    _("Locate"),
                    lambda: self._on_locate(finding.subject),
                    desk.style,
                    icon="locate",
                    quiet=True,
                )
            )
        if desk.verdicts.undoable:
            foot.addWidget(button(_("Undo verdict"), self.undo, desk.style, icon="undo", quiet=True))
        foot.addStretch(1)
        self._add(foot)

    def decide(self, finding: Finding, decision: Decision) -> None:
        """Ask who decides, and note it."""
        name = ""
        if decision is not Decision.OPEN or self._desk.jobs.card is not None:
            name, agreed = QInputDialog.getText(
                self,
                _("Verdict"),
                _("The program only proposes. Who decides this?"),
                text=self._desk.settings.text("person"),
            )
            name = name.strip()
            if not agreed or not name:
                return
            self._desk.settings.put("person", name)
        self._desk.decide(finding.id, Verdict(decision, name, utc_s=time.time()))

    def undo(self) -> None:
        """Take the last verdict back."""
        self._desk.undo_verdict()

    def _evidence(self, finding: Finding) -> None:
        if not finding.evidence:
            return
        count = len(finding.evidence)
        self._heading(ngettext("Evidence ({n})", "Evidence ({n})", count))
        self._table([(_evidence_name(e), _evidence_value(e)) for e in finding.evidence[:EVIDENCE_SHOWN]])
        if count > EVIDENCE_SHOWN:
            rest = ngettext(
                "and {n} more, in the report", "and {n} more, in the report", count - EVIDENCE_SHOWN
            )
            self._add(label(rest, tone="muted"))
        if finding.signature:
            signature = f"{finding.signature} v{finding.signature_version or 1}"
            self._add(label(_("Signature: {name}").format(name=signature), size="caption", tone="muted"))

    def _table(self, pairs: list[tuple[str, str]]) -> None:
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
        self._add(grid)

    def _emission(self, emission: Emission) -> None:
        spoken = words.spoken()
        self._add(label(words.frequency(emission.center_hz), size="title"))
        self._add(label(spoken.emission_kind(emission.kind), tone="muted", wrap=True))
        self._nothing_found()
        pairs = [
            (_("Width"), words.width(emission.width_hz)),
            (_("Above noise"), words.decibels(emission.snr_db)),
            (_("Level"), words.decibels(emission.power_dbfs, "dBFS")),
            (_("Heard"), f"{words.clock(emission.start_s)} – {words.clock(emission.stop_s)}"),
            (_("Bursts"), spoken.number(len(emission.bursts)) if emission.bursts else DASH),
        ]
        pairs += [(spoken.feature(key), _value(value)) for key, value in sorted(emission.features.items())]
        self._heading(_("Measured"))
        self._table(pairs[:FACTS_SHOWN])
        self._locate(emission.id)

    def _device(self, device: Device) -> None:
        spoken = words.spoken()
        name = columns.device_name(device)
        self._add(label(name or spoken.device_kind(device.kind), size="section", wrap=True))
        state = f" · {spoken.device_kind(device.state)}" if device.state else ""
        self._add(label(spoken.device_kind(device.kind) + state, tone="muted", wrap=True))
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
        pairs += [(spoken.feature(key), _value(value)) for key, value in sorted(device.facts.items())]
        self._heading(_("Measured"))
        self._table(pairs[:FACTS_SHOWN])
        self._locate(device.id)

    def _locate(self, name: str) -> None:
        made = button(_("Locate"), lambda: self._on_locate(name), self._desk.style, icon="locate")
        self._add(row(made, 0))

    def _nothing_found(self) -> None:
        self._add(label(_("No finding is about this one."), wrap=True))


def _evidence_name(evidence: Evidence) -> str:
    return words.spoken().feature(evidence.what)


def _evidence_value(evidence: Evidence) -> str:
    value = evidence.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        text = _value(value)
        return f"{text} {evidence.unit}" if evidence.unit else text
    if evidence.unit == "Hz":
        return words.frequency(value)
    if evidence.unit == "s":
        return words.duration(value)
    shown = round(value, 3) if abs(value) < 10 else round(value, 1)
    return words.spoken().quantity(shown, evidence.unit)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, float):
        return words.spoken().number(round(value, 3))
    if isinstance(value, list | tuple):
        shown = ", ".join(_value(item) for item in value[:8])
        return shown + (" …" if len(value) > 8 else "")
    if isinstance(value, dict):
        return ", ".join(f"{safe_text(str(key))}: {_value(item)}" for key, item in list(value.items())[:8])
    return DASH if value is None else safe_text(str(value))
