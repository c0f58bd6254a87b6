"""Stage: known sensors named by ``rtl_433``, where that program is installed.

Weather stations, tyre sensors, door bells and meters fill the short-range bands; ``rtl_433`` knows hundreds
of their protocols. Recorded samples are handed to it as a program of its own, on its standard input, in
stretches of bounded size and time; it opens no receiver and sends nothing. Of what it answers only the
model's name and kind are kept, no reading and no number. An emission with such a packet in one of its bursts
gets ``sensor`` (the model), ``sensor_by`` (the program and its version, since another version may know
others) and, where the protocol has one, ``sensor_type``. ``SWEEPER_RTL_433`` names another program file, or
is ``off``.

Only recordings are asked: a sweep's looks are shorter than a sensor's packet. What is faster than ``MOST_HZ``
or lies in bands without such sensors is left out.

    samples ─> 16 bit I, Q ─> rtl_433 -r cs16:- -F json ─> {"time": "@0.051840s", "model": "Hyundai-VDO", …}
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

import msgspec
import numpy as np

from sweeper.detectors import Setup
from sweeper.records import Closed, Emission, IqBlock, Medium, Opened, Record, State, Status

SETTING = "SWEEPER_RTL_433"

BANDS_HZ = ((300e6, 960e6),)
"""Where the sensors that it knows send: 315, 345, 433, 868 and 915 MHz. An unknown centre is asked too."""

LEAST_HZ, MOST_HZ = 200e3, 3.2e6
"""Sample rates that it is made for."""

STRETCH = 1 << 23
"""Samples handed over at once (34 s at 250 kS/s, 32 MB); a packet across a cut is heard in the overlap."""

OVERLAP_S = 0.3
QUIETEST = 0.01
"""A recording whose peak is below is scaled up, as one above full scale is scaled down."""

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


@dataclass
class _Listening:
    """One recording: samples not handed over yet, packets and emissions so far."""

    rate_hz: float = 0.0
    center_hz: float = 0.0
    start_s: float = 0.0
    parts: list[np.ndarray] = field(default_factory=list)
    count: int = 0
    packets: set[Packet] = field(default_factory=set)
    emissions: dict[str, Emission] = field(default_factory=dict)
    failed: str = ""


class Sensors:
    """The stage. Emissions are told again, named, when their recording ends."""

    name = "rf-sensors"
    accepts: tuple[type[Record], ...] = (Opened, IqBlock, Emission, Closed)

    def __init__(self, program: str | None) -> None:
        self._program = program
        self._version = ""
        self._sources: dict[str, _Listening] = {}

    def feed(self, record: Record, /) -> Iterable[Record]:
        if isinstance(record, Opened):
            if record.medium is Medium.RF and not record.live and self._program:
                self._sources[record.source] = _Listening()
            return
        one = self._sources.get(record.source)
        if one is None:
            return
        if isinstance(record, IqBlock):
            self._take(one, record)
        elif isinstance(record, Emission):
            one.emissions[record.id] = record
        elif isinstance(record, Closed):
            yield from self._close(record, one)

    def finish(self) -> Iterable[Record]:
        self._sources.clear()
        return ()

    def _take(self, one: _Listening, block: IqBlock) -> None:
        if (
            one.failed
            or block.channel
            or not LEAST_HZ <= block.rate_hz <= MOST_HZ
            or not _banded(block.center_hz)
        ):
            return
        if block.first_sample == 0 or (block.rate_hz, block.center_hz) != (one.rate_hz, one.center_hz):
            self._hand_over(one)
            one.parts, one.count = [], 0
            one.rate_hz, one.center_hz, one.start_s = block.rate_hz, block.center_hz, block.time_s
        one.parts.append(block.samples)
        one.count += len(block.samples)
        if one.count >= STRETCH:
            self._hand_over(one)
            kept = one.parts[0][-int(OVERLAP_S * one.rate_hz) :].copy()
            one.start_s += (one.count - len(kept)) / one.rate_hz
            one.parts, one.count = [kept], len(kept)

    def _hand_over(self, one: _Listening) -> None:
        """Asks the program what is in the samples at hand."""
        if not one.count or one.failed or not self._program:
            return
        one.parts = [np.concatenate(one.parts)]
        try:
            lines = _answer(self._program, one.parts[0], one.rate_hz, one.center_hz)
        except (OSError, subprocess.SubprocessError) as error:
            one.failed = f"{self._program}: {error}"
            return
        for packet in map(packet_of, lines):
            if packet is not None:
                one.packets.add(packet._replace(time_s=round(packet.time_s + one.start_s, 6)))

    def _close(self, closed: Closed, one: _Listening) -> Iterable[Record]:
        self._hand_over(one)
        del self._sources[closed.source]
        if one.failed:
            yield Status(
                source=closed.source,
                time_s=closed.time_s,
                subject=self.name,
                state=State.DEGRADED,
                detail=f"known sensors were not named: {one.failed}",
            )
        if one.packets and not self._version:
            self._version = _version(str(self._program))
        for emission in sorted(one.emissions.values(), key=lambda e: e.id):
            named = name_of(emission, one.packets)
            if named is not None:
                features = {**emission.features, "sensor": named.model, "sensor_by": self._version}
                if named.type:
                    features["sensor_type"] = named.type
                yield msgspec.structs.replace(emission, features=features)


def _banded(center_hz: float) -> bool:
    return not center_hz or any(low <= center_hz <= high for low, high in BANDS_HZ)


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


def _answer(program: str, samples: np.ndarray, rate_hz: float, center_hz: float) -> list[str]:
    """The program's lines for a stretch of samples, scaled so that their peak just fits."""
    parts = np.ascontiguousarray(samples, np.complex64).view(np.float32)
    peak = float(max(parts.max(initial=0.0), -parts.min(initial=0.0)))
    full = 1.0 if QUIETEST < peak <= 1.0 else max(peak, 1e-30)
    scaled = parts * (32000 / full)
    np.round(scaled, out=scaled)
    command = [program, "-s", str(round(rate_hz)), "-f", str(round(center_hz)), "-r", "cs16:-"]
    return _run([*command, "-F", "json", "-M", "level"], scaled.astype("<i2").tobytes())


def _run(command: list[str], given: bytes = b"") -> list[str]:
    """The lines that the program answers, in a fixed language and time zone; it gets no terminal."""
    with _held(given) as held:
        done = subprocess.run(  # noqa: S603 -- the user's own rtl_433, arguments made here
            command,
            stdin=held,
            input=given if held is None else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE_S,
            check=False,
            env={**os.environ, "TZ": "UTC", "LC_ALL": "C"},
        )
    return done.stdout.decode("utf-8", "replace").splitlines()


@contextmanager
def _held(given: bytes) -> Iterator[BinaryIO | None]:
    """A file in memory that holds ``given``, read from its beginning; ``None`` where the system has none.

    Through a pipe the samples go in pieces of 4 kB, which costs more than making them. Nothing is written to
    a disk either way.
    """
    if not hasattr(os, "memfd_create"):
        yield None
        return
    with open(os.memfd_create("samples"), "w+b") as file:
        file.write(given)
        file.seek(0)
        yield file


def _version(program: str) -> str:
    """Name and version as the program tells them."""
    try:
        lines = _run([program, "-V"])
    except (OSError, subprocess.SubprocessError):
        return "rtl_433"
    found = re.search(r"rtl_433 version (\S{1,20})", "\n".join(lines))
    return f"rtl_433 {found[1]}" if found else "rtl_433"


def program_file() -> str | None:
    """The program to ask: the setting's or the one on the path; ``None`` where there is none or it is off."""
    setting = os.environ.get(SETTING, "")
    return None if setting.lower() == "off" else shutil.which(setting or "rtl_433")


def stage(setup: Setup) -> Sensors:
    """The factory that ``sweeper.detectors.BUILTIN`` names."""
    return Sensors(program_file())
