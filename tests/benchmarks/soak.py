"""Soak: hours of input in one session; memory slope, open files and threads must be flat.

    python -m tests.benchmarks.soak [MINUTES] [SECONDS_A_SAMPLE] [rf|sweep|ble|wifi|mixed]

Not in ``make bench``. The air of ``soak_air.py`` is played as fast as it is analysed, which is as much as the
program can take in, for MINUTES of processor time. Memory is the resident set from ``/proc/self/statm`` after
a collection; the slope is a line through the second half. What a results document must hold grows with what
there was to hear (a device has one entry), so devices and emissions are told beside it.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import threading
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import numpy as np

from sweeper.plan import SweepPlan
from sweeper.radio import SourceInfo
from sweeper.records import Medium, Record
from sweeper.report.collect import Collector
from sweeper.session import Session, standard_stages
from sweeper.signatures import Library, builtin_folder
from tests.benchmarks.soak_air import AIRS, made

PAGE = os.sysconf("SC_PAGE_SIZE")


class Endless:
    """One kind of air for some seconds of processor time; ``heard_s`` is how much time on the air it was."""

    def __init__(self, name: str, seconds: float) -> None:
        self._name, self._seconds = name, seconds
        self.heard_s = 0.0
        medium = AIRS[name][0] if name in AIRS else Medium.RF
        self.info = SourceInfo("soak", medium, False)

    async def records(self, plan: SweepPlan) -> AsyncGenerator[Record, None]:
        until = time.process_time() + self._seconds
        async with aclosing(made(self._name, plan)) as records:
            async for record in records:
                self.heard_s = max(self.heard_s, record.time_s)
                yield record
                if time.process_time() > until:
                    return
                await asyncio.sleep(0)


def resident_mb() -> float:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 1e6


async def soak(name: str, minutes: float, every_s: float) -> list[tuple[float, float, int, int, float]]:
    """(seconds, resident MB, open files, threads, seconds on the air) at each look."""
    source, collected = Endless(name, minutes * 60), Collector()
    session = Session([source], standard_stages(Library.load(builtin_folder())), [collected])
    running = asyncio.create_task(session.run())
    began, looks = time.process_time(), []
    while not running.done():
        await asyncio.wait([running], timeout=every_s)
        files = len(os.listdir("/proc/self/fd"))
        threads = threading.active_count()
        looks.append((time.process_time() - began, resident_mb(), files, threads, source.heard_s))
        spent, memory, files, threads, heard = looks[-1]
        told = f"{files:3} files  {threads:2} threads  {heard / 3600:6.2f} h heard"
        held = f"{len(collected.devices)} devices  {len(collected.emissions)} emissions"
        print(f"{spent:7.0f} s  {memory:7.1f} MB  {told}  {held}", flush=True)
    await running
    return looks


def main() -> int:
    """Run, print the slope; exit code 1 where files or threads grew."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    every_s = float(sys.argv[2]) if len(sys.argv) > 2 else 30.0
    name = sys.argv[3] if len(sys.argv) > 3 else "mixed"
    looks = asyncio.run(soak(name, minutes, every_s))
    half = looks[len(looks) // 2 : -1]  # the last look is after the end, when files are closed
    slope = (
        np.polyfit([look[4] / 3600 for look in half], [look[1] for look in half], 1)[0]
        if len(half) > 2
        else 0.0
    )
    print(f"{name}: memory {slope:+.2f} MB an hour on the air, over the second half")
    grew = (
        max(look[2] for look in half) > looks[len(looks) // 4][2] + 2
        or max(look[3] for look in half) > looks[len(looks) // 4][3] + 2
    )
    print("open files and threads: " + ("GREW" if grew else "flat"))
    return int(grew)


if __name__ == "__main__":
    sys.exit(main())
