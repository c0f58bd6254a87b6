"""Who decides, and why: asked with every verdict, because the program only proposes."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLineEdit, QPlainTextEdit, QWidget

from sweeper.ui.parts import label
from sweeper.ui.theme import GRID, Style
from sweeper.ui.words import _


class VerdictDialog(QDialog):
    """A name, which is required, and a note, which is not."""

    def __init__(self, parent: QWidget, style: Style, verdict: str, name: str, note: str) -> None:
        super().__init__(parent)
        self.setWindowTitle(verdict)
        self.setAccessibleName(verdict)
        form = QFormLayout(self)
        form.setContentsMargins(GRID * 3, GRID * 3, GRID * 3, GRID * 2)
        form.setSpacing(GRID)
        form.addRow(label(_("The program only proposes. Who decides this?"), wrap=True))
        self.name = QLineEdit(name)
        self.name.setAccessibleName(_("Name"))
        self.note = QPlainTextEdit(note)
        self.note.setAccessibleName(_("Note"))
        self.note.setTabChangesFocus(True)
        self.note.setFixedHeight(style.px(90))
        form.addRow(_("Name"), self.name)
        form.addRow(_("Note"), self.note)
        self._buttons = buttons(self, verdict)
        form.addRow(self._buttons)
        self.name.textChanged.connect(lambda _text: self._check())
        self.setMinimumWidth(style.px(380))
        self._check()

    def _check(self) -> None:
        given = bool(self.name.text().strip())
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(given)


def buttons(dialog: QDialog, verb: str) -> QDialogButtonBox:
    """The dialog's own verb, and a way out; both named for screen readers."""
    made = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
    for which, text in (
        (QDialogButtonBox.StandardButton.Ok, verb),
        (QDialogButtonBox.StandardButton.Cancel, _("Cancel")),
    ):
        made.button(which).setText(text)
        made.button(which).setAccessibleName(text)
    made.button(QDialogButtonBox.StandardButton.Ok).setProperty("primary", True)
    made.accepted.connect(dialog.accept)
    made.rejected.connect(dialog.reject)
    return made


def ask(parent: QWidget, style: Style, verdict: str, name: str, note: str) -> tuple[str, str] | None:
    """``(name, note)``, or ``None`` if nobody decided."""
    dialog = VerdictDialog(parent, style, verdict, name, note)
    agreed = dialog.exec() == QDialog.DialogCode.Accepted
    who, why = dialog.name.text().strip(), dialog.note.toPlainText().strip()
    dialog.deleteLater()
    return (who, why) if agreed and who else None
