"""What a sweep found, on a terminal: the summary, the findings with their reasons, and what was not heard."""

from __future__ import annotations

import click
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from sweeper import sensing
from sweeper.cli.words import _, spoken, status_line
from sweeper.coverage import overlapping
from sweeper.records import Finding, Level, Medium
from sweeper.report.collect import Collector
from sweeper.report.reach import cellular
from sweeper.text import Phrase, safe_text, say

STYLES = {Level.INFO: "dim", Level.LOW: "blue", Level.MEDIUM: "yellow", Level.HIGH: "bold red"}
MARKS = {Level.INFO: "·", Level.LOW: "○", Level.MEDIUM: "▲", Level.HIGH: "■"}

MOST_SHOWN = 30
"""Emissions listed on a terminal, the clearest; the results document has all."""


def show(collected: Collector, console: Console | None = None) -> None:
    """Print the outcome for a person."""
    console = console or Console(highlight=False)
    if collected.demo:
        console.print(f"[reverse] {_('DEMO')} [/reverse] " + _("These signals were made up by the program."))
    notable = [f for f in collected.findings if f.level is not Level.INFO]
    if notable:
        count = len(notable)
        line = spoken().ngettext("{count} finding to look at.", "{count} findings to look at.", count)
        console.print(line.format(count=count), style="bold")
    elif collected.coverage:
        console.print(_("No device was found."), style="bold")
    else:
        console.print(_("Nothing was swept: there is nothing to say about devices."), style="bold")
    known = dict.fromkeys(device.facts.get("known.alias") for device in collected.devices)
    names = ", ".join(safe_text(alias) for alias in known if isinstance(alias, str))
    if names:
        console.print(escape(_("Known devices that were heard: {names}.").format(names=names)))
    for finding in notable:
        _finding(console, finding)
    _on_the_air(console, collected)
    _coverage(console, collected)
    for status, _count in collected.statuses:
        subject, line = safe_text(status.subject), status_line(status).removeprefix(f"{status.subject}: ")
        console.print(f"{subject}: {line}", style="yellow", markup=False)


def _finding(console: Console, finding: Finding) -> None:
    style, mark = STYLES[finding.level], MARKS[finding.level]
    title = escape(_say(finding.title))
    level = escape(spoken().level(finding.level))
    console.print(f"\n[{style}]{mark} {finding.id} {title}[/{style}] ({level}, {escape(finding.subject)})")
    for heading, phrases in (
        (_("Why"), finding.why),
        (_("May also be"), finding.benign),
        (_("What next"), finding.next),
    ):
        console.print(Padding(escape(heading), (0, 0, 0, 2)), style="bold")
        for phrase in phrases:
            console.print(Padding("- " + escape(_say(phrase)), (0, 0, 0, 4)))


def _say(phrase: Phrase) -> str:
    return safe_text(spoken().phrase(phrase))


def _on_the_air(console: Console, collected: Collector) -> None:
    """The clearest emissions, by frequency: what a finding rests on, and what was heard and is none."""
    heard = [one for one in collected.emissions if one.kind != "spur"]
    if not heard:
        return
    table = Table(title=_("On the air"), title_justify="left", box=None, pad_edge=False, show_header=False)
    clearest = sorted(heard, key=lambda one: (-one.snr_db, one.id))[:MOST_SHOWN]
    language = spoken()
    for one in sorted(clearest, key=lambda one: (one.center_hz, one.id)):
        table.add_row(
            escape(safe_text(one.id)),
            language.frequency(one.center_hz, 4),
            language.frequency(one.width_hz),
            language.quantity(one.snr_db, "dB", 1),
            language.emission_kind(one.kind),
        )
    if len(heard) > MOST_SHOWN:
        table.add_row(f"… +{language.number(len(heard) - MOST_SHOWN)}")
    console.print()
    console.print(table)


def _coverage(console: Console, collected: Collector) -> None:
    table = Table(title=_("What was listened to"), title_justify="left", box=None, pad_edge=False)
    for heading in (_("radio"), _("range"), _("time")):
        table.add_column(heading)
    for rows in overlapping(collected.coverage):
        row, reach = rows[0], ""
        if row.start_hz is not None and row.stop_hz is not None:
            top_hz = max(one.stop_hz or 0.0 for one in rows)
            low, high = spoken().number(row.start_hz / 1e6, 3), spoken().number(top_hz / 1e6, 3)
            reach = f"{low}–{high} {spoken().unit('MHz')}"
        elif row.adverts is not None:
            reach = spoken().ngettext("{n} advert", "{n} adverts", row.adverts).format(n=row.adverts)
            if row.duty is not None:
                reach += ", " + _say(say("listening {share:.0%} of the time", share=row.duty))
        elif row.frames is not None:
            reach = spoken().ngettext("{n} frame", "{n} frames", row.frames).format(n=row.frames)
        if row.look:
            reach += ", " + _("access points only")
        times = spoken().durations(one.seconds for one in rows)
        table.add_row(spoken().medium(row.medium), reach, times)
    console.print()
    if collected.coverage:
        console.print(table)
    for one in sensing.reaches(collected.coverage):
        console.print(_say(one.phrase), markup=False)
    live = any(row.gain_db is not None for row in collected.coverage)
    trackers = cellular(collected.coverage, spoken()) if live else None
    if trackers is not None:
        console.print(_say(trackers), markup=False)
    names = {Medium.RF: _("radio bands"), Medium.BLE: _("Bluetooth"), Medium.WIFI: _("Wi-Fi")}
    missing = [names[m] for m in names if all(row.medium is not m for row in collected.coverage)]
    if missing:
        console.print(_("Not swept: {what}.").format(what=", ".join(missing)))


def written(path: str) -> None:
    """Tell where a file was written, on standard error: standard output may be a document."""
    click.echo(_("Written: {path}").format(path=safe_text(path)), err=True)
