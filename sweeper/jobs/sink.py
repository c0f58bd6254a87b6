"""The sink that writes a sweep into its job: the last word on each thing, on disk within five seconds."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from sweeper.jobs.store import COMMIT_S, Store
from sweeper.records import Closed, Coverage, Device, Emission, Finding, Opened, Record, Status

MARGIN_S = 1.0
"""Written this much before the promise runs out: a commit itself takes time."""


class JobSink:
    """Give it to the session as a sink, call ``flush`` at the end. ``clock`` counts seconds, for tests."""

    def __init__(self, store: Store, sweep: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._sweep = sweep
        self._clock = clock
        self._waiting: dict[tuple[str, str], Record] = {}
        self._since: float | None = None

    def __call__(self, record: Record) -> None:
        key = item_key(record)
        if key is not None:
            self._waiting[key] = record
            self._since = self._clock() if self._since is None else self._since
        # Bulk records carry no item but do come often: they keep the promise while nothing else happens.
        if self._since is not None and self._clock() - self._since >= COMMIT_S - MARGIN_S:
            self.flush()

    def flush(self) -> None:
        """Write what waits, in one transaction."""
        if not self._waiting:
            return
        with self._store.transaction():
            for (kind, item), record in self._waiting.items():
                self._store.put_item(self._sweep, kind, item, msgspec.json.encode(record))
        self._waiting.clear()
        self._since = None


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
