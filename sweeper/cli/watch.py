"""``sweeper watch``: hours on a few bands, with a line for everything that comes on the air."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

import click

from sweeper import cli
from sweeper.cli.output import TraceLog
from sweeper.cli.planning import Meeting, Range, made_plan, meetings
from sweeper.cli.run import exit_code, run
from sweeper.cli.wanted import Wanted, wanted_options
from sweeper.cli.words import _, spoken, status_line
from sweeper.coverage import gaps
from sweeper.errors import InputError
from sweeper.plan import PRESETS, Band, Mode
from sweeper.records import Burst, Emission, Finding, Level, Record, Status
from sweeper.session import Sink
from sweeper.text import safe_text, say

PASSES = 10_000_000
"""As good as for ever: the time ends a watch, not the count."""

COLUMNS = 60
"""Characters of the timeline: it fits a terminal of 100 beside frequency and kind."""

GAP_S = 60.0
"""A steady emission told again within a minute was there in between: it is told at least that often."""

Values = dict[str, object]
"""What a line says, as JSON takes it."""


class Log:
    """The sink that tells of every emission when it first comes, of every finding above *info*, of what
    becomes of the receiver, and in the file, if there is one, of every burst."""

    def __init__(self, as_json: bool, file: TextIO | None = None) -> None:
        self._as_json = as_json
        self._file = file
        self._told: set[str] = set()
        self._bursts: dict[str, float] = {}

    def __call__(self, record: Record) -> None:
        if isinstance(record, Emission):
            if record.kind == "spur":  # the receiver's own; the results document has it
                return
            if record.id not in self._told:
                self._told.add(record.id)
                self._say("emission", record.start_s, _shown(record), **_described(record))
            for burst in self._new(record):
                self._burst(record, burst)
        elif isinstance(record, Finding) and record.level is not Level.INFO:
            key = f"{record.id}/{record.level}"
            if key not in self._told:
                self._told.add(key)
                title = spoken().phrase(record.title)
                shown = (record.id, spoken().level(record.level), title)
                self._say(
                    "finding", record.raised_s, shown, id=record.id, level=record.level.value, title=title
                )

        elif isinstance(record, Status):
            values = {"subject": record.subject, "state": record.state.value, "text": record.detail}
            self._say("status", record.time_s, (status_line(record),), **values)

    def begins(self, ranges: Sequence[Band]) -> None:
        """Said before the receiver is even asked: opening and measuring it takes some seconds."""
        places = [spoken().frequency(hz) for band in ranges for hz in (band.start_hz, band.stop_hz)]
        pairs = [f"{low} – {high}" for low, high in zip(places[::2], places[1::2], strict=True)]
        words = _("listening to {ranges}; Ctrl-C ends it").format(ranges=", ".join(pairs))
        self._say("begins", 0.0, (words,), ranges_hz=[[band.start_hz, band.stop_hz] for band in ranges])

    def _new(self, emission: Emission) -> Iterator[Burst]:
        last = self._bursts.get(emission.id, -math.inf)
        for burst in emission.bursts:
            if burst.start_s > last:
                self._bursts[emission.id] = burst.start_s
                yield burst

    def _burst(self, emission: Emission, burst: Burst) -> None:
        if self._file is not None:
            values: Values = {
                "id": emission.id,
                "kind": emission.kind,
                "duration_s": round(burst.duration_s, 6),
                "center_hz": round(burst.center_hz, 1),
                "snr_db": round(burst.snr_db, 1),
            }
            self._write("burst", burst.start_s, values)

    def _say(self, what: str, time_s: float, shown: Sequence[str], **values: object) -> None:
        if self._file is not None:
            self._write(what, time_s, values)
        if self._as_json:
            click.echo(_line(what, time_s, values), err=True)
            return
        click.echo("  ".join((spoken().duration(time_s), *map(safe_text, shown))), err=True)

    def _write(self, what: str, time_s: float, values: Values) -> None:
        assert self._file is not None
        self._file.write(_line(what, time_s, values) + "\n")
        self._file.flush()


def _described(emission: Emission) -> Values:
    return {
        "id": emission.id,
        "center_hz": round(emission.center_hz, 1),
        "width_hz": round(emission.width_hz, 1),
        "snr_db": round(emission.snr_db, 1),
        "kind": emission.kind,
    }


def _shown(emission: Emission) -> tuple[str, ...]:
    """The same for a person."""
    language = spoken()
    return (
        emission.id,
        language.frequency(emission.center_hz, 4),
        language.frequency(emission.width_hz),
        language.quantity(emission.snr_db, "dB", 1),
        language.emission_kind(emission.kind),
    )


def _line(what: str, time_s: float, values: Values) -> str:
    return json.dumps({"what": what, "time_s": round(time_s, 3), **values}, ensure_ascii=False)


class Timeline:
    """The sink that remembers when each emission was on the air, in steps that double as time goes on."""

    def __init__(self) -> None:
        self.step_s = 1.0
        self._steps: dict[str, set[int]] = {}
        self._last: dict[str, Emission] = {}

    def __call__(self, record: Record) -> None:
        if not isinstance(record, Emission):
            return
        before = self._last.get(record.id)
        self._last[record.id] = record
        steps = self._steps.setdefault(record.id, set())
        for start_s, stop_s in _spans(record, before):
            steps.update(range(int(start_s / self.step_s), int(stop_s / self.step_s) + 1))
        while max(steps, default=0) >= 2 * COLUMNS:
            self.step_s *= 2
            for known in self._steps.values():
                halved = {step // 2 for step in known}
                known.clear()
                known.update(halved)

    def lines(self) -> Iterator[str]:
        """One line an emission, by frequency: where it was on the air from left to right."""
        count = 1 + max((max(steps) for steps in self._steps.values() if steps), default=0)
        fold = max(1, math.ceil(count / COLUMNS))
        heard = [one for one in self._last.values() if one.kind != "spur"]
        language = spoken()
        names = {one.id: language.emission_kind(one.kind) for one in heard}
        wide = max((len(name) for name in names.values()), default=0)
        for emission in sorted(heard, key=lambda one: (one.center_hz, one.id)):
            on = {step // fold for step in self._steps[emission.id]}
            bar = "".join("█" if column in on else "·" for column in range(math.ceil(count / fold)))
            place = language.frequency(emission.center_hz, 4)
            yield f"{place:>14}  {names[emission.id]:<{wide}} {bar}"


def _spans(emission: Emission, before: Emission | None) -> Iterator[tuple[float, float]]:
    """What is new since it was told before."""
    if emission.bursts:
        last_s = before.bursts[-1].start_s if before is not None and before.bursts else -math.inf
        for burst in emission.bursts:
            if burst.start_s >= last_s:
                yield burst.start_s, burst.start_s + burst.duration_s
    elif before is None:
        yield emission.start_s, emission.stop_s
    else:
        joined = emission.stop_s - before.stop_s < GAP_S
        yield (before.stop_s if joined else emission.stop_s), emission.stop_s


@click.command(help=_("Listen for hours on a few bands; a line for everything that comes on the air."))
@click.option(
    "--source", "name", default="rtlsdr", show_default=True, help=_("As 'sweeper sources' prints it.")
)
@click.option("--range", "ranges", multiple=True, type=Range(), help=_("A range; repeatable."))
@click.option("--preset", type=click.Choice(list(PRESETS)), help=_("The ranges."))
@click.option("--hours", type=click.FloatRange(min=0, min_open=True), default=math.inf, help=_("How long."))
@click.option("--gain", type=float, metavar="DB", help=_("Receiver gain (chosen by a short test)."))
@click.option(
    "--ppm", type=click.FloatRange(-300, 300), default=0.0, help=_("Error of the receiver's crystal.")
)
@click.option(
    "--meeting",
    "meeting_times",
    multiple=True,
    type=Meeting(),
    help=_("Raise what was on the air only then: 14:00-15:30, or seconds from the start as 600-4200."),
)
@click.option("--lines", type=click.Choice(["text", "json"]), default="text", help=_("Form of the lines."))
@click.option(
    "--log", "log_file", metavar="FILE", help=_("Write emissions, bursts and findings as JSON lines.")
)
@click.option("--trace", metavar="FILE", help=_("Write every pass, stitched, as CSV; maxima beside it."))
@wanted_options
def watch(
    name: str,
    ranges: tuple[Band, ...],
    preset: str | None,
    hours: float,
    gain: float | None,
    ppm: float,
    meeting_times: tuple[tuple[float, float, bool], ...],
    lines: str,
    log_file: str | None,
    trace: str | None,
    wanted: Wanted,
) -> int:
    """Until the time is up or Ctrl-C; what was heard is kept either way."""
    from sweeper.radio.inventory import open_source

    if not (ranges or preset):
        raise click.UsageError(_("name what to watch: --range or --preset"))
    plan = made_plan(ranges, preset, Mode.BURST_SAFE.value, PASSES, gain, ppm)
    file = _opened(log_file)
    log = Log(lines == "json", file)
    log.begins(plan.bands)
    library = wanted.library()
    seconds = None if math.isinf(hours) else hours * 3600
    source = open_source(name, plan)
    timeline = Timeline()
    csv = TraceLog(trace) if trace else None
    own: list[Sink] = [log, timeline, *([csv] if csv else [])]
    with wanted.kept("watch", library, antenna="", gain_db=gain) as sinks:
        collected, outcome = run(
            [source],
            library,
            plan=plan,
            sinks=[*sinks, *own],
            title=_("Watching"),
            seconds=seconds,
            guided=meetings(meeting_times),
            known=wanted.known(live=True),
        )
    collected.planned = plan.bands
    wanted.give(collected, library, outcome)
    if file is not None:
        file.close()
    if csv:
        csv.close()
    _show(timeline)
    code = exit_code(collected, outcome)
    return cli.NOT_HEARD if code == cli.OK and gaps(plan.bands, collected.coverage) else code


def _opened(path: str | None) -> TextIO | None:
    if path is None:
        return None
    try:
        return Path(path).open("w", encoding="utf-8")
    except OSError as error:
        raise InputError(path, say("cannot be written: {error}", error=error.strerror)) from None


def _show(timeline: Timeline) -> None:
    """The timeline, on standard error: standard output may be a document."""
    rows = list(timeline.lines())
    if rows:
        words = _("On the air, a column {seconds} or more:").format(
            seconds=spoken().duration(timeline.step_s)
        )
        click.echo(words, err=True)
    for row in rows:
        click.echo(row, err=True)
