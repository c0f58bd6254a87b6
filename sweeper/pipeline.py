"""The loop: a list of stages, each fed with what comes before it.

What a stage yields goes only to later stages, so order is the list and a cycle cannot be built. The loop
knows no radio and no Qt. A stage that raises is contained: the reader is told by a Status record, the
record it failed on goes on to the other stages, and after ``PATIENCE`` failures the stage is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from sweeper.errors import Reason, contained
from sweeper.records import Record, State, told
from sweeper.text import say

PATIENCE = 3
"""Failures after which a stage is left out: one bad record may be chance, three are a defect."""


class Stage(Protocol):
    """A step of the pipeline. It has no clock, file, thread or Qt: time comes from the records."""

    name: str
    accepts: tuple[type[Record], ...]

    def feed(self, record: Any, /) -> Iterable[Record]:
        """What follows from one record of an accepted type."""
        ...

    def finish(self) -> Iterable[Record]:
        """What is left to say when every source has ended."""
        ...


class Pipeline:
    """Runs records through stages and hands back everything that a sink should see, in order."""

    def __init__(self, stages: Sequence[Stage]) -> None:
        self.stages = list(stages)
        self._failures = [0] * len(self.stages)

    def feed(self, record: Record) -> Iterator[Record]:
        """The record itself, then all that the stages make of it."""
        yield from self._from(0, record)

    def finish(self) -> Iterator[Record]:
        """All that the stages have left; each stage's last words reach the later ones before their own."""
        for index, stage in enumerate(self.stages):
            for made in self._guarded(index, stage, None):
                yield from self._from(index + 1, made)

    def _from(self, index: int, record: Record) -> Iterator[Record]:
        yield record
        for i in range(index, len(self.stages)):
            stage = self.stages[i]
            if isinstance(record, stage.accepts) and self._failures[i] < PATIENCE:
                for made in self._guarded(i, stage, record):
                    yield from self._from(i + 1, made)

    def _guarded(self, index: int, stage: Stage, record: Record | None) -> list[Record]:
        made: list[Record] = []
        if self._failures[index] >= PATIENCE:
            return made
        with contained() as caught:
            made.extend(stage.finish() if record is None else stage.feed(record))
        if caught.error is not None:
            self._failures[index] += 1
            words = caught.words()
            if self._failures[index] >= PATIENCE:
                words = say("{problem}; it is left out from here on", problem=words)
            made.append(
                told(
                    words,
                    source=record.source if record is not None else "",
                    time_s=record.time_s if record is not None else 0.0,
                    subject=stage.name,
                    state=State.FAILED,
                    reason=Reason.STAGE_ERROR,
                )
            )
        return made
