"""What was heard, subject by subject, with the facts and bytes that signatures are matched on.

The proof of the library and the making of a signature ask the same thing of a recording: which devices and
emissions are in it, and what exactly did each show? A ``Gather`` is a sink that collects just that; ``heard``
runs a session over recordings with one.

A Bluetooth device is matched one advertisement at a time, so each of its payloads is a *look* of its own; a
Wi-Fi or network device on all that it has told; an emission on its last measured values.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from sweeper.detectors import Setup, build
from sweeper.detectors.signature_match import emission_facts
from sweeper.errors import InputError
from sweeper.protocols import frame_table
from sweeper.protocols.ble import facts as ble_facts
from sweeper.radio.replay import open_recordings
from sweeper.records import AdvertisementBatch, Device, Emission, FrameBatch, Medium, Opened, Record
from sweeper.session import Session
from sweeper.signatures import Facts, Library
from sweeper.text import english, safe_text

INVENTORIES = ("rf-emissions", "ble-inventory", "wifi-inventory", "lan-inventory")
"""The stages that say what there is; the detectors after them only judge it."""

MOST_ADDRESSES = 20_000
MOST_PAYLOADS = 64
"""Payloads kept of one address: what changes more often than this is a counter."""
MOST_FRAMES = 8
MANAGEMENT = 0
TELLING = (0, 2, 4, 5, 8)
"""Management frames that say what a station is: (re)association, probe request and response, beacon."""

MEASURED = frozenset(
    f"wifi.{name}"
    for name in (
        "frames", "up_bytes", "down_bytes", "freq_mhz", "rssi_max", "signal", "rate_mbps_max",
    )
)  # fmt: skip
"""What the Wi-Fi inventory measures rather than hears told: no signature is matched on it."""


class Look(msgspec.Struct, frozen=True):
    """One set of facts as a matcher gets it, with the bytes behind it (hex) where they were kept."""

    facts: Facts
    ad: str | None = None
    frame: str | None = None


class Subject(msgspec.Struct, frozen=True):
    """One device or emission. ``id`` is that of the results document; ``label`` is for a person."""

    id: str
    medium: Medium
    label: str
    recording: str
    looks: tuple[Look, ...]
    address: str | None = None
    address_type: str | None = None


class Gather:
    """A sink. ``keep_frames`` also keeps each Wi-Fi station's telling frames, at a cost for every frame."""

    def __init__(self, *, keep_frames: bool = False) -> None:
        self.problems: list[str] = []
        self._keep_frames = keep_frames
        self._paths: dict[str, str] = {}
        self._devices: dict[tuple[str, str], Device] = {}
        self._emissions: dict[tuple[str, str], Emission] = {}
        self._adverts: dict[str, dict[bytes, str | None]] = {}
        self._frames: dict[str, dict[int, bytes]] = {}

    def __call__(self, record: Record) -> None:
        """Take in one record."""
        if isinstance(record, AdvertisementBatch):
            self._take_adverts(record)
        elif isinstance(record, Device):
            self._devices[record.source, record.id] = record
        elif isinstance(record, Emission):
            self._emissions[record.source, record.id] = record
        elif isinstance(record, Opened):
            self._paths[record.source] = record.path
        elif isinstance(record, FrameBatch) and self._keep_frames and record.medium is Medium.WIFI:
            self._take_frames(record)

    def subjects(self) -> list[Subject]:
        """All that was heard so far, in order of source and id."""
        devices = [self._of_device(device) for _key, device in sorted(self._devices.items())]
        return devices + [self._of_emission(emission) for _key, emission in sorted(self._emissions.items())]

    def _take_adverts(self, batch: AdvertisementBatch) -> None:
        for advert in batch.adverts:
            known = self._adverts.get(advert.address)
            if known is None:
                if len(self._adverts) >= MOST_ADDRESSES:
                    continue
                known = self._adverts[advert.address] = {}
            if advert.data and len(known) < MOST_PAYLOADS:
                known.setdefault(advert.data, advert.address_type)

    def _take_frames(self, batch: FrameBatch) -> None:
        table = frame_table.table(batch.link_type, batch.frames, batch.lengths)
        for row in range(len(batch.frames)):
            subtype = int(table.subtype[row])
            if table.kind[row] != MANAGEMENT or subtype not in TELLING or not table.ok[row]:
                continue
            kept = self._frames.setdefault(f"{int(table.transmitter[row]):012x}", {})
            start, stop = int(table.start[row]), int(table.stop[row])
            kept.setdefault(subtype, batch.frames[row][start:stop])

    def _of_device(self, device: Device) -> Subject:
        address_type: str | None = None
        looks: list[Look] = []
        if device.medium is Medium.BLE:
            for address in device.addresses or (device.address,):
                for data, kind in self._adverts.get(address, {}).items():
                    address_type = kind
                    looks.append(Look(ble_facts.facts(data, address, kind), ad=data.hex()))
        if not looks:
            facts = {key: value for key, value in device.facts.items() if key not in MEASURED}
            kept = self._frames.get(device.address.replace(":", "").lower(), {})
            frame = kept[max(kept)].hex() if kept else None
            looks.append(Look(facts, frame=frame))
        name = next((str(f.facts["ble.name"]) for f in looks if f.facts.get("ble.name")), "")
        shown = name or _first(device.facts.get("wifi.ssid")) or _first(device.facts.get("lan.name"))
        label = " ".join(part for part in (device.address, device.kind, shown) if part)
        return Subject(
            device.id, device.medium, safe_text(label), self._path(device), tuple(looks),
            device.address, address_type,
        )  # fmt: skip

    def _of_emission(self, emission: Emission) -> Subject:
        label = f"{emission.center_hz / 1e6:.3f} MHz {emission.kind} {emission.width_hz / 1e3:.0f} kHz"
        look = Look(emission_facts(emission))
        return Subject(emission.id, Medium.RF, label, self._path(emission), (look,))

    def _path(self, record: Record) -> str:
        return self._paths.get(record.source, "") or record.source


def _first(value: object) -> str:
    return str(value[0]) if isinstance(value, list) and value else str(value or "")


def of_advert(data: bytes, address: str | None = None, address_type: str | None = None) -> Subject:
    """One advertisement by itself, as typed or copied from another program."""
    facts = ble_facts.facts(data, address, address_type)
    label = safe_text(str(facts.get("ble.name") or data.hex()))
    looks = (Look(facts, ad=data.hex()),)
    return Subject("ble-0001", Medium.BLE, label, "one advertisement", looks, address, address_type)


def heard(paths: Sequence[str | Path], library: Library, *, keep_frames: bool = False) -> Gather:
    """Replay recordings in one session, as ``sweeper replay`` does (so the ids are the same), and gather."""
    opened, refused = open_recordings(paths)
    gather = Gather(keep_frames=keep_frames)
    gather.problems += [str(error) for error in refused]
    if opened:
        outcome = asyncio.run(Session(opened, build(Setup(library), INVENTORIES), [gather]).run())
        gather.problems += [english(line) for line in outcome.unreadable]
    return gather


def each_heard(paths: Iterable[Path], library: Library) -> dict[Path, list[Subject]]:
    """The subjects of each recording by itself. Raises ``InputError`` for one that cannot be read."""
    found: dict[Path, list[Subject]] = {}
    for path in paths:
        gather = heard([path], library)
        if gather.problems:
            raise InputError(str(path), gather.problems[0].removeprefix(f"{path}: "))
        found[path] = gather.subjects()
    return found
