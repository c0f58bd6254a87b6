"""The row of tools over the spectrum: which curves, which colours, reference, markers, bands, history."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QActionGroup, QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QFileDialog, QMenu, QToolButton

from sweeper.ui import references
from sweeper.ui.curves import CURVES, SWITCHED, titles
from sweeper.ui.flow import Flow
from sweeper.ui.parts import button, choice, tool
from sweeper.ui.words import _

if TYPE_CHECKING:
    from sweeper.ui.view_spectrum import SpectrumView

REGIONS = ("kz", "eu")


def tools(view: SpectrumView) -> Flow:
    """All of them."""
    style, settings = view.desk.style, view.desk.settings
    line = Flow(spacing=4)
    names, roles = titles(), dict(CURVES)
    for name in SWITCHED:
        made = switch(names[name], name in view.curves.shown)
        made.setIcon(_swatch(style.color(roles[name]), style.px(14)))
        made.toggled.connect(lambda on, curve=name: view.toggle(curve, on))
        line.addWidget(made)
    difference = switch(_("Difference"), view.curves.difference)
    difference.setToolTip(_("Show levels as decibels over the reference"))
    difference.toggled.connect(view.set_difference)
    line.addWidget(difference)
    line.addWidget(choice(_("Reference"), _references(view), settings.text("reference"), view.use_reference))
    line.addWidget(tool(_("Mark the strongest peak (M)"), "locate", view.curves.mark_peak, style))
    line.addWidget(tool(_("Begin the holds anew"), "reset", view.reset_holds, style))
    line.addWidget(tool(_("Show the whole band"), "fit", view.curves.fit, style))
    line.addWidget(_options(view))
    new = button(_("New sweep…"), lambda: view.desk.wanted.emit("newsweep"), style, icon="sweep")
    line.addWidget(new)
    return line


def _options(view: SpectrumView) -> QToolButton:
    """What is changed seldom: colours, bands, history, markers, pictures."""
    settings = view.desk.settings
    made = switch(_("Display"), False)
    made.setCheckable(False)
    made.setProperty("menu", True)
    made.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    menu = QMenu(made)
    palettes = [("viridis", _("Blue to yellow")), ("grey", _("Grey")), ("cividis", _("Colour-blind safe"))]
    colours = menu.addMenu(_("Waterfall colours"))
    _group(colours, palettes, settings.text("waterfall", "viridis"), view.use_palette)
    bands = [("", _("No bands")), ("kz", _("Bands: Kazakhstan")), ("eu", _("Bands: Europe"))]
    _group(menu.addMenu(_("Bands drawn")), bands, settings.text("bands", "kz"), view.use_bands)
    whole = menu.addAction(_("Whole history"))
    whole.setToolTip(_("Show everything that the waterfall remembers, not only the last minutes"))
    whole.setCheckable(True)
    whole.setChecked(view.whole)
    whole.toggled.connect(view.set_whole)
    menu.addAction(_("Take the markers away"), view.curves.markers.clear)
    menu.addAction(_("Save the picture…"), lambda: save_picture(view))
    made.setMenu(menu)
    return made


def _group(menu: QMenu, entries: list[tuple[str, str]], chosen: str, on: Callable[[str], object]) -> None:
    group = QActionGroup(menu)
    for value, text in entries:
        action = menu.addAction(text)
        action.setCheckable(True)
        action.setChecked(value == chosen)
        action.triggered.connect(lambda _checked=False, v=value: on(v))
        group.addAction(action)


def _references(view: SpectrumView) -> list[tuple[str, str]]:
    entries = [("", _("No reference"))]
    for each in references.listed(view.desk.settings.folder):
        if not each.problem:
            entries.append((each.path, each.name))
    return entries


def switch(text: str, on: bool) -> QToolButton:
    """A button that stays down."""
    made = QToolButton()
    made.setText(text)
    made.setAccessibleName(text)
    made.setCheckable(True)
    made.setChecked(on)
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    return made


def _swatch(color: QColor, size: int) -> QIcon:
    made = QPixmap(size, size)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.fillRect(0, size // 2 - 2, size, 3, color)
    painter.end()
    return QIcon(made)


def save_picture(view: SpectrumView) -> None:
    """Trace and waterfall as SVG or PNG."""
    path, _kind = QFileDialog.getSaveFileName(
        view, _("Save the picture"), "spectrum.png", "PNG (*.png);;SVG (*.svg)"
    )
    if path:
        write_picture(view, path)


def write_picture(view: SpectrumView, path: str) -> None:
    """Write the picture; the ending chooses the format."""
    from PySide6.QtCore import QPoint, QSize
    from PySide6.QtSvg import QSvgGenerator

    shown = view.split
    if path.casefold().endswith(".svg"):
        drawing = QSvgGenerator()
        drawing.setFileName(path)
        drawing.setSize(QSize(shown.width(), shown.height()))
        drawing.setTitle(view.title.text())
        painter = QPainter(drawing)
        good = painter.isActive()
        if good:
            shown.render(painter, QPoint())
            painter.end()
    else:
        good = shown.grab().save(path)
    if not good:
        view.desk.say(_("The picture could not be saved."), path, _("Choose another place."))
