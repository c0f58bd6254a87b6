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
from sweeper.report import paint, pdf
from sweeper.report.model import Fact, FindingView, Group, Picture, Report, Section, Table

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The oldest date that a ZIP archive can carry."""
_TEXT_CM = 16.5
"""Width of the text between the margins of an A4 page."""


def render(report: Report, *, made_utc_s: float | None = None) -> bytes:
    """The report as one DOCX file. Raises ``Unavailable`` where python-docx is not installed."""
    try:
        import docx
    except ImportError:
        raise Unavailable(
            "docx", Reason.LIBRARY_MISSING, "python-docx is not installed", "pip install 'sweeper[report]'"
        ) from None
    document = docx.Document()
    when = dt.datetime.fromtimestamp(int(made_utc_s or 0), dt.UTC).replace(tzinfo=None)
    properties = document.core_properties
    properties.title, properties.author = report.title, "sweeper"
    properties.created = properties.modified = when
    properties.keywords = "ai_assisted=false"
    _Writer(document, report).write()
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


class _Writer:
    """Writes a report's parts, in order, into a python-docx document."""

    def __init__(self, document: Any, report: Report) -> None:
        self._document = document
        self._report = report
        self._words = report.words

    def write(self) -> None:
        r, w = self._report, self._words
        self._page()
        if r.demo:
            self._coloured(
                self._document.add_paragraph(), f"{w['demo']}  {r.demo}", "level-medium", bold=True
            )
        self._document.add_heading(r.title, 0)
        self._facts(r.cover)
        self._summary()
        for section in r.before:
            self._section(section)
        self._findings()
        if r.guide is not None and r.groups:
            self._section(r.guide)
        self._coverage()
        for section in r.middle:
            self._section(section)
        self._section(r.advice)
        if r.spectra:
            self._document.add_heading(w["spectra"], 1)
            for picture in r.spectra:
                self._picture(picture)
            self._small(r.spectra_more)
        if r.signals:
            self._document.add_heading(w["signals"], 1)
            for table in r.signals:
                self._document.add_heading(table.title, 2)
                self._table(table)
        if r.guide is not None and not r.groups:
            self._section(r.guide)
        self._section(r.limits)
        for section in r.after:
            self._section(section)
        for title, rows in ((w["inputs"], r.inputs), (w["events"], r.events)):
            if rows is not None:
                self._document.add_heading(title, 1)
                self._table(rows)
        self._section(r.made)

    def _page(self) -> None:
        from docx.oxml.ns import qn
        from docx.shared import Cm, Pt

        page = self._document.sections[0]
        page.page_width, page.page_height = Cm(21.0), Cm(29.7)
        page.left_margin = page.right_margin = Cm(2.25)
        page.top_margin = page.bottom_margin = Cm(2.0)
        normal = self._document.styles["Normal"]
        normal.font.name, normal.font.size = "Calibri", Pt(10.5)
        normal.paragraph_format.space_after = Pt(4)
        for style in self._document.styles:
            if style.name == "Title" or style.name.startswith("Heading"):
                style.font.name, style.font.color.rgb = "Calibri", _rgb("text")
                fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
                for attribute in list(fonts.attrib):
                    if attribute.endswith("Theme"):
                        del fonts.attrib[attribute]
                for script in ("ascii", "hAnsi", "cs", "eastAsia"):
                    fonts.set(qn(f"w:{script}"), "Calibri")
        self._footer(page)

    def _footer(self, page: Any) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn

        line = page.footer.paragraphs[0]
        line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        if self._report.confidentiality:
            line.add_run(self._report.confidentiality + "    ")
        line.add_run(self._words["page"] + " ")
        field = OxmlElement("w:fldSimple")
        field.set(qn("w:instr"), "PAGE")
        line._p.append(field)
        if self._report.demo:
            header = page.header.paragraphs[0]
            header.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            self._coloured(header, self._words["demo"], "level-medium", bold=True)

    def _summary(self) -> None:
        summary = self._report.summary
        heading = self._document.add_heading("", 1)
        self._coloured(heading, summary.headline, _role(summary.level), bold=True)
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
            self._table(r.overview)
        for group in r.groups:
            self._group(group)
        if r.informative is not None:
            self._document.add_heading(w["informative"], 2)
            self._table(r.informative)

    def _group(self, group: Group) -> None:
        heading = self._document.add_heading("", 2)
        heading.add_run(group.kind + "  ")
        self._coloured(heading, group.level_word, _role(group.level), bold=True)
        self._list(self._words["why"], group.why, "List Bullet")
        if group.compact:
            self._many(group)
        else:
            for view in group.findings:
                self._finding(view)
        self._list(self._words["benign"], group.benign, "List Bullet")
        self._steps(self._words["next"], group.next)

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
        self._table(Table("", columns, tuple(rows)))

    def _finding(self, view: FindingView) -> None:
        w = self._words
        self._document.add_heading(f"{view.id}  {view.title}", 3)
        self._facts(view.facts or (Fact(w["about"], view.subject),))
        self._list(w["why"], view.why, "List Bullet")
        self._label(w["evidence"])
        self._facts(view.evidence)
        for picture in view.pictures:
            self._picture(picture)
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
            self._table(r.heard)
        else:
            self._document.add_paragraph(w["nothing"])
        if r.unheard:
            self._document.add_heading(w["unheard"], 2)
            for line in r.unheard:
                self._document.add_paragraph(line, "List Bullet")
        self._document.add_heading(w["missed"], 2)
        rows = tuple((row.device, row.word, row.text) for row in r.missed)
        self._table(Table("", (w["device_class"], w["reach"], w["meaning"]), rows))

    def _section(self, section: Section) -> None:
        self._document.add_heading(section.title, 1)
        for text in section.paragraphs:
            self._document.add_paragraph(text)
        self._steps("", section.steps)
        self._facts(section.facts)
        if section.table is not None:
            self._table(section.table)
        for picture in section.pictures:
            self._picture(picture)

    def _label(self, text: str) -> None:
        paragraph = self._document.add_paragraph()
        paragraph.paragraph_format.keep_with_next = True
        self._coloured(paragraph, text, "muted", bold=True)

    def _list(self, title: str, items: tuple[str, ...], style: str) -> None:
        if not items:
            return
        self._label(title)
        for item in items:
            self._document.add_paragraph(item, style)

    def _steps(self, title: str, items: tuple[str, ...]) -> None:
        """A numbered list; numbers are text, because Word would count on from the list before."""
        from docx.shared import Cm

        if items and title:
            self._label(title)
        for number, item in enumerate(items, start=1):
            paragraph = self._document.add_paragraph(f"{number}.\t{item}")
            paragraph.paragraph_format.left_indent = Cm(0.8)
            paragraph.paragraph_format.first_line_indent = Cm(-0.8)
            paragraph.paragraph_format.tab_stops.add_tab_stop(Cm(0.8))

    def _facts(self, facts: tuple[Fact, ...]) -> None:
        if not facts:
            return
        table = self._document.add_table(rows=0, cols=2)
        for fact in facts:
            name, value = table.add_row().cells
            self._fill(name, fact.name, muted=True)
            self._fill(value, fact.value)
        _widths(table, [0.3, 0.7])
        self._gap()

    def _table(self, rows: Table) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH

        table = self._document.add_table(rows=1, cols=len(rows.columns))
        _lines(table)
        for cell, name in zip(table.rows[0].cells, rows.columns, strict=True):
            self._fill(cell, name, muted=True, bold=True)
        _repeat_header(table.rows[0])
        for row in rows.rows:
            added = table.add_row()
            _keep_whole(added)
            cells = added.cells
            for index, (cell, text) in enumerate(zip(cells, row, strict=True)):
                self._fill(cell, text)
                if index in rows.numeric:
                    cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
        longest = [
            min(48, max(len(name) + 3, 9, *(len(row[index]) for row in rows.rows)))
            for index, name in enumerate(rows.columns)
        ]
        _widths(table, [length / sum(longest) for length in longest])
        self._small(rows.more)
        self._gap()

    def _fill(self, cell: Any, text: str, *, muted: bool = False, bold: bool = False) -> None:
        from docx.shared import Pt

        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.space_after = Pt(1)
        run = paragraph.add_run(text)
        run.font.size, run.bold = Pt(9), bold
        if muted:
            run.font.color.rgb = _rgb("muted")

    def _picture(self, picture: Picture) -> None:
        from docx.shared import Cm

        width = Cm(_TEXT_CM * (0.55 if picture.half else 1.0))
        self._document.add_picture(io.BytesIO(pdf.png(picture.svg)), width=width)
        drawing = self._document.inline_shapes[-1]._inline.docPr
        drawing.set("descr", f"{picture.title}. {picture.caption}")
        self._document.paragraphs[-1].paragraph_format.keep_with_next = True
        self._small(f"{picture.title}. {picture.caption}")

    def _small(self, text: str) -> None:
        from docx.shared import Pt

        if text:
            run = self._document.add_paragraph().add_run(text)
            run.font.size = Pt(9)
            run.font.color.rgb = _rgb("muted")

    def _gap(self) -> None:
        """Word glues neighbouring tables together without a paragraph between them."""
        from docx.shared import Pt

        paragraph = self._document.add_paragraph()
        paragraph.paragraph_format.space_after = Pt(2)
        paragraph.paragraph_format.line_spacing = Pt(4)

    def _coloured(self, paragraph: Any, text: str, role: str, *, bold: bool = False) -> None:
        run = paragraph.add_run(text)
        run.bold = bold
        run.font.color.rgb = _rgb(role)


def _role(level: Level | None) -> str:
    return "good" if level is None else f"level-{level.value}"


def _rgb(role: str) -> Any:
    from docx.shared import RGBColor

    return RGBColor.from_string(paint.COLORS[role][0].lstrip("#"))


def _widths(table: Any, shares: list[float]) -> None:
    from docx.shared import Cm

    table.autofit = False
    for column, share in zip(table.columns, shares, strict=True):
        column.width = Cm(_TEXT_CM * share)
        for cell in column.cells:
            cell.width = Cm(_TEXT_CM * share)


def _lines(table: Any) -> None:
    """Fine lines between rows, none between columns."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    borders = OxmlElement("w:tblBorders")
    for side in ("top", "bottom", "insideH"):
        line = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", "4"), ("space", "0"), ("color", "C9D0D8")):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    table._tbl.tblPr.append(borders)


def _repeat_header(row: Any) -> None:
    """Word repeats this row at the head of every page of its table."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)


def _keep_whole(row: Any) -> None:
    """The row does not break across pages."""
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
