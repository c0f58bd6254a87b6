"""Which Bluetooth devices were heard: one Device for each, whatever addresses it used.

A device is announced when first heard, again when something material changes (what it is, its state, its
battery, a further address) and a last time at the end, with its counts; never for every advertisement. Bytes
that a device has sent before are only counted.

Logs without payload carry the word of the program that wrote them. It is taken as the device's kind, marked
``log.word`` in the facts, and makes no claim by itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from sweeper.detectors import Setup
from sweeper.detectors.ble_identity import Identity, examine, identify, model_of
from sweeper.detectors.ble_links import FINGERPRINT, Linker
from sweeper.forgetting import MOST_EVER, forgotten, full, make_room
from sweeper.protocols.ble.address import raw
from sweeper.records import (
    Advertisement,
    AdvertisementBatch,
    Device,
    Level,
    Medium,
    Place,
    Record,
    Value,
)
from sweeper.signatures import Library
from sweeper.vendors import ieee

__all__ = ["BleInventory", "Identity", "identify", "stage"]

MAX_DEVICES = 50_000
"""Devices known at a time, as many as a results document lists: 250 MB with all that is known of them. A
busy street brings so many in two days, a flood of made-up addresses in three minutes; then the eighth part
that has been silent longest is forgotten, so that a device that comes late is heard as well as the first."""
MAX_PAYLOADS = 64
"""Different payloads remembered for one device; counters in sensor data would fill memory otherwise."""
MAX_ADDRESSES = 256

HINTS = {
    "airtag": "airtag",
    "appledevice": "apple_device_findmy",
    "airpods": "airpods_findmy",
    "findmy": "findmy_third_party",
    "chipolo one spot": "findmy_third_party",
    "chipolo": "chipolo",
    "tile": "tile",
    "galaxy smarttag": "samsung_smarttag",
    "galaxy smarttag+": "samsung_smarttag",
    "smarttag": "samsung_smarttag",
    "galaxy smarttag2": "samsung_smarttag",
    "find my device": "google_findhub",
    "find hub": "google_findhub",
    "google": "google_findhub",
    "pebblebee": "pebblebee",
}
"""Names that tracker apps give, and the kinds they mean. Others are passed on in small letters."""

_Look = tuple[Identity, dict[str, Value]]


class _Seen:
    """One device while it is being heard."""

    __slots__ = (
        "addresses",
        "count",
        "emitted",
        "facts",
        "first_s",
        "identity",
        "last_s",
        "number",
        "payloads",
        "place",
        "rank",
        "rssi_dbm",
        "source",
    )

    def __init__(self, number: int, source: str, advert: Advertisement) -> None:
        self.number = number
        self.source = source
        self.addresses = [advert.address]
        self.first_s = self.last_s = advert.time_s
        self.count = 0
        self.place: Place | None = None
        self.rssi_dbm: int | None = None
        self.identity = Identity()
        self.rank = (-1, 0.0)
        self.facts: dict[str, Value] = {}
        self.payloads: dict[bytes, tuple[Identity, tuple[int, float]]] = {}
        self.emitted: set[tuple[object, ...]] = set()


class BleInventory:
    """AdvertisementBatch in, Device out."""

    name = "ble-inventory"
    accepts: tuple[type[Record], ...] = (AdvertisementBatch,)

    def __init__(self, library: Library) -> None:
        self._library = library
        self._by_address: dict[str, _Seen] = {}
        self._devices: dict[int, _Seen] = {}
        self._count = 0
        self._full = False
        self._linker = Linker()

    def feed(self, batch: AdvertisementBatch, /) -> Iterator[Record]:
        """Devices that are new or changed, in the order heard."""
        for advert in batch.adverts:
            seen = self._by_address.get(advert.address)
            look: _Look | None = None
            if seen is None:
                if self._count >= MOST_EVER:
                    if not self._full:
                        self._full = True
                        yield full(self.name, batch.source, advert.time_s)
                    continue
                yield from self._forget(batch.source, advert.time_s)
                look = self._look(advert)
                seen = self._begin(batch.source, advert, look)
            seen.count += 1
            seen.last_s = max(seen.last_s, advert.time_s)
            seen.place = advert.place
            rssi = advert.rssi_dbm
            if rssi is not None and (seen.rssi_dbm is None or rssi > seen.rssi_dbm):
                seen.rssi_dbm = rssi
            if advert.data not in seen.payloads:
                yield from self._examine(seen, advert, look or self._look(advert))
            else:
                yield from self._again(seen, advert)

    def finish(self) -> Iterator[Record]:
        """Every device a last time, with its counts."""
        for seen in self._devices.values():
            yield self._device(seen, seen.last_s)

    def _forget(self, source: str, time_s: float) -> Iterator[Record]:
        """Where there are too many: those silent longest, a last time with their counts; said once."""
        silent = make_room(self._devices, MAX_DEVICES, lambda seen: seen.last_s)
        if not silent:
            return
        if self._count == MAX_DEVICES:
            yield forgotten(self.name, source, time_s, MAX_DEVICES)
        for seen in silent:
            yield self._device(seen, seen.last_s)
        self._by_address = {a: seen for a, seen in self._by_address.items() if seen.number in self._devices}
        self._linker.keep(self._devices)

    def _begin(self, source: str, advert: Advertisement, look: _Look) -> _Seen:
        """A new address: a further one of a known device, or a new device."""
        identity, facts = look
        link = self._linker.find(advert.address, identity.kind, facts, advert.time_s, advert.rssi_dbm)
        if link is not None and link.confidence >= FINGERPRINT:
            seen = self._devices[link.device]
            if len(seen.addresses) < MAX_ADDRESSES:
                seen.addresses.append(advert.address)
            seen.payloads.clear()
            seen.facts["link.confidence"] = min(link.confidence, _number(seen.facts.get("link.confidence")))
            seen.facts["link.by"] = link.by
        else:
            seen = self._devices[self._count] = _Seen(self._count, source, advert)
            self._count += 1
            if link is not None:
                seen.facts["link.maybe"] = _id(link.device)
                seen.facts["link.maybe_confidence"] = link.confidence
        self._by_address[advert.address] = seen
        return seen

    def _examine(self, seen: _Seen, advert: Advertisement, look: _Look) -> Iterator[Record]:
        """Take in bytes that this device has not sent before."""
        identity, facts = look
        if len(seen.payloads) >= MAX_PAYLOADS:
            seen.payloads.clear()
        rank = self._rank(identity)
        seen.payloads[advert.data] = (identity, rank)
        seen.facts.update(facts)
        if advert.platform:
            seen.facts.update({f"platform.{name}": value for name, value in advert.platform.items()})
        self._linker.note(seen.number, advert.address, identity.kind, facts, advert.time_s, advert.rssi_dbm)
        self._settle(seen, identity, rank)
        yield from self._changed(seen, advert.time_s)

    def _again(self, seen: _Seen, advert: Advertisement) -> Iterator[Record]:
        """Bytes sent before: a device that goes back to an earlier state says so in known bytes."""
        identity, rank = seen.payloads[advert.data]
        if identity is not seen.identity and identity.kind == seen.identity.kind:
            self._settle(seen, identity, rank)
            yield from self._changed(seen, advert.time_s)

    def _settle(self, seen: _Seen, identity: Identity, rank: tuple[int, float]) -> None:
        """The strongest thing a device has shown itself to be; of that, the latest state."""
        if identity.kind == seen.identity.kind or rank > seen.rank or seen.rank[0] < 0:
            seen.identity = identity
            seen.rank = rank

    def _rank(self, identity: Identity) -> tuple[int, float]:
        signature = self._library.by_id.get(identity.signature or "")
        if signature is None:
            return (-1, 0.0)
        return (Level(signature.level).rank, signature.confidence)

    def _look(self, advert: Advertisement) -> _Look:
        if not advert.data and advert.hint:
            kind = HINTS.get(advert.hint.strip().lower()) or advert.hint.strip().lower().replace(" ", "_")
            return Identity(kind=kind), {"ble.hint": advert.hint, "log.word": True}
        return examine(self._library, advert.data, advert.address, advert.address_type)

    def _changed(self, seen: _Seen, time_s: float) -> Iterator[Record]:
        identity = seen.identity
        shown = (identity.kind, identity.state, identity.battery, identity.signature, len(seen.addresses))
        if shown not in seen.emitted:
            seen.emitted.add(shown)
            yield self._device(seen, time_s)

    def _device(self, seen: _Seen, time_s: float) -> Device:
        identity = seen.identity
        return Device(
            source=seen.source,
            time_s=time_s,
            id=_id(seen.number),
            medium=Medium.BLE,
            address=seen.addresses[-1],
            kind=identity.kind,
            state=identity.state,
            vendor=identity.vendor or _block_holder(seen),
            model=model_of(self._library, identity, seen.facts),
            signature=identity.signature,
            first_s=seen.first_s,
            last_s=seen.last_s,
            sightings=seen.count,
            rssi_dbm=seen.rssi_dbm,
            addresses=tuple(seen.addresses),
            facts=dict(seen.facts),
            place=seen.place,
        )


def _id(number: int) -> str:
    return f"ble-{number + 1:04d}"


def _number(value: Value) -> float:
    return float(value) if isinstance(value, int | float) else 1.0


def _block_holder(seen: _Seen) -> str | None:
    """Who was assigned the block of a public address."""
    address = raw(seen.addresses[-1]) if "ble.oui" in seen.facts else None
    return ieee.holder(int.from_bytes(address, "big")) if address is not None else None


def stage(setup: Setup) -> BleInventory:
    """The factory."""
    return BleInventory(setup.library)
