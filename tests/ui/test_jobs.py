"""Jobs in the window: begun, kept, decided, reopened after a restart; nothing is lost or erased."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QLabel

from sweeper.jobs import purging
from sweeper.jobs.job import Job
from sweeper.ui import verdict_dialog
from sweeper.ui.phase import Phase
from sweeper.ui.verdicts import Decision
from sweeper.ui.window import Window
from tests.ui.fakes import Endless, Fake, recipe


def text_of(widget) -> str:
    QApplication.processEvents()
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget))


def begin(qtbot, window: Window, tmp_path: Path, name: str = "flat-1") -> Path:
    """Begin a job about one's own flat by the form."""
    window.desk.settings.put("jobs-home", str(tmp_path / "jobs"))
    window.show_view("jobs")
    view = window.view("jobs")
    view._fields["number"].setText(name)
    view._fields["person"].setText("A. Person")
    view.begin()
    qtbot.waitUntil(lambda: window.desk.jobs.card is not None, timeout=10_000)
    return tmp_path / "jobs" / name


def play(qtbot, window: Window, *sources: object) -> None:
    window.desk.speed = None
    window.desk.begin(recipe(*sources), "a replay")
    qtbot.waitUntil(lambda: window.desk.phase is Phase.ENDED, timeout=20_000)


def decide(window: Window, monkeypatch, name: str, decision: Decision) -> None:
    monkeypatch.setattr(verdict_dialog, "ask", lambda *_a: (name, ""))
    finding = window.desk.finding_of("F-001")
    assert finding is not None
    window._inspector.decide(finding, decision)


def test_a_job_keeps_sweep_and_verdict_and_is_found_again(
    qtbot, window: Window, tmp_path: Path, monkeypatch
) -> None:
    folder = begin(qtbot, window, tmp_path)
    assert "flat-1" in text_of(window.view("jobs"))
    play(qtbot, window, Fake(40))
    qtbot.waitUntil(lambda: bool(window.desk.jobs.card.sweeps), timeout=10_000)
    assert window.desk.jobs.card.sweeps[0].findings == 2
    assert window.desk.jobs.card.sweeps[0].ended
    decide(window, monkeypatch, "A. Person", Decision.SUSPICIOUS)
    decide(window, monkeypatch, "A. Person", Decision.EXPLAINED)
    done: list[object] = []
    window.desk.ask(lambda: None, lambda *_answer: done.append(True))
    qtbot.waitUntil(lambda: bool(done), timeout=5000)
    window.close()

    job = Job(folder, read_only=True)
    given = job.verdicts()[(1, "F-001")]
    assert (given.verdict, given.who) == ("explained", "A. Person")
    assert len(job.store.papers("verdict")) == 2
    assert job.problem is None
    job.close()


def test_a_kept_sweep_is_shown_again_with_its_verdicts(
    qtbot, window: Window, tmp_path: Path, monkeypatch
) -> None:
    begin(qtbot, window, tmp_path)
    play(qtbot, window, Fake(40))
    decide(window, monkeypatch, "A. Person", Decision.EXPLAINED)
    window.desk.jobs.close()
    qtbot.waitUntil(lambda: window.desk.jobs.card is None, timeout=5000)
    play(qtbot, window, Fake(5))
    assert window.desk.findings.rowCount() == 0

    window.open_last()
    qtbot.waitUntil(lambda: window.desk.jobs.card is not None, timeout=10_000)
    window.desk.jobs.show(1)
    qtbot.waitUntil(lambda: window.desk.findings.rowCount() == 2, timeout=10_000)
    assert window.page == "findings"
    assert window.desk.emissions.rowCount() == 1
    assert window.desk.bluetooth.rowCount() == 1
    assert window.desk.verdicts.of("F-001").decision is Decision.EXPLAINED
    assert window.desk.verdicts.of("F-001").name == "A. Person"
    target = tmp_path / "report.html"
    window.write_report(target)
    qtbot.waitUntil(lambda: target.is_file() and window._message.isVisible(), timeout=20_000)
    assert "A steady voice transmitter close by" in target.read_text("utf-8")


def test_closing_in_the_middle_loses_nothing(qtbot, window: Window, tmp_path: Path) -> None:
    folder = begin(qtbot, window, tmp_path)
    window.desk.begin(recipe(Endless()), "live", live=True)
    qtbot.waitUntil(lambda: window.desk.findings.rowCount() == 2, timeout=10_000)
    window.close()
    job = Job(folder, read_only=True)
    assert {finding.id for _sweep, finding in job.findings()} == {"F-001", "F-002"}
    assert job.store.sweeps()[0][2] is not None
    job.close()


def test_undo_files_the_verdict_before_again(qtbot, window: Window, tmp_path: Path, monkeypatch) -> None:
    folder = begin(qtbot, window, tmp_path)
    play(qtbot, window, Fake(40))
    decide(window, monkeypatch, "A. Person", Decision.CONFIRMED)
    window.desk.undo_verdict()
    assert window.desk.verdicts.of("F-001").decision is Decision.OPEN
    window.close()
    job = Job(folder, read_only=True)
    assert job.verdicts()[(1, "F-001")].verdict == "open"
    assert len(job.store.papers("verdict")) == 2
    job.close()


def test_a_job_for_others_says_what_is_missing(qtbot, window: Window, tmp_path: Path) -> None:
    window.desk.settings.put("jobs-home", str(tmp_path / "jobs"))
    window.show_view("jobs")
    view = window.view("jobs")
    view._own.setChecked(False)
    view._fields["person"].setText("")
    view._fields["purpose"].setText("A yearly sweep")
    view.begin()
    said = text_of(window._message)
    assert "The job cannot begin yet." in said
    assert "Fill in: Permission, Place and Who sweeps." in said
    assert not (tmp_path / "jobs").exists()


def test_a_folder_that_is_no_job_is_said_calmly(qtbot, window: Window, tmp_path: Path) -> None:
    window.desk.jobs.open(tmp_path)
    qtbot.waitUntil(lambda: window._message.isVisible(), timeout=5000)
    assert "no job here" in text_of(window._message)


def test_a_stranger_may_not_decide_in_a_technicians_job(
    qtbot, window: Window, tmp_path: Path, monkeypatch
) -> None:
    window.desk.settings.put("jobs-home", str(tmp_path / "jobs"))
    window.show_view("jobs")
    view = window.view("jobs")
    view._own.setChecked(False)
    for name in ("number", "place", "purpose", "permission", "client", "person"):
        view._fields[name].setText("T. Technician" if name == "person" else f"a {name}")
    view.begin()
    qtbot.waitUntil(lambda: window.desk.jobs.card is not None, timeout=10_000)
    play(qtbot, window, Fake(40))
    decide(window, monkeypatch, "A. Stranger", Decision.CONFIRMED)
    qtbot.waitUntil(lambda: window._message.isVisible(), timeout=5000)
    assert "The job did not allow this." in text_of(window._message)
    assert window.desk.verdicts.of("F-001").decision is Decision.OPEN


@pytest.mark.parametrize("name", ["2026-11-22", "a/b", "../up", "..", "имя"])
def test_any_name_makes_a_folder_within_the_jobs_folder(
    qtbot, window: Window, tmp_path: Path, name: str
) -> None:
    window.desk.settings.put("jobs-home", str(tmp_path / "jobs"))
    window.show_view("jobs")
    view = window.view("jobs")
    view._fields["number"].setText(name)
    view.begin()
    qtbot.waitUntil(lambda: window.desk.jobs.card is not None, timeout=10_000)
    assert Path(window.desk.jobs.card.folder).parent == tmp_path / "jobs"


@pytest.mark.usefixtures("little_work")
def test_what_leaves_a_job_is_pseudonymised_sealed_and_locked(
    qtbot, window: Window, tmp_path: Path, monkeypatch
) -> None:
    folder = begin(qtbot, window, tmp_path)
    play(qtbot, window, Fake(40))
    qtbot.waitUntil(lambda: bool(window.desk.jobs.card.sweeps), timeout=10_000)
    opened = Job(folder, read_only=True)
    addresses = [device.address for _, device in opened.devices()]
    opened.close()
    said: list[str] = []
    window.desk.told.connect(lambda what, *_rest: said.append(what))
    acts = window.view("jobs")._acts
    acts.write(tmp_path / "job.html")
    window.write_report(tmp_path / "now.html")
    qtbot.waitUntil(lambda: (tmp_path / "now.html").exists() and len(said) > 0, timeout=20_000)
    for name in ("job.html", "now.html"):
        page = (tmp_path / name).read_text()
        assert addresses
        assert not [address for address in addresses if address in page]
    acts.seal()
    qtbot.waitUntil(lambda: (folder / "manifest.json").exists(), timeout=20_000)
    qtbot.waitUntil(lambda: len(said) > 1, timeout=20_000)
    given = iter(["one", "two", "right", "right"])
    monkeypatch.setattr(acts, "_password", lambda _title: next(given))
    acts.lock()
    assert folder.is_dir(), "two passwords that differ lock nothing"
    acts.lock()
    locked = folder.with_name(folder.name + ".locked.zip")
    qtbot.waitUntil(lambda: locked.exists() and not folder.exists(), timeout=20_000)
    refused: list[str] = []
    window.desk.jobs.refused.connect(refused.append)
    window.desk.jobs.unlock(locked, "wrong")
    qtbot.waitUntil(lambda: bool(refused), timeout=20_000)
    assert "password is wrong" in refused[0]
    window.desk.jobs.unlock(locked, "right")
    qtbot.waitUntil(lambda: window.desk.jobs.card is not None, timeout=20_000)
    assert len(window.desk.jobs.card.sweeps) == 1


def test_a_purge_does_not_hold_up_what_the_core_does_meanwhile(
    qtbot, window: Window, tmp_path: Path, monkeypatch
) -> None:
    """While the first file is overwritten, the core's loop answers; the certificate comes afterwards."""
    folder = begin(qtbot, window, tmp_path)
    play(qtbot, window, Fake(10))
    qtbot.waitUntil(lambda: bool(window.desk.jobs.card.sweeps), timeout=10_000)
    (folder / "recordings").mkdir(exist_ok=True)
    (folder / "recordings" / "a.cu8").write_bytes(b"secret")
    begun, goes_on = threading.Event(), threading.Event()
    really = purging.overwritten

    def slowly(path: Path) -> None:
        begun.set()
        assert goes_on.wait(60)
        really(path)

    monkeypatch.setattr(purging, "overwritten", slowly)
    answers: list[str] = []
    window.desk.jobs.purge(lambda _certificate, problem: answers.append(problem or "purged"), photos=False)
    qtbot.waitUntil(begun.is_set)
    window.desk.ask(lambda: None, lambda *_answer: answers.append("meanwhile"))
    qtbot.waitUntil(lambda: bool(answers))
    goes_on.set()
    qtbot.waitUntil(lambda: len(answers) == 2)
    assert answers == ["meanwhile", "purged"]
    assert not (folder / "recordings" / "a.cu8").exists()
