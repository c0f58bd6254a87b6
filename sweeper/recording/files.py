"""Opening what a user named: only regular files, and every failure one line that names the file.

A path may hold any bytes. ``shown`` turns it into text that is safe to print and to write as JSON: what is
no UTF-8 or not printable becomes ``\\xNN``, so a name can neither break a line nor drive a terminal.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import os
import stat
import tarfile
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from sweeper.errors import InputError
from sweeper.text import Phrase, safe_text, say

HASH_CHUNK = 1 << 20
"""Bytes hashed at a time: large enough to leave the interpreter lock, small enough to stop soon."""


def shown(path: str | bytes | os.PathLike[str]) -> str:
    """The path as one line of printable text; two different paths may look alike, no path breaks a line."""
    return safe_text(os.fsencode(path).decode("utf-8", "backslashreplace"))


READ_ERRORS = (
    OSError,
    EOFError,
    ValueError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)
"""What reading a file or a member of an archive may raise when the disk or the bytes are bad."""


def reason(error: BaseException) -> str:
    """What the system said, without its number and without the name, which stands before it anyway."""
    said = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return safe_text((said or type(error).__name__).splitlines()[0][:200]).lower()


def open_regular(path: Path) -> BinaryIO:
    """The file, open for reading; raises ``InputError`` for what is missing, unreadable or no file.

    The kind is looked at before opening: opening a FIFO would wait for a writer, a device might act.
    """
    name = shown(path)
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            os.listdir(path)  # the better reason, where it may not be entered
            raise InputError(name, say("is a folder, not a recording"))
        if not stat.S_ISREG(mode):
            raise InputError(name, say("is {what}, not a file", what=_special(mode)))
        file = open(path, "rb")  # noqa: SIM115  the caller owns it
    except OSError as error:
        raise InputError(name, say("cannot be opened: {error}", error=reason(error))) from error
    except ValueError as error:
        raise InputError(name, say("is not a possible file name")) from error
    return file


def _special(mode: int) -> Phrase:
    kinds = (
        (stat.S_ISFIFO, say("a pipe")),
        (stat.S_ISSOCK, say("a socket")),
        (stat.S_ISCHR, say("a device")),
        (stat.S_ISBLK, say("a device")),
    )
    return next((text for test, text in kinds if test(mode)), say("a special file"))


def packing(head: bytes) -> str | None:
    """How a file that starts with ``head`` is compressed, if it is: gzip, bzip2 or xz."""
    return next((name for magic, name in _PACKED if head.startswith(magic)), None)


_PACKED = ((b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ\x00", "xz"))


@contextmanager
def open_stream(path: Path) -> Iterator[BinaryIO]:
    """The file as a stream of its content: a compressed one is unpacked as it is read, never as a whole."""
    with open_regular(path) as file:
        packed = packing(file.read(6))
        file.seek(0)
        if packed is None:
            yield file
            return
        with _UNPACK[packed](file) as stream:
            yield stream


def _gunzip(file: BinaryIO) -> gzip.GzipFile:
    return gzip.GzipFile(fileobj=file)


_UNPACK: dict[str, Callable[[BinaryIO], Any]] = {
    "gzip": _gunzip,
    "bzip2": bz2.BZ2File,
    "xz": lzma.LZMAFile,
}


def size_of(file: BinaryIO) -> int:
    """Bytes in an open file."""
    return os.fstat(file.fileno()).st_size


class Digest:
    """SHA-256 of a file, computed in a thread of its own while the records are read.

    Hashing one block of samples takes about a tenth of what its spectrum takes, so the digest is ready by
    the end of a recording and costs no wait at its start.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stop = threading.Event()
        self._hex: str | None = None
        self._thread = threading.Thread(target=self._run, name="sweeper-digest", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        digest = hashlib.sha256()
        try:
            with open(self._path, "rb") as file:
                while chunk := file.read(HASH_CHUNK):
                    if self._stop.is_set():
                        return
                    digest.update(chunk)
        except OSError:
            return
        self._hex = digest.hexdigest()

    def result(self) -> str | None:
        """Waits for the digest; ``None`` where the file could not be read to its end."""
        self._thread.join()
        return self._hex

    def cancel(self) -> None:
        """Stops without a result."""
        self._stop.set()
        self._thread.join()
