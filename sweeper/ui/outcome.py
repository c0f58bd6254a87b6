"""The outcome of a guided sweep in words: icon, word, sentence; what was listened to and looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweeper.records import Medium
from sweeper.ui import checklists, equipment, summary, words
from sweeper.ui.guide import Answer, Guide, asks
from sweeper.ui.words import _, ngettext

if TYPE_CHECKING:
    from sweeper.ui.desk import Desk

HEARD = frozenset(medium.value for medium in equipment.HEARD)


def verdict(guide: Guide, found: list[str]) -> tuple[str, str, str, str]:
    """Icon, colour role, word and sentence; ``found`` names the places where something was found."""
    if found or guide.progress.found:
        calm = _("Leave it as it is. What to do now stands below, step by step.")
        at = _("At: {list}.").format(list=words.spoken().listing(found)) if found else ""
        where = f"{at} {calm}".strip()
        return "level-medium", "level-medium", _("You found something"), where
    if guide.attention:
        return _to_look_at(guide)
    if not guide.listened_s and not looked_at(guide):
        return (
            "not-swept",
            "muted",
            _("Nothing was swept yet"),
            _("Nothing was listened to, and no place was looked at."),
        )
    calm = _(
        "That is how most searches end. It does not prove that there is none: what does not transmit "
        "cannot be heard."
    )
    return "none-found", "good", _("No device was found"), calm


def so_far(desk: Desk, guide: Guide, *, due: bool) -> tuple[str, str, str, str]:
    """Icon, colour role, word and sentence while a step still listens; ``due``: a first result stands."""
    if guide.attention:
        return _to_look_at(guide)
    heard_any = bool(desk.opened) or bool(guide.listened_s)
    if due and heard_any:
        calm = _("Nothing that was heard so far matches a hidden device. The rest of the time may add to it.")
        return "none-found", "good", _("No device was found so far"), calm
    return "not-swept", "muted", _("Listening"), ""


def _to_look_at(guide: Guide) -> tuple[str, str, str, str]:
    """So many things to look at, by the icon of the gravest."""
    asking = [each for each in guide.findings() if asks(each)]
    level = max((each.level for each in asking), key=lambda each: each.rank)
    word = ngettext("{n} thing to look at", "{n} things to look at", len(asking))
    return f"level-{level.value}", f"level-{level.value}", word, summary.careful()


def looked_at(guide: Guide) -> int:
    """How many places were looked at."""
    return sum(1 for given in guide.progress.answers.values() if given is not Answer.OPEN)


def heard(guide: Guide) -> str:
    """What was listened to and looked at, and what was not."""
    spoken, listened = words.spoken(), guide.listened_s
    parts = [
        _("{medium} for {time}").format(medium=spoken.medium(Medium(medium)), time=spoken.duration(seconds))
        for medium, seconds in sorted(listened.items())
        if seconds >= 1 and medium in HEARD
    ]
    text = (
        _("Listened to: {list}.").format(list=spoken.listing(parts))
        if parts
        else _("Nothing was listened to.")
    )
    missing = [spoken.medium(medium) for medium in equipment.HEARD if listened.get(medium.value, 0) < 1]
    if missing:
        text += " " + _("Not heard: {list}.").format(list=spoken.listing(missing))
    if listened.get(equipment.LESSER, 0) >= 1:
        time = spoken.duration(listened[equipment.LESSER])
        text += " " + _("Of Wi-Fi only the access points were listed, for {time}.").format(time=time)
    if Medium.LAN.value in listened:
        text += " " + _("The network was asked which devices are in it.")
    places = len(checklists.places(guide.plan))
    looked = _("Looked at {n} of {all} places.").format(n=looked_at(guide), all=places)
    return f"{text} {looked}"
