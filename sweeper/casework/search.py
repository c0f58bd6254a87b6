"""What was looked at besides the radio, for the report: reference, meetings, floor plan, hands and
eyes, photos.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from sweeper.casework.keeping import made_of
from sweeper.checklists import PLANS, examinations, places
from sweeper.jobs.job import Job
from sweeper.jobs.papers import Check, Found, Meeting, Photo, Plan
from sweeper.language import Language
from sweeper.records import Burst, Emission, Finding, Medium, Opened
from sweeper.report import images, where
from sweeper.report import model as paper
from sweeper.report.collect import Collector
from sweeper.report.facts import moment
from sweeper.text import safe_text

PHOTO_PIXELS = 1200
"""Longer side of a photo in a report: 300 dots an inch at half the width of a page, 150 KB each."""
PLAN_PIXELS = 1800
REFERENCE_KINDS = ("new-emission", "stronger-emission")
MOST_ROWS = 60
MEETING_ROWS = 20
DEVOTED = 0.8
"""From this share of its time on the air inside meetings on, a signal is said to keep to them."""


def reference(job: Job, collected: Collector, language: Language) -> paper.Section | None:
    """What is new or stronger than outside; that there was no reference, where radio was swept
    without one.
    """
    if not any(row.medium is Medium.RF for row in collected.coverage):
        return None
    _ = language.gettext
    used = sorted({made.reference for made in made_of(job).values() if made.reference})
    if not used:
        if job.head.own:
            return None
        text = _(
            "No reference was recorded outside the target area, so signals could not be compared with it. A "
            "station far away and a device in the room are then told apart by their kind only."
        )
        return paper.Section(title=_("Comparison with the reference"), paragraphs=(text,))
    emissions = {emission.id: emission for emission in collected.emissions}
    rows = [
        (
            finding.id,
            language.finding_kind(finding.kind),
            language.frequency(emissions[finding.subject].center_hz),
            " ".join(safe_text(language.phrase(phrase)) for phrase in finding.why[:1]),
        )
        for finding in collected.findings
        if _compared(finding) and finding.subject in emissions
    ]
    told = tuple(
        language.say(status.said or status.detail)
        for status, _count in collected.statuses
        if status.subject == "reference" and status.detail
    )
    named = _("Reference: {names}.").format(names=", ".join(map(safe_text, used)))
    nothing = () if rows else (_("Nothing was new or stronger than in the reference."),)
    columns = (_("No."), _("Compared with outside"), _("Frequency"), _("Why"))
    table = paper.Table("", columns, tuple(rows[:MOST_ROWS]), numeric=(2,)) if rows else None
    return paper.Section(
        title=_("Comparison with the reference"), paragraphs=(named, *nothing, *told), table=table
    )


def _compared(finding: Finding) -> bool:
    return finding.kind in REFERENCE_KINDS or "reference" in finding.detectors


def meetings(job: Job, collected: Collector, language: Language) -> paper.Section | None:
    """Each finding's time on the air inside and outside the meetings, if any were entered."""
    windows = [meeting for _number, meeting in job.filed(Meeting)]
    if not windows:
        return None
    _ = language.gettext
    facts = tuple(
        paper.Fact(
            safe_text(window.label) or _("Meeting"),
            f"{language.datetime(window.start_utc_s)} – {language.datetime(window.stop_utc_s)}",
        )
        for window in windows
    )
    emissions = {emission.id: emission for emission in collected.emissions}
    rows, left = _beside(collected, emissions, windows, language)
    columns = (_("No."), _("Frequency"), _("On the air in meetings"), _("Otherwise"), "")
    if rows:
        text = _("A signal that is on the air only while something worth hearing is said is worth a look.")
    elif any(finding.subject in emissions for finding in collected.findings):
        text = _("No finding can be laid beside the meetings: no recording tells its time of day.")
    else:
        text = _("There is no radio signal among the findings that could be laid beside the meetings.")
    more = _("{n} further signals are not listed.").format(n=left) if left else ""
    table = paper.Table("", columns, rows, numeric=(1, 2, 3), more=more) if rows else None
    return paper.Section(title=_("Meeting windows"), paragraphs=(text,), facts=facts, table=table)


def _beside(
    collected: Collector, emissions: dict[str, Emission], windows: Sequence[Meeting], language: Language
) -> tuple[tuple[tuple[str, ...], ...], int]:
    """A row for each finding's time on the air, those that keep to the meetings first; how many were left."""
    found: list[tuple[float, tuple[str, ...]]] = []
    for finding in collected.findings:
        emission = emissions.get(finding.subject)
        opened = collected.opened.get(emission.source) if emission is not None else None
        if emission is None or opened is None or opened.start_utc_s is None:
            continue
        inside, total = _inside(emission, opened, windows)
        if total <= 0:
            continue
        share = inside / total
        word = language.gettext("keeps to the meetings") if share >= DEVOTED else ""
        times = (moment(inside, language), moment(total - inside, language))
        found.append((share, (finding.id, language.frequency(emission.center_hz), *times, word)))
    found.sort(key=lambda pair: -pair[0])
    return tuple(row for _share, row in found[:MEETING_ROWS]), max(0, len(found) - MEETING_ROWS)


def _inside(emission: Emission, opened: Opened, windows: Sequence[Meeting]) -> tuple[float, float]:
    """Seconds on the air inside the windows, and altogether."""
    start_s = opened.start_utc_s or 0.0
    whole = Burst(emission.start_s, max(emission.stop_s - emission.start_s, 0.0), emission.center_hz, 0.0)
    inside = total = 0.0
    for burst in emission.bursts or (whole,):
        begin, end = start_s + burst.start_s, start_s + burst.start_s + burst.duration_s
        total += end - begin
        inside += sum(max(0.0, min(end, w.stop_utc_s) - max(begin, w.start_utc_s)) for w in windows)
    return min(inside, total), total


def floor_plans(job: Job, collected: Collector, language: Language) -> paper.Section | None:
    """The plans with the findings marked on them."""
    _ = language.gettext
    levels = {finding.id: finding.level for finding in collected.findings}
    many = len(job.store.sweeps()) > 1
    pictures = []
    for _number, plan in job.filed(Plan):
        loaded = _scaled(job.folder / plan.file, PLAN_PIXELS, "PNG")
        if loaded is None:
            continue
        spots = []
        for mark in plan.marks:
            finding = mark.finding if many else mark.finding.rpartition("/")[2]
            label = " ".join(part for part in (finding, mark.label) if part)
            if mark.level_db is not None:
                label += f" {language.quantity(mark.level_db, 'dB', 0)}"
            spots.append(images.Spot(mark.x, mark.y, label.strip(), levels.get(finding)))
        content, size = loaded
        drawing = images.plan(content, size, spots, language, plan.title, plan.width_m)
        caption = _("Places where findings were located or measured; measurements, not certainty.")
        pictures.append(paper.Picture(safe_text(plan.title), caption, drawing))
    if not pictures:
        return None
    return paper.Section(title=_("Floor plan"), pictures=tuple(pictures))


def located(job: Job, language: Language) -> dict[str, str]:
    """By finding, as the report numbers them: where the newest plan that knows it says that it is."""
    many = len(job.store.sweeps()) > 1
    return {
        mark.finding if many else mark.finding.rpartition("/")[2]: where.sentence(mark.where, language)
        for _number, plan in job.filed(Plan)
        for mark in plan.marks
        if mark.where is not None and mark.finding
    }


def by_hand(job: Job, language: Language) -> paper.Section | None:
    """The results of the search by eye and hand; that none was recorded, in a technician's job."""
    _ = language.gettext
    checks = [check for _number, check in job.filed(Check)]
    title = _("Search by eye and hand")
    if not checks:
        if job.head.own:
            return None
        text = _("No search by eye and hand was recorded. What does not transmit was not looked for.")
        return paper.Section(title=title, paragraphs=(text,))
    results = {
        Found.NOTHING: _("nothing found"),
        Found.SOMETHING: _("something to look at"),
        Found.NOT_DONE: _("not looked at"),
    }
    rows = tuple(
        (
            place_name(check.place, language),
            method_name(check.method, language),
            results[check.result],
            safe_text(check.note),
            safe_text(check.who),
        )
        for check in sorted(checks, key=lambda c: c.result is not Found.SOMETHING)
    )
    columns = (_("Place"), _("How"), _("Result"), _("Note"), _("Who"))
    return paper.Section(title=title, table=paper.Table("", columns, rows))


def place_name(place: str, language: Language) -> str:
    """A place of a checklist (``car/obd``) in the reader's language; any other text as it was written."""
    plan, _slash, name = place.partition("/")
    if plan in PLANS:
        for known in places(plan):
            if known.id == name:
                return language.phrase(known.name.phrase())
    return safe_text(place)


def method_name(method: str, language: Language) -> str:
    """An instrument's examination in the reader's language; by eye and hand where none is named."""
    if not method:
        return language.gettext("by eye and hand")
    for instrument, test in examinations().items():
        if instrument.value == method:
            return language.phrase(test.name.phrase())
    return safe_text(method)


def photos(job: Job, language: Language) -> paper.Section | None:
    """The photos, two beside one another, with what they show and who took them."""
    _ = language.gettext
    pictures = []
    for number, (_paper, photo) in enumerate(job.filed(Photo), start=1):
        loaded = _scaled(job.folder / photo.file, PHOTO_PIXELS, "JPEG")
        if loaded is None:
            continue
        content, size = loaded
        title = _("Photo {number}").format(number=number)
        parts = [photo.caption, photo.finding, photo.who, language.datetime(photo.utc_s)]
        if photo.blurred:
            parts.append(_("people made unrecognisable"))
        caption = "; ".join(safe_text(part) for part in parts if part)
        pictures.append(paper.Picture(title, caption, images.photo(content, size, title), half=True))
    return paper.Section(title=_("Photos"), pictures=tuple(pictures)) if pictures else None


def _scaled(path: Path, pixels: int, form: str) -> tuple[bytes, tuple[int, int]] | None:
    """A kept picture no larger than a report needs; ``None`` where it is gone or Pillow is missing."""
    try:
        from PIL import Image
    except ImportError:
        return None
    try:
        with Image.open(path) as picture:
            small = picture.convert("RGB")
            small.thumbnail((pixels, pixels))
            buffer = io.BytesIO()
            small.save(buffer, form, quality=82, optimize=True)
            return buffer.getvalue(), small.size
    except (OSError, ValueError, SyntaxError):
        return None


def chapters(job: Job, collected: Collector, language: Language) -> Iterator[paper.Section]:
    """All of them that have something to say, in the order in which they are printed."""
    made: Iterable[paper.Section | None] = (
        reference(job, collected, language),
        meetings(job, collected, language),
        by_hand(job, language),
        floor_plans(job, collected, language),
        photos(job, language),
    )
    yield from (section for section in made if section is not None)
