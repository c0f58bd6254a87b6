"""One report in the format that a file's name asks for."""

from __future__ import annotations

import io
import zipfile
from pathlib import PurePath

from sweeper.language import Language
from sweeper.report import annex, docx, html, pdf, results
from sweeper.report.build import build
from sweeper.report.collect import Collector
from sweeper.report.model import JobPart, Sheet, inert
from sweeper.signatures import Library

SUFFIXES = (".html", ".pdf", ".docx", ".json", ".zip")
"""What ``made`` writes; ``.zip`` is the annex of CSV tables. Any other name gets HTML."""
_EPOCH = (1980, 1, 1, 0, 0, 0)


def made(
    name: str,
    collected: Collector,
    *,
    library: Library,
    language: Language,
    job: JobPart | None = None,
    made_utc_s: float | None = None,
    brief: bool = False,
) -> bytes:
    """The content of the file ``name``.

    Raises ``Unavailable`` where the library for this format is not installed.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix in (".json", ".zip"):
        document = results.document(collected, library=library, render=language.phrase)
        if suffix == ".json":
            return (results.encode(document) + "\n").encode()
        return zipped(annex.files(document))
    report = build(collected, library=library, language=language, job=job, made_utc_s=made_utc_s)
    if suffix == ".pdf":
        return pdf.render(report, brief=brief, made_utc_s=made_utc_s)
    if suffix == ".docx":
        return docx.render(report, made_utc_s=made_utc_s)
    return html.page(report).encode()


def sheet(name: str, paper: Sheet, *, made_utc_s: float | None = None) -> bytes:
    """One paper as PDF, DOCX or plain text, by the ending of ``name``; any other gets PDF."""
    suffix, paper = PurePath(name).suffix.lower(), inert(paper)
    if suffix == ".docx":
        return docx.sheet(paper, made_utc_s=made_utc_s)
    if suffix == ".txt":
        return plain(paper).encode()
    return pdf.sheet(paper, made_utc_s=made_utc_s)


def plain(paper: Sheet) -> str:
    """A paper as text, a paragraph a line."""
    lines = [paper.title, ""]
    lines += [f"{fact.name}: {fact.value}" for fact in paper.cover]
    for section in paper.sections:
        lines += ["", section.title] if section.title else [""]
        lines += section.paragraphs
        lines += [f"{number}. {step}" for number, step in enumerate(section.steps, start=1)]
        lines += [f"{fact.name}: {fact.value}" for fact in section.facts]
        if section.table is not None:
            lines += [" | ".join(row) for row in (section.table.columns, *section.table.rows)]
    lines += [f"{name} {'_' * 30}" for name in paper.signatures]
    return "\n".join([*lines, "", paper.note]).rstrip() + "\n"


def zipped(files: dict[str, bytes]) -> bytes:
    """The files in one archive, dated alike so that the same content gives the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            member = zipfile.ZipInfo(name, _EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, content)
    return buffer.getvalue()
