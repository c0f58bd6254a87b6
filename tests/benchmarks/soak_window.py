"""Soak of the window: hours of replay through real window and core, on the expert page; memory must be flat.

    python -m tests.benchmarks.soak_window [MINUTES] [traces|rf|sweep|ble|wifi|mixed]

The air of ``soak_air`` is analysed as fast as it goes for MINUTES, and 50 traces of 4,096 bins for each
second of it come to the waterfall. Every tick of the display is drawn. At each look: resident memory after a
collection, open files, threads, and how much every history holds. The slope is a line through the second
half, over hours of air; what the tables hold grows with what there was to hear. ``traces``: nothing but the
traces, which is many more hours of the window.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import tempfile
import threading
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from sweeper.plan import SweepPlan
from sweeper.radio import SourceInfo
from sweeper.records import Medium, Record
from tests.benchmarks.bench_ui import BINS, TRACES_S, run_loop
from tests.benchmarks.soak import resident_mb
from tests.benchmarks.soak_air import made
from tests.ui.fakes import trace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sweeper.session import Session, Sink
    from sweeper.ui.window import Window

LOOKS = 20


class Air:
    """``soak_air`` until a moment, with traces beside for the window's spectrum; ``heard_s`` is its time."""

    def __init__(self, window: Window, name: str, seconds: float) -> None:
        self._core, self._name, self._until = window.desk.core, name, time.monotonic() + seconds
        self.heard_s = 0.0
        self._traces = [trace(index, bins=BINS) for index in range(100)]
        self._drawn = 0
        self.info = SourceInfo("soak", Medium.RF, False)

    async def records(self, plan: SweepPlan) -> AsyncGenerator[Record, None]:
        while self._name == "traces" and time.monotonic() < self._until:
            self.heard_s += 1 / TRACES_S
            self._draw()
            await asyncio.sleep(0)
        if self._name == "traces":
            return
        async with aclosing(made(self._name, plan)) as records:
            async for record in records:
                self.heard_s = max(self.heard_s, record.time_s)
                self._draw()
                yield record
                if time.monotonic() > self._until:
                    return
                await asyncio.sleep(0)

    def _draw(self) -> None:
        """Traces up to now; after a leap of the air, the last second of them."""
        due = int(self.heard_s * TRACES_S)
        for number in range(max(self._drawn, due - TRACES_S), due):
            record = msgspec.structs.replace(self._traces[number % 100], time_s=number / TRACES_S)
            self._core.stretch(record).add(record)
        self._drawn = due


def held(window: Window) -> str:
    """How much the histories hold: each has a bound."""
    desk, core = window.desk, window.desk.core
    with core.memory._lock:
        addresses = len(core.memory._levels)
    rows = sum(history.count for history, _view in desk.histories.values())
    tables = sum(len(t.records) for t in (desk.emissions, desk.bluetooth, desk.wifi, desk.findings))
    return f"{rows} rows, {addresses} addresses, {tables} records, {len(core.pending)} pending"


def soak(window: Window, minutes: float, name: str) -> list[tuple[float, float, int, int]]:
    """(hours of air, resident MB, open files, threads) at each look."""
    from sweeper.session import Session, standard_stages
    from sweeper.ui.recipes import library

    source = Air(window, name, minutes * 60)

    def recipe(sinks: Sequence[Sink]) -> Session:
        return Session([source], standard_stages(library()), sinks)

    window.desk.begin(recipe, "soak")
    window.desk.set_speed(None)
    window.show_view("spectrum")
    began, looks = time.monotonic(), []
    for _look in range(LOOKS):
        run_loop(minutes * 60 / LOOKS)
        files, threads = len(os.listdir("/proc/self/fd")), threading.active_count()
        gc.collect()
        looks.append((source.heard_s / 3600, resident_mb(), files, threads))
        told = f"{looks[-1][0]:6.2f} h of air  {looks[-1][1]:7.1f} MB  {files:3} files  {threads:2} threads"
        print(f"{time.monotonic() - began:5.0f} s  {told}  {held(window)}", flush=True)
    return looks


def main() -> int:
    """Run, print the slope; exit code 1 where files or threads grew."""
    from sweeper.ui import app
    from sweeper.ui.settings import Settings
    from sweeper.ui.tidy import Tidier

    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    sys.setswitchinterval(app.SWITCH_S)
    with tempfile.TemporaryDirectory() as folder:
        window = app.open_window(Settings(Path(folder) / "s.ini"))
        window.resize(1920, 1080)
        window.show()
        tidier = Tidier()
        looks = soak(window, minutes, sys.argv[2] if len(sys.argv) > 2 else "mixed")
        window.close()
        tidier.stop()
    half = looks[LOOKS // 2 :]
    slope = np.polyfit([look[0] for look in half], [look[1] for look in half], 1)[0]
    print(f"memory: {slope:+.2f} MB an hour of air, over the second half")
    grew = any(max(look[n] for look in half) > looks[LOOKS // 4][n] + 2 for n in (2, 3))
    print("open files and threads: " + ("GREW" if grew else "flat"))
    return int(grew)


if __name__ == "__main__":
    sys.exit(main())
