"""Reference sets as the window knows them: recorded outside, listed, chosen, compared with.

The files lie in one folder of the user's; the core reads and writes them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import numpy.typing as npt

from sweeper.errors import SweeperError
from sweeper.plan import SweepPlan
from sweeper.ui import recipes
from sweeper.ui.words import told

if TYPE_CHECKING:
    from sweeper.radio import Source
    from sweeper.reference import Friendly, Reference
    from sweeper.session import Session, Sink
    from sweeper.ui.bridge import Recipe

After = Callable[[], object]


class Line(msgspec.Struct, frozen=True):
    """One reference, as the list shows it."""

    path: str
    name: str
    taken_utc_s: float
    receiver: str
    antenna: str
    gain_db: float | None
    emissions: int
    ranges_hz: tuple[tuple[float, float], ...]
    problem: str = ""


def folder(home: Path) -> Path:
    """Where references lie."""
    return home / "references"


def fresh(home: Path, name: str) -> Path:
    """A file name that is not taken yet."""
    from sweeper.reference import SUFFIX

    stamp = time.strftime("%Y-%m-%d-%H%M%S")
    return folder(home) / f"{name}-{stamp}{SUFFIX}"


def recording(
    sources: Sequence[Source], plan: SweepPlan, path: Path, made: Callable[[str], object]
) -> tuple[Recipe, After]:
    """A sweep whose traces become a reference at ``path``; ``made`` is told when it is written."""
    from sweeper.reference import Recorder

    recorder = Recorder(plan.bin_hz)

    def recipe(sinks: Sequence[Sink]) -> Session:
        return recipes.live(sources, plan)([*sinks, recorder])

    def after() -> None:
        from sweeper.reference import Conditions, save

        if not recorder.grid.chunks:
            return
        gains = {getattr(getattr(source, "stats", None), "gain_db", None) for source in sources}
        gain = gains.pop() if len(gains) == 1 else plan.gain_db
        ranges = tuple((band.start_hz, band.stop_hz) for band in plan.bands)
        receiver = ",".join(source.info.name for source in sources)
        taken = recorder.made(plan.name, Conditions(receiver, "", gain, ranges), time.time())
        path.parent.mkdir(parents=True, exist_ok=True)
        save(taken, path)
        made(str(path))

    return recipe, after


def load(path: str) -> Reference | None:
    """A reference, or ``None`` where there is none or it cannot be read."""
    from sweeper.reference import load as read

    if not path:
        return None
    try:
        return read(Path(path))
    except SweeperError:
        return None


def gain_of(path: str) -> float | None:
    """The gain a reference was taken with: what is compared with it uses the same."""
    found = load(path)
    return found.head.conditions.gain_db if found is not None else None


def listed(home: Path) -> list[Line]:
    """Every reference in the folder, newest first."""
    from sweeper.reference import SUFFIX
    from sweeper.reference import load as read

    lines = []
    for path in sorted(folder(home).glob(f"*{SUFFIX}")):
        try:
            head = read(path).head
        except SweeperError as error:
            lines.append(Line(str(path), path.name, 0.0, "", "", None, 0, (), told(error)))
            continue
        c = head.conditions
        lines.append(
            Line(
                str(path),
                head.name,
                head.taken_utc_s,
                c.receiver,
                c.antenna,
                c.gain_db,
                len(head.emissions),
                c.ranges_hz,
            )
        )
    return sorted(lines, key=lambda line: -line.taken_utc_s)


def rename(path: str, name: str) -> None:
    """Give a reference another name. Raises ``SweeperError`` or ``OSError``."""
    from sweeper.reference import load as read
    from sweeper.reference import save

    found = read(Path(path))
    save(msgspec.structs.replace(found, head=msgspec.structs.replace(found.head, name=name)), Path(path))


def merge(paths: Sequence[str], name: str, home: Path) -> str:
    """Several references as one new file. Raises ``SweeperError`` or ``OSError``."""
    from sweeper.reference import load as read
    from sweeper.reference import merge as merged
    from sweeper.reference import save

    path = fresh(home, "merged")
    save(merged([read(Path(each)) for each in paths], name), path)
    return str(path)


def delete(path: str) -> None:
    """Delete a reference. Raises ``OSError``."""
    Path(path).unlink()


def friendlies(home: Path) -> list[Friendly]:
    """The signals that the user has declared to be known and harmless."""
    from sweeper.reference import Friendly

    try:
        return msgspec.json.decode((home / "friendly.json").read_bytes(), type=list[Friendly])
    except (OSError, ValueError, RecursionError):
        return []


def keep_friendlies(home: Path, friendly: Sequence[Friendly]) -> None:
    """Write them down. Raises ``OSError``."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "friendly.json").write_bytes(msgspec.json.encode(list(friendly)))


def levels_on(path: str, frequencies: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """A reference's mean level at these frequencies, dB per hertz; NaN where it was not heard."""
    found = load(path)
    made = np.full(len(frequencies), np.nan, np.float32)
    if found is None or not len(frequencies):
        return made
    first, count = found.grid.cells(float(frequencies[0]), float(frequencies[-1]))
    cells = found.grid.read("mean", first, count)
    index = np.rint(frequencies / found.grid.cell_hz).astype(np.int64) - first
    inside = (index >= 0) & (index < count)
    made[inside] = cells[index[inside]]
    return made
