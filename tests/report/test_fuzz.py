"""Whatever text is heard or read, every format is made, is well formed, and obeys none of it."""

from __future__ import annotations

import io
import json
import zipfile
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper import language
from sweeper.records import (
    Coverage,
    Device,
    Emission,
    Evidence,
    Finding,
    Level,
    Medium,
    Opened,
    State,
    Status,
)
from sweeper.report import docx, html, pdf, results
from sweeper.report.build import build
from sweeper.report.collect import Collector
from sweeper.signatures import Library
from sweeper.text import say
from tests.report.test_html import Page

LIBRARY = Library([])
TEXT = st.text(max_size=40) | st.sampled_from(
    [
        "{n}",
        "{{ x }}",
        "{% raw %}",
        "</style>",
        "]]>",
        "&amp;",
        "'\"<>",
        "#let x = 1",
        "$x$",
        "\ud800",
        "\uffff",
        "\x00",
    ]
)
NUMBER = st.floats(allow_nan=True, allow_infinity=True, width=32)


@st.composite
def heard(draw: st.DrawFn) -> Collector:
    """A session in which every text is arbitrary and numbers are what a broken input may give."""
    collected = Collector()
    word = draw(TEXT)
    collected(Opened(source="s", time_s=0.0, medium=Medium.WIFI, path=draw(TEXT), format=draw(TEXT)))
    collected(
        Device(
            source="s",
            time_s=0.0,
            id=draw(TEXT),
            medium=Medium.WIFI,
            address=draw(TEXT),
            kind=draw(TEXT),
            vendor=draw(TEXT),
            model=draw(TEXT),
            facts={"wifi.ssid": word, "other": [draw(TEXT), draw(NUMBER)]},
        )
    )
    collected(
        Emission(
            source="s",
            time_s=0.0,
            id="e",
            center_hz=draw(st.floats(1e3, 6e9)),
            width_hz=draw(st.floats(0, 1e8)),
            power_dbfs=draw(NUMBER),
            snr_db=draw(NUMBER),
            start_s=0.0,
            stop_s=draw(st.floats(0, 1e6)),
            kind=draw(TEXT),
        )
    )
    collected(
        Finding(
            source="s",
            time_s=0.0,
            id=draw(TEXT),
            level=draw(st.sampled_from(list(Level))),
            kind=draw(TEXT),
            title=say("{name} is here", name=word),
            subject=draw(TEXT) if draw(st.booleans()) else "e",
            raised_s=0.0,
            confidence=0.5,
            why=(say("It is {name}.", name=word),),
            benign=(say("Nothing"),),
            next=(say("Look"),),
            evidence=(Evidence(draw(TEXT), draw(TEXT | NUMBER), draw(TEXT), "s", draw(NUMBER)),),
        )
    )
    collected(Coverage(source="s", time_s=0.0, medium=Medium.WIFI, seconds=draw(st.floats(0, 1e9)), frames=3))
    collected(Status(source="s", time_s=0.0, subject=draw(TEXT), state=State.FAILED, detail=draw(TEXT)))
    collected.refuse(draw(TEXT), draw(TEXT))
    return collected


def obeyed(text: str) -> list[str]:
    """Characters that a page or terminal would obey."""
    return [
        c for c in text if (ord(c) < 32 and c != "\n") or 0x7F <= ord(c) < 0xA0 or 0x202A <= ord(c) <= 0x202E
    ]


@settings(max_examples=60, deadline=None)
@given(heard(), st.sampled_from(language.CODES))
def test_the_page_is_whole_whatever_was_heard(collected: Collector, code: str) -> None:
    text = html.render(collected, library=LIBRARY, language=language.get(code))
    made = Page(text)
    assert not {"script", "img", "iframe"} & {tag for tag, _ in made.tags}
    assert not obeyed(text)
    text.encode()


@settings(max_examples=60, deadline=None)
@given(heard())
def test_the_document_is_json_whatever_was_heard(collected: Collector) -> None:
    text = results.encode(results.document(collected, library=LIBRARY))
    assert json.loads(text.encode())["inputs"]
    assert not obeyed(text)


@settings(max_examples=15, deadline=None)
@given(heard())
def test_pdf_and_docx_are_made_whatever_was_heard(collected: Collector) -> None:
    pytest.importorskip("typst")
    pytest.importorskip("docx")
    report = build(collected, library=LIBRARY, language=language.get("kk"))
    assert pdf.render(report).startswith(b"%PDF-")
    with zipfile.ZipFile(io.BytesIO(docx.render(report))) as archive:
        ElementTree.fromstring(archive.read("word/document.xml"))
