"""Evidence in the window: what was looked at, handed over, photographed, kept, purged, taken along."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from sweeper.jobs import locking
from sweeper.jobs.job import Decision, DeviceClass, Job, Verdict
from sweeper.jobs.papers import Check, Custody, Meeting, Photo
from sweeper.ui import job_classes, job_parts, photo_dialog
from sweeper.ui.phase import Phase
from sweeper.ui.window import Window
from tests.ui.fakes import Fake, recipe
from tests.ui.job_pages.hand import PATIENCE_MS, page, said, shows


def test_search_custody_and_meeting_are_filed(qtbot, window: Window, folder: Path, answer) -> None:
    view = page(qtbot, window, "job-search", "Nothing is filed yet.")
    answer(known="office/table", result="something", note="a pen")
    view.file_check()
    shows(qtbot, view, "by eye and hand: something to look at", "a pen")
    answer(label="Board")
    view.file_meeting()
    shows(qtbot, view, "Board")
    evidence = page(qtbot, window, "job-evidence", "Chain of custody")
    answer(item="a pen", giver="Aigul", taker="Police", seal="5")
    evidence.hand_over()
    shows(qtbot, evidence, "a pen", "Aigul to Police", "Seal 5")
    window.close()
    job = Job(folder, read_only=True)
    assert [c.place for _n, c in job.filed(Check)] == ["office/table"]
    meeting = job.filed(Meeting)[0][1]
    assert meeting.stop_utc_s - meeting.start_utc_s == pytest.approx(3600, abs=1)
    assert [c.item for _n, c in job.filed(Custody)] == ["a pen"]
    job.close()


def test_a_job_leaves_as_one_file_and_is_taken_in_again(
    qtbot, window: Window, folder: Path, after, tmp_path: Path, answer, monkeypatch
) -> None:
    view = page(qtbot, window, "job-evidence", "Not sealed yet.")
    target = tmp_path / "away.locked.zip"
    monkeypatch.setattr(job_parts, "chosen_file", lambda *_a: target)
    answer(password="right", again="wrong")
    view.export()
    assert "The two passwords differ." in said(window._message)
    answer(password="right", again="right")
    after(view.export, "The job is saved.")
    assert locking.is_locked(target)
    register = page(qtbot, window, "register", "2 jobs")
    answer(password="right")
    register.take_in(target)
    shows(qtbot, register, "3 jobs")
    assert (folder.parent / "away" / "job.sqlite").is_file()


def test_purge_asks_deletes_and_leaves_a_certificate(qtbot, window: Window, folder: Path, answer) -> None:
    window.desk.jobs.act_as("Ravil")
    view = page(qtbot, window, "job-evidence", "due for deletion")
    answer(photos=True)
    view.purge()
    shows(qtbot, view, "Deleted on")
    window.close()
    job = Job(folder, read_only=True)
    assert [purge.who for purge in job.purges()] == ["Ravil"]
    job.close()


def test_samples_are_kept_only_after_the_warning(qtbot, window: Window, folder: Path, monkeypatch) -> None:
    view = page(qtbot, window, "jobs", "Who acts")
    asked: list[str] = []

    def refuse(_parent, _title, text, _verb) -> bool:
        asked.append(text)
        return False

    monkeypatch.setattr(job_parts, "agreed", refuse)
    view.keep_iq.click()
    assert "may hold what people say" in asked[0]
    assert not window.desk.jobs.keep_iq
    assert not view.keep_iq.isChecked()
    monkeypatch.setattr(job_parts, "agreed", lambda *_a: True)
    view.keep_iq.click()
    assert view.keep_iq.isChecked()
    window.desk.speed = None
    window.desk.begin(recipe(Fake(25)), "with samples")
    qtbot.waitUntil(lambda: window.desk.phase is Phase.ENDED, timeout=PATIENCE_MS)
    window.desk.jobs.close()
    qtbot.waitUntil(lambda: window.desk.jobs.card is None, timeout=PATIENCE_MS)
    assert not window.desk.jobs.keep_iq, "asked anew for each opening of a job"
    window.close()
    job = Job(folder, read_only=True)
    acts = [entry.act for entry in job.store.audit_log()]
    job.close()
    assert "samples of findings are kept" in acts


def test_a_device_is_classed_by_a_person_and_a_photo_of_the_place_is_filed(
    qtbot, window: Window, folder: Path, answer, after, tmp_path: Path, monkeypatch
) -> None:
    window.desk.speed = None
    window.desk.begin(recipe(Fake(25)), "office")
    qtbot.waitUntil(lambda: window.desk.phase is Phase.ENDED, timeout=PATIENCE_MS)
    view = page(qtbot, window, "job-evidence", "Not sealed yet.")
    assert "Devices before the law" not in said(view), "nothing was confirmed"
    decision = Decision(1, "F-001", Verdict.CONFIRMED, "Aigul", "in the lamp")
    window.desk.jobs.ask(lambda opened, _who: opened.decide(decision), lambda *_answer: None)
    shows(qtbot, view, "Devices before the law", "1/F-001", "not said", "in the lamp")
    answer(**{"class": "special"})
    after(job_classes.ask, "Filed.", window.desk, view, decision)
    shows(qtbot, view, "special technical means")

    picture = QImage(64, 48, QImage.Format.Format_RGB32)
    picture.fill(0x808080)
    picture.save(str(tmp_path / "lamp.png"))
    monkeypatch.setattr(photo_dialog, "ask", lambda *_a: ("the lamp", False, []))
    search = page(qtbot, window, "job-search", "Nothing is filed yet.")
    search.add_photo(tmp_path / "lamp.png")
    shows(qtbot, search, "the lamp")
    window.close()
    kept = Job(folder, read_only=True)
    assert kept.verdicts()[(1, "F-001")].device_class is DeviceClass.SPECIAL
    assert [photo.caption for _number, photo in kept.filed(Photo)] == ["the lamp"]
    kept.close()
