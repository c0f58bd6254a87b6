"""The plain words at the head of a report, and the table of what was heard.

The wording is fixed by what may honestly be said: *no device was found*, never that there is none; a radio
that was not heard is named together with the reason.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from sweeper.coverage import gaps, overlapping
from sweeper.errors import Reason
from sweeper.language import Language
from sweeper.records import Coverage, Finding, Level, Medium, State
from sweeper.report.collect import Collector
from sweeper.report.facts import DASH, input_name
from sweeper.report.model import Fact, Summary, Table
from sweeper.text import safe_text, say

RADIOS = (Medium.RF, Medium.BLE, Medium.WIFI)
"""What every sweep is measured by; the wired network is extra and is named only where it was heard."""
_SOURCES = {
    "rtlsdr": Medium.RF,
    "rtltcp": Medium.RF,
    "soapy": Medium.RF,
    "hackrf": Medium.RF,
    "ble": Medium.BLE,
    "wifi": Medium.WIFI,
    "lan": Medium.LAN,
}
"""First word of a live source's name -> what it hears."""


def summary(collected: Collector, language: Language) -> Summary:
    """Headline, sentences and counts."""
    findings = collected.findings
    notable = [finding for finding in findings if finding.level is not Level.INFO]
    level = notable[0].level if notable else (Level.INFO if findings else None)
    sentences = [*_about(notable, findings, language), *_listened(collected, language)]
    unheard = unheard_sentence(collected, language)
    if unheard:
        sentences.append(unheard)
    sentences += _impaired(collected, language)
    sentences.append(
        language.gettext(
            "A recorder that does not transmit cannot be heard by any program; it has to be looked for by "
            "eye and hand."
        )
    )
    return Summary(level, _headline(notable, language), tuple(sentences), _counts(collected, language))


def _headline(notable: Sequence[Finding], language: Language) -> str:
    if not notable:
        return language.gettext("No device was found.")
    count = len(notable)
    line = language.ngettext("{count} finding to look at.", "{count} findings to look at.", count)
    return line.format(count=language.number(count))


def _about(notable: Sequence[Finding], findings: Sequence[Finding], language: Language) -> list[str]:
    _ = language.gettext
    if not notable:
        if findings:
            return [_("Some observations are listed for information; none of them asks for action.")]
        return []
    return [
        _(
            "A finding is a signal that fits a hidden device and may also have an innocent cause; both are "
            "said "
            "with each. A person decides what it is."
        )
    ]


def _impaired(collected: Collector, language: Language) -> list[str]:
    """What of the listening cannot be relied on, said before anyone relies on it."""
    failed = sorted({s.subject for s, _count in collected.statuses if s.reason is Reason.STAGE_ERROR})
    lines = []
    if failed:
        line = language.gettext(
            "A part of the analysis failed ({parts}): what it would have found is missing."
        )
        lines.append(line.format(parts=safe_text(", ".join(failed))))
    if any(s.reason is Reason.DROPPED for s, _count in collected.statuses):
        lines.append(
            language.gettext("Part of what was received could not be analysed in time and was dropped.")
        )
    if any(s.reason is Reason.STOOD_STILL for s, _count in collected.statuses):
        lines.append(
            language.gettext("The computer slept or the program was halted at times: not swept then.")
        )
    if any(s.reason is Reason.OVERLOAD for s, _count in collected.statuses):
        lines.append(language.gettext("The receiver was overloaded at times: weak signals were missed then."))
    return lines


def _counts(collected: Collector, language: Language) -> tuple[Fact, ...]:
    findings = collected.findings
    levels = (Level.HIGH, Level.MEDIUM, Level.LOW, Level.INFO)
    counts = [(level, sum(finding.level is level for finding in findings)) for level in levels]
    return tuple(Fact(language.level(level), language.number(count)) for level, count in counts)


def _listened(collected: Collector, language: Language) -> list[str]:
    parts = [_span(medium, collected.coverage, language) for medium in Medium]
    heard = [part for part in parts if part]
    if not heard:
        return [language.gettext("Nothing was listened to.")]
    return [language.gettext("We listened to {list}.").format(list=language.listing(heard))]


def _span(medium: Medium, rows: Sequence[Coverage], language: Language) -> str:
    """``Bluetooth for 12 min``: the longest of several sources, because their sum would overstate."""
    own = [row for row in rows if row.medium is medium]
    if not own:
        return ""
    longest = language.duration(max(row.seconds for row in own))
    if medium is Medium.RF:
        spans = language.listing(_ranges(own, language))
        line = language.gettext("radio at {ranges}, each frequency for up to {time}")
        return line.format(ranges=spans, time=longest)
    line = {
        Medium.BLE: language.gettext("Bluetooth for {time}"),
        Medium.WIFI: language.gettext("Wi-Fi for {time}"),
        Medium.LAN: language.gettext("the wired network for {time}"),
    }[medium]
    return line.format(time=longest)


RANGES_NAMED = 6
"""Ranges named in the summary; the coverage table has them all."""


def _ranges(rows: Sequence[Coverage], language: Language) -> list[str]:
    """The covered ranges, touching ones joined, in megahertz."""
    spans: list[list[float]] = []
    for start, stop in sorted((row.start_hz or 0.0, row.stop_hz or 0.0) for row in rows):
        if spans and start <= spans[-1][1] + 1.0:
            spans[-1][1] = max(spans[-1][1], stop)
        else:
            spans.append([start, stop])
    named = [range_text(start, stop, language) for start, stop in spans[:RANGES_NAMED]]
    left = len(spans) - RANGES_NAMED
    if left > 0:
        line = language.ngettext("{n} further range", "{n} further ranges", left)
        named.append(line.format(n=language.number(left)))
    return named


def range_text(start_hz: float, stop_hz: float, language: Language) -> str:
    """``430.0–435.0 MHz``; around an unknown centre ``±125 kHz around an unknown centre``."""
    if start_hz < 0 < stop_hz:
        half = language.frequency((stop_hz - start_hz) / 2)
        return language.gettext("±{half} around an unknown centre").format(half=half)
    digits = 1 if stop_hz - start_hz >= 1e6 else 3
    start = language.number(start_hz / 1e6, digits)
    return f"{start}–{language.quantity(stop_hz / 1e6, 'MHz', digits)}"


def unheard(collected: Collector, language: Language) -> tuple[str, ...]:
    """One line for each radio without coverage, with the reason where one is known."""
    names = {
        Medium.RF: language.gettext("Radio bands"),
        Medium.BLE: language.gettext("Bluetooth"),
        Medium.WIFI: language.gettext("Wi-Fi"),
    }
    heard = {row.medium for row in collected.coverage}
    why = reasons(collected)
    live = any(opened.live for opened in collected.opened.values()) or bool(why)
    lines = []
    for medium in RADIOS:
        if medium in heard:
            continue
        if medium in why:
            cause = language.reason(why[medium])
        elif live:
            cause = language.gettext("not part of this sweep")
        else:
            cause = language.gettext("no recording of it was given")
        lines.append(f"{names[medium]}: {cause}.")
    missing = gaps(collected.planned, collected.coverage) if Medium.RF in heard else []
    for start_hz, stop_hz in missing:
        ranged = range_text(start_hz, stop_hz, language)
        lines.append(language.gettext("{range}: planned, but not heard.").format(range=ranged))
    return tuple(lines)


def unheard_sentence(collected: Collector, language: Language) -> str:
    """``We could not listen to …``: the same as one sentence, empty if every radio was heard."""
    names = {
        Medium.RF: language.gettext("the radio bands"),
        Medium.BLE: language.pgettext("listen to", "Bluetooth"),
        Medium.WIFI: language.pgettext("listen to", "Wi-Fi"),
    }
    heard = {row.medium for row in collected.coverage}
    missing = [names[medium] for medium in RADIOS if medium not in heard]
    if Medium.RF in heard and gaps(collected.planned, collected.coverage):
        missing.insert(0, language.gettext("part of the planned radio bands"))
    if not missing:
        return ""
    return language.gettext("Not swept, therefore unknown: {list}.").format(list=language.listing(missing))


def reasons(collected: Collector) -> dict[Medium, Reason]:
    """Why a medium's source failed, from its last status."""
    found: dict[Medium, Reason] = {}
    for status, _count in collected.statuses:
        word = status.subject.partition(":")[0].partition(" ")[0].lower()
        medium = _SOURCES.get(word)
        if medium is not None and status.state is State.FAILED and status.reason is not None:
            found[medium] = status.reason
    return found


def heard_table(collected: Collector, language: Language) -> Table:
    """The coverage rows: radio, range or channels, time, how much, how sensitively, by which input."""
    _ = language.gettext
    rows = []
    for group in overlapping(collected.coverage):
        stop_hz = max((one.stop_hz for one in group if one.stop_hz is not None), default=None)
        deafest = max(group, key=lambda one: one.floor_dbfs_per_hz or -math.inf)
        row = msgspec.structs.replace(deafest, start_hz=group[0].start_hz, stop_hz=stop_hz)
        opened = collected.opened.get(row.source)
        rows.append(
            (
                language.medium(row.medium),
                _reach(row, language),
                language.durations(one.seconds for one in group),
                _amount(row, language),
                _sensitivity(row, language),
                input_name(opened) if opened is not None else safe_text(row.source),
            )
        )
    columns = (_("Radio"), _("Range"), _("Time"), _("Heard"), _("Noise floor"), _("By"))
    return Table("", columns, tuple(rows), numeric=(2,), loose=(5,))


def _reach(row: Coverage, language: Language) -> str:
    if row.start_hz is not None and row.stop_hz is not None:
        return range_text(row.start_hz, row.stop_hz, language)
    if row.channels:
        line = language.ngettext("channel {list}", "channels {list}", len(row.channels))
        return line.format(list=", ".join(map(str, row.channels)))
    return DASH


def _amount(row: Coverage, language: Language) -> str:
    parts = []
    if row.adverts is not None:
        line = language.ngettext("{n} advertisement", "{n} advertisements", row.adverts)
        parts.append(line.format(n=language.number(row.adverts)))
    if row.duty is not None:
        parts.append(language.phrase(say("listening {share:.0%} of the time", share=row.duty)))
    if row.frames is not None:
        line = language.ngettext("{n} frame", "{n} frames", row.frames)
        parts.append(line.format(n=language.number(row.frames)))
    if row.lost:
        line = language.ngettext("{n} lost", "{n} lost", row.lost)
        parts.append(line.format(n=language.number(row.lost)))
    if row.dwell_s is not None:
        parts.append(language.gettext("{time} a look").format(time=language.duration(row.dwell_s)))
    return ", ".join(parts) or DASH


def _sensitivity(row: Coverage, language: Language) -> str:
    if row.floor_dbfs_per_hz is None:
        return DASH
    return language.quantity(row.floor_dbfs_per_hz, "dBFS/Hz", 0)
