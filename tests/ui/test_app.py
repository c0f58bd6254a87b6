"""Starting and ending: arguments, and one dialog with what was saved after a crash."""

from __future__ import annotations

import json
import sys

import pytest
from PySide6.QtWidgets import QMessageBox

from sweeper.ui import app
from sweeper.ui.desk import Phase
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
