"""Bluetooth and Wi-Fi: a table of transmitters, to search, filter and group."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from sweeper.records import Device, Medium
from sweeper.text import safe_text
from sweeper.ui import network, network_dialog, words
from sweeper.ui.flow import Flow
from sweeper.ui.parts import button, choice, label, row, search
from sweeper.ui.tables import Table
from sweeper.ui.theme import GRID
from sweeper.ui.words import _, ngettext

if TYPE_CHECKING:
    from sweeper.ui.desk import Desk


class DevicesView(QWidget):
    """One medium's inventory."""

    def __init__(self, desk: Desk, medium: Medium) -> None:
        super().__init__()
        self._desk, self._medium = desk, medium
        self._model = desk.devices(medium)
        title = _("Bluetooth") if medium is Medium.BLE else _("Wi-Fi")
        self.setAccessibleName(title)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID)
        layout.setSpacing(GRID)
        self._count = label(tone="muted")
        layout.addLayout(row(label(title, size="title"), self._count, 0, spacing=GRID * 2))
        self._search = search(_("Search name, vendor, address"), self._model.set_filter, desk.style)
        filters = [
            ("", _("All devices")),
            ("found", _("With a finding")),
            ("unknown", _("Not identified")),
            ("near", _("Near: −60 dBm and stronger")),
            ("strange", _("Not marked as known")),
        ]
        groups = [("", _("Not grouped")), ("kind", _("By kind")), ("vendor", _("By vendor"))]
        if medium is not Medium.BLE:
            groups.append(("channel", _("By channel")))
            filters.append(("lan", _("Answered on the network")))
        self._filter = choice(_("Show"), filters, "", self._keep)
        self._group = choice(_("Group"), groups, "", self._gather)
        tools = Flow(self._search, self._filter, self._group)
        tools.widen(self._search)
        layout.addLayout(tools)
        if medium is not Medium.BLE:
            layout.addLayout(self._ways())
        self._table = Table(self._model, desk.style, title)
        self._table.chosen.connect(desk.select)
        layout.addWidget(self._table, 1)
        self._model.set_filter("")
        self._model.set_keep(None)
        self._model.set_group(None)
        self._model.reordered.connect(self._show_count)
        desk.selected.connect(self._select)
        desk.familiar.changed.connect(self._model.refresh)
        self._show_count()

    def _ways(self) -> Flow:
        """The two looks that need no monitor mode."""
        desk = self._desk
        tip = _("The lesser look without monitor mode; it sends nothing.")
        return Flow(
            button(_("List access points"), lambda: network.list_access_points(desk), desk.style, tip=tip),
            button(
                _("Ask your network…"),
                lambda: network_dialog.offer(self, desk),
                desk.style,
                tip=_("Says what it sends, and asks first."),
            ),
        )

    def _show_count(self) -> None:
        total = len(self._model.records)
        self._count.setText(
            ngettext("{n} transmitter", "{n} transmitters", total) if total else _("Nothing was heard yet.")
        )

    def _select(self, name: str) -> None:
        finding = self._desk.finding_of(name)
        subject = finding.subject if finding is not None else name
        if subject in self._model.records:
            self._table.select(subject)

    def _keep(self, what: str) -> None:
        tests: dict[str, Callable[[Device], bool]] = {
            "found": lambda device: self._desk.finding_of(device.id) is not None,
            "unknown": lambda device: device.kind == "unknown",
            "strange": lambda device: self._desk.familiar.of(device) is None,
            "lan": lambda device: device.medium is Medium.LAN,
            "near": lambda device: device.rssi_dbm is not None and device.rssi_dbm >= -60,
        }
        self._model.set_keep(tests.get(what))

    def _gather(self, what: str) -> None:
        groups: dict[str, Callable[[Device], str]] = {
            "kind": lambda device: words.spoken().device_kind(device.kind),
            "vendor": lambda device: safe_text(device.vendor or "") or _("Vendor not known"),
            "channel": lambda device: _("Channel {number}").format(
                number=device.facts.get("wifi.channel") or words.DASH
            ),
        }
        self._model.set_group(groups.get(what))
