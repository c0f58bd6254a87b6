"""A whole sweep into a job, killed at random moments again and again; then the same for ``batch``.

    python -m tests.measure.kills [sweep|batch] [TIMES] [SEED]

``sweeper watch`` runs on the virtual dongle and keeps what it hears in a job. Its main process gets SIGKILL,
at moments drawn by lot: half of the kills anywhere from the interpreter's start on, half within 0.3 s of a
commit. While it runs, the database is read again and again by a second reader: what was there at the last
reading was committed. After each kill the following must hold, or the run ends with a line and exit code 1:

- the job opens, can be written, and is whole (SQLite's own check and the chain of the audit log);
- every row seen before the kill is still there, of earlier sweeps byte for byte;
- the driver's process is gone, nothing is left in ``/dev/shm`` or in the folder for temporary files;
- every line of the log but the last is whole.

The last sweep is not killed and must end well. Where other programs use ``/dev/shm``, give it one of its own:
``unshare -m sh -c 'mount -t tmpfs tmpfs /dev/shm; …'``. Not in the suite: short forms are in
``tests/faults`` and ``tests/batch``.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from sweeper.jobs.job import DATABASE, Head, Job
from sweeper.synth import recordings_folder
from tests.virtual_dongle.build import build

SCENE = """device serial=00000042
noise -100
paced 1
carrier f=433.9e6 level=-35
ook f=434.42e6 level=-25 baud=2000 on=0.1 period=0.5
tdma f=897.4e6 level=-25
"""
RANGES = ("--range", "432M:436M", "--range", "896M:899M")
HEAD = Head(number="1", purpose="kills", permission="own", place="here", own=True)
LONGEST_S = 8.0
"""Start, choice of gain and the first commit (after 4 s of hearing) lie within it on a machine at rest."""
NEAR_S = 0.3
PATIENCE_S = 60.0
Rows = Mapping[tuple[int, str, str], bytes]


class Lost(AssertionError):  # noqa: N818
    """What did not hold after a kill."""


class Place(NamedTuple):
    """Where one run plays: job, scene, the log, and a folder for temporary files of its own."""

    folder: Path

    @property
    def job(self) -> Path:
        return self.folder / "job"

    @property
    def log(self) -> Path:
        return self.folder / "watch.jsonl"

    def prepared(self) -> Place:
        (self.folder / "tmp").mkdir()
        (self.folder / "scene").write_text(SCENE, encoding="ascii")
        Job.create(self.job, HEAD, "kills").close()
        return self

    @property
    def environment(self) -> dict[str, str]:
        named = {"VDONGLE_SCENE": str(self.folder / "scene"), "SWEEPER_LIBRTLSDR": str(build())}
        return {**os.environ, **named, "TMPDIR": str(self.folder / "tmp")}

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """The program, on the virtual dongle, into the job."""
        program = [sys.executable, "-m", "sweeper", "--lang", "en", *words]
        kept = ["--source", "rtlsdr", *RANGES, "--gain", "30", "--job", str(self.job), "--who", "kills"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
        return subprocess.Popen([*program, *kept], env=self.environment, **quiet)

    def watch(self) -> subprocess.Popen[bytes]:
        return self.start("watch", "--log", str(self.log))


def committed(job: Path) -> Rows:
    """Every row of the job's items, as a second reader sees them now."""
    base = sqlite3.connect(f"{(job / DATABASE).absolute().as_uri()}?mode=ro", uri=True)
    try:
        return {(s, k, i): bytes(v) for s, k, i, v in base.execute("SELECT sweep, kind, id, value FROM item")}
    finally:
        base.close()


def descendants(of: int) -> set[int]:
    """Living processes that ``of`` started, and theirs."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:  # ended meanwhile
            continue
        if state != "Z":
            parents[int(stat.parent.name)] = int(parent)
    found = {of}
    while fresh := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= fresh
    return found - {of}


def wait(until: Callable[[], bool], what: str, within_s: float = PATIENCE_S) -> float:
    """Seconds until it holds; ``Lost`` if it does not."""
    began = time.monotonic()
    while not until():
        if time.monotonic() - began > within_s:
            raise Lost(what)
        time.sleep(0.02)
    return time.monotonic() - began


def killed(place: Place, dice: random.Random, near_commit: bool) -> tuple[Rows, float, bool]:
    """Run a watch and kill it: rows seen committed, seconds until its driver was gone, whether it heard."""
    before = committed(place.job)
    rows, shared = before, set(os.listdir("/dev/shm"))
    process = place.watch()
    until = time.monotonic() + dice.uniform(0.0, LONGEST_S)
    limit = time.monotonic() + PATIENCE_S
    while time.monotonic() < (limit if near_commit else until) and process.poll() is None:
        rows = committed(place.job)
        if near_commit and any(kind == "spectrum" for _, kind, _ in rows.keys() - before.keys()):
            time.sleep(dice.uniform(0.0, NEAR_S))
            break
        time.sleep(0.03)
    children = descendants(process.pid)
    process.send_signal(signal.SIGKILL)
    said = ended(process)
    if process.returncode != -signal.SIGKILL:
        raise Lost(f"it had ended by itself, code {process.returncode}: {said}")
    gone_s = wait(partial(all_gone, children), "a child lives on")
    left = set(os.listdir("/dev/shm")) - shared
    if left:
        raise Lost(f"left in /dev/shm: {sorted(left)}")
    return rows, gone_s, bool(rows.keys() - before.keys())


def ended(process: subprocess.Popen[bytes]) -> str:
    """What it said on standard error, which nobody else may hold open."""
    try:
        return process.communicate(timeout=PATIENCE_S)[1].decode()
    except subprocess.TimeoutExpired:
        raise Lost("somebody holds on to its standard error") from None


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def all_gone(processes: set[int]) -> bool:
    return not any(alive(pid) for pid in processes)


def check(place: Place, rows: Rows, earlier: Rows) -> None:
    """What must hold of the job and of the files after a kill."""
    job = Job(place.job)
    try:
        if job.problem is not None or job.read_only:
            raise Lost(f"the job does not hold: {job.problem}")
    finally:
        job.close()
    now = committed(place.job)
    if missing := rows.keys() - now.keys():
        raise Lost(f"committed and lost: {sorted(missing)[:3]}")
    if any(now[key] != value for key, value in earlier.items()):
        raise Lost("a row of an earlier sweep changed")
    if left := sorted(path.name for path in (place.folder / "tmp").iterdir()):
        raise Lost(f"left among the temporary files: {left}")
    if place.log.exists():
        for line in place.log.read_bytes().split(b"\n")[:-1]:
            json.loads(line)


def sweeps(times: int, seed: int, folder: Path) -> str:
    """Kill so many; what was seen."""
    dice, place = random.Random(seed), Place(folder).prepared()
    heard, slowest, rows = 0, 0.0, 0
    for turn in range(times):
        earlier = committed(place.job)
        place.log.unlink(missing_ok=True)
        seen, gone_s, new = killed(place, dice, near_commit=turn % 2 == 1)
        check(place, seen, earlier)
        heard, slowest, rows = heard + new, max(slowest, gone_s), len(seen)
        print(f"\r{turn + 1} kills, {heard} after a commit", end="", file=sys.stderr, flush=True)
    last = place.start("sweep", "--passes", "2")
    said = last.communicate(timeout=300)[1].decode()
    if last.returncode not in (0, 1):
        raise Lost(f"the sweep after the kills ended with {last.returncode}: {said}")
    job = Job(place.job)
    states = Counter("ended" if ended else "cut off" for _, _, ended, _, _ in job.store.sweeps())
    job.close()
    if states["ended"] != 1:
        raise Lost(f"sweeps: {dict(states)}")
    return (
        f"{times} kills: {heard} after something was committed, {states['cut off']} sweeps begun and cut "
        f"off, {rows} rows kept; driver gone within {slowest:.1f} s; the sweep after them ended well"
    )


def batches(times: int, seed: int, folder: Path) -> str:
    """``sweeper batch`` killed again and again until it is done; the same documents as in one go."""
    dice, source, tag = random.Random(seed), folder / "in", "devices/airtag-separated.jsonl"
    (folder / "tmp").mkdir()
    source.mkdir()
    for number in range(6 * times):
        shutil.copy(recordings_folder() / tag, source / f"{number:03d}.jsonl")
    environment = {**os.environ, "TMPDIR": str(folder / "tmp")}

    def start(out: Path) -> subprocess.Popen[bytes]:
        program = [sys.executable, "-m", "sweeper", "--lang", "en", "batch", str(source)]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen([*program, "--out", str(out), "--workers", "2"], env=environment, **quiet)

    whole, again, shared, kills = folder / "whole", folder / "again", set(os.listdir("/dev/shm")), 0
    code = start(whole).wait()
    progress: list[int] = []
    while kills < times:
        process = start(again)
        wanted = (progress[-1] if progress else 0) + dice.randrange(1, 5)
        log = again / "progress.jsonl"
        while process.poll() is None and (log.read_bytes().count(b"\n") if log.exists() else 0) < wanted:
            time.sleep(0.005)
        time.sleep(dice.uniform(0.0, 0.1))
        children = descendants(process.pid)
        process.send_signal(signal.SIGKILL)
        if process.wait() != -signal.SIGKILL:
            break
        kills += 1
        wait(partial(all_gone, children), "a worker lives on")
        if left := set(os.listdir("/dev/shm")) - shared:
            raise Lost(f"left in /dev/shm: {sorted(left)}")
        progress.append(log.read_bytes().count(b"\n"))
    if start(again).wait() != code:
        raise Lost("the run after the kills ends otherwise")
    if documents(whole) != documents(again):
        raise Lost("other documents than in one go")
    done = (again / "progress.jsonl").read_bytes().count(b"\n")
    return f"{kills} kills, files done at each: {progress}; {done} of {6 * times} in the end, same documents"


def documents(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((out / "documents").iterdir())}


def main() -> int:
    """Run; one line at the end."""
    what = sys.argv[1] if len(sys.argv) > 1 else "sweep"
    times = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 9
    with tempfile.TemporaryDirectory() as folder:
        try:
            print({"sweep": sweeps, "batch": batches}[what](times, seed, Path(folder)))
        except Lost as error:
            print(f"NOT HELD: {error}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
