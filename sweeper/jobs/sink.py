"""The sink that writes a sweep into its job: the last word on each thing, on disk within five seconds.

A disk that is full or gone does not end the sweep: what waits is kept in memory and tried again, and
``problem`` tells. Where the session's loop runs, a timer keeps the promise even while nothing more is heard.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import msgspec

from sweeper.jobs.store import COMMIT_S, Store, StoreError
from sweeper.records import Closed, Coverage, Device, Emission, Finding, Opened, Record, Status
from sweeper.text import Words

MARGIN_S = 1.0
"""Written this much before the promise runs out: a commit itself takes time."""


class JobSink:
    """Give it to the session as a sink, call ``flush`` at the end. ``clock`` counts seconds, for tests.

    ``problem`` is one line while what was heard cannot be written, else ``None``.
    """

    def __init__(self, store: Store, sweep: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.problem: Words | None = None
        self._store = store
        self._sweep = sweep
        self._clock = clock
        self._waiting: dict[tuple[str, str], Record] = {}
        self._since: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def __call__(self, record: Record) -> None:
        key = item_key(record)
        if key is not None:
            self._waiting[key] = record
            if self._since is None:
                self._since = self._clock()
                self._timer = later(COMMIT_S - MARGIN_S, self.flush)
        # Bulk records carry no item but do come often: they keep the promise while nothing else happens.
        if self._since is not None and self._clock() - self._since >= COMMIT_S - MARGIN_S:
            self.flush()

    def flush(self) -> None:
        """Write what waits, in one transaction; what cannot be written waits on."""
        if self._timer is not None:
            self._timer.cancel()
        self._since, self._timer = None, None
        if not self._waiting:
            return
        try:
            with self._store.transaction():
                for (kind, item), record in self._waiting.items():
                    self._store.put_item(self._sweep, kind, item, msgspec.json.encode(record))
        except StoreError as error:
            self.problem = error.said
            self._since = self._clock()
            self._timer = later(COMMIT_S - MARGIN_S, self.flush)
            return
        self.problem = None
        self._waiting.clear()


def later(seconds: float, call: Callable[[], None]) -> asyncio.TimerHandle | None:
    """Call it in so many seconds on the running loop; ``None`` where none runs."""
    try:
        return asyncio.get_running_loop().call_later(seconds, call)
    except RuntimeError:
        return None


def item_key(record: Record) -> tuple[str, str] | None:
    """Kind and id of what a record is the last word on; ``None`` for bulk, which has no last word."""
    if isinstance(record, Finding):
        return "finding", record.id
    if isinstance(record, Device):
        return "device", record.id
    if isinstance(record, Emission):
        return "emission", record.id
    if isinstance(record, Coverage):
        return "coverage", f"{record.source}/{record.medium}/{record.start_hz}/{record.stop_hz}"
    if isinstance(record, Status):
        return "status", f"{record.source}/{record.subject}/{record.state}/{record.reason}"
    if isinstance(record, Opened):
        return "input", record.source
    if isinstance(record, Closed):
        return "closed", record.source
    return None
