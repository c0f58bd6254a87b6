"""Sources: everything that yields records. Hardware, a recording and a synthetic scene are all alike.

To add a radio: one file with a factory, one line in ``BUILTIN``; other packages use the entry-point group
``sweeper.sources``. A driver is imported in its one file, inside the factory, so a missing library makes
one source *unavailable with a reason*.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

import msgspec

from sweeper.plan import SweepPlan
from sweeper.records import Medium, Record

BUILTIN: dict[str, str] = {
    "replay": "sweeper.radio.replay:source",
}
"""Source name -> ``module:factory``, resolved when asked for."""


class SourceInfo(msgspec.Struct, frozen=True):
    """What a source is: its name, what it hears, and whether it is heard now or was recorded."""

    name: str
    medium: Medium
    live: bool
    duration_s: float | None = None


class Source(Protocol):
    """What yields records. Raises ``Unavailable(reason)`` if it cannot start."""

    @property
    def info(self) -> SourceInfo: ...

    def records(self, plan: SweepPlan) -> AsyncGenerator[Record, None]: ...
