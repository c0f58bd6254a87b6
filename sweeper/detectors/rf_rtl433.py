"""The program ``rtl_433`` as a child: samples on its standard input, the packets that it knows back.

It opens no receiver, sends nothing and reads no configuration of its user's (``-c 0``: that may name a broker
to send to). Of what it answers only the model's name and kind are kept, no reading and no number.
``SWEEPER_RTL_433`` names another program file, or is ``off``.

    samples ─> 16 bit I, Q ─> rtl_433 -c 0 -r cs16:- -F json ─> {"time": "@0.05s", "model": "Hyundai-VDO", …}
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from sweeper.records import Emission

SETTING = "SWEEPER_RTL_433"

BANDS_HZ = ((300e6, 960e6),)
"""Where the sensors that it knows send: 315, 345, 433, 868 and 915 MHz. An unknown centre is asked too."""

QUIETEST = 0.01
"""A recording whose peak is below is scaled up, as one above full scale is scaled down."""

PIECE = 1 << 16
"""Values that are scaled at once: they stay in the processor's cache."""

PATIENCE_S = 60.0
"""How long one stretch may take; it needs about a second on a slow machine."""

KEYED = ("ook", "fsk", "psk", "unknown", "noise-like", "carrier")
"""Kinds that such a sensor's burst may have been given."""

NEAR_S = 0.01
"""The program tells a packet's beginning or some of its preamble later."""

NEAR_HZ = 60e3


class Packet(NamedTuple):
    """One packet that was decoded: when it began, where (``None`` if not told), of which model."""

    time_s: float
    center_hz: float | None
    model: str
    type: str


def banded(center_hz: float) -> bool:
    """Whether such sensors send there."""
    return not center_hz or any(low <= center_hz <= high for low, high in BANDS_HZ)


def named(emission: Emission, packet: Packet, program: str) -> Emission:
    """The emission with the sensor's model, who said so, and its type where the protocol has one."""
    features = {**emission.features, "sensor": packet.model, "sensor_by": program}
    if packet.type:
        features["sensor_type"] = packet.type
    return msgspec.structs.replace(emission, features=features)


def name_of(emission: Emission, packets: Iterable[Packet]) -> Packet | None:
    """The packet that came in one of the emission's bursts; of the model heard most often."""
    if emission.kind not in KEYED:
        return None
    inside: dict[tuple[str, str], list[Packet]] = {}
    for packet in packets:
        for burst in emission.bursts:
            begun = burst.start_s - NEAR_S <= packet.time_s <= burst.start_s + burst.duration_s + NEAR_S
            apart = 0.0 if packet.center_hz is None else abs(packet.center_hz - burst.center_hz)
            if begun and apart <= max(NEAR_HZ, emission.width_hz):
                inside.setdefault((packet.model, packet.type), []).append(packet)
                break
    if not inside:
        return None
    best = min(inside, key=lambda k: (-len(inside[k]), k))
    return min(inside[best])


def packet_of(line: str) -> Packet | None:
    """One line of the program's answer; ``None`` for what is no packet."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict) or not isinstance(said.get("model"), str):
        return None
    at = re.fullmatch(r"@(\d{1,9}(?:\.\d{1,9})?)s", str(said.get("time", "")))
    if at is None:
        return None
    tones = [said[key] for key in ("freq", "freq1", "freq2") if isinstance(said.get(key), int | float)]
    center = 1e6 * sum(tones) / len(tones) if tones and min(tones) > 0 else None
    kind = said.get("type")
    return Packet(float(at[1]), center, said["model"][:80], kind[:40] if isinstance(kind, str) else "")


def answer(
    program: str,
    samples: Sequence[np.ndarray],
    rate_hz: float,
    center_hz: float,
    *,
    scaled: bool = False,
    patience_s: float = PATIENCE_S,
) -> list[Packet]:
    """The packets in a stretch of samples, given in pieces that follow each other, scaled so that their peak
    just fits (``scaled``: fills the range).

    Raises ``OSError`` or ``subprocess.SubprocessError`` where the program cannot be run or takes too long.
    """
    parts = [np.ascontiguousarray(part, np.complex64).view(np.float32) for part in samples]
    peak = max((float(max(part.max(initial=0.0), -part.min(initial=0.0))) for part in parts), default=0.0)
    full = 1.0 if QUIETEST < peak <= 1.0 and not scaled else max(peak, 1e-30)
    command = [program, "-c", "0", "-s", str(round(rate_hz)), "-f", str(round(center_hz)), "-r", "cs16:-"]
    lines = _run([*command, "-F", "json", "-M", "level"], _scaled(parts, 32000 / full), patience_s)
    return [packet for line in lines if (packet := packet_of(line)) is not None]


def _scaled(parts: Sequence[npt.NDArray[np.float32]], times: float) -> Iterator[memoryview]:
    """The values scaled and rounded to 16 bits, piece by piece: all at once would take their room twice, and
    what fits a cache is made in a third of the time. Each piece stands where the one before it stood."""
    floats, numbers = np.empty(PIECE, np.float32), np.empty(PIECE, "<i2")
    for part in parts:
        for start in range(0, len(part), PIECE):
            count = min(PIECE, len(part) - start)
            made = np.multiply(part[start : start + count], np.float32(times), out=floats[:count])
            np.copyto(numbers[:count], np.rint(made, out=made), casting="unsafe")
            yield numbers[:count].data


def _run(
    command: list[str], given: Iterable[bytes | memoryview] = (), patience_s: float = PATIENCE_S
) -> list[str]:
    """The lines that the program answers, in a fixed language and time zone; it gets no terminal."""
    with _held(given) as held:
        done = subprocess.run(  # noqa: S603 -- the user's own rtl_433, arguments made here
            command,
            stdin=held,
            input=b"".join(map(bytes, given)) if held is None else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=patience_s,
            check=False,
            env={**os.environ, "TZ": "UTC", "LC_ALL": "C"},
        )
    return done.stdout.decode("utf-8", "replace").splitlines()


@contextmanager
def _held(given: Iterable[bytes | memoryview]) -> Iterator[BinaryIO | None]:
    """A file in memory that holds ``given``, read from its beginning; ``None`` where the system has none.

    Through a pipe the samples go in pieces of 4 kB, which costs more than making them. Nothing is written to
    a disk either way.
    """
    if not hasattr(os, "memfd_create"):
        yield None
        return
    with open(os.memfd_create("samples"), "w+b") as file:
        file.writelines(given)
        file.seek(0)
        yield file


def version_of(program: str) -> str:
    """Name and version as the program tells them."""
    try:
        lines = _run([program, "-V"])
    except (OSError, subprocess.SubprocessError):
        return "rtl_433"
    found = re.search(r"rtl_433 version (\S{1,20})", "\n".join(lines))
    return f"rtl_433 {found[1]}" if found else "rtl_433"


def program_file() -> str | None:
    """The program to ask: the setting's or the one on the path; ``None`` where there is none or it is off."""
    return None if switched_off() else shutil.which(os.environ.get(SETTING) or "rtl_433")


def switched_off() -> bool:
    """Whether the user wants no such program to be asked."""
    return os.environ.get(SETTING, "").lower() == "off"
