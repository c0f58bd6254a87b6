"""The window's speed: time to the first picture, waterfall rate, stalls of the event loop.

    python -m tests.benchmarks.bench_ui      offscreen, or on $DISPLAY with QT_QPA_PLATFORM=xcb

Figures wanted: visible within 1.5 s of the start of the process; 30 pictures a second of a waterfall of 4,096
bins at 50 traces a second; no stall of the event loop over 50 ms with 10,000 rows updating. Each is measured
in the real window of 1920 x 1080, with the core's thread idle, with it computing in Python without a pause
(the worst there is for the interpreter's lock), and with it analysing a busy recording. What a stall was made
of is told by ``pulse``. Memory over hours: ``soak_window``.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from sweeper.ui.window import Window
    from tests.benchmarks.pulse import Pulse

BINS, TRACES_S = 4096, 50
ROWS, CHANGED, EVERY_S = 10_000, 500, 0.1
SECONDS = float(os.environ.get("BENCH_SECONDS", "8"))
SETTLE_S = 2.0

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


@contextmanager
def painted(widget: QWidget) -> Iterator[list[int]]:
    """Counts how often a widget is painted: the only element of the list."""
    from PySide6.QtCore import QEvent, QObject

    count = [0]

    class Counter(QObject):
        def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
            count[0] += event.type() == QEvent.Type.Paint
            return False

    made = Counter(widget)
    widget.installEventFilter(made)
    yield count
    widget.removeEventFilter(made)


def run_loop(seconds: float) -> None:
    """Let the real event loop run."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    QTimer.singleShot(round(seconds * 1000), QApplication.exit)
    QApplication.exec()


@contextmanager
def beside(work: Callable[[threading.Event], object]) -> Iterator[threading.Thread]:
    """``work(stop)`` in a thread of its own, while the block runs."""
    stop = threading.Event()
    thread = threading.Thread(target=work, args=(stop,))
    thread.start()
    yield thread
    stop.set()
    thread.join()


def feeding(window: Window) -> Callable[[threading.Event], None]:
    """Traces at their rate, for the spectrum."""
    from tests.ui.fakes import trace

    core = window.desk.core
    made = [trace(index, bins=BINS) for index in range(200)]

    def feed(stop: threading.Event) -> None:
        begun, count = time.perf_counter(), 0
        while not stop.is_set():
            record = msgspec.structs.replace(made[count % 200], time_s=count / TRACES_S)
            core.stretch(record).add(record)
            count += 1
            time.sleep(max(0.0, begun + count / TRACES_S - time.perf_counter()))

    return feed


def changing(window: Window, *, busy: bool) -> Callable[[threading.Event], None]:
    """``ROWS`` emissions of which ``CHANGED`` change every ``EVERY_S``; ``busy``: and no rest in between."""
    from tests.ui.fakes import emission

    core = window.desk.core
    made = [emission(number) for number in range(1, ROWS + 1)]
    for record in made:
        core.pending[(type(record), record.id)] = record

    def feed(stop: threading.Event) -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            first, until = turn * CHANGED % ROWS, time.perf_counter() + EVERY_S
            for old in made[first : first + CHANGED]:
                record = msgspec.structs.replace(old, snr_db=float(turn % 60), stop_s=turn / 10)
                with core.lock:
                    core.pending[(type(record), record.id)] = record
            while busy and time.perf_counter() < until:
                sum(range(1000))
            time.sleep(max(0.0, until - time.perf_counter()))

    return feed


class Seen(msgspec.Struct):
    """What the loop did for a while: lines for the stalls, pictures a second, this thread's own seconds."""

    stalls: str
    pictures_s: float
    own_s: float


def watched(window: Window, pulse: Pulse, name: str) -> Seen:
    """Let the window run for a while, once it has settled, and measure."""
    from tests.benchmarks.pulse import told

    run_loop(SETTLE_S)
    pulse.take()
    with painted(window.view("spectrum")._fall.viewport()) as count:
        own, begun = time.thread_time(), time.perf_counter()
        run_loop(SECONDS)
        own, lasted = time.thread_time() - own, time.perf_counter() - begun
    return Seen(told(name, pulse.take()), count[0] / lasted, own / lasted)


def waterfall(window: Window, pulse: Pulse) -> Iterator[str]:
    """Pictures a second while traces come, and stalls."""
    window.show_view("spectrum")
    with beside(feeding(window)) as thread:
        pulse.beside(thread)
        seen = watched(window, pulse, "  while it draws")
    each = seen.own_s / max(seen.pictures_s, 1e-9) * 1e3
    yield (
        f"waterfall of {BINS} bins at {TRACES_S} traces/s: {seen.pictures_s:.0f} pictures/s, "
        f"{each:.1f} ms of processor time each, of which Qt's thread could make {1e3 / each:.0f} a second"
    )
    yield seen.stalls


def picture(window: Window, _pulse: Pulse) -> Iterator[str]:
    """Processor time of one trace from the core to the screen, the middle of many: load alters it little."""
    from PySide6.QtWidgets import QApplication

    from tests.ui.fakes import trace

    window.show_view("spectrum")
    view, core = window.view("spectrum"), window.desk.core
    took = []
    for count in range(400):
        made = trace(count % 50, bins=BINS)
        record = msgspec.structs.replace(made, time_s=count / TRACES_S)
        core.stretch(record).add(record)
        begun = time.thread_time()
        view._tick()
        QApplication.processEvents()
        took.append(time.thread_time() - begun)
    took = sorted(took[200:])
    yield (
        f"one picture at 1920 x 1080: {took[100] * 1e3:.1f} ms of processor time "
        f"(9 of 10 under {took[180] * 1e3:.1f})"
    )


def rows(window: Window, pulse: Pulse) -> Iterator[str]:
    """Stalls with 10,000 emissions of which 500 change ten times a second."""
    window.desk._timer.start()
    for busy in (False, True):
        with beside(changing(window, busy=busy)) as thread:
            pulse.beside(thread)
            what = "the same, the core's thread busy in Python" if busy else f"{ROWS} rows, {CHANGED} change"
            seen = watched(window, pulse, what)
        yield f"{seen.stalls}; {seen.own_s * EVERY_S * 1e3:.1f} ms of processor time a batch"


def chain(window: Window, pulse: Pulse) -> Iterator[str]:
    """Stalls while the core analyses a busy recording as fast as it can, with and without 50 traces/s."""
    from sweeper.ui.bridge import Stretch
    from sweeper.ui.phase import Phase
    from sweeper.ui.recipes import recordings
    from tests.benchmarks import bench_chain

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "busy_433.92M_2400k.cu8"
        bench_chain.make(path, bursts=40, steady=(6, 6))
        for fed in (False, True):
            window.desk.begin(recordings([str(path)] * 4, lambda _refused: None), "busy")
            window.desk.set_speed(None)
            window.show_view("spectrum")
            while not window.desk.core.spectra() and window.desk.phase is not Phase.ENDED:
                run_loop(0.5)
            pulse.beside(window.desk.core._thread)
            what = "the core analyses a busy recording"
            if fed:
                with beside(feeding(window)):
                    run_loop(1.0)
                    window.view("spectrum").show_stretch(Stretch("fake.cu8", 0))
                    seen = watched(window, pulse, f"{what}, and {TRACES_S} traces/s beside")
            else:
                seen = watched(window, pulse, what)
            still = "" if window.desk.phase is Phase.RUNNING else f" ({window.desk.phase})"
            yield f"{seen.stalls}; {seen.pictures_s:.0f} pictures/s{still}"
            window.desk.core.stop()
            run_loop(1.0)


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
    from sweeper.ui.tidy import Tidier
    from tests.benchmarks.pulse import Pulse

    sys.setswitchinterval(app.SWITCH_S)
    with tempfile.TemporaryDirectory() as folder:
        window = app.open_window(Settings(Path(folder) / "s.ini"))
        window.resize(1920, 1080)
        window.show()
        tidier, pulse = Tidier(), Pulse()
        for part in (picture, waterfall, rows, chain):
            yield from part(window, pulse)
        yield f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()}"
        window.close()
        tidier.stop()


if __name__ == "__main__":
    for line in figures():
        print(line, flush=True)
