"""Starting and ending the program: arguments, theme, language, the last resort for a crash."""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QMessageBox

from sweeper import language
from sweeper.ui import icons, safe_use, saving, theme, words
from sweeper.ui.settings import Settings
from sweeper.ui.tidy import Tidier
from sweeper.ui.words import _

if TYPE_CHECKING:
    from sweeper.ui.window import Window

SWITCH_S = 0.001
"""Longest wait for the interpreter's lock (5 ms by default): each callback from Qt has to win it."""

HEARTBEAT_MS = 250
"""Python sees Ctrl-C only when it runs: a tick four times a second lets it."""


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """The window's own arguments."""
    parser = argparse.ArgumentParser(prog="sweeper gui", description="Open the window.")
    parser.add_argument("paths", nargs="*", help="recordings or folders to open")
    parser.add_argument("--demo", action="store_true", help="play the demo sweep")
    parser.add_argument("--lang", choices=language.CODES, help="language of the window")
    parser.add_argument("--theme", choices=[*theme.Scheme, theme.SYSTEM], help="theme of the window")
    return parser.parse_args(argv)


def application() -> QApplication:
    """The Qt application; made once."""
    existing = QApplication.instance()
    made = existing if isinstance(existing, QApplication) else QApplication(["sweeper"])
    made.setApplicationName("sweeper")
    made.setApplicationDisplayName("sweeper")
    made.setDesktopFileName("io.sweeper.Sweeper")  # as the desktop file is called
    made.setWindowIcon(QIcon(str(icons.FOLDER / "sweeper.svg")))
    return made


def open_window(settings: Settings) -> Window:
    """A window with these settings, not yet shown."""
    from sweeper.ui.desk import Desk
    from sweeper.ui.window import Window

    words.use(settings.language)
    theme.apply(application(), settings.style)
    return Window(Desk(settings))


def run(argv: Sequence[str] | None) -> int:
    """Open the window and stay until it is closed."""
    wanted = parse(argv)
    running = application()
    # The core's thread computes while this one draws: let it give way five times sooner than it would.
    sys.setswitchinterval(SWITCH_S)
    settings = Settings()
    if wanted.lang:
        settings.put("language", wanted.lang)
    if wanted.theme:
        settings.put("theme", wanted.theme)
    window = open_window(settings)
    sys.excepthook = lambda kind, error, trace: crashed(window, kind, error, trace)
    window.show()
    QTimer.singleShot(0, window.look_around)
    QTimer.singleShot(0, lambda: safe_use.at_first_run(window))
    if wanted.paths:
        QTimer.singleShot(0, lambda: window.open_paths([str(Path(path)) for path in wanted.paths]))
    elif wanted.demo:
        QTimer.singleShot(0, window.open_demo)
    heartbeat = QTimer()
    heartbeat.timeout.connect(lambda: None)
    heartbeat.start(HEARTBEAT_MS)
    tidier = Tidier()
    code = running.exec()
    window.desk.close()
    tidier.stop()
    return code


def crashed(
    window: Window, kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """The window's excepthook: save what was heard, say so once, and end."""
    sys.excepthook = sys.__excepthook__
    if issubclass(kind, KeyboardInterrupt):
        window.close()
        return
    folder = window.desk.settings.folder
    saved = folder / "crash"
    lines = [_("sweeper met an error that it did not expect and has to end.")]
    try:
        saved.mkdir(parents=True, exist_ok=True)
        report = "".join(traceback.format_exception(kind, error, trace))
        (saved / "error.txt").write_text(report, "utf-8")
        saving.results(window.desk.core.collected, saved / "results.json")
        lines.append(_("What was heard so far is saved in {folder}.").format(folder=saved))
    except OSError as problem:
        lines.append(_("What was heard so far could not be saved: {problem}").format(problem=problem))
    lines.append(f"{kind.__name__}: {error}")
    box = QMessageBox(QMessageBox.Icon.Warning, _("sweeper has to end"), "\n\n".join(lines))
    box.exec()
    window.close()
    QApplication.exit(1)
