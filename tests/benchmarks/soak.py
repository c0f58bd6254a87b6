"""Soak: hours of input in one session; memory slope, open files and threads must be flat.

    python -m tests.benchmarks.soak [MINUTES] [SECONDS_A_SAMPLE]

Not in ``make bench``. Bundled recordings of three media are played again and again, as fast as they are
analysed, with times that go on; every tenth round brings new addresses, as passers-by do. Memory is the
resident set from ``/proc/self/statm`` after a collection; the slope is a line through the second half.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import threading
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec
import numpy as np

from sweeper.plan import SweepPlan
from sweeper.radio import SourceInfo
from sweeper.radio.replay import open_recordings
from sweeper.records import AdvertisementBatch, Closed, FrameBatch, Medium, Opened, Record
from sweeper.report.collect import Collector
from sweeper.session import Session, standard_stages
from sweeper.signatures import Library, builtin_folder
from sweeper.synth import recordings_folder

PLAYED = (
    "clean/pmr446.sigmf-meta",
    "clean/ble-crowd.jsonl",
    "clean/office-wifi.pcap",
    "devices/camera-stream.pcap",
)
PAGE = os.sysconf("SC_PAGE_SIZE")


class Endless:
    """Recordings, round after round; ``heard_s`` is how much time on the air they were."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self.rounds = 0
        self.heard_s = 0.0
        self.info = SourceInfo("soak", Medium.RF, False)

    async def records(self, plan: SweepPlan) -> AsyncGenerator[Record, None]:
        while time.monotonic() < self._until:
            for name in PLAYED:
                (source,), _refused = open_recordings([str(recordings_folder() / name)])
                last = 0.0
                async for record in source.records(plan):
                    last = max(last, record.time_s)
                    if isinstance(record, Opened | Closed) and self.rounds:
                        continue
                    yield self._later(record)
                    if time.monotonic() > self._until:
                        return
                self.heard_s += last + 1.0
            self.rounds += 1

    def _later(self, record: Record) -> Record:
        """The same, later, and advertisements from other addresses in every tenth round."""
        shift, other = self.heard_s, self.rounds // 10
        if isinstance(record, AdvertisementBatch):
            moved = tuple(
                msgspec.structs.replace(
                    one,
                    time_s=one.time_s + shift,
                    address=f"{one.address[:-5]}{other & 255:02x}:{one.address[-2:]}",
                )
                for one in record.adverts
            )
            return msgspec.structs.replace(record, time_s=record.time_s + shift, adverts=moved)
        if isinstance(record, FrameBatch):
            times = tuple(t + shift for t in record.times_s)
            return msgspec.structs.replace(record, time_s=record.time_s + shift, times_s=times)
        return msgspec.structs.replace(record, time_s=record.time_s + shift)


def resident_mb() -> float:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 1e6


async def soak(minutes: float, every_s: float) -> list[tuple[float, float, int, int, float]]:
    """(seconds, resident MB, open files, threads, seconds on the air) at each look."""
    source, collected = Endless(minutes * 60), Collector()
    session = Session([source], standard_stages(Library.load(builtin_folder())), [collected])
    running = asyncio.create_task(session.run())
    began, looks = time.monotonic(), []
    while not running.done():
        await asyncio.wait([running], timeout=every_s)
        files = len(os.listdir("/proc/self/fd"))
        threads = threading.active_count()
        looks.append((time.monotonic() - began, resident_mb(), files, threads, source.heard_s))
        spent, memory, files, threads, heard = looks[-1]
        told = f"{files:3} files  {threads:2} threads  {heard / 3600:6.2f} h heard"
        print(f"{spent:7.0f} s  {memory:7.1f} MB  {told}  {len(collected.devices)} devices", flush=True)
    await running
    return looks


def main() -> int:
    """Run, print the slope; exit code 1 where files or threads grew."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    looks = asyncio.run(soak(minutes, float(sys.argv[2]) if len(sys.argv) > 2 else 30.0))
    half = looks[len(looks) // 2 :]
    slope = (
        np.polyfit([look[4] / 3600 for look in half], [look[1] for look in half], 1)[0]
        if len(half) > 2
        else 0.0
    )
    print(f"memory: {slope:+.2f} MB an hour on the air, over the second half")
    grew = (
        max(look[2] for look in half) > looks[len(looks) // 4][2] + 2
        or max(look[3] for look in half) > looks[len(looks) // 4][3] + 2
    )
    print("open files and threads: " + ("GREW" if grew else "flat"))
    return int(grew)


if __name__ == "__main__":
    sys.exit(main())
