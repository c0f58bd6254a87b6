"""Whether a computer's clock can be right: a Raspberry Pi has none of its own and begins in 1970, or where it
was switched off, until the network tells it the time.

What such a clock stamped must not be deleted for its age, nor be thought older than what came before it.
"""

from __future__ import annotations

import datetime as dt

from sweeper.text import Phrase, say

EARLIEST_UTC_S = 1_767_225_600.0
"""1.1.2026: nothing of this program's can have been heard, sent or begun before it was written."""


def believable(utc_s: float, now_utc_s: float | None = None, tolerance_s: float = 86_400.0) -> bool:
    """Whether something may have happened then: not before this program, not more than a day after now."""
    return utc_s >= EARLIEST_UTC_S and (now_utc_s is None or utc_s <= now_utc_s + tolerance_s)


def doubt(now_utc_s: float) -> Phrase | None:
    """What to tell of a clock that cannot be right; ``None`` where it can."""
    if believable(now_utc_s):
        return None
    told = dt.datetime.fromtimestamp(0, dt.UTC) + dt.timedelta(seconds=max(0.0, now_utc_s))
    return say(
        "this computer's clock says {day}, before this program was made: the times are wrong until it is set",
        day=told.date().isoformat(),
    )
