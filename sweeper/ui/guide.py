"""A guided sweep as facts: steps, what was done in each, what the reader ticked. No Qt here.

It is written to a file after every change, so a sweep that was left (the window closed, the battery empty)
is taken up where it stood.
"""

from __future__ import annotations

import enum
import time
from pathlib import Path

import msgspec

STEPS = ("prepare", "listen", "look", "result")


class Answer(enum.StrEnum):
    """What the reader found at one place of the checklist."""

    OPEN = "open"
    CLEAR = "clear"
    FOUND = "found"


class Progress(msgspec.Struct):
    """What is kept of a guided sweep."""

    plan: str
    step: str = "prepare"
    begun_utc_s: float = 0.0
    listened_s: dict[str, float] = {}
    attention: int | None = None
    answers: dict[str, Answer] = {}


class Guide:
    """One guided sweep: ``plan`` is the door's. Every change is saved."""

    def __init__(self, progress: Progress, path: Path) -> None:
        self.progress = progress
        self._path = path

    @classmethod
    def taken_up(cls, folder: Path, plan: str) -> Guide:
        """The sweep of this kind that was left, or a new one."""
        path = folder / f"guide-{plan}.json"
        try:
            kept = msgspec.json.decode(path.read_bytes(), type=Progress)
        except (OSError, msgspec.MsgspecError):
            kept = Progress(plan)
        if kept.plan != plan or kept.step not in STEPS:
            kept = Progress(plan)
        return cls(kept, path)

    @property
    def plan(self) -> str:
        return self.progress.plan

    @property
    def step(self) -> str:
        return self.progress.step

    @property
    def begun(self) -> bool:
        """Whether anything was done yet."""
        return self.step != "prepare" or bool(self.progress.answers)

    def go(self, step: str) -> None:
        """Go to a step."""
        if not self.progress.begun_utc_s:
            self.progress.begun_utc_s = time.time()
        self.progress.step = step
        self.save()

    def heard(self, seconds: dict[str, float], attention: int) -> None:
        """Note how long each medium was listened to, and how many findings asked for attention."""
        for medium, length in seconds.items():
            self.progress.listened_s[medium] = max(length, self.progress.listened_s.get(medium, 0.0))
        self.progress.attention = attention
        self.save()

    def answer(self, place: str, answer: Answer) -> None:
        """Note what was found at one place of the checklist."""
        self.progress.answers[place] = answer
        self.save()

    def restart(self) -> None:
        """Begin anew."""
        self.progress = Progress(self.plan)
        self.save()

    def save(self) -> None:
        """Write the progress; a folder that cannot be written costs only the taking up."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_bytes(msgspec.json.encode(self.progress))
        except OSError:
            return
