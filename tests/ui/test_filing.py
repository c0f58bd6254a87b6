"""Photos and plans from the window into a job: in its folder, blurred where a person is, and its report."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QFileDialog

from sweeper.floorplan import Where
from sweeper.jobs.job import Job
from sweeper.jobs.papers import Head, Person, Photo, Plan, Role
from sweeper.language import get
from sweeper.report import where
from sweeper.ui import filing
from sweeper.ui.photo_dialog import PhotoDialog
from sweeper.ui.plans import FloorPlan, Taken
from sweeper.ui.window import Window
from tests.ui.fakes import Fake
from tests.ui.test_guide import press
from tests.ui.test_jobs import play, text_of

LONG_MS = 30_000


@pytest.fixture
def job(qtbot, window: Window, tmp_path: Path) -> Path:
    """An open job about one's own flat, with one sweep in it."""
    me = Person(name="A. Person", role=Role.REVIEWER)
    head = Head(number="1", purpose="peace", permission="mine", place="home", people=(me,), own=True)
    folder = tmp_path / "job"
    window.desk.jobs.create(folder, head, "A. Person")
    qtbot.waitUntil(lambda: window.desk.jobs.card is not None, timeout=LONG_MS)
    play(qtbot, window, Fake(30))
    qtbot.waitUntil(
        lambda: window.desk.jobs.card.sweeps[-1:] != () and window.desk.jobs.sweep == 1, timeout=LONG_MS
    )
    window.desk.select("F-001")
    window.show_view("findings")
    return folder


def words_of(report: Path) -> str:
    """A report's text with plain spaces between numbers and units."""
    return " ".join(report.read_text("utf-8").split())


def chequered(path: Path) -> Path:
    """A picture of squares, black and white, eight pixels each: blurring shows at once."""
    across, down = np.meshgrid(np.arange(400) // 8, np.arange(300) // 8)
    Image.fromarray(((across + down) % 2 * 255).astype(np.uint8)).convert("RGB").save(path)
    return path


def test_a_photo_is_filed_with_the_person_blurred(
    qtbot, window: Window, job: Path, tmp_path, monkeypatch
) -> None:
    """By the button of the inspector and the real dialog, a box drawn with the mouse."""
    chosen = chequered(tmp_path / "socket.png")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_a: (str(chosen), ""))

    def fill() -> None:
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, PhotoDialog):
            QTimer.singleShot(20, fill)
            return
        dialog.caption.setText("behind the socket")
        dialog.people.setChecked(True)
        area = dialog.marker._area()
        qtbot.mousePress(dialog.marker, Qt.MouseButton.LeftButton, pos=area.topLeft().toPoint())
        qtbot.mouseRelease(dialog.marker, Qt.MouseButton.LeftButton, pos=area.center().toPoint())
        dialog.accept()

    QTimer.singleShot(0, fill)
    press(window._inspector, "Add a photo")
    qtbot.waitUntil(lambda: bool(window.desk.jobs.card.photos), timeout=LONG_MS)
    qtbot.waitUntil(lambda: "Photos" in text_of(window._inspector), timeout=LONG_MS)
    report = tmp_path / "report.html"
    window.write_report(report)
    qtbot.waitUntil(lambda: "The report is saved." in text_of(window._message), timeout=LONG_MS)
    window.close()

    kept = Job(job, read_only=True)
    ((_number, photo),) = kept.filed(Photo)
    assert (photo.finding, photo.caption, photo.who) == ("1/F-001", "behind the socket", "A. Person")
    assert photo.people
    assert photo.blurred == 1
    kept.close()
    pixels = np.asarray(Image.open(job / photo.file).convert("L"), dtype=float)
    assert pixels[10:130, 10:180].std() < 30  # a grey area where the person was
    assert pixels[170:, 220:].std() > 100  # the squares everywhere else
    assert "behind the socket" in words_of(report)


def test_without_a_job_a_photo_is_kept_nowhere(qtbot, window: Window) -> None:
    play(qtbot, window, Fake(30))
    window.desk.select("F-001")
    window.show_view("findings")
    press(window._inspector, "Add a photo")
    assert "A photo is kept in a job." in text_of(window._message)


def measured(folder: Path) -> FloorPlan:
    """Eight by six metres; the tag of the fakes was heard at four places, strongest in the bedroom."""
    plan = FloorPlan.fresh(folder, "Flat", 0.75)
    Image.new("RGB", (400, 300), "white").save(plan.picture)
    plan.facts.width_m, plan.facts.scaled = 8.0, True
    for x, y, level in ((1.0, 1.0, -45.0), (7.0, 1.0, -70.0), (1.0, 5.0, -64.0), (7.0, 5.0, -75.0)):
        plan.take(Taken(x, y, {"ble:c2:00:00:00:00:01": level}), {"ble:c2:00:00:00:00:01": "AirTag"})
    plan.take(Taken(4.0, 3.0, {"rf:433920000": 20.0}), {})
    plan.name_place(1.0, 1.0, "Bedroom")
    return plan


def test_a_plan_is_filed_and_names_the_places_of_findings(qtbot, window: Window, job: Path, tmp_path) -> None:
    measured(window.desk.settings.folder / "plans")
    window.show_view("plan")
    rooms = window.view("plan").rooms
    press(rooms, "File in the job")
    qtbot.waitUntil(lambda: "The plan is filed in the job." in text_of(window._message), timeout=LONG_MS)
    report = tmp_path / "report.html"
    window.write_report(report)
    qtbot.waitUntil(lambda: "The report is saved." in text_of(window._message), timeout=LONG_MS)
    findings = {each.id: each for each in window.desk.findings.records.values()}
    assert window.desk.whereabouts.short(findings["F-002"]) == "Bedroom"
    assert window.desk.whereabouts.short(findings["F-001"]) == "strongest: Bedroom"
    window.close()

    kept = Job(job, read_only=True)
    ((_number, filed),) = kept.filed(Plan)
    kept.close()
    assert (filed.title, filed.width_m) == ("Flat", 8.0)
    assert (job / filed.file).is_file()
    tag = next(mark for mark in filed.marks if mark.finding == "1/F-002")
    assert tag.where is not None
    assert (tag.where.place, tag.where.strongest, tag.where.level_db) == ("Bedroom", "Bedroom", -45.0)
    assert tag.where.readings == 4
    assert 0 < tag.where.radius_m < 5
    voice = next(mark for mark in filed.marks if mark.finding == "1/F-001")
    assert (voice.x, voice.y) == pytest.approx((0.5, 0.5))
    assert voice.where.radius_m is None
    assert {mark.label for mark in filed.marks if mark.label} == {"Bedroom"}
    text = words_of(report)
    assert "most likely near “Bedroom”" in text
    assert "too few to say where it is" in text


def test_a_report_without_a_job_names_the_places_too(qtbot, window: Window, tmp_path: Path) -> None:
    plan = measured(window.desk.settings.folder / "plans")
    window.desk.settings.put("plan", str(plan.folder))
    play(qtbot, window, Fake(30))
    report = tmp_path / "report.html"
    window.write_report(report)
    qtbot.waitUntil(lambda: "The report is saved." in text_of(window._message), timeout=LONG_MS)
    assert "The strongest reading was −45 dBm, near “Bedroom”." in words_of(report)
    window.show_view("findings")
    assert filing.numbered(window.desk, "F-001") == ""


def test_the_sentence_never_says_more_than_was_measured() -> None:
    few = Where("Flat", "", None, -60.0, "dBm", "", 2)
    said = " ".join(where.sentence(few, get("en")).split())
    assert said == (
        "Plan “Flat”: measured at 2 places, too few to say where it is. The strongest reading was −60 dBm."
    )


def test_the_table_names_places_only_where_one_is_known(qtbot, window: Window) -> None:
    """Nothing measured, or only what no finding is about: the column is away."""
    plan = measured(window.desk.settings.folder / "plans")
    plan.facts.taken, kept = [Taken(1.0, 1.0, {"ble:other": -50.0})], plan.facts.taken
    window.desk.plan = plan
    play(qtbot, window, Fake(30))
    window.show_view("findings")
    table = window.view("findings")._table
    at = [column.title() for column in window.desk.findings.columns].index("Place")
    assert table.isColumnHidden(at)
    plan.facts.taken = kept
    window.desk.changed.emit()
    assert not table.isColumnHidden(at)
    cell = window.desk.findings.index(window.desk.findings.row_of("F-002"), at)
    assert cell.data() == "Bedroom"
