"""A job's report as it leaves the program: complete, inert, pseudonymous, in three languages, at
every size.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from sweeper import language
from sweeper.casework import papers, writing
from sweeper.jobs.job import Job
from sweeper.signatures import Library, builtin_folder
from tests.casework import samples

pytest.importorskip("typst")
pytest.importorskip("PIL.Image")
ADDRESS = "D2:19:4A:00:51:7E"
PDFTOTEXT = shutil.which("pdftotext")


@pytest.fixture(scope="module")
def library() -> Library:
    return Library.load(builtin_folder())


def text_of(pdf: bytes, folder: Path) -> str:
    if PDFTOTEXT is None:
        pytest.skip("no pdftotext here to read the page")
    path = folder / "page.pdf"
    path.write_bytes(pdf)
    done = subprocess.run([PDFTOTEXT, "-layout", str(path), "-"], capture_output=True, check=True)
    return done.stdout.decode()


def pages(pdf: bytes) -> int:
    found = re.search(rb"/Type\s*/Pages\b[^>]*?/Count (\d+)", pdf)
    assert found is not None
    return int(found[1])


@pytest.mark.parametrize("findings", [0, 3, 40])
@pytest.mark.parametrize("code", ["en", "ru", "kk"])
def test_the_short_form_is_one_page(tmp_path: Path, library: Library, findings: int, code: str) -> None:
    job = samples.job(tmp_path / "job", library, findings)
    made = writing.report(job, "x.pdf", library=library, language=language.get(code), brief=True)
    assert pages(made) == 1


def test_the_pdf_tells_everything_that_the_law_asks(tmp_path: Path, library: Library) -> None:
    job = samples.job(tmp_path / "job", library, 3)
    made = writing.report(job, "x.pdf", library=library, language=language.get("en"))
    page = " ".join(text_of(made, tmp_path).split())
    for words in (
        "25009417", "class 1, sub-kind 1", "valid, until 31 January 2029",  # licence
        "Search of the board room", "Letter of the owner", "Telephones of the staff",  # scope
        "confirmed 1 and explained 1; not decided yet: 1",  # summary
        "RTL-SDR Blog V4", "10 January 2026", "discone", "29.7",  # equipment, gain
        "What could have been missed", "GPS logger without radio",  # coverage
        "corridor.reference.npz", "Meeting windows", "Second floor",  # comparison, meetings, plan
        "Power strip that nobody ordered", "people made unrecognisable",  # search, photos
        "Keep the board room locked", "1 March 2027",  # recommendations, next date
        "7 December 2026", "Consent of D. Akhmetov", "Objection by Guest",  # data protection
        "does not find spyware on a telephone",  # phone
        "KZ 004411", "ai_assisted", "class: special technical means",  # custody, AI, class
    ):  # fmt: skip
        assert words in page, words
    assert ADDRESS not in page


def test_a_private_report_is_no_form(tmp_path: Path, library: Library) -> None:
    job = samples.job(tmp_path / "job", library, 0, own=True)
    page = writing.report(job, "x.html", library=library, language=language.get("en")).decode()
    assert "No device was found." in page
    for words in (
        "Confidential",
        "Licence",
        "Equipment",
        "No reference was recorded",
        "<h2>Audit log",
        "Custody",
    ):
        assert words not in page, words


@pytest.mark.parametrize("code", ["en", "ru", "kk"])
def test_hostile_names_are_inert_in_every_format(tmp_path: Path, library: Library, code: str) -> None:
    job = samples.job(tmp_path / "job", library, 3, hostile=True)
    spoken = language.get(code)
    page = writing.report(job, "x.html", library=library, language=spoken).decode()
    assert "<script" not in page.lower()
    assert "\u202e" not in page
    assert "\x1b" not in page
    text = text_of(writing.report(job, "x.pdf", library=library, language=spoken), tmp_path)
    assert "\u202e" not in text
    with zipfile.ZipFile(io.BytesIO(writing.report(job, "x.docx", library=library, language=spoken))) as word:
        inside = word.read("word/document.xml").decode()
    assert "<script" not in inside
    assert "\u202e" not in inside
    assert "hyperlink" not in inside
    with zipfile.ZipFile(
        io.BytesIO(writing.report(job, "x.zip", library=library, language=spoken))
    ) as tables:
        for name in tables.namelist():
            rows = csv.reader(io.StringIO(tables.read(name).decode("utf-8-sig")))
            for cell in (cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))):
                assert re.fullmatch(r"-?[\d.e+-]+", cell), (name, cell)
    for sheet in (papers.notice(job, spoken), papers.custody(job, spoken)):
        shown = "".join(
            cell
            for section in sheet.sections
            for row in (section.table.rows if section.table else ())
            for cell in row
        )
        assert "\u202e" not in shown


def test_the_same_device_has_one_pseudonym_in_every_format(tmp_path: Path, library: Library) -> None:
    job = samples.job(tmp_path / "job", library, 3)
    spoken = language.get("en")
    name = job.pseudonym(ADDRESS, "mac")
    document = json.loads(writing.report(job, "x.json", library=library, language=spoken))
    assert document["sweeper"]["ai_assisted"] is False
    assert name in {device["address"] for device in document["devices"]}
    page = writing.report(job, "x.html", library=library, language=spoken).decode()
    assert name in page
    assert ADDRESS not in page
    assert ADDRESS not in json.dumps(document)


def test_a_report_after_the_purge_still_tells_what_was_decided(tmp_path: Path, library: Library) -> None:
    job = samples.job(tmp_path / "job", library, 3)
    job.purge("B. Omarov", photos=True)
    page = writing.report(job, "x.html", library=library, language=language.get("en")).decode()
    assert "Verdict: confirmed" in page
    assert "Purged" in page
    assert ADDRESS not in page
    job.close()
    for path in (tmp_path / "job").rglob("*"):
        if path.is_file():
            assert ADDRESS.encode() not in path.read_bytes(), path
    assert Job(tmp_path / "job").problem is None
