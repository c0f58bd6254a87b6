"""Marking a device or signal as known: what it is called, whose it is, where it belongs."""

from __future__ import annotations

import msgspec
from PySide6.QtWidgets import QComboBox, QDialog, QFormLayout, QLineEdit, QWidget

from sweeper.known import Known, Mark
from sweeper.records import Place
from sweeper.ui.parts import choice, label
from sweeper.ui.theme import GRID, Style
from sweeper.ui.verdict_dialog import buttons
from sweeper.ui.words import _


def marks() -> list[tuple[str, str]]:
    """``(mark, what it is called)``."""
    return [
        (Mark.OWN.value, _("It is mine")),
        (Mark.FRIENDLY.value, _("I know whose it is")),
        (Mark.FALSE_ALARM.value, _("A false alarm")),
    ]


class KnownDialog(QDialog):
    """Alias, mark, place, note of one entry."""

    def __init__(self, parent: QWidget, style: Style, entry: Known) -> None:
        super().__init__(parent)
        self._entry = entry
        title = _("A known device")
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        form = QFormLayout(self)
        form.setContentsMargins(GRID * 3, GRID * 3, GRID * 3, GRID * 2)
        form.setSpacing(GRID)
        text = _("A known device stays in the lists and in the report, but it does not alarm.")
        form.addRow(label(text, wrap=True, tone="muted"))
        self.alias = QLineEdit(entry.alias)
        self.alias.setAccessibleName(_("What it is called"))
        self.mark: QComboBox = choice(_("What it is"), marks(), entry.mark.value, lambda _value: None)
        self.place = QLineEdit(entry.place.name if entry.place is not None else "")
        self.place.setAccessibleName(_("Where it belongs"))
        self.place.setPlaceholderText(_("Anywhere"))
        self.note = QLineEdit(entry.note)
        self.note.setAccessibleName(_("Note"))
        for caption, field in (
            (_("What it is called"), self.alias),
            (_("What it is"), self.mark),
            (_("Where it belongs"), self.place),
            (_("Note"), self.note),
        ):
            form.addRow(caption, field)
        self._box = buttons(self, _("Keep"))
        form.addRow(self._box)
        self.setMinimumWidth(style.px(400))

    def made(self) -> Known:
        """The entry as it was filled in."""
        place, kept = self.place.text().strip(), self._entry.place
        same = kept is not None and kept.name == place
        return msgspec.structs.replace(
            self._entry,
            alias=self.alias.text().strip() or self._entry.alias,
            mark=Mark(str(self.mark.currentData())),
            place=kept if same else Place(name=place) if place else None,
            note=self.note.text().strip(),
        )


def ask(parent: QWidget, style: Style, entry: Known) -> Known | None:
    """The entry as the reader wants it; ``None`` if they would rather not."""
    dialog = KnownDialog(parent, style, entry)
    agreed = dialog.exec() == QDialog.DialogCode.Accepted
    made = dialog.made()
    dialog.deleteLater()
    return made if agreed else None
