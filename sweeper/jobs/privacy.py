"""Pseudonyms: what stands for other people's addresses and names in everything that leaves a job.

A keyed hash (HMAC-SHA-256) with a key that lives in the job and is destroyed with it: the same device has the
same pseudonym throughout one job's reports, a different one in the next, and nobody without the key can
try addresses until one fits.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

KEY_BYTES = 32
SHOWN = 8
"""Hexadecimal digits shown: 32 bits, so that among 10,000 devices a clash has a chance of about one in 90."""


def new_key() -> bytes:
    """A fresh key for one job."""
    return secrets.token_bytes(KEY_BYTES)


def pseudonym(key: bytes, text: str, prefix: str = "id") -> str:
    """``id-1a2b3c4d`` for ``text``; case and surrounding space do not matter."""
    mac = hmac.new(key, text.strip().casefold().encode("utf-8", "surrogatepass"), hashlib.sha256)
    return f"{prefix}-{mac.hexdigest()[:SHOWN]}"
