"""A virtual dongle playing a scene written in the test, and a hard limit on every run."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest

from sweeper.plan import Band, SweepPlan
from sweeper.radio import Source
from sweeper.records import Closed, IqBlock, Opened, Record, Status
from tests.virtual_dongle.build import build, compiler

T = TypeVar("T")
LIMIT_S = 300.0
"""Only so that a hang ends."""


def scene(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> Path:
    """Make the virtual dongle play ``text``; the folder that holds its library."""
    if compiler() is None:
        pytest.skip("no C compiler: the virtual dongle cannot be built")
    path = folder / "scene.txt"
    path.write_text(text, encoding="ascii")
    library = build()
    monkeypatch.setenv("VDONGLE_SCENE", str(path))
    monkeypatch.setenv("SWEEPER_LIBRTLSDR", str(library))
    return library.parent


def limited(work: Coroutine[Any, Any, T], limit_s: float = LIMIT_S) -> T:
    """Run a coroutine; a hang is a failure."""

    async def bounded() -> T:
        return await asyncio.wait_for(work, limit_s)

    return asyncio.run(bounded())


def heard(source: Source, plan: SweepPlan, limit_s: float = LIMIT_S) -> list[Record]:
    """Everything that a source yields."""

    async def collect() -> list[Record]:
        return [record async for record in source.records(plan)]

    return limited(collect(), limit_s)


def plan_of(*mhz: tuple[float, float], **more: Any) -> SweepPlan:
    """A plan of ranges in megahertz."""
    return SweepPlan(bands=tuple(Band(low * 1e6, high * 1e6) for low, high in mhz), **more)


def blocks(records: list[Record]) -> list[IqBlock]:
    return [record for record in records if isinstance(record, IqBlock)]


def states(records: list[Record]) -> list[Status]:
    return [record for record in records if isinstance(record, Status)]


def opened(records: list[Record]) -> Opened:
    (first,) = [record for record in records if isinstance(record, Opened)]
    return first


def closed(records: list[Record]) -> Closed:
    assert isinstance(records[-1], Closed)
    return records[-1]


def covered(records: list[Record]) -> list[tuple[float, float]]:
    """The usable spans that were heard."""
    spans = []
    for block in blocks(records):
        assert block.usable_hz is not None
        spans.append((block.center_hz - block.usable_hz / 2, block.center_hz + block.usable_hz / 2))
    return sorted(spans)


def gaps(spans: list[tuple[float, float]], low: float, high: float) -> list[tuple[float, float]]:
    """What of ``low`` to ``high`` no span covers."""
    found, reached = [], low
    for start, stop in sorted(spans):
        if start > reached + 1.0:
            found.append((reached, min(start, high)))
        reached = max(reached, stop)
        if reached >= high:
            break
    if reached < high:
        found.append((reached, high))
    return [gap for gap in found if gap[0] < high]


def peak_hz(block: IqBlock) -> tuple[float, float]:
    """Where the strongest bin of a block stands, and how many decibels over the median bin."""
    power = np.abs(np.fft.fft(block.samples * np.hanning(len(block.samples)))) ** 2
    at = int(np.argmax(power))
    offset = np.fft.fftfreq(len(power), 1 / block.rate_hz)[at]
    return block.center_hz + offset, 10 * float(np.log10(power[at] / np.median(power)))


@contextmanager
def rtl_tcp(folder: Path) -> Iterator[int]:
    """The real rtl_tcp of the distribution on the virtual dongle; its port."""
    program = shutil.which("rtl_tcp")
    if program is None:
        pytest.skip("no rtl_tcp on this machine (apt install rtl-sdr)")
    port = free_port()
    server = subprocess.Popen(
        [program, "-p", str(port)],
        env={**os.environ, "LD_LIBRARY_PATH": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        end_s = time.monotonic() + 60
        while not _listens(port):  # connecting to look would use up its one client
            assert server.poll() is None
            assert time.monotonic() < end_s, "rtl_tcp does not listen"
            time.sleep(0.02)
        yield port
    finally:
        server.kill()
        server.wait()


def _listens(port: int) -> bool:
    """Whether somebody waits for connections there, as the kernel's table has it."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(row[1].endswith(f":{port:04X}") and row[3] == "0A" for row in rows)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def children() -> set[int]:
    """Processes that this one has started and that live, by their ids."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(parent) == os.getpid() and state != "Z":
            found.add(int(stat.parent.name))
    return found
