"""The job's database: SQLite in WAL mode, with a schema version and migrations.

WAL with ``synchronous=FULL``: a commit that returned survives a crash and a power cut, and a killed writer
leaves a database that opens as of its last commit. What is heard is committed at most ``COMMIT_S`` seconds
late; acts of a person (verdicts, purges, consent) at once, with their audit entry in one transaction.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from sweeper.errors import SweeperError
from sweeper.jobs.audit import GENESIS, Entry, first_break, sealed
from sweeper.text import Words, say

DAMAGED = (sqlite3.Error, UnicodeDecodeError)
"""What ``sqlite3`` raises: the second where its own words about damage hold bytes of the damage."""

COMMIT_S = 5.0
"""Nothing that was heard is longer than this only in memory."""

SCHEMA = [
    """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE sweep (id INTEGER PRIMARY KEY, started_utc_s REAL NOT NULL, ended_utc_s REAL,
                        place TEXT NOT NULL, what TEXT NOT NULL);
    CREATE TABLE item (sweep INTEGER NOT NULL REFERENCES sweep(id), kind TEXT NOT NULL, id TEXT NOT NULL,
                       value BLOB NOT NULL, PRIMARY KEY (sweep, kind, id)) WITHOUT ROWID;
    CREATE TABLE paper (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, utc_s REAL NOT NULL, value BLOB NOT NULL);
    CREATE TABLE audit (seq INTEGER PRIMARY KEY, value BLOB NOT NULL);
    """,
]
"""One script a version; ``PRAGMA user_version`` counts those applied."""


class JobError(SweeperError):
    """What a job does not allow, and what to do about it."""


class StoreError(JobError):
    """The database cannot be used, or not be written: says which and why."""


T = TypeVar("T")


def decoded(value: bytes, type_: type[T]) -> T:
    """A value of a job's database, which may be anybody's, as what it was. Raises ``StoreError``."""
    try:
        return msgspec.json.decode(value, type=type_)
    except (ValueError, RecursionError) as error:
        name = getattr(type_, "__name__", "value")
        raise StoreError(
            say("the job's database holds a damaged {name}: {error}", name=name, error=error)
        ) from None


class Store:
    """Opens or creates the database; ``read_only`` writes nothing, for a job that was tampered with."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self.read_only = read_only or not _writable(path)
        try:
            self._db = self._opened("mode=ro" if self.read_only else "mode=rwc")
            if not self.read_only:
                self._db.execute("PRAGMA journal_mode=WAL")
                self._db.execute("PRAGMA synchronous=FULL")
                self._db.execute("PRAGMA secure_delete=ON")
                self._migrate()
        except DAMAGED as error:
            raise StoreError(say("{path}: {error}", path=path, error=error)) from None

    def _opened(self, how: str) -> sqlite3.Connection:
        """The database; on a disk that cannot be written, where WAL has no room for its index, as it lies."""
        uri = self.path.absolute().as_uri()
        db = sqlite3.connect(f"{uri}?{how}", uri=True, isolation_level=None)
        try:
            db.execute("PRAGMA foreign_keys=ON")
            db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except DAMAGED as error:
            db.close()
            if not isinstance(error, sqlite3.OperationalError) or not self.read_only or _unsaved(self.path):
                raise
            db = sqlite3.connect(f"{uri}?mode=ro&immutable=1", uri=True, isolation_level=None)
        return db

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: a full disk is a ``StoreError`` and nothing is half written."""
        try:
            with self._db:  # commits, or rolls back whatever goes wrong inside
                self._db.execute("BEGIN IMMEDIATE")
                yield
        except sqlite3.Error as error:
            raise StoreError(say("{path}: {error}", path=self.path, error=error)) from None

    def _migrate(self) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > len(SCHEMA):
            raise StoreError(
                say(
                    "{path}: made by a newer sweeper (schema {version}, this one knows {count})",
                    path=self.path,
                    version=version,
                    count=len(SCHEMA),
                )
            )
        for number, script in enumerate(SCHEMA[version:], start=version + 1):
            self._db.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version={number}; COMMIT;")

    def _read(self, type_: type[T], question: str, *values: object) -> list[T]:
        """Rows of the types that the schema means: SQLite keeps anything in any column, and a job's database
        may be anybody's. Raises ``StoreError``."""
        try:
            rows = self._db.execute(question, values).fetchall()
            return [msgspec.convert(row, type_, builtin_types=(bytes,)) for row in rows]
        except (*DAMAGED, msgspec.ValidationError) as error:
            raise StoreError(say("{path}: {error}", path=self.path, error=error)) from None

    def get(self, key: str) -> bytes | None:
        """One value of the job's head."""
        rows = self._read(tuple[bytes], "SELECT value FROM meta WHERE key=?", key)
        return rows[0][0] if rows else None

    def put(self, key: str, value: bytes) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def drop(self, key: str) -> None:
        self._db.execute("DELETE FROM meta WHERE key=?", (key,))

    def start_sweep(self, utc_s: float, place: str, what: str) -> int:
        """A new sweep's number."""
        cursor = self._db.execute(
            "INSERT INTO sweep (started_utc_s, place, what) VALUES (?, ?, ?)", (utc_s, place, what)
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def end_sweep(self, sweep: int, utc_s: float) -> None:
        self._db.execute("UPDATE sweep SET ended_utc_s=? WHERE id=?", (utc_s, sweep))

    def sweeps(self) -> list[tuple[int, float, float | None, str, str]]:
        """Number, start, end (``None`` if it was cut off), place, what."""
        question = "SELECT id, started_utc_s, ended_utc_s, place, what FROM sweep ORDER BY id"
        return self._read(tuple[int, float, float | None, str, str], question)

    def put_item(self, sweep: int, kind: str, item: str, value: bytes) -> None:
        """The latest word on one emission, device, finding, coverage row or status."""
        self._db.execute("INSERT OR REPLACE INTO item VALUES (?, ?, ?, ?)", (sweep, kind, item, value))

    def items(self, kind: str, sweep: int | None = None) -> list[tuple[int, str, bytes]]:
        """Sweep, id and value, in order of sweep and id."""
        question = (
            "SELECT sweep, id, value FROM item WHERE kind=?1 AND (?2 IS NULL OR sweep=?2) ORDER BY sweep, id"
        )
        return self._read(tuple[int, str, bytes], question, kind, sweep)

    def drop_item(self, sweep: int, kind: str, item: str) -> None:
        self._db.execute("DELETE FROM item WHERE sweep=? AND kind=? AND id=?", (sweep, kind, item))

    def drop_items(self, kind: str) -> int:
        """Delete every item of a kind; the number deleted."""
        return self._db.execute("DELETE FROM item WHERE kind=?", (kind,)).rowcount

    def add_paper(self, kind: str, utc_s: float, value: bytes) -> int:
        """File a paper (verdict, consent, objection, custody, note, photo): its number."""
        cursor = self._db.execute(
            "INSERT INTO paper (kind, utc_s, value) VALUES (?, ?, ?)", (kind, utc_s, value)
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def papers(self, kind: str) -> list[tuple[int, float, bytes]]:
        question = "SELECT id, utc_s, value FROM paper WHERE kind=? ORDER BY id"
        return self._read(tuple[int, float, bytes], question, kind)

    def replace_paper(self, number: int, value: bytes) -> None:
        self._db.execute("UPDATE paper SET value=? WHERE id=?", (value, number))

    def audit(self, utc_s: float, who: str, act: str, **detail: str) -> Entry:
        """Add one act to the chain."""
        rows = self._read(tuple[bytes], "SELECT value FROM audit ORDER BY seq DESC LIMIT 1")
        last = decoded(rows[0][0], Entry) if rows else None
        seq, previous = (last.seq + 1, last.hash) if last else (1, GENESIS)
        entry = sealed(seq, utc_s, who, act, detail, previous)
        self._db.execute("INSERT INTO audit VALUES (?, ?)", (entry.seq, msgspec.json.encode(entry)))
        return entry

    def audit_log(self) -> list[Entry]:
        rows = self._read(tuple[bytes], "SELECT value FROM audit ORDER BY seq")
        return [decoded(value, Entry) for (value,) in rows]

    def begun(self) -> bool:
        """Whether a job was ever written here: a file may be empty, or another program's."""
        try:
            return self.get("head") is not None
        except StoreError:
            return False

    def intact(self) -> Words | None:
        """``None`` if the database and its audit chain hold; else what does not."""
        try:
            (answer,) = self._db.execute("PRAGMA integrity_check").fetchone()
            if answer != "ok":
                return f"{self.path.name}: {answer}"
            foreign = self._db.execute("SELECT name FROM sqlite_master WHERE type IN ('trigger', 'view')")
            name = foreign.fetchone()
            if name is not None:
                return say(
                    "{name}: holds {what!r}, which is none of a job's", name=self.path.name, what=str(name[0])
                )
            broken = first_break(self.audit_log())
        except (*DAMAGED, StoreError) as error:
            return say("{name}: {problem}", name=self.path.name, problem=error)
        if broken is None:
            return None
        return say("{name}: audit log entry {entry} was changed", name=self.path.name, entry=broken)

    def vacuum(self) -> None:
        """Really free what was deleted: overwrite, compact and empty the write-ahead log."""
        self._db.execute("VACUUM")
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _writable(path: Path) -> bool:
    """Whether a job there can be changed: not on a read-only disk, nor in a folder of somebody else."""
    return os.access(path.parent, os.W_OK) and (not path.exists() or os.access(path, os.W_OK))


def _unsaved(path: Path) -> bool:
    """Whether a write-ahead log beside the database holds what the database does not."""
    log = path.with_name(path.name + "-wal")
    return log.exists() and log.stat().st_size > 0
