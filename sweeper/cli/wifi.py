"""``sweeper wifi``: listen to Wi-Fi now, walk towards a device, and ask which stream films this room."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import numpy as np

from sweeper import cli, wifi_reference
from sweeper.cli.options import load_library, warn
from sweeper.cli.run import exit_code, run
from sweeper.cli.show import written
from sweeper.cli.tune import show
from sweeper.cli.wanted import Wanted, wanted_options
from sweeper.cli.words import _, spoken
from sweeper.detectors.wifi_frames import Air
from sweeper.dsp.film_test import Plan
from sweeper.dsp.locate import Locator
from sweeper.errors import Unavailable
from sweeper.plan import SweepPlan
from sweeper.radio import Source
from sweeper.records import Device, FrameBatch, Place, Record
from sweeper.report.collect import Collector
from sweeper.session import Outcome, Sink
from sweeper.text import Words, say

if TYPE_CHECKING:
    from sweeper.detectors.wifi_film_test import FilmTest

F = TypeVar("F", bound=Callable[..., Any])

FIND_S = 15.0
"""Once around the channels of 2.4 and 5 GHz, at the dwell that a scan uses."""

SPARE_S = 2.0
"""Listened to beyond the film test's own length: the first frames take a moment to come."""


@click.group(help=_("Wi-Fi: scan, locate, film test."))
def wifi() -> None:
    """A group."""


def heard_options(function: F) -> F:
    """What is listened to: an adapter, its lesser look, or a recording."""
    for option in (
        click.option("--recording", metavar="FILE", help=_("A capture instead of an adapter.")),
        click.option(
            "--managed",
            is_flag=True,
            help=_("The lesser look, without monitor mode: access points that announce themselves, no more."),
        ),
        click.option(
            "--seconds", type=click.FloatRange(min=0, min_open=True), default=120.0, show_default=True
        ),
        click.option("--interface", default="", metavar="wlan0", help=_("The adapter; or helper,wlan0.")),
    ):
        function = option(function)
    return function


@wifi.command(help=_("Listen to Wi-Fi now, in monitor mode: cameras, networks, floods."))
@heard_options
@click.option(
    "--reference",
    "references",
    multiple=True,
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help=_("What was there before: look-alikes, changes and newcomers are told. Repeatable."),
)
@click.option("--place", default="", help=_("Where you are; known devices belong to places."))
@wanted_options
def scan(
    interface: str,
    seconds: float,
    managed: bool,
    recording: str | None,
    references: tuple[Path, ...],
    place: str,
    wanted: Wanted,
) -> int:
    """Exit code 3 where the adapter could not listen, or only access points were listed."""
    from sweeper.detectors.wifi_difference import WifiDifference
    from sweeper.radio import wifi_managed

    library = wanted.library()
    known = wanted.known(live=recording is None)
    then = wifi_reference.merged(map(wifi_reference.load, references))
    here = Place(name=place) if place else None

    def listen(sources: Sequence[Source], sinks: Sequence[Sink]) -> tuple[Collector, Outcome]:
        guided = [WifiDifference(then)] if references else []
        return run(
            sources, library, plan=SweepPlan(wifi_seconds=seconds), sinks=sinks, guided=guided,
            known=known, here=here, title=_("Listening to Wi-Fi"),
        )  # fmt: skip

    with wanted.kept("wifi", library) as sinks:
        collected, outcome = listen(_heard(interface, managed, recording), sinks)
        may_offer = not managed and recording is None and bool(outcome.unheard)
        if may_offer and _offered(interface, outcome.unheard):
            collected, outcome = listen([wifi_managed.source(interface)], sinks)
    if then.taken_utc_s is not None and recording is None:
        hours = (time.time() - then.taken_utc_s) / 3600
        click.echo(spoken().phrase(say("The reference is {hours:.1f} hours old.", hours=hours)), err=True)
    wanted.give(collected, library, outcome)
    code = exit_code(collected, outcome)
    lesser = any(row.look for row in collected.coverage)
    return cli.NOT_HEARD if code == cli.OK and lesser else code


@wifi.command(
    help=_(
        "Keep who is on Wi-Fi here and now, to hold a later sweep against it. It holds addresses and names "
        "of other people's networks: it stays on this computer."
    )
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@heard_options
@click.option("--place", default="", help=_("Where it is taken."))
def reference(
    file: Path, interface: str, seconds: float, managed: bool, recording: str | None, place: str
) -> int:
    """Exit code 3 where nothing was heard; then nothing is written."""
    sources = _heard(interface, managed, recording)
    plan = SweepPlan(wifi_seconds=seconds)
    collected, outcome = run(sources, load_library(()), plan=plan, title=_("Listening to Wi-Fi"))
    for line in (*outcome.unheard, *outcome.unreadable):
        warn(line)
    began = [one.start_utc_s for one in collected.opened.values() if one.start_utc_s is not None]
    made = wifi_reference.reference_of(collected.devices, place, min(began, default=None))
    if not made.devices:
        warn(_("Nobody was heard: there is nothing to keep."))
        return cli.UNREADABLE if outcome.unreadable else cli.NOT_HEARD
    wifi_reference.save(made, file)
    written(str(file))
    return cli.OK


def _heard(interface: str, managed: bool, recording: str | None) -> list[Source]:
    """The sources that the options name."""
    from sweeper.radio import wifi as radio
    from sweeper.radio import wifi_managed
    from sweeper.radio.replay import open_recordings

    if recording is not None:
        sources, refused = open_recordings([recording])
        if refused:
            raise refused[0]
        return list(sources)
    return [wifi_managed.source(interface) if managed else radio.source(interface)]


def _offered(interface: str, why: Sequence[Words]) -> bool:
    """Where frames cannot be captured: offer the lesser look if there is one; whether the user wants it."""
    from sweeper.radio import wifi_managed

    try:
        wifi_managed.lister(interface)
    except Unavailable:
        return False
    for line in why:
        warn(line)
    if sys.stdin.isatty():
        return click.confirm(_("List the access points instead? That is the lesser look."), err=True)
    warn(_("'sweeper wifi scan --managed' lists access points without monitor mode: the lesser look."))
    return False


class Walk:
    """The sink behind ``locate``: a reading for each look at one device's frames."""

    def __init__(self, address: str, as_json: bool) -> None:
        self._wanted = int(address.replace(":", ""), 16)
        self._as_json = as_json
        self._locator = Locator()
        self._air = Air()

    def __call__(self, record: Record) -> None:
        table = self._air.take(record) if isinstance(record, FrameBatch) else None
        if table is None or not isinstance(record, FrameBatch):
            return
        mine = table.ok & (table.transmitter == self._wanted) & (table.signal_dbm < 0)
        if not mine.any():
            return
        time_s = float(np.asarray(record.times_s)[mine][-1])
        reading = self._locator.feed(time_s, float(np.median(table.signal_dbm[mine])))
        show(time_s, reading.smooth_db, reading.share, reading.trend, "dBm", self._as_json)


@wifi.command(
    help=_(
        "Which stream films this room? Keep still, move about, keep still, 15 seconds each: a camera that "
        "sees you sends more while you move."
    )
)
@click.option("--interface", default="", metavar="wlan0", help=_("The adapter; channel behind @."))
@click.option("--light", is_flag=True, help=_("Switch the light by a code instead of moving."))
@click.option("--recording", type=click.Path(), help=_("A capture of the test instead of an adapter."))
@click.option(
    "--start", type=float, default=0.0, help=_("Where in the recording the test began, in seconds.")
)
@click.option("--picture", metavar="FILE.svg", help=_("Draw each stream's course there."))
@click.option("--json", "json_out", metavar="-", help=_("Print a JSON document."))
def filmtest(
    interface: str,
    light: bool,
    recording: str | None,
    start: float,
    picture: str | None,
    json_out: str | None,
) -> int:
    """Exit code 1 if a stream films this room."""
    from sweeper.detectors.wifi_film_test import FilmTest
    from sweeper.dsp.film_test import STILL_MOVE_STILL, Verdict, light_code

    test = FilmTest(light_code() if light else STILL_MOVE_STILL, start)
    sources = _heard(interface if recording else _locked(interface, _sent_up), False, recording)
    plan = SweepPlan(wifi_seconds=test.plan[-1].stop_s + SPARE_S)
    sinks = [Guide(test.plan, light)] if recording is None else []
    _collected, outcome = run(
        sources, load_library(()), plan=plan, sinks=sinks, guided=[test], title=_("Film test")
    )
    for line in outcome.unheard:
        warn(line)
    _show_test(test, picture, light, as_json=json_out is not None)
    if any(result.verdict is Verdict.FILMS for result in test.results.values()):
        return cli.FINDINGS
    return cli.OK if test.results and not outcome.unheard else cli.NOT_HEARD


def _locked(interface: str, score: Callable[[Device], int]) -> str:
    """The adapter on the channel whose devices score most: what follows cannot hop. Listens once around."""
    from sweeper.radio import wifi as radio

    source = radio.source(interface)
    adapter = Path("/sys/class/net") / source.interface
    if source.locked_mhz or interface.startswith("helper") or not (adapter / "phy80211").exists():
        return interface
    click.echo(_("Looking for the channel."), err=True)
    collected, outcome = run([source], load_library(()), plan=SweepPlan(wifi_seconds=FIND_S))
    sums: dict[int, int] = {}
    for device in collected.devices:
        freq = device.facts.get("wifi.freq_mhz")
        if isinstance(freq, int) and score(device):
            sums[freq] = sums.get(freq, 0) + score(device)
    if not sums or outcome.unheard:
        return interface
    best = max(sums, key=lambda freq: (sums[freq], -freq))
    click.echo(_("Listening on {mhz} MHz.").format(mhz=best), err=True)
    return f"{source.interface}@{best}"


def _sent_up(device: Device) -> int:
    """Bytes that a station sent to its network."""
    up = device.facts.get("wifi.up_bytes")
    return up if isinstance(up, int) else 0


def _show_test(test: FilmTest, picture: str | None, light: bool, *, as_json: bool) -> None:
    """Each stream's verdict, with the numbers and the course behind it."""
    from sweeper.cli.output import put
    from sweeper.detectors.wifi_film_test import VERDICTS
    from sweeper.report import film_picture

    named = sorted(test.results.items())
    told = [(identity, test.addresses[identity], result) for identity, result in named]
    rows = [
        {
            "id": identity,
            "address": address,
            "verdict": result.verdict.value,
            "p_value": round(result.p_value, 5),
            "ratio": round(result.ratio, 3),
            "lag_s": result.lag_s,
            "kbps": [round(value, 1) for value in result.kbps.tolist()],
            "active_s": [[phase.start_s, phase.stop_s] for phase in result.plan if phase.active],
        }
        for identity, address, result in told
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    for _identity, address, result in told if not as_json else ():
        word = spoken().phrase(VERDICTS[result.verdict])
        p, ratio = spoken().number(result.p_value, 4), spoken().number(result.ratio, 2)
        click.echo(f"{address}  {word}  (p = {p}, × {ratio})")
        for line in film_picture.blocks(result):
            click.echo(f"  {line}")
    if picture is not None and told:
        active = _("light on") if light else _("somebody moves")
        shown = [(address, spoken().phrase(VERDICTS[one.verdict]), one) for _identity, address, one in told]
        put(film_picture.svg(shown, active), picture)
        written(picture)
    if not rows:
        warn(_("No stream was heard: there was nothing to test."))


class Guide:
    """The sink that tells the user, by the capture's own clock, when to keep still and when to move."""

    def __init__(self, plan: Plan, light: bool = False) -> None:
        self._phases = list(plan)
        self._light = light

    def __call__(self, record: Record) -> None:
        while isinstance(record, FrameBatch) and self._phases and record.time_s >= self._phases[0].start_s:
            phase = self._phases.pop(0)
            n = phase.stop_s - phase.start_s
            still = say("Keep still now, {n:.0f} seconds.", n=n)
            move = say("Move about now, {n:.0f} seconds.", n=n)
            if self._light:
                still = say("Light off now, {n:.1f} seconds.", n=n)
                move = say("Light on now, {n:.1f} seconds.", n=n)
            click.echo(spoken().phrase(move if phase.active else still), err=True)


class HardwareAddress(click.ParamType[str]):
    """``AA:BB:CC:DD:EE:FF``."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not re.fullmatch(r"[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}", str(value)):
            self.fail(_("{value!r} is no address; write AA:BB:CC:DD:EE:FF").format(value=value), param, ctx)
        return str(value).replace("-", ":").casefold()


@wifi.command(help=_("Walk towards a device by the strength of its frames."))
@click.argument("address", metavar="AA:BB:CC:DD:EE:FF", type=HardwareAddress())
@click.option("--interface", default="", metavar="wlan0", help=_("The adapter; channel behind @."))
@click.option("--recording", metavar="FILE", help=_("A capture instead of an adapter."))
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), default=600.0, show_default=True)
@click.option("--json", "json_out", metavar="-", help=_("One JSON object a line."))
def locate(address: str, interface: str, recording: str | None, seconds: float, json_out: str | None) -> int:
    """One line that renews itself, or one JSON object a reading."""

    def sought(device: Device) -> int:
        return device.sightings if device.address == address else 0

    where = interface if recording else _locked(interface, sought)
    walk, plan = Walk(address, json_out is not None), SweepPlan(wifi_seconds=seconds)
    _collected, outcome = run(_heard(where, False, recording), load_library(()), plan=plan, sinks=[walk])
    for line in outcome.unheard:
        warn(line)
    return cli.NOT_HEARD if outcome.unheard else cli.OK
