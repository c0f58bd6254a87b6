"""Evidence: a job sealed so that anyone can tell later whether a byte of it was changed.

    manifest.json       {"sealed_utc_s", "by", "audit_hash", "previous", "files": {path: {"bytes", "sha512"}}}
    manifest.json.sig   ed25519 over the manifest's bytes, with the public key, both hexadecimal
    manifest.json.tsr   a time stamp on it, where the user asked an authority for one (``sweeper.jobs.stamp``)

Each seal names the SHA-512 of the seal before it and the last hash of the audit log, so seals and log hold
each other. The database is sealed as a copy (``evidence/job-N.sqlite``), because the job itself goes on.
The signature proves that the holder of the key sealed it; who that is must be known by other means.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from pathlib import Path, PurePosixPath

import msgspec

from sweeper.errors import InputError
from sweeper.jobs import stamp
from sweeper.jobs.audit import Entry
from sweeper.jobs.job import DATABASE, Job
from sweeper.jobs.store import JobError
from sweeper.text import say

MANIFEST = "manifest.json"
SIGNATURE = "manifest.json.sig"
SEALED_FOLDERS = ("recordings", "photos", "reports", "evidence")
CHUNK = 1 << 20
KEY_BYTES = 32
"""An ed25519 key (RFC 8032)."""


class EvidenceError(JobError):
    """A seal that does not hold: names the first file that differs."""


class Sealed(msgspec.Struct, frozen=True):
    bytes: int
    sha512: str


class Manifest(msgspec.Struct, frozen=True):
    sealed_utc_s: float
    by: str
    audit_hash: str
    previous: str | None
    files: dict[str, Sealed]


class Seal(msgspec.Struct, frozen=True):
    public_key: str
    signature: str


def sha512(path: Path) -> str:
    """Hexadecimal SHA-512 of a file, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha512").hexdigest()


def seal(job: Job, by: str, private_key: bytes | None = None) -> Manifest:
    """Seal the job as it stands. ``private_key`` is 32 bytes of ed25519; without it the seal is unsigned.

    Raises ``JobError`` where this person may not, or the disk takes no more.
    """
    job.require_reviewer(by)
    folder = job.folder
    previous = sha512(folder / MANIFEST) if (folder / MANIFEST).exists() else None
    with job.store.transaction():
        entry = job.store.audit(job.now(), by, "sealed", previous=previous or "none")
    try:
        manifest = _manifest(job.folder, entry, by, previous)
        text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
        _put(folder / MANIFEST, text)
        if private_key is not None:
            _put(folder / SIGNATURE, msgspec.json.encode(_signed(text, private_key)))
    except OSError as error:
        raise EvidenceError(
            say("{folder}: not sealed: {error}", folder=folder, error=error.strerror)
        ) from None
    return manifest


def _manifest(folder: Path, entry: Entry, by: str, previous: str | None) -> Manifest:
    """The seal before goes into the sealed files, the database as a copy, every file becomes read-only."""
    (folder / "evidence").mkdir(exist_ok=True)
    if previous is not None:
        for name in (MANIFEST, SIGNATURE, MANIFEST + stamp.SUFFIX):
            if (folder / name).exists():
                target = name.replace("manifest", f"manifest-{entry.seq}", 1)
                (folder / name).rename(folder / "evidence" / target)
    _copy_database(folder / DATABASE, folder / "evidence" / f"job-{entry.seq}.sqlite")
    files = {}
    for path in sorted(p for name in SEALED_FOLDERS for p in (folder / name).rglob("*") if p.is_file()):
        name = PurePosixPath(path.relative_to(folder)).as_posix()
        files[name] = Sealed(path.stat().st_size, sha512(path))
        path.chmod(0o444)
    return Manifest(entry.utc_s, by, entry.hash, previous, files)


def verify(folder: Path, trusted_key: str | None = None, stamp_roots: Path | None = None) -> str:
    """Check the last seal; one line on what holds. Raises ``EvidenceError`` naming the first that does not.

    ``trusted_key`` is the public key (hexadecimal) that must have signed; ``stamp_roots`` a PEM file with the
    certificates of time-stamp authorities. Needs no licence and no secret, and writes nothing.
    """
    try:
        text = (folder / MANIFEST).read_bytes()
        manifest = msgspec.json.decode(text, type=Manifest)
    except FileNotFoundError:
        raise EvidenceError(
            say("{folder}: not sealed (no {manifest})", folder=folder, manifest=MANIFEST)
        ) from None
    except (ValueError, RecursionError) as error:  # msgspec's, or text that is not UTF-8
        raise EvidenceError(
            say("{folder}: changed or cut off: {error}", folder=folder / MANIFEST, error=error)
        ) from None
    signed = _check_signature(folder, text, trusted_key)
    purged = _check_log(folder, manifest)
    bad, gone, new = _check_files(folder, manifest, purged)
    if bad:
        more = f", and {len(bad) - 1} more" if len(bad) > 1 else ""
        intact = len(manifest.files) - len(bad) - len(gone)
        raise EvidenceError(
            say(
                "{bad}{more}; {intact} of {count} files are as sealed",
                bad=bad[0],
                more=more,
                intact=intact,
                count=len(manifest.files),
            )
        )
    kept = f"{len(manifest.files) - len(gone)} files are as sealed by {manifest.by}"
    without = f", {len(gone)} were purged as certified" if gone else ""
    since = f", {new} came after the seal" if new else ""
    try:
        stamped = stamp.check(folder / MANIFEST, stamp_roots) or "no time stamp"
    except JobError as error:
        raise EvidenceError(str(error)) from None
    return f"{kept}{without}{since}; {signed}; {stamped}"


def _check_log(folder: Path, manifest: Manifest) -> set[str]:
    """The audit log must be whole and hold the act of sealing; the files that it certifies as purged."""
    try:
        job = Job(folder, read_only=True)
    except JobError as error:
        raise EvidenceError(str(error)) from None
    try:
        if job.problem is not None:
            raise EvidenceError(job.problem)
        if manifest.audit_hash not in {entry.hash for entry in job.store.audit_log()}:
            raise EvidenceError(
                say("{database}: the audit log no longer holds the act of sealing", database=DATABASE)
            )
        return {name for certificate in job.purges() for name in certificate.files}
    finally:
        job.close()


def _check_files(folder: Path, manifest: Manifest, purged: set[str]) -> tuple[list[str], list[str], int]:
    """What does not hold, in order of name; what was purged; how many files are new."""
    bad, gone = [], []
    for name, sealed in manifest.files.items():
        path = folder / name
        if ".." in PurePosixPath(name).parts or PurePosixPath(name).is_absolute():
            bad.append(f"{name}: a path outside the job")
        elif name in purged and not path.exists():
            gone.append(name)
        elif path.is_symlink() or not path.is_file():
            bad.append(f"{name}: missing")
        elif path.stat().st_size != sealed.bytes or sha512(path) != sealed.sha512:
            bad.append(f"{name}: changed since it was sealed")
    before = [name for name in manifest.files if PurePosixPath(name).name.startswith("manifest-")]
    held = {manifest.files[name].sha512 for name in before}
    if manifest.previous is not None and manifest.previous not in held:
        bad.append(f"{MANIFEST}: the seal before it is not among its files")
    present = {
        PurePosixPath(path.relative_to(folder)).as_posix()
        for name in SEALED_FOLDERS
        for path in (folder / name).rglob("*")
        if path.is_file()
    }
    return bad, gone, len(present - manifest.files.keys())


def new_key(target: Path) -> str:
    """A new signing key in a file only its owner reads; the public key, to be given to who verifies."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(key.private_bytes_raw())
    except OSError as error:
        raise EvidenceError(say("{target}: {error}", target=target, error=error.strerror)) from None
    return key.public_key().public_bytes_raw().hex()


def key_of(file: Path) -> bytes:
    """The signing key of a file. Raises ``InputError`` for what is none."""
    try:
        key = file.read_bytes() if file.stat().st_size <= KEY_BYTES else b""
    except OSError as error:
        raise InputError(str(file), error.strerror or say("cannot be read")) from None
    if len(key) != KEY_BYTES:
        raise InputError(str(file), say("a key of {key_bytes} bytes was expected", key_bytes=KEY_BYTES))
    return key


def stamped(job: Job, who: str, url: str) -> str:
    """Have the seal stamped by a time authority: this uses the network. One line on the stamp."""
    manifest = job.folder / MANIFEST
    if not manifest.is_file():
        raise InputError(str(job.folder), say("not sealed"))
    job.require_reviewer(who)
    line = stamp.ask(manifest, url)
    with job.store.transaction():
        job.store.audit(job.now(), who, "stamped", authority=url)
    return line


def _put(path: Path, content: bytes) -> None:
    """Through a file beside it: a kill leaves the old one or the new one, never half."""
    part = path.with_name(path.name + ".part")
    with part.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)


def _signed(text: bytes, private_key: bytes) -> Seal:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.from_private_bytes(private_key)
    return Seal(key.public_key().public_bytes_raw().hex(), key.sign(text).hex())


def _check_signature(folder: Path, text: bytes, trusted_key: str | None) -> str:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    path = folder / SIGNATURE
    if not path.exists():
        if trusted_key is not None:
            raise EvidenceError(say("{signature}: missing", signature=SIGNATURE))
        return "the seal is not signed"
    try:
        made = msgspec.json.decode(path.read_bytes(), type=Seal)
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(made.public_key))
        key.verify(bytes.fromhex(made.signature), text)
    except (InvalidSignature, ValueError, RecursionError):
        raise EvidenceError(say("{manifest}: changed since it was signed", manifest=MANIFEST)) from None
    if trusted_key is not None and made.public_key != trusted_key.lower():
        raise EvidenceError(
            say(
                "{signature}: signed by another key, {public_key}",
                signature=SIGNATURE,
                public_key=made.public_key,
            )
        )
    return f"signed by key {made.public_key}"


def _copy_database(source: Path, target: Path) -> None:
    """A consistent copy while the job is open."""
    with sqlite3.connect(source) as live, sqlite3.connect(target) as copy:
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
    live.close()
    copy.close()
