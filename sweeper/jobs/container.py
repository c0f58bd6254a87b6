"""A whole job as one file: to move it, to lock it with a password, to take in one from elsewhere.

    NAME.zip       the job folder, stored as it is
    NAME.zip.age   the same, encrypted with a password (age, https://age-encryption.org/v1, scrypt recipient):
                   ``age -d`` opens it on any machine, with or without sweeper

An archive comes from outside: it may carry paths that climb out of the folder, links, thousands of
files, or gigabytes in a few bytes. So only plain files under the names that a job has are taken, their number
and sizes are bounded and checked against what is really unpacked, and nothing appears under the target's name
before all of it has been read.
"""

from __future__ import annotations

import io
import os
import shutil
import sqlite3
import stat
import tempfile
import zipfile
from contextlib import closing
from importlib import import_module
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import IO

from sweeper.errors import DAMAGED_ARCHIVE, Reason, Unavailable
from sweeper.jobs.job import DATABASE, FOLDERS, Job
from sweeper.jobs.purging import BLOCK, overwritten
from sweeper.jobs.store import JobError
from sweeper.text import say

SUFFIX, LOCKED = ".zip", ".zip.age"
TOP_FILES = (DATABASE, "manifest.json", "manifest.json.sig", "manifest.json.tsr")
TOP_FOLDERS = (*FOLDERS, "evidence")
MAX_FILES = 20_000
MAX_BYTES = 2 << 30
"""A locked job passes through memory whole; two gigabytes are some hours of a finding's band."""
MAX_NAME = 200
AGE_HEAD = b"age-encryption.org/"


def export(job: Job, target: Path, *, who: str, password: str | None = None) -> Path:
    """Write the job to ``target``; with a password it is encrypted. The audit log in it tells of the act."""
    if not job.read_only:
        with job.store.transaction():
            job.store.audit(job.now(), who, "exported", encrypted=str(password is not None).lower())
    _put(target, _packed(job.folder, password))
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
    plain = _archive(folder)
    _put(target, _encrypted(plain, password))
    if _decrypted(target.read_bytes(), password, target) != plain:
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
        with archive.open("rb") as stream:
            return stream.read(len(AGE_HEAD)) == AGE_HEAD
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
        if archive.stat().st_size > MAX_BYTES:
            raise JobError(
                say("{archive}: larger than {max_bytes} GiB", archive=archive, max_bytes=MAX_BYTES >> 30)
            )
        content = archive.read_bytes()
        if content.startswith(AGE_HEAD):
            if password is None:
                raise JobError(say("{archive}: locked; a password is needed", archive=archive))
            content = _decrypted(content, password, archive)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".sweeper-") as inside:
            made = Path(inside) / "job"
            made.mkdir()
            _unpack(content, made, archive)
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


def _unpack(content: bytes, folder: Path, archive: Path) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            members = [member for member in packed.infolist() if not member.is_dir()]
            _allow(members, archive)
            for member in members:
                path = folder.joinpath(*PurePosixPath(member.filename).parts)
                path.parent.mkdir(parents=True, exist_ok=True)
                with packed.open(member) as source, path.open("xb") as out:
                    _copy(source, out, member, archive)
                sealed = (member.external_attr >> 16) & 0o777 == 0o444
                path.chmod(0o444 if sealed else 0o600)
    except DAMAGED_ARCHIVE as error:
        raise JobError(
            say("{archive}: no job archive, or damaged: {error}", archive=archive, error=error)
        ) from None


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
    if sum(member.file_size for member in members) > MAX_BYTES:
        raise JobError(
            say(
                "{archive}: unpacked it would be larger than {max_bytes} GiB",
                archive=archive,
                max_bytes=MAX_BYTES >> 30,
            )
        )
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


def _packed(folder: Path, password: str | None) -> bytes:
    plain = _archive(folder)
    return plain if password is None else _encrypted(plain, password)


def _archive(folder: Path) -> bytes:
    """The folder as a ZIP archive; the database as one consistent copy, whatever its log still holds."""
    paths = [folder / name for name in TOP_FILES if name != DATABASE and (folder / name).is_file()]
    for name in TOP_FOLDERS:
        paths += sorted(p for p in (folder / name).rglob("*") if p.is_file() and not p.is_symlink())
    if sum(path.stat().st_size for path in paths) > MAX_BYTES:
        raise JobError(
            say(
                "{folder}: larger than {max_bytes} GiB; purge recordings, or copy the folder",
                folder=folder,
                max_bytes=MAX_BYTES >> 30,
            )
        )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
        archive.writestr(DATABASE, _database(folder / DATABASE))
        for path in paths:
            archive.write(path, PurePosixPath(path.relative_to(folder)).as_posix())
    return buffer.getvalue()


def _database(path: Path) -> bytes:
    try:
        live = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        with closing(live), closing(sqlite3.connect(":memory:")) as copy:
            live.backup(copy)
            return copy.serialize()
    except sqlite3.Error as error:
        raise JobError(say("{path}: {error}", path=path, error=error)) from None


def _put(target: Path, content: bytes) -> None:
    part = target.with_name(target.name + ".part")
    try:
        with part.open("wb") as stream:
            part.chmod(0o600)
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise JobError(say("{target}: {error}", target=target, error=error.strerror)) from None


def _encrypted(content: bytes, password: str) -> bytes:
    made: bytes = _age().passphrase.encrypt(content, password)
    return made


def _decrypted(content: bytes, password: str, archive: Path) -> bytes:
    age = _age()
    try:
        plain: bytes = age.passphrase.decrypt(content, password)
    except age.DecryptError:
        raise JobError(
            say("{archive}: the password is wrong, or the file was changed", archive=archive)
        ) from None
    return plain


def _age() -> ModuleType:
    try:
        return import_module("pyrage")
    except ImportError:
        raise Unavailable(
            "job",
            Reason.LIBRARY_MISSING,
            say("pyrage is not installed"),
            say("pip install 'sweeper[evidence]'"),
        ) from None
