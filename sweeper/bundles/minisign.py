"""Minisign's signature and key files, so that the public ``minisign`` tool verifies ours and we verify its.

    untrusted comment: <text>
    base64( "ED" | key id, 8 bytes | ed25519 signature over BLAKE2b-512(file), 64 bytes )
    trusted comment: <text>
    base64( ed25519 signature over (the 64 bytes above | the trusted comment), 64 bytes )

    public key:  untrusted comment: <text>   and   base64( "Ed" | key id | public key, 32 bytes )

Source: the minisign manual, "Signature format" (jedisct1.github.io/minisign). Legacy signatures ("Ed", over
the file itself) are verified too. Secret keys have our own form: 8 bytes of id, 32 of seed, hexadecimal.
"""

from __future__ import annotations

import base64
import hashlib
import secrets

import msgspec

from sweeper.errors import SweeperError
from sweeper.text import say

PREHASHED, LEGACY = b"ED", b"Ed"
UNTRUSTED = "untrusted comment: "
TRUSTED = "trusted comment: "


class SignatureRefusedError(SweeperError):
    """A signature or key that is not what it must be."""


class PublicKey(msgspec.Struct, frozen=True):
    key_id: bytes
    key: bytes

    @property
    def name(self) -> str:
        """As minisign prints it: the id, most significant byte first."""
        return self.key_id[::-1].hex().upper()


class SecretKey(msgspec.Struct, frozen=True):
    key_id: bytes
    seed: bytes


def new_key() -> SecretKey:
    """A fresh key pair's secret part."""
    return SecretKey(secrets.token_bytes(8), secrets.token_bytes(32))


def public(secret: SecretKey) -> PublicKey:
    """The public part."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.from_private_bytes(secret.seed)
    return PublicKey(secret.key_id, key.public_key().public_bytes_raw())


def write_public(key: PublicKey) -> str:
    """The text of a ``.pub`` file."""
    packed = base64.b64encode(LEGACY + key.key_id + key.key).decode()
    return f"{UNTRUSTED}sweeper signature key {key.name}\n{packed}\n"


def read_public(text: str) -> PublicKey:
    """The key of a ``.pub`` file, or of its second line alone."""
    lines = [line for line in text.splitlines() if line and not line.startswith(UNTRUSTED)]
    raw = _decoded(lines[0] if lines else "", "public key", 42)
    if raw[:2] != LEGACY:
        raise SignatureRefusedError(say("public key: not an ed25519 key of minisign"))
    return PublicKey(raw[2:10], raw[10:])


def sign(data: bytes, secret: SecretKey, trusted_comment: str) -> str:
    """The text of a ``.minisig`` file over ``data``."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.from_private_bytes(secret.seed)
    signature = key.sign(hashlib.blake2b(data).digest())
    whole = key.sign(signature + trusted_comment.encode())
    first = base64.b64encode(PREHASHED + secret.key_id + signature).decode()
    second = base64.b64encode(whole).decode()
    return f"{UNTRUSTED}signature from sweeper\n{first}\n{TRUSTED}{trusted_comment}\n{second}\n"


def verify(data: bytes, text: str, trusted: list[PublicKey]) -> tuple[PublicKey, str]:
    """The key that signed ``data`` and the trusted comment. Raises ``SignatureRefusedError``."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    lines = text.splitlines()
    if len(lines) < 4 or not lines[0].startswith(UNTRUSTED) or not lines[2].startswith(TRUSTED):
        raise SignatureRefusedError(say("signature: not in minisign's format"))
    first, comment = _decoded(lines[1], "signature", 74), lines[2].removeprefix(TRUSTED)
    whole = _decoded(lines[3], "signature of the comment", 64)
    algorithm, key_id, signature = first[:2], first[2:10], first[10:]
    key = next((k for k in trusted if k.key_id == key_id), None)
    if key is None:
        raise SignatureRefusedError(
            say(
                "signature: made by key {key_id}, which is not trusted here",
                key_id=key_id[::-1].hex().upper(),
            )
        )
    if algorithm not in (PREHASHED, LEGACY):
        raise SignatureRefusedError(say("signature: an algorithm that is not known here"))
    message = hashlib.blake2b(data).digest() if algorithm == PREHASHED else data
    verifier = Ed25519PublicKey.from_public_bytes(key.key)
    try:
        verifier.verify(signature, message)
        verifier.verify(whole, signature + comment.encode())
    except InvalidSignature:
        raise SignatureRefusedError(say("signature: the bundle or its comment was changed")) from None
    return key, comment


def _decoded(line: str, what: str, length: int) -> bytes:
    try:
        raw = base64.b64decode(line.strip(), validate=True)
    except ValueError:  # binascii.Error, or text that is not ASCII
        raise SignatureRefusedError(say("{what}: not base64", what=what)) from None
    if len(raw) != length:
        raise SignatureRefusedError(
            say("{what}: {count} bytes where {length} belong", what=what, count=len(raw), length=length)
        )
    return raw
