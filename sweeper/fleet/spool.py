"""What a sensor has still to send, on its own disk.

Numbers only grow, also after a restart, and belong to the spool's own random name: together they are the
record's id everywhere. When the disk share is used up, the oldest readings (emissions, devices, coverage)
make room and are counted; findings and statuses stay.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

from sweeper.errors import InputError
from sweeper.text import say

MOST_BYTES = 200_000_000
"""At least 14 hours of a busy flat (docs/scale.md)."""
KEPT = ("finding", "status")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS waiting (
    number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, item TEXT NOT NULL, utc_s REAL NOT NULL,
    data BLOB NOT NULL
);
"""


class Spool:
    """Open or make the spool in ``folder``. Raises ``InputError`` where that cannot be."""

    def __init__(self, folder: Path, *, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._base = sqlite3.connect(folder / "spool.sqlite", check_same_thread=False)
            self._base.executescript(_SCHEMA)
            self._base.execute("PRAGMA journal_mode=WAL")
            with self._base:
                self._base.execute("INSERT OR IGNORE INTO meta VALUES ('name', ?)", (secrets.token_hex(8),))
            (self.name,) = self._base.execute("SELECT value FROM meta WHERE key = 'name'").fetchone()
            count, size = self._base.execute(
                "SELECT COUNT(*), COALESCE(SUM(LENGTH(data)), 0) FROM waiting"
            ).fetchone()
        except (OSError, sqlite3.Error) as error:
            raise InputError(
                str(folder), say("cannot hold what is to be sent: {error}", error=error)
            ) from None
        self._count: int = count
        self._bytes: int = size
        self.dropped = 0

    def put(self, rows: Sequence[tuple[str, str, float, bytes]]) -> None:
        """Keep ``(kind, item, utc_s, data)`` rows; on disk when this returns."""
        with self._lock, self._base:
            self._base.executemany("INSERT INTO waiting (kind, item, utc_s, data) VALUES (?, ?, ?, ?)", rows)
            self._count += len(rows)
            self._bytes += sum(len(row[3]) for row in rows)
            if self._bytes > self._most_bytes:
                self._make_room()

    def _make_room(self) -> None:
        oldest = self._base.execute(
            "SELECT number, LENGTH(data) FROM waiting WHERE kind NOT IN (?, ?) ORDER BY number", KEPT
        )
        gone = []
        for number, size in oldest:
            if self._bytes <= self._most_bytes * 0.9:  # a tenth at once, not a row for every row
                break
            gone.append((number,))
            self._bytes -= size
        self._base.executemany("DELETE FROM waiting WHERE number = ?", gone)
        self._count -= len(gone)
        self.dropped += len(gone)

    def next(self, after: int, count: int) -> list[tuple[int, str, str, float, bytes]]:
        """Up to ``count`` rows ``(number, kind, item, utc_s, data)`` after ``after``, oldest first."""
        with self._lock:
            return self._base.execute(
                "SELECT number, kind, item, utc_s, data FROM waiting "
                "WHERE number > ? ORDER BY number LIMIT ?",
                (after, count),
            ).fetchall()

    def sent(self, numbers: Sequence[int]) -> None:
        """The broker has these: forget them."""
        with self._lock, self._base:
            for number in numbers:
                row = self._base.execute(
                    "DELETE FROM waiting WHERE number = ? RETURNING LENGTH(data)", (number,)
                ).fetchone()
                self._count -= row is not None
                self._bytes -= row[0] if row else 0

    def __len__(self) -> int:
        with self._lock:  # counted along: a look through 200 MB is nothing for every half minute
            return self._count

    def close(self) -> None:
        with self._lock:
            self._base.close()
