"""A whole job as one file: to move it, to lock it with a password, to take in one from elsewhere.

    NAME.zip          the job folder, stored as it is
    NAME.locked.zip   the same, encrypted with a password (``sweeper.jobs.locking``)

Both are written and read piece by piece: recordings of any size pass through little memory. An archive
comes from outside: it may carry paths that climb out of the folder, links, thousands of files, or gigabytes
in a few bytes. So only plain files under the names that a job has are taken, their number and sizes are
bounded by what the archive and the disk can hold and checked against what is really unpacked, and nothing
appears under the target's name before all of it has been read.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import zip_longest
from pathlib import Path, PurePosixPath
from typing import IO

from sweeper.errors import DAMAGED_ARCHIVE
from sweeper.jobs import locking
from sweeper.jobs.job import DATABASE, FOLDERS, Job
from sweeper.jobs.purging import BLOCK, overwritten
from sweeper.jobs.store import JobError
from sweeper.text import say

SUFFIX, LOCKED = ".zip", ".locked.zip"
TOP_FILES = (DATABASE, "manifest.json", "manifest.json.sig", "manifest.json.tsr")
TOP_FOLDERS = (*FOLDERS, "evidence")
MAX_FILES = 20_000
MAX_RATIO = 200
"""Unpacked bytes for each packed one: a database of zeros reaches fifty, a bomb a thousand."""
ALWAYS = 64 << 20
"""So much may always be unpacked: small jobs pack well."""
QUICK = 1
"""Samples are mostly noise: a slower search for repetitions takes minutes and gains little."""
MAX_NAME = 200


def export(job: Job, target: Path, *, who: str, password: str | None = None) -> Path:
    """Write the job to ``target``; with a password it is encrypted. The audit log in it tells of the act."""
    told(job, who, encrypted=password is not None)
    return packed(job.folder, target, password)


def told(job: Job, who: str, *, encrypted: bool) -> None:
    """Put the act of exporting into the audit log, where the job can be changed."""
    if not job.read_only:
        with job.store.transaction():
            job.store.audit(job.now(), who, "exported", encrypted=str(encrypted).lower())


def packed(folder: Path, target: Path, password: str | None) -> Path:
    """The folder of a job as one file, whole or not at all."""
    part = target.with_name(target.name + ".part")
    try:
        with part.open("wb") as stream:
            part.chmod(0o600)
            if password is None:
                _archive(folder, stream)
            else:
                locking.write(stream, password, lambda out: _archive(folder, out))
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(target)
    except OSError as error:
        raise JobError(say("{target}: {error}", target=target, error=error.strerror)) from None
    finally:
        part.unlink(missing_ok=True)
    return target


def lock(folder: Path, *, who: str, password: str) -> Path:
    """Encrypt the job beside its folder, read it back, then delete the folder. The path of the file."""
    if not password:
        raise JobError(say("a password is needed"))
    target = folder.with_name(folder.name + LOCKED)
    if target.exists():
        raise JobError(say("{target}: exists already", target=target))
    job = Job(folder)
    try:
        job.require_reviewer(who)
        with job.store.transaction():
            job.store.audit(job.now(), who, "locked")
    finally:
        job.close()
    packed(folder, target, password)
    try:
        holds = _holds(target, folder, password)
    except JobError:
        target.unlink()
        raise
    if not holds:
        target.unlink()
        raise JobError(say("{target}: could not be read back; the job was left as it is", target=target))
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink()):
        overwritten(path)
    shutil.rmtree(folder)
    return target


def unlock(archive: Path, target: Path | None = None, *, password: str, keep: bool = False) -> Path:
    """Open a locked job again; the file goes unless ``keep``. The job's folder."""
    made = take_in(archive, target, password=password)
    if not keep:
        archive.unlink()
    return made


def is_locked(archive: Path) -> bool:
    """Whether this file needs a password."""
    try:
        return locking.is_locked(archive)
    except OSError as error:
        raise JobError(say("{archive}: {error}", archive=archive, error=error.strerror)) from None


def name_of(archive: Path) -> str:
    """What the folder of a job from this file is called."""
    name = archive.name.removesuffix(LOCKED).removesuffix(SUFFIX)
    return name if name != archive.name else name + "-job"


def take_in(archive: Path, target: Path | None = None, *, password: str | None = None) -> Path:
    """Unpack a job from an archive into a new folder. ``JobError`` names what was refused, and why."""
    folder = target or archive.with_name(name_of(archive))
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise JobError(say("{folder}: is there already; a job needs a folder of its own", folder=folder))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".sweeper-") as inside:
            made = Path(inside) / "job"
            made.mkdir()
            _unpack(archive, made, password)
            _looked_at(made, archive)
            if folder.exists():
                folder.rmdir()
            made.rename(folder)
    except OSError as error:
        raise JobError(say("{archive}: {error}", archive=archive, error=error.strerror or error)) from None
    return folder


def _looked_at(folder: Path, archive: Path) -> None:
    if not (folder / DATABASE).is_file():
        raise JobError(say("{archive}: no job in it (no {database})", archive=archive, database=DATABASE))
    for name in FOLDERS:
        (folder / name).mkdir(exist_ok=True)
    Job(folder, read_only=True).close()


@contextmanager
def _plain(archive: Path, password: str | None, beside: Path) -> Iterator[IO[bytes]]:
    """The ZIP archive; a locked one is decrypted into a file in ``beside``, overwritten afterwards."""
    if not is_locked(archive):
        with archive.open("rb") as stream:
            yield stream
        return
    if password is None:
        raise JobError(say("{archive}: locked; a password is needed", archive=archive))
    with tempfile.TemporaryDirectory(dir=beside, prefix=".sweeper-") as inside:
        path = Path(inside) / "plain"
        try:
            with path.open("x+b") as plain:
                path.chmod(0o600)
                locking.read(archive, password, plain)
                yield plain
        except locking.LockError:
            raise JobError(
                say("{archive}: the password is wrong, or the file was changed", archive=archive)
            ) from None
        except locking.TooSlowError:
            raise JobError(
                say("{archive}: this computer is too slow, or too busy, to open the lock", archive=archive)
            ) from None
        finally:
            overwritten(path)


def _unpack(archive: Path, folder: Path, password: str | None) -> None:
    try:
        with _plain(archive, password, folder.parent) as plain, zipfile.ZipFile(plain) as members_of:
            members = [member for member in members_of.infolist() if not member.is_dir()]
            _allow(members, archive)
            for member in members:
                path = folder.joinpath(*PurePosixPath(member.filename).parts)
                path.parent.mkdir(parents=True, exist_ok=True)
                with members_of.open(member) as source, path.open("xb") as out:
                    _copy(source, out, member, archive)
                sealed = (member.external_attr >> 16) & 0o777 == 0o444
                path.chmod(0o444 if sealed else 0o600)
    except DAMAGED_ARCHIVE as error:
        raise JobError(
            say("{archive}: no job archive, or damaged: {error}", archive=archive, error=error)
        ) from None


def _holds(target: Path, folder: Path, password: str) -> bool:
    """Whether a locked file gives back every file of the job, byte for byte, and a database that is whole."""
    with _plain(target, password, target.parent) as plain, zipfile.ZipFile(plain) as archive:
        names = set(archive.namelist())
        for path in _files(folder):
            name = _name(path, folder)
            if name not in names:
                return False
            with archive.open(name) as kept, path.open("rb") as original:
                if any(a != b for a, b in zip_longest(_pieces(kept), _pieces(original))):
                    return False
        with archive.open(DATABASE) as kept:
            return DATABASE in names and kept.read() == _database(folder / DATABASE)


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    """Whole blocks; a decrypting stream may give less at a time."""
    while piece := stream.read(BLOCK):
        while len(piece) < BLOCK and (more := stream.read(BLOCK - len(piece))):
            piece += more
        yield piece


def _copy(source: IO[bytes], out: IO[bytes], member: zipfile.ZipInfo, archive: Path) -> None:
    """At most the size that the archive's directory names: what follows would be a bomb."""
    left = member.file_size
    while block := source.read(BLOCK):
        left -= len(block)
        if left < 0:
            raise JobError(
                say(
                    "{archive}: {filename!r} is larger than it says",
                    archive=archive,
                    filename=member.filename,
                )
            )
        out.write(block)


def _allow(members: list[zipfile.ZipInfo], archive: Path) -> None:
    """``JobError`` for the first member that a job's archive cannot have."""
    if len(members) > MAX_FILES:
        raise JobError(
            say("{archive}: {count} files are more than a job has", archive=archive, count=len(members))
        )
    size = sum(member.file_size for member in members)
    if size > max(ALWAYS, MAX_RATIO * archive.stat().st_size):
        raise JobError(say("{archive}: unpacked it would be larger than a job can be", archive=archive))
    if size > shutil.disk_usage(archive.parent).free:
        raise JobError(say("{archive}: unpacked it would be larger than the disk", archive=archive))
    seen: set[str] = set()
    for member in members:
        problem = _refusal(member) or ("stands in it twice" if member.filename.casefold() in seen else "")
        if problem:
            raise JobError(
                say(
                    "{archive}: refused, {filename!r} {problem}",
                    archive=archive,
                    filename=member.filename[:MAX_NAME],
                    problem=problem,
                )
            )
        seen.add(member.filename.casefold())


def _refusal(member: zipfile.ZipInfo) -> str:
    name = member.orig_filename
    parts = name.split("/")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return "is not a plain file"
    if name != member.filename or len(name) > MAX_NAME or not name.isprintable():
        return "has a name that cannot be"
    if name.startswith("/") or "\\" in name or ":" in name or any(p in ("", ".", "..") for p in parts):
        return "has a path that leaves the job"
    if len(parts) == 1 and name not in TOP_FILES:
        return "is no part of a job"
    if len(parts) > 1 and parts[0] not in TOP_FOLDERS:
        return "is no part of a job"
    return ""


def _files(folder: Path) -> list[Path]:
    """Every file of a job but its database, in order of name."""
    paths = [folder / name for name in TOP_FILES if name != DATABASE and (folder / name).is_file()]
    for name in TOP_FOLDERS:
        paths += sorted(p for p in (folder / name).rglob("*") if p.is_file() and not p.is_symlink())
    return paths


def _name(path: Path, folder: Path) -> str:
    return PurePosixPath(path.relative_to(folder)).as_posix()


def _archive(folder: Path, out: IO[bytes]) -> None:
    """The folder as a ZIP archive; the database as one consistent copy, whatever its log still holds."""
    with zipfile.ZipFile(
        out, "w", zipfile.ZIP_DEFLATED, compresslevel=QUICK, strict_timestamps=False
    ) as archive:
        archive.writestr(DATABASE, _database(folder / DATABASE))
        for path in _files(folder):
            archive.write(path, _name(path, folder))


def _database(path: Path) -> bytes:
    try:
        live = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        with closing(live), closing(sqlite3.connect(":memory:")) as copy:
            live.backup(copy)
            return copy.serialize()
    except sqlite3.Error as error:
        raise JobError(say("{path}: {error}", path=path, error=error)) from None
