"""What this computer can hear with, in words: for the doors, the guided sweep and the sources page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweeper.records import Medium
from sweeper.ui import words
from sweeper.ui.words import _

if TYPE_CHECKING:
    from sweeper.radio.inventory import SourceEntry
    from sweeper.ui.desk import Desk

HEARD = (Medium.RF, Medium.BLE, Medium.WIFI)
"""What a sweep of a room is expected to hear; what is missing of these is said."""


LESSER = "wifi-list"
"""The source that lists access points where Wi-Fi itself cannot be heard: never called hearing Wi-Fi."""


async def look() -> list[SourceEntry]:
    """Everything that could be listened with here. Runs on the core's thread; may take a second or two."""
    from sweeper.radio import inventory

    return await inventory.probe()


def ready(desk: Desk, medium: Medium) -> list[SourceEntry]:
    """The receivers of a medium that can be used now."""
    found = [entry for entry in desk.equipment or [] if entry.medium is medium and entry.available]
    return [entry for entry in found if entry.name != LESSER]


def lesser(desk: Desk) -> SourceEntry | None:
    """What lists access points, where there is nothing that hears Wi-Fi itself."""
    if ready(desk, Medium.WIFI):
        return None
    return next((e for e in desk.equipment or [] if e.name == LESSER and e.available), None)


def any_ready(desk: Desk) -> bool:
    """Whether this computer hears anything at all."""
    return lesser(desk) is not None or any(ready(desk, medium) for medium in HEARD)


def lacking(desk: Desk, medium: Medium) -> str:
    """Why a medium cannot be heard here, as a sentence fragment."""
    spoken = words.spoken()
    for entry in desk.equipment or []:
        if entry.medium is medium and entry.reason is not None:
            return spoken.reason(entry.reason)
    return _("no adapter was found")


def sentence(desk: Desk) -> str:
    """What a door will use here, and what it cannot hear."""
    if desk.equipment is None:
        return _("Looking for receivers…")
    spoken = words.spoken()
    here = [spoken.medium(medium) for medium in HEARD if ready(desk, medium)]
    missing = [spoken.medium(medium) for medium in HEARD if not ready(desk, medium)]
    listed = lesser(desk)
    if not here and listed is None:
        return _("No receiver is ready here; the checklist works without one.")
    text = _("Uses: {list}.").format(list=spoken.listing(here)) if here else ""
    if missing:
        text += " " + _("Cannot hear here: {list}.").format(list=spoken.listing(missing))
    if listed is not None:
        text += " " + _("Of Wi-Fi the access points can be listed.")
    return text.strip()


def named(desk: Desk, name: str) -> str:
    """The source's name with what the reader has set for it: the helper, a fixed Wi-Fi channel."""
    settings = desk.settings
    if name == "ble":
        adapter = settings.text("ble-adapter")
        return f"ble:{adapter}" if adapter else "ble"
    if name == LESSER:
        adapter = settings.text("wifi-adapter")
        return f"{LESSER}:{adapter}" if adapter else LESSER
    if name != "wifi":
        return name
    channel = settings.text("wifi-channel")
    place = settings.text("wifi-adapter") + (f"@{megahertz(int(channel))}" if channel.isdecimal() else "")
    if settings.flag("wifi-helper", False):
        return f"wifi:helper,{place}" if place else "wifi:helper"
    return f"wifi:{place}" if place else "wifi"


def megahertz(channel: int) -> int:
    """The centre of a Wi-Fi channel (IEEE 802.11-2020, annex E)."""
    if channel == 14:
        return 2484
    return 2407 + 5 * channel if channel < 14 else 5000 + 5 * channel
