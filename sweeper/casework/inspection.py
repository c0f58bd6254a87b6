"""The register of jobs as a file, and everything that an inspection asks for in one archive.

inspection.pdf   licence, staff, equipment with calibration, duties, jobs, consents, hashes
inspection.ods   the same tables as sheets
*.csv            the same again, a file a table
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePath

import msgspec

from sweeper.casework.papers import licence_facts
from sweeper.jobs.practice import Practice
from sweeper.jobs.register import Row
from sweeper.language import Language, moment
from sweeper.report import formats, sheets
from sweeper.report.model import Section, Sheet, Table
from sweeper.report.words import words
from sweeper.text import safe_text


class Part(msgspec.Struct, frozen=True):
    """One table of the pack: its file's name, title, columns and rows as text."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def register(rows: Sequence[Row], name: str, language: Language, made_utc_s: float) -> bytes:
    """The job register as CSV, ODS or PDF, by the ending of ``name``."""
    part = jobs(rows, language)
    suffix = PurePath(name).suffix.lower()
    if suffix == ".csv":
        return sheets.csv(part.columns, part.rows)
    if suffix == ".ods":
        return sheets.ods({part.title: (part.columns, part.rows)})
    return formats.sheet(name, _sheet(part.title, [part], language), made_utc_s=made_utc_s)


def pack(practice: Practice, rows: Sequence[Row], language: Language, made_utc_s: float) -> bytes:
    """The inspection pack as a ZIP archive. Raises ``Unavailable`` where the typesetter is missing."""
    _ = language.gettext
    parts = [make(practice, rows, language) for make in PARTS]
    cover = licence_facts(practice, made_utc_s, language)
    paper = _sheet(_("Inspection pack"), parts, language)
    paper = msgspec.structs.replace(paper, cover=cover)
    files = {
        "inspection.pdf": formats.sheet("inspection.pdf", paper, made_utc_s=made_utc_s),
        "inspection.ods": sheets.ods({part.title: (part.columns, part.rows) for part in parts}),
    }
    files |= {f"{part.name}.csv": sheets.csv(part.columns, part.rows) for part in parts}
    return formats.zipped(files)


def _sheet(title: str, parts: Sequence[Part], language: Language) -> Sheet:
    _ = language.gettext
    sections = []
    for part in parts:
        shown = tuple(tuple(safe_text(cell) or "–" for cell in row) for row in part.rows)
        table = Table("", part.columns, shown, loose=_loose(part.rows)) if shown else None
        paragraphs = () if shown else (_("Nothing is entered."),)
        sections.append(Section(title=part.title, paragraphs=paragraphs, table=table))
    return Sheet(
        language=language.code,
        title=title,
        words=words(language),
        sections=tuple(sections),
        confidentiality=_("Confidential"),
    )


def _loose(rows: Sequence[Sequence[str]]) -> tuple[int, ...]:
    """Columns with words too long to stand in a narrow column: hashes and paths."""
    columns = range(len(rows[0])) if rows else range(0)
    return tuple(i for i in columns if any(len(word) > 16 for row in rows for word in row[i].split()))


def staff(practice: Practice, _rows: Sequence[Row], language: Language) -> Part:
    _ = language.gettext
    rows = tuple((each.name, each.position, each.qualification) for each in practice.staff)
    return Part("staff", _("Staff"), (_("Name"), _("Position"), _("Qualification")), rows)


def equipment(practice: Practice, _rows: Sequence[Row], language: Language) -> Part:
    _ = language.gettext
    rows = tuple(
        (
            each.name,
            each.serial,
            each.antenna,
            language.day(each.calibrated) if each.calibrated else "",
            language.day(each.calibration_due) if each.calibration_due else "",
            each.note,
        )
        for each in practice.equipment
    )
    columns = (
        _("Equipment"),
        _("Serial number"),
        _("Antenna"),
        _("Calibrated"),
        _("Next calibration"),
        _("Note"),
    )
    return Part("equipment", _("Equipment"), columns, rows)


def duties(practice: Practice, _rows: Sequence[Row], language: Language) -> Part:
    _ = language.gettext
    rows = tuple(
        (each.name, str(each.months), language.day(each.due), ", ".join(language.day(d) for d in each.done))
        for each in practice.duties
    )
    columns = (_("Duty"), _("Every (months)"), _("Next"), _("Done"))
    return Part("duties", _("Duty calendar"), columns, rows)


def jobs(rows: Sequence[Row], language: Language) -> Part:
    """The register: one row a job."""
    _ = language.gettext
    shown = tuple(
        (
            row.number,
            _day(row.created_utc_s, language),
            row.place,
            row.client,
            row.purpose,
            row.permission,
            ", ".join(row.people),
            row.licence,
            str(row.sweeps),
            str(row.findings),
            str(row.confirmed),
            _("purged") if row.purged else _day(row.purge_due_utc_s, language),
            language.say(row.problem),
        )
        for row in rows
    )
    columns = (
        _("Job"), _("Begun"), _("Place"), _("Client"), _("Purpose"), _("Permission"), _("People"),
        _("Licence"), _("Sweeps"), _("Findings"), _("Confirmed"), _("Purge"), _("Problem"),
    )  # fmt: skip
    return Part("jobs", _("Job register"), columns, shown)


def consents(_practice: Practice, rows: Sequence[Row], language: Language) -> Part:
    _ = language.gettext
    kinds = {"consent": _("consent"), "withdrawal": _("withdrawal"), "objection": _("objection")}
    shown = tuple(
        (each.job, kinds[each.kind], each.person, each.day, each.due, each.done, each.note)
        for row in rows
        for each in row.consents
    )
    columns = (_("Job"), _("Kind"), _("Person"), _("Day"), _("Until, due"), _("Done"), _("Note"))
    return Part("consents", _("Consent log"), columns, shown)


def hashes(_practice: Practice, rows: Sequence[Row], language: Language) -> Part:
    _ = language.gettext
    shown = tuple(
        (row.number, str(row.audit_entries), row.audit_hash, str(row.seals), row.manifest_sha512)
        for row in rows
    )
    columns = (_("Job"), _("Acts"), _("Audit log, last hash"), _("Seals"), _("SHA-512 of the last seal"))
    return Part("hashes", _("Hash log"), columns, shown)


def _register(_practice: Practice, rows: Sequence[Row], language: Language) -> Part:
    return jobs(rows, language)


Maker = Callable[[Practice, Sequence[Row], Language], Part]
PARTS: tuple[Maker, ...] = (staff, equipment, duties, _register, consents, hashes)


def _day(utc_s: float, language: Language) -> str:
    when = moment(utc_s)
    return language.date(utc_s) if when is None else language.day(when.date())
