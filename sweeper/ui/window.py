"""The main window: rail, views, inspector, transport, strip; menus, drag and drop, keys.

The frame is built once; everything that has words or colours is rebuilt when language, theme or text size
change, while the desk and its session go on. Below ``NARROW`` pixels the rail shrinks to icons and the
inspector becomes a sheet.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, Qt, QTimer, QUrl
from PySide6.QtGui import (
    QCloseEvent,
    QDesktopServices,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QFileDialog,
    QMainWindow,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from sweeper.ui import menus, saving, theme, views, words
from sweeper.ui.desk import Desk
from sweeper.ui.inspector import Inspector
from sweeper.ui.message import Message
from sweeper.ui.parts import row
from sweeper.ui.phase import Phase
from sweeper.ui.rail import Rail, entries
from sweeper.ui.stack import Rebuilt, Stack
from sweeper.ui.strip import Strip
from sweeper.ui.transport import Transport
from sweeper.ui.words import _

NARROW = 1000
"""Width in pixels at text size 1.0 below which rail and inspector make room."""

FIRST = "first"
INSPECTED = ("findings", "spectrum", "bluetooth", "wifi")
"""Views beside which the inspector stands."""


_ACTS = {Qt.Key.Key_F: "known", Qt.Key.Key_T: "suspicious", Qt.Key.Key_P: "photo"}
"""Keys that act on what is selected."""


class Window(QMainWindow):
    """The one window."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self._page = FIRST
        self._views: dict[str, QWidget] = {}
        self._sheet_wanted = False
        self.setAcceptDrops(True)
        self.setMinimumSize(640, 440)
        self.resize(1280, 800)
        kept = desk.settings.raw("window")
        if isinstance(kept, QByteArray):
            self.restoreGeometry(kept)
        desk.session_began.connect(self._began)
        desk.selected.connect(self._on_selected)
        desk.changed.connect(self._show_title)
        desk.told.connect(lambda *text: self._message.say(*text))
        desk.failed.connect(self._failed)
        desk.wanted.connect(self.show_view)
        desk.kept_shown.connect(self._show_kept)
        self.build()
        QApplication.styleHints().colorSchemeChanged.connect(lambda _scheme: self.restyle())

    # Building.

    def build(self) -> None:
        """Make everything that has words or colours."""
        desk = self.desk
        self._rail = Rail(desk.style, self.show_view)
        self._stack = Stack()
        for view in self._views.values():
            self._stack.put(view)
        self._inspector = Inspector(desk, self.locate, self._close_sheet, self.show_subject)
        self._side = QSplitter(Qt.Orientation.Horizontal)
        self._side.setChildrenCollapsible(False)
        self._side.addWidget(self._stack)
        self._side.addWidget(self._inspector)
        self._side.setStretchFactor(0, 1)
        self._side.setStretchFactor(1, 0)
        self._inspector.setMinimumWidth(desk.style.px(250))
        self._side.splitterMoved.connect(
            lambda *_args: desk.settings.put("inspector", self._inspector.width())
        )
        self._message = Message(desk.style)
        self._transport = Transport(desk, self.save_report)
        self._strip = Strip(desk)
        middle = QWidget()
        across = QVBoxLayout(middle)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        across.addWidget(self._message)
        across.addWidget(self._side, 1)
        across.addWidget(self._transport)
        body = QWidget()
        beside = row(self._rail, spacing=0)
        beside.addWidget(middle, 1)
        outer = QVBoxLayout(body)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addLayout(beside, 1)
        outer.addWidget(self._strip)
        self.setCentralWidget(body)
        menus.build(self)
        self._keys()
        self.show_view(self._page)
        self._show_title()

    def _keys(self) -> None:
        for old in self.findChildren(QShortcut):
            old.setParent(None)
            old.deleteLater()
        keys: list[tuple[str, Callable[[], object]]] = [
            ("Escape", self._close_sheet),
            ("Ctrl+Z", lambda: self._inspector.undo()),
        ]
        for number, name in enumerate((entry for entry, _title in entries()), 1):
            keys.append((f"Ctrl+{number}", lambda view=name: self.show_view(view)))  # type: ignore[misc]
        for key, act in keys:
            made = QShortcut(QKeySequence(key), self)
            made.activated.connect(act)

    def restyle(self) -> None:
        """Take language, theme and text size from the settings, and rebuild in place."""
        desk = self.desk
        words.use(desk.settings.language)
        desk.style = desk.settings.style
        application = QApplication.instance()
        if isinstance(application, QApplication):
            theme.apply(application, desk.style)
        for table in (desk.emissions, desk.bluetooth, desk.wifi, desk.findings):
            table.refresh()
        spectrum = self._views.pop("spectrum", None)
        if spectrum is not None:
            self._stack.take(spectrum)
        for view in self._views.values():
            view.deleteLater()
        self._views = {}
        if isinstance(spectrum, Rebuilt):
            spectrum.rebuild()
            self._views["spectrum"] = spectrum
        self.build()
        self._arrange()

    # Views.

    @property
    def page(self) -> str:
        """The view now shown."""
        return self._page

    def view(self, name: str) -> QWidget:
        """A view, made when first asked for."""
        if name not in self._views:
            self._views[name] = views.make(self, name)
            self._stack.put(self._views[name])
        return self._views[name]

    def show_view(self, name: str) -> None:
        """Show a view; *sweep* is the first screen until a door was entered."""
        if name == "sweep" and self.desk.guide is None:
            name = FIRST
        self._page = name
        self._stack.turn_to(self.view(name))
        self.view(name).setFocus()
        self._rail.choose("sweep" if name == FIRST else name)
        self._arrange()

    def _arrange(self) -> None:
        """Fit rail, inspector and strip to the size of the window and to the view."""
        first = self._page == FIRST
        narrow = self.width() < NARROW * self.desk.style.scale
        idle = self.desk.phase is Phase.IDLE
        self._rail.setVisible(not (first and idle))
        self._rail.set_narrow(narrow)
        self._strip.setVisible(not idle)
        self._transport.setVisible(not idle and self._page != "sweep")
        inspected = self._page in INSPECTED
        self._inspector.set_sheet(narrow)
        sideways = Qt.Orientation.Vertical if narrow else Qt.Orientation.Horizontal
        if self._side.orientation() is not sideways:
            self._side.setOrientation(sideways)
        self._inspector.setMinimumWidth(0 if narrow else self.desk.style.px(250))
        self._inspector.setVisible(
            inspected and (not narrow or (self._sheet_wanted and bool(self.desk.selection)))
        )
        self._size_inspector(narrow)

    def _size_inspector(self, narrow: bool) -> None:
        if narrow:
            # Once the views have given up what a small window has no room for.
            QTimer.singleShot(0, self._side, self._halve)
            return
        try:
            wanted = int(str(self.desk.settings.raw("inspector") or 0))
        except ValueError:
            wanted = 0
        wanted = wanted or self.desk.style.px(330)
        self._side.setSizes([max(200, self._side.width() - wanted), wanted])
        self._inspector.resize(wanted, self._inspector.height())

    def _halve(self) -> None:
        if self._side.orientation() is Qt.Orientation.Vertical:
            half = self._side.height() // 2  # Qt takes sums that are too large from the first alone
            self._side.setSizes([half, half])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _on_selected(self, name: str) -> None:
        narrow = self.width() < NARROW * self.desk.style.scale
        if narrow and name and not self._sheet_wanted:
            self._sheet_wanted = True
            self._arrange()
        elif narrow and not self._inspector.isVisible():
            self._arrange()

    def _close_sheet(self) -> None:
        self._sheet_wanted = False
        self._arrange()

    def _began(self) -> None:
        self._message.hide()
        if self._page in (FIRST, "sources", "signatures", "locate", "jobs"):
            self.show_view("spectrum")
        self._arrange()

    def _show_title(self) -> None:
        desk = self.desk
        name = _("Demo") if desk.demo else desk.title
        self.setWindowTitle(f"{name} – sweeper" if name else "sweeper")
        if (self._strip.isHidden() or self._transport.isHidden()) and desk.phase is not Phase.IDLE:
            self._arrange()

    # Doing.

    def enter(self, plan: str) -> None:
        """Go through a door: begin (or take up again) a guided sweep."""
        self.desk.begin_guide(plan)
        self._views.pop("sweep", None)
        self.show_view("sweep")

    def open_last(self) -> None:
        """Open the job that was open last, or where there was none, the recordings."""
        job = self.desk.settings.last_job
        if job:
            self.desk.jobs.open(Path(job))
            self.show_view("jobs")
        else:
            self.open_paths(self.desk.settings.last)

    def _show_kept(self) -> None:
        self.show_view("findings")

    def open_dialog(self) -> None:
        """Choose recordings to open."""
        paths, _filter = QFileDialog.getOpenFileNames(self, _("Open recordings"), self._folder())
        if paths:
            self.open_paths(paths)

    def open_folder(self) -> None:
        """Choose a folder whose recordings make one session."""
        path = QFileDialog.getExistingDirectory(self, _("Open a folder of recordings"), self._folder())
        if path:
            self.open_paths([path])

    def _folder(self) -> str:
        last = self.desk.settings.last
        return str(Path(last[0]).parent) if last else str(Path.home())

    def open_paths(self, paths: list[str]) -> None:
        """Open recordings or folders."""
        self.desk.open_recordings(paths)

    def open_demo(self) -> None:
        """Play the demo."""
        self.desk.open_demo()

    def locate(self, name: str) -> None:
        """Follow the signal of an emission, a device, or what a finding is about."""
        finding = self.desk.finding_of(name)
        self.desk.target = finding.subject if finding is not None else name
        if self.desk.target:
            self.show_view("locate")
            self.desk.target_changed.emit()

    def show_subject(self, view: str, name: str) -> None:
        """Show an emission or device in a view."""
        self.show_view(view)
        self.desk.select(name)
        shown = self.view(view)
        for method in ("zoom_to", "look_into"):
            if hasattr(shown, method):
                getattr(shown, method)(name)

    def save_report(self) -> None:
        """Write the report of what was heard so far, in the format that is chosen in the dialog."""
        name = str(Path(self._folder()) / "sweeper-report.html")
        path, chosen = QFileDialog.getSaveFileName(self, _("Save the report"), name, saving.FILTERS)
        if path:
            self.write_report(saving.named(path, chosen))

    def write_report(self, path: Path) -> None:
        """Render the report on the core's thread and say where it is."""
        code = self.desk.settings.text("report-language")
        if self.desk.jobs.card is not None:  # what leaves a job is pseudonymised
            self.desk.jobs.write(path, code, partial(self._saved, path))
            return
        places = self.desk.whereabouts.told(saving.spoken_in(code))
        work = partial(saving.report, self.desk.core.collected, path, code, places)
        self.desk.ask(work, partial(self._saved, path))

    def _saved(self, path: Path, _result: object, problem: str) -> None:
        if problem:
            do = _("Choose another place and save it again.")
            self._message.say(_("The report could not be saved."), problem, do)
            return
        show = (_("Show it"), lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))))
        self._message.say(_("The report is saved."), str(path), "", show)

    def look_around(self) -> None:
        """Ask the core what this computer can hear with; the doors say it when it is known."""
        self.desk.look_around()

    def _failed(self, problem: str) -> None:
        self.desk.say(
            _("This could not be opened."),
            problem,
            _("Check that it is a recording that sweeper reads, or choose another."),
        )

    # Events.

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that the focused control did not want: Space and L, and Enter to press a button."""
        focused = self.focusWidget()
        if event.key() == Qt.Key.Key_Space:
            self.desk.toggle()
        elif event.key() == Qt.Key.Key_L and not event.modifiers():
            self.locate(self.desk.selection)
        elif event.key() in _ACTS and not event.modifiers() and self.desk.selection:
            self._inspector.act(_ACTS[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_S and self._page == "locate" and not event.modifiers():
            self.view("locate").toggle_sound()  # type: ignore[attr-defined]
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(focused, QAbstractButton):
            focused.click()
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.open_paths(paths)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.desk.settings.put("window", self.saveGeometry())
        self.hide()
        self.desk.close()
        event.accept()
