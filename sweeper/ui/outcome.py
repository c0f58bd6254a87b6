"""The outcome of a guided sweep in words: icon, word, sentence; what was listened to and looked at."""

from __future__ import annotations

from sweeper.records import Medium
from sweeper.ui import checklists, equipment, summary, words
from sweeper.ui.guide import Answer, Guide
from sweeper.ui.words import _, ngettext


def verdict(guide: Guide, found: list[str]) -> tuple[str, str, str, str]:
    """Icon, colour role, word and sentence; ``found`` names the places where something was found."""
    attention = guide.progress.attention
    if found:
        where = _("At: {list}.").format(list=words.spoken().listing(found))
        return "level-medium", "level-medium", _("You found something"), where
    if attention:
        word = ngettext("{n} thing to look at", "{n} things to look at", attention)
        return "level-low", "level-low", word, summary.careful()
    if not guide.progress.listened_s and not looked_at(guide):
        return "not-swept", "muted", _("Nothing was swept yet"), _("Neither was listened nor looked.")
    calm = _(
        "That is how most searches end. It does not prove that there is none: what does not transmit "
        "cannot be heard."
    )
    return "none-found", "good", _("No device was found"), calm


def looked_at(guide: Guide) -> int:
    """How many places were looked at."""
    return sum(1 for given in guide.progress.answers.values() if given is not Answer.OPEN)


def heard(guide: Guide) -> str:
    """What was listened to and looked at, and what was not."""
    spoken, progress = words.spoken(), guide.progress
    parts = [
        _("{medium} for {time}").format(medium=spoken.medium(Medium(medium)), time=spoken.duration(seconds))
        for medium, seconds in sorted(progress.listened_s.items())
    ]
    text = (
        _("Listened to: {list}.").format(list=spoken.listing(parts))
        if parts
        else _("Nothing was listened to.")
    )
    missing = [spoken.medium(medium) for medium in equipment.HEARD if medium.value not in progress.listened_s]
    if missing:
        text += " " + _("Not heard: {list}.").format(list=spoken.listing(missing))
    places = len(checklists.places(guide.plan))
    looked = _("Looked at {n} of {all} places.").format(n=looked_at(guide), all=places)
    return f"{text} {looked}"
