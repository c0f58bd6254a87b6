"""Many workers, killed workers, killed runs, clusters: the same results, byte for byte."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sweeper.batch import cluster, parquet, run, units, work
from sweeper.batch.table import COLUMNS
from sweeper.cli import main
from sweeper.errors import InputError, Unavailable
from sweeper.signatures import builtin_folder

RECORDINGS = Path(__file__).parents[2] / "recordings"
SETTINGS = work.Settings((str(builtin_folder()),))


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    """Quick recordings of every kind, one that cannot be read, and a hostile name."""
    folder = tmp_path_factory.mktemp("archive")
    for part in ("clean/ble-crowd.jsonl", "devices/airtag-separated.pcap", "devices/smarttag-lost.btsnoop"):
        shutil.copy(RECORDINGS / part, folder)
    for number in range(4):
        (folder / f"day {number}").mkdir()
        shutil.copy(
            RECORDINGS / "devices/airtag-separated.jsonl", folder / f"day {number}" / "a'b\u202e.jsonl"
        )
    shutil.copy(RECORDINGS / "clean/pmr446.sigmf-meta", folder)
    shutil.copy(RECORDINGS / "clean/pmr446.sigmf-data", folder)
    (folder / "broken.pcapng").write_bytes(b"\x0a\x0d\x0d\x0a no more")
    return folder


def files(out: Path) -> dict[str, bytes]:
    """All that a run left but its log, in which the order of workers shows."""
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != "progress.jsonl"
    }


@pytest.fixture(scope="module")
def expected(archive: Path, tmp_path_factory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("one")
    tally = run.run(units.plan([archive]), SETTINGS, out, run.local, workers=1)
    assert tally.failures == []
    assert tally.unreadable == 1
    return files(out)


def test_the_number_of_workers_changes_nothing(
    archive: Path, expected: dict[str, bytes], tmp_path: Path
) -> None:
    run.run(units.plan([archive]), SETTINGS, tmp_path, lambda n: run.local(n or 3), workers=3)
    assert files(tmp_path) == expected


def test_the_table_holds_what_the_documents_hold(expected: dict[str, bytes], tmp_path: Path) -> None:
    documents = {n: json.loads(data) for n, data in expected.items() if n.startswith("documents/")}
    assert len(documents) == 9
    (tmp_path / "t.sqlite").write_bytes(expected["results.sqlite"])
    database = sqlite3.connect(tmp_path / "t.sqlite")
    for table in ("inputs", "emissions", "devices", "findings"):
        (count,) = database.execute(f"SELECT count(*) FROM {table}").fetchone()
        assert count == sum(len(document[table]) for document in documents.values())
    tagged = database.execute(
        "SELECT DISTINCT recording FROM findings WHERE kind = 'tracker' AND recording LIKE 'day%' ORDER BY 1"
    ).fetchall()
    assert tagged == [(f"day {number}/a'b\u202e.jsonl",) for number in range(4)]
    (problem,) = database.execute("SELECT problems FROM inputs WHERE medium IS NULL").fetchone()
    assert json.loads(problem)
    database.close()


def test_parquet_says_what_the_table_says(expected: dict[str, bytes], tmp_path: Path) -> None:
    reader = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    (tmp_path / "results.sqlite").write_bytes(expected["results.sqlite"])
    made = parquet.build(tmp_path / "results.sqlite", tmp_path / "parquet")
    assert [path.stem for path in made] == list(COLUMNS)
    with closing(sqlite3.connect(tmp_path / "results.sqlite")) as database:
        for path in made:
            held = reader.read_table(path)
            wanted = database.execute(f"SELECT * FROM {path.stem}").fetchall()
            assert list(zip(*held.to_pydict().values(), strict=True)) == wanted
            types = {field.name: str(field.type) for field in held.schema}
            assert types["recording"] == "string"
            assert types.get("center_hz", "double") == "double"
            assert types.get("sightings", "int64") == "int64"


def test_parquet_without_its_library_is_said_before_the_work(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    words = ["--lang", "en", "batch", str(archive), "--out", str(tmp_path / "out"), "--parquet"]
    assert main(words) == 2
    assert "pip install 'sweeper[parquet]'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_killed_worker_costs_nothing(archive: Path, expected: dict[str, bytes], tmp_path: Path) -> None:
    killed: list[int] = []

    def progress(done: int, total: int) -> None:
        if done == 2 and not killed:
            child = multiprocessing.active_children()[0]
            killed.append(child.pid or 0)
            os.kill(killed[0], signal.SIGKILL)

    tally = run.run(
        units.plan([archive]), SETTINGS, tmp_path, lambda n: run.local(n or 2), workers=2, progress=progress
    )
    assert killed
    assert tally.failures == []
    assert files(tmp_path) == expected


class Deadly(ProcessPoolExecutor):
    """Workers that die of one recording, as of one that eats all memory."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        return super().submit(os._exit, 9) if args[0].name == "broken.pcapng" else super().submit(fn, *args)


def test_a_recording_that_kills_its_worker_is_told_and_the_others_go_on(
    archive: Path, expected: dict[str, bytes], tmp_path: Path
) -> None:
    def executors(n: int | None) -> Executor:
        return Deadly(n or 2, mp_context=multiprocessing.get_context("spawn"))

    tally = run.run(units.plan([archive]), SETTINGS, tmp_path, executors, workers=2)
    assert tally.failures == ["broken.pcapng: the process that analysed it died (out of memory, or killed)"]
    done = {name for name in files(tmp_path) if name.startswith("documents/")}
    assert done == {name for name in expected if name.startswith("documents/")} - {
        "documents/broken.pcapng.json"
    }


class Breaking(ThreadPoolExecutor):
    """A pool that a worker's death breaks while it is being given its work, once."""

    broke = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if not Breaking.broke and args[0].name != "broken.pcapng":
            Breaking.broke = True
            raise BrokenProcessPool("a child process terminated abruptly")
        return super().submit(fn, *args, **kwargs)


def test_a_worker_that_dies_while_work_is_given_out_costs_nothing(archive: Path, tmp_path: Path) -> None:
    plan = units.plan([archive])[:3]
    tally = run.run(plan, SETTINGS, tmp_path, lambda n: Breaking(n or 2), workers=2)
    assert Breaking.broke
    assert tally.failures == []
    done = {name for name in files(tmp_path) if name.startswith("documents/")}
    assert done == {f"documents/{unit.name}.json" for unit in plan}


def sweeper(*words: str | Path, **more: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "sweeper", "--lang", "en", "batch", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **more,
    )


def test_a_killed_run_goes_on(archive: Path, expected: dict[str, bytes], tmp_path: Path) -> None:
    log = tmp_path / "progress.jsonl"
    first = sweeper(archive, "--out", tmp_path, "--workers", "1")
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline and (not log.exists() or log.read_bytes().count(b"\n") < 2):
        time.sleep(0.01)
    first.kill()
    first.communicate(timeout=60)  # its worker has the same standard error: it ends with who started it
    before = log.read_bytes()
    assert 2 <= before.count(b"\n") < 9
    log.write_bytes(before[:-7])  # the last line as a power cut may leave it
    second = sweeper(archive, "--out", tmp_path, "--json", "-")
    told, errors = second.communicate(timeout=600)
    assert second.returncode == 2, errors
    summary = json.loads(told)
    assert summary["resumed"] == before.count(b"\n") - 1
    assert summary["recordings"] == 9
    assert summary["unreadable"] == 1
    assert files(tmp_path) == expected


@pytest.mark.skipif(not run.SHARED.is_dir(), reason="Linux keeps its semaphores there")
def test_semaphores_of_runs_killed_with_all_their_processes_are_removed() -> None:
    """By the next run, which knows them by the number of a process that is gone."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    run.local(1).shutdown()
    name = multiprocessing.get_context("spawn").Lock()._semlock.name  # type: ignore[attr-defined]
    own, _, _ = name.removeprefix("/").rpartition(f"{os.getpid()}-")
    left = [run.SHARED / f"sem.{own}{number}-test{os.getpid()}" for number in (gone.pid, os.getpid(), "x")]
    try:
        for path in left:
            path.touch()
        run.local(1).shutdown()
        assert [path.exists() for path in left] == [False, True, True]
    finally:
        for path in left:
            path.unlink(missing_ok=True)


def test_other_signatures_or_another_file_begin_anew(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    shutil.copy(archive / "pmr446.sigmf-meta", tmp_path / "in")
    shutil.copy(archive / "pmr446.sigmf-data", tmp_path / "in")
    plan = units.plan([tmp_path / "in"])
    out = tmp_path / "out"
    run.run(plan, SETTINGS, out, run.local, workers=1, signatures="a")
    assert run.run(plan, SETTINGS, out, run.local, workers=1, signatures="a").resumed == 1
    assert run.run(plan, SETTINGS, out, run.local, workers=1, signatures="b").resumed == 0
    os.utime(tmp_path / "in" / "pmr446.sigmf-meta", (1, 1))
    again = run.run(units.plan([tmp_path / "in"]), SETTINGS, out, run.local, workers=1, signatures="b")
    assert again.resumed == 0


def test_a_place_that_cannot_hold_results(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot be used for results"):
        run.run([], SETTINGS, tmp_path / "file", run.local, workers=1)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and two workers, each a process of its own."""
    pytest.importorskip("distributed", reason="Dask is not installed")
    address = f"tcp://127.0.0.1:{free_port()}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    python = [sys.executable, "-m"]
    started = [
        subprocess.Popen(
            [
                *python,
                "distributed.cli.dask_scheduler",
                "--host",
                "127.0.0.1",
                "--port",
                address.rpartition(":")[2],
                "--no-dashboard",
            ],
            **quiet,
        )
    ]
    worker = [
        *python,
        "distributed.cli.dask_worker",
        address,
        "--nthreads",
        "1",
        "--no-nanny",
        "--no-dashboard",
    ]
    started += [subprocess.Popen([*worker, "--name", name], **quiet) for name in ("one", "two")]
    try:
        yield address, started[1:]
    finally:
        for process in started:
            process.kill()
            process.wait()


def test_a_cluster_loses_nothing_when_a_worker_dies(
    archive: Path, expected: dict[str, bytes], tmp_path: Path, dask
) -> None:
    address, workers = dask
    executors, _threads, close = cluster.connect(address)
    killed: list[int] = []

    def progress(done: int, total: int) -> None:
        if done == 3 and not killed:
            workers[0].kill()
            killed.append(workers[0].pid)

    out = tmp_path / "out"
    try:
        tally = run.run(units.plan([archive]), SETTINGS, out, executors, workers=2, progress=progress)
    finally:
        close()
    assert killed
    assert tally.failures == []
    assert (out / "progress.jsonl").read_bytes().count(b"\n") == 9  # none twice
    assert files(out) == expected


def test_a_local_cluster(archive: Path, expected: dict[str, bytes], tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        dashboard_address=None,
        local_directory=tmp_path / "dask",
    ) as made:
        done = sweeper(archive, "--out", tmp_path / "out", "--scheduler", made.scheduler_address)
        _told, errors = done.communicate(timeout=600)
    assert done.returncode == 2, errors
    assert files(tmp_path / "out") == expected


def test_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed")
    monkeypatch.setattr(cluster, "PATIENCE_S", 1)
    with pytest.raises(Unavailable, match="no scheduler answers"):
        cluster.connect(f"tcp://127.0.0.1:{free_port()}")
