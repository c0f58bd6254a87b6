"""Starting and ending: arguments, and one dialog with what was saved after a crash."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QMessageBox

from sweeper.ui import app
from sweeper.ui.phase import Phase
from sweeper.ui.window import Window
from tests.ui.fakes import Fake, recipe


def test_arguments() -> None:
    given = app.parse(["--demo", "--lang", "kk", "--theme", "night", "a.cu8", "b"])
    assert (given.demo, given.lang, given.theme, given.paths) == (True, "kk", "night", ["a.cu8", "b"])
    with pytest.raises(SystemExit):
        app.parse(["--theme", "jet"])


def test_a_crash_saves_what_was_heard_and_says_so_once(qtbot, window: Window, monkeypatch) -> None:
    window.desk.speed = None
    window.desk.begin(recipe(Fake(40)), "test")
    qtbot.waitUntil(lambda: window.desk.phase is Phase.ENDED, timeout=20_000)
    said: list[str] = []
    monkeypatch.setattr(QMessageBox, "exec", lambda box: said.append(box.text()))
    ended: list[int] = []
    # An application that was told to end runs no event loop again: the tests after this one need it.
    monkeypatch.setattr(QApplication, "exit", ended.append)
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    try:
        raise RuntimeError("something broke")
    except RuntimeError as error:
        app.crashed(window, type(error), error, error.__traceback__)
    saved = window.desk.settings.folder / "crash"
    assert len(said) == 1
    assert str(saved) in said[0]
    assert "something broke" in said[0]
    assert "Traceback" not in said[0]
    assert "something broke" in (saved / "error.txt").read_text("utf-8")
    document = json.loads((saved / "results.json").read_text("utf-8"))
    assert len(document["findings"]) == 2
    assert not window.desk.core.alive
    assert ended == [1]


CRASH = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QMessageBox
from sweeper.ui import app
from sweeper.ui.window import Window

def broken(window):
    raise RuntimeError("something broke")

QMessageBox.exec = lambda box: print(box.text())
Window.look_around = broken
sys.exit(app.run([]))
"""


def test_the_program_ends_with_1_after_a_crash(tmp_path: Path) -> None:
    """The whole program in a process of its own, to its end."""
    places = {"XDG_CONFIG_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "LANGUAGE": "en"}
    done = subprocess.run(
        [sys.executable, "-c", CRASH], env=os.environ | places, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 1
    assert done.stdout.count("did not expect") == 1
    assert "RuntimeError: something broke" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert list(tmp_path.rglob("crash/results.json"))
