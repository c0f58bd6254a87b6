"""Proof: ``sound-test``, ``traffic-test`` and ``harmonic-test``; and ``calibrate``, the crystal's error."""

from __future__ import annotations

import asyncio
import io
import json
import math
import shutil
import tempfile
import wave
from asyncio.subprocess import DEVNULL
from contextlib import suppress
from typing import Any

import click
import msgspec
import numpy as np

from sweeper import cli
from sweeper.cli.options import Frequency, warn
from sweeper.cli.words import _, spoken, status_line
from sweeper.dsp.demod import Audio, Mode
from sweeper.errors import SweeperError
from sweeper.radio.proof import Play
from sweeper.records import State

PLAYERS = (
    ("pw-play",),
    ("paplay",),
    ("aplay", "-q"),
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "quiet"),
)
"""Programs that play the WAV file named to them; one of them is part of every Linux desktop."""

FOLLOWS = 0.005
"""The same for traffic, where a test of two minutes reaches 5e-4 at best."""

ANSWERS = 1e-4
"""p-value below which an emission counts as having answered: one false answer in ten thousand tests."""


LEAST_TOLD = 1e-12
"""No smaller p is told: beyond it stand chances that no test knows, and 0 would be none at all."""


@click.command(
    help=_(
        "Measure the error of the receiver's crystal, for --ppm: from GSM base stations or a known carrier."
    )
)
@click.option("--source", "name", default="rtlsdr", show_default=True, help=_("The receiver."))
@click.option("--gain", type=float, metavar="DB", help=_("Receiver gain."))
@click.option("--carrier", type=Frequency(), help=_("A carrier whose frequency is known, as 162.4M."))
@click.option("--json", "json_out", metavar="-", help=_("Print a JSON document."))
def calibrate(name: str, gain: float | None, carrier: float | None, json_out: str | None) -> int:
    """Takes some seconds; exit code 3 where nothing to measure by was heard."""
    from sweeper.radio.calibrate import calibrate as by_stations
    from sweeper.radio.calibrate import calibrate_on
    from sweeper.radio.inventory import receiver

    make = receiver(name)
    found = asyncio.run(by_stations(make, gain) if carrier is None else calibrate_on(make, carrier, gain))
    if json_out is not None:
        known: dict[str, Any] = {"ppm": None}
        if found is not None:
            known = {"ppm": round(found.ppm, 2), "spread_ppm": round(found.spread_ppm, 2)}
            known["stations" if carrier is None else "looks"] = found.used
        click.echo(json.dumps(known))
    elif found is None and carrier is None:
        click.echo(_("No GSM base station was heard: the error stays unknown."))
    elif found is None:
        click.echo(_("No steady carrier was heard there: the error stays unknown."))
    elif carrier is None:
        line = _("The crystal is off by {ppm} ppm ({stations} base stations): use --ppm {ppm}")
        click.echo(line.format(ppm=f"{found.ppm:.1f}", stations=found.used))
    else:
        click.echo(_("The crystal is off by {ppm} ppm: use --ppm {ppm}").format(ppm=f"{found.ppm:.2f}"))
    return cli.OK if found is not None else cli.NOT_HEARD


@click.command(
    "sound-test",
    help=_("Play a coded sound in the room and see whether one emission carries it. Nothing is stored."),
)
@click.argument("frequency", type=Frequency())
@click.option("--mode", type=click.Choice([m.value for m in Mode]), default="nfm", help=_("Demodulation."))
@click.option(
    "--seconds", type=click.FloatRange(3, 120), default=10.0, show_default=True, help=_("How long.")
)
@click.option("--source", "name", default="rtlsdr", show_default=True, help=_("The receiver."))
@click.option("--gain", type=float, metavar="DB", help=_("Receiver gain."))
@click.option("--ppm", type=click.FloatRange(-300, 300), default=0.0, help=_("Error of the crystal."))
@click.option("--json", "json_out", metavar="-", help=_("Print a JSON document."))
def sound_test(
    frequency: float,
    mode: str,
    seconds: float,
    name: str,
    gain: float | None,
    ppm: float,
    json_out: str | None,
) -> int:
    """Exit code 1 where the emission answered."""
    from sweeper.radio.inventory import receiver
    from sweeper.radio.listening import Target
    from sweeper.radio.proof import sound_test as test

    play = _play(_player())
    target = Target(frequency, gain_db=gain, ppm=ppm)
    answer = asyncio.run(test(receiver(name), target, Mode(mode), play, seconds))
    answered = answer.p < ANSWERS
    if json_out is not None:
        made: dict[str, Any] = {
            "answered": answered,
            "p": max(answer.p, LEAST_TOLD),
            "correlation": round(answer.correlation, 4),
            "delay_s": round(answer.delay_s, 3),
            "by": answer.by,
        }
        click.echo(json.dumps(made))
        return cli.FINDINGS if answered else cli.OK
    p = max(answer.p, LEAST_TOLD)
    chance = f"10^{math.floor(math.log10(p))}" if p < ANSWERS else _short(p)
    if answered:
        line = _("It answers: the emission carries the sound of this room, {ms} ms late (p about {p}).")
    else:
        line = _("No answer (p {p}). A digital, scrambled or voice-activated transmitter may stay silent.")
    click.echo(line.format(ms=round(1e3 * answer.delay_s), p=chance))
    return cli.FINDINGS if answered else cli.OK


@click.command(
    "traffic-test",
    help=_(
        "Play a sound in periods drawn by lot and see whether a digital or voice-activated emission sends "
        "more in them. Nothing is demodulated or stored."
    ),
)
@click.argument("frequency", type=Frequency())
@click.option("--width", type=Frequency(), default="25k", show_default=True, help=_("Channel width."))
@click.option("--periods", type=click.IntRange(6, 200), default=20, show_default=True, help=_("How many."))
@click.option(
    "--period", type=click.FloatRange(0.5, 120), default=6.0, show_default=True, help=_("Seconds of each.")
)
@click.option("--source", "name", default="rtlsdr", show_default=True, help=_("The receiver."))
@click.option("--gain", type=float, metavar="DB", help=_("Receiver gain."))
@click.option("--ppm", type=click.FloatRange(-300, 300), default=0.0, help=_("Error of the crystal."))
@click.option("--json", "json_out", metavar="-", help=_("Print a JSON document."))
def traffic_test(
    frequency: float,
    width: float,
    periods: int,
    period: float,
    name: str,
    gain: float | None,
    ppm: float,
    json_out: str | None,
) -> int:
    """Exit code 1 where the emission followed the sound."""
    from sweeper.radio.inventory import receiver
    from sweeper.radio.listening import Target
    from sweeper.radio.proof import traffic_sound_test as test

    target = Target(frequency, width, gain, ppm)
    answer = asyncio.run(test(receiver(name), target, _play(_player()), periods, period))
    followed = answer.p < FOLLOWS and answer.ratio > 1
    if json_out is not None:
        ratio = answer.ratio if math.isfinite(answer.ratio) else None
        made = {"answered": followed, "p": answer.p, "by": answer.by, "ratio": ratio, "lag_s": answer.lag_s}
        click.echo(json.dumps({**made, "periods": answer.periods}))
        return cli.FINDINGS if followed else cli.OK
    way = {
        "bursts": _("number of bursts"),
        "on_s": _("time on the air"),
        "energy": _("energy sent"),
        "width": _("bandwidth"),
    }[answer.by]
    if followed:
        line = _("It follows the sound: {way} {ratio} times as much with sound as without (p about {p}).")
    else:
        line = _(
            "It does not follow the sound (p {p}, by its {way}). One that sends all the time may still hear."
        )
    click.echo(line.format(way=way, ratio=f"{answer.ratio:.1f}", p=f"{answer.p:.2g}"))
    return cli.FINDINGS if followed else cli.OK


@click.command(
    "harmonic-test",
    help=_("See what stands at 2f, 3f, f/2 and f/3 of an emission: harmonics are heard from near by only."),
)
@click.argument("frequency", type=Frequency())
@click.option("--width", type=Frequency(), default="12.5k", show_default=True, help=_("Channel width."))
@click.option("--source", "name", default="rtlsdr", show_default=True, help=_("The receiver."))
@click.option("--gain", type=float, metavar="DB", help=_("Receiver gain."))
@click.option("--ppm", type=click.FloatRange(-300, 300), default=0.0, help=_("Error of the crystal."))
@click.option("--json", "json_out", metavar="-", help=_("Print a JSON document."))
def harmonic_test(
    frequency: float, width: float, name: str, gain: float | None, ppm: float, json_out: str | None
) -> int:
    """Exit code 1 where harmonics were found, 3 where nothing was heard at the frequency."""
    from sweeper.harmonic_test import harmonic_test as test
    from sweeper.radio.inventory import open_source

    answer = asyncio.run(test(open_source(name), frequency, width, gain, ppm))
    for status in answer.statuses:
        if status.state in (State.DEGRADED, State.FAILED):
            warn(status_line(status))
    rows = [msgspec.to_builtins(one) for one in answer.found]
    code = cli.NOT_HEARD if answer.fundamental is None else cli.FINDINGS if rows else cli.OK
    if json_out is not None:
        center_hz = answer.fundamental.center_hz if answer.fundamental is not None else None
        click.echo(json.dumps({"center_hz": center_hz, "heard_at": answer.heard, "harmonics": rows}))
        return code
    if answer.fundamental is None:
        click.echo(_("Nothing was heard at this frequency."))
    elif not answer.found:
        places = ", ".join(f"{_short(multiple, 3)}f" for multiple in answer.heard)
        click.echo(_("No harmonic was found (listened at {places}).").format(places=places))
    for one in answer.found:
        line = _("{multiple}f: {mhz} MHz, {db} dB weaker; by chance with p {p}")
        mhz = spoken().number(one.center_hz / 1e6, 4)
        click.echo(
            line.format(multiple=_short(one.multiple, 3), mhz=mhz, db=round(one.below_db), p=_short(one.p))
        )
    return code


def _play(command: tuple[str, ...]) -> Play:
    """What plays a sound with that program; cancelled, it falls silent."""

    async def play(sound: Audio, rate_hz: float) -> None:
        with tempfile.NamedTemporaryFile(suffix=".wav") as file:
            file.write(wav(sound, rate_hz))
            file.flush()
            process = await asyncio.create_subprocess_exec(
                *command, file.name, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
            )
            try:
                failed = await process.wait()
            except asyncio.CancelledError:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
                raise
            if failed:
                raise SweeperError(_("{program} could not play the sound").format(program=command[0]))

    return play


def wav(sound: Audio, rate_hz: float) -> bytes:
    """A sound of full scale 1.0 as a 16-bit mono WAV file."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(round(rate_hz))
        out.writeframes((np.clip(sound, -1, 1) * 32_767).astype("<i2").tobytes())
    return buffer.getvalue()


def _player() -> tuple[str, ...]:
    for program, *arguments in PLAYERS:
        path = shutil.which(program)
        if path is not None:
            return (path, *arguments)
    raise SweeperError(_("no program to play sound: install alsa-utils (aplay) or pulseaudio-utils (paplay)"))


def _short(value: float, figures: int = 2) -> str:
    """So many figures that matter, with the language's own mark of decimals."""
    text = f"{value:.{figures}g}"
    return text if spoken().code == "en" else text.replace(".", ",")
