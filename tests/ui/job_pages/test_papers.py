"""A technician who never opens a terminal: licence, duties, consent, people and register in the window."""

from __future__ import annotations

import datetime as dt
import json
import zipfile
from pathlib import Path

import pytest
from PySide6.QtCore import QDate, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QProgressBar,
)

from sweeper.jobs import practice
from sweeper.jobs.job import Consent, Head, Job, Person
from sweeper.ui import job_forms, job_parts, menus, safe_use
from sweeper.ui.job_forms import Day, Field, Form, Kind
from sweeper.ui.window import Window
from tests.ui.job_pages.hand import PATIENCE_MS, page, said, shows
from tests.ui.test_accessible import controls

PAGES = ("jobs", "job-people", "job-search", "job-evidence", "register", "practice")


def test_a_form_waits_for_what_is_required_and_a_day_can_be_left_out(qtbot, window: Window) -> None:
    fields = (
        Field(key="name", title="Name", required=True),
        Field(key="until", title="Last day", kind=Kind.DAY, value=None),
        Field(key="months", title="Months", kind=Kind.NUMBER, value=3, low=1, high=12),
    )
    form = Form(window, window.desk.style, "A form", "Keep", fields)
    qtbot.addWidget(form)
    form.show()
    ok = form._box.button(QDialogButtonBox.StandardButton.Ok)
    assert not ok.isEnabled()
    assert form.given().day("until") is None
    name = form.controls["name"]
    assert isinstance(name, QLineEdit)
    qtbot.keyClicks(name, "Aigul")
    assert ok.isEnabled()
    until = form.controls["until"]
    assert isinstance(until, Day)
    until._tick.setChecked(True)
    until.edit.setDate(QDate(2026, 12, 1))
    given = form.given()
    assert (given.text("name"), given.day("until"), given.number("months")) == (
        "Aigul",
        dt.date(2026, 12, 1),
        3,
    )
    for control in (name, until._tick, until.edit, form.controls["months"], ok):
        name_of = QAccessible.queryAccessibleInterface(control).text(QAccessible.Text.Name)
        assert name_of.strip()
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_the_licence_card_is_entered_and_goes_into_a_new_job(
    qtbot, window: Window, tmp_path: Path, answer
) -> None:
    view = page(qtbot, window, "practice", "none is entered")
    issued = dt.date(2026, 2, 1)
    answer(number="L-77", holder="Tynysh LLP", authority="KNB", issued=issued, subkind=2, law="kz")
    view.enter_card()
    # Three years from 1 February 2026 end on 31 January 2029.
    shows(qtbot, view, "L-77", "Tynysh LLP", "31 January 2029")
    mine = practice.read()
    assert mine.duties, "the law's duties stand in the calendar"
    answer(name="Receiver", serial="7", calibrated=dt.date(2025, 1, 1), due=dt.date(2026, 1, 1))
    view.enter_equipment()
    answer(name="Aigul", position="technician")
    view.enter_staff()
    shows(qtbot, view, "Serial number 7", "Aigul", "LATE")
    done = mine.duties[0]
    answer(day=done.due)
    view.duty_done(done.id)
    shows(qtbot, view, "Done last")

    window.desk.settings.put("jobs-home", str(tmp_path / "jobs"))
    jobs = page(qtbot, window, "jobs")
    jobs.refresh()  # the law of the practice is proposed
    jobs._own.setChecked(False)
    for name in ("number", "place", "purpose", "permission", "person"):
        jobs._fields[name].setText("Aigul" if name == "person" else f"a {name}")
    jobs.begin()
    qtbot.waitUntil(lambda: window.desk.jobs.card is not None, timeout=PATIENCE_MS)
    found = Job(Path(window.desk.jobs.card.folder), read_only=True)
    head = found.head
    found.close()
    assert head.profile == "kz"
    assert head.licence is not None
    assert (head.licence.number, head.licence.subkind) == ("L-77", 2)
    assert [piece.serial for piece in head.equipment] == ["7"]


def test_a_licence_of_another_organisation_is_refused_in_words(qtbot, window: Window, answer) -> None:
    view = page(qtbot, window, "practice", "none is entered")
    card = {"authority": "KNB", "issued": dt.date(2026, 2, 1), "law": "kz"}
    answer(number="L-77", holder="Tynysh LLP", **card)
    view.enter_card()
    shows(qtbot, view, "L-77")
    answer(number="L-78", holder="Others LLP", **card)
    view.enter_card()
    qtbot.waitUntil(lambda: window._message.isVisible(), timeout=PATIENCE_MS)
    assert "non-alienable" in said(window._message)
    assert practice.read().licence.number == "L-77"


def test_consent_its_withdrawal_and_an_objection_are_filed_counted_and_answered(
    qtbot, window: Window, folder: Path, answer, after, monkeypatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(job_forms, "today", lambda: dt.date(2026, 11, 23))
    view = page(qtbot, window, "job-people", "Nobody's consent is filed.")
    answer(person="N. Neighbour", given=dt.date(2026, 11, 2), until=dt.date(2026, 12, 31), how="in writing")
    view.file_consent()
    shows(qtbot, view, "N. Neighbour", "a yearly sweep", "31 December 2026", "It holds today.")
    answer(person="N. Neighbour", received=dt.date(2026, 11, 23), text="no more")
    view.file_term("withdrawal")
    # Fifteen working days after Monday 23 November 2026; 16 December is Independence Day: 14 December.
    shows(qtbot, view, "15 working days left, until 14 December 2026.")
    answer(person="N. Neighbour", received=dt.date(2026, 11, 16), text="I object")
    view.file_term("objection")
    shows(qtbot, view, "LATE since 19 November 2026.")
    number = next(n for kind, n, *_ in view.rights.terms if kind == "objection")
    answer(text="Considered: nothing was decided by a machine.", day=dt.date(2026, 11, 23))
    view.answer("objection", number)
    shows(qtbot, view, "Answered on 23 November 2026.")

    target = tmp_path / "notice.txt"
    monkeypatch.setattr(job_parts, "chosen_file", lambda *_a: target)
    after(view._paper, "The paper is saved.", "notice", None)
    assert "2026-7" in target.read_text("utf-8") or "office" in target.read_text("utf-8")
    view._about.setText("C1:02:03:04:05:06")
    kept = tmp_path / "subject.json"
    monkeypatch.setattr(job_parts, "chosen_file", lambda *_a: kept)
    after(view.save_about, "Saved.")
    assert isinstance(json.loads(kept.read_text("utf-8")), dict)
    window.close()
    job = Job(folder, read_only=True)
    assert [c.person for _n, c in job.filed(Consent)] == ["N. Neighbour"]
    assert [t.due for _n, t in job.terms("withdrawal")] == [dt.date(2026, 12, 14)]
    assert {e.act for e in job.store.audit_log()} >= {"consent", "withdrawal", "objection", "paper"}
    job.close()


def test_who_acts_is_chosen_and_the_reviewer_seals(qtbot, window: Window, folder: Path) -> None:
    view = page(qtbot, window, "job-evidence", "Not sealed yet.")
    view.seal()
    qtbot.waitUntil(lambda: "not entered in this job as reviewer" in view.said, timeout=PATIENCE_MS)
    assert not (folder / "manifest.json").exists()
    jobs = page(qtbot, window, "jobs", "Who acts")
    box = next(b for b in jobs.findChildren(QComboBox) if b.accessibleName() == "Who acts")
    assert box.findData("Viktor") < 0, "a viewer may only read"
    box.setCurrentIndex(box.findData("Ravil"))
    box.activated.emit(box.currentIndex())
    qtbot.waitUntil(lambda: window.desk.jobs.card.who == "Ravil", timeout=PATIENCE_MS)
    view.seal()
    qtbot.waitUntil(lambda: "Sealed:" in view.said, timeout=PATIENCE_MS)
    shows(qtbot, view, "Ravil")
    view.verify()
    qtbot.waitUntil(lambda: "as sealed" in view.said, timeout=PATIENCE_MS)
    assert "are as sealed by Ravil" in view.said
    sealed = next((folder / "evidence").glob("job-*.sqlite"))
    sealed.chmod(0o600)
    content = bytearray(sealed.read_bytes())
    content[100] ^= 1
    sealed.write_bytes(content)
    view.verify()
    qtbot.waitUntil(lambda: sealed.name in view.said, timeout=PATIENCE_MS)


def test_the_register_shows_saves_packs_and_opens_every_job(
    qtbot, window: Window, folder: Path, after, tmp_path: Path, monkeypatch
) -> None:
    view = page(qtbot, window, "register", "2 jobs")
    assert {Path(line.id).name for line in view._model.records.values()} == {"one", "two"}
    csv = tmp_path / "register.csv"
    monkeypatch.setattr(job_parts, "chosen_file", lambda *_a: csv)
    after(view.save_register, "Saved.")
    assert csv.read_text("utf-8-sig").count("2026-7") == 2
    pack = tmp_path / "inspection.zip"
    monkeypatch.setattr(job_parts, "chosen_file", lambda *_a: pack)
    after(view.save_pack, "Saved.")
    with zipfile.ZipFile(pack) as archive:
        assert {"inspection.pdf", "jobs.csv", "consents.csv", "hashes.csv"} <= set(archive.namelist())
    view._open(str(folder.with_name("two")))
    qtbot.waitUntil(lambda: window.desk.jobs.card.folder.endswith("two"), timeout=PATIENCE_MS)
    assert window.page == "jobs"


def test_the_head_of_a_job_is_changed_and_a_person_added(
    qtbot, window: Window, folder: Path, answer, after
) -> None:
    from sweeper.ui import job_head

    view = page(qtbot, window, "jobs", "Who acts")
    answer(recommendations="Lock the server room", retention_days=10, next_sweep=dt.date(2027, 5, 1))
    after(job_head.change, "The job is changed.", window.desk, view)
    answer(name="Dana", role="reviewer")
    job_head.add_person(window.desk, view)
    qtbot.waitUntil(lambda: ("Dana", "reviewer") in window.desk.jobs.card.able, timeout=PATIENCE_MS)
    window.close()
    job = Job(folder, read_only=True)
    head = job.head
    changes = [entry.detail["fields"] for entry in job.store.audit_log() if entry.act == "changed"]
    job.close()
    assert (head.recommendations, head.retention_days) == ("Lock the server room", 10)
    assert head.next_sweep == dt.date(2027, 5, 1)
    assert changes == ["next_sweep,recommendations,retention_days", "people"]


def test_risks_and_safe_use_are_shown_once(qtbot, window: Window) -> None:
    safe_use.at_first_run(window)
    (dialog,) = window.findChildren(QDialog)
    assert dialog.isVisible()
    shown = "\n".join(label.text() for label in dialog.findChildren(QLabel))
    assert "Risks and safe use" in shown
    assert "It can miss a device" in shown
    dialog.close()
    qtbot.waitUntil(
        lambda: not [d for d in window.findChildren(QDialog) if d.isVisible()], timeout=PATIENCE_MS
    )
    safe_use.at_first_run(window)
    assert not [d for d in window.findChildren(QDialog) if d.isVisible()]


@pytest.mark.parametrize("code", ["en", "ru", "kk"])
def test_every_control_has_a_name_and_takes_the_focus(qtbot, window: Window, folder: Path, code: str) -> None:
    menus.change(window, "language", code)
    for name in PAGES:
        window.show_view(name)
        shown = window.view(name)
        least = 4 if name != "register" else 5
        qtbot.waitUntil(lambda: len(controls(window)) > least, timeout=PATIENCE_MS)  # noqa: B023
        qtbot.waitUntil(lambda: bool(said(shown)), timeout=PATIENCE_MS)  # noqa: B023
        for widget in controls(window):
            spoken = QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)
            assert spoken.strip(), f"{type(widget).__name__} in {name} has no name"
            if widget.isEnabled() and not isinstance(widget, QProgressBar):
                assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus, f"{spoken} in {name}: not by keyboard"


def test_a_job_changed_from_outside_offers_no_act(qtbot, window: Window, tmp_path: Path) -> None:
    import sqlite3

    folder = tmp_path / "job"
    head = Head(number="1", purpose="p", permission="p", place="p", people=(Person("Aigul"),))
    Job.create(folder, head, "Aigul").close()
    with sqlite3.connect(folder / "job.sqlite") as db:
        db.execute("UPDATE audit SET value = replace(value, 'Aigul', 'Sanya')")
    db.close()
    window.desk.jobs.open(folder)
    qtbot.waitUntil(lambda: window.desk.jobs.card is not None, timeout=PATIENCE_MS)
    assert "changed from outside" in said(page(qtbot, window, "jobs", "Opened for reading only"))
    for name, absent in (
        ("job-people", "File a consent…"),
        ("job-search", "Enter a meeting…"),
        ("job-evidence", "Purge…"),
    ):
        view = page(qtbot, window, name)
        qtbot.waitUntil(lambda: len(said(view)) > 100, timeout=PATIENCE_MS)  # noqa: B023
        names = {widget.accessibleName() for widget in controls(window)}
        assert absent not in names
        assert "Back to the jobs" in names
