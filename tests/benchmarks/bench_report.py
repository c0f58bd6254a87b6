"""The report with 3 and with 300 findings in each format: time and memory, and how it grows.

    python -m tests.benchmarks.bench_report

Each format in a process of its own. The bound for 300 findings in PDF is ten seconds: what a technician waits
for without asking whether it hangs.
"""

from __future__ import annotations

import json
import subprocess
import sys

BOUND_S = 10.0
SCRIPT = """
import json, resource, sys, time
from sweeper import language
from sweeper.report import formats
from sweeper.signatures import Library
from tests.report import samples
collected, library = samples.session({count}), Library.load()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.process_time()
made = formats.made("x.{suffix}", collected, library=library, language=language.get("ru"), made_utc_s=1.8e9)
took = time.process_time() - start
most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([took, (most - before) / 1024, most / 1024, len(made) / 1024]))
"""


def measured(count: int, suffix: str) -> tuple[float, float, float, float]:
    """Seconds of processor time, megabytes added, megabytes at most, kilobytes written."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(count=count, suffix=suffix)],
        capture_output=True,
        text=True,
        check=True,
    )
    took, added, most, size = json.loads(done.stdout.splitlines()[-1])
    return took, added, most, size


def main() -> None:
    for suffix in ("html", "pdf", "docx", "json"):
        few = measured(3, suffix)[0]
        many, added, most, size = measured(300, suffix)
        print(
            f"{suffix:5} 300 findings: {many:.2f} s, "
            f"ratio to the bound of {BOUND_S:.0f} s {many / BOUND_S:.2f}, "
            f"ratio to 3 findings {many / few:.1f}; {size:.0f} kB; "
            f"{added:.0f} MB more than before, {most:.0f} MB at most"
        )


if __name__ == "__main__":
    main()
