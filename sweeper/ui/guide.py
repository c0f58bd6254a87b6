"""A guided sweep as facts: steps, what was heard in each, what the reader ticked. No Qt here.

It is written to a file after every change, so a sweep that was left (the window closed, the battery empty)
is taken up where it stood. What was heard in a step lies beside it, one file a part: a step that was paused
and taken up again has two.

    guide-car.json                  the progress
    guide-car/listen-1.json …       the records of each part
"""

from __future__ import annotations

import enum
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

from sweeper.records import Level
from sweeper.text import Phrase

STEPS = {
    "car": ("prepare", "outside", "listen", "drive", "look", "result"),
    "flat": ("prepare", "outside", "listen", "film", "network", "look", "result"),
    "office": ("prepare", "outside", "listen", "film", "network", "look", "result"),
}
"""The steps behind each door, in order."""

LEGS = ("outside", "listen", "film", "network", "drive")
"""Steps in which something is heard."""

FIRST_S = 110.0
"""The first plain result stands within two minutes."""


class Answer(enum.StrEnum):
    """What the reader found at one place of the checklist."""

    OPEN = "open"
    CLEAR = "clear"
    FOUND = "found"


class Course(enum.StrEnum):
    """How a step that listens went."""

    OPEN = "open"
    PAUSED = "paused"
    DONE = "done"
    SKIPPED = "skipped"


class Seen(msgspec.Struct, frozen=True):
    """One finding of a part, as the result tells it. ``own`` says why it may be the car's own."""

    leg: str
    part: int
    id: str
    level: Level
    kind: str
    title: Phrase
    about: str
    why: tuple[Phrase, ...] = ()
    benign: tuple[Phrase, ...] = ()
    next: tuple[Phrase, ...] = ()
    own: str = ""
    explained: bool = False

    @property
    def same_as(self) -> tuple[str, str, str]:
        """What two parts' findings must share to be one."""
        return self.kind, self.title.text, self.about


class Leg(msgspec.Struct):
    """What is kept of a step that listens; ``media`` counts seconds by medium over all its parts."""

    course: Course = Course.OPEN
    parts: int = 0
    heard_s: float = 0.0
    media: dict[str, float] = {}


class Progress(msgspec.Struct):
    """What is kept of a guided sweep."""

    plan: str
    step: str = "prepare"
    begun_utc_s: float = 0.0
    legs: dict[str, Leg] = {}
    seen: list[Seen] = []
    first: int | None = None
    """How many things asked for attention when the first plain result was due."""
    reference: str = ""
    stay: bool = False
    """Whether the car stands during its long test instead of being driven."""
    film: dict[str, str] = {}
    lesser: bool = True
    """Whether access points are listed where Wi-Fi itself cannot be heard."""
    answers: dict[str, Answer] = {}
    found: bool = False
    """Whether the reader says that something was found, at a place of the list or elsewhere."""
    own: dict[str, bool] = {}
    """What the reader says that the car has: ``telematics``, ``keys``, ``tyres``."""


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
        except (OSError, ValueError, RecursionError):
            kept = Progress(plan)
        if kept.plan != plan or kept.step not in STEPS[plan]:
            kept = Progress(plan)
        return cls(kept, path)

    @property
    def plan(self) -> str:
        return self.progress.plan

    @property
    def step(self) -> str:
        return self.progress.step

    @property
    def steps(self) -> tuple[str, ...]:
        return STEPS[self.plan]

    @property
    def begun(self) -> bool:
        """Whether anything was done yet."""
        return self.step != "prepare" or bool(self.progress.answers)

    @property
    def begun_before(self) -> bool:
        """Whether there is something that beginning anew would put away."""
        return bool(self.progress.answers or self.progress.found) or any(
            leg.parts for leg in self.progress.legs.values()
        )

    def leg(self, name: str) -> Leg:
        """What is kept of a step that listens."""
        return self.progress.legs.get(name) or Leg()

    def part_file(self, leg: str, part: int) -> Path:
        """Where the records of a part lie."""
        return self._path.parent / f"guide-{self.plan}" / f"{leg}-{part}.json"

    def go(self, step: str) -> None:
        """Go to a step."""
        if not self.progress.begun_utc_s:
            self.progress.begun_utc_s = time.time()
        self.progress.step = step
        self.save()

    def state(self, step: str) -> str:
        """``running``, ``done``, ``skipped`` or ``waiting``; done is only what was done."""
        at, index, kept = self.steps.index(self.step), self.steps.index(step), self.leg(step)
        if index == at:
            return "running"
        done = kept.parts if step in LEGS else self.progress.answers if step == "look" else True
        if kept.course is Course.SKIPPED or (index < at and not done):
            return "skipped"
        return "done" if index < at else "waiting"

    def after(self, step: str) -> str:
        """The step that follows."""
        return self.steps[min(self.steps.index(step) + 1, len(self.steps) - 1)]

    def begin_part(self, leg: str) -> int:
        """A step begins to listen, or goes on; the number of the part."""
        kept = self.progress.legs.setdefault(leg, Leg())
        kept.parts += 1
        kept.course = Course.PAUSED
        self.save()
        return kept.parts

    def heard(self, leg: str, part: int, seconds: float, media: dict[str, float], seen: list[Seen]) -> None:
        """What a part has heard so far: called again and again while it lasts, and at its end."""
        kept = self.progress.legs.setdefault(leg, Leg(parts=part))
        before = self._before(leg, part)
        kept.heard_s = before.heard_s + seconds
        kept.media = dict(before.media)
        for medium, length in media.items():
            kept.media[medium] = kept.media.get(medium, 0.0) + length
        others = [each for each in self.progress.seen if (each.leg, each.part) != (leg, part)]
        self.progress.seen = [*others, *seen]
        self.save()

    def _before(self, leg: str, part: int) -> Leg:
        """The leg as it stood when this part began."""
        if self._began != (leg, part):
            self._began = (leg, part)
            kept = self.leg(leg)
            self._stood = Leg(kept.course, kept.parts, kept.heard_s, dict(kept.media))
        return self._stood

    _began: tuple[str, int] = ("", 0)
    _stood: Leg = Leg()

    def end_part(self, leg: str, course: Course) -> None:
        """A step has stopped listening: paused, done or skipped."""
        self.progress.legs.setdefault(leg, Leg()).course = course
        self.save()

    def answer(self, place: str, answer: Answer) -> None:
        """Note what was found at one place of the checklist."""
        self.progress.answers[place] = answer
        self.save()

    def explain(self, leg: str, part: int, explained: dict[str, bool]) -> None:
        """Take over which findings of a part a person has explained."""
        self.progress.seen = [
            msgspec.structs.replace(each, explained=explained.get(each.id, each.explained))
            if (each.leg, each.part) == (leg, part)
            else each
            for each in self.progress.seen
        ]
        self.save()

    def say_found(self, found: bool) -> None:
        """Note whether the reader says that something was found."""
        self.progress.found = found
        self.save()

    @property
    def listened_s(self) -> dict[str, float]:
        """Seconds by medium over all steps in the place itself."""
        total: dict[str, float] = {}
        for name, leg in self.progress.legs.items():
            if name != "outside":
                for medium, seconds in leg.media.items():
                    total[medium] = total.get(medium, 0.0) + seconds
        return total

    def findings(self) -> list[Seen]:
        """The findings of all steps in the place itself, each once, the gravest first."""
        return merged(each for each in self.progress.seen if each.leg != "outside")

    @property
    def attention(self) -> int:
        """How many findings ask for more than to be known, and were not explained."""
        return sum(1 for each in self.findings() if asks(each))

    def restart(self) -> None:
        """Begin anew; what was heard before is deleted."""
        for name, leg in self.progress.legs.items():
            for part in range(1, leg.parts + 1):
                try:
                    self.part_file(name, part).unlink(missing_ok=True)
                except OSError:
                    continue
        self.progress = Progress(self.plan)
        self._began = ("", 0)
        self.save()

    def save(self) -> None:
        """Write the progress, whole or not at all; a folder that cannot be written costs the taking up."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            draft = self._path.with_suffix(".part")
            draft.write_bytes(msgspec.json.encode(self.progress))
            draft.replace(self._path)
        except OSError:
            return


def asks(seen: Seen) -> bool:
    """Whether a finding asks for attention."""
    return seen.level is not Level.INFO and not seen.explained and not seen.own


def merged(seen: Iterable[Seen]) -> list[Seen]:
    """Each finding once, though several parts had it; the gravest first."""
    kept: dict[tuple[str, str, str], Seen] = {}
    for each in seen:
        before = kept.get(each.same_as)
        if before is None or (each.level.rank, not each.explained) >= (
            before.level.rank,
            not before.explained,
        ):
            kept[each.same_as] = each
    return sorted(
        kept.values(), key=lambda each: (-each.level.rank, bool(each.own), each.title.text, each.about)
    )
