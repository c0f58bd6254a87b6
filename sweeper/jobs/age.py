"""Files locked with a password in the age format, read and written piece by piece, however large they are.

    age-encryption.org/v1
    -> scrypt SALT LOG2N          the file key, wrapped with a key that scrypt makes of the password
    BODY                          (RFC 7914; N = 2^LOG2N, r = 8, p = 1)
    --- MAC                       HMAC-SHA-256 over the header up to and with the three dashes
    NONCE (16) CHUNK CHUNK …      64 KiB each and a tag of 16 bytes; ChaCha20-Poly1305 (RFC 8439) under a
                                  key made of file key and nonce (HKDF, RFC 5869); a counter and a flag on
                                  the last one are the chunk's nonce: none can be cut off, left out or moved

The format is age's (https://age-encryption.org/v1, C2SP age.md), so ``age -d`` opens these files anywhere.
The library that speaks it here, pyrage, streams for keys but takes a password only for what fits into memory.
All primitives are those of ``cryptography``; the tests have pyrage read what is written here and the reverse.
"""

from __future__ import annotations

import base64
import binascii
import io
import os
import re
from typing import IO, TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

HEAD = b"age-encryption.org/v1\n"
WORK = 18
"""log2 of scrypt's N, age's own default: a second and 256 MB for each guess."""
MOST_WORK = 22
"""A header that asks for more is refused: it would take gigabytes."""
LONGEST_HEADER = 512
KEY, SALT, NONCE, TAG = 16, 16, 16, 16
CHUNK = 64 << 10

_STANZA = re.compile(rb"-> scrypt ([A-Za-z0-9+/]{22}) ([1-9][0-9]?)\n([A-Za-z0-9+/]{43})\n--- ")


class AgeError(Exception):
    """The password is wrong, or the file is none of these, or was changed."""


class Writer(io.RawIOBase):
    """Encrypts what is written to it into ``out``; ``finish`` writes the end."""

    def __init__(self, out: IO[bytes], password: str) -> None:
        file_key, salt, nonce = os.urandom(KEY), os.urandom(SALT), os.urandom(NONCE)
        wrapped = ChaCha20Poly1305(_stretched(password, salt, WORK)).encrypt(bytes(12), file_key, None)
        header = HEAD + b"-> scrypt %s %d\n%s\n---" % (_text(salt), WORK, _text(wrapped))
        out.write(header + b" " + _text(_mac(file_key, header)) + b"\n" + nonce)
        self._out = out
        self._cipher = ChaCha20Poly1305(_derived(file_key, b"payload", nonce))
        self._waiting = bytearray()
        self._count = 0

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        taken = bytes(data)
        self._waiting += taken
        while len(self._waiting) > CHUNK:  # a whole chunk waits until it is known not to be the last
            self._put(bytes(self._waiting[:CHUNK]), last=False)
            del self._waiting[:CHUNK]
        return len(taken)

    def _put(self, chunk: bytes, *, last: bool) -> None:
        self._out.write(self._cipher.encrypt(_place(self._count, last=last), chunk, None))
        self._count += 1

    def finish(self) -> None:
        """Write the last chunk; without it the file is no whole one, and no reader takes it."""
        self._put(bytes(self._waiting), last=True)
        self._waiting.clear()


class Reader(io.RawIOBase):
    """Decrypts a file, from any place in it. A wrong password or a cut end is an ``AgeError`` at once."""

    def __init__(self, source: IO[bytes], password: str) -> None:
        file_key, start = _opened(source, password)
        source.seek(start)
        nonce = source.read(NONCE)
        end = source.seek(0, os.SEEK_END)
        self._start = start + NONCE
        self._chunks, rest = divmod(end - self._start, CHUNK + TAG)
        self._chunks += rest > 0
        self._size = end - self._start - self._chunks * TAG
        if self._chunks == 0 or 0 < rest < TAG or (self._size == 0) != (self._chunks == 1 and rest == TAG):
            raise AgeError
        self._source = source
        self._cipher = ChaCha20Poly1305(_derived(file_key, b"payload", nonce))
        self._at = 0
        self._kept = (-1, b"")
        self._chunk(self._chunks - 1)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("before the beginning")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        if self._at >= self._size or not len(view):
            return 0
        number, within = divmod(self._at, CHUNK)
        part = self._chunk(number)[within : within + len(view)]
        view[: len(part)] = part
        self._at += len(part)
        return len(part)

    def _chunk(self, number: int) -> bytes:
        if self._kept[0] != number:
            self._source.seek(self._start + number * (CHUNK + TAG))
            sealed = self._source.read(CHUNK + TAG)
            place = _place(number, last=number == self._chunks - 1)
            try:
                self._kept = (number, self._cipher.decrypt(place, sealed, None))
            except InvalidTag:
                raise AgeError from None
        return self._kept[1]


def _opened(source: IO[bytes], password: str) -> tuple[bytes, int]:
    """The file key, and where the payload begins."""
    source.seek(0)
    begin = source.read(LONGEST_HEADER)
    stanza = _STANZA.match(begin, len(HEAD))
    end = begin.find(b"\n", stanza.end()) if stanza is not None else -1
    if not begin.startswith(HEAD) or stanza is None or end < 0:
        raise AgeError
    work = int(stanza[2])
    if work > MOST_WORK:
        raise AgeError
    wrapping = ChaCha20Poly1305(_stretched(password, _bytes(stanza[1]), work))
    try:
        file_key = wrapping.decrypt(bytes(12), _bytes(stanza[3]), None)
        code = hmac.HMAC(_derived(file_key, b"header", b""), hashes.SHA256())
        code.update(begin[: stanza.end() - 1])
        code.verify(_bytes(begin[stanza.end() : end]))
    except (InvalidTag, InvalidSignature):
        raise AgeError from None
    return file_key, end + 1


def _stretched(password: str, salt: bytes, work: int) -> bytes:
    stretch = Scrypt(salt=b"age-encryption.org/v1/scrypt" + salt, length=32, n=1 << work, r=8, p=1)
    return stretch.derive(password.encode())


def _derived(file_key: bytes, info: bytes, salt: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt, info).derive(file_key)


def _mac(file_key: bytes, header: bytes) -> bytes:
    code = hmac.HMAC(_derived(file_key, b"header", b""), hashes.SHA256())
    code.update(header)
    return code.finalize()


def _place(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _text(data: bytes) -> bytes:
    return base64.b64encode(data).rstrip(b"=")


def _bytes(text: bytes) -> bytes:
    try:
        data = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raise AgeError from None
    if _text(data) != text:  # only one way to write it
        raise AgeError
    return data
