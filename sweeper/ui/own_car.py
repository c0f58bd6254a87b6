"""What a car transmits by itself, so that it is not taken for an addition.

A modern car has a modem of its own, tyre sensors, keys, and often Bluetooth and a hotspot. The reader says
which of these the car has; an emission that looks like one of them is then set apart and said to be *perhaps*
the car's own, with the way to tell. Never more: a tracker uses the same bands.

Figures: tyre sensors and keys 433.92 MHz in Europe and Kazakhstan, 315 MHz in cars from America and Japan
(ERC/REC 70-03 annex 1; FCC 15.231); cellular uplinks by 3GPP TS 36.101 table 5.5-1.
"""

from __future__ import annotations

from sweeper.records import Device, Emission
from sweeper.ui.words import _

SHORT_RANGE_HZ = ((314.6e6, 315.4e6), (433.05e6, 434.79e6))
UPLINKS_HZ = ((703e6, 748e6), (832e6, 862e6), (880e6, 915e6), (1710e6, 1785e6), (1920e6, 1980e6))
SHORT_S = 0.5
"""Sensors and keys send for some tens of milliseconds, repeated; half a second is already long for them."""

KEYED = frozenset(("ook", "fsk", "psk", "unknown"))
CELLULAR = frozenset(("gsm-uplink", "lte", "nr", "ofdm", "noise-like"))


def questions() -> list[tuple[str, str]]:
    """``(name, question)``: what the reader is asked about the car."""
    return [
        ("telematics", _("It has connected services, an emergency call button or an app.")),
        ("keys", _("Its keys, or a key card, are in the car now.")),
        ("tyres", _("It shows the pressure of its tyres.")),
    ]


def own(subject: Emission | Device | None, has: dict[str, bool]) -> str:
    """What of the car this may be: ``telematics``, ``keys``, ``tyres``, or nothing."""
    if not isinstance(subject, Emission):
        return ""
    if _inside(subject.center_hz, UPLINKS_HZ) and subject.kind in CELLULAR:
        return "telematics" if has.get("telematics") else ""
    if _inside(subject.center_hz, SHORT_RANGE_HZ) and subject.kind in KEYED and brief(subject):
        return "tyres" if has.get("tyres") else "keys" if has.get("keys") else ""
    return ""


def brief(emission: Emission) -> bool:
    """Whether an emission is made of short bursts only."""
    return bool(emission.bursts) and max(burst.duration_s for burst in emission.bursts) <= SHORT_S


def explanation(what: str) -> str:
    """Why it may be the car's own, and how to tell."""
    return {
        "telematics": _(
            "The car's own modem transmits in the same band. It falls silent some minutes after the car is "
            "locked and left; what goes on for hours without the car moving is not it."
        ),
        "tyres": _(
            "The car's own tyre sensors send short bursts in this band, mostly while the wheels turn. Listen "
            "again with the car standing for ten minutes: they fall almost silent."
        ),
        "keys": _(
            "The car's keys send in this band when they are pressed or near. Carry the keys away and listen "
            "again."
        ),
    }.get(what, "")


def _inside(hz: float, ranges: tuple[tuple[float, float], ...]) -> bool:
    return any(low <= hz <= high for low, high in ranges)
