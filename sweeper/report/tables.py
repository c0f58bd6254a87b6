"""The long tables: what was heard, what was read, what happened. Bounded; the results document has it all."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sweeper.language import Language
from sweeper.records import Device, Emission, Level, Medium
from sweeper.report.collect import Collector
from sweeper.report.facts import (
    DASH,
    device_kind,
    input_name,
    moment,
    name_of,
    on_air,
    sightings,
)
from sweeper.report.model import Table
from sweeper.text import safe_text

MAX_ROWS = 80
"""Rows of one table on paper: two pages. What a finding is about comes first, then what has a name."""


def signals(collected: Collector, language: Language) -> tuple[Table, ...]:
    """Emissions, then the devices of each medium; empty tables are left out."""
    subjects = {finding.subject for finding in collected.findings}
    made = [_emissions(collected.emissions, subjects, language)]
    for medium in (Medium.BLE, Medium.WIFI, Medium.LAN):
        own = [device for device in collected.devices if device.medium is medium]
        made.append(_devices(own, subjects, medium, language))
    return tuple(table for table in made if table.rows)


def _emissions(emissions: Sequence[Emission], subjects: set[str], language: Language) -> Table:
    _ = language.gettext
    strongest = sorted(emissions, key=lambda e: (e.id not in subjects, -_level(e), e.id))[:MAX_ROWS]
    rows = tuple(
        (
            language.frequency(e.center_hz),
            language.frequency(e.width_hz),
            language.quantity(e.snr_db, "dB", 0),
            language.emission_kind(e.kind),
            on_air(e, language),
        )
        for e in sorted(strongest, key=lambda e: (e.center_hz, e.start_s, e.id))
    )
    columns = (_("Frequency"), _("Bandwidth"), _("Above the noise"), _("Kind of signal"), _("On the air"))
    return Table(
        _("Radio signals"), columns, rows, numeric=(0, 1, 2), more=_more(len(emissions) - len(rows), language)
    )


def _level(emission: Emission) -> float:
    """For sorting: what was not measured comes last, because not-a-number has no order."""
    return emission.snr_db if math.isfinite(emission.snr_db) else -math.inf


def _devices(devices: Sequence[Device], subjects: set[str], medium: Medium, language: Language) -> Table:
    _ = language.gettext
    titles = {
        Medium.BLE: _("Bluetooth devices"),
        Medium.WIFI: _("Wi-Fi devices"),
        Medium.LAN: _("Devices on the wired network"),
    }
    chosen = sorted(
        devices,
        key=lambda d: (d.id not in subjects, d.kind == "unknown", -d.sightings, d.first_s, d.id),
    )[:MAX_ROWS]
    rows = tuple(
        (
            safe_text(d.address),
            device_kind(d, language),
            name_of(d) or DASH,
            f"{moment(d.first_s, language)} – {moment(d.last_s, language)}",
            sightings(d.sightings, language),
            language.quantity(d.rssi_dbm, "dBm", 0) if d.rssi_dbm is not None else DASH,
        )
        for d in sorted(chosen, key=lambda d: (d.first_s, d.id))
    )
    columns = (_("Address"), _("Kind of device"), _("Name sent"), _("Heard"), _("How often"), _("Signal"))
    more = _more(len(devices) - len(rows), language)
    return Table(titles[medium], columns, rows, numeric=(4, 5), more=more, loose=(0, 2))


def _more(left: int, language: Language) -> str:
    if left <= 0:
        return ""
    line = language.ngettext("{n} more in the results document", "{n} more in the results document", left)
    return line.format(n=language.number(left)) + "."


def informative(collected: Collector, language: Language) -> Table | None:
    """Findings of the lowest level: a table, because none of them asks for action."""
    _ = language.gettext
    found = [finding for finding in collected.findings if finding.level is Level.INFO]
    if not found:
        return None
    rows = tuple(
        (
            safe_text(finding.id),
            safe_text(language.phrase(finding.title)),
            safe_text(" ".join(language.phrase(phrase) for phrase in finding.why)),
        )
        for finding in found[:MAX_ROWS]
    )
    more = _more(len(found) - len(rows), language)
    return Table(_("For information"), (_("No."), _("Title"), _("Why")), rows, more=more)


def inputs(collected: Collector, language: Language) -> Table | None:
    """What was read or received, with its checksum and its problems."""
    _ = language.gettext
    rows = []
    for opened in collected.opened.values():
        closed = collected.closed.get(opened.source)
        duration_s = opened.duration_s
        if closed is not None and closed.duration_s is not None:
            duration_s = closed.duration_s
        problems = "; ".join(language.phrase(line) for line in collected.said(opened.source))
        rows.append(
            (
                input_name(opened),
                ", ".join(
                    part for part in (language.medium(opened.medium), safe_text(opened.format)) if part
                ),
                language.duration(duration_s) if duration_s is not None else DASH,
                (closed.sha256 if closed is not None else None) or opened.sha256 or DASH,
                problems or _("none"),
            )
        )
    for refused in collected.refused:
        rows.append((safe_text(refused.path), DASH, DASH, DASH, language.phrase(refused.said)))
    if not rows:
        return None
    columns = (_("Input"), _("What"), _("Duration"), "SHA-256", _("Problems"))
    return Table(_("Recordings and receivers"), columns, tuple(rows), numeric=(2,), loose=(0, 3, 4))


def events(collected: Collector, language: Language) -> Table | None:
    """Failures, drops and recoveries: what the reader must know about the sweep itself."""
    _ = language.gettext
    told = collected.statuses
    if not told:
        return None
    rows = tuple(
        (
            safe_text(status.subject),
            language.state(status.state),
            language.reason(status.reason) if status.reason is not None else DASH,
            (language.phrase(status.said) if status.said is not None else safe_text(status.detail)) or DASH,
            language.number(count),
        )
        for status, count in told[:MAX_ROWS]
    )
    columns = (_("Part"), _("State"), _("Reason"), _("Detail"), _("How often"))
    more = _more(len(told) - len(rows), language)
    return Table(_("Events during the sweep"), columns, rows, numeric=(4,), more=more, loose=(0, 3))
