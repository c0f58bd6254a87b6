"""``sweeper ble``: listen to Bluetooth now, walk towards a device, ask a tracker to ring."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from pathlib import Path

import click
import msgspec

from sweeper import cli
from sweeper.cli.job import job_option, kept, who_option
from sweeper.cli.options import json_option, load_library, signatures_option, warn
from sweeper.cli.output import give
from sweeper.cli.run import exit_code, run
from sweeper.cli.tune import show
from sweeper.cli.words import _, spoken
from sweeper.plan import SweepPlan
from sweeper.records import AdvertisementBatch, Place, Status


@click.group(help=_("Bluetooth: scan, locate, ring."))
def ble() -> None:
    """A group."""


@ble.command(help=_("Listen to Bluetooth now: trackers, recorders, camera glasses."))
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), default=120.0, show_default=True)
@click.option("--adapter", default="", metavar="hci0", help=_("The adapter."))
@click.option("--passive", is_flag=True, help=_("Do not even ask devices for their names."))
@click.option("--place", default="", help=_("Where you are; with several places followers show."))
@click.option("--report", metavar="FILE", help=_("Write the HTML report there."))
@json_option
@signatures_option
@job_option
@who_option
def scan(
    seconds: float,
    adapter: str,
    passive: bool,
    place: str,
    report: str | None,
    json_out: str | None,
    folders: tuple[Path, ...],
    job_folder: Path | None,
    who: str,
) -> int:
    """Exit code 3 where the adapter could not listen."""
    from sweeper.radio import ble as radio

    library = load_library(folders)
    rest = ",".join(word for word in (adapter, "passive" if passive else "") if word)
    source = radio.source(rest, (lambda: Place(name=place)) if place else None)
    plan = SweepPlan(ble_seconds=seconds)
    with kept(job_folder, who, "ble") as sinks:
        collected, outcome = run([source], library, plan=plan, sinks=sinks, title=_("Listening to Bluetooth"))
    for line in outcome.unheard:
        warn(line)
    give(collected, library, json_out=json_out, report=report)
    return exit_code(collected, outcome)


@ble.command(help=_("Walk towards a device by the strength of its adverts."))
@click.argument("address", metavar="AA:BB:CC:DD:EE:FF")
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), default=600.0, show_default=True)
@click.option("--adapter", default="", metavar="hci0", help=_("The adapter."))
@click.option("--json", "json_out", metavar="-", help=_("One JSON object a line."))
def locate(address: str, seconds: float, adapter: str, json_out: str | None) -> int:
    """One line that renews itself, or one JSON object a reading."""
    from sweeper.dsp.locate import Locator
    from sweeper.radio import ble as radio

    locator = Locator()
    wanted = address.casefold()

    async def walk() -> None:
        stream = radio.source(adapter).records(SweepPlan(ble_seconds=seconds))
        async with aclosing(stream):
            async for record in stream:
                if isinstance(record, Status):
                    warn(record.detail)
                if not isinstance(record, AdvertisementBatch):
                    continue
                for advert in record.adverts:
                    if advert.address.casefold() == wanted and advert.rssi_dbm is not None:
                        reading = locator.feed(advert.time_s, float(advert.rssi_dbm))
                        as_json = json_out is not None
                        show(advert.time_s, reading.smooth_db, reading.share, reading.trend, "dBm", as_json)

    with suppress(KeyboardInterrupt):
        asyncio.run(walk())
    return cli.OK


@ble.command(help=_("Ask a tracker to ring. This is the one thing that is sent, and only now."))
@click.argument("address", metavar="AA:BB:CC:DD:EE:FF")
@click.option("--adapter", metavar="hci0", help=_("The adapter."))
@click.option("--json", "json_out", metavar="-", help=_("Print a JSON document."))
def ring(address: str, adapter: str | None, json_out: str | None) -> int:
    """Exit code 0 if it agreed to sound, 3 if not."""
    from sweeper.radio import ble_ring

    rung = asyncio.run(ble_ring.ring(address, adapter))
    if json_out is not None:
        made = {"outcome": rung.outcome.value, "way": rung.way, "told": spoken().phrase(rung.told)}
        click.echo(msgspec.json.encode(made).decode())
    else:
        click.echo(spoken().phrase(rung.told))
    return cli.OK if rung.outcome is ble_ring.Outcome.SOUNDS else cli.NOT_HEARD
