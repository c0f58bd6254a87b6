"""``sweeper listen`` and ``sweeper locate``: one frequency, by ear or by level."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import click
import numpy as np

from sweeper import cli
from sweeper.cli.options import Frequency, warn
from sweeper.cli.words import _
from sweeper.dsp.demod import AUDIO_HZ, Mode
from sweeper.records import Status

BAR = 40
FULL_SCALE = 32_767


def _source(function: Any) -> Any:
    for option in (
        click.option("--ppm", type=click.FloatRange(-300, 300), default=0.0, help=_("Error of the crystal.")),
        click.option("--gain", type=float, metavar="DB", help=_("Receiver gain.")),
        click.option(
            "--width", type=Frequency(), default="12.5k", show_default=True, help=_("Channel width.")
        ),
        click.option("--source", "name", default="rtlsdr", show_default=True, help=_("The receiver.")),
    ):
        function = option(function)
    return function


@click.command(
    help=_(
        "Listen to one frequency. Sound goes to standard output as 16-bit mono at 48 kHz: "
        "sweeper listen 433.92M | aplay -f S16_LE -r 48000. Nothing is stored."
    )
)
@click.argument("frequency", type=Frequency())
@click.option("--mode", type=click.Choice([m.value for m in Mode]), default="nfm", help=_("Demodulation."))
@click.option("--squelch", type=float, metavar="DBFS", help=_("Silent below this level."))
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), help=_("Stop after this time."))
@_source
def listen(
    frequency: float,
    mode: str,
    squelch: float | None,
    seconds: float | None,
    name: str,
    width: float,
    gain: float | None,
    ppm: float,
) -> int:
    """Refuses to pour samples onto a terminal."""
    from sweeper.radio.inventory import receiver
    from sweeper.radio.listening import Target
    from sweeper.radio.listening import listen as hear

    if sys.stdout.isatty():
        raise click.UsageError(_("standard output is a terminal; send it to a player, as --help shows"))
    target = Target(frequency, width, gain, ppm)

    async def play() -> None:
        async for sound in hear(receiver(name), target, Mode(mode), squelch):
            if isinstance(sound, Status):
                warn(sound.detail)
                continue
            samples = np.clip(sound.audio * FULL_SCALE, -FULL_SCALE, FULL_SCALE).astype("<i2")
            sys.stdout.buffer.write(samples.tobytes())
            sys.stdout.buffer.flush()
            if seconds is not None and sound.time_s + len(sound.audio) / AUDIO_HZ >= seconds:
                return

    return _until_stopped(play())


@click.command(help=_("Walk towards a transmitter: its level, its trend, and how near on this walk's scale."))
@click.argument("frequency", type=Frequency())
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), help=_("Stop after this time."))
@click.option("--json", "json_out", metavar="-", help=_("One JSON object a line."))
@_source
def locate(
    frequency: float,
    seconds: float | None,
    json_out: str | None,
    name: str,
    width: float,
    gain: float | None,
    ppm: float,
) -> int:
    """One line that renews itself, or one JSON object a reading."""
    from sweeper.radio.inventory import receiver
    from sweeper.radio.listening import Target, follow

    target = Target(frequency, width, gain, ppm)

    async def walk() -> None:
        async for reading in follow(receiver(name), target):
            if isinstance(reading, Status):
                warn(reading.detail)
                continue
            show(
                reading.time_s, reading.smooth_db, reading.share, reading.trend, "dBFS", json_out is not None
            )
            if seconds is not None and reading.time_s >= seconds:
                return

    return _until_stopped(walk())


def show(time_s: float, level_db: float, share: float, trend: int, unit: str, as_json: bool) -> None:
    """One reading."""
    if as_json:
        line = {"time_s": round(time_s, 2), "level_db": round(level_db, 1), "share": round(share, 3)}
        click.echo(json.dumps({**line, "trend": trend}))
        return
    arrow = {1: "▲", 0: "■", -1: "▼"}[trend]
    filled = round(share * BAR)
    click.echo(f"\r{level_db:7.1f} {unit} {arrow} {'█' * filled}{'·' * (BAR - filled)}", nl=False)


def _until_stopped(work: Coroutine[Any, Any, None]) -> int:
    """Run until it ends or the user has had enough."""
    with suppress(KeyboardInterrupt):
        asyncio.run(work)
    return cli.OK
