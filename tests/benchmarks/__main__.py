"""``make bench``: every benchmark here, one after the other, each in a process of its own; ratios only.

    python -m tests.benchmarks [--all] [NAME…]

A figure alone says more about the machine than about the program, so only lines that hold a ratio (against a
bound or a peer in the same run) are shown; ``--all`` shows every line. NAME is a file's without ``bench_``.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
RATIO = re.compile(r"\bratio\b|\d x \w|\bloss\b|\bdesign\b|precision|recall", re.IGNORECASE)
QUICK = {"detection": ["--quick"]}
"""Benchmarks that would otherwise take minutes."""


def run(name: str, everything: bool) -> bool:
    """Runs one benchmark and prints its ratios; whether it ended well."""
    print(f"## {name}", flush=True)
    start = time.monotonic()
    command = [sys.executable, "-m", f"tests.benchmarks.bench_{name}", *QUICK.get(name, [])]
    alone = {
        **os.environ,
        "OPENBLAS_NUM_THREADS": "1",
    }  # as the program itself sets it before numpy is loaded
    done = subprocess.run(
        command, cwd=HERE.parents[1], env=alone, capture_output=True, text=True, check=False
    )
    for line in done.stdout.splitlines():
        if everything or RATIO.search(line):
            print(line.rstrip())
    if done.returncode:
        print(f"failed: {(done.stderr.strip().splitlines() or ['no message'])[-1]}")
    print(f"({time.monotonic() - start:.0f} s)\n", flush=True)
    return done.returncode == 0


def main(arguments: list[str]) -> int:
    everything = "--all" in arguments
    there = [path.stem.removeprefix("bench_") for path in sorted(HERE.glob("bench_*.py"))]
    wanted = [name for name in arguments if name != "--all"] or there
    unknown = [name for name in wanted if name not in there]
    if unknown:
        print(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(there)}", file=sys.stderr)
        return 2
    ended = [run(name, everything) for name in wanted]
    return 0 if all(ended) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
