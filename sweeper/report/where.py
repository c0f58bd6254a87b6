"""The place of a finding's emitter in words, as a floor plan gives it, and how sure that is.

Levels that were measured at places are no bearing: walls bend them. So the sentence says within what radius
half of all such cases lie, and from fewer than three places only where the signal was strongest.
"""

from __future__ import annotations

from sweeper.floorplan import Where
from sweeper.language import Language
from sweeper.text import safe_text


def sentence(where: Where, language: Language) -> str:
    """``Plan “Flat”: most likely near “Bedroom”, ± 1.8 m; … The strongest reading was −41 dBm, near …``"""
    _ = language.gettext
    plan, place, strongest = (safe_text(text) for text in (where.plan, where.place, where.strongest))
    if where.radius_m is None:
        text = language.ngettext(
            "Plan “{plan}”: measured at {n} place, too few to say where it is.",
            "Plan “{plan}”: measured at {n} places, too few to say where it is.",
            where.readings,
        ).format(plan=plan, n=language.number(where.readings))
    else:
        near = _("near “{place}”").format(place=place) if place else _("at the mark")
        radius = language.quantity(where.radius_m, "m", 1)
        text = _("Plan “{plan}”: most likely {where}, ± {metres}; half of all such cases lie within.").format(
            plan=plan, where=near, metres=radius
        )
    level = language.quantity(where.level_db, where.unit, 0)
    if strongest:
        last = _("The strongest reading was {level}, near “{place}”.").format(level=level, place=strongest)
    else:
        last = _("The strongest reading was {level}.").format(level=level)
    return f"{text} {last}"
