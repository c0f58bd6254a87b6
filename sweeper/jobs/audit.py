"""The audit log: every act, chained by hash, so that a changed or missing line shows.

Each entry's hash is SHA-256 over the previous hash and the entry's canonical JSON. The chain proves order and
completeness to whoever holds a later hash (a sealed manifest, a printed report); it does not by itself
prove who wrote it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec

GENESIS = "0" * 64
"""What the first entry is chained to."""


class Entry(msgspec.Struct, frozen=True):
    """One act: when (UTC seconds), who, what, and its particulars."""

    seq: int
    utc_s: float
    who: str
    act: str
    detail: dict[str, str | int | float | bool | None]
    previous: str
    hash: str = ""


def sealed(seq: int, utc_s: float, who: str, act: str, detail: dict[str, str], previous: str) -> Entry:
    """The entry with its hash."""
    entry = Entry(seq, utc_s, who, act, dict(detail), previous)
    return msgspec.structs.replace(entry, hash=digest(entry))


def digest(entry: Entry) -> str:
    """SHA-256, hexadecimal, of the previous hash and the entry without its own hash."""
    bare = msgspec.structs.replace(entry, hash="")
    return hashlib.sha256(msgspec.json.encode(bare, order="deterministic")).hexdigest()


def first_break(entries: Iterable[Entry]) -> int | None:
    """Sequence number of the first entry that does not follow from the one before; ``None`` if all do."""
    previous, expected = GENESIS, 1
    for entry in entries:
        if entry.seq != expected or entry.previous != previous or entry.hash != digest(entry):
            return expected
        previous, expected = entry.hash, expected + 1
    return None
