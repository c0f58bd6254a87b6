"""Pictures of every view, in every language, theme and size: ``python -m sweeper.ui.screenshots FOLDER``.

The demo's first part is played once, at full speed; then the window is rebuilt for each combination, as a
change of language or theme does. What the pictures show was never on the air, and they say so.
"""

from __future__ import annotations

import math
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QEvent
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QApplication, QDialog

from sweeper import language
from sweeper.radio.inventory import SourceEntry
from sweeper.records import Device, Finding, Medium
from sweeper.ui import app, checklists, columns, menus, safe_use, theme
from sweeper.ui.guide import Answer, Course, Guide, Seen
from sweeper.ui.phase import Phase
from sweeper.ui.plans import FloorPlan, Taken, key_of
from sweeper.ui.settings import Settings
from sweeper.ui.view_detail import DetailView
from sweeper.ui.view_teach import TeachView

if TYPE_CHECKING:
    from sweeper.ui.window import Window

SIZES = ((800, 600), (1920, 1080))
VIEWS = ("findings", "spectrum", "bluetooth", "wifi", "locate", "plan", "jobs", "sources", "signatures")
MORE = (
    "detail", "teach", "known", "newsweep", "references", "permissions",
    "job-people", "job-search", "job-evidence", "register", "practice",
)  # fmt: skip
"""Views that are reached from others."""

FETCHED = ("detail", "teach")
"""Views that fetch what they show, for the first emission."""

STEPS = (("flat", ("prepare", "outside", "listen", "film", "network", "look", "result")), ("car", ("drive",)))
EARS = (
    SourceEntry("rtlsdr", Medium.RF, True, "RTL-SDR"),
    SourceEntry("ble", Medium.BLE, True, "Bluetooth"),
    SourceEntry("wifi", Medium.WIFI, True, "Wi-Fi"),
)
"""What the doors are shown with: what the demo is heard with."""

SETTLE_S, ROUNDS = 0.05, 8
PLAYED_S = 40.0
"""So much of the demo is played: by then every emitter was on the air."""

PATIENCE_S = 600.0


def main(argv: Sequence[str] | None = None) -> int:
    """Write all pictures into the folder named; prints how many."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    folder = Path(arguments[0] if arguments else "docs/screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as kept:
        settings = Settings(Path(kept) / "settings.ini")
        settings.put("language", "en")
        window = app.open_window(settings)
        window.show()
        window.look_around()
        _wait(lambda: window.desk.equipment is not None)
        count = sum(_save(window, folder, name) for name in _first(window))
        window.desk.speed = None
        window.open_demo()
        _wait(lambda: window.desk.position_s >= PLAYED_S or window.desk.phase is Phase.ENDED)
        window.desk.stop()
        _wait(lambda: window.desk.phase is Phase.ENDED)
        count += sum(_save(window, folder, name) for name in _played(window))
        window.close()
    print(f"{count} pictures in {folder}")
    return 0


def _combinations(window: Window) -> Iterator[str]:
    """Make the window look like each combination in turn; its name."""
    for scheme in theme.Scheme:
        for code in language.CODES:
            for width, height in SIZES:
                window.desk.settings.put("language", code)
                window.desk.settings.put("theme", scheme.value)
                window.restyle()
                window.resize(width, height)
                yield f"{code}-{scheme.value}-{width}x{height}"


def _first(window: Window) -> Iterator[str]:
    for combination in _combinations(window):
        window.show_view("first")
        yield f"first-{combination}"


def _played(window: Window) -> Iterator[str]:
    desk = window.desk
    finding, emission = desk.findings.at(0), desk.emissions.at(0)
    tag = next((each for each in desk.bluetooth.records.values() if desk.finding_of(each.id)), finding)
    chosen = {"findings": finding, "bluetooth": tag, **dict.fromkeys(FETCHED, emission)}
    here = desk.equipment
    _furnish(window)
    for combination in _combinations(window):
        for view in (*VIEWS, *MORE):
            shown = chosen.get(view)
            desk.select(shown.id if shown is not None else "")
            window.show_view(view)
            _wait(lambda view=view: _ready(window, view))  # type: ignore[misc]
            yield f"{view}-{combination}"
        desk.equipment = list(EARS)
        for plan, steps in STEPS:
            for step in steps:
                window.enter(plan)
                if desk.guide is not None:
                    _listened(window, desk.guide, step)
                    window.enter(plan)
                yield f"sweep-{step}-{combination}"
        desk.equipment = here
        for name, show in (("keys", menus.show_keys), ("found", safe_use.show_found)):
            show(window)
            yield f"{name}-{combination}"
            for dialog in window.findChildren(QDialog):
                dialog.close()
                dialog.deleteLater()


def _listened(window: Window, guide: Guide, step: str) -> None:
    """The guide at a step, as if what the demo has heard had been heard in the steps before."""
    desk = window.desk
    guide.restart()
    if step in ("look", "result"):
        found = [each for each in desk.findings.records.values() if isinstance(each, Finding)]
        seen = [
            Seen("listen", 1, f.id, f.level, f.kind, f.title, columns.about(desk, f), f.why, f.benign, f.next)
            for f in found
        ]
        guide.begin_part("listen")
        guide.heard("listen", 1, 600.0, {"rf": 600.0, "ble": 598.0, "wifi": 597.0}, seen)
        guide.end_part("listen", Course.DONE)
        for place, _name, _hint in checklists.places(guide.plan)[:5]:
            guide.answer(place, Answer.CLEAR)
    guide.go(step)


def _ready(window: Window, view: str) -> bool:
    """Whether a view has what it fetches."""
    shown = window.view(view)
    if isinstance(shown, DetailView):
        return shown.drawn
    return not isinstance(shown, TeachView) or shown.proposed


def _furnish(window: Window) -> None:
    """A floor plan with measurements, a known device: what the demo itself does not have."""
    desk = window.desk
    image = QImage(900, 600, QImage.Format.Format_RGB32)
    image.fill(QColor("#FFFFFF"))
    painter = QPainter(image)
    painter.setPen(QPen(QColor("#17202B"), 6))
    for wall in ((20, 20, 860, 560), (20, 20, 380, 300), (400, 20, 480, 300), (20, 320, 560, 260)):
        painter.drawRect(*wall)
    painter.end()
    plan = FloorPlan.fresh(desk.settings.folder / "plans", "Flat", 600 / 900)
    image.save(str(plan.picture))
    plan.facts.width_m, plan.facts.scaled = 12.0, True
    tag = next((each for each in desk.bluetooth.records.values() if desk.finding_of(each.id)), None)
    key = key_of(tag) if isinstance(tag, Device) else "ble:demo"
    for x, y in ((1, 1), (3, 3), (6, 1.5), (9, 1), (10.5, 3), (2, 6), (5, 5), (7.5, 6), (10, 7)):
        level = round(-38 - 26 * math.log10(max(0.4, math.hypot(x - 8.2, y - 3.2))))
        plan.take(Taken(x, y, {key: float(level)}), {key: "AirTag"})
    plan.name_place(2.7, 1.6, "Bedroom")
    plan.name_place(8.6, 2.0, "Living room")
    _begin_job(window)
    device = desk.bluetooth.at(0)
    if isinstance(device, Device):
        desk.familiar.keep(desk.familiar.proposed(device, "My headphones"))


def _begin_job(window: Window) -> None:
    """An open job: its pages are empty without one."""
    from sweeper.jobs.papers import Head, Person, Role

    me = Person(name="A. Person", role=Role.REVIEWER)
    head = Head(
        number="2026-01",
        purpose="my own property",
        permission="my own",
        place="at home",
        people=(me,),
        own=True,
    )
    window.desk.settings.put("jobs-home", str(window.desk.settings.folder / "jobs"))
    window.desk.jobs.create(window.desk.settings.folder / "jobs" / "2026-01", head, me.name)
    _wait(lambda: window.desk.jobs.card is not None)


def _save(window: Window, folder: Path, name: str) -> int:
    _settle()
    shown = next(iter(window.findChildren(QDialog)), None)
    picture = (shown if shown is not None and shown.isVisible() else window).grab().toImage()
    roles = {int(window.desk.style.color(role).rgb()) for role in theme.ROLES}
    if not name.startswith("plan"):  # a level map has more colours than a palette
        picture = _with_palette(picture, roles)
    picture.save(str(folder / f"{name}.png"), quality=10)
    return 1


def _with_palette(picture: QImage, roles: set[int]) -> QImage:
    """The picture in 256 colours, the theme's and its own commonest: a quarter of the size."""
    picture = picture.convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(picture.constBits(), np.uint32).reshape(picture.height(), -1)
    colors, counts = np.unique(pixels[::2, ::2], return_counts=True)
    common = [int(color) for color in colors[np.argsort(counts)[::-1]]]
    chosen = [*sorted(roles), *(color for color in common if color not in roles)][:256]
    return picture.convertToFormat(QImage.Format.Format_Indexed8, chosen)


def _settle() -> None:
    """Let layouts come to rest: each round may ask for another."""
    end = time.monotonic() + SETTLE_S
    rounds = 0
    while rounds < ROUNDS or time.monotonic() < end:
        QApplication.processEvents()
        # Views that were rebuilt away wait for an event loop that never runs here.
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        time.sleep(0.005)
        rounds += 1


def _wait(done: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not done():
        if time.monotonic() > end:
            raise TimeoutError("the demo did not end")
        QApplication.processEvents()
        time.sleep(0.01)


if __name__ == "__main__":
    sys.exit(main())
