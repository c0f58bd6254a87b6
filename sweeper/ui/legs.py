"""The listening of a guided sweep, step by step: begin, pause, take up again, finish.

A step that listens is a *leg*; each time it begins or is taken up again, a *part*. A part is one session.
What it hears is written down every few seconds, so a pause, a closed window or an empty battery loses little;
taking it up again listens for what is left of its time. This lives as long as the window: views are rebuilt
when the language changes, the listening goes on.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from sweeper.errors import SweeperError
from sweeper.plan import PRESETS, SweepPlan
from sweeper.records import Coverage, Device, Emission, Finding, Medium, Opened, Record, State
from sweeper.ui import columns, equipment, keeping, network, own_car, recipes, references
from sweeper.ui.guide import FIRST_S, Course, Guide, Seen
from sweeper.ui.words import _, told

if TYPE_CHECKING:
    from sweeper.radio import Source
    from sweeper.radio.lan_asking import Look
    from sweeper.ui.bridge import Recipe
    from sweeper.ui.desk import Desk

KEEP_MS = 5_000
"""What is heard is written down so often."""

TICK_MS = 500
LISTEN_S = {"car": 300.0, "flat": 600.0, "office": 600.0}
"""Listening in the place itself: a separated tag sends every 2 s, a camera all the time, a beacon that only
reports now and then may still be missed, which the result says."""

OUTSIDE_S = 180.0
"""At most so long outside: a reference ends by itself after its passes."""

OUTSIDE_PASSES = 3
"""A level's wavering needs more than one look."""

DRIVE_S = 35 * 60.0
"""A tag shows itself as separated when it was away from its owner for 30 minutes (DULT, draft 03)."""

FILM_S = 47.0
"""The film test's own 45 s, and two for the first frames to come."""

OF_THEMSELVES = ("outside", "network")
"""Legs that end when they have done what they do, however long it takes."""

PASSES = 1_000
"""The receiver goes on until the time is over."""


class Legs(QObject):
    """Runs the legs of the desk's guide; ``changed`` twice a second while one runs, and at its end."""

    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self.leg = ""
        self.part = 0
        self.film: object | None = None
        """The film test that runs or ran last."""
        self.look: Look | None = None
        self._guide: Guide | None = None
        self._stopping: Course | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._kept_at = 0.0
        self._beginning = False
        desk.changed.connect(self._on_changed)
        desk.verdict_changed.connect(self._on_verdict)

    # What the views ask.

    @property
    def running(self) -> bool:
        return bool(self.leg) and self._stopping is None

    def wanted_s(self, leg: str) -> float:
        """How long a leg listens in all."""
        plan = self._guide_now().plan
        if leg == "network":
            return network.seconds(self.look) if self.look is not None else 1.0
        return {"outside": OUTSIDE_S, "listen": LISTEN_S[plan], "film": FILM_S, "drive": DRIVE_S}[leg]

    def left_s(self, leg: str) -> float:
        """Seconds that are left of a leg."""
        guide = self._guide_now()
        begun = guide._before(leg, self.part).heard_s if leg == self.leg else guide.leg(leg).heard_s
        now = self._desk.position_s if leg == self.leg else 0.0
        if leg in ("film", "outside", "network"):
            begun = 0.0
        return max(0.0, self.wanted_s(leg) - begun - now)

    def begin(self, leg: str, *, wifi: str = "wifi", look: Look | None = None) -> None:
        """Begin a leg, or go on with it. ``wifi`` names the source of the film test; ``look`` is what the
        reader agreed to send in the step that asks the network."""
        guide, desk = self._guide_now(), self._desk
        self.look = look
        self._guide, self.leg, self._stopping = guide, "", None
        guide.go(leg)
        plan = self._plan(leg)
        self.part, self.leg = guide.begin_part(leg), leg
        try:
            recipe, after = self._recipe(leg, plan, wifi)
        except SweeperError as problem:
            self.leg = ""
            desk.say(_("This step could not begin."), told(problem), _("Look at the sources."))
            return
        self._beginning = True
        desk.begin(recipe, _leg_title(leg), live=True, after=after)
        self._beginning = False
        self._kept_at = time.monotonic()
        self._timer.start()
        self.changed.emit()

    def pause(self) -> None:
        """Stop listening for now; it can be taken up again, also after a restart."""
        self._end(Course.PAUSED)

    def finish(self) -> None:
        """Stop listening for good."""
        self._end(Course.DONE)

    def close(self) -> None:
        """The window closes, or another session begins: write down what was heard, to be taken up again."""
        if self.leg and not self._beginning:
            self._timer.stop()
            self._note()
            self._guide_now().end_part(self.leg, self._stopping or Course.PAUSED)
            self._keep()
            self.leg = ""

    def show(self, leg: str, part: int, finding: str = "") -> None:
        """Show what a part has heard in the views of the technician."""
        desk, guide = self._desk, self._guide_now()
        if (leg, part) == (self.leg, self.part) and desk.findings.records:
            desk.select(finding)
            return

        def shown(kept: object, problem: str) -> None:
            from sweeper.ui.jobdesk import Kept

            if isinstance(kept, Kept):
                desk.show_kept(kept)
                desk.select(finding)
                self._shown = (leg, part)
            else:
                desk.say(_("What was heard there is no longer on this computer."), problem)

        desk.ask(lambda: keeping.read(guide.part_file(leg, part), _leg_title(leg)), shown)

    # What runs.

    _shown: tuple[str, int] = ("", 0)

    def _guide_now(self) -> Guide:
        guide = self._guide if self._guide is not None and self.leg else self._desk.guide
        assert guide is not None
        return guide

    def _plan(self, leg: str) -> SweepPlan:
        plan = PRESETS[self._guide_now().plan]
        seconds = max(1.0, self.left_s(leg))
        passes = OUTSIDE_PASSES if leg == "outside" else PASSES
        gain = references.gain_of(self._guide_now().progress.reference) if leg == "listen" else None
        return msgspec.structs.replace(
            plan, ble_seconds=seconds, wifi_seconds=seconds, passes=passes, gain_db=gain or plan.gain_db
        )

    def _sources(self, leg: str, plan: SweepPlan, wifi: str) -> list[Source]:
        from sweeper.radio import inventory

        if leg == "film":
            return [inventory.open_source(wifi, plan)]
        if leg == "network":
            return [network.source(self.look)] if self.look is not None else []
        media = (Medium.RF,) if leg == "outside" else equipment.HEARD
        names = [entry.name for medium in media for entry in equipment.ready(self._desk, medium)]
        if leg != "outside" and self._guide_now().progress.lesser and equipment.lesser(self._desk):
            names.append(equipment.LESSER)
        return [inventory.open_source(equipment.named(self._desk, name), plan) for name in names]

    def _recipe(self, leg: str, plan: SweepPlan, wifi: str) -> tuple[Recipe, references.After | None]:
        sources = self._sources(leg, plan, wifi)
        known = self._desk.settings.known_path
        if leg == "outside":
            path = references.fresh(self._desk.settings.folder, self._guide_now().plan)
            return references.recording(sources, plan, path, self._referred)
        if leg == "film":
            from sweeper.detectors.wifi_film_test import FilmTest

            test = FilmTest()
            self.film = test
            return recipes.live(sources, plan, known=known, guided=[test]), partial(self._filmed, test)
        reference = self._guide_now().progress.reference if leg == "listen" else ""
        return recipes.live(sources, plan, known=known, reference=reference), None

    def _referred(self, path: str) -> None:
        """The reference is written (core's thread)."""
        self._guide_now().progress.reference = path

    def _filmed(self, test: object) -> None:
        """The film test is over (core's thread)."""
        results = getattr(test, "results", {})
        self._guide_now().progress.film = {name: result.verdict.value for name, result in results.items()}

    def _tick(self) -> None:
        if not self.leg:
            self._timer.stop()
            return
        guide = self._guide_now()
        if self.leg == "listen" and guide.progress.first is None and self._since_s() >= FIRST_S:
            self._note()
            guide.progress.first = guide.attention
            guide.save()
        if time.monotonic() - self._kept_at > KEEP_MS / 1000:
            self._note()
            self._keep()
        if self._stopping is None and self.leg not in OF_THEMSELVES and self.left_s(self.leg) <= 0:
            self.finish()
        self.changed.emit()

    def _since_s(self) -> float:
        return self._guide_now()._before(self.leg, self.part).heard_s + self._desk.position_s

    def _end(self, course: Course) -> None:
        if not self.leg or self._stopping is not None:
            return
        self._note()
        self._guide_now().end_part(self.leg, course)
        self._stopping = course
        self._desk.stop()
        self.changed.emit()

    def _on_changed(self) -> None:
        from sweeper.ui.phase import Phase

        if self.leg and self._desk.phase is Phase.ENDED and self._desk.live:
            self._ended()

    def _ended(self) -> None:
        """The session is over: because it was stopped, or by itself."""
        guide, leg, part = self._guide_now(), self.leg, self.part
        self._timer.stop()
        self._note(over=True)
        self._keep()
        course = self._stopping or self._by_itself(leg)
        guide.end_part(leg, course)
        if leg == "listen" and guide.progress.first is None and course is Course.DONE:
            guide.progress.first = guide.attention
            guide.save()
        self._shown = (leg, part)
        self._guide, self.leg, self._stopping = None, "", None
        if course is Course.DONE and guide.step == leg:
            guide.go(guide.after(leg))
        self.changed.emit()

    def _by_itself(self, leg: str) -> Course:
        """How a leg went whose sources ended by themselves; where nothing was heard it stays open."""
        if leg == "outside":
            return Course.DONE if self._guide_now().progress.reference else Course.OPEN
        return Course.DONE if self._desk.coverage else Course.OPEN

    # What is kept.

    def _note(self, *, over: bool = False) -> None:
        guide = self._guide_now()
        guide.heard(self.leg, self.part, self._desk.position_s, self._media(over), self._seen(guide))

    def _media(self, over: bool) -> dict[str, float]:
        """Seconds by medium. A source says how long it listened when it ends; until then, and if the window
        is closed or the battery empty before, what stands is how long it has been open."""
        desk, media = self._desk, {}
        for opened in desk.opened.values():
            if not over and desk.source_state(opened.source) is not State.FAILED:
                media[_medium(opened)] = desk.position_s
        exact: dict[str, float] = {}
        for coverage in desk.coverage.values():
            exact[_medium(coverage)] = max(exact.get(_medium(coverage), 0.0), coverage.seconds)
        return {**media, **exact}

    def _seen(self, guide: Guide) -> list[Seen]:
        desk = self._desk
        return [
            Seen(
                self.leg,
                self.part,
                finding.id,
                finding.level,
                finding.kind,
                finding.title,
                columns.about(desk, finding),
                finding.why,
                finding.benign,
                finding.next,
                own_car.own(desk.subject(finding.subject), guide.progress.own) if guide.plan == "car" else "",
                not desk.verdicts.counts(finding.id),
            )
            for finding in desk.findings.records.values()
            if isinstance(finding, Finding)
        ]

    def _keep(self) -> None:
        self._kept_at = time.monotonic()
        desk, guide = self._desk, self._guide_now()
        records: list[Record] = [*desk.opened.values(), *desk.closed.values(), *desk.statuses]
        for table, kind in (
            (desk.emissions, Emission),
            (desk.bluetooth, Device),
            (desk.wifi, Device),
            (desk.findings, Finding),
        ):
            records.extend(record for record in table.records.values() if isinstance(record, kind))
        records.extend(record for record in desk.coverage.values() if isinstance(record, Coverage))
        verdicts = desk.verdicts.given()
        path = guide.part_file(self.leg, self.part)
        desk.ask(lambda: keeping.write(path, keeping.part_of(records, verdicts)), _kept)

    def _on_verdict(self, finding: str) -> None:
        leg, part = (self.leg, self.part) if self.leg else self._shown
        guide = self._desk.guide
        if leg and guide is not None:
            guide.explain(leg, part, {finding: not self._desk.verdicts.counts(finding)})


def _medium(record: Opened | Coverage) -> str:
    return equipment.LESSER if record.look else record.medium.value


def _kept(_result: object, _problem: str) -> None:
    """A folder that cannot be written costs the taking up; the sweep itself goes on."""


def _leg_title(leg: str) -> str:
    return {
        "outside": _("Outside, for comparison"),
        "listen": _("Inside"),
        "film": _("Film test"),
        "network": _("Your network"),
        "drive": _("On the way"),
    }[leg]


leg_title = _leg_title
