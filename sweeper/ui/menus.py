"""The menus, and the page of keys under F1."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QMenu, QMessageBox, QVBoxLayout

from sweeper import __version__, language
from sweeper.ui import safe_use, theme, words
from sweeper.ui.parts import label
from sweeper.ui.settings import SCALES
from sweeper.ui.theme import GRID, Scheme
from sweeper.ui.words import _

if TYPE_CHECKING:
    from sweeper.ui.window import Window


def build(window: Window) -> None:
    """Fill the menu bar anew, in the language now spoken."""
    bar = window.menuBar()
    bar.clear()
    file = bar.addMenu(_("&File"))
    _add(window, file, _("Open recordings…"), window.open_dialog, "Ctrl+O")
    _add(window, file, _("Open a folder…"), window.open_folder, "Ctrl+Shift+O")
    _add(window, file, _("New sweep…"), lambda: window.show_view("newsweep"), "Ctrl+N")
    _add(window, file, _("Ask your network…"), lambda: _offer_network(window))
    _add(window, file, _("Demo"), window.open_demo)
    file.addSeparator()
    _add(window, file, _("Save report…"), window.save_report, "Ctrl+P")
    file.addSeparator()
    _add(window, file, _("Quit"), window.close, "Ctrl+Q")
    view = bar.addMenu(_("&View"))
    _add(window, view, _("First screen"), lambda: window.show_view("first"), "Ctrl+Home")
    _add(window, view, _("Signatures"), lambda: window.show_view("signatures"))
    _add(window, view, _("Known devices"), lambda: window.show_view("known"))
    _add(window, view, _("References"), lambda: window.show_view("references"))
    _add(window, view, _("Permissions"), lambda: window.show_view("permissions"))
    view.addSeparator()
    settings = window.desk.settings
    themes = [
        (theme.SYSTEM, _("As the system")),
        (Scheme.LIGHT.value, _("Light")),
        (Scheme.DARK.value, _("Dark")),
        (Scheme.NIGHT.value, _("Night (red)")),
    ]
    _choices(window, view.addMenu(_("Theme")), "theme", themes, settings.theme)
    sizes = [(str(scale), words.spoken().quantity(scale * 100, "%", 0)) for scale in SCALES]
    _choices(window, view.addMenu(_("Text size")), "scale", sizes, str(settings.scale))
    tongues = [(code, language.OWN_NAMES[code]) for code in language.CODES]
    _choices(window, view.addMenu(_("Language")), "language", tongues, settings.language)
    reports = [("", _("As the window")), *tongues]
    chosen = settings.text("report-language")
    _choices(window, view.addMenu(_("Language of reports")), "report-language", reports, chosen)
    help_menu = bar.addMenu(_("&Help"))
    _add(window, help_menu, _("Keys"), lambda: show_keys(window), "F1")
    _add(window, help_menu, _("If you found a device"), lambda: safe_use.show_found(window))
    _add(window, help_menu, _("Risks and safe use"), lambda: safe_use.show(window))
    _add(window, help_menu, _("About sweeper"), lambda: show_about(window))


def _offer_network(window: Window) -> None:
    from sweeper.ui import network_dialog

    network_dialog.offer(window, window.desk)


def _add(window: Window, menu: QMenu, text: str, on: Callable[[], object], key: str = "") -> QAction:
    made = QAction(text, menu)
    if key:
        made.setShortcut(QKeySequence(key))
    made.triggered.connect(lambda _checked=False: on())
    menu.addAction(made)
    return made


def _choices(window: Window, menu: QMenu, key: str, entries: list[tuple[str, str]], chosen: str) -> None:
    group = QActionGroup(menu)
    for value, text in entries:
        made = QAction(text, menu)
        made.setCheckable(True)
        made.setChecked(value == chosen)
        made.triggered.connect(lambda _checked=False, v=value: change(window, key, v))
        group.addAction(made)
        menu.addAction(made)


def change(window: Window, key: str, value: str) -> None:
    """Change theme, text size or language, now."""
    window.desk.settings.put(key, value)
    window.restyle()


def key_list() -> list[tuple[str, str]]:
    """Every key and what it does."""
    return [
        ("F1", _("This page")),
        ("Space", _("Play or pause")),
        ("L", _("Locate what is selected")),
        ("S", _("Sound of the locate view on or off")),
        ("F", _("Mark what is selected as known")),
        ("T", _("Verdict: suspicious")),
        ("P", _("Add a photo to the finding")),
        ("M", _("Mark the strongest peak of the spectrum")),
        ("Esc", _("Close the inspector of a small window")),
        ("Ctrl+1 … 9", _("The views, from top to bottom of the rail")),
        ("Ctrl+N", _("New sweep")),
        ("Ctrl+O", _("Open recordings")),
        ("Ctrl+Shift+O", _("Open a folder of recordings")),
        ("Ctrl+P", _("Save the report")),
        ("Ctrl+Z", _("Undo the last verdict")),
        ("Ctrl+Home", _("First screen")),
        ("Ctrl+Q", _("Quit")),
        ("Tab, Shift+Tab", _("Next and previous control")),
        (_("Mouse wheel"), _("Zoom the spectrum; drag to move it")),
    ]


def show_keys(window: Window) -> None:
    """The page under F1."""
    dialog = QDialog(window)
    dialog.setWindowTitle(_("Keys"))
    dialog.setAccessibleName(_("Keys"))
    layout = QVBoxLayout(dialog)
    layout.setContentsMargins(GRID * 3, GRID * 3, GRID * 3, GRID * 2)
    layout.addWidget(label(_("Keys"), size="title"))
    grid = QGridLayout()
    grid.setHorizontalSpacing(GRID * 4)
    for index, (key, meaning) in enumerate(key_list()):
        grid.addWidget(label(key, tone="accent"), index, 0)
        grid.addWidget(label(meaning), index, 1)
    layout.addLayout(grid)
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    box.button(QDialogButtonBox.StandardButton.Close).setText(_("Close"))
    box.button(QDialogButtonBox.StandardButton.Close).setAccessibleName(_("Close"))
    box.rejected.connect(dialog.reject)
    layout.addWidget(box)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()


def show_about(window: Window) -> None:
    """What this program is, and what it is not."""
    text = _(
        "sweeper {version} finds hidden surveillance devices by what they transmit. It only "
        "receives. A device "
        "that does not transmit cannot be heard by it, and it does not find spyware on a phone.\n\n"
        "The Kazakh texts still wait for a native reader's review.\n\n"
        "License: GPL-2.0-or-later"
    ).format(version=__version__)
    box = QMessageBox(window)
    box.setWindowTitle(_("About sweeper"))
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(text)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()
