"""``sweeper sensor`` listens in a room and sends what it hears; ``sweeper console`` collects it."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from platformdirs import user_state_path
from rich.console import Console
from rich.table import Table

from sweeper import cli
from sweeper.cli.options import load_library, signatures_option, warn, warn_of_clock
from sweeper.cli.output import put
from sweeper.cli.planning import Range, made_plan
from sweeper.cli.run import exit_code, run
from sweeper.cli.watch import PASSES
from sweeper.cli.words import _, ngettext, spoken
from sweeper.errors import SweeperError
from sweeper.labels import mark
from sweeper.plan import PRESETS, Band, Mode
from sweeper.records import Level
from sweeper.text import safe_text

if TYPE_CHECKING:
    from sweeper.fleet.link import Broker
    from sweeper.fleet.rooms import Room

F = TypeVar("F", bound=Callable[..., Any])
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
SHOW_S = 5.0
PURGE_S = 86_400.0
"""A console runs for months: terms end while it does, not only at its start."""
LINKS = {"up": mark("listening"), "ended": mark("ended"), "lost": mark("no word from it")}


def broker_options(function: F) -> F:
    """Where the broker is and how it knows us."""
    for option in (
        click.option("--ca", type=FILE, metavar="FILE", help=_("Certificates to trust; else the system's.")),
        click.option("--password-file", type=FILE, metavar="FILE", help=_("The password, on one line.")),
        click.option("--user", default="", help=_("The name under which the broker knows us.")),
        click.option("--broker", "url", required=True, metavar="mqtts://HOST", help=_("The MQTT broker.")),
    ):
        function = option(function)
    return function


@click.command(
    help=_(
        "Listen in a room and send what was heard to a console, by MQTT. What cannot be sent waits on disk. "
        "Samples, sound and packets never leave the sensor."
    )
)
@click.option("--name", required=True, help=_("The room's name on the console."))
@click.option("--source", "names", multiple=True, metavar="NAME", help=_("As 'sweeper sources' prints it."))
@click.option("--range", "ranges", multiple=True, type=Range(), help=_("A range, as 430M:440M; repeatable."))
@click.option(
    "--preset", type=click.Choice(list(PRESETS)), help=_("The ranges of a car, a flat, an office, or all.")
)
@click.option(
    "--gain", type=float, metavar="DB", help=_("Receiver gain (chosen by a short test by default).")
)
@click.option(
    "--ppm", type=click.FloatRange(-300, 300), default=0.0, help=_("Error of the receiver's crystal.")
)
@click.option(
    "--replay", "recordings", multiple=True, type=click.Path(), help=_("Send a recording's findings instead.")
)
@click.option(
    "--spool",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help=_("Where unsent records wait."),
)
@click.option(
    "--hours", type=click.FloatRange(min=0, min_open=True), help=_("How long; until Ctrl-C by default.")
)
@broker_options
@signatures_option
def sensor(
    name: str,
    names: tuple[str, ...],
    ranges: tuple[Band, ...],
    preset: str | None,
    gain: float | None,
    ppm: float,
    recordings: tuple[str, ...],
    spool: Path | None,
    hours: float | None,
    url: str,
    user: str,
    password_file: Path | None,
    ca: Path | None,
    folders: tuple[Path, ...],
) -> int:
    """Listen until told to stop; what the broker did not take is told and sent by the next run."""
    from sweeper.fleet import link, wire
    from sweeper.fleet.feed import Feed
    from sweeper.fleet.publisher import Publisher
    from sweeper.fleet.spool import Spool
    from sweeper.radio.inventory import open_source
    from sweeper.radio.replay import open_recordings

    if not wire.allowed(name):
        raise SweeperError(
            _("{name!r} cannot be a room's name: up to 64 signs without / + # $").format(name=name)
        )
    to = link.broker(url, user=user, password_file=password_file, ca=ca)
    library = load_library(folders)
    plan = made_plan(ranges, preset, Mode.BURST_SAFE.value, PASSES, gain, ppm)
    if recordings:
        sources, refused = open_recordings(recordings)
        for error in refused:
            warn(error)
    else:
        sources, refused = [open_source(source, plan) for source in names or ("rtlsdr",)], []
    warn_of_clock()
    kept = Spool(spool or user_state_path("sweeper") / "sensor" / name)
    feed = Feed(kept)
    publisher = Publisher(kept, name, to, _once(warn))
    publisher.start()
    try:
        seconds = None if hours is None else hours * 3600
        collected, outcome = run(
            sources, library, plan=plan, sinks=[feed], title=_("Listening"), seconds=seconds
        )
    finally:
        feed.flush()
        publisher.stop()
        left, dropped = len(kept), kept.dropped
        kept.close()
    for line in outcome.unheard:
        warn(line)
    if dropped:
        warn(_("{count} readings were dropped: the spool was full").format(count=dropped))
    if left:
        warn(_("{count} records wait in the spool for the next run").format(count=left))
    return exit_code(collected, outcome, unreadable=bool(refused))


@click.command(
    help=_(
        "Collect what sensors heard. Rows older than the term are deleted for good. With a plan, a page "
        "shows all rooms on it."
    )
)
@click.option(
    "--store",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help=_("SQLite file."),
)
@click.option(
    "--plan", "plan_file", type=FILE, metavar="FILE", help=_("TOML file: picture and places of rooms.")
)
@click.option(
    "--page",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help=_("Write the rooms there as HTML."),
)
@click.option(
    "--keep-days",
    type=click.FloatRange(min=0.01),
    default=30.0,
    show_default=True,
    help=_("Term of the rows."),
)
@click.option("--seconds", type=click.FloatRange(min=0), help=_("How long; until Ctrl-C by default."))
@broker_options
def console(
    store: Path,
    plan_file: Path | None,
    page: Path | None,
    keep_days: float,
    seconds: float | None,
    url: str,
    user: str,
    password_file: Path | None,
    ca: Path | None,
) -> int:
    """Collect until told to stop; the exit code is that of the gravest finding in the store."""
    from sweeper.fleet import link
    from sweeper.fleet import page as pages
    from sweeper.fleet.rooms import Rooms
    from sweeper.fleet.subscriber import Subscriber

    plan = pages.load(plan_file) if plan_file is not None else None
    to: Broker = link.broker(url, user=user, password_file=password_file, ca=ca)
    rooms = Rooms(store)
    warn_of_clock()
    purged = time.monotonic() - PURGE_S
    subscriber = Subscriber(rooms, to)
    ended = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: ended.set())
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    subscriber.start()
    deadline = None if seconds is None else time.monotonic() + seconds
    while True:
        left = SHOW_S if deadline is None else min(SHOW_S, deadline - time.monotonic())
        if time.monotonic() - purged >= PURGE_S:
            rooms.purge(keep_days)
            purged = time.monotonic()
        ended.wait(max(0.0, left))
        known = rooms.all()
        if page is not None:
            put(pages.render(known, spoken(), time.time(), plan), str(page))
        for line in subscriber.complaints():
            warn(line)
        if ended.is_set() or (deadline is not None and time.monotonic() >= deadline):
            break
    subscriber.stop()
    known = rooms.all()
    rooms.close()
    _show(known)
    grave = any(room.level not in (None, Level.INFO) for room in known)
    return cli.FINDINGS if grave else cli.OK


def _show(rooms: list[Room]) -> None:
    table = Table(
        _("Room"), _("Link"), _("Attention"), _("Findings"), _("Devices"), _("On its disk"), box=None
    )
    for room in rooms:
        level = spoken().level(room.level) if room.level else _("nothing found")
        table.add_row(
            safe_text(room.sensor),
            _(LINKS.get(room.link, LINKS["lost"])),
            level,
            str(len(room.findings)),
            str(len(room.devices)),
            str(room.waiting),
        )
    Console().print(table)
    click.echo(ngettext("{count} room.", "{count} rooms.", len(rooms)).format(count=len(rooms)))


def _once(say: Callable[[str], None]) -> Callable[[str], None]:
    """``say`` without repetitions: a broker refuses every attempt with the same words."""
    said: set[str] = set()

    def tell(line: str) -> None:
        if line not in said:
            said.add(line)
            say(line)

    return tell
