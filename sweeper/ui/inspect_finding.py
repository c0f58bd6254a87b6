"""What the inspector shows of a finding beyond its words: verdict, what can be done, photos, evidence."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QPixmap
from PySide6.QtWidgets import QFileDialog, QGridLayout, QLabel, QSizePolicy

from sweeper.errors import InputError
from sweeper.records import Emission, Evidence, Finding, Medium
from sweeper.text import safe_text
from sweeper.ui import columns, filing, known_dialog, measuring, photo_dialog, plans, verdict_dialog, words
from sweeper.ui.flow import Flow
from sweeper.ui.parts import button, label
from sweeper.ui.theme import GRID
from sweeper.ui.verdicts import Decision, Verdict
from sweeper.ui.words import DASH, _, ngettext, told

if TYPE_CHECKING:
    from sweeper.ui.inspector import Inspector

EVIDENCE_SHOWN = 12
THUMB = 120
VIEWS = {Medium.RF: "spectrum", Medium.BLE: "bluetooth", Medium.WIFI: "wifi", Medium.LAN: "wifi"}


def verdict(shown: Inspector, finding: Finding) -> None:
    """The verdict with its name and note, and the buttons to give another."""
    desk = shown.desk
    given = desk.verdicts.of(finding.id)
    shown.heading(_("Verdict"))
    state = columns.decision(given.decision)
    shown.add(label(f"{state} · {safe_text(given.name)}" if given.name else state, wrap=True))
    if given.note:
        shown.add(label(safe_text(given.note), tone="muted", wrap=True))
    grid = QGridLayout()
    grid.setSpacing(GRID // 2)
    order = (Decision.EXPLAINED, Decision.SUSPICIOUS, Decision.CONFIRMED, Decision.OPEN)
    for index, decision in enumerate(order):
        act = partial(decide, shown, finding, decision)
        made = button(columns.decision(decision), act, desk.style, tip=_("Give this verdict"))
        made.setEnabled(decision is not given.decision)
        made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        grid.addWidget(made, index // 2, index % 2)
    shown.add(grid)


def decide(shown: Inspector, finding: Finding, decision: Decision) -> None:
    """Ask who decides and why, and note it."""
    desk = shown.desk
    name, note = "", ""
    if decision is not Decision.OPEN or desk.jobs.card is not None:
        before = desk.verdicts.of(finding.id)
        person = desk.settings.text("person")
        asked = verdict_dialog.ask(shown, desk.style, columns.decision(decision), person, before.note)
        if asked is None or not asked[0].strip():
            return
        name, note = asked
        desk.settings.put("person", name)
    desk.decide(finding.id, Verdict(decision, name, note, utc_s=time.time()))


def acts(shown: Inspector, subject: str, finding: Finding | None = None) -> None:
    """What can be done with an emission or device, and with the finding about it."""
    desk, style = shown.desk, shown.desk.style
    found = desk.subject(subject)
    made = Flow(spacing=GRID // 2)
    if found is not None:
        made.addWidget(
            button(_("Locate"), lambda: shown.on_locate(subject), style, icon="locate", quiet=True)
        )
        known = desk.familiar.of(found)
        text = _("Known: {name}").format(name=safe_text(known.alias)) if known else _("I know this one")
        made.addWidget(button(text, partial(know, shown, subject), style, icon="person", quiet=True))
        medium = Medium.RF if isinstance(found, Emission) else found.medium
        show = button(
            _("Show it in its table"), partial(shown.on_show, VIEWS[medium], subject), style, quiet=True
        )
        made.addWidget(show)
        teach = partial(shown.on_show, "teach", subject)
        made.addWidget(button(_("Make a signature"), teach, style, icon="signatures", quiet=True))
        if isinstance(found, Emission):
            detail = partial(shown.on_show, "detail", subject)
            made.addWidget(button(_("Look into the signal"), detail, style, icon="spectrum", quiet=True))
    if finding is not None:
        photo = partial(add_photo, shown, finding)
        made.addWidget(button(_("Add a photo"), photo, style, icon="camera", quiet=True))
        if desk.verdicts.undoable:
            made.addWidget(button(_("Undo verdict"), shown.undo, style, icon="undo", quiet=True))
    shown.add(made)


def know(shown: Inspector, subject: str) -> None:
    """Mark a device or signal as known, or change what is known of it."""
    desk = shown.desk
    found = desk.subject(subject)
    if found is None:
        return
    entry = desk.familiar.of(found) or desk.familiar.proposed(found, measuring.title(found))
    made = known_dialog.ask(shown, desk.style, entry)
    if made is not None:
        desk.familiar.keep(made)


def place(shown: Inspector, subject: str) -> None:
    """Where the floor plan says it is."""
    from sweeper.report import where

    desk = shown.desk
    found, plan = desk.subject(subject), desk.whereabouts.plan()
    said = plan.found(plans.key_of(found)) if plan is not None and found is not None else None
    if said is not None:
        shown.add(label(where.sentence(said.where, words.spoken()), wrap=True))


def add_photo(shown: Inspector, finding: Finding) -> None:
    """Choose a photo, mark the people in it, and file it in the job."""
    desk = shown.desk
    if desk.jobs.card is None:
        desk.say(
            _("A photo is kept in a job."),
            _("No job is open, so nothing is kept."),
            _("Open or begin a job, then add the photo."),
        )
        return
    kinds = _("Pictures") + " (*.png *.jpg *.jpeg *.webp *.bmp *.tif *.tiff)"
    chosen, _kind = QFileDialog.getOpenFileName(shown, _("Add a photo"), str(Path.home()), kinds)
    if not chosen:
        return
    try:
        asked = photo_dialog.ask(shown, desk.style, Path(chosen))
    except InputError as problem:
        desk.say(_("This photo could not be read."), told(problem), _("Choose another file."))
        return
    if asked is not None:
        caption, people, boxes = asked
        filing.photo(desk, Path(chosen), caption, people, boxes, finding.id)


def photos(shown: Inspector, finding: Finding) -> None:
    """The photos of a finding in the open job."""
    card = shown.desk.jobs.card
    named = (finding.id, filing.numbered(shown.desk, finding.id))
    mine = [each for each in card.photos if each[0] in named] if card is not None else []
    if not mine or card is None:
        return
    shown.heading(_("Photos"))
    line = Flow()
    for _finding, file, caption in mine:
        thumb = QLabel()
        pixmap = QPixmap(str(Path(card.folder) / file))
        thumb.setPixmap(pixmap.scaledToHeight(shown.desk.style.px(THUMB)) if not pixmap.isNull() else pixmap)
        thumb.setToolTip(safe_text(caption))
        thumb.setAccessibleName(safe_text(caption) or _("Photo"))
        line.addWidget(thumb)
    shown.add(line)


def evidence(shown: Inspector, finding: Finding) -> None:
    """What was measured, where it was heard, and the ways to it."""
    if finding.evidence:
        count = len(finding.evidence)
        shown.heading(ngettext("Evidence ({n})", "Evidence ({n})", count))
        shown.table([(evidence_name(e), evidence_value(e)) for e in finding.evidence[:EVIDENCE_SHOWN]])
        if count > EVIDENCE_SHOWN:
            more = count - EVIDENCE_SHOWN
            shown.add(label(ngettext("and {n} more, in the report", "and {n} more, in the report", more)))
        times = [each.time_s for each in finding.evidence if each.time_s is not None]
        _links(shown, finding, min(times) if times else finding.raised_s)
    if finding.signature:
        signature = f"{finding.signature} v{finding.signature_version or 1}"
        shown.add(
            label(
                _("Signature: {name}").format(name=safe_text(signature)),
                size="caption",
                tone="muted",
                wrap=True,
            )
        )


def _links(shown: Inspector, finding: Finding, at_s: float) -> None:
    """To the moment in the recording, and to the file that it is in."""
    desk, line = shown.desk, Flow(spacing=GRID // 2)
    source = desk.opened.get(finding.source)
    if not desk.live and desk.duration_s:
        text = _("Go to {time}").format(time=words.clock(at_s))
        go = button(text, partial(desk.seek, max(0.0, at_s - 1.0)), desk.style, icon="play", quiet=True)
        line.addWidget(go)
    if source is not None and source.path and Path(source.path).exists():
        folder = str(Path(source.path).resolve().parent)
        show = button(
            _("Show the recording"),
            lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(folder)),
            desk.style,
            icon="open",
            tip=safe_text(source.path),
            quiet=True,
        )
        line.addWidget(show)
    if line.count():
        shown.add(line)


def evidence_name(evidence: Evidence) -> str:
    """What a measurement is called."""
    return words.spoken().feature(evidence.what)


def evidence_value(evidence: Evidence) -> str:
    """A measurement with its unit, in as many digits as it deserves."""
    measured = evidence.value
    if isinstance(measured, bool) or not isinstance(measured, int | float):
        text = value(measured)
        return f"{text} {evidence.unit}" if evidence.unit else text
    if evidence.unit == "Hz":
        return words.frequency(measured)
    if evidence.unit == "s":
        return words.duration(measured)
    shown = round(measured, 3) if abs(measured) < 10 else round(measured, 1)
    return words.spoken().quantity(shown, evidence.unit)


def value(given: object) -> str:
    """Any value of a record, as text."""
    if isinstance(given, bool):
        return _("yes") if given else _("no")
    if isinstance(given, float):
        return words.spoken().number(round(given, 3))
    if isinstance(given, list | tuple):
        shown = ", ".join(value(item) for item in given[:8])
        return shown + (" …" if len(given) > 8 else "")
    if isinstance(given, dict):
        return ", ".join(f"{safe_text(str(key))}: {value(item)}" for key, item in list(given.items())[:8])
    return DASH if given is None else safe_text(str(given))
