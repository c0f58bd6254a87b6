"""Which new address is an old device: Bluetooth devices change addresses to hide, but not all that they send.

By content, strongest first, with the confidence that two addresses are one device:

    the same serial number, identifier or Find My key                              0.99, 0.95
    SmartTag: the same privacy id                                                  0.95
    SmartTag: aging counter one higher, equal flags, one candidate only            0.8  (AirGuard's rule)
    the same unusual name, services and maker, the old address silent by now,
    one candidate only                                                             0.6

Below 0.6 nothing is joined. A tracker that falls silent when another of its kind and about its strength
begins is only *noted* (0.4): in a crowd that is often chance.
"""

from __future__ import annotations

from collections.abc import Container, Iterator

import msgspec

from sweeper.known import CERTAIN, IDENTIFIER, IDENTIFIERS, SERIALS
from sweeper.records import Value

Key = tuple[object, ...]

COUNTER = 0.8
FINGERPRINT = 0.6
CONTINUITY = 0.4

AGING_STEP_S = 15 * 60.0
"""SmartTags count, and change their address, every 15 minutes (Yu et al., arXiv 2210.14702)."""
AGING_SLACK_S = 5 * 60.0
"""How far beyond one step two sightings may lie: scanning has gaps."""
SHORT_NAME = 5
"""Names below this length are too common to tell devices apart."""
SILENT_S = 3.0
"""An address that was heard within this time is still in use: no device sends as fast from two."""
HANDOVER_S = 30.0
"""How soon the next address of a tracker is heard: adverts come every 2 s, scans have gaps."""
HANDOVER_DB = 10


class Link(msgspec.Struct, frozen=True):
    """One new address that belongs to a device already known, or may."""

    device: int
    confidence: float
    by: str


class _Last(msgspec.Struct):
    device: int
    address: str
    time_s: float
    rssi_dbm: int | None


class Linker:
    """Remembers what devices have sent that survives a change of address. Devices are known by number."""

    def __init__(self) -> None:
        self._known: dict[Key, int] = {}
        self._counters: dict[Key, list[_Last]] = {}
        self._prints: dict[Key, list[_Last]] = {}
        self._kinds: dict[Key, list[_Last]] = {}

    def find(
        self, address: str, kind: str, facts: dict[str, Value], time_s: float, rssi_dbm: int | None
    ) -> Link | None:
        """The device that a new address belongs to; confidence below ``FINGERPRINT`` is a note only."""
        for key in _identifiers(facts):
            device = self._known.get(key)
            if device is not None:
                return Link(device, CERTAIN if key[0] in SERIALS else IDENTIFIER, str(key[0]))
        counter = _counter(facts)
        if counter is not None:
            aging, flags = counter
            before = self._counters.get((aging - 1, flags), [])
            near = [b for b in before if time_s - b.time_s <= AGING_STEP_S + AGING_SLACK_S]
            if len({b.device for b in near}) == 1:
                return Link(near[-1].device, COUNTER, "smarttag.aging")
        finger = _fingerprint(facts)
        if finger is not None:
            quiet = _only(self._prints.get(finger, []), time_s, SILENT_S)
            if quiet is not None:
                return Link(quiet.device, FINGERPRINT, "name and services")
        return self._continuity(kind, facts, time_s, rssi_dbm)

    def _continuity(
        self, kind: str, facts: dict[str, Value], time_s: float, rssi_dbm: int | None
    ) -> Link | None:
        key = _rotating(kind, facts)
        if key is None or rssi_dbm is None:
            return None
        near = [
            b
            for b in self._kinds.get(key, [])
            if SILENT_S < time_s - b.time_s <= HANDOVER_S
            and b.rssi_dbm is not None
            and abs(b.rssi_dbm - rssi_dbm) <= HANDOVER_DB
        ]
        return Link(near[0].device, CONTINUITY, "timing and strength") if len(near) == 1 else None

    def note(
        self,
        device: int,
        address: str,
        kind: str,
        facts: dict[str, Value],
        time_s: float,
        rssi_dbm: int | None,
    ) -> None:
        """Remember what a device has just sent."""
        for key in _identifiers(facts):
            self._known.setdefault(key, device)
        counter = _counter(facts)
        tables = (
            (self._counters, counter),
            (self._prints, _fingerprint(facts)),
            (self._kinds, _rotating(kind, facts)),
        )
        for table, found in tables:
            if found is not None:
                _remember(table.setdefault(found, []), _Last(device, address, time_s, rssi_dbm))

    def keep(self, devices: Container[int]) -> None:
        """Forget all but these."""
        self._known = {key: device for key, device in self._known.items() if device in devices}
        for table in (self._counters, self._prints, self._kinds):
            for key in list(table):
                table[key] = [row for row in table[key] if row.device in devices]
                if not table[key]:
                    del table[key]


MOST_KEPT = 16
"""Candidates kept for one key: beyond that many a link would be a guess."""


def _remember(rows: list[_Last], last: _Last) -> None:
    for index, row in enumerate(rows):
        if row.address == last.address:
            del rows[index]
            break
    rows.append(last)
    del rows[:-MOST_KEPT]


def _identifiers(facts: dict[str, Value]) -> Iterator[Key]:
    for name in SERIALS + IDENTIFIERS:
        value = facts.get(name)
        if value is not None:
            yield (name, value)


def _counter(facts: dict[str, Value]) -> tuple[int, int] | None:
    aging, flags = facts.get("smarttag.aging"), facts.get("smarttag.flags")
    return (aging, flags) if isinstance(aging, int) and isinstance(flags, int) else None


def _fingerprint(facts: dict[str, Value]) -> Key | None:
    """Name, services and makers of a device that hides behind resolvable addresses."""
    name = facts.get("ble.name")
    if facts.get("ble.address_class") != "random_resolvable" or not isinstance(name, str):
        return None
    if len(name) < SHORT_NAME:
        return None
    services, makers = facts.get("ble.uuids"), facts.get("ble.company")
    return (
        name,
        tuple(services) if isinstance(services, list) else (),
        tuple(makers) if isinstance(makers, list) else (),
    )


def _rotating(kind: str, facts: dict[str, Value]) -> Key | None:
    for name in ("findmy.state", "fhn.state", "dult.state"):
        state = facts.get(name)
        if state is not None:
            return (kind, state, facts.get("findmy.battery"))
    return None


def _only(rows: list[_Last], time_s: float, silent_s: float) -> _Last | None:
    """The one row that is silent by now; none if another is still heard or several could be meant."""
    if len({row.device for row in rows}) != 1:
        return None
    return rows[-1] if time_s - rows[-1].time_s > silent_s else None
