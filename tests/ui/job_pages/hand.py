"""What a technician's hand does in the pages of a job: open one, fill a form in, read what it says."""

from __future__ import annotations

import datetime as dt

from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QWidget,
)

from sweeper.ui.job_forms import Day
from sweeper.ui.window import Window

PATIENCE_MS = 30_000


def fill(control: QWidget, value: object) -> None:
    """Enter a value as a person would."""
    if isinstance(control, Day):
        assert value is None or isinstance(value, dt.date)
        control.set(value)
    elif isinstance(control, QPlainTextEdit):
        control.setPlainText(str(value))
    elif isinstance(control, QSpinBox):
        control.setValue(int(str(value)))
    elif isinstance(control, QComboBox):
        control.setCurrentIndex(control.findData(value))
        assert control.currentIndex() >= 0
    elif isinstance(control, QCheckBox):
        control.setChecked(bool(value))
    elif isinstance(control, QLineEdit):
        control.setText(str(value))


def said(view: QWidget) -> str:
    QApplication.processEvents()
    return "\n".join(label.text() for label in view.findChildren(QLabel) if label.isVisibleTo(view))


def shows(qtbot, view: QWidget, *texts: str) -> None:
    """Wait until a view shows every text."""
    qtbot.waitUntil(lambda: all(text in said(view) for text in texts), timeout=PATIENCE_MS)


def page(qtbot, window: Window, name: str, *texts: str) -> QWidget:
    window.show_view(name)
    shows(qtbot, window.view(name), *texts)
    return window.view(name)
