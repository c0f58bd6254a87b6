"""Tables for a spreadsheet: CSV and OpenDocument (ODS), with text that stays text.

    ODS   a ZIP archive: ``mimetype`` first and uncompressed, ``META-INF/manifest.xml``, ``content.xml``
          (OASIS OpenDocument 1.3, part 2, 3.3; part 3, 9.1)

In ODS a cell says that it is a string, so a name that looks like a formula is none; CSV has no types, there
such a text gets an apostrophe in front (``sweeper.report.annex``).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from sweeper.report.annex import cell, csv_file
from sweeper.text import safe_text

Cell = str | int | float
Rows = Sequence[Sequence[Cell]]
MIME = "application/vnd.oasis.opendocument.spreadsheet"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{uri}:1.0"'
    for name, uri in (("office", "office"), ("table", "table"), ("text", "text"))
)


def csv(columns: Sequence[str], rows: Rows) -> bytes:
    """UTF-8 with a byte order mark, a heading, then the rows."""
    return csv_file(tuple(columns), [[cell(value) for value in row] for row in rows])


def ods(sheets: Mapping[str, tuple[Sequence[str], Rows]]) -> bytes:
    """Sheets by name, each a heading and its rows, as one file."""
    tables = "".join(_table(name, columns, rows) for name, (columns, rows) in sheets.items())
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_SPACES} office:version="1.3">'
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest '
        'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">'
        f'<manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="{MIME}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
        "</manifest:manifest>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("mimetype", _EPOCH), MIME)
        for name, text in (("content.xml", content), ("META-INF/manifest.xml", manifest)):
            member = zipfile.ZipInfo(name, _EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, text.encode())
    return buffer.getvalue()


def _table(name: str, columns: Sequence[str], rows: Rows) -> str:
    lines = [_row(columns), *(_row(row) for row in rows)]
    return f"<table:table table:name={quoteattr(safe_text(name))}>{''.join(lines)}</table:table>"


def _row(values: Sequence[Cell]) -> str:
    return f"<table:table-row>{''.join(_cell(value) for value in values)}</table:table-row>"


def _cell(value: Cell) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (
            f'<table:table-cell office:value-type="float" office:value="{value}">'
            f"<text:p>{value}</text:p></table:table-cell>"
        )
    text = escape(safe_text(str(value)))
    return f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
