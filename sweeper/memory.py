"""How much memory may be kept for what only helps: less on a small computer."""

from __future__ import annotations

import os

SHARE = 1 / 16
"""Of the computer's memory: on a board with 512 MB the program itself takes 110 and the system the like."""


def room(most: int) -> int:
    """``most`` bytes, or a sixteenth of this computer's memory where that is less."""
    try:
        whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # a system without that question
        return most
    return min(most, int(SHARE * whole)) if whole > 0 else most
