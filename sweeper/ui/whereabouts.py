"""Where the floor plan says that a finding's emitter is: computed once for each state of the plan.

A most likely spot weighs every cell of the plan, some milliseconds for an emitter; tables ask for it with
every row they draw.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sweeper.records import Finding
from sweeper.text import safe_text
from sweeper.ui.plans import FloorPlan, Found, key_of
from sweeper.ui.words import _

if TYPE_CHECKING:
    from sweeper.language import Language
    from sweeper.ui.desk import Desk


class Whereabouts:
    """Answers for the plan that is open, or was open last."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._looked = False
        self._state: tuple[object, ...] = ()
        self._kept: dict[str, Found | None] = {}
        self._asked: tuple[object, ...] = ()
        self._any = False

    def plan(self) -> FloorPlan | None:
        """The plan that is open; the one that was open last where the page of plans was not seen yet."""
        desk = self._desk
        if desk.plan is None and not self._looked:
            self._looked = True
            folder = desk.settings.text("plan")
            desk.plan = FloorPlan.load(Path(folder)) if folder else None
        return desk.plan

    def any(self) -> bool:
        """Whether the plan tells the place of any finding; looked up anew when plan or findings change."""
        plan, findings = self.plan(), self._desk.findings.records
        if plan is None or not plan.facts.taken:
            return False
        asked = (plan.state, len(findings))
        if asked != self._asked:
            self._asked = asked
            self._any = any(self.of(each) for each in findings.values() if isinstance(each, Finding))
        return self._any

    def of(self, finding: Finding, plan: FloorPlan | None = None) -> Found | None:
        """Where a finding's emitter is; ``None`` where there is no plan, or it was not measured."""
        plan = plan or self.plan()
        subject = self._desk.subject(finding.subject) if plan is not None else None
        if plan is None or subject is None:
            return None
        state = plan.state
        if state != self._state:
            self._state, self._kept = state, {}
        key = key_of(subject)
        if key not in self._kept:
            self._kept[key] = plan.found(key)
        return self._kept[key]

    def short(self, finding: Finding) -> str:
        """The place in a few words, for a table: nothing where none is known."""
        found = self.of(finding)
        if found is None:
            return ""
        where = found.where
        if where.radius_m is not None:
            return safe_text(where.place) or _("on the plan")
        return _("strongest: {place}").format(place=safe_text(where.strongest)) if where.strongest else ""

    def told(self, spoken: Language) -> dict[str, str]:
        """By finding: its place in words, in the language of a report."""
        from sweeper.report import where

        made = {}
        for finding in self._desk.findings.records.values():
            found = self.of(finding) if isinstance(finding, Finding) else None
            if found is not None:
                made[finding.id] = where.sentence(found.where, spoken)
        return made
