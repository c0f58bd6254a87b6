"""The physical checklists behind the three doors, and what to do when something is found.

Most hidden recorders do not transmit; hands and eyes find them. Each entry names a place and what to look
for there. The found-device guide follows published advice of sweep firms and of the makers of tracker
warnings; it is about keeping people safe and evidence whole.
"""

from __future__ import annotations

from sweeper.ui.words import _


def places(plan: str) -> list[tuple[str, str, str]]:
    """``(drawing, place, what to look for)`` of a plan, in the order of a walk."""
    return {"car": _car, "flat": _flat, "office": _office}[plan]()


def _car() -> list[tuple[str, str, str]]:
    return [
        (
            "obd",
            _("Diagnostic socket"),
            _("Under the steering wheel: is something plugged in that you did not put there?"),
        ),
        ("seat", _("Seats"), _("Under and behind them, in the pockets, between the cushions.")),
        ("bumper", _("Bumpers"), _("Behind both, with a lamp: small boxes held by a magnet or tape.")),
        ("wheel", _("Wheel arches"), _("Reach behind the lining, with gloves.")),
        ("roof", _("Roof lining and mirrors"), _("Lumps, loose edges, a cable that leads nowhere.")),
        (
            "battery",
            _("Battery and 12 V socket"),
            _("An extra cable on the battery, an unknown adapter in the socket."),
        ),
        ("boot", _("Boot"), _("Spare wheel, tool tray, side panels.")),
    ]


def _flat() -> list[tuple[str, str, str]]:
    return [
        (
            "smoke",
            _("Smoke detectors and lamps"),
            _("A small dark hole, or one detector more than there should be."),
        ),
        (
            "charger",
            _("Chargers and sockets"),
            _("Adapters that you did not buy; a hole or a lens in the front."),
        ),
        ("clock", _("Clocks, speakers, routers"), _("Things that face the bed or the bathroom.")),
        ("mirror", _("Mirrors and pictures"), _("Look along the surface with a lamp; a lens glints.")),
        ("shelf", _("Shelves, toys, plants"), _("Things that came as a present or were moved.")),
        ("bag", _("Bags, coats, keys"), _("Linings and pockets: tags are as small as a coin.")),
    ]


def _office() -> list[tuple[str, str, str]]:
    return [
        ("table", _("Under tables and chairs"), _("Feel along the underside and the frame.")),
        ("charger", _("Power strips and sockets"), _("Strips and adapters that nobody ordered.")),
        ("phone", _("Telephones and conference units"), _("Loose screws, an extra cable, a warm plug.")),
        ("lamp", _("Lamps and ceiling tiles"), _("Tiles that sit askew, dust that was disturbed.")),
        (
            "shelf",
            _("Shelves, plants, presents"),
            _("Pens, calculators, flash drives that belong to nobody. Do not plug them in."),
        ),
        ("window", _("Windows and vents"), _("Cables that lead out, boxes behind the grille.")),
    ]


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
