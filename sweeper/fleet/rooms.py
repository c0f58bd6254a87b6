"""What all sensors heard, in one SQLite file on the console: every message once.

The rows hold other people's addresses, so they are kept for a term (30 days by default) and then deleted for
good; findings that a person wants to keep belong into a job.

A sensor may have no right clock (``sweeper/clocks.py``), so the term counts from when a message arrived here,
and the last word on a thing is the one that arrived last: of one topic the broker keeps the order in which
they were sent.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from sweeper.clocks import EARLIEST_UTC_S, believable
from sweeper.errors import InputError
from sweeper.fleet.wire import KINDS, LinkWord, Message
from sweeper.records import Device, Emission, Finding, Level, State, Status
from sweeper.text import say

KEEP_DAYS = 30

_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    id TEXT PRIMARY KEY, sensor TEXT NOT NULL, kind TEXT NOT NULL, item TEXT NOT NULL, utc_s REAL NOT NULL,
    record BLOB NOT NULL, received_utc_s REAL NOT NULL DEFAULT 0, arrived INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS links (
    sensor TEXT PRIMARY KEY, state TEXT NOT NULL, utc_s REAL NOT NULL, ahead_s REAL NOT NULL DEFAULT 0,
    waiting INTEGER NOT NULL DEFAULT 0, dropped INTEGER NOT NULL DEFAULT 0
);
"""

_OLDER = """
ALTER TABLE messages ADD COLUMN received_utc_s REAL NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN arrived INTEGER NOT NULL DEFAULT 0;
ALTER TABLE links ADD COLUMN ahead_s REAL NOT NULL DEFAULT 0;
ALTER TABLE links ADD COLUMN waiting INTEGER NOT NULL DEFAULT 0;
ALTER TABLE links ADD COLUMN dropped INTEGER NOT NULL DEFAULT 0;
UPDATE messages SET received_utc_s = utc_s, arrived = ranked.place
    FROM (SELECT id, ROW_NUMBER() OVER (ORDER BY utc_s) AS place FROM messages) AS ranked
    WHERE ranked.id = messages.id;
DROP INDEX IF EXISTS things;
"""
"""A store that was made before arrival was kept: what the sensors told is all that is known of it."""

_INDEXES = """
CREATE INDEX IF NOT EXISTS things ON messages (sensor, kind, item, arrived);
CREATE INDEX IF NOT EXISTS arrivals ON messages (arrived);
"""

_LATEST = """
SELECT sensor, item, utc_s, received_utc_s, MAX(arrived), record FROM messages WHERE kind = ?
GROUP BY sensor, item ORDER BY sensor, item
"""


_LINKS = "SELECT sensor, state, utc_s, ahead_s, waiting, dropped FROM links"


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
    ahead_s: float = 0.0
    """The sensor's clock was so far ahead of this computer's when it last spoke."""
    waiting: int = 0
    """Records that wait on its disk, as it said last."""
    dropped: int = 0
    """Readings for which there was no room on its disk, in this run."""

    @property
    def level(self) -> Level | None:
        """The gravest level among its findings."""
        return max((f.level for f in self.findings), key=lambda level: level.rank, default=None)


class Rooms:
    """Open or make the console's store. Raises ``InputError`` where that cannot be."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._base = sqlite3.connect(path, check_same_thread=False)
            self._base.execute("PRAGMA secure_delete=ON")
            self._base.execute("PRAGMA journal_mode=WAL")
            self._base.executescript(_SCHEMA)
            columns = {name for _, name, *_ in self._base.execute("PRAGMA table_info(messages)")}
            if "arrived" not in columns:
                self._base.executescript(f"BEGIN; {_OLDER} COMMIT;")
            self._base.executescript(_INDEXES)
            (self._arrived,) = self._base.execute("SELECT COALESCE(MAX(arrived), 0) FROM messages").fetchone()
        except (OSError, sqlite3.Error) as error:
            raise InputError(str(path), say("cannot hold what sensors send: {error}", error=error)) from None

    def add(self, messages: Iterable[Message]) -> int:
        """Keep messages, each id once; committed when this returns. Gives how many were new."""
        now = self._clock()
        with self._lock, self._base:
            rows = [
                (m.id, m.sensor, m.kind, m.item, m.utc_s, bytes(m.record), now, self._arrived + place)
                for place, m in enumerate(messages, 1)
            ]
            before = self._base.total_changes
            self._base.executemany("INSERT OR IGNORE INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
            self._arrived += len(rows)
            return self._base.total_changes - before

    def link(self, sensor: str, word: LinkWord) -> None:
        """Keep a sensor's word of its link; what the broker says of a lost one leaves the rest as it was."""
        now = self._clock()
        ahead_s = 0.0 if word.utc_s is None else word.utc_s - now
        with self._lock, self._base:
            if word.state == "lost":
                self._base.execute(
                    "INSERT INTO links (sensor, state, utc_s) VALUES (?, ?, ?) "
                    "ON CONFLICT (sensor) DO UPDATE SET state = excluded.state, utc_s = excluded.utc_s",
                    (sensor, word.state, now),
                )
                return
            self._base.execute(
                "INSERT OR REPLACE INTO links VALUES (?, ?, ?, ?, ?, ?)",
                (sensor, word.state, now, ahead_s, word.waiting, word.dropped),
            )

    def purge(self, keep_days: float = KEEP_DAYS) -> int:
        """Delete what arrived longer ago; the space is overwritten and given back. Gives the number of rows.

        A clock that cannot be right deletes nothing, and what it stamped begins its term anew.
        """
        now = self._clock()
        if not believable(now):
            return 0
        with self._lock:
            with self._base:
                self._base.execute(
                    "UPDATE messages SET received_utc_s = ? WHERE received_utc_s < ? OR received_utc_s > ?",
                    (now, EARLIEST_UTC_S, now + 86_400),
                )
                gone = self._base.execute(
                    "DELETE FROM messages WHERE received_utc_s < ?", (now - keep_days * 86_400,)
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
            links = {name: rest for name, *rest in self._base.execute(_LINKS)}
            spoke = dict(
                self._base.execute("SELECT sensor, MAX(received_utc_s) FROM messages GROUP BY sensor")
            )
        made = []
        for name in sorted({*links, *spoke}):
            state, at, ahead_s, waiting, dropped = links.get(name, ("unknown", 0.0, 0.0, 0, 0))
            made.append(
                Room(
                    name,
                    state,
                    max(at, spoke.get(name, 0.0)),
                    tuple(things["finding"].get(name, ())),
                    tuple(things["device"].get(name, ())),
                    tuple(things["emission"].get(name, ())),
                    tuple(troubles.get(name, ())),
                    ahead_s,
                    waiting,
                    dropped,
                )
            )
        return made

    def _latest(self, kind: str) -> list[tuple[int, float, str, Any]]:
        """Place in the order of arrival, UTC, sensor and the last word on one thing, of the kind's own type.

        UTC is the sensor's where it can be right, else that of the arrival.
        """
        with self._lock:
            rows = self._base.execute(_LATEST, (kind,)).fetchall()
        type_ = KINDS[kind]
        return [
            (
                arrived,
                utc_s if believable(utc_s, received_utc_s) else received_utc_s,
                sensor,
                msgspec.json.decode(data, type=type_),
            )
            for sensor, _item, utc_s, received_utc_s, arrived, data in rows
        ]

    def _things(self, kind: str) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for _arrived, _utc_s, sensor, thing in self._latest(kind):
            found.setdefault(sensor, []).append(thing)
        return found

    def _troubles(self) -> dict[str, list[tuple[float, Status]]]:
        """Of each sensor what failed or is impaired; whatever is ready or listening since is well again."""
        found: dict[str, list[tuple[float, Status]]] = {}
        status: Status
        for _arrived, utc_s, sensor, status in sorted(self._latest("status"), key=lambda row: row[0]):
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
