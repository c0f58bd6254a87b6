"""The page is one file that fetches nothing, says everything, and shows hostile text as text."""

from __future__ import annotations

from html.parser import HTMLParser

import numpy as np
import pytest

from sweeper import language
from sweeper.errors import Reason
from sweeper.plan import Band
from sweeper.records import Coverage, Medium, Opened, State, Status, Trace
from sweeper.report import html, paint, svg
from sweeper.report.build import build
from sweeper.report.collect import Collector
from sweeper.report.model import Fact, JobPart, Section, Verdict
from sweeper.signatures import Library
from tests.report.samples import HOSTILE, session

LIBRARY = Library([])
CODES = ("en", "ru", "kk")
VOID = {"meta", "br", "link", "img", "input", "hr"}
FETCHING = {"src", "href", "xlink:href", "srcset", "action", "data", "background", "poster"}


class Page(HTMLParser):
    """Collects tags, attributes and text, and checks that tags are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.ids: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == [], f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> without a beginning"
        assert self.open[-1] == tag, f"</{tag}> closes <{self.open[-1]}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def page(findings: int = 3, code: str = "en", **options: bool) -> Page:
    return Page(html.render(session(findings, **options), library=LIBRARY, language=language.get(code)))


@pytest.mark.parametrize("findings", [0, 3, 60])
@pytest.mark.parametrize("code", CODES)
def test_the_page_is_whole_and_fetches_nothing(code: str, findings: int) -> None:
    made = page(findings, code, hostile=True)
    for tag, attributes in made.tags:
        assert tag not in {
            "script",
            "link",
            "img",
            "iframe",
            "object",
            "embed",
            "base",
            "form",
            "video",
            "audio",
        }
        for name, value in attributes.items():
            assert name not in {"src", "href", "srcset", "action", "data", "background", "poster"}, (
                tag,
                name,
            )
            assert not name.startswith("on"), (tag, name)
            assert "url(" not in (value or ""), (tag, name)
    assert len(made.ids) == len(set(made.ids))


def test_the_style_sheet_fetches_nothing() -> None:
    text = html.render(session(3), library=LIBRARY, language=language.get("en"))
    style = text[text.index("<style>") : text.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    assert "http" not in style
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert policy in text


@pytest.mark.parametrize("code", CODES)
def test_hostile_text_is_shown_as_text(code: str) -> None:
    text = html.render(session(3, hostile=True), library=LIBRARY, language=language.get(code))
    assert "<script" not in text
    for character in ("\x1b", "\u202e", "\x00"):
        assert character not in text
    assert "<script>alert('x')</script>\\u202egpj\\x1b[2J\\x00=1+1" in Page(text).text
    assert HOSTILE not in text


def test_no_finding_says_that_none_was_found_and_never_more() -> None:
    text = page(0).text
    assert "No device was found." in text
    assert "A recorder that does not transmit cannot be heard by any program" in text
    for claim in ("no devices here", "is safe", "100 %", "guarantee", "clean"):
        assert claim not in text.lower()


def test_what_was_not_heard_is_said_with_its_reason() -> None:
    text = page(0).text
    assert "Wi-Fi: the adapter has no monitor mode." in text
    assert "Not swept, therefore unknown: Wi-Fi." in text


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (Reason.STAGE_ERROR, "A part of the analysis failed (rf-emissions)"),
        (Reason.DROPPED, "could not be analysed in time"),
        (Reason.OVERLOAD, "weak signals were missed"),
    ],
)
def test_a_result_that_cannot_be_relied_on_says_so_at_the_top(reason: Reason, words: str) -> None:
    collected = session(0)
    collected(
        Status(source="a", time_s=1.0, subject="rf-emissions", state=State.FAILED, reason=reason, detail="x")
    )
    report = build(collected, library=LIBRARY, language=language.get("en"))
    assert any(words in sentence for sentence in report.summary.sentences)
    assert not any(
        words in sentence
        for sentence in build(session(0), library=LIBRARY, language=language.get("en")).summary.sentences
    )


def test_a_planned_band_that_was_not_heard_is_named() -> None:
    collected = session(0)
    collected.planned = (Band(430e6, 440e6), Band(863e6, 870e6))
    text = Page(html.render(collected, library=LIBRARY, language=language.get("en"))).text
    text = text.replace("\u202f", " ")
    assert "435.0–440.0 MHz: planned, but not heard." in text
    assert "863.0–870.0 MHz: planned, but not heard." in text
    assert "Not swept, therefore unknown: part of the planned radio bands and Wi-Fi." in text


def test_advice_closes_the_gaps_of_this_sweep() -> None:
    """Bluetooth was heard for ten minutes, Wi-Fi not at all, radio for a minute."""
    steps = build(session(0), library=LIBRARY, language=language.get("en")).advice.steps
    assert any("Listen to Wi-Fi" in step for step in steps)
    assert any("Watch the bands in which GSM" in step for step in steps)
    assert not any("Have the radio bands swept" in step for step in steps)
    assert not any("Look into the findings" in step for step in steps)
    bare = build(Collector(), library=LIBRARY, language=language.get("en")).advice.steps
    assert any("Have the radio bands swept" in step for step in bare)
    found = build(session(2), library=LIBRARY, language=language.get("en")).advice.steps
    assert found[0].startswith("Look into the findings")


def test_every_class_of_device_is_answered_for() -> None:
    text = page(0).text
    for device in ("Radio microphone", "GPS logger without radio", "Wi-Fi camera", "Item tracker (tag)"):
        assert device in text
    assert "A radio sweep does not find spyware" in text


def test_a_finding_has_its_reasons_innocent_causes_steps_evidence_and_a_line_to_sign() -> None:
    text = page(2).text
    for part in (
        "F-001",
        "430.430 MHz",
        "speech-like modulation",
        "A baby monitor or wireless headphones",
        "Walk through the room",
        "24.6 dB",
        "nfm-bug v2",
        "Verdict",
        "Signed",
    ):
        assert part in text.replace("\u202f", " "), part


@pytest.mark.parametrize("findings", [3, 7, 60])
def test_every_finding_is_printed_once(findings: int) -> None:
    made = page(findings)
    assert sum(name.startswith("F-") for name in made.ids) == findings


def test_a_persons_verdict_takes_the_place_of_the_line() -> None:
    job = JobPart(
        cover=(Fact("Client", "A. Client"),),
        before=(Section("Purpose", ("To look.",)),),
        verdicts={"F-900": Verdict("explained", "B. Person", "today", "own keys")},
    )
    text = Page(html.render(session(1), library=LIBRARY, language=language.get("en"), job=job)).text
    assert "Verdict: explained" in text
    assert "B. Person" in text
    assert "A. Client" in text
    assert "To look." in text


def test_demo_is_labelled_first_and_last() -> None:
    assert page(1, demo=True).text.count("These signals were made up by the program.") == 2
    assert "made up" not in page(1).text


def test_inputs_have_their_checksum() -> None:
    assert "3b" * 32 in page(0).text


@pytest.mark.parametrize("code", CODES)
def test_the_same_session_gives_the_same_bytes(code: str) -> None:
    first, second = (html.render(session(5), library=LIBRARY, language=language.get(code)) for _ in range(2))
    assert first == second


def test_nothing_heard_at_all_is_a_report_too() -> None:
    text = Page(html.render(Collector(), library=LIBRARY, language=language.get("en"))).text
    assert "Nothing was listened to." in text
    assert "No device was found." in text


def test_pictures_name_only_known_colours_and_close_their_tags() -> None:
    report = build(session(3), library=LIBRARY, language=language.get("en"))
    strips = [picture for group in report.groups for view in group.findings for picture in view.pictures]
    assert report.spectra
    assert strips
    for picture in (*report.spectra, *strips):
        Page(picture.svg)
        assert "var(" not in paint.painted(picture.svg)
        assert "nan" not in picture.svg


def test_a_finding_has_a_close_look_at_its_spectrum_and_its_timing() -> None:
    report = build(session(2), library=LIBRARY, language=language.get("en"))
    titles = [p.title for group in report.groups for view in group.findings for p in view.pictures]
    shown = [title.replace("\u202f", " ") for title in titles]
    assert "Spectrum around 430.430 MHz" in shown
    assert "When 430.430 MHz was on the air" in shown
    assert "Signal of D2:19:4A:00:51:7E over time" in shown


def test_a_waterfall_is_drawn_where_there_is_a_course_over_time() -> None:
    collected = session(2)
    for step in range(20):
        collected(trace(step))
    report = build(collected, library=LIBRARY, language=language.get("en"))
    waterfall = next(p for p in report.spectra if p.title.startswith("Waterfall"))
    assert "data:image/png;base64," in waterfall.svg
    text = html.render(collected, library=LIBRARY, language=language.get("en"))
    assert any(tag == "image" for tag, _ in Page(text).tags)


def trace(step: int) -> Trace:
    levels = np.full(64, -90.0, np.float32)
    return Trace(
        source="rtlsdr",
        time_s=float(step),
        start_hz=868e6,
        bin_hz=1e3,
        mean_db=levels,
        max_db=levels,
        dwell_s=1.0,
        transforms=1,
    )


def test_a_spectrum_has_axes_with_units_and_its_findings_marked() -> None:
    report = build(session(3), library=LIBRARY, language=language.get("en"))
    words = Page(report.spectra[0].svg).text
    for part in ("Frequency, MHz", "dBFS/Hz", "highest", "mean", "noise floor", "F-001"):
        assert part in words


def test_ticks_are_round_and_inside() -> None:
    axis = svg._Axis(429.9, 435.2, 0, 100, 8)
    assert axis.ticks() == [430.0, 431.0, 432.0, 433.0, 434.0, 435.0]
    assert axis.digits == 0
    assert svg._Axis(0.0, 0.26, 0, 100, 8).digits == 2


def test_a_sweep_of_short_dwell_says_how_likely_a_tracker_was_missed() -> None:
    """5 s of listening and 5 s of a report in half an hour: 10 s of 1,800 s, about 1 %."""
    collected = Collector()
    collected(Opened(source="r", time_s=0.0, medium=Medium.RF))
    for start, stop in ((703e6, 748e6), (832e6, 862e6), (880e6, 915e6), (1710e6, 1766e6)):
        collected(
            Coverage(source="r", time_s=0.0, medium=Medium.RF, seconds=5.0, start_hz=start, stop_hz=stop)
        )
    report = build(collected, library=LIBRARY, language=language.get("en"))
    row = next(row for row in report.missed if "SIM card" in row.device)
    covered = (45 + 30 + 35 + 56) / (45 + 30 + 35 + 75 + 60 + 70)
    assert f"{covered:.0%}".rstrip("%") + "\u202f%" in row.text
    assert "about 1\u202f%" in row.text


def test_colours_are_those_of_the_window() -> None:
    theme = pytest.importorskip("sweeper.ui.theme")
    for role, (light, dark) in paint.COLORS.items():
        assert theme.ROLES[role][:2] == (light, dark), role
