"""What a person decided about findings. The program only proposes; a verdict needs a name.

Verdicts can be undone, one by one, in the order in which they were given.
"""

from __future__ import annotations

import enum

import msgspec


class Decision(enum.StrEnum):
    OPEN = "open"
    EXPLAINED = "explained"
    SUSPICIOUS = "suspicious"
    CONFIRMED = "confirmed"


class Verdict(msgspec.Struct, frozen=True):
    """One decision by one person."""

    decision: Decision = Decision.OPEN
    name: str = ""
    note: str = ""
    utc_s: float = 0.0


OPEN = Verdict()


class Verdicts:
    """The verdicts of this session, by finding id."""

    def __init__(self) -> None:
        self._given: dict[str, Verdict] = {}
        self._before: list[tuple[str, Verdict]] = []

    def of(self, finding: str) -> Verdict:
        """The verdict on a finding; open if nobody gave one."""
        return self._given.get(finding, OPEN)

    def give(self, finding: str, verdict: Verdict) -> None:
        """Note a verdict. Whoever decides anything but *open* gives a name."""
        if verdict.decision is not Decision.OPEN and not verdict.name.strip():
            raise ValueError("a verdict needs the name of the person who gives it")
        self._before.append((finding, self.of(finding)))
        self._given[finding] = verdict

    def undo(self) -> str:
        """Take the last verdict back; the finding it was about, or nothing."""
        if not self._before:
            return ""
        finding, verdict = self._before.pop()
        self._given[finding] = verdict
        return finding

    def know(self, given: dict[str, Verdict]) -> None:
        """Take over verdicts that a job has on file."""
        self._given.update(given)

    def given(self) -> dict[str, Verdict]:
        """Every verdict, by finding id."""
        return dict(self._given)

    @property
    def undoable(self) -> bool:
        return bool(self._before)

    def counts(self, finding: str) -> bool:
        """Whether a finding still asks for attention: nobody has explained it."""
        return self.of(finding).decision is not Decision.EXPLAINED

    def clear(self) -> None:
        """Forget everything."""
        self._given.clear()
        self._before.clear()
