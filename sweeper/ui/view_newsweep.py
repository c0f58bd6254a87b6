"""The plan of a sweep with real receivers: which, what ranges, how carefully, compared with what.

For technicians: the doors do without. The plan that was used last is remembered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QFormLayout,
    QPlainTextEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from sweeper.errors import SweeperError
from sweeper.plan import PRESETS, RTLSDR_RANGE_HZ, Mode, SweepPlan
from sweeper.records import Medium
from sweeper.ui import equipment, network, network_dialog, ranges, recipes, references, words
from sweeper.ui.flow import Flow
from sweeper.ui.parts import button, card, choice, column, label, plain, prose, roomy, row, scrolled
from sweeper.ui.theme import GRID
from sweeper.ui.ticks import TickBox
from sweeper.ui.words import _, ngettext, told

if TYPE_CHECKING:
    from sweeper.radio import Source
    from sweeper.ui.desk import Desk

CUSTOM = "custom"


class NewSweepView(QWidget):
    """A form; ``begin`` sweeps by it."""

    def __init__(self, desk: Desk, show_view: Callable[[str], object]) -> None:
        super().__init__()
        self.setAccessibleName(_("New sweep"))
        self._desk, self._show_view = desk, show_view
        kept = self._kept()
        style = desk.style
        self._sources: dict[str, TickBox] = {}
        self._ears = QVBoxLayout()
        self._network = TickBox(_("Your own network: this sends, and asks you first"))
        names = {"car": _("Car"), "flat": _("Flat"), "office": _("Office"), "full": _("Everything")}
        presets = [*((name, names.get(name, name)) for name in PRESETS), (CUSTOM, _("Own ranges"))]
        self._preset = choice(_("Ranges of"), presets, kept.name, self._use_preset)
        self._ranges = QPlainTextEdit(ranges.written(kept.bands))
        self._ranges.setAccessibleName(_("Ranges in MHz, one a line"))
        self._ranges.setTabChangesFocus(True)
        self._ranges.setFixedHeight(style.px(150))
        self._ranges.textChanged.connect(self._tell)
        modes = [(Mode.BURST_SAFE.value, _("Careful: holds short bursts")), (Mode.FAST.value, _("Fast"))]
        self._mode = choice(_("Care"), modes, str(kept.mode), lambda _value: self._tell())
        self._passes = _spin(_("Passes"), 1, 1000, kept.passes, self._tell)
        self._bin = _decimal(_("Resolution, kHz"), 0.5, 200.0, kept.bin_hz / 1e3)
        self._ble = _spin(_("Bluetooth, seconds"), 0, 86_400, round(kept.ble_seconds), self._tell)
        self._wifi = _spin(_("Wi-Fi, seconds"), 0, 86_400, round(kept.wifi_seconds), self._tell)
        self._dwell = _decimal(_("Wi-Fi, seconds on a channel"), 0.05, 10.0, kept.wifi_dwell_s)
        entries = [("", _("Nothing"))] + [
            (each.path, each.name) for each in references.listed(desk.settings.folder) if not each.problem
        ]
        self._reference = choice(
            _("Compare with"), entries, desk.settings.text("reference"), lambda _value: None
        )
        self._told = label("", tone="muted", wrap=True)
        self._build()
        desk.equipment_changed.connect(self._list_sources)
        if desk.equipment is None:
            desk.look_around()
        self._list_sources()
        self._tell()

    def _build(self) -> None:
        style = self._desk.style
        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setSpacing(GRID)
        for field in (
            self._preset,
            self._ranges,
            self._mode,
            self._passes,
            self._bin,
            self._ble,
            self._wifi,
            self._dwell,
            self._reference,
        ):
            form.addRow(label(field.accessibleName(), tone="muted", wrap=True), field)
        form.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID * 2)
        ears = column(label(_("Listen with"), size="section"), self._ears, self._network)
        ears.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID * 2)
        body = column(
            label(_("New sweep"), size="title"),
            prose(_("Gain, crystal and antenna are set with each source."), style, tone="muted"),
            card(ears),
            card(form),
            self._told,
            Flow(
                button(_("Begin the sweep"), self.begin, style, primary=True),
                button(_("Record as a reference"), self.record, style),
                button(_("Sources"), lambda: self._show_view("sources"), style, quiet=True),
                button(_("References"), lambda: self._show_view("references"), style, quiet=True),
            ),
            0,
            margin=GRID * 2,
        )
        inner = plain(body)
        inner.setMaximumWidth(style.px(760))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scrolled(inner, _("New sweep")))

    def _kept(self) -> SweepPlan:
        text = self._desk.settings.text("plan-of-sweep")
        try:
            return msgspec.json.decode(text, type=SweepPlan) if text else PRESETS["flat"]
        except (ValueError, RecursionError):
            return PRESETS["flat"]

    def _list_sources(self) -> None:
        from sweeper.ui.parts import empty

        ticked = {name for name, box in self._sources.items() if box.isChecked()}
        first = not self._sources
        empty(self._ears)
        self._sources = {}
        spoken = words.spoken()
        for entry in self._desk.equipment or []:
            if entry.available:
                text = f"{spoken.medium(entry.medium)}: {spoken.say(entry.what or entry.label or entry.name)}"
                box = TickBox(text)
                wanted = entry.name != equipment.LESSER or equipment.lesser(self._desk) is not None
                box.setChecked((first and wanted) or entry.name in ticked)
                self._sources[entry.name] = box
                self._ears.addWidget(box)
        if not self._sources:
            none = (
                _("Looking for receivers…")
                if self._desk.equipment is None
                else _("No receiver is ready here.")
            )
            self._ears.addLayout(row(label(none, tone="muted"), 0))

    def _use_preset(self, name: str) -> None:
        if name in PRESETS:
            plan = PRESETS[name]
            self._ranges.setPlainText(ranges.written(plan.bands))
            self._passes.setValue(plan.passes)
            self._preset.setCurrentIndex(self._preset.findData(name))

    def plan(self) -> SweepPlan:
        """The plan that the form describes."""
        bands, _wrong = ranges.parse(self._ranges.toPlainText())
        name = str(self._preset.currentData())
        same = name in PRESETS and bands == PRESETS[name].bands
        return SweepPlan(
            name=name if same else CUSTOM,
            bands=bands,
            mode=Mode(str(self._mode.currentData())),
            passes=self._passes.value(),
            bin_hz=self._bin.value() * 1e3,
            ble_seconds=float(self._ble.value()),
            wifi_seconds=float(self._wifi.value()),
            wifi_dwell_s=self._dwell.value(),
        )

    def _tell(self) -> None:
        """How long it takes, and what is wrong with the ranges."""
        plan = self.plan()
        _bands, wrong = ranges.parse(self._ranges.toPlainText())
        span = sum(band.stop_hz - band.start_hz for band in plan.bands)
        parts = [
            _("{span} in about {time}.").format(
                span=words.spoken().frequency(span, 0), time=words.duration(round(ranges.seconds(plan)))
            )
        ]
        if wrong:
            lines = words.spoken().listing([str(number) for number in wrong])
            parts.append(
                ngettext("{n} line is no range: ", "{n} lines are no range: ", len(wrong)) + lines + "."
            )
        low, high = RTLSDR_RANGE_HZ
        if any(band.start_hz < low or band.stop_hz > high for band in plan.bands):
            parts.append(_("An RTL-SDR hears 24 to 1766 MHz; what lies outside needs another receiver."))
        self._told.setText(" ".join(parts))

    def _chosen(self, medium: Medium | None = None) -> list[str]:
        entries = {entry.name: entry for entry in self._desk.equipment or []}
        return [
            name
            for name, box in self._sources.items()
            if box.isChecked() and (medium is None or entries[name].medium is medium)
        ]

    def _made(self, names: list[str], *, enough: bool = False) -> tuple[list[Source], SweepPlan] | None:
        """The sources and the plan with their gain and crystal; says what is missing. ``enough``: nothing
        need be ticked."""
        from sweeper.radio import inventory

        desk, plan = self._desk, self.plan()
        if not names and not enough:
            desk.say(
                _("Nothing to listen with."), "", _("Tick a source, or mend one on the page of sources.")
            )
            return None
        receivers = [name for name in names if name in self._chosen(Medium.RF)]
        tuned = desk.settings.tuning(receivers[0]) if receivers else desk.settings.tuning("")
        plan = msgspec.structs.replace(plan, gain_db=tuned.gain_db, ppm=tuned.ppm)
        try:
            sources = [inventory.open_source(equipment.named(desk, name), plan) for name in names]
        except SweeperError as problem:
            desk.say(_("The sweep could not begin."), told(problem), _("Look at the sources."))
            return None
        desk.settings.put("plan-of-sweep", msgspec.json.encode(plan).decode())
        return sources, plan

    def begin(self) -> None:
        """Sweep by this plan."""
        desk, names = self._desk, self._chosen()
        look = network_dialog.agreed(self, desk) if self._network.isChecked() else None
        if self._network.isChecked() and look is None:
            return
        made = self._made(names, enough=look is not None)
        if made is None:
            return
        sources, plan = made
        if look is not None:
            sources.append(network.source(look))
        reference = str(self._reference.currentData() or "")
        desk.settings.put("reference", reference)
        gain = references.gain_of(reference)
        if gain is not None:
            plan = msgspec.structs.replace(plan, gain_db=gain)
        friendly = references.friendlies(desk.settings.folder)
        recipe = recipes.live(
            sources, plan, known=desk.settings.known_path, reference=reference, friendly=friendly
        )
        desk.begin(recipe, _("Sweep"), live=True)
        self._show_view("spectrum")

    def record(self) -> None:
        """Sweep by this plan and keep it as a reference."""
        desk = self._desk
        made = self._made(self._chosen(Medium.RF))
        if made is None:
            return
        sources, plan = made
        path = references.fresh(desk.settings.folder, plan.name)
        recipe, after = references.recording(sources, plan, path, lambda _path: None)
        desk.begin(recipe, _("Reference"), live=True, after=after)
        self._show_view("spectrum")


def _spin(name: str, low: int, high: int, value: int, changed: Callable[[], object]) -> QSpinBox:
    made = roomy(QSpinBox())
    made.setRange(low, high)
    made.setValue(value)
    made.setAccessibleName(name)
    made.valueChanged.connect(lambda _value: changed())
    return made


def _decimal(name: str, low: float, high: float, value: float) -> QDoubleSpinBox:
    made = roomy(QDoubleSpinBox())
    made.setRange(low, high)
    made.setDecimals(2)
    made.setValue(value)
    made.setAccessibleName(name)
    return made
