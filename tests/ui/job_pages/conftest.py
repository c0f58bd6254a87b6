"""A job that is open, its practice, and the answers to its forms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import (
    QDialogButtonBox,
)

from sweeper.jobs.job import Head, Job, Person, Role
from sweeper.ui import job_forms
from sweeper.ui.job_forms import Form
from sweeper.ui.window import Window
from tests.ui.job_pages.hand import PATIENCE_MS, fill


@pytest.fixture(autouse=True)
def own_practice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The practice of this test only."""
    path = tmp_path / "practice.json"
    monkeypatch.setenv("SWEEPER_PRACTICE", str(path))
    return path


@pytest.fixture
def folder(qtbot, window: Window, tmp_path: Path) -> Path:
    """A technician's job by Kazakhstan's law, open in the window; another one beside it."""
    people = (Person("Aigul"), Person("Ravil", Role.REVIEWER), Person("Viktor", Role.VIEWER))
    head = Head(
        number="2026-7",
        purpose="a yearly sweep",
        permission="letter",
        place="office",
        people=people,
        profile="kz",
    )
    home = tmp_path / "jobs"
    for name in ("one", "two"):
        Job.create(home / name, head, "Aigul").close()
    window.desk.settings.put("jobs-home", str(home))
    window.desk.jobs.open(home / "one")
    qtbot.waitUntil(lambda: window.desk.jobs.card is not None, timeout=PATIENCE_MS)
    return home / "one"


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Answer the next form with these values; it is the real form, only nobody sees it."""

    def prepare(**values: object) -> None:
        def asked(parent, style, title, verb, fields, intro=""):
            form = Form(parent, style, title, verb, fields, intro)
            for key, value in values.items():
                fill(form.controls[key], value)
            ok = form._box.button(QDialogButtonBox.StandardButton.Ok)
            given = form.given() if ok.isEnabled() else None
            form.deleteLater()
            return given

        monkeypatch.setattr(job_forms, "ask", asked)

    return prepare


@pytest.fixture
def after(qtbot, window: Window) -> Callable[..., None]:
    """Do something, and wait until the window says what came of it: only then is a file whole."""
    heard: list[str] = []
    window.desk.told.connect(lambda what, *_rest: heard.append(what))

    def wait(act: Callable[..., object], says: str, *given: object) -> None:
        heard.clear()
        act(*given)
        qtbot.waitUntil(lambda: says in heard, timeout=PATIENCE_MS)

    return wait
