"""Locking with a password: what is written comes back, and nothing else does."""

from __future__ import annotations

import io
import re
import sys
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import IO

import pytest

from sweeper.errors import Unavailable
from sweeper.jobs import locking
from tests.jobs import weak_age

pyrage = pytest.importorskip("pyrage")

CONTENT = bytes(range(256)) * 1000


def fill(out: IO[bytes]) -> None:
    for at in range(0, len(CONTENT), 100_000):
        out.write(CONTENT[at : at + 100_000])


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made with little work; the first test locks with as much as the program does."""
    path = tmp_path_factory.mktemp("locked") / "x.locked.zip"
    with pytest.MonkeyPatch.context() as monkeypatch, path.open("wb") as out:
        weak_age.instead(monkeypatch)
        locking.write(out, "осень 7", fill)
    return path


def test_what_was_locked_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "x.locked.zip"
    with path.open("wb") as out:
        locking.write(out, "осень 7", fill)
    assert locking.is_locked(path)
    plain = io.BytesIO()
    locking.read(path, "осень 7", plain)
    assert plain.read() == CONTENT


@pytest.mark.parametrize("wrong", ["", "осень", "осень 7 "])
def test_a_wrong_password_gives_nothing(locked: Path, wrong: str) -> None:
    plain = io.BytesIO()
    with pytest.raises(locking.LockError):
        locking.read(locked, wrong, plain)
    assert plain.getvalue() == b""


def rewritten(locked: Path, path: Path, key: bytes | None = None, content: bytes | None = None) -> Path:
    with zipfile.ZipFile(locked) as old, zipfile.ZipFile(path, "w") as new:
        new.writestr(locking.KEY, old.read(locking.KEY) if key is None else key)
        new.writestr(locking.CONTENT, old.read(locking.CONTENT) if content is None else content)
    return path


def test_a_cut_swapped_or_changed_content_is_refused(locked: Path, tmp_path: Path) -> None:
    sealed = zipfile.ZipFile(locked).read(locking.CONTENT)
    chunk = 65536 + 16
    begin = len(sealed) - (len(CONTENT) + 16 * 4)  # four chunks, each with its tag
    first, second = sealed[begin : begin + chunk], sealed[begin + chunk : begin + 2 * chunk]
    for name, content in {
        "cut at a chunk": sealed[: begin + chunk],
        "swapped": sealed[:begin] + second + first + sealed[begin + 2 * chunk :],
        "changed": sealed[:-20] + bytes([sealed[-20] ^ 1]) + sealed[-19:],
    }.items():
        path = rewritten(locked, tmp_path / f"{name}.zip", content=content)
        with pytest.raises(locking.LockError):
            locking.read(path, "осень 7", io.BytesIO())


def test_a_key_that_is_none_is_refused(locked: Path, tmp_path: Path) -> None:
    key = weak_age.encrypt("AGE-SECRET-KEY-ключ".encode(), "p")
    for name, inside in {"words": key, "no age": b"key"}.items():
        path = rewritten(locked, tmp_path / f"{name}.zip", key=inside)
        with pytest.raises(locking.LockError):
            locking.read(path, "p", io.BytesIO())


class Busy:
    """The age library on a machine that stalls: its first estimates are wrong, as it words them."""

    real = pyrage.passphrase

    def __init__(self, *works: int) -> None:
        self.works = list(works)
        self.asked = 0

    def encrypt(self, key: bytes, password: str) -> bytes:
        self.asked += 1
        return b"age-encryption.org/v1\n-> scrypt c2FsdA %d\n" % self.works.pop(0)

    def decrypt(self, locked: bytes, password: str) -> bytes:
        self.asked += 1
        if self.works and self.works.pop(0):
            locked = re.sub(rb"(-> scrypt \S+) \d+", rb"\1 62", locked)  # too much for the real library
        opened: bytes = self.real.decrypt(locked, password)
        return opened


@pytest.mark.parametrize(
    ("works", "kept", "asked"),
    [((18,), 18, 1), ((11, 12, 17), 17, 3), ((12, 14, 13, 11, 18), 14, 4), ((25, 22, 24, 23), 22, 4)],
)
def test_a_stall_makes_no_weak_lock(
    monkeypatch: pytest.MonkeyPatch, works: tuple[int, ...], kept: int, asked: int
) -> None:
    busy = Busy(*works)
    monkeypatch.setattr(pyrage, "passphrase", SimpleNamespace(encrypt=busy.encrypt))
    out = io.BytesIO()
    locking.write(out, "p", fill)
    key = zipfile.ZipFile(out).read(locking.KEY)
    assert key.split(b"\n")[1].endswith(b" %d" % kept)
    assert busy.asked == asked


def test_a_stall_is_waited_for_and_not_called_a_wrong_password(
    monkeypatch: pytest.MonkeyPatch, locked: Path
) -> None:
    busy = Busy(1, 1, 0)
    monkeypatch.setattr(pyrage, "passphrase", SimpleNamespace(decrypt=busy.decrypt))
    plain = io.BytesIO()
    locking.read(locked, "осень 7", plain)
    assert (busy.asked, plain.read()) == (3, CONTENT)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    slow = Busy(*[1] * 100)
    monkeypatch.setattr(pyrage, "passphrase", SimpleNamespace(decrypt=slow.decrypt))
    with pytest.raises(locking.TooSlowError):
        locking.read(locked, "осень 7", io.BytesIO())


def test_a_full_disk_is_not_called_a_wrong_password(locked: Path) -> None:
    class Full(io.BytesIO):
        def write(self, data: object, /) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        locking.read(locked, "осень 7", Full())


def test_other_files_are_not_locked(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(b"PK\x05\x06")
    assert not locking.is_locked(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(locking.KEY, b"")
    assert not locking.is_locked(path)


def test_what_filling_raises_is_raised() -> None:
    def broken(out: IO[bytes]) -> None:
        fill(out)
        raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output error"):
        locking.write(io.BytesIO(), "p", broken)


@pytest.mark.usefixtures("little_work")
def test_a_full_disk_ends_it() -> None:
    class Full(io.BytesIO):
        def write(self, data: object, /) -> int:
            if self.tell() > 70_000:
                raise OSError(28, "No space left on device")
            return super().write(data)  # type: ignore[arg-type]

    with pytest.raises(OSError, match="No space left"):
        locking.write(Full(), "p", fill)


def test_without_the_library_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyrage", None)
    with pytest.raises(Unavailable, match="pyrage is not installed"):
        locking.write(io.BytesIO(), "p", fill)


def test_no_more_of_a_key_is_read_than_a_key_can_have(
    locked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A member of gigabytes, packed to nothing, stands where the key should."""
    seen: list[int] = []

    def opened(key: bytes, _password: str) -> bytes:
        seen.append(len(key))
        return b""

    monkeypatch.setattr(locking, "_key_opened", opened)
    huge = rewritten(locked, tmp_path / "huge.zip", key=bytes(1 << 20))
    with pytest.raises(locking.LockError):
        locking.read(huge, "word", io.BytesIO())
    assert seen == [locking.LONGEST_KEY]
