"""``sweeper listen`` and ``sweeper locate``: one frequency, by ear or by level."""

from __future__ import annotations

import asyncio
import json
import math
import sys
import wave
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

import click
import numpy as np

from sweeper import cli
from sweeper.cli.options import Frequency, warn
from sweeper.cli.show import written
from sweeper.cli.words import _, spoken, status_line
from sweeper.dsp.demod import AUDIO_HZ, Mode
from sweeper.dsp.locate import Locator
from sweeper.errors import InputError
from sweeper.records import State, Status
from sweeper.text import say

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
@click.option("--volume", type=click.FloatRange(0, 10), default=1.0, show_default=True, help=_("Loudness."))
@click.option("--save", metavar="FILE", help=_("Also keep the sound as a WAV file: mind the law."))
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), help=_("Stop after this time."))
@click.option(
    "--json",
    "json_out",
    metavar="FILE",
    help=_("Write the level as one JSON object a line; - for standard output, in place of the sound."),
)
@_source
def listen(
    frequency: float,
    mode: str,
    squelch: float | None,
    volume: float,
    save: str | None,
    seconds: float | None,
    json_out: str | None,
    name: str,
    width: float,
    gain: float | None,
    ppm: float,
) -> int:
    """Refuses to pour samples onto a terminal; exit code 3 where the receiver went away for good."""
    from sweeper.radio.inventory import receiver
    from sweeper.radio.listening import Target
    from sweeper.radio.listening import listen as hear

    pours = not sys.stdout.isatty() and json_out != "-"
    if not pours and save is None and json_out is None:
        raise click.UsageError(_("standard output is a terminal; send it to a player, as --help shows"))
    target = Target(frequency, width, gain, ppm)
    kept = _saved(save)
    levels = Levels(_opened(json_out), squelch)

    async def play() -> bool:
        lost = False
        async for sound in hear(receiver(name), target, Mode(mode), squelch, lambda: volume):
            if isinstance(sound, Status):
                warn(status_line(sound))
                lost = sound.state is State.FAILED
                continue
            levels.heard(sound.time_s, sound.level_dbfs, sound.gap)
            samples = np.clip(sound.audio * FULL_SCALE, -FULL_SCALE, FULL_SCALE).astype("<i2")
            if kept is not None:
                kept.writeframes(samples.tobytes())
            if pours:
                _pour(samples.tobytes())
            if seconds is not None and sound.time_s + len(sound.audio) / AUDIO_HZ >= seconds:
                break
        return lost

    try:
        return _until_stopped(play())
    finally:
        levels.close()
        if kept is not None:
            kept.close()
            written(str(save))


def _saved(path: str | None) -> wave.Wave_write | None:
    """A WAV file for the sound, and the warning that goes with it."""
    if path is None:
        return None
    warn(
        _(
            "what is heard is kept in {path}. Recording what people say without their consent is a crime in "
            "many countries; keep it only if you may."
        ).format(path=path)
    )
    try:
        file = wave.open(path, "wb")  # noqa: SIM115  (closed by who listens)
    except OSError as error:
        raise InputError(path, say("cannot be written: {error}", error=error.strerror)) from None
    file.setnchannels(1)
    file.setsampwidth(2)
    file.setframerate(AUDIO_HZ)
    return file


class Levels:
    """The channel's level while listening: JSON lines, and where standard error is a terminal, a line that
    renews itself, for without it nobody knows where to set the squelch."""

    EVERY_S = 0.25

    def __init__(self, file: TextIO | None, squelch_dbfs: float | None) -> None:
        self._file, self._squelch = file, squelch_dbfs
        self._next_s = 0.0

    def heard(self, time_s: float, level_dbfs: float, gap: bool) -> None:
        """One piece of sound; lines come four times a second."""
        if time_s < self._next_s:
            return
        self._next_s = time_s + self.EVERY_S
        opened = self._squelch is None or level_dbfs >= self._squelch
        if self._file is not None:
            line = {"time_s": round(time_s, 2), "level_db": round(level_dbfs, 1), "open": opened, "lost": gap}
            click.echo(json.dumps(line), file=self._file)
        elif sys.stderr.isatty():
            level = spoken().quantity(level_dbfs, "dBFS", 1)
            click.echo(f"\r{level:>11} {'♪' if opened else '·'}", nl=False, err=True)

    def close(self) -> None:
        """Ends the file, where it is one."""
        if self._file is not None and self._file is not sys.stdout:
            self._file.close()


def _opened(path: str | None) -> TextIO | None:
    if path is None or path == "-":
        return sys.stdout if path else None
    try:
        return Path(path).open("w", encoding="utf-8")
    except OSError as error:
        raise InputError(path, say("cannot be written: {error}", error=error.strerror)) from None


def _pour(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


class Tone:
    """The sound of a level: ticks whose pitch and rate rise towards the transmitter; 16-bit mono, 48 kHz."""

    TICK_S = 0.03

    def __init__(self) -> None:
        self._time_s = 0.0
        self._next_s = 0.0

    def until(self, time_s: float, pitch_hz: float, ticks_hz: float) -> bytes:
        """The piece from where the last one ended to ``time_s``."""
        count = max(0, round((time_s - self._time_s) * AUDIO_HZ))
        at = self._time_s + np.arange(count) / AUDIO_HZ
        sound = np.zeros(count)
        while self._next_s < time_s:
            inside = (at >= self._next_s) & (at < self._next_s + self.TICK_S)
            since = at[inside] - self._next_s
            sound[inside] = np.sin(2 * np.pi * pitch_hz * since) * np.sin(np.pi * since / self.TICK_S)
            self._next_s += 1 / ticks_hz
        self._time_s += count / AUDIO_HZ
        return bytes((0.8 * FULL_SCALE * sound).astype("<i2").tobytes())


@click.command(help=_("Walk towards a transmitter: its level, its trend, and how near on this walk's scale."))
@click.argument("frequency", type=Frequency())
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), help=_("Stop after this time."))
@click.option("--weakest", type=float, metavar="DBFS", help=_("The level far away: the scale's lower end."))
@click.option("--strongest", type=float, metavar="DBFS", help=_("The level at the place: its upper end."))
@click.option("--tone", is_flag=True, help=_("Ticks on standard output, as 'listen' gives sound."))
@click.option("--json", "json_out", metavar="-", help=_("One JSON object a line."))
@_source
def locate(
    frequency: float,
    seconds: float | None,
    weakest: float | None,
    strongest: float | None,
    tone: bool,
    json_out: str | None,
    name: str,
    width: float,
    gain: float | None,
    ppm: float,
) -> int:
    """One line that renews itself, or one JSON object a reading; exit code 3 where the receiver was lost."""
    from sweeper.radio.inventory import receiver
    from sweeper.radio.listening import Target, follow

    if tone and (sys.stdout.isatty() or json_out is not None):
        raise click.UsageError(_("standard output is a terminal; send it to a player, as --help shows"))
    target = Target(frequency, width, gain, ppm)
    locator, ticks = Locator(), Tone()
    locator.weakest_db = math.inf if weakest is None else weakest
    locator.strongest_db = -math.inf if strongest is None else strongest

    async def walk() -> bool:
        lost = False
        async for reading in follow(receiver(name), target, locator):
            if isinstance(reading, Status):
                warn(status_line(reading))
                lost = reading.state is State.FAILED
                continue
            if tone:
                _pour(ticks.until(reading.time_s, reading.pitch_hz, reading.ticks_hz))
            show(
                reading.time_s,
                reading.smooth_db,
                reading.share,
                reading.trend,
                "dBFS",
                json_out is not None,
                to_error=tone,
            )
            if seconds is not None and reading.time_s >= seconds:
                break
        return lost

    return _until_stopped(walk())


def show(
    time_s: float,
    level_db: float,
    share: float,
    trend: int,
    unit: str,
    as_json: bool,
    *,
    to_error: bool = False,
) -> None:
    """One reading."""
    if as_json:
        line = {"time_s": round(time_s, 2), "level_db": round(level_db, 1), "share": round(share, 3)}
        click.echo(json.dumps({**line, "trend": trend}))
        return
    arrow = {1: "▲", 0: "■", -1: "▼"}[trend]
    filled = round(share * BAR)
    level = spoken().quantity(level_db, unit, 1)
    click.echo(f"\r{level:>11} {arrow} {'█' * filled}{'·' * (BAR - filled)}", nl=False, err=to_error)


def _until_stopped(work: Coroutine[Any, Any, bool]) -> int:
    """Run until it ends or the user has had enough; ``work`` says whether the receiver was lost."""
    with suppress(KeyboardInterrupt):
        return cli.NOT_HEARD if asyncio.run(work) else cli.OK
    return cli.OK
