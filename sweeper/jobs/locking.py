"""Files locked with a password, however large they are, with the age library and nothing of our own.

    NAME.locked.zip      a plain ZIP archive of two age files (https://age-encryption.org/v1)
      key.age            a key drawn for this file, locked with the password (age's scrypt)
      content.age        the content, encrypted for that key

The age library takes a password only for what fits into memory, and streams for keys. So the password locks
a key, and the key the content. Without sweeper: ``unzip NAME.locked.zip``, then
``age -d -i key.age content.age > NAME.zip``.

How much work guessing the password is, the library takes from how long one step of scrypt takes at that very
moment; when it opens, the same gives its limit. A machine busy for a moment would make a weak lock, or refuse
a good one. So both are asked again.
"""

from __future__ import annotations

import os
import re
import threading
import time
import zipfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import IO

from sweeper.errors import DAMAGED_ARCHIVE, Reason, Unavailable, contained
from sweeper.text import say

KEY, CONTENT = "key.age", "content.age"
LONGEST_KEY = 4096
"""A locked key has some 300 bytes."""
WORK = range(16, 21)
"""log2 of scrypt's rounds, kept at once if so: age's own program has 18, about a second of a laptop."""
LOCKINGS, OPENINGS = 4, 20


class LockError(Exception):
    """The password is wrong, or the file is none of these, or was changed."""


class TooSlowError(Exception):
    """The lock is more work than the library lets this machine do, as fast as it is now."""


def is_locked(path: Path) -> bool:
    """Whether this file needs a password."""
    with path.open("rb") as stream:
        if not zipfile.is_zipfile(stream):
            return False
        try:
            with zipfile.ZipFile(stream) as archive:
                return sorted(archive.namelist()) == [CONTENT, KEY]
        except DAMAGED_ARCHIVE:
            return False


def write(out: IO[bytes], password: str, fill: Callable[[IO[bytes]], None]) -> None:
    """Lock what ``fill`` writes, while it writes it. Raises what ``fill`` raises."""
    pyrage = _age()
    key = pyrage.x25519.Identity.generate()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(KEY, _key_locked(f"{key}\n".encode(), password))
        reading, writing = os.pipe()
        with os.fdopen(reading, "rb") as source, archive.open(CONTENT, "w", force_zip64=True) as target:
            filler = _Filler(fill, writing)
            filler.start()
            try:
                pyrage.encrypt_io(source, target, [key.to_public()])
            finally:
                source.close()  # where the disk is full, the filler's next write fails instead of waiting
                filler.join()
    if filler.error is not None:
        raise filler.error


class _Filler(threading.Thread):
    """Writes the plain content into a pipe; ``error`` is what went wrong."""

    def __init__(self, fill: Callable[[IO[bytes]], None], pipe: int) -> None:
        super().__init__(name="locking", daemon=True)
        self._fill = fill
        self._pipe = pipe
        self.error: Exception | None = None

    def run(self) -> None:
        with contained() as caught, os.fdopen(self._pipe, "wb") as stream:
            self._fill(stream)
        self.error = caught.error


def read(path: Path, password: str, plain: IO[bytes]) -> None:
    """Write the content to ``plain`` and go back to its beginning. Raises ``LockError``, ``TooSlowError``."""
    pyrage = _age()
    try:
        with zipfile.ZipFile(path) as archive:
            with archive.open(KEY) as locked:
                words = _key_opened(locked.read(LONGEST_KEY), password)
            key = pyrage.x25519.Identity.from_str(words.decode("ascii").strip())
            with archive.open(CONTENT) as source:
                pyrage.decrypt_io(source, plain, [key])
    except (pyrage.DecryptError, pyrage.IdentityError, UnicodeDecodeError, *DAMAGED_ARCHIVE):
        raise LockError from None
    except OSError as error:
        if error.errno is None:  # the library's own word for a content that was cut, not the system's
            raise LockError from None
        raise
    plain.seek(0)


def _key_locked(key: bytes, password: str) -> bytes:
    """The key locked with the password: with a work of ``WORK``, or what comes nearest on this machine."""
    best, off = b"", 99
    for _ in range(LOCKINGS):
        made: bytes = _age().passphrase.encrypt(key, password)
        found = re.search(rb"-> scrypt \S+ (\d+)\n", made)
        work = int(found[1]) if found else WORK.start
        away = max(WORK.start - work, work - WORK[-1], 0)
        if away < off:
            best, off = made, away
        if not off:
            break
    return best


def _key_opened(locked: bytes, password: str) -> bytes:
    pyrage = _age()
    for _ in range(OPENINGS):
        try:
            opened: bytes = pyrage.passphrase.decrypt(locked, password)
        except pyrage.DecryptError as error:
            if not str(error).startswith("Excessive work"):
                raise
            time.sleep(0.05)  # nothing was computed yet but the estimate; a stall of the machine is over soon
        else:
            return opened
    raise TooSlowError


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
