"""The report as PDF, typeset by Typst from the same model as the page.

Only the fonts inside the typesetter are used (Libertinus Serif, DejaVu Sans Mono; both have the Kazakh
letters): the same report looks the same, and is the same bytes, on every machine. The file is PDF/A-2b, made
for keeping.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import cache
from importlib import resources
from types import ModuleType

import msgspec

from sweeper.errors import Reason, Unavailable
from sweeper.report import paint
from sweeper.report.model import Group, Picture, Report, Section, Sheet
from sweeper.text import say

FONT = "Libertinus Serif"
BRIEF_SIZES = (9.4, 8.8, 8.2, 7.6)
"""Points of type that the short form is tried in, until it fits its one page."""
_EPOCH = dt.datetime(1980, 1, 1, tzinfo=dt.UTC)
"""Time stamp of a report that does not tell when it was made: a constant, so that its bytes do not change."""


def render(report: Report, *, brief: bool = False, made_utc_s: float | None = None) -> bytes:
    """The report as one PDF file; ``brief`` is the short form for a private person.

    Raises ``Unavailable`` where the typesetter is not installed.
    """
    made = dt.datetime.fromtimestamp(int(made_utc_s), dt.UTC) if made_utc_s is not None else _EPOCH
    model = msgspec.json.encode(_coloured(report)).decode()
    if not brief:
        return _typeset("report", model, made)
    for size in BRIEF_SIZES:
        page = _typeset("report", model, made, size)
        if _pages(page) == 1:
            break
    return page


def sheet(paper: Sheet, *, made_utc_s: float | None = None) -> bytes:
    """One paper as a PDF file. Raises ``Unavailable`` where the typesetter is not installed."""
    made = dt.datetime.fromtimestamp(int(made_utc_s), dt.UTC) if made_utc_s is not None else _EPOCH
    return _typeset("sheet", msgspec.json.encode(paper).decode(), made)


def _typeset(template: str, model: str, made: dt.datetime, brief: float = 0.0) -> bytes:
    """``brief`` is the size of type of the short form; 0 is the whole report."""
    try:
        return _compiled(template, model, brief, made)
    except _typst().TypstError as error:
        if "could not be displayed" not in str(error):
            raise
        return _compiled(template, _OUTSIDE.sub(_escape, model), brief, made)


def _pages(pdf: bytes) -> int:
    """The pages that a PDF's own tree of pages counts."""
    found = re.search(rb"/Type\s*/Pages\b[^>]*?/Count (\d+)", pdf)
    return int(found[1]) if found else 0


def _compiled(template: str, model: str, brief: float, made: dt.datetime) -> bytes:
    pdf: bytes = _typst().compile(
        _template(template),
        format="pdf",
        sys_inputs={"report": model, "brief": "yes" if brief else "no", "size": str(brief)},
        ignore_system_fonts=True,
        pdf_standards=["a-2b"],
        timestamp=made,
    )
    return pdf


_OUTSIDE = re.compile(
    "[^\n -~\u00a0-\u024f\u0370-\u04ff\u2009\u200b\u2010-\u2027\u202f-\u2040\u20a0-\u20bf\u2116\u2122"
    "\u2190-\u22ff\u25a0-\u25ff]"
)
"""Characters that the fonts inside the typesetter may lack. PDF/A refuses a page with a missing glyph, and a
network's name may be Chinese or an emoji: it is then shown as an escape, as the file must be made."""


def _escape(found: re.Match[str]) -> str:
    """``\\u4e2d`` for the reader; inside JSON its backslash is doubled."""
    return f"\\\\u{ord(found[0]):04x}"


def png(svg: str, pixels: int = 1600) -> bytes:
    """A picture of the report as PNG on white, ``pixels`` wide: for formats that do not take SVG."""
    drawn: bytes = _typst().compile(
        _PICTURE,
        format="png",
        ppi=pixels / _PICTURE_INCHES,
        sys_inputs={"svg": _inked(svg)},
        ignore_system_fonts=True,
    )
    return drawn


_PICTURE_INCHES = 6.5
"""Width of the text on a page."""
_PICTURE = (
    b"#set page(width: 6.5in, height: auto, margin: 0pt)\n"
    b'#image(bytes(sys.inputs.svg), format: "svg", width: 100%)\n'
)


def _typst() -> ModuleType:
    try:
        import typst
    except ImportError:
        raise Unavailable(
            "pdf",
            Reason.LIBRARY_MISSING,
            say("the typesetter is not installed"),
            say("pip install 'sweeper[report]'"),
        ) from None
    return typst


@cache
def _template(name: str) -> bytes:
    folder = resources.files("sweeper.report").joinpath("templates")
    return folder.joinpath("base.typ").read_bytes() + folder.joinpath(f"{name}.typ").read_bytes()


def _coloured(report: Report) -> Report:
    """The report with pictures whose colours and fonts stand in them: a typesetter has no style sheet."""
    return msgspec.structs.replace(
        report,
        spectra=tuple(_picture(picture) for picture in report.spectra),
        middle=tuple(_section(section) for section in report.middle),
        groups=tuple(_group(group) for group in report.groups),
    )


def _section(section: Section) -> Section:
    return msgspec.structs.replace(section, pictures=tuple(_picture(each) for each in section.pictures))


def _group(group: Group) -> Group:
    views = tuple(
        msgspec.structs.replace(view, pictures=tuple(_picture(picture) for picture in view.pictures))
        for view in group.findings
    )
    return msgspec.structs.replace(group, findings=views)


def _picture(picture: Picture) -> Picture:
    return msgspec.structs.replace(picture, svg=_inked(picture.svg))


def _inked(svg: str) -> str:
    return paint.painted(svg).replace("<svg ", f'<svg font-family="{FONT}" ', 1)
