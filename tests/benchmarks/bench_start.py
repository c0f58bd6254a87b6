"""Start-up of the command line, beside the interpreter alone and the libraries that it needs.

    python -m tests.benchmarks.bench_start

Processor time of a fresh process, the median of five, and the memory that it held at most; every process has
run once before.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

ROUNDS = 5
PROCESSES = {
    "python alone": ["-c", "pass"],
    "import numpy, scipy.fft": ["-c", "import numpy, scipy.fft"],
    "sweeper --version": ["-m", "sweeper", "--version"],
    "all detectors loaded": [
        "-c",
        "from sweeper import session, signatures; session.standard_stages(signatures.Library.load())",
    ],
}


def spent(arguments: list[str]) -> tuple[float, float]:
    """Seconds of processor time of one process, and the megabytes that it held at most."""
    process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL)
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, arguments)
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main() -> None:
    took, held = {}, {}
    for name, arguments in PROCESSES.items():
        spent(arguments)
        runs = [spent(arguments) for _ in range(ROUNDS)]
        took[name], held[name] = (statistics.median(each) for each in zip(*runs, strict=True))
    alone, libraries = took["python alone"], took["import numpy, scipy.fft"]
    for name in list(PROCESSES)[2:]:
        one = took[name]
        print(
            f"{name:22} {one:.2f} s, ratio to python alone {one / alone:.1f}, "
            f"to numpy with scipy.fft {one / libraries:.2f}, {held[name]:.0f} MB at most "
            f"(numpy with scipy.fft alone {held['import numpy, scipy.fft']:.0f})"
        )


if __name__ == "__main__":
    main()
