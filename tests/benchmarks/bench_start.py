"""Start-up of the command line, beside the interpreter alone and the libraries that it needs.

    python -m tests.benchmarks.bench_start

Processor time of a fresh process, the median of five; every process has run once before.
"""

from __future__ import annotations

import resource
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


def spent(arguments: list[str]) -> float:
    """Seconds of processor time of one process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    took = {}
    for name, arguments in PROCESSES.items():
        spent(arguments)
        took[name] = statistics.median(spent(arguments) for _ in range(ROUNDS))
    alone, libraries = took["python alone"], took["import numpy, scipy.fft"]
    for name in list(PROCESSES)[2:]:
        one = took[name]
        print(
            f"{name:22} {one:.2f} s, ratio to python alone {one / alone:.1f}, "
            f"to numpy with scipy.fft {one / libraries:.2f}"
        )


if __name__ == "__main__":
    main()
