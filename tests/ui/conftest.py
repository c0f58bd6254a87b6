"""Windows for the tests: offscreen, with settings of their own, closed and joined afterwards."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
pytest.importorskip("PySide6", reason="the window's tests need Qt")

from pytestqt.qtbot import QtBot

from sweeper.ui import app, words
from sweeper.ui.settings import Settings
from sweeper.ui.window import Window


@pytest.fixture(autouse=True)
def tidy() -> Iterator[None]:
    """As in the program, garbage is collected on Qt's thread only."""
    gc.disable()
    yield
    gc.collect()


LEAST_MS = 60_000
"""A wait for an event ends with the event; nothing is expected to take so long on any machine."""


@pytest.fixture
def qtbot(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> QtBot:
    """pytest-qt's, with patience: a shorter limit than ``LEAST_MS`` is none."""
    until, signal = qtbot.waitUntil, qtbot.waitSignal

    def wait_until(seen: Callable[[], object], *, timeout: int = LEAST_MS) -> None:
        until(seen, timeout=max(timeout, LEAST_MS))

    def wait_signal(awaited: Any, *, timeout: int = LEAST_MS, **more: Any) -> Any:
        return signal(awaited, timeout=max(timeout, LEAST_MS), **more)

    monkeypatch.setattr(qtbot, "waitUntil", wait_until)
    monkeypatch.setattr(qtbot, "waitSignal", wait_signal)
    return qtbot


def at_rest(qtbot: QtBot, position: Callable[[], float]) -> float:
    """Where a paused replay stands, once what was under way when it was paused has arrived."""
    for _ in range(200):
        before = position()
        qtbot.wait(300)
        if position() == before:
            return before
    raise AssertionError(f"it goes on: {position()}")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(tmp_path / "settings.ini")
    made.put("language", "en")
    made.put("theme", "light")
    return made


@pytest.fixture
def window(qtbot, settings: Settings) -> Iterator[Window]:
    """A shown window that is surely closed, and whose core's thread is surely gone."""
    made = app.open_window(settings)
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.close()
    words.use("en")
    assert not made.desk.core.alive
