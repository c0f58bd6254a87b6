"""Wi-Fi as it was at another time or place: who was there, under which names, how protected.

A reference is made by explicit act, outside the place that is to be swept or on a day when it was trusted.
What is there later and was not then, or has changed, is what a sweep is about. Random addresses are left out:
they are always new.

    {"sweeper_wifi_reference": 1, "place": "street", "taken_utc_s": 1763000000.0, "devices": [
      {"address": "50:c7:bf:00:00:01", "kind": "access-point", "names": ["416c61746175"],
       "security": "WPA2-Personal", "elements": "0,1,3,48"}]}

It holds other people's addresses and network names in the clear, so it is written for its owner alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from sweeper.errors import InputError
from sweeper.records import Device, Medium
from sweeper.text import say

VERSION = 1

STRENGTH = {"open": 0, "OWE": 1, "WEP": 1, "WPA-": 2, "WPA2": 3, "WPA3": 4}
"""How well a network is protected, by the beginning of the word for it; what is unknown is not compared."""


class Heard(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One transmitter: ``names`` are network names as hex of the bytes sent, ``elements`` the order of its
    beacon's elements."""

    address: str
    kind: str
    names: tuple[str, ...] = ()
    security: str = ""
    elements: str = ""


class WifiReference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everybody that was heard, where, and when (UTC seconds; ``None``: a recording without time)."""

    sweeper_wifi_reference: int
    devices: tuple[Heard, ...]
    place: str = ""
    taken_utc_s: float | None = None


def heard_of(device: Device) -> Heard | None:
    """A device as a reference keeps it; ``None`` for random addresses and other media."""
    point = device.facts.get("wifi.kind") == "access-point"
    if device.medium is not Medium.WIFI or (device.facts.get("wifi.randomised") and not point):
        return None
    names = device.facts.get("wifi.ssid_hex")
    return Heard(
        address=device.address,
        kind=str(device.facts.get("wifi.kind", "unknown")),
        names=tuple(map(str, names)) if isinstance(names, list) else (),
        security=str(device.facts.get("wifi.security", "")),
        elements=str(device.facts.get("wifi.taxonomy.beacon", "")),
    )


def reference_of(
    devices: Iterable[Device], place: str = "", taken_utc_s: float | None = None
) -> WifiReference:
    """A reference of what an inventory holds, in order of address."""
    kept = {one.address: one for one in map(heard_of, devices) if one is not None}
    return WifiReference(VERSION, tuple(kept[address] for address in sorted(kept)), place, taken_utc_s)


def strength(security: str) -> int | None:
    """Rank of a protection, ``None`` if it is not known.

    >>> strength("WPA2-Personal"), strength("open"), strength("")
    (3, 0, None)
    """
    return next((rank for word, rank in STRENGTH.items() if security.startswith(word)), None)


def merged(references: Iterable[WifiReference]) -> WifiReference:
    """Several references as one; of a transmitter in several the last word counts, names add up."""
    kept: dict[str, Heard] = {}
    places: dict[str, None] = {}
    taken: float | None = None
    for reference in references:
        places[reference.place] = None
        taken = reference.taken_utc_s if taken is None else max(taken, reference.taken_utc_s or taken)
        for one in reference.devices:
            before = kept.get(one.address)
            names = dict.fromkeys((*(before.names if before else ()), *one.names))
            kept[one.address] = msgspec.structs.replace(one, names=tuple(names))
    return WifiReference(VERSION, tuple(kept.values()), ", ".join(filter(None, places)), taken)


def load(path: Path) -> WifiReference:
    """Read one file. Raises ``InputError`` in one line."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=WifiReference)
    except OSError as error:
        raise InputError(str(path), say("cannot be read: {error}", error=error.strerror)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(str(path), say("no Wi-Fi reference: {error}", error=error)) from None
    if found.sweeper_wifi_reference != VERSION:
        raise InputError(
            str(path),
            say(
                "version {sweeper_wifi_reference} is not known, {version} is",
                sweeper_wifi_reference=found.sweeper_wifi_reference,
                version=VERSION,
            ),
        )
    return found


def save(reference: WifiReference, path: Path) -> None:
    """Write one file for its owner alone, whole or not at all. Raises ``InputError``."""
    fresh = path.with_name(path.name + ".new")
    data = msgspec.json.format(msgspec.json.encode(reference), indent=2)
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data + b"\n")
        fresh.replace(path)
    except OSError as error:
        raise InputError(str(path), say("cannot be written: {error}", error=error.strerror)) from None
