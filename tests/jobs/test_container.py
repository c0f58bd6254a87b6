"""A job as one file: it comes back whole, a wrong password is said, no archive reaches outside its folder."""

from __future__ import annotations

import io
import random
import stat
import tracemalloc
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.jobs import container, evidence
from sweeper.jobs.job import DATABASE, Job, JobError
from sweeper.jobs.purging import overwritten
from tests.jobs.samples import ADDRESS, HEAD, made

pyrage = pytest.importorskip("pyrage")


@pytest.fixture
def job(tmp_path: Path) -> Job:
    begun = made(tmp_path / "here" / "job")
    (begun.folder / "photos" / "a.jpg").write_bytes(b"picture")
    evidence.seal(begun, "Aigul")
    return begun


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(folder)): p.read_bytes()
        for p in folder.rglob("*")
        if p.is_file() and not p.name.startswith(DATABASE)
    }


@pytest.mark.usefixtures("little_work")
def test_a_locked_job_opens_with_its_password_only(job: Job, tmp_path: Path) -> None:
    job.close()
    before = contents(job.folder)
    locked = container.lock(job.folder, who="Aigul", password="осень 7")
    assert not job.folder.exists()
    content = locked.read_bytes()
    assert content.count(b"age-encryption.org/v1\n-> scrypt ") == 1
    assert ADDRESS.encode() not in content
    assert locked.stat().st_mode & 0o077 == 0
    elsewhere = tmp_path / "another machine" / locked.name
    elsewhere.parent.mkdir()
    locked.rename(elsewhere)
    for wrong in ("осень 8", ""):
        with pytest.raises(JobError, match="password is wrong") as refused:
            container.unlock(elsewhere, password=wrong)
        assert "\n" not in str(refused.value)
    with pytest.raises(JobError, match="a password is needed"):
        container.take_in(elsewhere)
    folder = container.unlock(elsewhere, password="осень 7")
    assert contents(folder) == before
    assert not elsewhere.exists()
    again = Job(folder)
    assert again.problem is None
    assert [e.act for e in again.store.audit_log()][-1] == "locked"
    assert again.devices()[0][1].address == ADDRESS
    assert stat.S_IMODE((folder / "photos" / "a.jpg").stat().st_mode) == 0o444
    assert "as sealed" in evidence.verify(folder)


def test_what_the_container_holds_is_readable_by_age_itself(job: Job, tmp_path: Path) -> None:
    """As the manual says: two files of the standard's format, and a plain ZIP inside."""
    target = container.export(job, tmp_path / "out.locked.zip", who="Aigul", password="x")
    with zipfile.ZipFile(target) as outer:
        key = pyrage.passphrase.decrypt(outer.read("key.age"), "x").decode().strip()
        plain = pyrage.decrypt(outer.read("content.age"), [pyrage.x25519.Identity.from_str(key)])
    assert DATABASE in zipfile.ZipFile(io.BytesIO(plain)).namelist()


@pytest.mark.usefixtures("little_work")
def test_a_changed_container_is_refused(job: Job, tmp_path: Path) -> None:
    target = container.export(job, tmp_path / "out.locked.zip", who="Aigul", password="x")
    content = bytearray(target.read_bytes())
    content[len(content) // 2] ^= 1
    target.write_bytes(bytes(content))
    with pytest.raises(JobError, match="wrong, or the file was changed"):
        container.take_in(target, tmp_path / "new", password="x")
    assert not (tmp_path / "new").exists()


def test_an_export_without_a_password_moves_an_open_job(job: Job, tmp_path: Path) -> None:
    target = container.export(job, tmp_path / "copy.zip", who="Aigul")
    folder = container.take_in(target)
    assert folder == tmp_path / "copy"
    assert Job(folder).store.audit_log()[-1].act == "exported"
    with pytest.raises(JobError, match="is there already"):
        container.take_in(target)


def test_a_viewer_does_not_lock(job: Job) -> None:
    job.close()
    with pytest.raises(JobError, match="Viktor"):
        container.lock(job.folder, who="Viktor", password="x")
    assert Job(job.folder).problem is None


def database(tmp_path: Path) -> bytes:
    begun = Job.create(tmp_path / "for-its-database", HEAD, "Aigul")
    begun.close()
    return (begun.folder / DATABASE).read_bytes()


def archive(path: Path, members: list[tuple[zipfile.ZipInfo | str, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w") as made_archive:
        for member, content in members:
            made_archive.writestr(member, content)
    return path


def linked(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name)
    member.create_system = 3
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    return member


@pytest.mark.parametrize(
    ("member", "why"),
    [
        ("../evil", "leaves the job"),
        ("photos/../../evil", "leaves the job"),
        ("/etc/evil", "leaves the job"),
        ("photos//evil", "leaves the job"),
        ("C:\\evil", "leaves the job"),
        ("photos\\..\\..\\evil", "leaves the job"),
        ("photos/C:evil", "leaves the job"),
        ("evil.sh", "no part of a job"),
        (".ssh/authorized_keys", "no part of a job"),
        ("photos/\u202egpj.exe", "a name that cannot be"),
        ("photos/" + "x" * 300, "a name that cannot be"),
        (linked("photos/link"), "not a plain file"),
        ("job.sqlite", "stands in it twice"),
        ("JOB.SQLITE", "no part of a job"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_archive_with_tricks_is_refused_whole(
    tmp_path: Path, member: zipfile.ZipInfo | str, why: str
) -> None:
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    made_archive = archive(inside / "x.zip", [(DATABASE, database(tmp_path)), (member, b"/etc/passwd")])
    before = set(tmp_path.rglob("*"))
    with pytest.raises(JobError, match=why):
        container.take_in(made_archive)
    assert set(tmp_path.rglob("*")) == before


def test_what_is_unlocked_on_the_way_is_nobody_elses_and_overwritten(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, bool, bool]] = []

    def watched(path: Path) -> None:
        mode, before = path.stat().st_mode & 0o777, any(path.read_bytes())
        overwritten(path)
        seen.append((mode, before, any(path.read_bytes())))

    locked = container.export(job, tmp_path / "x.locked.zip", who="Aigul", password="word")
    monkeypatch.setattr(container, "overwritten", watched)
    container.take_in(locked, tmp_path / "again", password="word")
    assert seen == [(0o600, True, False)]


@pytest.mark.parametrize("names", [("a.jpg", "A.JPG"), ("A.JPG", "a.jpg")])
def test_names_that_differ_in_their_letters_size_only_are_refused(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    """Where Windows or macOS unpacks it the second file would take the place of the first."""
    members = [(DATABASE, database(tmp_path)), *((f"photos/{name}", b"x") for name in names)]
    with pytest.raises(JobError, match="stands in it twice"):
        container.take_in(archive(tmp_path / "x.zip", members))


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "ALWAYS", 1 << 20)
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made_archive:
        made_archive.writestr("photos/zeros", bytes(2 << 20))
    with pytest.raises(JobError, match="larger than a job can be"):
        container.take_in(path)
    monkeypatch.setattr(container, "MAX_RATIO", 10_000)
    monkeypatch.setattr(container.shutil, "disk_usage", lambda _path: SimpleNamespace(free=1 << 20))
    with pytest.raises(JobError, match="larger than the disk"):
        container.take_in(path)
    monkeypatch.setattr(container, "MAX_FILES", 0)
    with pytest.raises(JobError, match="more than a job has"):
        container.take_in(path)


@pytest.mark.usefixtures("little_work")
def test_large_recordings_pass_through_little_memory(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1 << 20)  # what is larger needs the long fields
    content = random.Random(1).randbytes(8 << 20)
    (job.folder / "recordings" / "long.sigmf-data").write_bytes(content)
    job.close()
    tracemalloc.start()
    locked = container.lock(job.folder, who="Aigul", password="x")
    folder = container.unlock(locked, tmp_path / "again", password="x")
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (folder / "recordings" / "long.sigmf-data").read_bytes() == content
    assert peak < 8 << 20, "blocks of it, never the whole; a copy in memory would be twice as much"


@pytest.mark.usefixtures("little_work")
def test_a_job_that_cannot_be_read_back_is_left_as_it_is(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    job.close()
    before = contents(job.folder)
    whole = container.packed

    def torn(folder: Path, target: Path, password: str | None) -> Path:
        (folder / "photos" / "a.jpg").chmod(0o600)
        (folder / "photos" / "a.jpg").write_bytes(b"picturE")
        made_file = whole(folder, target, password)
        (folder / "photos" / "a.jpg").write_bytes(b"picture")
        return made_file

    monkeypatch.setattr(container, "packed", torn)
    with pytest.raises(JobError, match="could not be read back"):
        container.lock(job.folder, who="Aigul", password="x")
    assert contents(job.folder) == before
    assert [p.name for p in job.folder.parent.iterdir()] == ["job"]


def test_an_archive_whose_database_is_none_is_refused(tmp_path: Path) -> None:
    for content in (b"no database" * 500, b""):
        made_archive = archive(tmp_path / f"x{len(content)}.zip", [(DATABASE, content)])
        with pytest.raises(JobError):
            container.take_in(made_archive)
        assert not (tmp_path / f"x{len(content)}").exists()


@given(st.binary(max_size=300), st.integers(0, 2000))
def test_any_bytes_are_a_clear_line(content: bytes, at: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = archive(Path(folder) / "x.zip", [("photos/a", b"abc" * 50)])
        whole = bytearray(path.read_bytes())
        whole[at % len(whole) : at % len(whole) + len(content)] = content
        path.write_bytes(bytes(whole))
        with pytest.raises(JobError) as refused:
            container.take_in(path)
        assert str(path) in str(refused.value)
        assert [p.name for p in Path(folder).iterdir()] == ["x.zip"]
