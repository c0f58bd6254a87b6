"""Lines for a person about one input: what was skipped, mended or cut short, without a flood.

A damaged file can hold a million bad lines. Problems of one kind are told once, with the place of the
first and the number of all.
"""

from __future__ import annotations

from sweeper.text import Phrase, Words, english, phrase_of, say

MOST_LINES = 50
"""Distinct problems kept for one input; a reader needs the first few and the count."""


class Problems:
    """Collects problem lines in the order in which they first came up."""

    def __init__(self) -> None:
        self._kinds: dict[str, Words] = {}
        self._counts: dict[str, int] = {}
        self._firsts: dict[str, Words] = {}
        self._more = 0

    def add(self, line: Words) -> None:
        """One problem that stands for itself; the same line again only counts."""
        self.count(line, "")

    def count(self, kind: Words, first: Words, number: int = 1) -> None:
        """``number`` more problems of one kind; ``first`` says where (the first one's is kept)."""
        name = english(kind)
        if name not in self._counts and len(self._counts) >= MOST_LINES:
            self._more += number
            return
        self._kinds.setdefault(name, kind)
        self._counts[name] = self._counts.get(name, 0) + number
        if first:
            self._firsts.setdefault(name, first)

    def lines(self) -> tuple[str, ...]:
        """All problems in English, one line each."""
        return tuple(english(line) for line in self.said())

    def said(self) -> tuple[Phrase, ...]:
        """All problems, one line each."""
        told = [self._line(name, kind) for name, kind in self._kinds.items()]
        if self._more:
            told.append(say("{count} further problems", count=self._more))
        return tuple(told)

    def _line(self, name: str, kind: Words) -> Phrase:
        number, first = self._counts[name], self._firsts.get(name)
        if first is not None and number > 1:
            return say("{kind}: {count}, the first {first}", kind=kind, count=number, first=first)
        if first is not None:
            return say("{kind} {first}", kind=kind, first=first)
        if number > 1:
            return say("{kind} ({count} times)", kind=kind, count=number)
        return phrase_of(kind)
