"""A job's report on the command line: formats, pseudonyms, verdicts, and an entry in the audit log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sweeper.casework.spectra import SpectraSink
from sweeper.cli import main
from sweeper.jobs.job import Decision, Head, Job, Person, Role, Verdict
from sweeper.jobs.sink import JobSink
from tests.report.samples import session

ADDRESS = "D2:19:4A:00:51:7E"


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """A job with one sweep: a tag and two transmitters, its spectra kept."""
    folder = tmp_path / "job"
    head = Head(
        number="7",
        purpose="To look",
        permission="By contract",
        place="Office 5",
        client="A. Client",
        people=(Person("B. Person", Role.TECHNICIAN),),
        profile="kz",
    )
    made = Job.create(folder, head, "B. Person", now=lambda: 1.79e9)
    _sweep(made)
    made.close()
    return folder


def _sweep(job: Job) -> None:
    sweep = job.start_sweep("B. Person", "office")
    heard = session(3)
    sink, spectra = JobSink(job.store, sweep), SpectraSink(job.store, sweep)
    for record in (
        *heard.opened.values(),
        *heard.closed.values(),
        *heard.emissions,
        *heard.devices,
        *heard.findings,
        *heard.coverage,
    ):
        sink(record)
    spectra._collected.looks.update(heard.looks)
    sink.flush()
    spectra.flush()
    job.end_sweep(sweep, "B. Person")


def document(folder: Path, *arguments: str) -> dict[str, list[dict[str, object]]]:
    target = folder.parent / "out.json"
    assert main(["report", str(folder), "--out", str(target), "--who", "B. Person", *arguments]) == 0
    loaded: dict[str, list[dict[str, object]]] = json.loads(target.read_text())
    return loaded


def test_other_peoples_addresses_do_not_leave_the_job(job: Path) -> None:
    text = json.dumps(document(job))
    assert ADDRESS not in text
    assert "mac-" in text


def test_a_confirmed_device_is_named(job: Path) -> None:
    opened = Job(job)
    opened.decide(Decision(1, "F-900", Verdict.CONFIRMED, "B. Person"))
    opened.close()
    assert ADDRESS in json.dumps(document(job))


def test_the_page_has_the_jobs_facts_its_spectrum_and_the_verdict(job: Path) -> None:
    opened = Job(job)
    opened.decide(Decision(1, "F-001", Verdict.EXPLAINED, "B. Person", "the guard's radio"))
    opened.close()
    target = job.parent / "out.html"
    assert main(["--lang", "en", "report", str(job), "--out", str(target), "--who", "B. Person"]) == 0
    page = target.read_text()
    for words in ("A. Client", "By contract", "Office 5", "B. Person (technician)", "Verdict: explained"):
        assert words in page, words
    assert "Spectrum 430.0" in page
    assert "3b" * 32 in page


def test_two_sweeps_keep_their_findings_apart(job: Path) -> None:
    opened = Job(job)
    _sweep(opened)
    opened.close()
    ids = [row["id"] for row in document(job)["findings"]]
    assert len(ids) == len(set(ids)) == 6
    assert {"1/F-900", "2/F-900"} <= set(ids)
    assert {row["id"] for row in document(job, "--sweep", "2")["findings"]} == {
        "2/F-900",
        "2/F-001",
        "2/F-002",
    }


def test_the_default_is_a_pdf_in_the_jobs_folder_and_an_entry_in_its_log(job: Path) -> None:
    pytest.importorskip("typst")
    assert main(["report", str(job), "--who", "B. Person"]) == 0
    (made,) = (job / "reports").iterdir()
    assert made.read_bytes().startswith(b"%PDF-")
    opened = Job(job, read_only=True)
    assert opened.store.audit_log()[-1].act == "report"
    assert opened.problem is None
    opened.close()


def test_a_folder_that_is_no_job_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--lang", "en", "report", str(tmp_path / "none")]) == 2
    assert "no job here" in capsys.readouterr().err
