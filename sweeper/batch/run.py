"""Do a plan with many workers, and go on where a killed run stopped.

    OUT/documents/NAME.json    the results document of each recording
    OUT/pieces/…               documents of pieces, until their recording is whole
    OUT/progress.jsonl         a line for each unit done; what resuming reads
    OUT/results.sqlite         the table over all documents, written at the end

A document is on disk before its line is, so a line without a document cannot be. Units that are in work
when a worker dies are done again one by one: the one that kills its worker twice is a failure with a line.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from pathlib import Path

import msgspec

from sweeper import __version__
from sweeper.batch import merge, table, work
from sweeper.batch.units import Unit
from sweeper.batch.work import Result, Settings
from sweeper.errors import InputError, SweeperError
from sweeper.report import results
from sweeper.text import say

AHEAD = 2
"""Units handed out per worker: one in work, one waiting, so that nobody waits for us."""

Progress = Callable[[int, int], None]


class Tally(msgspec.Struct):
    """What came of a batch. ``failures`` are lines; ``levels`` counts the findings of each level."""

    recordings: int = 0
    units: int = 0
    resumed: int = 0
    failures: list[str] = msgspec.field(default_factory=list)
    unreadable: int = 0
    levels: dict[str, int] = msgspec.field(default_factory=dict)
    rows: dict[str, int] = msgspec.field(default_factory=dict)


class Line(msgspec.Struct, frozen=True):
    """A line of ``progress.jsonl``."""

    unit: str
    key: str
    failure: str = ""


def run(
    units: Sequence[Unit],
    settings: Settings,
    out: Path,
    executors: Callable[[int | None], Executor],
    *,
    workers: int,
    signatures: str = "",
    progress: Progress = lambda done, total: None,
) -> Tally:
    """Analyse every unit that is not done yet, then write documents and table.

    ``executors(n)`` makes the executor (``n`` workers, ``None`` for as many as it has). ``signatures`` is the
    library's digest: other signatures, another version or language make everything anew.
    """
    log = _Log(out, _fingerprint(settings, signatures))
    waiting = deque(unit for unit in units if not log.has(unit))
    tally = Tally(
        recordings=len({u.name for u in units}), units=len(units), resumed=len(units) - len(waiting)
    )
    total, done = len(units), tally.resumed
    progress(done, total)
    for result in _results(waiting, settings, executors, workers):
        log.take(result)
        done += 1
        progress(done, total)
    _finish(units, log, out, tally)
    return tally


SHARED = Path("/dev/shm")  # noqa: S108  where Linux keeps semaphores with names
NAMESPACE = Path("/proc/self/ns/pid")
"""Which system of processes this one counts in: several may share ``SHARED``."""


def local(workers: int | None) -> Executor:
    """Processes of this computer; each starts anew, so that they are the same on every system."""
    if SHARED.is_dir() and NAMESPACE.exists():
        _tidied()
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers or cores(), mp_context=context, initializer=work.begin)


def _tidied() -> None:
    """Remove the semaphores of runs that were killed together with all their processes.

    The workers find them by name, so somebody must remove the names, and whoever would was killed too. So
    ours bear the number of this process and of the system of processes in which it counts.
    """
    prefix = "sweeper-" + "".join(filter(str.isdecimal, os.readlink(NAMESPACE))) + "-"
    multiprocessing.current_process()._config["semprefix"] = f"/{prefix}{os.getpid()}"  # type: ignore[attr-defined]
    for left in SHARED.glob(f"sem.{prefix}*"):
        number = left.name.removeprefix(f"sem.{prefix}").partition("-")[0]
        if number.isdecimal() and not Path("/proc", number).exists():
            with suppress(OSError):
                left.unlink()


def cores() -> int:
    """Processors that this program may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _results(
    waiting: deque[Unit], settings: Settings, executors: Callable[[int | None], Executor], workers: int
) -> Iterator[Result]:
    """Results in the order in which they come; after a worker's death the suspects go one by one."""
    suspects: deque[Unit] = deque()
    while waiting or suspects:
        alone = bool(suspects)
        queue = suspects if alone else waiting
        with executors(1 if alone else None) as pool:
            under_way: dict[Future[Result], Unit] = {}
            broken = False
            while (queue or under_way) and not broken:
                while queue and len(under_way) < (1 if alone else AHEAD * workers):
                    unit = queue.popleft()
                    under_way[_given(pool, unit, settings)] = unit
                for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                    unit = under_way.pop(future)
                    error = _died(future)
                    if error is None:
                        yield future.result()
                    elif alone:
                        broken = True
                        yield Result(unit, failure=f"{unit.name}: {error}")
                    else:
                        broken = True
                        suspects.append(unit)
            suspects.extend(under_way.values())


def _given(pool: Executor, unit: Unit, settings: Settings) -> Future[Result]:
    """The unit's future; one that failed where a worker died while work was being given out."""
    try:
        return pool.submit(work.analyse, unit, settings)
    except BrokenProcessPool as error:
        failed: Future[Result] = Future()
        failed.set_exception(error)
        return failed


def _died(future: Future[Result]) -> str | None:
    """Why there is no result where the worker (not the analysis, which contains its errors) failed."""
    if future.cancelled():
        return "the scheduler gave it up"
    error = future.exception()
    if error is None:
        return None
    if isinstance(error, BrokenProcessPool):
        return "the process that analysed it died (out of memory, or killed)"
    if isinstance(error, CancelledError):
        return "the scheduler gave it up"
    return f"{type(error).__name__}: {error}".splitlines()[0]


def _fingerprint(settings: Settings, signatures: str) -> str:
    made = json.dumps([__version__, signatures, settings.lang, list(settings.signatures)])
    return hashlib.sha256(made.encode()).hexdigest()[:12]


class _Log:
    """Which units are done, and where their documents lie."""

    def __init__(self, out: Path, fingerprint: str) -> None:
        self._out = out
        self._path = out / "progress.jsonl"
        self._fingerprint = fingerprint
        self.failures: dict[str, str] = {}
        try:
            (out / "pieces").mkdir(parents=True, exist_ok=True)
            (out / "documents").mkdir(exist_ok=True)
            text = self._path.read_text("utf-8", "replace") if self._path.exists() else ""
        except OSError as error:
            raise InputError(
                str(out), say("cannot be used for results: {error}", error=error.strerror)
            ) from None
        self._done: dict[str, str] = {}
        for line in text.splitlines():
            try:
                known = msgspec.json.decode(line, type=Line)
            except (ValueError, RecursionError):
                continue  # the line that a kill cut short; its unit is done again
            self._done[known.unit] = known.key
        if text and not text.endswith("\n"):
            self._append(b"\n")

    def key(self, unit: Unit) -> str:
        return f"{unit.key}:{self._fingerprint}"

    def has(self, unit: Unit) -> bool:
        same = self._done.get(unit.id) == self.key(unit)
        return same and (self.document(unit).exists() or whole(self._out, unit.name).exists())

    def document(self, unit: Unit) -> Path:
        """Where a unit's own document lies: a piece's apart, a whole recording's in its final place."""
        if unit.pieces == 1:
            return whole(self._out, unit.name)
        return self._out / "pieces" / f"{unit.name}.{unit.pieces}" / f"{unit.piece:06d}.json"

    def take(self, result: Result) -> None:
        if result.failure:
            self.failures[result.unit.id] = result.failure
            return
        _write(self.document(result.unit), result.document)
        self._append(msgspec.json.encode(Line(result.unit.id, self.key(result.unit))) + b"\n")

    def _append(self, data: bytes) -> None:
        try:
            with open(self._path, "ab") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise InputError(
                str(self._path), say("cannot be written: {error}", error=error.strerror)
            ) from None


def whole(out: Path, name: str) -> Path:
    """The place of a recording's document."""
    return out / "documents" / f"{name}.json"


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all, and on disk when this returns."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(path.name + ".new")
        with open(fresh, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        raise InputError(str(path), say("cannot be written: {error}", error=error.strerror)) from None


def _finish(units: Sequence[Unit], log: _Log, out: Path, tally: Tally) -> None:
    """Join pieces, drop documents of recordings that are gone from the plan, and write the table."""
    by_name: dict[str, list[Unit]] = {}
    for unit in units:
        by_name.setdefault(unit.name, []).append(unit)
    complete = []
    for name, parts in by_name.items():
        failed = [log.failures[unit.id] for unit in parts if unit.id in log.failures]
        tally.failures += failed
        if failed:
            whole(out, name).unlink(missing_ok=True)
            continue
        _join(parts, log, whole(out, name))
        complete.append(name)
    tally.rows = table.build(_documents(out, complete, tally), out / "results.sqlite")


def _join(parts: list[Unit], log: _Log, target: Path) -> None:
    places = [log.document(unit) for unit in parts]
    if len(parts) == 1 or not all(place.exists() for place in places):
        return  # already whole: its pieces were joined and removed before
    documents = [(unit, _read_back(place)) for unit, place in zip(parts, places, strict=True)]
    _write(target, results.encode(merge.joined(documents), indent=None).encode())
    for place in places:
        place.unlink()
    places[0].parent.rmdir()


def _read_back(place: Path) -> merge.Document:
    try:
        return msgspec.json.decode(place.read_bytes(), type=merge.Document)
    except (OSError, ValueError, RecursionError) as error:
        raise SweeperError(say("{place}: cannot be read back: {error}", place=place, error=error)) from None


def _documents(out: Path, names: list[str], tally: Tally) -> Iterator[tuple[str, merge.Document]]:
    for name in sorted(names):
        document = _read_back(whole(out, name))
        tally.unreadable += any(row["medium"] is None for row in document["inputs"])
        for finding in document["findings"]:
            tally.levels[finding["level"]] = tally.levels.get(finding["level"], 0) + 1
        yield name, document
