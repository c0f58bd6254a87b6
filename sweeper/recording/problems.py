"""Lines for a person about one input: what was skipped, mended or cut short, without a flood.

A damaged file can hold a million bad lines. Problems of one kind are told once, with the place of the
first and the number of all.
"""

from __future__ import annotations

MOST_LINES = 50
"""Distinct problems kept for one input; a reader needs the first few and the count."""


class Problems:
    """Collects problem lines in the order in which they first came up."""

    def __init__(self, lines: tuple[str, ...] = ()) -> None:
        self._counts: dict[str, int] = dict.fromkeys(lines, 1)
        self._firsts: dict[str, str] = {}
        self._more = 0

    def add(self, line: str) -> None:
        """One problem that stands for itself; the same line again only counts."""
        self.count(line, "")

    def count(self, kind: str, first: str, number: int = 1) -> None:
        """``number`` more problems of one kind; ``first`` says where (the first one's is kept)."""
        if kind not in self._counts and len(self._counts) >= MOST_LINES:
            self._more += number
            return
        self._counts[kind] = self._counts.get(kind, 0) + number
        if first:
            self._firsts.setdefault(kind, first)

    def lines(self) -> tuple[str, ...]:
        """All problems, one line each."""
        told = []
        for kind, number in self._counts.items():
            first = self._firsts.get(kind)
            if first is not None:
                told.append(f"{kind}: {number}, the first {first}" if number > 1 else f"{kind} {first}")
            else:
                told.append(f"{kind} ({number} times)" if number > 1 else kind)
        if self._more:
            told.append(f"{self._more} further problems")
        return tuple(told)
