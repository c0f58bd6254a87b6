"""The physical checklists behind the three doors, and what to do when something is found.

Most hidden recorders do not transmit; hands and eyes find them. Each entry names a place and what to look for
there; the places are data (``sweeper.checklists``). The found-device guide follows published advice of sweep
firms and of the makers of tracker warnings; it is about keeping people safe and evidence whole.
"""

from __future__ import annotations

from sweeper import checklists
from sweeper.ui.words import _, phrase


def places(plan: str) -> list[tuple[str, str, str]]:
    """``(drawing, place, what to look for)`` of a plan, in the order of a walk."""
    return [(p.id, phrase(p.name.phrase()), phrase(p.look.phrase())) for p in checklists.places(plan)]


def preparations(plan: str) -> list[str]:
    """What to do before listening."""
    made = [
        _("Speak about the search only outside the place and on another phone."),
        _("Put away or note down your own devices, so that they can be told from others."),
    ]
    if plan == "car":
        made.append(_("Park away from other cars; leave the engine off for the first minutes."))
        made.append(
            _("Then drive for half an hour: a tag that follows you shows itself only away from its owner.")
        )
    elif plan == "flat":
        made.append(_("Close doors and windows; leave lamps and devices as they usually are."))
    else:
        made.append(_("Switch on lights and projector, as in a meeting: some devices wake up only then."))
    return made


def found_device() -> list[str]:
    """What a person does who has found a device, step by step."""
    return [
        _("Stop talking about it near the device. Do not touch, unplug, open or test it."),
        _(
            "Leave as if nothing had happened. If you feel in danger, go to a police station rather "
            "than home."
        ),
        _(
            "Photograph it in its place: from afar, nearer, close. Note the time, the place and who "
            "was there. Keep people out of the pictures."
        ),
        _("Tell only those who need to know, from another phone and another place."),
        _(
            "Call the police (102), or in an office its head of security or a licensed technician. "
            "Do not keep, use, sell or copy the device."
        ),
        _(
            "Let the specialist or the police take it away. Then go on searching: one device may be "
            "there to be found."
        ),
    ]
