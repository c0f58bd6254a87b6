"""The sensor's sink: from the session's stream to the spool, thinned to what a console can use.

A device is heard ten times a second and its record renewed each time; the console wants to know that it is
there and how strong. So an unchanged thing is told at most every ``EVERY_S``; a new one, one of another kind,
state or level, and every status at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from sweeper.clocks import doubt
from sweeper.errors import Reason
from sweeper.fleet.spool import Spool
from sweeper.jobs.sink import item_key
from sweeper.radio.clock import now_s
from sweeper.records import Device, Emission, Finding, Record, State, Status, told
from sweeper.text import Words, say

EVERY_S = 30.0
"""130 things of a busy flat are then at most 14 MB an hour (docs/scale.md)."""
WRITE_S = 1.0
"""Rows wait this long for company: a commit on an SD card takes some 20 ms."""
MOST_REMEMBERED = 20_000
STEP_S = 120.0
"""NTP moves a clock by less than this without a word; more makes ages and orders wrong."""


class Feed:
    """Give it to the session as a sink, call ``flush`` at the end. The clocks are for tests.

    A clock on the wall that cannot be right is told, and so is when it is set: the rows bear its times.
    """

    def __init__(
        self, spool: Spool, clock: Callable[[], float] = now_s, utc: Callable[[], float] = time.time
    ) -> None:
        self._spool = spool
        self._clock = clock
        self._utc = utc
        self._told: dict[tuple[str, str], tuple[float, object]] = {}
        self._late: dict[tuple[str, str], Record] = {}
        self._rows: list[tuple[str, str, float, bytes]] = []
        self._written = self._began = clock()
        self._lead = utc() - self._began
        if (doubted := doubt(utc())) is not None:
            self._say_clock(doubted, State.DEGRADED)

    def __call__(self, record: Record) -> None:
        now = self._clock()
        key = item_key(record)
        if key is not None:
            self._take(key, record, now)
        if now - self._written >= WRITE_S:
            self._write(now)

    def _take(self, key: tuple[str, str], record: Record, now: float) -> None:
        told = self._told.get(key)
        sort = _sort(record)
        if (
            told is not None
            and told[1] == sort
            and now - told[0] < EVERY_S
            and not isinstance(record, Status)
        ):
            self._late[key] = record
            return
        if len(self._told) >= MOST_REMEMBERED:
            self._told.pop(next(iter(self._told)))
        self._told[key] = (now, sort)
        self._late.pop(key, None)
        self._rows.append((*key, self._utc(), msgspec.json.encode(record)))

    def _say_clock(self, words: Words, state: State) -> None:
        time_s = self._clock() - self._began
        said = told(
            words, source="sensor", time_s=time_s, subject="clock", state=state, reason=Reason.WRONG_CLOCK
        )
        self._take(item_key(said) or ("status", "clock"), said, self._clock())

    def _look_at_clock(self, now: float) -> None:
        """A step of the clock on the wall against the one that nobody sets."""
        utc_s = self._utc()
        moved, self._lead = utc_s - now - self._lead, utc_s - now
        if abs(moved) < STEP_S:
            return
        doubted = doubt(utc_s)
        if doubted is not None:
            self._say_clock(doubted, State.DEGRADED)
            return
        hours = round(abs(moved) / 3600, 2)
        words = (
            say(
                "the clock was set forward by {hours} h: what was told before bears too early times",
                hours=hours,
            )
            if moved > 0
            else say(
                "the clock was set back by {hours} h: what was told before bears too late times", hours=hours
            )
        )
        self._say_clock(words, State.LISTENING)

    def _write(self, now: float) -> None:
        self._look_at_clock(now)
        due = [key for key in self._late if now - self._told.get(key, (0.0, None))[0] >= EVERY_S]
        for key in due:
            self._take(key, self._late.pop(key), now)
        rows, self._rows = self._rows, []
        if rows:
            self._spool.put(rows)
        self._written = now

    def flush(self) -> None:
        """The last word on everything, into the spool."""
        self._rows += [(*key, self._utc(), msgspec.json.encode(record)) for key, record in self._late.items()]
        self._late.clear()
        self._write(self._clock())


def _sort(record: Record) -> object:
    """What must not wait when it changes."""
    if isinstance(record, Device):
        return record.kind, record.state, record.signature
    if isinstance(record, Finding):
        return record.level
    return record.kind if isinstance(record, Emission) else None
