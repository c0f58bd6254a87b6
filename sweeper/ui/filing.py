"""Photos and floor plans from the window into the open job: its folder, its report, its log.

A photo's marked parts are blurred in the pixels before the file is written. A plan takes along what was
measured on it: for each finding the place of its emitter, with how sure that is, so that the report can name
it. All of it runs on the core's thread, in the name of whoever acts in the job.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sweeper.records import Finding
from sweeper.ui.words import _

if TYPE_CHECKING:
    from sweeper.jobs.job import Job
    from sweeper.jobs.papers import Mark
    from sweeper.ui.desk import Desk
    from sweeper.ui.plans import FloorPlan

Box = tuple[float, float, float, float]


def numbered(desk: Desk, finding: str) -> str:
    """A finding as a job names it, ``1/F-001``; nothing where the job did not keep its sweep."""
    return f"{desk.jobs.sweep}/{finding}" if desk.jobs.sweep and finding else ""


def photo(desk: Desk, path: Path, caption: str, people: bool, boxes: Sequence[Box], finding: str) -> None:
    """Put a photo into the job; a refusal is said."""
    named = numbered(desk, finding)

    def work(job: Job, who: str) -> None:
        from sweeper.jobs import photos

        photos.add(job, path, who=who, caption=caption, people=people, boxes=boxes, finding=named)

    def told(_result: object, problem: str) -> None:
        if problem:
            desk.say(_("The job did not allow this."), problem)

    desk.jobs.ask(work, told)


def plan(desk: Desk, chosen: FloorPlan, then: Callable[[str], None]) -> None:
    """Put a floor plan with what was measured and named on it into the job; ``then(problem)``."""
    marks = [*located(desk, chosen), *marked(chosen)]

    def work(job: Job, who: str) -> None:
        from sweeper.jobs import photos

        width = chosen.facts.width_m if chosen.facts.scaled else None
        number = photos.add_plan(job, chosen.picture, who=who, title=chosen.facts.name, width_m=width)
        photos.mark(job, number, marks, who)

    desk.jobs.ask(work, lambda _result, problem: then(problem))


def located(desk: Desk, chosen: FloorPlan) -> list[Mark]:
    """A mark for each finding whose emitter was measured on the plan."""
    from sweeper.jobs.papers import Mark

    made = []
    for finding in desk.findings.records.values():
        found = desk.whereabouts.of(finding, chosen) if isinstance(finding, Finding) else None
        if found is not None:
            where, (x_m, y_m) = found.where, found.at_m
            x, y = chosen.share(x_m, y_m)
            named = numbered(desk, finding.id)
            made.append(Mark(x=x, y=y, finding=named, level_db=where.level_db, where=where))
    return made


def marked(chosen: FloorPlan) -> list[Mark]:
    """The places where somebody stood, with the strongest level of each, and the places that have names."""
    from sweeper.jobs.papers import Mark

    made = []
    for taken in chosen.facts.taken:
        x, y = chosen.share(taken.x_m, taken.y_m)
        made.append(Mark(x=x, y=y, level_db=max(taken.levels.values(), default=None)))
    for named in chosen.facts.places:
        x, y = chosen.share(named.x_m, named.y_m)
        made.append(Mark(x=x, y=y, label=named.name))
    return made
