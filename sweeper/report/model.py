"""The report before it has a shape: immutable, already in the reader's language, free of any layout.

HTML, PDF, DOCX and CSV all print this model, so that they cannot differ in what they say. Texts are plain
(nothing is escaped here; a renderer escapes for its own format), foreign text in them is already inert, and
pictures are SVG whose colours are roles (``sweeper.report.paint``).
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from sweeper.records import Level
from sweeper.report.reach import Missed
from sweeper.text import safe_text

T = TypeVar("T")


class Fact(msgspec.Struct, frozen=True):
    """A name and its value: one line of a cover or of an evidence list."""

    name: str
    value: str


class Table(msgspec.Struct, frozen=True):
    """Rows of text. ``numeric`` are the columns to align right, ``loose`` those with foreign text that may be
    broken anywhere; ``more`` tells what was left out."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[int, ...] = ()
    more: str = ""
    loose: tuple[int, ...] = ()


class Picture(msgspec.Struct, frozen=True):
    """A picture, the title that says what is seen, and a caption with its figures.

    A ``half`` picture is drawn for half the width of the text, beside another.
    """

    title: str
    caption: str
    svg: str
    half: bool = False


class Verdict(msgspec.Struct, frozen=True):
    """What a named person decided about a finding."""

    word: str
    person: str
    when: str
    note: str = ""


class FindingView(msgspec.Struct, frozen=True):
    """One finding as it is printed. ``facts`` tell what it is about; ``verdict`` is ``None`` while open."""

    id: str
    level: Level
    level_word: str
    title: str
    subject: str
    facts: tuple[Fact, ...]
    why: tuple[str, ...]
    evidence: tuple[Fact, ...]
    pictures: tuple[Picture, ...] = ()
    verdict: Verdict | None = None


class Group(msgspec.Struct, frozen=True):
    """Findings of one kind that share their innocent causes and next steps, which are then said once.

    ``why`` is what all of them share where there are too many to print a card for each (``compact``).
    """

    level: Level
    level_word: str
    kind: str
    findings: tuple[FindingView, ...]
    benign: tuple[str, ...]
    next: tuple[str, ...]
    compact: bool = False
    why: tuple[str, ...] = ()


class Summary(msgspec.Struct, frozen=True):
    """The first thing read: the most pressing level (``None`` without findings) and plain sentences."""

    level: Level | None
    headline: str
    sentences: tuple[str, ...]
    counts: tuple[Fact, ...]


class Section(msgspec.Struct, frozen=True):
    """Text with an optional numbered list, table and pictures: guides, limits, and what a job adds."""

    title: str
    paragraphs: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    table: Table | None = None
    pictures: tuple[Picture, ...] = ()


class JobPart(msgspec.Struct, frozen=True):
    """What only a job knows, already in the reader's language: printed where the report has its place for it.

    ``cover`` (client, site, dates, persons, licence), ``before`` (purpose, permission, scope, method,
    equipment), ``middle`` (reference, meetings, floor plan, physical search, photos), ``advice`` (steps
    before the general ones, and the next date), ``after`` (data protection, custody, lists of evidence),
    verdicts by finding id.
    """

    title: str = ""
    cover: tuple[Fact, ...] = ()
    before: tuple[Section, ...] = ()
    middle: tuple[Section, ...] = ()
    advice: Section | None = None
    after: tuple[Section, ...] = ()
    verdicts: dict[str, Verdict] = {}
    places: dict[str, str] = {}
    """By finding: where its emitter is, as a floor plan gives it."""
    confidentiality: str = ""


class Report(msgspec.Struct, frozen=True):
    """All of it, in the order in which it is printed."""

    language: str
    title: str
    demo: str
    cover: tuple[Fact, ...]
    summary: Summary
    before: tuple[Section, ...]
    overview: Table | None
    groups: tuple[Group, ...]
    informative: Table | None
    heard: Table
    unheard: tuple[str, ...]
    missed: tuple[Missed, ...]
    middle: tuple[Section, ...]
    spectra: tuple[Picture, ...]
    spectra_more: str
    signals: tuple[Table, ...]
    guide: Section | None
    advice: Section
    limits: Section
    inputs: Table | None
    events: Table | None
    made: Section
    after: tuple[Section, ...]
    words: dict[str, str]
    confidentiality: str = ""


class Sheet(msgspec.Struct, frozen=True):
    """One paper: a notice, a form, a reply, a list. ``signatures`` are lines to sign on, by their
    captions.
    """

    language: str
    title: str
    words: dict[str, str]
    cover: tuple[Fact, ...] = ()
    sections: tuple[Section, ...] = ()
    signatures: tuple[str, ...] = ()
    note: str = ""
    confidentiality: str = ""
    demo: str = ""


DRAWN = "svg"
"""The one field that is no text but a drawing, made by the program, whose texts are inert already."""


def inert(part: T) -> T:
    """The same with every text in it made safe to show: what comes from a job was typed by somebody."""
    made: object = part
    if isinstance(part, str) and type(part) is str:
        made = safe_text(part)
    elif isinstance(part, tuple):
        made = tuple(inert(item) for item in part)
    elif isinstance(part, dict):
        made = {inert(key): inert(value) for key, value in part.items()}
    elif isinstance(part, msgspec.Struct):
        fields = (name for name in part.__struct_fields__ if name != DRAWN)
        made = msgspec.structs.replace(part, **{name: inert(getattr(part, name)) for name in fields})
    return made  # type: ignore[return-value]
