"""Forms of a few named fields: what a job's papers ask a person for.

A form is a list of ``Field``; ``ask`` shows it and returns what was given, or ``None`` where nobody agreed.
Every control is named by its caption and reached by keyboard; the verb waits until what is required is there.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Sequence

import msgspec
from PySide6.QtCore import QDate, QDateTime
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDateEdit,
    QDateTimeEdit,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from sweeper.ui.parts import choice, label, plain, roomy, row, scrolled
from sweeper.ui.theme import GRID, Style
from sweeper.ui.verdict_dialog import buttons

WIDTH, ROOM = 520, 0.8
"""Pixels at text size 1.0; a long form takes at most this share of the screen and scrolls."""


class Kind(enum.Enum):
    """What a field takes."""

    LINE = "line"
    HIDDEN = "hidden"
    TEXT = "text"
    DAY = "day"
    TIME = "time"
    NUMBER = "number"
    CHOICE = "choice"
    CHECK = "check"


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field: its key in the answer, its caption, what stands in it at first.

    ``value`` is a text, a day or ``None``, a moment (UTC seconds), a number, a flag, or the value of one of
    ``entries``. A day that is not ``required`` can be left out.
    """

    key: str
    title: str
    kind: Kind = Kind.LINE
    value: str | float | bool | dt.date | None = ""
    required: bool = False
    entries: tuple[tuple[str, str], ...] = ()
    low: int = 0
    high: int = 9999


class Given:
    """What was filled in, by key."""

    def __init__(self, values: dict[str, object]) -> None:
        self._values = values

    def text(self, key: str) -> str:
        return str(self._values[key])

    def number(self, key: str) -> int:
        value = self._values[key]
        assert isinstance(value, int)
        return value

    def moment(self, key: str) -> float:
        """UTC seconds."""
        value = self._values[key]
        assert isinstance(value, float)
        return value

    def flag(self, key: str) -> bool:
        return bool(self._values[key])

    def day(self, key: str) -> dt.date | None:
        value = self._values[key]
        assert value is None or isinstance(value, dt.date)
        return value


class Day(QWidget):
    """A day with its calendar; one that may be left out has a box to tick before it."""

    def __init__(self, title: str, value: dt.date | None, *, required: bool) -> None:
        super().__init__()
        self._tick = QCheckBox()
        self._tick.setAccessibleName(title)
        self._tick.setChecked(required or value is not None)
        self._tick.setVisible(not required)
        first = value or today()
        self.edit = QDateEdit(QDate(first.year, first.month, first.day))
        self.edit.setDisplayFormat("yyyy-MM-dd")
        self.edit.setCalendarPopup(True)
        self.edit.setAccessibleName(title)
        self.edit.setEnabled(self._tick.isChecked())
        self._tick.toggled.connect(self.edit.setEnabled)
        self.setFocusProxy(self.edit if required else self._tick)
        line = row(self._tick, self.edit, 0, spacing=GRID)
        self.setLayout(line)

    def set(self, value: dt.date | None) -> None:
        """Enter a day, or none."""
        self._tick.setChecked(value is not None)
        if value is not None:
            self.edit.setDate(QDate(value.year, value.month, value.day))

    @property
    def value(self) -> dt.date | None:
        if not self._tick.isChecked():
            return None
        day = self.edit.date()
        return dt.date(day.year(), day.month(), day.day())


class Form(QDialog):
    """The dialog; ``given`` reads it."""

    def __init__(
        self, parent: QWidget, style: Style, title: str, verb: str, fields: Sequence[Field], intro: str = ""
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self._fields = tuple(fields)
        self.controls: dict[str, QWidget] = {}
        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setSpacing(GRID)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        if intro:
            form.addRow(label(intro, tone="muted", wrap=True))
        for field in self._fields:
            self.controls[field.key] = made = self._control(field, style)
            caption = label(field.title, wrap=True)
            caption.setBuddy(made)
            form.addRow(caption, made)
        inner = plain(form)
        self._box = buttons(self, verb)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 3, GRID * 3, GRID * 3, GRID * 2)
        layout.setSpacing(GRID * 2)
        layout.addWidget(scrolled(inner, title), 1)
        layout.addWidget(self._box)
        self.setMinimumWidth(style.px(WIDTH))
        room = round(self.screen().availableGeometry().height() * ROOM)
        self.resize(style.px(WIDTH), min(room, inner.sizeHint().height() + style.px(120)))
        self._check()

    def _control(self, field: Field, style: Style) -> QWidget:
        made: QWidget
        if field.kind is Kind.DAY:
            return Day(field.title, _day(field.value), required=field.required)
        if field.kind is Kind.TIME:
            made = QDateTimeEdit(QDateTime.fromSecsSinceEpoch(round(float(str(field.value)))))
            made.setDisplayFormat("yyyy-MM-dd HH:mm")
            made.setCalendarPopup(True)
        elif field.kind is Kind.TEXT:
            made = QPlainTextEdit(str(field.value))
            made.setTabChangesFocus(True)
            made.setFixedHeight(style.px(72))
            made.textChanged.connect(self._check)
        elif field.kind is Kind.NUMBER:
            made = roomy(QSpinBox())
            made.setRange(field.low, field.high)
            made.setValue(int(str(field.value)))
        elif field.kind is Kind.CHOICE:
            made = choice(field.title, list(field.entries), str(field.value), lambda _value: None)
        elif field.kind is Kind.CHECK:
            made = QCheckBox()
            made.setChecked(bool(field.value))
        else:
            made = QLineEdit(str(field.value))
            if field.kind is Kind.HIDDEN:
                made.setEchoMode(QLineEdit.EchoMode.Password)
            made.textChanged.connect(lambda _text: self._check())
        made.setAccessibleName(field.title)
        return made

    def _check(self) -> None:
        there = all(
            self._text(field.key)
            for field in self._fields
            if field.required and field.kind in (Kind.LINE, Kind.HIDDEN, Kind.TEXT)
        )
        self._box.button(QDialogButtonBox.StandardButton.Ok).setEnabled(there)

    def _text(self, key: str) -> str:
        control = self.controls.get(key)
        if isinstance(control, QPlainTextEdit):
            return control.toPlainText().strip()
        return control.text().strip() if isinstance(control, QLineEdit) else ""

    def given(self) -> Given:
        """What stands in the fields now."""
        return Given({field.key: self._value(field) for field in self._fields})

    def _value(self, field: Field) -> object:
        control = self.controls[field.key]
        if isinstance(control, Day):
            return control.value
        if isinstance(control, QComboBox):
            return str(control.currentData())
        if isinstance(control, QDateTimeEdit):
            return float(control.dateTime().toSecsSinceEpoch())
        if isinstance(control, QSpinBox):
            return control.value()
        if isinstance(control, QCheckBox):
            return control.isChecked()
        if field.kind is Kind.HIDDEN and isinstance(control, QLineEdit):
            return control.text()
        return self._text(field.key)


def ask(
    parent: QWidget, style: Style, title: str, verb: str, fields: Sequence[Field], intro: str = ""
) -> Given | None:
    """What was given; ``None`` if the reader would rather not."""
    dialog = Form(parent, style, title, verb, fields, intro)
    agreed = dialog.exec() == QDialog.DialogCode.Accepted
    given = dialog.given()
    dialog.deleteLater()
    return given if agreed else None


def today() -> dt.date:
    """This computer's day: terms in working days count from it."""
    return dt.datetime.now().astimezone().date()


def _day(value: object) -> dt.date | None:
    return value if isinstance(value, dt.date) else None
