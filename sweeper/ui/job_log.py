"""The log of a job's acts as a table: who did what, when, about what."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from sweeper.text import safe_text
from sweeper.ui import words
from sweeper.ui.tables import Column, RecordTable, Table
from sweeper.ui.theme import Style
from sweeper.ui.words import _

if TYPE_CHECKING:
    from sweeper.jobs.audit import Entry

LINES = 8
"""Lines that are seen at once; the table scrolls."""


class _Line(msgspec.Struct, frozen=True):
    id: str
    entry: Entry


def table(log: Iterable[Entry], style: Style) -> Table:
    """The newest act first."""
    model = RecordTable(_columns(), sort_by=0, descending=True)
    made = Table(model, style, _("Log of acts"))
    model.put(_Line(str(entry.seq), entry) for entry in log)
    model.setParent(made)
    made.setMinimumHeight(style.px(28 * (LINES + 1)))
    return made


def _columns() -> list[Column]:
    def when(line: _Line) -> str:
        return words.spoken().datetime(line.entry.utc_s)

    def act(line: _Line) -> str:
        from sweeper.casework.chapters import act_name

        return safe_text(act_name(line.entry.act, words.spoken()))

    def detail(line: _Line) -> str:
        return safe_text(", ".join(f"{key}: {value}" for key, value in line.entry.detail.items()))

    return [
        Column(lambda: _("No."), lambda r: str(r.entry.seq), lambda r: r.entry.seq, 56, True),
        Column(lambda: _("When"), when, lambda r: r.entry.utc_s, 170),
        Column(lambda: _("Who"), lambda r: safe_text(r.entry.who), lambda r: r.entry.who, 130),
        Column(lambda: _("Act"), act, act, 160),
        Column(lambda: _("About"), detail, detail, 160, stretch=True),
    ]
