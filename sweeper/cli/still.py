"""``sweeper still PATH --save FILE``: one picture of an analogue camera, from a recording, on request."""

from __future__ import annotations

import asyncio
import struct
import zlib
from contextlib import aclosing
from pathlib import Path

import click
import numpy as np

from sweeper import cli
from sweeper.cli.options import Frequency, warn
from sweeper.cli.show import written
from sweeper.cli.words import _
from sweeper.dsp.channel import Spectrum
from sweeper.dsp.spectrum import Complex
from sweeper.dsp.video_still import Picture, still
from sweeper.errors import InputError
from sweeper.plan import SweepPlan
from sweeper.radio import Source
from sweeper.records import IqBlock
from sweeper.text import say

SECONDS = 0.1
"""Two frames and a bit, wherever they begin."""


@click.command(
    "still",
    help=_(
        "Save one still picture of an analogue camera from an IQ recording: to see which room it looks at. "
        "This shows content; the rest of the program never does."
    ),
)
@click.argument("path", metavar="PATH", type=click.Path())
@click.option("--save", required=True, metavar="FILE", help=_("Write the picture there (PNG)."))
@click.option("--frequency", type=Frequency(), help=_("The camera's frequency (the recording's centre)."))
@click.option("--width", type=Frequency(), default="16M", show_default=True, help=_("Channel width."))
@click.option("--at", type=click.FloatRange(min=0), default=0.0, help=_("Seconds from the start."))
@click.option("--format", "format_", metavar="NAME", help=_("Read as this format, whatever it looks like."))
@click.option("--rate", type=Frequency(), help=_("Sample rate, as 2.4M."))
@click.option("--center", type=Frequency(), help=_("Centre frequency, as 433.92M."))
def still_picture(
    path: str,
    save: str,
    frequency: float | None,
    width: float,
    at: float,
    format_: str | None,
    rate: float | None,
    center: float | None,
) -> int:
    """Read a tenth of a second, demodulate it, and write the picture that is in it."""
    from sweeper.radio.replay import open_recordings

    opened, refused = open_recordings([path], format_name=format_, rate_hz=rate, center_hz=center)
    if refused or not opened:
        raise refused[0] if refused else InputError(path, say("no recording"))
    samples, rate_hz, center_hz = asyncio.run(_stretch(opened[0], at))
    if rate_hz <= 0:
        raise InputError(path, say("no samples of a signal from {at:g} s on", at=at))
    offset = frequency - center_hz if frequency is not None else 0.0
    if abs(offset) > rate_hz / 2:
        raise InputError(
            path, say("{frequency:.0f} Hz is outside what was recorded", frequency=frequency or 0)
        )
    if offset or width < rate_hz:
        cut = Spectrum(samples, rate_hz).cut(offset, min(width, rate_hz), 1.5)
        samples, rate_hz = cut.samples, cut.rate_hz
    found = still(samples, rate_hz)
    if found is None:
        warn(_("{path}: no analogue picture was found there").format(path=path))
        return cli.NOT_HEARD
    warn(
        _(
            "the picture is kept in {path}. What a camera shows may be private: keep it only if you may, and "
            "only as evidence."
        ).format(path=save)
    )
    try:
        Path(save).write_bytes(png(found.picture))
    except OSError as error:
        raise InputError(save, say("cannot be written: {error}", error=error.strerror)) from None
    written(save)
    return cli.OK


async def _stretch(source: Source, at_s: float) -> tuple[Complex, float, float]:
    """``SECONDS`` of samples from ``at_s`` on, their rate and centre; a rate of 0 where there are none."""
    parts: list[Complex] = []
    count, rate_hz, center_hz = 0, 0.0, 0.0
    async with aclosing(source.records(SweepPlan())) as records:
        async for record in records:
            if not isinstance(record, IqBlock) or record.channel:
                continue
            skipped = max(0, round((at_s - record.time_s) * record.rate_hz))
            if skipped >= len(record.samples):
                continue
            if parts and (record.rate_hz, record.center_hz) != (rate_hz, center_hz):
                break
            rate_hz, center_hz = record.rate_hz, record.center_hz
            parts.append(record.samples[skipped:])
            count += len(parts[-1])
            if count >= SECONDS * rate_hz:
                break
    samples = np.concatenate(parts)[: int(SECONDS * rate_hz)] if parts else np.zeros(0, np.complex64)
    return samples, rate_hz, center_hz


def png(picture: Picture) -> bytes:
    """A grey picture as a PNG file (ISO/IEC 15948): header, compressed rows, end."""
    height, width = picture.shape
    rows = b"".join(b"\0" + row.tobytes() for row in picture)
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    chunks = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
