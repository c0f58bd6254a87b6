"""What all sensors heard, in one SQLite file on the console: every message once.

The rows hold other people's addresses, so they are kept for a term (30 days by default) and then deleted for
good; findings that a person wants to keep belong into a job.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from sweeper.errors import InputError
from sweeper.fleet.wire import KINDS, Message
from sweeper.records import Device, Emission, Finding, Level, State, Status
from sweeper.text import say

KEEP_DAYS = 30

_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    id TEXT PRIMARY KEY, sensor TEXT NOT NULL, kind TEXT NOT NULL, item TEXT NOT NULL, utc_s REAL NOT NULL,
    record BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS things ON messages (sensor, kind, item, utc_s);
CREATE TABLE IF NOT EXISTS links (sensor TEXT PRIMARY KEY, state TEXT NOT NULL, utc_s REAL NOT NULL);
"""

_LATEST = """
SELECT sensor, item, MAX(utc_s), record FROM messages WHERE kind = ? GROUP BY sensor, item
ORDER BY sensor, item
"""


class Room(msgspec.Struct, frozen=True):
    """One sensor as the console knows it. ``link`` is up, ended, lost or unknown."""

    sensor: str
    link: str
    heard_utc_s: float
    findings: tuple[Finding, ...] = ()
    devices: tuple[Device, ...] = ()
    emissions: tuple[Emission, ...] = ()
    faults: tuple[tuple[float, Status], ...] = ()
    """UTC and what was told last of each trouble that is not known to be over."""

    @property
    def level(self) -> Level | None:
        """The gravest level among its findings."""
        return max((f.level for f in self.findings), key=lambda level: level.rank, default=None)


class Rooms:
    """Open or make the console's store. Raises ``InputError`` where that cannot be."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._base = sqlite3.connect(path, check_same_thread=False)
            self._base.execute("PRAGMA secure_delete=ON")
            self._base.execute("PRAGMA journal_mode=WAL")
            self._base.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise InputError(str(path), say("cannot hold what sensors send: {error}", error=error)) from None

    def add(self, messages: Iterable[Message]) -> int:
        """Keep messages, each id once; committed when this returns. Gives how many were new."""
        rows = [(m.id, m.sensor, m.kind, m.item, m.utc_s, bytes(m.record)) for m in messages]
        with self._lock, self._base:
            before = self._base.total_changes
            self._base.executemany("INSERT OR IGNORE INTO messages VALUES (?, ?, ?, ?, ?, ?)", rows)
            return self._base.total_changes - before

    def link(self, sensor: str, state: str) -> None:
        """A sensor's link is ``up``, ``ended`` (by its user) or ``lost``."""
        with self._lock, self._base:
            self._base.execute("INSERT OR REPLACE INTO links VALUES (?, ?, ?)", (sensor, state, time.time()))

    def purge(self, keep_days: float = KEEP_DAYS) -> int:
        """Delete what is older; the space is overwritten and given back. Gives the number of rows."""
        with self._lock:
            with self._base:
                gone = self._base.execute(
                    "DELETE FROM messages WHERE utc_s < ?", (time.time() - keep_days * 86_400,)
                ).rowcount
            if gone:
                self._base.execute("VACUUM")
                self._base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return gone

    def __len__(self) -> int:
        with self._lock:
            (count,) = self._base.execute("SELECT COUNT(*) FROM messages").fetchone()
        return int(count)

    def all(self) -> list[Room]:
        """Every room with the last word on each of its things, in order of name."""
        things = {kind: self._things(kind) for kind in ("finding", "device", "emission")}
        troubles = self._troubles()
        with self._lock:
            links = {name: (state, at) for name, state, at in self._base.execute("SELECT * FROM links")}
            spoke = dict(self._base.execute("SELECT sensor, MAX(utc_s) FROM messages GROUP BY sensor"))
        made = []
        for name in sorted({*links, *spoke}):
            state, at = links.get(name, ("unknown", 0.0))
            made.append(
                Room(
                    name,
                    state,
                    max(at, spoke.get(name, 0.0)),
                    tuple(things["finding"].get(name, ())),
                    tuple(things["device"].get(name, ())),
                    tuple(things["emission"].get(name, ())),
                    tuple(troubles.get(name, ())),
                )
            )
        return made

    def _latest(self, kind: str) -> list[tuple[float, str, str, Any]]:
        """UTC, sensor, item and the last word on it, of the kind's own type."""
        with self._lock:
            rows = self._base.execute(_LATEST, (kind,)).fetchall()
        type_ = KINDS[kind]
        return [
            (utc_s, sensor, item, msgspec.json.decode(data, type=type_)) for sensor, item, utc_s, data in rows
        ]

    def _things(self, kind: str) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for _utc_s, sensor, _item, thing in self._latest(kind):
            found.setdefault(sensor, []).append(thing)
        return found

    def _troubles(self) -> dict[str, list[tuple[float, Status]]]:
        """Of each sensor what failed or is impaired; whatever is ready or listening since is well again."""
        found: dict[str, list[tuple[float, Status]]] = {}
        status: Status
        for utc_s, sensor, _item, status in sorted(self._latest("status"), key=lambda row: row[:3]):
            of = found.setdefault(sensor, [])
            if status.state in (State.FAILED, State.DEGRADED):
                of.append((utc_s, status))
            else:
                of[:] = [one for one in of if _about(one[1]) != _about(status)]
        return found

    def close(self) -> None:
        with self._lock:
            self._base.close()


def _about(status: Status) -> tuple[str, str]:
    return status.source, status.subject
