"""Floor plans as facts: the picture, its scale, what was measured where, names of places. No Qt here.

A plan lies in a folder of its own, the picture beside one JSON file, and is written after every change.
Lengths are metres from the upper left corner; before the scale is set a plan counts as ``UNSCALED_M`` wide.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import msgspec

from sweeper.floorplan import Grid, Reading, Spot, Surface, Where, grid_over, locate, surface
from sweeper.records import Device, Emission

UNSCALED_M = 10.0
NAMED_M = 4.0
"""A place's name holds this far around it."""

STEP_HZ = 10_000.0
"""Two emissions nearer than this are taken for one over several sweeps."""


class Taken(msgspec.Struct, frozen=True):
    """Where the reader stood once, and the level of everything that was heard there, by key."""

    x_m: float
    y_m: float
    levels: dict[str, float]
    utc_s: float = 0.0


class Named(msgspec.Struct, frozen=True):
    """A place that has a name: kitchen, driver's seat."""

    x_m: float
    y_m: float
    name: str


class Found(msgspec.Struct, frozen=True):
    """An emitter's place on a plan: where the mark goes, in metres, and what can be said of it."""

    at_m: tuple[float, float]
    where: Where


class Facts(msgspec.Struct):
    """What is kept of a plan."""

    name: str
    picture: str
    aspect: float = 1.0
    """Height over width of the picture."""
    width_m: float = UNSCALED_M
    scaled: bool = False
    taken: list[Taken] = []
    places: list[Named] = []
    titles: dict[str, str] = {}
    """What each key is called."""


class FloorPlan:
    """One plan; every change is saved."""

    def __init__(self, facts: Facts, folder: Path) -> None:
        self.facts, self.folder = facts, folder

    @classmethod
    def fresh(cls, home: Path, name: str, aspect: float) -> FloorPlan:
        """A new plan in a folder that is not taken. Raises ``OSError``."""
        stem = re.sub(r"[^\w-]+", "-", name).strip("-") or "plan"
        folder, number = home / stem, 2
        while folder.exists():
            folder, number = home / f"{stem}-{number}", number + 1
        folder.mkdir(parents=True)
        return cls(Facts(name, "plan.png", aspect), folder)

    @classmethod
    def load(cls, folder: Path) -> FloorPlan | None:
        """The plan in a folder, or ``None`` where there is none that can be read."""
        try:
            facts = msgspec.json.decode((folder / "plan.json").read_bytes(), type=Facts)
        except (OSError, ValueError, RecursionError):
            return None
        usable = 0 < facts.width_m < math.inf and 0 < facts.aspect < math.inf
        return cls(facts, folder) if usable else None

    @property
    def picture(self) -> Path:
        return self.folder / Path(self.facts.picture).name

    @property
    def height_m(self) -> float:
        return self.facts.width_m * self.facts.aspect

    def grid(self) -> Grid:
        return grid_over(self.facts.width_m, self.height_m)

    def save(self) -> None:
        """Write the facts, whole or not at all. Raises ``OSError``."""
        draft = self.folder / "plan.json.part"
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(self.facts), indent=1))
        draft.replace(self.folder / "plan.json")

    def set_scale(self, one: tuple[float, float], other: tuple[float, float], metres: float) -> None:
        """Two points of the plan as it is now lie so many metres apart; what was measured moves along."""
        now = math.hypot(one[0] - other[0], one[1] - other[1])
        if now <= 0 or not 0 < metres < math.inf:
            raise ValueError("two points apart and a length are needed")
        factor = metres / now
        facts = self.facts
        facts.width_m *= factor
        facts.scaled = True
        facts.taken = [
            msgspec.structs.replace(each, x_m=each.x_m * factor, y_m=each.y_m * factor)
            for each in facts.taken
        ]
        facts.places = [
            msgspec.structs.replace(each, x_m=each.x_m * factor, y_m=each.y_m * factor)
            for each in facts.places
        ]
        self.save()

    def take(self, taken: Taken, titles: dict[str, str]) -> None:
        """Keep what was heard at a place."""
        self.facts.taken.append(taken)
        self.facts.titles.update(titles)
        self.save()

    def undo(self) -> bool:
        """Take the last measurement back; whether there was one."""
        if not self.facts.taken:
            return False
        self.facts.taken.pop()
        self.save()
        return True

    def name_place(self, x_m: float, y_m: float, name: str) -> None:
        """Give a place a name; an empty one takes the nearest name away."""
        near = [each for each in self.facts.places if math.hypot(each.x_m - x_m, each.y_m - y_m) < 0.8]
        self.facts.places = [each for each in self.facts.places if each not in near]
        if name:
            self.facts.places.append(Named(x_m, y_m, name))
        self.save()

    def measured(self) -> list[tuple[str, int]]:
        """Everything that was measured, with the number of places; what was heard at most places first."""
        counts: dict[str, int] = {}
        for taken in self.facts.taken:
            for key in taken.levels:
                counts[key] = counts.get(key, 0) + 1
        return sorted(counts.items(), key=lambda item: (-item[1], item[0]))

    def readings(self, key: str) -> list[Reading]:
        """Where one emitter was heard, and how strongly."""
        return [
            Reading(taken.x_m, taken.y_m, taken.levels[key])
            for taken in self.facts.taken
            if key in taken.levels
        ]

    def spot(self, key: str) -> Spot | None:
        return locate(self.readings(key), self.grid())

    def surface(self, key: str) -> Surface | None:
        return surface(self.readings(key), self.grid())

    @property
    def state(self) -> tuple[object, ...]:
        """Changes with everything that a most likely spot depends on."""
        facts = self.facts
        return self.folder, facts.width_m, len(facts.taken), tuple(facts.places)

    def share(self, x_m: float, y_m: float) -> tuple[float, float]:
        """A point as shares of the picture's width and height."""
        across, down = x_m / self.facts.width_m, y_m / self.height_m
        return min(1.0, max(0.0, across)), min(1.0, max(0.0, down))

    def found(self, key: str) -> Found | None:
        """What the plan says of an emitter's place; ``None`` where it was never measured."""
        readings = self.readings(key)
        if not readings:
            return None
        best = max(readings, key=lambda each: each.level_db)
        spot = self.spot(key)
        at = (spot.x_m, spot.y_m) if spot is not None else (best.x_m, best.y_m)
        where = Where(
            plan=self.facts.name,
            place=self.near(*at, spot.radius_m) if spot is not None else "",
            radius_m=spot.radius_m if spot is not None else None,
            level_db=best.level_db,
            unit="dB" if key.startswith("rf:") else "dBm",
            strongest=self.near(best.x_m, best.y_m),
            readings=len(readings),
        )
        return Found(at, where)

    def near(self, x_m: float, y_m: float, radius_m: float = 0.0) -> str:
        """The named place nearest to a point, if one is near enough; else nothing."""
        nearest = min(
            self.facts.places, key=lambda each: math.hypot(each.x_m - x_m, each.y_m - y_m), default=None
        )
        if nearest is None or math.hypot(nearest.x_m - x_m, nearest.y_m - y_m) > NAMED_M + radius_m:
            return ""
        return nearest.name

    def place_of(self, key: str) -> tuple[str, float] | None:
        """``(name of the nearest named place, radius in metres)`` of an emitter's most likely spot."""
        spot = self.spot(key)
        return (self.near(spot.x_m, spot.y_m, spot.radius_m), spot.radius_m) if spot is not None else None


def key_of(subject: Emission | Device) -> str:
    """What names an emitter over several sweeps."""
    if isinstance(subject, Emission):
        return f"rf:{round(subject.center_hz / STEP_HZ) * round(STEP_HZ)}"
    return f"{subject.medium.value}:{subject.address.casefold()}"


def listed(home: Path) -> list[FloorPlan]:
    """The plans in a folder, by name."""
    try:
        folders = sorted(path for path in home.iterdir() if path.is_dir())
    except OSError:
        return []
    found = [plan for plan in map(FloorPlan.load, folders) if plan is not None]
    return sorted(found, key=lambda plan: plan.facts.name.casefold())
