"""What all views share: the core, the records so far, what is selected, and how the window should look.

Views are rebuilt when language, theme or text size change; the desk stays. It takes batches from the core
ten times a second and puts them into the tables, and keeps the few facts of the session that the strip,
the transport and the inspector show.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from sweeper.errors import InputError
from sweeper.records import (
    Closed,
    Coverage,
    Device,
    Emission,
    Finding,
    Level,
    Medium,
    Opened,
    Record,
    State,
    Status,
)
from sweeper.ui import columns, equipment, recipes
from sweeper.ui.bridge import Core, Ended, Recipe, Stretch
from sweeper.ui.familiar import Familiar
from sweeper.ui.following import Following
from sweeper.ui.guide import Guide
from sweeper.ui.history import History
from sweeper.ui.jobdesk import JobDesk, Kept
from sweeper.ui.legs import Legs
from sweeper.ui.panorama import View
from sweeper.ui.phase import Phase
from sweeper.ui.plans import FloorPlan
from sweeper.ui.settings import Settings
from sweeper.ui.tables import RecordTable
from sweeper.ui.theme import Style
from sweeper.ui.verdicts import Verdict, Verdicts
from sweeper.ui.whereabouts import Whereabouts
from sweeper.ui.words import _, told

if TYPE_CHECKING:
    from sweeper.radio.inventory import SourceEntry

BATCH_MS = 100
"""Tables change at most ten times a second: faster cannot be read."""

STATUSES_KEPT = 500


class Desk(QObject):
    """The state behind the views. It knows no widget."""

    changed = Signal()
    """Something about the session changed: phase, position, sources."""
    batched = Signal()
    """New records are in the tables."""
    selected = Signal(str)
    """The id of the emission, device or finding that the reader chose; empty for none."""
    verdict_changed = Signal(str)
    told = Signal(str, str, str)
    """A calm message: what happened, what it means, what to do."""
    session_began = Signal()
    failed = Signal(str)
    """A session could not even begin; one line."""
    kept_shown = Signal()
    """A sweep of a job is shown instead of a session."""
    equipment_changed = Signal()
    wanted = Signal(str)
    """A view asks for another one."""
    target_changed = Signal()

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = settings
        self.style: Style = settings.style
        self.core = Core(self)
        self.emissions = RecordTable(columns.emissions(), sort_by=0)
        self.bluetooth = RecordTable(columns.bluetooth(self), sort_by=0)
        self.wifi = RecordTable(columns.wifi(self), sort_by=0)
        self.verdicts = Verdicts()
        self.whereabouts = Whereabouts(self)
        self.jobs = JobDesk(self.core, self)
        self.findings = RecordTable(columns.findings(self), sort_by=0, descending=True)
        self.selection = ""
        self.title = ""
        self.target = ""
        self.guide: Guide | None = None
        self.plan: FloorPlan | None = None
        self.equipment: list[SourceEntry] | None = None
        self.speed: float | None = 1.0
        self.histories: dict[Stretch, tuple[History, View]] = {}
        """What the waterfalls show; it outlives the views, which are rebuilt."""
        self._reset()
        self.core.told.connect(self._on_told)
        self.core.ended.connect(self._on_ended)
        self.jobs.shown.connect(self.show_kept)
        self.legs = Legs(self)
        self.familiar = Familiar(self)
        self.following = Following(self)
        self.jobs.refused.connect(self._on_refused)
        self._timer = QTimer(self)
        self._timer.setInterval(BATCH_MS)
        self._timer.timeout.connect(self._take)

    def _reset(self) -> None:
        self.phase = Phase.IDLE
        self.demo = False
        self.live = False
        self.opened: dict[str, Opened] = {}
        self.closed: dict[str, Closed] = {}
        self.states: dict[str, Status] = {}
        self.statuses: list[Status] = []
        self.coverage: dict[tuple[object, ...], Coverage] = {}
        self.refused: list[str] = []
        self.dropped = 0
        self.position_s = 0.0
        self.duration_s: float | None = None
        self.outcome: Ended | None = None
        self.histories.clear()
        for table in (self.emissions, self.bluetooth, self.wifi, self.findings):
            table.clear()
        self.subjects: dict[str, str] = {}

    # What the reader asks for.

    def open_recordings(self, paths: list[str]) -> None:
        """Replay recordings or folders."""
        self.settings.remember(paths)
        names = ", ".join(path.rstrip("/").rsplit("/", 1)[-1] for path in paths)
        self.begin(recipes.recordings(paths, self._refuse, self.settings.known_path), names)

    def open_demo(self) -> None:
        """Play the bundled demo."""
        self.begin(recipes.demo(), "")
        self.demo = True

    def begin(
        self, recipe: Recipe, title: str, *, live: bool = False, after: Callable[[], object] | None = None
    ) -> None:
        """Run a recipe; what was shown before is cleared. ``after``: its end, on the core's thread."""
        self.legs.close()
        self._reset()
        self.following.stop()
        self.verdicts.clear()
        self.title, self.live = title, live
        self.phase = Phase.STARTING
        self.select("")
        ends = [after] if after is not None else []
        if self.jobs.card is not None and not self.jobs.card.problem:
            recipe, kept = self.jobs.keeping(recipe, title)
            ends.insert(0, kept)

        def end() -> None:
            for each in ends:
                each()

        self.core.start(recipe, speed=None if live else self.speed, after=end)
        self._timer.start()
        self.session_began.emit()
        self.changed.emit()

    def play(self) -> None:
        if self.phase is Phase.PAUSED:
            self.core.resume()
            self.phase = Phase.RUNNING
        elif self.phase is Phase.ENDED and not self.live:
            self.seek(0.0)
        self.changed.emit()

    def pause(self) -> None:
        if self.phase in (Phase.RUNNING, Phase.STARTING):
            self.core.pause()
            self.phase = Phase.PAUSED
            self.changed.emit()

    def toggle(self) -> None:
        """Play or pause."""
        if self.phase in (Phase.RUNNING, Phase.STARTING):
            self.pause()
        else:
            self.play()

    def stop(self) -> None:
        self.core.stop()

    def seek(self, position_s: float) -> None:
        """Go to a position of a replay; backwards begins anew and hurries there."""
        back = position_s < self.position_s or self.phase is Phase.ENDED
        if back:
            demo, title, duration = self.demo, self.title, self.duration_s
            self._reset()
            self.demo, self.title, self.duration_s = demo, title, duration
        if self.phase is Phase.PAUSED:
            self.core.resume()
        self.core.seek(0.0 if back and position_s <= 0 else position_s)
        self.phase = Phase.RUNNING if not back else Phase.STARTING
        self._timer.start()
        if back:
            self.session_began.emit()
        self.changed.emit()

    def set_speed(self, speed: float | None) -> None:
        self.speed = speed
        self.core.set_speed(speed)
        self.changed.emit()

    def look_around(self) -> None:
        """Find out what this computer can hear with."""

        def found(ears: object, problem: str) -> None:
            self.equipment = [] if problem or not isinstance(ears, list) else ears
            self.equipment_changed.emit()

        self.ask(recipes.warm_up, lambda _result, _problem: None)
        self.ask(equipment.look, found)

    def begin_guide(self, plan: str) -> None:
        """Go through a door; a sweep of the same kind that was left is taken up again."""
        if self.guide is None or self.guide.plan != plan:
            self.guide = Guide.taken_up(self.settings.folder, plan)

    def decide(self, finding: str, verdict: Verdict) -> None:
        """Note a verdict, and file it in the job that is open."""
        self.verdicts.give(finding, verdict)
        self._verdict_changed(finding)
        if self.jobs.card is not None:
            self.jobs.decide(finding, verdict, self._filed)

    def undo_verdict(self) -> None:
        """Take the last verdict back; a job files the one before again."""
        finding = self.verdicts.undo()
        if finding:
            self._verdict_changed(finding)
            before = self.verdicts.of(finding)
            if self.jobs.card is not None:
                name = before.name or self.settings.text("person")
                self.jobs.decide(finding, msgspec.structs.replace(before, name=name), self._on_refused)

    def _filed(self, problem: str) -> None:
        if problem:
            self._verdict_changed(self.verdicts.undo())
            self._on_refused(problem)

    def _on_refused(self, problem: str) -> None:
        if problem:
            self.say(_("The job did not allow this."), problem)

    def _verdict_changed(self, finding: str) -> None:
        self.findings.refresh()
        self.verdict_changed.emit(finding)

    def show_kept(self, kept: Kept) -> None:
        """Show a sweep that was read back from its job, or from a guided sweep."""
        self.legs.close()
        self.core.stop()
        self.core.run += 1
        self._timer.stop()
        self._reset()
        self.verdicts.clear()
        self.verdicts.know(kept.verdicts)
        self.core.collected = kept.collected
        self.title, self.live, self.phase = kept.what, False, Phase.ENDED
        kinds: dict[type[Record], list[Any]] = {}
        for record in kept.records:
            kinds.setdefault(type(record), []).append(record)
        for opened in kinds.get(Opened, []):
            self.opened[opened.source] = opened
            self.demo = self.demo or opened.demo
        for coverage in kinds.get(Coverage, []):
            key = (coverage.source, coverage.medium, coverage.start_hz, coverage.stop_hz)
            self.coverage[key] = coverage
        self.emissions.put(kinds.get(Emission, []))
        self.bluetooth.put(d for d in kinds.get(Device, []) if d.medium is Medium.BLE)
        self.wifi.put(d for d in kinds.get(Device, []) if d.medium is not Medium.BLE)
        self.subjects = {finding.subject: finding.id for finding in kinds.get(Finding, [])}
        self.findings.put(kinds.get(Finding, []))
        self.select("")
        self.kept_shown.emit()
        self.changed.emit()

    def select(self, name: str) -> None:
        """Choose an emission, device or finding."""
        self.selection = name
        self.selected.emit(name)

    def say(self, what: str, means: str = "", do: str = "") -> None:
        """Tell the reader something calmly."""
        self.told.emit(what, means, do)

    # What views ask.

    def finding_of(self, name: str) -> Finding | None:
        """The finding with this id, or about the emission or device with this id."""
        found = self.findings.records.get(name) or self.findings.records.get(self.subjects.get(name, ""))
        return found if isinstance(found, Finding) else None

    def subject(self, name: str) -> Emission | Device | None:
        """The emission or device with this id."""
        for table in (self.emissions, self.bluetooth, self.wifi):
            found = table.records.get(name)
            if isinstance(found, Emission | Device):
                return found
        return None

    def worst(self) -> Level | None:
        """The highest level among the findings that nobody has explained."""
        levels = [
            finding.level for finding in self.findings.records.values() if self.verdicts.counts(finding.id)
        ]
        return max(levels, key=lambda level: level.rank, default=None)

    def devices(self, medium: Medium) -> RecordTable:
        return self.bluetooth if medium is Medium.BLE else self.wifi

    def source_state(self, name: str) -> State:
        """The state of a source, as the strip shows it."""
        status = self.states.get(name)
        if status is not None and status.state in (State.FAILED, State.DEGRADED):
            return status.state
        if name in self.closed or self.phase is Phase.ENDED:
            return State.ENDED
        return State.READY if self.phase is Phase.PAUSED else State.LISTENING

    # What the core tells.

    def _refuse(self, errors: list[InputError]) -> None:
        """Called on the core's thread; the strip reads the list when it next draws."""
        self.refused = [told(error) for error in errors]

    def _on_told(self, tagged: tuple[int, Opened | Closed | Status]) -> None:
        run, record = tagged
        if run != self.core.run:
            return
        if isinstance(record, Opened):
            self.opened[record.source] = record
            self.demo = self.demo or record.demo
            if self.phase is Phase.STARTING:
                self.phase = Phase.RUNNING
        elif isinstance(record, Closed):
            self.closed[record.source] = record
        else:
            self.states[record.subject] = record
            self.statuses.append(record)
            del self.statuses[:-STATUSES_KEPT]
        self.changed.emit()

    def _on_ended(self, tagged: tuple[int, Ended]) -> None:
        run, ended = tagged
        if run != self.core.run:
            return
        self._take()
        self.outcome = ended
        self.phase = Phase.ENDED
        if ended.outcome is not None:
            self.dropped = ended.outcome.dropped
            if not ended.outcome.stopped and self.duration_s is not None:
                self.position_s = self.duration_s
        if ended.problem:
            self.failed.emit(ended.problem)
        self.jobs.refresh()
        self.changed.emit()

    def _take(self) -> None:
        """Put what is new into the tables. After the end the timer runs on until nothing is left."""
        batch = self.core.take()
        if self.phase is not Phase.ENDED:
            self.position_s = batch.position_s
        self.duration_s = batch.duration_s if batch.duration_s is not None else self.duration_s
        for coverage in batch.coverage:
            key = (coverage.source, coverage.medium, coverage.start_hz, coverage.stop_hz)
            self.coverage[key] = coverage
        self.emissions.put(batch.emissions)
        self.bluetooth.put(d for d in batch.devices if d.medium is Medium.BLE)
        self.wifi.put(d for d in batch.devices if d.medium is not Medium.BLE)
        self.subjects.update({finding.subject: finding.id for finding in batch.findings})
        self.findings.put(batch.findings)
        some = bool(batch.emissions or batch.devices or batch.findings or batch.coverage)
        if some:
            self.batched.emit()
        elif self.phase is Phase.ENDED:
            self._timer.stop()
        self.changed.emit()

    def ask(self, work: Callable[[], object], then: Callable[[object, str], None]) -> None:
        """Do something on the core's thread; ``then(result, problem)`` follows on this one."""
        self.core.ask(work, then)

    def close(self) -> bool:
        """End everything; ``True`` if the core's thread is gone."""
        self.legs.close()
        self._timer.stop()
        self.following.stop()
        return self.core.close()
