"""PDF, DOCX and the CSV annex say what the page says, keep hostile text harmless, and never change."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from sweeper import language
from sweeper.report import annex, docx, formats, pdf, results, svg
from sweeper.report.build import build
from sweeper.report.collect import Collector
from sweeper.report.model import Report
from sweeper.signatures import Library
from tests.report.samples import HOSTILE, session

pytest.importorskip("typst", reason="the typesetter is not installed")
pytest.importorskip("docx", reason="python-docx is not installed")

LIBRARY = Library([])
CODES = ("en", "ru", "kk")
SHOWN = "<script>alert('x')</script>\\u202egpj\\x1b[2J\\x00=1+1"
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def report(findings: int = 3, code: str = "en", **options: bool) -> Report:
    return build(session(findings, **options), library=LIBRARY, language=language.get(code))


def pdf_text(content: bytes, folder: Path) -> str:
    """The text of a PDF by poppler's reckoning, white space made one."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    path = folder / "report.pdf"
    path.write_bytes(content)
    done = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True)
    return " ".join(done.stdout.decode().replace("\u200b", "").split())


@pytest.mark.parametrize("code", CODES)
def test_the_pdf_says_what_the_page_says(code: str, tmp_path: Path) -> None:
    made = report(2, code, demo=True)
    text = pdf_text(pdf.render(made), tmp_path)
    for words in (made.title, made.summary.headline, made.unheard[0], made.demo, "F-001", "F-900"):
        assert " ".join(words.split()) in text, words


def test_the_pdf_is_for_keeping_and_the_same_every_time() -> None:
    first, second = pdf.render(report(4)), pdf.render(report(4))
    assert first == second
    assert first.startswith(b"%PDF-")
    assert b"pdfaid:part" in first


def test_the_pdf_carries_its_time_when_told() -> None:
    assert pdf.render(report(1), made_utc_s=1.79e9 + 0.5) != pdf.render(report(1))


def test_the_short_form_is_one_page_in_every_language(tmp_path: Path) -> None:
    for code in CODES:
        for findings in (0, 3, 60):
            text = pdf_text(pdf.render(report(findings, code), brief=True), tmp_path)
            assert text.endswith("1 / 1"), (code, findings)


def test_hostile_text_is_text_in_the_pdf(tmp_path: Path) -> None:
    text = pdf_text(pdf.render(report(2, hostile=True)), tmp_path)
    assert SHOWN.replace(" ", "") in text.replace(" ", "")


def test_a_script_that_the_fonts_lack_is_shown_as_escapes(tmp_path: Path) -> None:
    made = pdf.msgspec.structs.replace(report(1), unheard=("摄像头 😀 ә",))
    text = pdf_text(pdf.render(made), tmp_path)
    assert "\\u6444\\u50cf\\u5934 \\u1f600 ә" in text


def test_markup_of_the_typesetter_in_a_name_is_text(tmp_path: Path) -> None:
    made = report(1)
    trick = '#panic("x") $ *b* _i_ @ref <l> \\'
    hostile = pdf.msgspec.structs.replace(made, unheard=(trick,))
    assert "#panic(" in pdf_text(pdf.render(hostile), tmp_path)


@pytest.mark.parametrize("letter", "әғқңөұүһіӘҒҚҢӨҰҮҺІёЁ−–")
def test_every_kazakh_letter_has_a_shape(letter: str) -> None:
    """A picture of the letter differs from that of a code point which no font can have."""
    template = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><text x="5" y="30">{}</text></svg>'
    )
    missing = pdf.png(template.format("\U000ffffd"), pixels=80)
    assert pdf.png(template.format(letter), pixels=80) != missing


@pytest.mark.parametrize("code", CODES)
def test_the_docx_says_what_the_page_says(code: str) -> None:
    made = report(3, code, hostile=True, demo=True)
    with zipfile.ZipFile(io.BytesIO(docx.render(made))) as archive:
        assert archive.testzip() is None
        body = ElementTree.fromstring(archive.read("word/document.xml"))
        links = archive.read("word/_rels/document.xml.rels").decode()
    text = " ".join(node.text or "" for node in body.iter(f"{WORD}t"))
    for words in (made.title, made.summary.headline, made.demo, made.limits.steps[0], SHOWN):
        assert words in text
    assert "External" not in links


def test_the_docx_is_the_same_every_time() -> None:
    assert docx.render(report(8)) == docx.render(report(8))


@pytest.mark.parametrize("findings", [0, 7, 60])
def test_every_finding_is_in_the_docx(findings: int) -> None:
    made = report(findings)
    with zipfile.ZipFile(io.BytesIO(docx.render(made))) as archive:
        text = archive.read("word/document.xml").decode()
    for group in made.groups:
        for view in group.findings:
            assert view.id in text


def tables(collected: Collector) -> dict[str, list[list[str]]]:
    document = results.document(collected, library=LIBRARY)
    files = annex.files(document)
    return {
        name: list(csv.reader(io.StringIO(content.decode("utf-8-sig")))) for name, content in files.items()
    }


def test_the_annex_has_a_row_for_each_row_of_the_document() -> None:
    collected = session(7)
    document = results.document(collected, library=LIBRARY)
    for name, rows in tables(collected).items():
        key = name.removesuffix(".csv")
        wanted = (
            sum(len(emission["bursts"]) for emission in document["emissions"])
            if key == "bursts"
            else len(document[key])
        )
        assert len(rows) == wanted + 1, name
        assert {len(row) for row in rows} == {len(rows[0])}


@pytest.mark.parametrize(
    "name", ["=cmd|' /C calc'!A0", "+1", "-1+1", "@SUM(1)", "\t=1", "  =1", HOSTILE, "%0"]
)
def test_no_cell_is_a_formula(name: str) -> None:
    content = annex.files({"devices": [{"id": name, "vendor": [name], "kind": {"a": name}, "rssi_dbm": -71}]})
    row = list(csv.reader(io.StringIO(content["devices.csv"].decode("utf-8-sig"))))[1]
    for cell in row:
        assert re.fullmatch(r"-?\d+(\.\d+)?", cell) or not cell.lstrip(" ").startswith(tuple("=+-@\t\r|%"))
    assert "-71" in row


@pytest.mark.parametrize(
    ("name", "magic"),
    [
        ("r.html", b"<!DOCTYPE html>"),
        ("r.PDF", b"%PDF-"),
        ("r.docx", b"PK"),
        ("r.zip", b"PK"),
        ("r", b"<!DOCTYPE"),
    ],
)
def test_the_name_chooses_the_format(name: str, magic: bytes) -> None:
    made = formats.made(name, session(1), library=LIBRARY, language=language.get("en"))
    assert made.lstrip().startswith(magic)


def test_json_by_name_is_the_results_document() -> None:
    made = formats.made("r.json", session(2), library=LIBRARY, language=language.get("en"))
    assert json.loads(made) == json.loads(results.encode(results.document(session(2), library=LIBRARY)))


def test_three_hundred_findings_make_a_book_not_a_library(tmp_path: Path) -> None:
    text = pdf_text(pdf.render(report(300)), tmp_path)
    pages = int(re.findall(r"/ (\d+)", text)[-1])
    assert pages < 60


def test_a_picture_of_nothing_is_refused_by_no_one() -> None:
    assert svg.timing((), 1.0, language.get("en"), "x").startswith("<svg")
