"""``sweeper sweep``: listen now, with the receivers that are here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sweeper import cli
from sweeper.cli.options import warn
from sweeper.cli.output import TraceLog
from sweeper.cli.planning import Meeting, Range, made_plan, meetings
from sweeper.cli.reference import Taken, compared, conditions, conditions_of
from sweeper.cli.run import exit_code, run
from sweeper.cli.wanted import Wanted, wanted_options
from sweeper.cli.words import _
from sweeper.coverage import gaps
from sweeper.plan import PRESETS, Band, Mode, SweepPlan
from sweeper.report.collect import Collector
from sweeper.text import say


@click.command(help=_("Sweep the radio bands now. What was not heard is said so."))
@click.option("--source", "names", multiple=True, metavar="NAME", help=_("As 'sweeper sources' prints it."))
@click.option(
    "--range",
    "ranges",
    multiple=True,
    type=Range(),
    help=_("A range, as 430M:440M, or with its own dwell and bin width 430M:440M:20ms:1k; repeatable."),
)
@click.option(
    "--preset", type=click.Choice(list(PRESETS)), help=_("The ranges of a car, a flat, an office, or all.")
)
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in Mode]),
    default=Mode.BURST_SAFE.value,
    show_default=True,
    help=_("burst-safe holds a whole GSM burst in every hop."),
)
@click.option("--passes", type=click.IntRange(1, 10_000), help=_("How often each range is heard."))
@click.option(
    "--gain", type=float, metavar="DB", help=_("Receiver gain (chosen by a short test by default).")
)
@click.option(
    "--ppm", type=click.FloatRange(-300, 300), default=0.0, help=_("Error of the receiver's crystal.")
)
@click.option("--bin", "bin_hz", type=click.FloatRange(700, 1e6), metavar="HZ", help=_("Width of a bin."))
@click.option("--gsm-look", is_flag=True, help=_("Stay 60 ms on GSM base stations: one FCCH is certain."))
@click.option(
    "--reference",
    "reference_files",
    multiple=True,
    type=Taken(),
    metavar="FILE",
    help=_("Compare with this reference; several are merged."),
)
@click.option("--antenna", default="", help=_("The antenna, as named with the reference."))
@click.option(
    "--meeting",
    "meeting_times",
    multiple=True,
    type=Meeting(),
    help=_("Raise what was on the air only then: 14:00-15:30, or seconds from the start as 600-4200."),
)
@click.option("--trace", metavar="FILE", help=_("Write every pass, stitched, as CSV; maxima beside it."))
@wanted_options
def sweep(
    names: tuple[str, ...],
    ranges: tuple[Band, ...],
    preset: str | None,
    mode: str,
    passes: int | None,
    gain: float | None,
    ppm: float,
    bin_hz: float | None,
    gsm_look: bool,
    reference_files: tuple[Path, ...],
    antenna: str,
    meeting_times: tuple[tuple[float, float, bool], ...],
    trace: str | None,
    wanted: Wanted,
) -> int:
    """Run the sweep; exit code 3 where part of the plan was not heard."""
    from sweeper.radio.inventory import open_source

    library = wanted.library()
    if reference_files:
        then = conditions_of(reference_files)
        gain = then.gain_db if gain is None else gain
        if not (ranges or preset):
            ranges = tuple(Band(start, stop) for start, stop in then.ranges_hz)
    plan = made_plan(ranges, preset, mode, passes, gain, ppm, bin_hz=bin_hz, gsm_look=gsm_look)
    receivers = [open_source(name, plan) for name in names or ("rtlsdr",)]
    comparison = None
    if reference_files:
        comparison = compared(reference_files, conditions(names or ("rtlsdr",), antenna, plan))
    log = TraceLog(trace) if trace else None
    references = ", ".join(path.name for path in reference_files)
    made = {"antenna": antenna, "gain_db": gain, "reference": references}
    with wanted.kept(plan.name, library, **made) as sinks:
        collected, outcome = run(
            receivers,
            library,
            plan=plan,
            sinks=[*sinks, log] if log else sinks,
            title=_("Sweeping"),
            comparison=comparison,
            guided=meetings(meeting_times),
            known=wanted.known(live=True),
        )
    missing = _report_gaps(plan, collected)
    collected.planned = plan.bands
    stats = [receiver.stats for receiver in receivers if hasattr(receiver, "stats")]
    wanted.give(collected, library, outcome, sweep=_speed(stats))
    if log:
        log.close()
    code = exit_code(collected, outcome)
    return cli.NOT_HEARD if code == cli.OK and missing else code


def _report_gaps(plan: SweepPlan, collected: Collector) -> bool:
    missing = gaps(plan.bands, collected.coverage)
    for start_hz, stop_hz in missing:
        warn(say("not swept: {start:.3f} to {stop:.3f} MHz", start=start_hz / 1e6, stop=stop_hz / 1e6))
    return bool(missing)


def _speed(stats: list[Any]) -> dict[str, float]:
    """The results document's ``sweep``: hops, span, time on the wall, speed, lost blocks."""
    span_mhz = sum(s.span_hz for s in stats) / 1e6
    wall_s = max((s.wall_s for s in stats), default=0.0)
    return {
        "hops": sum(s.hops for s in stats),
        "span_mhz": span_mhz,
        "wall_s": wall_s,
        "mhz_per_s": span_mhz / wall_s if wall_s else 0.0,
        "lost_blocks": sum(s.lost for s in stats),
    }
