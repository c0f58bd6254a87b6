"""The report as a Word document, for those who have to add to it: the same model, plain styles.

Every text is a run of its own, so that nothing in it can be markup; the model has made control characters
visible, which XML could not carry. The same report gives the same bytes: the archive's dates are fixed.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import Any

from sweeper.errors import Reason, Unavailable
from sweeper.records import Level
from sweeper.report.docx_parts import Parts
from sweeper.report.model import Fact, FindingView, Group, Report, Sheet, Table
from sweeper.text import say

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The oldest date that a ZIP archive can carry."""


def render(report: Report, *, made_utc_s: float | None = None) -> bytes:
    """The report as one DOCX file. Raises ``Unavailable`` where python-docx is not installed."""
    document = _new(report.title, made_utc_s)
    _Writer(document, report).write()
    return _saved(document)


def sheet(paper: Sheet, *, made_utc_s: float | None = None) -> bytes:
    """One paper as a DOCX file, for who has to change it. Raises ``Unavailable`` as ``render`` does."""
    document = _new(paper.title, made_utc_s)
    parts = Parts(document, paper.words, paper.confidentiality, paper.demo)
    parts.page()
    document.add_heading(paper.title, 0)
    parts.facts(paper.cover)
    for section in paper.sections:
        parts.section(section)
    for name in paper.signatures:
        document.add_paragraph(f"{name}  {'_' * 32}")
    parts.small(paper.note)
    return _saved(document)


def _new(title: str, made_utc_s: float | None) -> Any:
    """An empty document that tells its title, and when it was made."""
    try:
        import docx
    except ImportError:
        raise Unavailable(
            "docx",
            Reason.LIBRARY_MISSING,
            say("python-docx is not installed"),
            say("pip install 'sweeper[report]'"),
        ) from None
    document = docx.Document()
    when = dt.datetime.fromtimestamp(int(made_utc_s or 0), dt.UTC).replace(tzinfo=None)
    properties = document.core_properties
    properties.title, properties.author = title, "sweeper"
    properties.created = properties.modified = when
    properties.keywords = "ai_assisted=false"
    return document


def _saved(document: Any) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return _undated(buffer.getvalue())


def _undated(archive: bytes) -> bytes:
    """The same archive with every member's date set to the same day."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(made, "w") as target:
        for name in source.namelist():
            member = zipfile.ZipInfo(name, _EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(member, source.read(name))
    return made.getvalue()


class _Writer(Parts):
    """Writes a report's parts, in order."""

    def __init__(self, document: Any, report: Report) -> None:
        super().__init__(document, report.words, report.confidentiality, report.demo)
        self._report = report

    def write(self) -> None:
        r, w = self._report, self._words
        self.page()
        if r.demo:
            self.coloured(self._document.add_paragraph(), f"{w['demo']}  {r.demo}", "level-medium", bold=True)
        self._document.add_heading(r.title, 0)
        self.facts(r.cover)
        self._summary()
        for section in r.before:
            self.section(section)
        self._findings()
        if r.guide is not None and r.groups:
            self.section(r.guide)
        self._coverage()
        for section in r.middle:
            self.section(section)
        self.section(r.advice)
        if r.spectra:
            self._document.add_heading(w["spectra"], 1)
            for picture in r.spectra:
                self.picture(picture)
            self.small(r.spectra_more)
        if r.signals:
            self._document.add_heading(w["signals"], 1)
            for table in r.signals:
                self._document.add_heading(table.title, 2)
                self.table(table)
        if r.guide is not None and not r.groups:
            self.section(r.guide)
        self.section(r.limits)
        for section in r.after:
            self.section(section)
        for title, rows in ((w["inputs"], r.inputs), (w["events"], r.events)):
            if rows is not None:
                self._document.add_heading(title, 1)
                self.table(rows)
        self.section(r.made)

    def _summary(self) -> None:
        summary = self._report.summary
        heading = self._document.add_heading("", 1)
        self.coloured(heading, summary.headline, _role(summary.level), bold=True)
        for sentence in summary.sentences:
            self._document.add_paragraph(sentence)
        if summary.level is not None:
            counts = "    ".join(f"{fact.name}: {fact.value}" for fact in summary.counts)
            self._document.add_paragraph().add_run(counts).bold = True

    def _findings(self) -> None:
        r, w = self._report, self._words
        if not r.groups and r.informative is None:
            return
        self._document.add_heading(w["findings"], 1)
        if r.overview is not None:
            self.table(r.overview)
        for group in r.groups:
            self._group(group)
        if r.informative is not None:
            self._document.add_heading(w["informative"], 2)
            self.table(r.informative)

    def _group(self, group: Group) -> None:
        heading = self._document.add_heading("", 2)
        heading.add_run(group.kind + "  ")
        self.coloured(heading, group.level_word, _role(group.level), bold=True)
        self.list(self._words["why"], group.why, "List Bullet")
        if group.compact:
            self._many(group)
        else:
            for view in group.findings:
                self._finding(view)
        self.list(self._words["benign"], group.benign, "List Bullet")
        self.steps(self._words["next"], group.next)

    def _many(self, group: Group) -> None:
        """Findings alike as rows; the last column is left for a person's decision."""
        w = self._words
        rows = []
        for view in group.findings:
            about = "; ".join(f"{fact.name} {fact.value}" for fact in view.facts) or view.subject
            seen = "; ".join((*view.why, *(f"{fact.name} {fact.value}" for fact in view.evidence)))
            word = f"{view.verdict.word}, {view.verdict.person}" if view.verdict is not None else ""
            rows.append((view.id, f"{view.title}. {about}", seen, word))
        columns = (w["number"], w["about"], w["evidence"], w["verdict"])
        self.table(Table("", columns, tuple(rows)))

    def _finding(self, view: FindingView) -> None:
        w = self._words
        self._document.add_heading(f"{view.id}  {view.title}", 3)
        self.facts(view.facts or (Fact(w["about"], view.subject),))
        self.list(w["why"], view.why, "List Bullet")
        self.label(w["evidence"])
        self.facts(view.evidence)
        for picture in view.pictures:
            self.picture(picture)
        if view.verdict is not None:
            verdict = view.verdict
            parts = (f"{w['verdict']}: {verdict.word}", verdict.person, verdict.when, verdict.note)
            self._document.add_paragraph("    ".join(part for part in parts if part))
            return
        choices = "   ".join(f"☐ {w['verdict_' + word]}" for word in ("explained", "suspicious", "confirmed"))
        line = "_" * 18
        signed = f"{w['name']} {line}   {w['date']} {line}   {w['signature']} {line}"
        self._document.add_paragraph(f"{w['verdict']}:   {choices}")
        self._document.add_paragraph(signed)

    def _coverage(self) -> None:
        r, w = self._report, self._words
        self._document.add_heading(w["coverage"], 1)
        self._document.add_heading(w["heard"], 2)
        if r.heard.rows:
            self.table(r.heard)
        else:
            self._document.add_paragraph(w["nothing"])
        if r.unheard:
            self._document.add_heading(w["unheard"], 2)
            for line in r.unheard:
                self._document.add_paragraph(line, "List Bullet")
        self._document.add_heading(w["missed"], 2)
        rows = tuple((row.device, row.word, row.text) for row in r.missed)
        self.table(Table("", (w["device_class"], w["reach"], w["meaning"]), rows))


def _role(level: Level | None) -> str:
    return "good" if level is None else f"level-{level.value}"
