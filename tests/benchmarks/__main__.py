"""``make bench``: every benchmark, one after the other, each in a process of its own, as a table to paste.

    python -m tests.benchmarks [--all] [NAME…]

A figure alone says more about the machine than about the program, so only lines that hold a ratio (against a
bound or a peer in the same run) are shown; ``--all`` shows every line. NAME is a file's without ``bench_``.

Memory is the greatest resident set of the benchmark's own process since the line before (the kernel's
``VmHWM``, set back at each line); what other programs take, the peers too, is not in it. A line that tells
the memory of processes that it started has its own figure.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

HERE = Path(__file__).parent
RATIO = re.compile(r"\bratio\b|\d x \w|\bloss\b|\bdesign\b|precision|recall", re.IGNORECASE)
QUICK = {"detection": ["--quick"]}
"""Benchmarks that would otherwise take minutes."""

HEAD = "| benchmark | what was measured, beside what | peak memory |\n|---|---|---|"


def peak_mb(process: int) -> float | None:
    """Megabytes that a process held at most since the last call; ``None`` where the kernel does not tell."""
    place = Path("/proc") / str(process)
    found = None
    with suppress(OSError):
        told = re.search(r"VmHWM:\s+(\d+) kB", (place / "status").read_text())
        found = int(told[1]) / 1024 if told else None
        (place / "clear_refs").write_text("5")  # man 5 proc: sets the mark back to what is held now
    return found


def row(name: str, line: str, memory: float | None) -> str:
    """One row of the table."""
    text = re.sub(r"\s{2,}", " · ", line.strip()).replace("|", "\\|")
    own = re.search(r"(\d+) MB at most", line)
    held = f"{own[1]} MB" if own else f"{memory:.0f} MB" if memory is not None else "–"
    return f"| {name} | {text} | {held} |"


def run(name: str, everything: bool) -> bool:
    """Runs one benchmark and prints its rows as they come; whether it ended well."""
    start = time.monotonic()
    command = [sys.executable, "-u", "-m", f"tests.benchmarks.bench_{name}", *QUICK.get(name, [])]
    # One thread for the linear algebra, as the program itself sets it before numpy is loaded.
    alone = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    with subprocess.Popen(
        command, cwd=HERE.parents[1], env=alone, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stdout:
            memory = peak_mb(process.pid)
            if line.strip() and (everything or RATIO.search(line)):
                print(row(name, line, memory), flush=True)
        said = process.stderr.read().strip().splitlines()
    if process.returncode:
        print(row(name, f"failed: {said[-1] if said else 'no message'}", None))
    print(f"{name}: {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    return process.returncode == 0


def machine() -> str:
    """One line on where this runs: without it no figure can be compared."""
    model = "processor unknown"
    with suppress(OSError):
        found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
        model = found[1] if found else model
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    python, day = platform.python_version(), time.strftime("%d.%m.%Y")
    return f"{model}, {os.cpu_count()} cores{load}, Python {python}, {day}"


def main(arguments: list[str]) -> int:
    everything = "--all" in arguments
    there = [path.stem.removeprefix("bench_") for path in sorted(HERE.glob("bench_*.py"))]
    wanted = [name for name in arguments if name != "--all"] or there
    unknown = [name for name in wanted if name not in there]
    if unknown:
        print(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(there)}", file=sys.stderr)
        return 2
    print(f"{machine()}\n\n{HEAD}", flush=True)
    ended = [run(name, everything) for name in wanted]
    return 0 if all(ended) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
