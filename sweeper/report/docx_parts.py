"""What a Word document is put together from: page, sections, lists, tables, pictures, in plain styles.

Every text is a run of its own, so that nothing in it can be markup; the model has made control characters
visible, which XML could not carry.
"""

from __future__ import annotations

import io
from typing import Any

from sweeper.report import paint, pdf
from sweeper.report.model import Fact, Picture, Section, Table

TEXT_CM = 16.5
"""Width of the text between the margins of an A4 page."""


class Parts:
    """Writes parts of a report or a sheet, in order, into a python-docx document."""

    def __init__(self, document: Any, words: dict[str, str], confidentiality: str, demo: str) -> None:
        self._document = document
        self._words = words
        self._confidentiality = confidentiality
        self._demo = demo

    def page(self) -> None:
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
        self.footer(page)

    def footer(self, page: Any) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn

        line = page.footer.paragraphs[0]
        line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        if self._confidentiality:
            line.add_run(self._confidentiality + "    ")
        line.add_run(self._words["page"] + " ")
        field = OxmlElement("w:fldSimple")
        field.set(qn("w:instr"), "PAGE")
        line._p.append(field)
        if self._demo:
            header = page.header.paragraphs[0]
            header.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            self.coloured(header, self._words["demo"], "level-medium", bold=True)

    def section(self, section: Section) -> None:
        if section.title:
            self._document.add_heading(section.title, 1)
        for text in section.paragraphs:
            self._document.add_paragraph(text)
        self.steps("", section.steps)
        self.facts(section.facts)
        if section.table is not None:
            self.table(section.table)
        for picture in section.pictures:
            self.picture(picture)

    def label(self, text: str) -> None:
        paragraph = self._document.add_paragraph()
        paragraph.paragraph_format.keep_with_next = True
        self.coloured(paragraph, text, "muted", bold=True)

    def list(self, title: str, items: tuple[str, ...], style: str) -> None:
        if not items:
            return
        self.label(title)
        for item in items:
            self._document.add_paragraph(item, style)

    def steps(self, title: str, items: tuple[str, ...]) -> None:
        """A numbered list; numbers are text, because Word would count on from the list before."""
        from docx.shared import Cm

        if items and title:
            self.label(title)
        for number, item in enumerate(items, start=1):
            paragraph = self._document.add_paragraph(f"{number}.\t{item}")
            paragraph.paragraph_format.left_indent = Cm(0.8)
            paragraph.paragraph_format.first_line_indent = Cm(-0.8)
            paragraph.paragraph_format.tab_stops.add_tab_stop(Cm(0.8))

    def facts(self, facts: tuple[Fact, ...]) -> None:
        if not facts:
            return
        table = self._document.add_table(rows=0, cols=2)
        for fact in facts:
            name, value = table.add_row().cells
            self.fill(name, fact.name, muted=True)
            self.fill(value, fact.value)
        _widths(table, [0.3, 0.7])
        self.gap()

    def table(self, rows: Table) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH

        table = self._document.add_table(rows=1, cols=len(rows.columns))
        _lines(table)
        for cell, name in zip(table.rows[0].cells, rows.columns, strict=True):
            self.fill(cell, name, muted=True, bold=True)
        _repeat_header(table.rows[0])
        for row in rows.rows:
            added = table.add_row()
            _keep_whole(added)
            cells = added.cells
            for index, (cell, text) in enumerate(zip(cells, row, strict=True)):
                self.fill(cell, text)
                if index in rows.numeric:
                    cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
        _widths(table, shares(rows))
        self.small(rows.more)
        self.gap()

    def fill(self, cell: Any, text: str, *, muted: bool = False, bold: bool = False) -> None:
        from docx.shared import Pt

        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.space_after = Pt(1)
        run = paragraph.add_run(text)
        run.font.size, run.bold = Pt(9), bold
        if muted:
            run.font.color.rgb = _rgb("muted")

    def picture(self, picture: Picture) -> None:
        from docx.shared import Cm

        width = Cm(TEXT_CM * (0.55 if picture.half else 1.0))
        self._document.add_picture(io.BytesIO(pdf.png(picture.svg)), width=width)
        drawing = self._document.inline_shapes[-1]._inline.docPr
        drawing.set("descr", f"{picture.title}. {picture.caption}")
        self._document.paragraphs[-1].paragraph_format.keep_with_next = True
        self.small(f"{picture.title}. {picture.caption}")

    def small(self, text: str) -> None:
        from docx.shared import Pt

        if text:
            run = self._document.add_paragraph().add_run(text)
            run.font.size = Pt(9)
            run.font.color.rgb = _rgb("muted")

    def gap(self) -> None:
        """Word glues neighbouring tables together without a paragraph between them."""
        from docx.shared import Pt

        paragraph = self._document.add_paragraph()
        paragraph.paragraph_format.space_after = Pt(2)
        paragraph.paragraph_format.line_spacing = Pt(4)

    def coloured(self, paragraph: Any, text: str, role: str, *, bold: bool = False) -> None:
        run = paragraph.add_run(text)
        run.bold = bold
        run.font.color.rgb = _rgb(role)


def _rgb(role: str) -> Any:
    from docx.shared import RGBColor

    return RGBColor.from_string(paint.COLORS[role][0].lstrip("#"))


LETTER_CM, BOLD_CM, MARGINS_CM = 0.19, 0.225, 0.42
"""A letter of 9 points, Cyrillic and with some wide ones; the same in bold; what a cell keeps free."""
MOST_WORD_CM, MOST_TEXT_CM = 4.5, 13.0
"""A hash may be broken; a text that is longer than a line needs no wider column."""


def shares(rows: Table) -> list[float]:
    """Of the text's width, for each column: its longest word whole, then room by how much it has to say."""
    least, wanted = [], []
    for index, name in enumerate(rows.columns):
        texts = [row[index] for row in rows.rows]
        word = max((len(word) for text in texts for word in text.split(" ")), default=0) * LETTER_CM
        head = max(len(word) for word in name.split(" ")) * BOLD_CM
        least.append(max(head, min(word, MOST_WORD_CM)) + MARGINS_CM)
        line = max((len(text) for text in texts), default=0) * LETTER_CM
        wanted.append(max(0.0, min(line, MOST_TEXT_CM) + MARGINS_CM - least[-1]))
    room = TEXT_CM - sum(least)
    if room <= 0:
        return [each / sum(least) for each in least]
    total = sum(wanted)
    rest = max(0.0, room - total) / len(least)
    given = [each * min(1.0, room / total) if total else 0.0 for each in wanted]
    return [(low + more + rest) / TEXT_CM for low, more in zip(least, given, strict=True)]


def _widths(table: Any, shares: list[float]) -> None:
    from docx.shared import Cm

    table.autofit = False
    for column, share in zip(table.columns, shares, strict=True):
        column.width = Cm(TEXT_CM * share)
        for cell in column.cells:
            cell.width = Cm(TEXT_CM * share)


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
