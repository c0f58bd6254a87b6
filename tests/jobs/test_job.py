"""A job's promises: a gate before the sweep, nothing lost to a kill, tampering shows, a purge deletes."""

from __future__ import annotations

import datetime as dt
import os
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from sweeper import language
from sweeper.casework import chapters, spectra
from sweeper.casework.keeping import begin
from sweeper.jobs import evidence, packets, sink
from sweeper.jobs.job import DATABASE, Decision, Head, Job, JobError, Verdict
from sweeper.jobs.sink import JobSink
from sweeper.jobs.store import Store
from sweeper.recording.advert_log import adverts
from sweeper.recording.problems import Problems
from sweeper.records import Advertisement, AdvertisementBatch, Level, State, Status
from sweeper.text import english
from tests.jobs.samples import ADDRESS, HEAD, made


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return made(tmp_path / "job")


@pytest.mark.parametrize("field", ["purpose", "permission", "place"])
def test_a_sweep_needs_purpose_permission_and_place(tmp_path: Path, field: str) -> None:
    begun = Job.create(tmp_path / "job", msgspec.structs.replace(HEAD, **{field: " "}), "Aigul")
    with pytest.raises(JobError, match=field):
        begun.start_sweep("Aigul", "office")
    begun.change_head("Aigul", **{field: "given"})
    assert begun.start_sweep("Aigul", "office") == 1


def test_ones_own_flat_needs_no_names(tmp_path: Path) -> None:
    head = Head(number="1", purpose="my own flat", permission="my own", place="home", own=True)
    begun = Job.create(tmp_path / "job", head, "me")
    assert begun.start_sweep("me", "flat") == 1


def test_only_a_person_entered_as_technician_or_reviewer_decides(job: Job) -> None:
    for who in ("", "Viktor", "a stranger"):
        with pytest.raises(JobError):
            job.decide(Decision(1, "F-001", Verdict.CONFIRMED, who))
    with pytest.raises(JobError, match="no finding"):
        job.decide(Decision(1, "F-009", Verdict.EXPLAINED, "Aigul"))
    assert job.in_clear() == set()
    job.decide(Decision(1, "F-001", Verdict.SUSPICIOUS, "Aigul"))
    job.decide(Decision(1, "F-001", Verdict.CONFIRMED, "Aigul", "seen under the bumper"))
    assert job.verdicts()[1, "F-001"].verdict is Verdict.CONFIRMED
    assert job.in_clear() == {"ble-0001"}
    assert [e.act for e in job.store.audit_log()] == ["created", "sweep started", "verdict", "verdict"]


def test_pseudonyms_are_the_jobs_own(job: Job, tmp_path: Path) -> None:
    other = Job.create(tmp_path / "other", HEAD, "Aigul")
    name = job.pseudonym(ADDRESS)
    assert name == job.pseudonym(f" {ADDRESS.lower()} ")
    assert name != other.pseudonym(ADDRESS)
    assert "02" not in name.split("-")[0]
    assert ADDRESS not in name


def test_a_purge_leaves_no_byte_of_an_address_and_a_certificate(job: Job) -> None:
    (job.folder / "recordings" / "x.cu8").write_bytes(b"secret")
    evidence.seal(job, "Aigul")
    name = job.pseudonym(ADDRESS)
    certificate = job.purge("Aigul")
    job.close()
    assert certificate.devices == 1
    assert "recordings/x.cu8" in certificate.files
    for path in job.folder.rglob("*"):
        if path.is_file():
            assert ADDRESS.encode() not in path.read_bytes(), path
    again = Job(job.folder)
    assert again.devices() == []
    ((_, kept),) = again.findings()
    assert (kept.id, kept.level) == ("F-001", Level.LOW), "what was decided about stays"
    assert kept.why[0].args["address"] == name
    assert again.store.papers("purge")
    assert again.problem is None
    assert "2 were purged as certified" in evidence.verify(job.folder)


def test_terms_count_working_days_and_are_answered(job: Job) -> None:
    term = job.objection("a neighbour", dt.date(2026, 11, 20), "stop")
    assert term.due == dt.date(2026, 11, 25)
    ((number, filed),) = job.terms("objection")
    assert filed == term
    job.answer("objection", number, "Aigul", dt.date(2026, 11, 23), "explained")
    assert job.terms("objection")[0][1].answered == dt.date(2026, 11, 23)
    assert job.withdraw("client", dt.date(2026, 11, 2)).due == dt.date(2026, 11, 23)


def test_a_changed_audit_log_opens_read_only_and_says_so(job: Job) -> None:
    job.close()
    with sqlite3.connect(job.folder / DATABASE) as db:
        (value,) = db.execute("SELECT value FROM audit WHERE seq=2").fetchone()
        db.execute("UPDATE audit SET value=? WHERE seq=2", (value.replace(b"Aigul", b"Arman"),))
    db.close()
    opened = Job(job.folder)
    assert opened.read_only
    assert "entry 2" in english(opened.problem or "")
    with pytest.raises(JobError, match="cannot be changed"):
        opened.decide(Decision(1, "F-001", Verdict.EXPLAINED, "Aigul"))


def test_a_missing_audit_entry_shows(job: Job) -> None:
    job.close()
    with sqlite3.connect(job.folder / DATABASE) as db:
        db.execute("DELETE FROM audit WHERE seq=1")
    db.close()
    assert "entry 1" in english(Job(job.folder).problem or "")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE item SET value = 5",
        "UPDATE item SET value = 'text'",
        "UPDATE item SET id = CAST(x'ff' AS TEXT)",
        "UPDATE sweep SET started_utc_s = 'yesterday'",
        "UPDATE sweep SET what = x'00ff'",
        "UPDATE audit SET value = 'text'",
        "UPDATE meta SET value = 7",
    ],
)
def test_a_database_with_other_kinds_of_values_is_refused_with_a_line(job: Job, change: str) -> None:
    """SQLite keeps anything in any column, and a job may come from anybody."""
    job.close()
    base = sqlite3.connect(job.folder / DATABASE)
    with closing(base), base:
        base.execute(change)
    with pytest.raises(JobError) as refused:
        _read_through(job.folder)
    assert "\n" not in str(refused.value)


def _read_through(folder: Path) -> None:
    with closing(Job(folder, read_only=True)) as found:
        _ = found.head, found.devices(), found.findings(), found.store.sweeps(), found.store.audit_log()


def test_times_outside_of_the_calendar_are_shown_as_they_are(job: Job) -> None:
    job.store._db.execute("UPDATE sweep SET started_utc_s = 1e300")
    table = chapters.sweeps(job, language.get("en"))
    assert "1e+300" in str(table)
    assert language.get("ru").datetime(-1e18) == "? (-1e+18 s)"


def test_a_newer_schema_is_refused_not_damaged(job: Job) -> None:
    job.close()
    with sqlite3.connect(job.folder / DATABASE) as db:
        db.execute("PRAGMA user_version=99")
    db.close()
    with pytest.raises(Exception, match="newer sweeper"):
        Job(job.folder)


def test_evidence_names_the_first_changed_file(job: Job) -> None:
    path = job.folder / "photos" / "a.jpg"
    path.write_bytes(b"picture")
    key = bytes(range(32))
    evidence.seal(job, "Aigul", key)
    line = evidence.verify(job.folder)
    assert "as sealed by Aigul" in line
    # RFC 8032's construction gives this public key for the private bytes 0..31 (checked with openssl).
    assert "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8" in line
    path.chmod(0o600)
    path.write_bytes(b"Picture")
    with pytest.raises(evidence.EvidenceError, match=r"photos/a.jpg: changed"):
        evidence.verify(job.folder)
    path.unlink()
    with pytest.raises(evidence.EvidenceError, match=r"photos/a.jpg: missing"):
        evidence.verify(job.folder)


def test_a_changed_manifest_or_another_key_is_refused(job: Job) -> None:
    evidence.seal(job, "Aigul", bytes(32))
    with pytest.raises(evidence.EvidenceError, match="another key"):
        evidence.verify(job.folder, "00" * 32)
    manifest = job.folder / evidence.MANIFEST
    manifest.write_bytes(manifest.read_bytes().replace(b"Aigul", b"Arman"))
    with pytest.raises(evidence.EvidenceError, match="changed since it was signed"):
        evidence.verify(job.folder)


def test_a_second_seal_holds_the_first(job: Job) -> None:
    evidence.seal(job, "Aigul")
    first = evidence.sha512(job.folder / evidence.MANIFEST)
    manifest = evidence.seal(job, "Aigul")
    assert manifest.previous == first
    evidence.verify(job.folder)


def sweep_for_ever(folder: Path, ready: int) -> None:
    """A sweep that is kept as any is, every promise due at once; it ends only by being killed.

    A byte in ``ready`` says that it has begun, and one more each that another round is on the disk.
    """
    spectra.COMMIT_S = packets.COMMIT_S = sink.COMMIT_S = 0.0  # type: ignore[misc]
    job = Job(folder)
    kept = begin(job, "Aigul", "office")
    os.write(ready, b"!")
    number = 0
    while True:
        advert = Advertisement(float(number), ADDRESS, rssi_dbm=-60, data=bytes(31))
        for record in (
            AdvertisementBatch(source="ble", time_s=float(number), adverts=(advert,)),
            Status(source="s", time_s=float(number), subject=str(number), state=State.READY),
        ):
            for each in kept.sinks:
                each(record)
        os.write(ready, b".")
        number += 1


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a process that can be killed at any moment")
def test_a_hundred_kills_lose_nothing_that_was_committed_and_never_corrupt(tmp_path: Path) -> None:
    folder = tmp_path / "job"
    Job.create(folder, HEAD, "Aigul").close()
    written = 0
    for turn in range(100):
        ready, tell = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                sweep_for_ever(folder, tell)
            finally:
                os._exit(1)
        for _ in range(1 + turn % 4):  # begun, and so many rounds: the disk may be slow
            assert os.read(ready, 1) in (b"!", b".")
        time.sleep(0.0007 * (turn % 10))  # and then anywhere in a round
        os.kill(child, signal.SIGKILL)
        _, ended = os.waitpid(child, 0)
        os.close(ready)
        os.close(tell)
        assert os.WTERMSIG(ended) == signal.SIGKILL, "it was the kill that ended it"
        store = Store(folder / DATABASE)
        assert store.intact() is None
        count = len(store.items("status"))
        assert count >= written + turn % 4
        written = count
        store.close()
    assert written >= 150
    job = Job(folder)
    assert len(job.store.sweeps()) == 100
    assert all(ended is None for _, _, ended, _, _ in job.store.sweeps()), "cut off, and it says so"
    whole = [read_log(path) for path in sorted((folder / "recordings").glob("*.jsonl"))]
    assert sum(count for count, _ in whole) >= 100  # every second writes both itself and the one before
    assert all(problems <= 1 for _, problems in whole), "at most the last line of a recording is cut"


def read_log(path: Path) -> tuple[int, int]:
    """Advertisements and lines with problems in a recording."""
    problems = Problems()
    with path.open("rb") as stream:
        count = sum(1 for _ in adverts(stream, problems))
    return count, len(problems.lines())


def test_what_is_heard_is_written_before_five_seconds_have_passed(job: Job) -> None:
    seconds = iter([0.0, 0.0, 1.0, 3.9, 4.1, 5.0])
    heard = JobSink(job.store, 1, clock=seconds.__next__)
    for n in range(4):
        heard(Status(source="s", time_s=0.0, subject=str(n), state=State.READY))
        if n < 2:
            assert job.store.items("status") == []
    assert len(job.store.items("status")) >= 3


def test_the_term_of_a_job_begun_in_1970_counts_from_its_first_act_under_a_right_clock(
    tmp_path: Path,
) -> None:
    """A computer without a clock of its own, until the network tells it the time."""
    now = [100.0]
    begun = Job.create(tmp_path / "job", HEAD, "Aigul", now=lambda: now[0])
    assert begun.purge_due() > begun.now(), "not late in 1970"
    now[0] = 1_795_392_000.0
    assert begun.purge_due() == now[0] + 30 * 86_400, "nothing was done since: from now"
    begun.start_sweep("Aigul", what="car")
    now[0] += 5 * 86_400
    assert begun.purge_due() == 1_795_392_000.0 + 30 * 86_400
    begun.close()
