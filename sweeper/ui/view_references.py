"""References and friendly signals: what the bands look like outside, and what was declared harmless."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QInputDialog, QVBoxLayout, QWidget

from sweeper.errors import SweeperError
from sweeper.records import Emission
from sweeper.reference import Friendly
from sweeper.text import safe_text
from sweeper.ui import references, words
from sweeper.ui.flow import Flow
from sweeper.ui.parts import button, label, prose, row
from sweeper.ui.references import Line
from sweeper.ui.tables import Column, RecordTable, Table
from sweeper.ui.theme import GRID
from sweeper.ui.words import DASH, _, told

if TYPE_CHECKING:
    import msgspec

    from sweeper.ui.desk import Desk


class ReferencesView(QWidget):
    """Two lists and what can be done with them."""

    def __init__(self, desk: Desk, show_view: Callable[[str], object]) -> None:
        super().__init__()
        self.setAccessibleName(_("References"))
        self._desk = desk
        style = desk.style
        self._lines = RecordTable(_line_columns(desk), sort_by=1, descending=True)
        self._table = Table(self._lines, style, _("References"))
        self._table.opened.connect(self._use)
        self._friendly = RecordTable(_friendly_columns(), sort_by=0)
        self._harmless = Table(self._friendly, style, _("Friendly signals"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID)
        layout.setSpacing(GRID)
        layout.addLayout(row(label(_("References"), size="title"), 0))
        text = _(
            "What the bands look like away from the target. A sweep is compared with the one that is in use, "
            "with the same antenna and gain; what is only inside, or much stronger, stands out."
        )
        layout.addWidget(prose(text, style, tone="muted"))
        layout.addWidget(self._table, 3)
        layout.addLayout(
            Flow(
                button(_("Use"), lambda: self._use(self._table.selected), style, primary=True),
                button(_("Use none"), lambda: self._use(""), style),
                button(_("Rename…"), self._rename, style),
                button(_("Merge all"), self._merge, style),
                button(_("Take in a file…"), self._take_in, style, icon="open"),
                button(_("Delete"), self._delete, style, quiet=True),
                button(_("Record one"), lambda: show_view("newsweep"), style, quiet=True),
            )
        )
        layout.addWidget(label(_("Friendly signals"), size="section"))
        text = _("Declared harmless as they were then: stronger or wider than that, they count again.")
        layout.addWidget(prose(text, style, tone="muted"))
        layout.addWidget(self._harmless, 2)
        layout.addLayout(
            Flow(
                button(_("Declare the selected signal friendly"), self._declare, style),
                button(_("Take it back"), self._take_back, style, quiet=True),
            )
        )
        self.refresh()

    @property
    def _home(self) -> Path:
        return self._desk.settings.folder

    def refresh(self) -> None:
        """Read both lists again."""
        self._lines.clear()
        self._lines.put(_Row(line.path, line) for line in references.listed(self._home))
        self._friendly.clear()
        self._friendly.put(_Row(f"{f.center_hz:.0f}", f) for f in references.friendlies(self._home))

    def _guarded(self, work: Callable[[], object]) -> None:
        try:
            work()
        except (SweeperError, OSError) as problem:
            self._desk.say(_("The references could not be changed."), told(problem))
        self.refresh()

    def _use(self, path: str) -> None:
        self._desk.settings.put("reference", path)
        self.refresh()

    def _rename(self) -> None:
        path = self._table.selected
        if path:
            name, agreed = QInputDialog.getText(self, _("Rename"), _("Name"))
            if agreed and name.strip():
                self._guarded(lambda: references.rename(path, name.strip()))

    def _merge(self) -> None:
        paths = [line.path for line in references.listed(self._home) if not line.problem]
        if len(paths) > 1:
            self._guarded(lambda: references.merge(paths, _("All references"), self._home))

    def _take_in(self) -> None:
        path, _kind = QFileDialog.getOpenFileName(
            self, _("Take in a file"), str(Path.home()), "*.reference.npz"
        )
        if path:
            target = references.fresh(self._home, Path(path).name.partition(".")[0])

            def work() -> None:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)

            self._guarded(work)

    def _delete(self) -> None:
        path = self._table.selected
        if path:
            self._guarded(lambda: references.delete(path))

    def _declare(self) -> None:
        """Declare the emission that is selected."""
        desk = self._desk
        finding = desk.finding_of(desk.selection)
        emission = desk.subject(finding.subject if finding is not None else desk.selection)
        if not isinstance(emission, Emission):
            desk.say(_("No signal is selected."), "", _("Choose one in the spectrum or among the findings."))
            return
        self.declare(emission)

    def declare(self, emission: Emission) -> None:
        """Keep an emission as friendly, as it is now."""
        made = Friendly(emission.center_hz, emission.width_hz, emission.power_dbfs, emission.kind)
        kept = [f for f in references.friendlies(self._home) if not f.still(emission)]
        self._guarded(lambda: references.keep_friendlies(self._home, [*kept, made]))

    def _take_back(self) -> None:
        name = self._harmless.selected
        left = [f for f in references.friendlies(self._home) if f"{f.center_hz:.0f}" != name]
        self._guarded(lambda: references.keep_friendlies(self._home, left))


class _Row:
    """Something of a list under the id that the table wants."""

    def __init__(self, id: str, of: msgspec.Struct) -> None:
        self.id = id
        self.of = of


def _line_columns(desk: Desk) -> list[Column]:
    def used(row: _Row) -> str:
        return _("in use") if row.id == desk.settings.text("reference") else ""

    def name(row: _Row) -> str:
        line = _line(row)
        return safe_text(line.problem or line.name)

    def age(row: _Row) -> str:
        line = _line(row)
        return words.duration(max(0.0, time.time() - line.taken_utc_s)) if line.taken_utc_s else DASH

    def gain(row: _Row) -> str:
        return words.decibels(_line(row).gain_db, "dB", 1)

    return [
        Column(lambda: _("Name"), name, name, 160, stretch=True),
        Column(lambda: _("Age"), age, lambda r: _line(r).taken_utc_s, 110, True),
        Column(
            lambda: _("Receiver"), lambda r: safe_text(_line(r).receiver), lambda r: _line(r).receiver, 150
        ),
        Column(
            lambda: _("Antenna"),
            lambda r: safe_text(_line(r).antenna) or DASH,
            lambda r: _line(r).antenna,
            90,
        ),
        Column(lambda: _("Gain"), gain, lambda r: _line(r).gain_db or 0.0, 80, True),
        Column(
            lambda: _("Signals"), lambda r: str(_line(r).emissions), lambda r: _line(r).emissions, 72, True
        ),
        Column(lambda: _("State"), used, used, 80),
    ]


def _line(row: _Row) -> Line:
    assert isinstance(row.of, Line)
    return row.of


def _friendly_columns() -> list[Column]:
    def of(row: _Row) -> Friendly:
        assert isinstance(row.of, Friendly)
        return row.of

    return [
        Column(
            lambda: _("Frequency"),
            lambda r: words.frequency(of(r).center_hz),
            lambda r: of(r).center_hz,
            130,
            True,
        ),
        Column(
            lambda: _("Width"), lambda r: words.width(of(r).width_hz), lambda r: of(r).width_hz, 100, True
        ),
        Column(
            lambda: _("No stronger than"),
            lambda r: words.decibels(of(r).power_dbfs, "dBFS"),
            lambda r: of(r).power_dbfs or 0.0,
            130,
            True,
        ),
        Column(lambda: _("Note"), lambda r: safe_text(of(r).note), lambda r: of(r).note, 160, stretch=True),
    ]
