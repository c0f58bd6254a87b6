"""The result in plain words: what was found, what was listened to, what could not be heard.

Careful by construction: no device found is never said to mean that there is none, and what was not heard
is named beside what was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweeper.records import Level, Medium
from sweeper.text import safe_text
from sweeper.ui import words
from sweeper.ui.words import _, ngettext

if TYPE_CHECKING:
    from sweeper.ui.desk import Desk


def counted(desk: Desk) -> dict[Level, int]:
    """Findings by level that nobody has explained."""
    counts = dict.fromkeys(Level, 0)
    for finding in desk.findings.records.values():
        if desk.verdicts.counts(finding.id):
            counts[finding.level] += 1
    return counts


def attention(desk: Desk) -> int:
    """How many findings ask for more than to be known."""
    return sum(count for level, count in counted(desk).items() if level is not Level.INFO)


def careful() -> str:
    """What stands over every list of findings."""
    return _(
        "Each one has innocent explanations. Read why it is shown and what else it may be before you "
        "draw a conclusion."
    )


def result(desk: Desk) -> tuple[str, str, str]:
    """A word, a sentence, and what was listened to."""
    from sweeper.ui.phase import Phase

    if desk.phase is Phase.IDLE:
        return (
            _("Nothing was swept yet"),
            _("Open a recording or begin a sweep; what is found appears here."),
            "",
        )
    if desk.outcome is not None and desk.outcome.problem:
        return _("Nothing could be heard"), safe_text(desk.outcome.problem), ""
    many = attention(desk)
    if many:
        word = ngettext("{n} thing to look at", "{n} things to look at", many)
        sentence = careful()
    elif desk.phase is not Phase.ENDED:
        word = _("Listening: no device was found so far")
        sentence = _("What is heard is compared with known devices while the sweep goes on.")
    elif desk.opened:
        word = _("No device was found")
        sentence = _(
            "Nothing that was heard matches a hidden device. A recorder that does not transmit cannot be "
            "heard by any program; the checklist helps to look for one."
        )
    else:
        word, sentence = _("Nothing was heard"), _("No source could be listened to, so nothing is known.")
    return word, sentence, heard(desk)


def result_icon(desk: Desk) -> tuple[str, str]:
    """Icon and colour role of the result."""
    from sweeper.ui.phase import Phase

    worst = desk.worst()
    if worst is not None and worst is not Level.INFO:
        return f"level-{worst.value}", f"level-{worst.value}"
    if desk.phase is Phase.ENDED and desk.opened and not (desk.outcome and desk.outcome.problem):
        return "none-found", "good"
    return "not-swept", "muted"


def heard(desk: Desk) -> str:
    """What was listened to and for how long, and what was not."""
    spoken = words.spoken()
    seconds: dict[Medium, float] = {}
    for coverage in desk.coverage.values():
        kept = seconds.get(coverage.medium, 0.0)
        seconds[coverage.medium] = max(kept, coverage.seconds)
    media = {opened.medium for opened in desk.opened.values()}
    parts = []
    for medium in Medium:
        if medium in seconds and seconds[medium] > 0:
            length = spoken.duration(seconds[medium])
            parts.append(_("{medium} for {time}").format(medium=spoken.medium(medium), time=length))
        elif medium in media:
            parts.append(spoken.medium(medium))
    text = ""
    if parts:
        text = _("Listened to: {list}.").format(list=spoken.listing(parts))
    missing = [
        spoken.medium(medium)
        for medium in (Medium.RF, Medium.BLE, Medium.WIFI)
        if medium not in media and medium not in seconds
    ]
    if missing and desk.opened:
        text += " " + _("Not heard: {list}.").format(list=spoken.listing(missing))
    if desk.refused:
        text += " " + ngettext(
            "{n} input could not be read.", "{n} inputs could not be read.", len(desk.refused)
        )
    return text.strip()
