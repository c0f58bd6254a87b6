"""The report as one self-contained HTML file: style sheet and pictures inside, no script, nothing fetched.

Jinja escapes every text; the pictures are our own SVG, whose texts are escaped where they are made. A
content security policy in the page forbids scripts and outside resources, so that a mistake here stays
without effect.
"""

from __future__ import annotations

from functools import cache

import jinja2

from sweeper.language import Language
from sweeper.report import paint
from sweeper.report.build import build
from sweeper.report.collect import Collector
from sweeper.report.model import JobPart, Report
from sweeper.signatures import Library


def render(
    collected: Collector,
    *,
    library: Library,
    language: Language,
    job: JobPart | None = None,
    made_utc_s: float | None = None,
) -> str:
    """The report on a session as the text of one HTML file."""
    return page(build(collected, library=library, language=language, job=job, made_utc_s=made_utc_s))


def page(report: Report) -> str:
    """A report model as the text of one HTML file."""
    templates = _environment()
    style = templates.get_template("report.css").render(
        light=paint.variables(0), dark=paint.variables(1), page=report.words["page"]
    )
    return templates.get_template("report.html").render(r=report, w=report.words, style=style)


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("sweeper.report"),
        autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
