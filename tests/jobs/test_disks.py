"""Disks that fail: full, read-only, gone in the middle. What was committed stays; what cannot be
written is told.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from sweeper.errors import contained
from sweeper.jobs import evidence
from sweeper.jobs.job import DATABASE, Decision, Job, JobError, Verdict
from sweeper.jobs.sink import JobSink
from sweeper.jobs.store import Store
from sweeper.records import State, Status
from sweeper.text import english
from tests.jobs.samples import made


def status(number: int) -> Status:
    return Status(source="s", time_s=float(number), subject=str(number), state=State.READY, detail="x" * 2000)


def test_a_full_disk_is_told_once_and_what_waits_is_written_when_there_is_room(tmp_path: Path) -> None:
    job = made(tmp_path / "job")
    pages = job.store._db.execute("PRAGMA page_count").fetchone()[0]
    job.store._db.execute(f"PRAGMA max_page_count={pages + 4}")  # SQLite's own way to say: the disk is full
    sink = JobSink(job.store, 1, clock=lambda: 0.0)
    for number in range(40):
        sink(status(number))
    sink.flush()
    assert sink.problem is not None
    assert "full" in english(sink.problem)
    assert "\n" not in english(sink.problem)
    assert job.store.intact() is None
    assert len(job.devices()) == 1, "what was committed before stays"
    with pytest.raises(JobError, match="full"):
        job.decide(Decision(1, "F-001", Verdict.EXPLAINED, "Aigul", "y" * 50_000))
    assert job.verdicts() == {}, "no half of an act"
    assert [entry.act for entry in job.store.audit_log()][-1] == "sweep started"
    job.store._db.execute("PRAGMA max_page_count=1000000")
    sink.flush()
    assert sink.problem is None
    assert len(job.store.items("status")) == 40
    assert job.store.intact() is None


FILLED = """
import resource, sys
from pathlib import Path
from sweeper.casework.keeping import begin, end
from sweeper.jobs.job import Job
from sweeper.records import Advertisement, AdvertisementBatch, Medium, Opened, State, Status
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
job = Job(Path(sys.argv[1]))
kept = begin(job, "Aigul", "office")
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
kept.sinks[0](Opened(source="ble", time_s=0.0, medium=Medium.BLE))
for number in range(4000):
    advert = Advertisement(float(number), "C1:02:03:04:05:06", data=bytes(31))
    for sink in kept.sinks:
        sink(AdvertisementBatch(source="ble", time_s=float(number), adverts=(advert,)))
    kept.sinks[0](Status(source="s", time_s=0.0, subject=str(number), state=State.READY, detail="x" * 500))
end(job, kept, "Aigul")
print(len(kept.problems), all("\\n" not in line for line in map(str, kept.problems)))
"""


def test_a_sweep_ends_well_when_no_file_may_grow(tmp_path: Path) -> None:
    """A limit on file size is what a full disk looks like to a process: each write fails from there on."""
    made(tmp_path / "job").close()
    done = subprocess.run(
        [sys.executable, "-c", FILLED, str(tmp_path / "job")], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.stdout.split() == ["2", "True"], "the database and the recording each say so, once"
    job = Job(tmp_path / "job")
    assert job.problem is None
    assert len(job.devices()) == 1
    lines = (job.folder / "recordings" / "sweep-002-ble.jsonl").read_bytes().splitlines()
    assert len(lines) > 500, "what fitted is kept"


def test_where_nothing_more_is_heard_the_loop_still_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sweeper.jobs.sink

    monkeypatch.setattr(sweeper.jobs.sink, "COMMIT_S", 1.05)
    job = made(tmp_path / "job")

    async def silence() -> None:
        sink = JobSink(job.store, 1)
        sink(status(1))
        assert job.store.items("status") == []
        for _ in range(1500):
            await asyncio.sleep(0.02)
            if job.store.items("status"):
                return

    asyncio.run(silence())
    assert len(job.store.items("status")) == 1


READER = """
import os, sys
from pathlib import Path
from cryptography.hazmat.primitives.asymmetric import ed25519
from sweeper.jobs import evidence
from sweeper.jobs.job import Decision, Job, JobError, Verdict
os.setgid(65534); os.setuid(65534)
job = Job(Path(sys.argv[1]))
assert job.read_only and job.problem is None, job.problem
assert len(job.findings()) == 1
try:
    job.decide(Decision(1, "F-001", Verdict.EXPLAINED, "Aigul"))
except JobError as error:
    print(error)
print(evidence.verify(Path(sys.argv[1])))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody who may not write")
@pytest.mark.parametrize("closed", [True, False])
def test_on_a_read_only_disk_a_job_opens_for_reading(tmp_path: Path, closed: bool) -> None:
    job = made(tmp_path / "job")
    evidence.seal(job, "Aigul")
    if closed:
        job.close()
    folder = tmp_path / "job"
    for path in (tmp_path, *tmp_path.parents):
        if path.name.startswith("pytest-of-"):  # what lies above is nobody's own
            path.chmod(0o755)
            break
        path.chmod(0o755)
    for path in folder.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    folder.chmod(0o555)
    done = subprocess.run(
        [sys.executable, "-c", READER, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.returncode == 0, done.stderr
    refused, verified = done.stdout.splitlines()
    assert "cannot be changed" in refused
    assert "are as sealed" in verified


@pytest.mark.parametrize("damage", ["empty", "cut", "noise"])
def test_a_damaged_database_is_one_clear_line(tmp_path: Path, damage: str) -> None:
    job = made(tmp_path / "job")
    job.close()
    path = job.folder / DATABASE
    content = path.read_bytes()
    path.write_bytes({"empty": b"", "cut": content[: len(content) // 2], "noise": os.urandom(5000)}[damage])
    with contained() as caught:
        opened = Job(job.folder)
    if caught.error is None:
        assert opened.read_only
        assert opened.problem
        return
    assert isinstance(caught.error, JobError)
    assert str(path) in caught.line()
    assert "\n" not in caught.line()


def test_a_trigger_in_a_foreign_database_does_not_run_unseen(tmp_path: Path) -> None:
    job = made(tmp_path / "job")
    job.close()
    with sqlite3.connect(job.folder / DATABASE) as db:
        db.execute("CREATE TRIGGER evil AFTER INSERT ON paper BEGIN DELETE FROM audit; END")
    db.close()
    opened = Job(job.folder)
    assert opened.read_only
    assert "evil" in english(opened.problem or "")


@pytest.mark.parametrize("closed", ["folder", "file"])
def test_a_job_that_this_user_may_not_write_is_opened_for_viewing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, closed: str
) -> None:
    """Asked of the system by name, since the tests may run as root, who may write everywhere."""
    made(tmp_path / "job").close()
    database = tmp_path / "job" / DATABASE
    refused = database.parent if closed == "folder" else database
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != refused and allowed(path, mode))
    store = Store(database)
    assert store.read_only
    store.close()
