"""Password-locked age files with little work, so that tests do not spend a second in each scrypt.

Written from the format (https://age-encryption.org/v1), apart from the library that the program uses, which
opens them as any others:

    age-encryption.org/v1
    -> scrypt SALT LOG2N          base64 without padding; the key from scrypt(N, 8, 1) wraps the file key
    WRAPPED                       ChaCha20-Poly1305, nonce of zeros
    --- MAC                       HMAC-SHA256 of the header up to here, its key by HKDF from the file key
    nonce 16 | one last chunk     ChaCha20-Poly1305, nonce: counter 11 bytes, 1 for the last
"""

from __future__ import annotations

import hashlib
import hmac
import os
from base64 import b64encode
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sweeper.jobs import locking

LOG2N = 8
LABEL = b"age-encryption.org/v1/scrypt"


def encrypt(plain: bytes, password: str) -> bytes:
    """``plain``, of one chunk at most (64 KiB), locked with ``password``."""
    salt, key, nonce = os.urandom(16), os.urandom(16), os.urandom(16)
    wrap = hashlib.scrypt(password.encode(), salt=LABEL + salt, n=1 << LOG2N, r=8, p=1, dklen=32)
    wrapped = ChaCha20Poly1305(wrap).encrypt(bytes(12), key, None)
    header = b"age-encryption.org/v1\n-> scrypt %s %d\n%s\n---" % (_text(salt), LOG2N, _text(wrapped))
    mac = hmac.digest(_derived(key, b"", b"header"), header, "sha256")
    body = ChaCha20Poly1305(_derived(key, nonce, b"payload")).encrypt(bytes(11) + b"\1", plain, None)
    return header + b" " + _text(mac) + b"\n" + nonce + body


def _derived(key: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, info).derive(key)


def _text(raw: bytes) -> bytes:
    return b64encode(raw).rstrip(b"=")


def instead(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on locks are made with little work; the library itself opens them."""
    pyrage = pytest.importorskip("pyrage")
    stand_in = SimpleNamespace(encrypt=encrypt, decrypt=pyrage.passphrase.decrypt)
    monkeypatch.setattr(pyrage, "passphrase", stand_in)
    monkeypatch.setattr(locking, "WORK", range(LOG2N, LOG2N + 1))
