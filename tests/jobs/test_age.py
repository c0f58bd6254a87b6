"""The age format: another implementation reads what is written here, and the reverse; no change passes."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.jobs import age

pyrage = pytest.importorskip("pyrage")

CHUNK = 65_536
PASSWORD = "осень 7"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are stretched for milliseconds here, not for a second."""
    monkeypatch.setattr(age, "WORK", 10)


def locked(content: bytes) -> bytes:
    out = io.BytesIO()
    writer = age.Writer(out, PASSWORD)
    writer.write(content)
    writer.finish()
    return out.getvalue()


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 77])
def test_the_librarys_own_reader_opens_it(size: int) -> None:
    content = bytes(number * 7 % 251 for number in range(size))
    made = locked(content)
    assert made.startswith(b"age-encryption.org/v1\n-> scrypt ")
    assert pyrage.passphrase.decrypt(made, PASSWORD) == content
    assert age.Reader(io.BytesIO(made), PASSWORD).read() == content


def test_what_the_library_wrote_is_read(tmp_path) -> None:
    content = bytes(range(256)) * 600
    made = pyrage.passphrase.encrypt(content, PASSWORD)
    assert age.Reader(io.BytesIO(made), PASSWORD).readall() == content


WHOLE = bytes(number * 31 % 256 for number in range(2 * CHUNK + 1000))


@pytest.fixture(scope="module")
def made() -> bytes:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(age, "WORK", 10)
        return locked(WHOLE)


@pytest.mark.parametrize("parts", [[1] * 100, [10, CHUNK, 5], [CHUNK, CHUNK], [3 * CHUNK]])
def test_it_does_not_matter_how_it_was_written(parts: list[int]) -> None:
    out = io.BytesIO()
    writer = age.Writer(out, PASSWORD)
    content = b""
    for number, size in enumerate(parts):
        piece = bytes([number % 256]) * size
        writer.write(piece)
        content += piece
    writer.finish()
    assert pyrage.passphrase.decrypt(out.getvalue(), PASSWORD) == content


@given(places=st.lists(st.tuples(st.integers(0, len(WHOLE) + 10), st.integers(0, 70_000)), max_size=6))
def test_any_place_is_read_as_in_a_plain_file(made: bytes, places: list[tuple[int, int]]) -> None:
    locked_file, plain = io.BufferedReader(age.Reader(io.BytesIO(made), PASSWORD)), io.BytesIO(WHOLE)
    for start, count in places:
        assert locked_file.seek(start) == plain.seek(start)
        assert locked_file.read(count) == plain.read(count)


def test_a_wrong_password_is_refused(made: bytes) -> None:
    for wrong in ("осень 8", ""):
        with pytest.raises(age.AgeError):
            age.Reader(io.BytesIO(made), wrong)


@given(at=st.integers(0, 2 * CHUNK + 1200), bit=st.integers(0, 7))
def test_no_changed_bit_passes(made: bytes, at: int, bit: int) -> None:
    changed = bytearray(made)
    changed[at % len(made)] ^= 1 << bit
    with pytest.raises(age.AgeError):
        age.Reader(io.BytesIO(bytes(changed)), PASSWORD).readall()


@pytest.mark.parametrize(
    "cut",
    [
        lambda made: made[:-1],
        lambda made: made[:-1016],  # the last chunk as a whole
        lambda made: made[:-1016] + bytes(16),
        lambda made: made + b"x",
        lambda made: made[:100],
        lambda made: made[:21],
        lambda made: b"",
    ],
)
def test_what_was_cut_or_grew_is_refused(made: bytes, cut) -> None:
    with pytest.raises(age.AgeError):
        age.Reader(io.BytesIO(cut(made)), PASSWORD).readall()


def test_chunks_that_changed_places_are_refused(made: bytes) -> None:
    start = len(made) - (len(WHOLE) + 3 * 16)
    one, two = (made[start + n * (CHUNK + 16) : start + (n + 1) * (CHUNK + 16)] for n in (0, 1))
    swapped = made[:start] + two + one + made[start + 2 * (CHUNK + 16) :]
    with pytest.raises(age.AgeError):
        age.Reader(io.BytesIO(swapped), PASSWORD).readall()


def test_a_header_that_wants_gigabytes_is_refused_before_it_gets_them(made: bytes) -> None:
    head, rest = made.split(b" 10\n", 1)
    with pytest.raises(age.AgeError):
        age.Reader(io.BytesIO(head + b" 40\n" + rest), PASSWORD)


def test_an_unfinished_file_is_none() -> None:
    out = io.BytesIO()
    writer = age.Writer(out, PASSWORD)
    writer.write(bytes(3 * CHUNK))
    with pytest.raises(age.AgeError):
        age.Reader(io.BytesIO(out.getvalue()), PASSWORD)


@given(st.binary(max_size=300))
def test_any_bytes_are_one_error(content: bytes) -> None:
    for begin in (b"", b"age-encryption.org/v1\n", b"age-encryption.org/v1\n-> scrypt "):
        with pytest.raises(age.AgeError):
            age.Reader(io.BytesIO(begin + content), PASSWORD)
