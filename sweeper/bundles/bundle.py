"""A bundle's bytes: written canonically, read with suspicion."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import re
import zipfile
from pathlib import Path

import msgspec

from sweeper.errors import DAMAGED_ARCHIVE, SweeperError
from sweeper.signatures import MANIFEST, Library
from sweeper.text import say

MOST_FILES = 20_000
MOST_BYTES = 64 << 20
"""Limits for reading: a hundred times what the built-in signatures need."""

EPOCH = (2026, 1, 1, 0, 0, 0)
"""Time of every file in the archive, so that building twice gives the same bytes."""


class BundleError(SweeperError):
    """A bundle that is refused: one line that says why."""


NAME = re.compile(r"(rf|ble|wifi|lan)/(?!(con|prn|aux|nul|com\d|lpt\d)\.)[a-z0-9][a-z0-9_-]{0,63}\.toml")
"""A file's name: a radio and an id, nothing that a path, a shell or Windows could take for something else."""
MOST_VERSION = 2**31 - 1


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``version`` only grows; ``files`` is path -> SHA-256; ``minimum`` is the oldest sweeper for it."""

    def __post_init__(self) -> None:
        if not 1 <= self.version <= MOST_VERSION:
            raise ValueError(f"`version` from 1 to {MOST_VERSION}")
        if not re.fullmatch(r"\d{1,4}(\.\d{1,4}){1,3}", self.minimum):
            raise ValueError("`minimum` like 0.1.0")
        if not self.files:
            raise ValueError("`files`: at least one")

    version: int
    created: dt.date
    expires: dt.date
    minimum: str
    files: dict[str, str]


def build(library: Library, version: int, created: dt.date, expires: dt.date, minimum: str) -> bytes:
    """The bundle of a library's files. Raises ``BundleError`` for a library with errors."""
    if library.problems:
        raise BundleError(say("not built: {problems}", problems=library.problems[0]))
    files: dict[str, bytes] = {}
    for signature in library.signatures:
        files[f"{signature.medium.value}/{signature.id}.toml"] = Path(signature.origin).read_bytes()
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}
    try:
        manifest = Manifest(version, created, expires, minimum, digests)
    except ValueError as error:
        raise BundleError(say("not built: {error}", error=error)) from None
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_entry(MANIFEST), msgspec.json.encode(manifest, order="sorted"))
        for name, data in sorted(files.items()):
            archive.writestr(_entry(name), data)
    return packed.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    """A file's head, the same on every system."""
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.create_system = 3
    return entry


def read(data: bytes) -> tuple[Manifest, dict[str, bytes]]:
    """The manifest and exactly the files it names, each with the SHA-256 it states."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if not data.startswith(b"PK\x03\x04") or archive.comment:
                raise BundleError(say("not a bundle: something stands before or after the archive"))
            _suspect(archive.infolist())
            content = {info.filename: archive.read(info) for info in archive.infolist()}
    except (*DAMAGED_ARCHIVE, OSError) as error:
        raise BundleError(say("not a bundle: {error}", error=error)) from None
    try:
        manifest = msgspec.json.decode(content.pop(MANIFEST, b""), type=Manifest)
    except (ValueError, RecursionError) as error:
        raise BundleError(say("{manifest}: {error}", manifest=MANIFEST, error=error)) from None
    if set(content) != set(manifest.files):
        odd = min(set(content) ^ set(manifest.files))
        raise BundleError(say("{odd}: in the archive or in the manifest, not in both", odd=odd))
    for name, wanted in manifest.files.items():
        if hashlib.sha256(content[name]).hexdigest() != wanted:
            raise BundleError(say("{name}: changed since the bundle was made", name=name))
    return manifest, content


def _suspect(infos: list[zipfile.ZipInfo]) -> None:
    """Refuse what no bundle has: many or huge files, compression, odd or repeated names, links."""
    if len(infos) > MOST_FILES or sum(info.file_size for info in infos) > MOST_BYTES:
        raise BundleError(say("larger than a bundle can be"))
    names = [info.filename for info in infos]
    if len(set(names)) != len(names):
        raise BundleError(say("a name stands twice in the archive"))
    for info in infos:
        if info.filename != MANIFEST and not NAME.fullmatch(info.filename):
            raise BundleError(say("{filename!r}: a name that no bundle has", filename=info.filename))
        if info.compress_type != zipfile.ZIP_STORED or info.external_attr >> 16 & 0o170000 == 0o120000:
            raise BundleError(say("{filename}: compressed or a link", filename=info.filename))
