"""The columns of every table: title, text, sorting, and the few cells that are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from sweeper.records import Device, Emission, Finding, Level, Medium
from sweeper.text import safe_text
from sweeper.ui import icons, words
from sweeper.ui.tables import Column
from sweeper.ui.theme import Style
from sweeper.ui.verdicts import Decision
from sweeper.ui.words import DASH, _

if TYPE_CHECKING:
    from sweeper.ui.desk import Desk

SPARK_DBM = (-100.0, -30.0)
"""Range of the signal sparkline: what adapters report, from barely heard to touching."""


def decision(verdict: Decision) -> str:
    """A verdict in words."""
    return {
        Decision.OPEN: _("Open"),
        Decision.EXPLAINED: _("Explained"),
        Decision.SUSPICIOUS: _("Suspicious"),
        Decision.CONFIRMED: _("Confirmed"),
    }[verdict]


def level_icon(level: Level) -> tuple[str, str]:
    """Icon and colour role of a level."""
    return f"level-{level.value}", f"level-{level.value}"


def paint_level(painter: QPainter, cell: QRect, finding: Finding, style: Style) -> None:
    """A level: its icon, and the word beside it."""
    name, role = level_icon(finding.level)
    size = style.px(16)
    top = cell.top() + (cell.height() - size) // 2
    painter.drawPixmap(cell.left(), top, icons.pixmap(name, style.color(role).name(), size))
    painter.setPen(style.color(role))
    painter.drawText(cell.adjusted(size + 6, 0, 0, 0), _LEFT, words.spoken().level(finding.level))


def device_name(device: Device) -> str:
    """What a device calls itself, if it does."""
    for key in ("ble.name", "wifi.ssid", "lan.name", "name"):
        value = device.facts.get(key)
        if isinstance(value, list):
            value = ", ".join(str(item) for item in value if item)
        if value:
            return safe_text(str(value))
    return ""


def emissions() -> list[Column]:
    """Frequency, width, kind, levels and times of emissions."""

    def kind(emission: Emission) -> str:
        return words.spoken().emission_kind(emission.kind)

    def number(emission: Emission) -> str:
        return words.spoken().number(len(emission.bursts)) if emission.bursts else DASH

    return [
        Column(
            lambda: _("Frequency"), lambda e: words.frequency(e.center_hz), lambda e: e.center_hz, 108, True
        ),
        Column(lambda: _("Width"), lambda e: words.width(e.width_hz), lambda e: e.width_hz, 80, True),
        Column(lambda: _("Kind"), kind, kind, 110, stretch=True),
        Column(
            lambda: _("Above noise"),
            lambda e: words.decibels(e.snr_db),
            lambda e: e.snr_db,
            100,
            True,
            lambda: _("Signal-to-noise ratio: level above the noise floor"),
        ),
        Column(
            lambda: _("Level"),
            lambda e: words.decibels(e.power_dbfs, "dBFS"),
            lambda e: e.power_dbfs,
            100,
            True,
            lambda: _("Power relative to the receiver's full scale"),
        ),
        Column(lambda: _("First"), lambda e: words.clock(e.start_s), lambda e: e.start_s, 64, True),
        Column(lambda: _("Last"), lambda e: words.clock(e.stop_s), lambda e: e.stop_s, 64, True),
        Column(lambda: _("Bursts"), number, lambda e: len(e.bursts), 72, True),
    ]


def _device_columns(desk: Desk) -> list[Column]:
    def kind(device: Device) -> str:
        return words.spoken().device_kind(device.kind)

    def name(device: Device) -> str:
        known = desk.familiar.of(device)
        return safe_text(known.alias) if known is not None and known.alias else device_name(device)

    def signal(painter: QPainter, cell: QRect, device: Device, style: Style) -> None:
        levels = desk.core.memory.levels(device.id) or desk.core.memory.levels(device.address)
        paint_spark(painter, cell, levels, device.rssi_dbm, style)

    return [
        Column(lambda: _("Kind"), kind, lambda d: (d.kind == "unknown", kind(d).casefold()), 180),
        Column(
            lambda: _("Name"),
            name,
            lambda d: (not name(d), name(d).casefold()),
            120,
            stretch=True,
        ),
        Column(
            lambda: _("Signal"),
            lambda d: words.decibels(d.rssi_dbm, "dBm"),
            lambda d: d.rssi_dbm if d.rssi_dbm is not None else -999,
            160,
            False,
            lambda: _("Received signal strength; the line shows the last two minutes"),
            signal,
        ),
        Column(
            lambda: _("Vendor"),
            lambda d: safe_text(d.vendor or ""),
            lambda d: (not d.vendor, (d.vendor or "").casefold()),
            150,
        ),
        Column(lambda: _("Address"), lambda d: d.address, lambda d: d.address, 140),
        Column(
            lambda: _("Heard"),
            lambda d: words.spoken().number(d.sightings),
            lambda d: d.sightings,
            72,
            True,
            lambda: _("How often it was heard"),
        ),
        Column(lambda: _("First"), lambda d: words.clock(d.first_s), lambda d: d.first_s, 64, True),
        Column(lambda: _("Last"), lambda d: words.clock(d.last_s), lambda d: d.last_s, 64, True),
    ]


def bluetooth(desk: Desk) -> list[Column]:
    """Bluetooth devices; the state tells a tag with its owner from one without."""

    def state(device: Device) -> str:
        return words.spoken().tag_state(device.state) if device.state else ""

    made = _device_columns(desk)
    made.insert(1, Column(lambda: _("State"), state, state, 140))
    return made


def wifi(desk: Desk) -> list[Column]:
    """Wi-Fi and wired devices with their channel."""

    def channel(device: Device) -> Any:
        return device.facts.get("wifi.channel")

    made = _device_columns(desk)
    made.insert(
        4,
        Column(
            lambda: _("Channel"),
            lambda d: str(channel(d)) if channel(d) is not None else DASH,
            lambda d: channel(d) if isinstance(channel(d), int) else 0,
            72,
            True,
        ),
    )
    return made


def findings(desk: Desk) -> list[Column]:
    """Findings: level, title, about what, when, the verdict."""

    def title(finding: Finding) -> str:
        return words.phrase(finding.title)

    def verdict(finding: Finding) -> str:
        given = desk.verdicts.of(finding.id)
        return decision(given.decision) + (f" ({given.name})" if given.name else "")

    return [
        Column(
            lambda: _("Attention"),
            lambda f: words.spoken().level(f.level),
            lambda f: (f.level.rank, f.confidence),
            130,
            False,
            lambda: _("How much a finding asks of you. Only a person can say what it is."),
            paint_level,
            longest=lambda: max((words.spoken().level(level) for level in Level), key=len),
        ),
        Column(lambda: _("Finding"), title, lambda f: title(f).casefold(), 180, stretch=True),
        Column(lambda: _("About"), lambda f: about(desk, f), lambda f: about(desk, f), 140),
        Column(lambda: _("Place"), desk.whereabouts.short, desk.whereabouts.short, 110),
        Column(lambda: _("Raised"), lambda f: words.clock(f.raised_s), lambda f: f.raised_s, 72, True),
        Column(lambda: _("Verdict"), verdict, verdict, 110),
    ]


def about(desk: Desk, finding: Finding) -> str:
    """What a finding is about: a frequency, or a device's address."""
    emission = desk.emissions.records.get(finding.subject)
    if emission is not None:
        return words.frequency(float(emission.center_hz))
    for table in (desk.bluetooth, desk.wifi):
        device = table.records.get(finding.subject)
        if device is not None:
            return device_name(device) or str(device.address)
    return safe_text(finding.subject)


def medium_of(desk: Desk, finding: Finding) -> Medium | None:
    """The medium of what a finding is about."""
    if finding.subject in desk.emissions.records:
        return Medium.RF
    for table in (desk.bluetooth, desk.wifi):
        device = table.records.get(finding.subject)
        if isinstance(device, Device):
            return device.medium
    return None


def paint_spark(
    painter: QPainter, cell: QRect, levels: list[tuple[float, int]], last: int | None, style: Style
) -> None:
    """Signal strength over time as a line, and the last value as a number."""
    number = words.decibels(last, "dBm")
    width = painter.fontMetrics().horizontalAdvance("−100 dBm ")
    painter.setPen(style.color("text"))
    painter.drawText(QRect(cell.left(), cell.top(), width, cell.height()), _RIGHT, number)
    area = QRect(cell.left() + width + 8, cell.top() + 5, cell.width() - width - 10, cell.height() - 10)
    if area.width() < 16 or len(levels) < 2:
        return
    low, high = SPARK_DBM
    first, span = levels[0][0], max(levels[-1][0] - levels[0][0], 1e-3)
    line = QPolygonF(
        [
            QPointF(
                area.left() + area.width() * (time_s - first) / span,
                area.bottom() - area.height() * (min(max(dbm, low), high) - low) / (high - low),
            )
            for time_s, dbm in levels
        ]
    )
    painter.setPen(QPen(style.color("accent"), 1.2))
    painter.drawPolyline(line)


_LEFT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
_RIGHT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
