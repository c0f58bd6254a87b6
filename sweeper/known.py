"""What the user already knows: their own tags, a neighbour's, the rented car's; kept by explicit act only.

A known device is still listed and still told of, but it does not alarm. It is recognised by what survives a
change of address: serial numbers, identifiers, the address itself. Some things change everything they send
(an AirTag away from its owner has a new key every day); for those an entry can name a *kind at a place*,
which holds for one device at a time and never for one that travels along.

An entry with a place holds at that place only: a neighbour's tag at home is a follower on the motorway.

The file is JSON, made to be read::

    {"sweeper_known": 1, "entries": [{"id": "K-001", "medium": "ble", "mark": "own", "alias": "my keys",
      "keys": ["address=C1:02:03:04:05:06", "findmy.key=..."], "kind": "airtag", "place": null}]}

It holds addresses in the clear, so it is written for its owner alone and never leaves the computer.
Nothing is ever added to it without being asked for.
"""

from __future__ import annotations

import enum
import math
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import platformdirs

from sweeper.errors import InputError
from sweeper.records import Device, Emission, Medium, Place
from sweeper.text import say

VERSION = 1

SERIALS = ("plaud.serial",)
"""Facts that name one device for as long as it lives."""
IDENTIFIERS = (
    "findmy.key",
    "tile.id",
    "fhn.eid",
    "smarttag.privacy_id",
    "mibeacon.address",
    "samsung_mobile.id",
)
"""Facts that name one device until they rotate: a day for Find My and Find Hub, 15 minutes for SmartTags."""

CERTAIN = 0.99
IDENTIFIER = 0.95
ADDRESS = 0.9
"""48 bits are not met twice by chance, but they can be copied."""
EMISSION = 0.6
"""A frequency, a width and a kind: the band's other users look alike."""
KIND_AT_PLACE = 0.5

ELSEWHERE_M = 300.0
"""Beyond the reach of Bluetooth in the open and the error of a phone's position."""
EARTH_M = 6_371_000.0
SAME_WIDTH = 2.0
"""Two measurements of one emission's width agree within this factor."""
STRONGER_DB = 6.0
WIDER = 1.5
LEAST_WIDTH_HZ = 5_000.0
"""A known emission has changed when it stands 6 dB higher over the noise than it was declared with (people
and doors move a steady signal by that much indoors), or half as wide again; for a line a bin is nothing."""
SAME_HZ = 3_000.0
"""A cheap transmitter's crystal drifts by 5 to 10 ppm with warmth: 3 kHz at 433 MHz."""


class Mark(enum.StrEnum):
    """What the user said about it."""

    OWN = "own"
    FRIENDLY = "friendly"
    FALSE_ALARM = "false-alarm"


class Known(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One entry. ``place`` is where it belongs, ``None`` if it goes along with the user or may be anywhere.

    ``keys`` are ``name=value``; one that is met is enough. An emission is known by ``center_hz`` and
    ``width_hz``. With neither, ``kind`` at ``place`` is what is known: one device of it at a time.
    """

    id: str
    medium: Medium
    mark: Mark
    alias: str
    keys: tuple[str, ...] = ()
    kind: str = ""
    place: Place | None = None
    center_hz: float | None = None
    width_hz: float | None = None
    snr_db: float | None = None
    added_utc_s: float | None = None
    note: str = ""


class Match(msgspec.Struct, frozen=True):
    """Which entry, how surely (0..1), by which key; ``elsewhere``: away from where it belongs, ``None``: not
    known, or it belongs nowhere in particular."""

    known: Known
    confidence: float
    by: str
    elsewhere: bool | None = None


class _File(msgspec.Struct, forbid_unknown_fields=True):
    sweeper_known: int
    entries: tuple[Known, ...] = ()


class Book:
    """The entries, indexed by key."""

    def __init__(self, entries: Iterable[Known] = ()) -> None:
        self.entries = tuple(entries)
        self._by_key: dict[tuple[Medium, str], Known] = {}
        for entry in self.entries:
            for key in entry.keys:
                self._by_key.setdefault((entry.medium, _folded(key)), entry)
        self._emissions = [e for e in self.entries if e.center_hz is not None]
        self._kinds = [
            e for e in self.entries if not e.keys and e.center_hz is None and e.kind and e.place is not None
        ]

    def device(self, device: Device, here: Place | None = None) -> Match | None:
        """The entry that a device is known by; the surest key wins. ``here`` is where the listener is."""
        best: Match | None = None
        for key in keys_of(device):
            entry = self._by_key.get((device.medium, _folded(key)))
            if entry is not None and (best is None or confidence_of(key) > best.confidence):
                best = Match(entry, confidence_of(key), key.partition("=")[0], elsewhere(entry, here))
        return best

    def kind(self, device: Device, here: Place | None) -> Match | None:
        """The entry that knows one device of this kind here; whether it is *the* one, nobody knows."""
        for entry in self._kinds:
            same = (entry.medium, entry.kind) == (device.medium, device.kind)
            if same and elsewhere(entry, here) is False:
                return Match(entry, KIND_AT_PLACE, "kind", False)
        return None

    def emission(self, emission: Emission, here: Place | None = None) -> Match | None:
        """The entry that knows an emission: near in frequency, about as wide, of the same kind."""
        for entry in self._emissions:
            if _same_emission(entry, emission):
                return Match(entry, EMISSION, "emission", elsewhere(entry, here))
        return None

    def changed(self, emission: Emission) -> tuple[Known, float, float] | None:
        """The entry at an emission's frequency that it no longer fits: by how many decibels it is stronger
        and how many times as wide as declared. ``None`` where it fits, or nothing is known there."""
        for entry in self._emissions:
            if entry.center_hz is None:
                continue
            width_hz = max(entry.width_hz or emission.width_hz, LEAST_WIDTH_HZ)
            if abs(entry.center_hz - emission.center_hz) > max(SAME_HZ, width_hz / 4):
                continue
            stronger_db = emission.snr_db - entry.snr_db if entry.snr_db is not None else 0.0
            wider = emission.width_hz / width_hz
            if stronger_db > STRONGER_DB or wider > WIDER:
                return entry, stronger_db, wider
        return None

    def with_entry(self, entry: Known) -> Book:
        """A book that has this entry too; one of the same id is replaced."""
        return Book([*(e for e in self.entries if e.id != entry.id), entry])

    def without(self, name: str) -> Book:
        """A book without the entry of this id or alias."""
        return Book(e for e in self.entries if name not in (e.id, e.alias))

    def next_id(self) -> str:
        """An id that no entry has had: one above the highest."""
        numbers = [int(e.id[2:]) for e in self.entries if e.id[:2] == "K-" and e.id[2:].isdecimal()]
        return f"K-{max(numbers, default=0) + 1:03d}"


def keys_of(device: Device) -> Iterator[str]:
    """Everything that this device can be known by, as ``name=value``: identifiers, then its addresses."""
    for name in SERIALS + IDENTIFIERS:
        value = device.facts.get(name)
        if value is not None:
            yield f"{name}={value}"
    for address in device.addresses or (device.address,):
        if address:
            yield f"address={address}"


def entry_of(
    subject: Device | Emission, *, id: str, mark: Mark, alias: str, place: Place | None = None
) -> Known:
    """The entry that knows this device or emission from now on."""
    if isinstance(subject, Emission):
        return Known(
            id=id,
            medium=Medium.RF,
            mark=mark,
            alias=alias,
            kind=subject.kind,
            place=place,
            center_hz=subject.center_hz,
            width_hz=subject.width_hz,
            snr_db=subject.snr_db,
        )
    return Known(
        id=id,
        medium=subject.medium,
        mark=mark,
        alias=alias,
        kind=subject.kind,
        place=place,
        keys=tuple(keys_of(subject)),
    )


def confidence_of(key: str) -> float:
    """How surely two devices with this key are one."""
    name = key.partition("=")[0]
    return CERTAIN if name in SERIALS else IDENTIFIER if name in IDENTIFIERS else ADDRESS


def elsewhere(entry: Known, here: Place | None) -> bool | None:
    """Whether ``here`` is another place than the entry's; ``None`` where that cannot be told."""
    there = entry.place
    if there is None or here is None:
        return None
    away_m = distance_m(there, here)
    if away_m is not None:
        return away_m > ELSEWHERE_M
    if there.name and here.name:
        return there.name.strip().casefold() != here.name.strip().casefold()
    return None


def distance_m(one: Place, other: Place) -> float | None:
    """Metres along the ground; ``None`` where one has no position."""
    if one.lat is None or one.lon is None or other.lat is None or other.lon is None:
        return None
    lat1, lat2 = math.radians(one.lat), math.radians(other.lat)
    half_lat, half_lon = (lat2 - lat1) / 2, math.radians(other.lon - one.lon) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(half_lon) ** 2
    return 2 * EARTH_M * math.asin(min(1.0, math.sqrt(chord)))


def _same_emission(entry: Known, emission: Emission) -> bool:
    if entry.center_hz is None or (entry.kind and entry.kind != emission.kind):
        return False
    width_hz = entry.width_hz or emission.width_hz
    if abs(entry.center_hz - emission.center_hz) > max(SAME_HZ, width_hz / 4):
        return False
    narrow, wide = sorted((max(width_hz, 1.0), max(emission.width_hz, 1.0)))
    return wide <= SAME_WIDTH * narrow


def _folded(key: str) -> str:
    """Hex is written in either case."""
    return key.strip().casefold()


def home() -> Path:
    """The user's own file, where the system keeps such things."""
    return Path(platformdirs.user_data_dir("sweeper", appauthor=False)) / "known.json"


def load(path: Path | None = None) -> Book:
    """The book in a file; the user's own (empty if there is none yet) without a path.

    Raises ``InputError`` in one line where the file is missing, unreadable or not such a file.
    """
    target = path or home()
    if path is None and not target.exists():
        return Book()
    try:
        found = msgspec.json.decode(target.read_bytes(), type=_File)
    except OSError as error:
        raise InputError(str(target), say("cannot be read: {error}", error=error.strerror)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(str(target), say("no list of known devices: {error}", error=error)) from None
    if found.sweeper_known != VERSION:
        raise InputError(
            str(target),
            say(
                "version {sweeper_known} is not known here, {version} is",
                sweeper_known=found.sweeper_known,
                version=VERSION,
            ),
        )
    return Book(found.entries)


def save(book: Book, path: Path | None = None) -> Path:
    """Write the book for its owner alone, whole or not at all. Raises ``InputError``."""
    target = path or home()
    data = msgspec.json.format(msgspec.json.encode(_File(VERSION, book.entries)), indent=2)
    fresh = target.with_name(target.name + ".new")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data + b"\n")
        fresh.replace(target)
    except OSError as error:
        raise InputError(str(target), say("cannot be written: {error}", error=error.strerror)) from None
    return target
