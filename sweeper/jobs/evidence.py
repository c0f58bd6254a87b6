"""Evidence: a job sealed so that anyone can tell later whether a byte of it was changed.

    manifest.json       {"sealed_utc_s", "by", "audit_hash", "previous", "files": {path: {"bytes", "sha512"}}}
    manifest.json.sig   ed25519 over the manifest's bytes, with the public key, both hexadecimal

Each seal names the SHA-512 of the seal before it and the last hash of the audit log, so seals and log hold
each other. The database is sealed as a copy (``evidence/job-N.sqlite``), because the job itself goes on.
The signature proves that the holder of the key sealed it; who that is must be known by other means.
"""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path, PurePosixPath

import msgspec

from sweeper.errors import SweeperError
from sweeper.jobs.job import DATABASE, Job

MANIFEST = "manifest.json"
SIGNATURE = "manifest.json.sig"
SEALED_FOLDERS = ("recordings", "photos", "reports", "evidence")
CHUNK = 1 << 20


class EvidenceError(SweeperError):
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
    """Seal the job as it stands. ``private_key`` is 32 bytes of ed25519; without it the seal is unsigned."""
    job.require_reviewer(by)
    folder = job.folder
    previous = sha512(folder / MANIFEST) if (folder / MANIFEST).exists() else None
    with job.store.transaction():
        entry = job.store.audit(job.now(), by, "sealed", previous=previous or "none")
    (folder / "evidence").mkdir(exist_ok=True)
    if previous is not None:
        (folder / MANIFEST).rename(folder / "evidence" / f"manifest-{entry.seq}.json")
    _copy_database(folder / DATABASE, folder / "evidence" / f"job-{entry.seq}.sqlite")
    files = {}
    for path in sorted(p for name in SEALED_FOLDERS for p in (folder / name).rglob("*") if p.is_file()):
        name = PurePosixPath(path.relative_to(folder)).as_posix()
        files[name] = Sealed(path.stat().st_size, sha512(path))
        path.chmod(0o444)
    manifest = Manifest(entry.utc_s, by, entry.hash, previous, files)
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    (folder / MANIFEST).write_bytes(text)
    (folder / SIGNATURE).unlink(missing_ok=True)
    if private_key is not None:
        (folder / SIGNATURE).write_bytes(msgspec.json.encode(_signed(text, private_key)))
    return manifest


def verify(folder: Path, trusted_key: str | None = None) -> str:
    """Check the last seal; one line on what holds. Raises ``EvidenceError`` naming the first that does not.

    ``trusted_key`` is the public key (hexadecimal) that must have signed; needs no licence and no secret.
    """
    try:
        text = (folder / MANIFEST).read_bytes()
        manifest = msgspec.json.decode(text, type=Manifest)
    except OSError:
        raise EvidenceError(f"{folder}: not sealed (no {MANIFEST})") from None
    except msgspec.MsgspecError as error:
        raise EvidenceError(f"{folder / MANIFEST}: changed or cut off: {error}") from None
    signed = _check_signature(folder, text, trusted_key)
    job = Job(folder, read_only=True)
    try:
        if job.problem is not None:
            raise EvidenceError(job.problem)
        if manifest.audit_hash not in {entry.hash for entry in job.store.audit_log()}:
            raise EvidenceError(f"{DATABASE}: the audit log no longer holds the act of sealing")
        purged = {name for certificate in job.purges() for name in certificate.files}
    finally:
        job.close()
    gone = [name for name in manifest.files if name in purged and not (folder / name).exists()]
    for name, sealed in manifest.files.items():
        path = folder / name
        if ".." in PurePosixPath(name).parts or PurePosixPath(name).is_absolute():
            raise EvidenceError(f"{name}: a path outside the job")
        if name in gone:
            continue
        if not path.is_file():
            raise EvidenceError(f"{name}: missing")
        if path.stat().st_size != sealed.bytes or sha512(path) != sealed.sha512:
            raise EvidenceError(f"{name}: changed since it was sealed")
    kept = f"{len(manifest.files) - len(gone)} files are as sealed by {manifest.by}"
    without = f", {len(gone)} were purged as certified" if gone else ""
    return f"{kept}{without}; {signed}"


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
            raise EvidenceError(f"{SIGNATURE}: missing")
        return "the seal is not signed"
    try:
        made = msgspec.json.decode(path.read_bytes(), type=Seal)
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(made.public_key))
        key.verify(bytes.fromhex(made.signature), text)
    except (InvalidSignature, msgspec.MsgspecError, ValueError):
        raise EvidenceError(f"{MANIFEST}: changed since it was signed") from None
    if trusted_key is not None and made.public_key != trusted_key.lower():
        raise EvidenceError(f"{SIGNATURE}: signed by another key, {made.public_key}")
    return f"signed by key {made.public_key}"


def _copy_database(source: Path, target: Path) -> None:
    """A consistent copy while the job is open."""
    with sqlite3.connect(source) as live, sqlite3.connect(target) as copy:
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
    live.close()
    copy.close()
