"""One source on the page of sources: its state, how to mend it, how it is used, whether it works."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QFormLayout,
    QFrame,
    QInputDialog,
    QLabel,
    QLineEdit,
    QVBoxLayout,
)

from sweeper.records import Medium
from sweeper.text import safe_text
from sweeper.ui import equipment, words
from sweeper.ui.flow import Flow
from sweeper.ui.parts import Elided, button, choice, label, picture, prose, roomy, row
from sweeper.ui.settings import Tuning
from sweeper.ui.theme import GRID
from sweeper.ui.ticks import TickBox
from sweeper.ui.words import _

if TYPE_CHECKING:
    from sweeper.radio.inventory import SourceEntry
    from sweeper.ui.desk import Desk

AUTOMATIC_DB = -1.0
"""The gain field's lowest value stands for: found by itself."""

KNOWN_MHZ = 162.4
"""Offered at first: a weather radio's carrier; what is known differs from place to place."""

_ADAPTERS = {Medium.WIFI: "wlan1", Medium.BLE: "hci1"}
CHANNELS = (
    *range(1, 14),
    36,
    40,
    44,
    48,
    52,
    56,
    60,
    64,
    100,
    104,
    108,
    112,
    116,
    120,
    124,
    128,
    132,
    136,
    140,
)
CHANNELS += (149, 153, 157, 161, 165)


class SourceCard(QFrame):
    """Everything about one source."""

    def __init__(self, desk: Desk, entry: SourceEntry) -> None:
        super().__init__()
        self._desk, self._entry = desk, entry
        self._said = label("", tone="muted", wrap=True)
        self.setProperty("card", True)
        self._body = QVBoxLayout(self)
        self._body.setSpacing(GRID // 2)
        self._body.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID * 2)
        self._head()
        if entry.mend and not entry.available:
            self._mend()
        if entry.available and entry.medium is Medium.RF:
            self._receiver()
        if entry.medium in (Medium.WIFI, Medium.BLE):
            self._adapter()
        if entry.medium is Medium.WIFI and entry.name != equipment.LESSER:
            self._wifi()
        if entry.available:
            self._tests()
        self._body.addWidget(self._said)
        self._said.hide()

    def _head(self) -> None:
        entry, style, spoken = self._entry, self._desk.style, words.spoken()
        if entry.available:
            drawing, role, word = "state-listening", "good", _("ready")
        elif entry.available is None:
            drawing, role, word = "state-ready", "muted", _("not tried")
        else:
            drawing, role = "state-failed", "level-medium"
            word = spoken.reason(entry.reason) if entry.reason is not None else _("not available")
        name = spoken.say(entry.what or entry.label) or safe_text(entry.name)
        state = label(word, tone="muted", wrap=True)
        called = Elided()
        called.setProperty("type", "section")
        called.setText(name)
        line = row(picture(drawing, style, role, 16), called)
        line.addWidget(state, 1)
        self._body.addLayout(line)
        about = f"{spoken.medium(entry.medium)} · {safe_text(entry.name)}"
        self._body.addWidget(label(about, size="caption", tone="muted"))
        if entry.detail:
            self._body.addWidget(prose(spoken.say(entry.why or entry.detail), style))
        self.setAccessibleName(f"{name}: {word}")

    def _mend(self) -> None:
        style, entry = self._desk.style, self._entry
        self._body.addWidget(label(_("To mend it:"), size="caption", tone="muted"))
        text = prose(words.spoken().say(entry.how or entry.mend), style)
        text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        text.setAccessibleName(_("How to mend it"))
        self._body.addWidget(text)
        copy = button(
            _("Copy"),
            lambda: QGuiApplication.clipboard().setText(words.spoken().say(entry.how or entry.mend)),
            style,
            quiet=True,
        )
        fix = button(_("Permissions"), lambda: self._desk.wanted.emit("permissions"), style, quiet=True)
        self._body.addLayout(Flow(copy, fix))

    def _receiver(self) -> None:
        """Gain, crystal, antenna."""
        tuning = self._desk.settings.tuning(self._entry.name)
        self._gain = roomy(QDoubleSpinBox())
        self._gain.setRange(AUTOMATIC_DB, 60.0)
        self._gain.setSpecialValueText(_("found by itself"))
        self._gain.setSuffix(" dB")
        self._gain.setDecimals(1)
        self._gain.setValue(AUTOMATIC_DB if tuning.gain_db is None else tuning.gain_db)
        self._ppm = roomy(QDoubleSpinBox())
        self._ppm.setRange(-300.0, 300.0)
        self._ppm.setSuffix(" ppm")
        self._ppm.setDecimals(1)
        self._ppm.setValue(tuning.ppm)
        self._antenna = QLineEdit(tuning.antenna)
        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setSpacing(GRID // 2)
        for name, field in (
            (_("Gain"), self._gain),
            (_("Error of the crystal"), self._ppm),
            (_("Antenna"), self._antenna),
        ):
            field.setAccessibleName(name)
            form.addRow(label(name, tone="muted"), field)
        self._gain.valueChanged.connect(lambda _value: self._keep())
        self._ppm.valueChanged.connect(lambda _value: self._keep())
        self._antenna.editingFinished.connect(self._keep)
        self._body.addLayout(form)

    def _keep(self) -> None:
        gain = self._gain.value()
        tuning = Tuning(None if gain < 0 else gain, self._ppm.value(), self._antenna.text().strip())
        self._desk.settings.tune(self._entry.name, tuning)

    def _adapter(self) -> None:
        """Which adapter, where there are several."""
        settings, key = self._desk.settings, f"{self._entry.medium.value}-adapter"
        field = QLineEdit(settings.text(key))
        field.setAccessibleName(_("Adapter"))
        field.setPlaceholderText(
            _("the first, or a name such as {name}").format(name=_ADAPTERS[self._entry.medium])
        )
        field.editingFinished.connect(lambda: settings.put(key, field.text().strip()))
        line = row(label(_("Adapter"), tone="muted"))
        line.addWidget(field, 1)
        self._body.addLayout(line)

    def _wifi(self) -> None:
        """The adapter's way and channel."""
        settings = self._desk.settings
        helper = TickBox(_("Through the helper program sweeper-capture"))
        helper.setChecked(settings.flag("wifi-helper", False))
        helper.toggled.connect(lambda on: settings.put_flag("wifi-helper", on))
        self._body.addWidget(helper)
        entries = [("", _("All channels in turn"))]
        entries += [(str(n), _("Only channel {number}").format(number=n)) for n in CHANNELS]
        chosen = settings.text("wifi-channel")
        plan = choice(_("Channels"), entries, chosen, lambda value: settings.put("wifi-channel", value))
        self._body.addLayout(row(label(_("Channels"), tone="muted"), plan, 0))

    # Does it work?

    def _tests(self) -> None:
        style, line = self._desk.style, Flow()
        line.addWidget(button(_("Test it"), self.test, style))
        if self._entry.medium is Medium.RF:
            measure = button(_("Measure the crystal"), self._measure, style)
            measure.setToolTip(_("By base stations of the telephone network; takes half a minute."))
            line.addWidget(measure)
            known = button(_("By a known carrier…"), self._measure_on, style)
            known.setToolTip(_("Where no base station of GSM is left: a carrier whose frequency you know."))
            line.addWidget(known)
        self._body.addLayout(line)

    def _tell(self, text: str) -> None:
        self._said.setText(text)
        self._said.show()

    def test(self) -> None:
        """Listen for two seconds and say what came."""
        from sweeper.ui.sourcetest import hear

        desk, entry = self._desk, self._entry
        self._tell(_("Listening for two seconds…"))

        def told(result: object, problem: str) -> None:
            if _gone(self._said):
                return
            self._tell(safe_text(problem) if problem else str(result))

        desk.ask(lambda: hear(entry.name, entry.medium), told)

    def _measure(self) -> None:
        from sweeper.radio.calibrate import calibrate
        from sweeper.radio.inventory import receiver

        self._tell(_("Looking for base stations; this takes half a minute…"))
        make = receiver(self._entry.name)
        nothing = _("No base station was heard, so the crystal could not be measured.")
        self._desk.ask(lambda: calibrate(make), partial(self._measured, nothing))

    def _measure_on(self) -> None:
        from sweeper.radio.calibrate import calibrate_on
        from sweeper.radio.inventory import receiver

        mhz, agreed = QInputDialog.getDouble(
            self, _("By a known carrier…"), _("Its frequency in MHz"), KNOWN_MHZ, 0.1, 6_000.0, 6
        )
        if not agreed:
            return
        self._tell(_("Listening to the carrier…"))
        make, nothing = receiver(self._entry.name), _("No steady carrier was heard there.")
        self._desk.ask(lambda: calibrate_on(make, mhz * 1e6), partial(self._measured, nothing))

    def _measured(self, nothing: str, found: object, problem: str) -> None:
        from sweeper.dsp.crystal import Crystal

        if _gone(self._said):
            return
        crystal = found if isinstance(found, Crystal) else None
        if problem or crystal is None:
            self._tell(safe_text(problem) or nothing)
            return
        self._ppm.setValue(crystal.ppm)
        self._tell(
            _("The crystal is off by {ppm} ppm; that is taken into account from here on.").format(
                ppm=words.spoken().number(crystal.ppm, 1)
            )
        )


def _gone(widget: QLabel) -> bool:
    """Whether the page was rebuilt while something was asked for."""
    import shiboken6

    return not shiboken6.isValid(widget)
