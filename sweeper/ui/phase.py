"""Where a session is."""

from __future__ import annotations

import enum


class Phase(enum.Enum):
    """Where the session is."""

    IDLE = "idle"
    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    ENDED = "ended"
