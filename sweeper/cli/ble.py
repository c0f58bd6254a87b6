"""``sweeper ble``: listen to Bluetooth now, test for hidden trackers, walk towards one, ask it to ring."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING

import click
import msgspec

from sweeper import cli
from sweeper.cli.options import load_library, warn
from sweeper.cli.places import Asking, Typed, gps_option
from sweeper.cli.run import exit_code, run
from sweeper.cli.wanted import Wanted, wanted_options
from sweeper.cli.words import _, spoken
from sweeper.plan import SweepPlan
from sweeper.radio import Source, SourceInfo
from sweeper.records import Record, Status
from sweeper.text import Phrase

if TYPE_CHECKING:
    from sweeper.detectors.ble_walk import WalkReading

BAR = 40
"""Characters of the level's bar."""


@click.group(help=_("Bluetooth: scan, test, locate, ring."))
def ble() -> None:
    """A group."""


@ble.command(help=_("Listen to Bluetooth now: trackers, recorders, camera glasses."))
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), default=120.0, show_default=True)
@click.option("--adapter", default="", metavar="hci0", help=_("The adapter."))
@click.option("--hci", default="", metavar="usb:0", help=_("A controller of its own, by bumble."))
@click.option("--passive", is_flag=True, help=_("Do not even ask devices for their names."))
@click.option("--place", default="", help=_("Where you are; type the next place and Enter as you go."))
@gps_option
@wanted_options
def scan(
    seconds: float,
    adapter: str,
    hci: str,
    passive: bool,
    place: str,
    gps: str | None,
    wanted: Wanted,
) -> int:
    """Exit code 3 where the adapter could not listen."""
    library = wanted.library()
    known = wanted.known(live=True)
    source = live_source(adapter, hci, passive, place, gps)
    plan = SweepPlan(ble_seconds=seconds)
    with wanted.kept("ble", library) as sinks:
        title = _("Listening to Bluetooth")
        collected, outcome = run([source], library, plan=plan, sinks=sinks, title=title, known=known)
    wanted.give(collected, library, outcome)
    return exit_code(collected, outcome)


def live_source(adapter: str, hci: str, passive: bool, place: str, gps: str | None) -> Source:
    """The adapter or controller that was asked for, with the places that were asked for."""
    from sweeper.radio import ble as radio
    from sweeper.radio import ble_hci
    from sweeper.radio.placed import Gpsd, Tracked, gpsd_of

    gpsd: Gpsd | None = gpsd_of(gps) if gps is not None else None
    if gps is not None and gpsd is None:
        raise click.UsageError(_("a live sweep takes its positions from gpsd; a log belongs to a recording"))
    typed = Typed(place)
    where = gpsd.here if gpsd is not None else typed.here
    rest = ",".join(word for word in (adapter, "passive" if passive else "") if word)
    source: Source = ble_hci.source(hci, where) if hci else radio.source(rest, where)
    if gpsd is not None:
        return Tracked(source, gpsd)
    return Asking(source, typed) if place else source


@ble.command("test", help=_("Test for a hidden tracker: at rest (20 minutes), or on a drive (43 minutes)."))
@click.argument("kind", type=click.Choice(["stationary", "drive"]))
@click.option("--recording", metavar="FILE", help=_("A recording of such a test instead of an adapter."))
@click.option("--start", type=float, default=0.0, help=_("Seconds into the recording at which it began."))
@click.option("--adapter", default="", metavar="hci0", help=_("The adapter."))
@wanted_options
def test_(
    kind: str,
    recording: str | None,
    start: float,
    adapter: str,
    wanted: Wanted,
) -> int:
    """Tell each step as its time comes; exit code 3 where too little was heard for a result."""
    from sweeper.detectors.ble_test import PLANS, BleTest, Test
    from sweeper.radio.replay import open_recordings

    test = BleTest(PLANS[Test(kind)], start)
    known = wanted.known(live=recording is None)
    if recording is not None:
        sources, refused = open_recordings([recording])
        if refused:
            raise refused[0]
    else:
        for phrase in test.plan.before:
            click.echo("- " + spoken().phrase(phrase), err=True)
        steps = [(step.seconds, step.do, step.why) for step in test.plan.steps]
        sources = [Guided(live_source(adapter, "", False, "", None), steps)]
    library = wanted.library()
    plan = SweepPlan(ble_seconds=test.plan.seconds)
    with wanted.kept(f"{kind}-test", library) as sinks:
        title = spoken().phrase(test.plan.title)
        collected, outcome = run(
            sources, library, plan=plan, sinks=sinks, title=title, guided=[test], known=known
        )
    for phrase in test.result.told if test.result is not None else ():
        click.echo(spoken().phrase(phrase), err=True)
    wanted.give(collected, library, outcome)
    code = exit_code(collected, outcome)
    complete = test.result is not None and test.result.complete
    return cli.NOT_HEARD if code == cli.OK and not complete else code


class Guided:
    """A live source, and the steps told as their times come; they do not wait for anything to be heard."""

    def __init__(self, source: Source, steps: list[tuple[float, Phrase, Phrase]]) -> None:
        self._source = source
        self._steps = steps

    @property
    def info(self) -> SourceInfo:
        return self._source.info

    async def records(self, plan: SweepPlan) -> AsyncGenerator[Record, None]:
        """The source's records, unchanged."""
        telling = asyncio.create_task(self._tell())
        stream = self._source.records(plan)
        try:
            async with aclosing(stream):
                async for record in stream:
                    yield record
        finally:
            telling.cancel()
            with suppress(asyncio.CancelledError):
                await telling

    async def _tell(self) -> None:
        for seconds, do, why in self._steps:
            text = f"{spoken().phrase(do)} {spoken().phrase(why)}"
            click.echo(f"{spoken().duration(seconds)}  {text}", err=True)
            await asyncio.sleep(seconds)


@ble.command(help=_("Walk towards a device by the strength of its adverts."))
@click.argument("address", metavar="AA:BB:CC:DD:EE:FF")
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), default=600.0, show_default=True)
@click.option("--adapter", default="", metavar="hci0", help=_("The adapter."))
@click.option("--recording", metavar="FILE", help=_("A recording instead of an adapter."))
@click.option("--sound", is_flag=True, help=_("Ring the terminal's bell, faster as the signal grows."))
@click.option("--json", "json_out", metavar="-", help=_("One JSON object a line."))
def locate(
    address: str, seconds: float, adapter: str, recording: str | None, sound: bool, json_out: str | None
) -> int:
    """One line that renews itself, or one JSON object a reading."""
    if recording is not None:
        from sweeper.radio.replay import open_recordings

        sources, refused = open_recordings([recording])
        if refused:
            raise refused[0]
    else:
        sources = [live_source(adapter, "", False, "", None)]
    walk = Walk(address, as_json=json_out is not None, sound=sound)
    plan = SweepPlan(ble_seconds=seconds)
    _collected, outcome = run(sources, load_library(()), plan=plan, sinks=[walk], title=_("Locating"))
    for line in outcome.unheard:
        warn(line)
    if not walk.readings:
        warn(_("It was not heard: {address}").format(address=address))
    return cli.OK if walk.readings else cli.NOT_HEARD


class Walk:
    """The sink that shows each reading of one device: the level, its trend, and how far it may be."""

    def __init__(self, subject: str, *, as_json: bool, sound: bool) -> None:
        from sweeper.detectors.ble_walk import BleWalk

        self.readings = 0
        self._walk = BleWalk(subject)
        self._as_json = as_json
        self._sound = sound
        self._rang_s = 0.0

    def __call__(self, record: Record) -> None:
        if isinstance(record, Status):
            warn(record.said or record.detail)
        for shown in self._walk.feed(record):
            self.readings += 1
            self._show(shown)

    def _show(self, shown: WalkReading) -> None:
        reading, far = shown.reading, shown.distance
        if self._as_json:
            line = {
                "time_s": round(reading.time_s, 2),
                "address": shown.address,
                "level_db": round(reading.smooth_db, 1),
                "share": round(reading.share, 3),
                "trend": reading.trend,
                "nearest_m": round(far.nearest_m, 1),
                "likely_m": round(far.likely_m, 1),
                "farthest_m": None if far.farthest_m is None else round(far.farthest_m, 1),
                "curve_measured": shown.measured,
            }
            click.echo(json.dumps(line))
            return
        arrow = {1: "▲", 0: "■", -1: "▼"}[reading.trend]
        filled = round(reading.share * BAR)
        most = _("farther") if far.farthest_m is None else spoken().quantity(far.farthest_m, "m", 1)
        band = f"{spoken().quantity(far.nearest_m, 'm', 1)} – {most}" + ("" if shown.measured else " ?")
        bar = "█" * filled + "·" * (BAR - filled)
        level = spoken().quantity(reading.smooth_db, "dBm", 1)
        click.echo(f"\r{level:>10} {arrow} {bar} {band:20}", nl=False)
        if self._sound and reading.time_s - self._rang_s >= 1 / reading.ticks_hz:
            self._rang_s = reading.time_s
            click.echo("\a", nl=False, err=True)


@ble.command(help=_("Ask a tracker to ring. This is the one thing that is sent, and only now."))
@click.argument("address", metavar="AA:BB:CC:DD:EE:FF")
@click.option("--adapter", metavar="hci0", help=_("The adapter."))
@click.option("--json", "json_out", metavar="-", help=_("Print a JSON document."))
def ring(address: str, adapter: str | None, json_out: str | None) -> int:
    """Exit code 0 if it agreed to sound, 3 if not."""
    from sweeper.radio import ble_ring

    rung = asyncio.run(ble_ring.ring(address, adapter))
    if json_out is not None:
        made = {
            "outcome": rung.outcome.value,
            "way": rung.way,
            "told": spoken().phrase(rung.told),
            "next": [spoken().phrase(phrase) for phrase in rung.next],
        }
        click.echo(msgspec.json.encode(made).decode())
    else:
        click.echo(spoken().phrase(rung.told))
        for phrase in rung.next:
            click.echo("- " + spoken().phrase(phrase))
    return cli.OK if rung.outcome is ble_ring.Outcome.SOUNDS else cli.NOT_HEARD
