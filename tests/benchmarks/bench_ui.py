"""The window's speed: time to the first picture, waterfall rate, stalls of the event loop, memory.

    python -m tests.benchmarks.bench_ui      offscreen, or on $DISPLAY with QT_QPA_PLATFORM=xcb

Figures wanted: visible within 1.5 s of the start of the process; 30 pictures a second of a waterfall of 4,096
bins at 50 traces a second; no stall of the event loop over 50 ms with 10,000 rows updating; memory steady.
"""

from __future__ import annotations

import gc
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

BINS, TRACES_S = 4096, 50
ROWS, CHANGED, EVERY_S = 10_000, 500, 0.1
SOAK = int(os.environ.get("BENCH_SOAK", "100000"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "8"))

START = """
import time, sys
begun = float(sys.argv[1])
from pathlib import Path
from sweeper.ui import app
from sweeper.ui.settings import Settings
window = app.open_window(Settings(Path(sys.argv[2]) / "s.ini"))
window.show()
from PySide6.QtWidgets import QApplication
for _turn in range(20):
    QApplication.processEvents()
    if window.isVisible() and window.windowHandle().isExposed():
        break
print(time.time() - begun, time.process_time())
window.close()
"""


def starts() -> list[tuple[float, float]]:
    """Seconds, and of processor time, from starting the process to an exposed window; a few times."""
    with tempfile.TemporaryDirectory() as folder:
        made = []
        for _turn in range(5):
            command = [sys.executable, "-c", START, str(time.time()), folder]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            wall, own = done.stdout.split()[-2:]
            made.append((float(wall), float(own)))
    return made


class Pulse:
    """Measures how long the event loop is away: a timer that wants to fire every 5 ms."""

    def __init__(self) -> None:
        from PySide6.QtCore import Qt, QTimer

        self.gaps: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(5)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.gaps.append(now - self._last)
        self._last = now

    def take(self) -> list[float]:
        made, self.gaps = self.gaps, []
        self._last = time.perf_counter()
        return made


def painter_of(widget):
    """Counts how often a widget is painted."""
    from PySide6.QtCore import QEvent, QObject

    class Counter(QObject):
        count = 0

        def eventFilter(self, _watched, event) -> bool:
            self.count += event.type() == QEvent.Type.Paint
            return False

    made = Counter(widget)
    widget.installEventFilter(made)
    return made


def run_loop(seconds: float) -> None:
    """Let the real event loop run."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    QTimer.singleShot(round(seconds * 1000), QApplication.exit)
    QApplication.exec()


def waterfall(window, pulse: Pulse) -> tuple[float, list[float]]:
    """Pictures a second of the waterfall while a thread feeds it, and the gaps of the event loop."""
    from tests.ui.fakes import trace

    core, stop = window.desk.core, threading.Event()
    made = [trace(index, bins=BINS) for index in range(200)]

    def feed() -> None:
        import msgspec

        begun, count = time.perf_counter(), 0
        while not stop.is_set():
            record = msgspec.structs.replace(made[count % 200], time_s=count / TRACES_S)
            core.stretch(record).add(record)
            count += 1
            time.sleep(max(0.0, begun + count / TRACES_S - time.perf_counter()))

    window.show_view("spectrum")
    view = window.view("spectrum")
    painted = painter_of(view._fall.viewport())
    thread = threading.Thread(target=feed)
    thread.start()
    run_loop(1.5)
    painted.count = 0
    pulse.take()
    own = time.thread_time()
    run_loop(SECONDS)
    own = time.thread_time() - own
    gaps = pulse.take()
    stop.set()
    thread.join()
    print(f"  (Qt's thread: {own / max(1, painted.count) * 1e3:.1f} ms of processor time a picture)")
    view._fall.viewport().removeEventFilter(painted)
    return painted.count / SECONDS, gaps


def rows(window, pulse: Pulse, *, busy: bool) -> list[float]:
    """Gaps of the event loop with 10,000 emissions of which 500 change ten times a second."""
    from tests.ui.fakes import emission

    core, stop = window.desk.core, threading.Event()
    made = [emission(number) for number in range(1, ROWS + 1)]

    def put(records) -> None:
        with core.lock:
            for record in records:
                core.pending[(type(record), record.id)] = record

    def feed() -> None:
        import msgspec

        turn = 0
        while not stop.is_set():
            turn += 1
            first = turn * CHANGED % ROWS
            put(
                msgspec.structs.replace(record, snr_db=float(turn % 60), stop_s=turn / 10)
                for record in made[first : first + CHANGED]
            )
            until = time.perf_counter() + EVERY_S
            while busy and time.perf_counter() < until:
                sum(range(1000))
            time.sleep(max(0.0, until - time.perf_counter()))

    put(made)
    window.desk._timer.start()
    run_loop(1.0)
    thread = threading.Thread(target=feed)
    thread.start()
    run_loop(1.0)
    pulse.take()
    own = time.thread_time()
    run_loop(SECONDS)
    own = time.thread_time() - own
    gaps = pulse.take()
    stop.set()
    thread.join()
    print(f"  (Qt's thread: {own / SECONDS * EVERY_S * 1e3:.1f} ms of processor time a batch)")
    return gaps


def memory() -> float:
    """Resident memory now, MB."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def soak(window) -> str:
    """Memory over a replay of traces as fast as they can be taken: what hours would bring."""
    import msgspec
    from PySide6.QtWidgets import QApplication

    from tests.ui.fakes import device, emission, trace

    core, desk = window.desk.core, window.desk
    window.show_view("spectrum")
    view = window.view("spectrum")
    made = [trace(index, bins=BINS) for index in range(100)]
    kept: list[float] = []
    for index in range(SOAK + 1):
        record = msgspec.structs.replace(made[index % 100], time_s=index / TRACES_S)
        core.stretch(record).add(record)
        core.memory.hear(f"address {index % 5000}", index / TRACES_S, -60)
        if index % 20 == 0:
            view._tick()
            desk.emissions.put([emission(1 + index // 20 % 3000, index / TRACES_S)])
            desk.bluetooth.put([device(1 + index // 20 % 3000, index / TRACES_S)])
            QApplication.processEvents()
        if index % (SOAK // 10) == 0:
            kept.append(memory())
    half = kept[len(kept) // 2 :]
    hours = SOAK / TRACES_S / 3600
    slope = (half[-1] - half[0]) / (hours / 2)
    steps = " ".join(f"{value:.0f}" for value in kept)
    return f"soak of {SOAK} traces ({hours:.1f} h at {TRACES_S}/s): {steps} MB; second half {slope:+.1f} MB/h"


def told(name: str, gaps: list[float]) -> str:
    ordered = sorted(gaps)
    worst, most = ordered[-1] * 1e3, ordered[int(len(ordered) * 0.99)] * 1e3
    return f"{name}: longest stall {worst:.0f} ms, 99 of 100 under {most:.0f} ms, {len(gaps)} beats"


def figures() -> Iterator[str]:
    """Every figure as a line."""
    made = starts()
    walls, owns = [wall for wall, _own in made], [own for _wall, own in made]
    yield (
        f"window visible after {statistics.median(walls):.2f} s (slowest of 5: {max(walls):.2f} s), "
        f"{statistics.median(owns):.2f} s of processor time; "
        f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()}"
    )
    from sweeper.ui import app
    from sweeper.ui.settings import Settings

    sys.setswitchinterval(app.SWITCH_S)
    with tempfile.TemporaryDirectory() as folder:
        window = app.open_window(Settings(Path(folder) / "s.ini"))
        window.resize(1920, 1080)
        window.show()
        pulse = Pulse()
        rate, gaps = waterfall(window, pulse)
        yield f"waterfall of {BINS} bins at {TRACES_S} traces/s: {rate:.0f} pictures/s"
        yield told("  while it draws", gaps)
        before = memory()
        _rate, _gaps = waterfall(window, pulse)
        yield f"  memory {before:.0f} MB, after as much again {memory():.0f} MB"
        yield told(f"{ROWS} rows, {CHANGED} change every {EVERY_S} s", rows(window, pulse, busy=False))
        yield told("  with the core's thread busy all the time", rows(window, pulse, busy=True))
        yield soak(window)
        window.close()


if __name__ == "__main__":
    for line in figures():
        print(line, flush=True)
