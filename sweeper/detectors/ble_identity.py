"""What one Bluetooth advertisement is: bytes and sender in, kind, state and level out.

The bits are decoded in ``protocols.ble``; which facts make which device stands in ``signatures/ble``. Where
several signatures are met, the strongest wins: level, then confidence, then id, so the answer never hangs
on the order of things in the payload. An advertisement that breaks off is *malformed* unless what came before
the break is a device worth a look: a cut tail must not hide a tracker.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

import msgspec

from sweeper.protocols.ble.facts import facts as read_facts
from sweeper.records import Level, Medium, Value
from sweeper.signatures import DeviceClass, Library, Signature
from sweeper.vendors import bluetooth

UNKNOWN = "unknown"
MALFORMED = "malformed"


class Protocol(msgspec.Struct, frozen=True):
    """Where a kind's state, battery and network are found among the facts."""

    network: str | None = None
    state: str | None = None
    battery: str | None = None
    stateless: str | None = None


_FIND_MY = Protocol("Apple", "findmy.state", "findmy.battery")
_SMARTTAG = Protocol("Samsung", "smarttag.state", "smarttag.battery", UNKNOWN)
_CHIPOLO = Protocol("Chipolo", "chipolo.state", stateless=UNKNOWN)
PROTOCOLS: dict[str, Protocol] = {
    "airtag": _FIND_MY,
    "findmy_third_party": _FIND_MY,
    "airpods_findmy": _FIND_MY,
    "apple_device_findmy": _FIND_MY,
    "airpods_proximity_pairing": Protocol("Apple", stateless="not_findmy"),
    "google_findhub": Protocol("Google", "fhn.state"),
    "dult_accessory": Protocol(None, "dult.state"),
    "samsung_smarttag": _SMARTTAG,
    "samsung_find_my_mobile": Protocol("Samsung", "samsung_mobile.state"),
    "tile": Protocol("Tile", stateless=UNKNOWN),
    "chipolo_classic": _CHIPOLO,
    "chipolo": Protocol("Chipolo"),
    "pebblebee": Protocol("Pebblebee"),
    "tractive_gps_pet_tracker": Protocol("Tractive"),
    "tuya_ble_device": Protocol("Tuya", "tuya.state"),
}
"""Kinds whose protocol says more than who sends. A kind that is not here has no state."""

UNREGISTERED_SERVICE = "FD59"
"""Samsung's set-up service: the tag belongs to nobody yet."""

NOBODY = "FFFF"
"""The company id for tests and for makers without one; the registry lists it with a long explanation."""

MODEL_FACTS = ("plaud.model", "airpods.model")
"""Facts that name the model better than the signature does."""


class Identity(msgspec.Struct, frozen=True):
    """The answer for one advertisement. ``threat`` is *none* or the signature's level."""

    kind: str = UNKNOWN
    state: str | None = None
    network: str | None = None
    battery: str | None = None
    vendor: str | None = None
    signature: str | None = None
    benign: bool = False
    threat: str = "none"


def identify(
    library: Library, data: bytes, address: str | None = None, address_type: str | None = None
) -> Identity:
    """What one advertisement is. ``data`` are its AD structures. Never raises on bad bytes."""
    return examine(library, data, address, address_type)[0]


def examine(
    library: Library, data: bytes, address: str | None = None, address_type: str | None = None
) -> tuple[Identity, dict[str, Value]]:
    """``identify``, and the facts that it rests on."""
    facts = read_facts(data, address, address_type)
    return of_facts(library, facts), facts


def of_facts(library: Library, facts: dict[str, Value]) -> Identity:
    """The identity that facts make.

    Most of what differs between advertisements (keys, counters, measured values) is asked for by nobody, so
    the answer is remembered under the facts that any signature or protocol does ask for.
    """
    memory = _MEMORIES.get(library)
    if memory is None:
        memory = _MEMORIES[library] = _Memory(library)
    asked = memory.asked
    key = tuple(
        (name, tuple(value) if isinstance(value, list) else value)
        for name, value in facts.items()
        if name in asked
    )
    known = memory.answers.get(key)
    if known is None:
        if len(memory.answers) >= MOST_ANSWERS:
            memory.answers.clear()
        known = memory.answers[key] = _of_facts(library, facts)
    return known


class _Memory:
    """The facts that matter to one library, and the answers given so far."""

    def __init__(self, library: Library) -> None:
        self.answers: dict[tuple[tuple[str, object], ...], Identity] = {}
        asked = {"ble.company", "ble.uuids", "ble.malformed", "dult.network"}
        for protocol in PROTOCOLS.values():
            asked.update(key for key in (protocol.state, protocol.battery) if key is not None)
        for signature in library.signatures:
            if signature.medium is Medium.BLE:
                match = signature.match
                asked.update(c.key for c in (*match.all, *match.any, *match.none))
        self.asked = frozenset(asked)


_MEMORIES: WeakKeyDictionary[Library, _Memory] = WeakKeyDictionary()
MOST_ANSWERS = 20_000


def _of_facts(library: Library, facts: dict[str, Value]) -> Identity:
    hits = library.match(Medium.BLE, facts)
    broken = "ble.malformed" in facts
    if broken:
        hits = [hit for hit in hits if hit.level is not Level.INFO]
    if not hits:
        return Identity(
            kind=MALFORMED if broken else UNKNOWN,
            state="truncated" if broken else None,
            vendor=company_name(facts),
        )
    return _of_signature(hits[0], facts)


def _of_signature(signature: Signature, facts: dict[str, Value]) -> Identity:
    kind = signature.device
    protocol = PROTOCOLS.get(kind, Protocol())
    state = _text(facts, protocol.state) or protocol.stateless
    uuids = facts.get("ble.uuids")
    if kind == "samsung_smarttag" and protocol.state not in facts and isinstance(uuids, list):
        state = "unregistered" if UNREGISTERED_SERVICE in uuids else state
    benign = is_benign(signature)
    return Identity(
        kind=kind,
        state=state,
        network=protocol.network or _text(facts, "dult.network"),
        battery=_text(facts, protocol.battery),
        vendor=signature.vendor or company_name(facts),
        signature=signature.id,
        benign=benign,
        threat="none" if benign else signature.level.value,
    )


def is_benign(signature: Signature) -> bool:
    """Known to be an ordinary thing; not merely of low level."""
    return (
        signature.level is Level.INFO
        and signature.device_class is DeviceClass.OTHER
        and not signature.device.startswith(UNKNOWN)
    )


def model_of(library: Library, identity: Identity, facts: dict[str, Value]) -> str | None:
    """The model, from what was sent or from the signature."""
    for key in MODEL_FACTS:
        told = _text(facts, key)
        if told is not None:
            return told
    signature = library.by_id.get(identity.signature or "")
    return (signature.model or None) if signature is not None else None


def company_name(facts: dict[str, Value]) -> str | None:
    """The registered holder of the company id, of a member service, or of nothing known."""
    for company in _list(facts, "ble.company"):
        name = bluetooth.company(int(company, 16))
        if name is not None and company != NOBODY:
            return name
    for uuid in _list(facts, "ble.uuids"):
        if len(uuid) == 4:
            owner = bluetooth.member(int(uuid, 16))
            if owner is not None:
                return owner
    return None


def _text(facts: dict[str, Value], key: str | None) -> str | None:
    value = facts.get(key) if key is not None else None
    return value if isinstance(value, str) else None


def _list(facts: dict[str, Value], key: str) -> list[str]:
    value = facts.get(key)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
