"""``sweeper calibrate`` and ``sweeper sound-test``: the crystal from base stations, a bug by its answer."""

from __future__ import annotations

import asyncio
import io
import json
import math
import shutil
import tempfile
import wave
from asyncio.subprocess import DEVNULL
from typing import Any

import click
import numpy as np

from sweeper import cli
from sweeper.cli.options import Frequency
from sweeper.cli.words import _
from sweeper.dsp.demod import Audio, Mode
from sweeper.errors import SweeperError

PLAYERS = (
    ("pw-play",),
    ("paplay",),
    ("aplay", "-q"),
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "quiet"),
)
"""Programs that play the WAV file named to them; one of them is part of every Linux desktop."""

ANSWERS = 1e-4
"""p-value below which an emission counts as having answered: one false answer in ten thousand tests."""


@click.command(help=_("Measure the error of the receiver's crystal from GSM base stations, for --ppm."))
@click.option("--source", "name", default="rtlsdr", show_default=True, help=_("The receiver."))
@click.option("--gain", type=float, metavar="DB", help=_("Receiver gain."))
@click.option("--json", "json_out", metavar="-", help=_("Print a JSON document."))
def calibrate(name: str, gain: float | None, json_out: str | None) -> int:
    """Takes some seconds; exit code 3 where no base station was heard."""
    from sweeper.radio.calibrate import calibrate as measure
    from sweeper.radio.inventory import receiver

    found = asyncio.run(measure(receiver(name), gain))
    if json_out is not None:
        known = {"ppm": None} if found is None else {"ppm": round(found.ppm, 2), "stations": found.used}
        click.echo(json.dumps(known))
    elif found is None:
        click.echo(_("No GSM base station was heard: the error stays unknown."))
    else:
        line = _("The crystal is off by {ppm} ppm ({stations} base stations): use --ppm {ppm}")
        click.echo(line.format(ppm=f"{found.ppm:.1f}", stations=found.used))
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

    command = _player()
    target = Target(frequency, gain_db=gain, ppm=ppm)

    async def play(sound: Audio, rate_hz: float) -> None:
        with tempfile.NamedTemporaryFile(suffix=".wav") as file:
            file.write(wav(sound, rate_hz))
            file.flush()
            process = await asyncio.create_subprocess_exec(
                *command, file.name, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
            )
            if await process.wait():
                raise SweeperError(_("{program} could not play the sound").format(program=command[0]))

    answer = asyncio.run(test(receiver(name), target, Mode(mode), play, seconds))
    answered = answer.p < ANSWERS
    if json_out is not None:
        made: dict[str, Any] = {
            "answered": answered,
            "p": answer.p,
            "correlation": round(answer.correlation, 4),
            "delay_s": round(answer.delay_s, 3),
            "by": answer.by,
        }
        click.echo(json.dumps(made))
        return cli.FINDINGS if answered else cli.OK
    chance = f"10^{math.floor(math.log10(answer.p))}" if 0 < answer.p < ANSWERS else f"{answer.p:.2g}"
    if answered:
        line = _("It answers: the emission carries the sound of this room, {ms} ms late (p about {p}).")
    else:
        line = _("No answer (p {p}). A digital, scrambled or voice-activated transmitter may stay silent.")
    click.echo(line.format(ms=round(1e3 * answer.delay_s), p=chance))
    return cli.FINDINGS if answered else cli.OK


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
