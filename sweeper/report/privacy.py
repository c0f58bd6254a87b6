"""Other people's addresses and names replaced by pseudonyms before anything is exported.

Works on what was collected, so every renderer and the results document are covered alike. Only a finding that
a named person confirmed keeps its device in clear; who that is, and the keyed hash, the caller brings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from typing import Any

import msgspec

from sweeper.records import Device, Evidence, Finding, Status
from sweeper.report.collect import Collector
from sweeper.text import Phrase

Pseudonym = Callable[[str, str], str]
"""``(text, prefix) -> stand-in``; the same text always gives the same."""

NAMING = (
    "ssid",
    "ssids",
    "name",
    "names",
    "hostname",
    "serial",
    "probed",
    "bssid",
    "direct",
    "network",
    "mesh",
)
"""Last part of the keys of facts that name a person's things."""
_ADDRESS = re.compile(r"\b(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b")
_EVERYWHERE = 4
"""A name of this length or longer is replaced inside longer texts too; a shorter one only where it stands
alone, because it may be part of an ordinary word."""


def disguised(collected: Collector, pseudonym: Pseudonym, clear: Collection[str] = ()) -> Collector:
    """A copy of what was collected, with stand-ins for every device but those whose ids are in ``clear``."""
    mask = _Mask(collected.devices, pseudonym, frozenset(clear))
    made = Collector()
    made.opened, made.closed = dict(collected.opened), dict(collected.closed)
    made.refused, made.looks = list(collected.refused), dict(collected.looks)
    made.rasters = dict(collected.rasters)
    made.left_out, made.planned = dict(collected.left_out), collected.planned
    made.histories = {mask.subject(key): points for key, points in collected.histories.items()}
    for emission in collected.emissions:
        made(emission)
    for row in collected.coverage:
        made(row)
    for device in collected.devices:
        made(mask.device(device))
    for finding in collected.findings:
        made(mask.finding(finding))
    for status, count in collected.statuses:
        for _ in range(count):
            made(mask.status(status))
    return made


class _Mask:
    """The stand-ins of one export."""

    def __init__(self, devices: Iterable[Device], pseudonym: Pseudonym, clear: frozenset[str]) -> None:
        self._pseudonym = pseudonym
        self._stand_ins: dict[str, str] = {}
        kept: set[str] = set()
        for device in devices:
            names = dict(_identifiers(device))
            if device.id in clear:
                kept |= names.keys()
                continue
            for text, prefix in names.items():
                self._stand_ins[text] = pseudonym(text, prefix)
        self._kept = {text.casefold() for text in kept}
        for text in kept:
            self._stand_ins.pop(text, None)
        long = sorted((t for t in self._stand_ins if len(t) >= _EVERYWHERE), key=lambda t: (-len(t), t))
        self._inside = re.compile("|".join(map(re.escape, long))) if long else None

    def text(self, text: str) -> str:
        """``text`` with every identifier in it replaced."""
        whole = self._stand_ins.get(text)
        if whole is not None:
            return whole
        if self._inside is not None:
            text = self._inside.sub(lambda found: self._stand_ins[found[0]], text)
        return _ADDRESS.sub(self._address, text)

    def _address(self, found: re.Match[str]) -> str:
        return found[0] if found[0].casefold() in self._kept else self._pseudonym(found[0], "mac")

    def subject(self, subject: str) -> str:
        return self.text(subject)

    def value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return {key: self.value(item) for key, item in value.items()}
        return value

    def phrase(self, phrase: Phrase) -> Phrase:
        args = {
            key: self.phrase(value) if isinstance(value, Phrase) else self.value(value)
            for key, value in phrase.args.items()
        }
        return msgspec.structs.replace(phrase, args=args)

    def device(self, device: Device) -> Device:
        return msgspec.structs.replace(
            device,
            id=self.subject(device.id),
            address=self.text(device.address),
            addresses=tuple(self.text(address) for address in device.addresses),
            facts={key: self.value(value) for key, value in device.facts.items()},
        )

    def finding(self, finding: Finding) -> Finding:
        return msgspec.structs.replace(
            finding,
            subject=self.subject(finding.subject),
            title=self.phrase(finding.title),
            why=tuple(self.phrase(phrase) for phrase in finding.why),
            benign=tuple(self.phrase(phrase) for phrase in finding.benign),
            next=tuple(self.phrase(phrase) for phrase in finding.next),
            evidence=tuple(self._evidence(item) for item in finding.evidence),
        )

    def _evidence(self, item: Evidence) -> Evidence:
        return msgspec.structs.replace(item, value=self.value(item.value))

    def status(self, status: Status) -> Status:
        said = self.phrase(status.said) if status.said is not None else None
        return msgspec.structs.replace(status, detail=self.text(status.detail), said=said)


def _identifiers(device: Device) -> Iterable[tuple[str, str]]:
    """What names this device or its owner, and the prefix of its stand-in."""
    for address in (device.address, *device.addresses):
        if address:
            yield address, "mac"
    for key, value in device.facts.items():
        suffix = key.rpartition(".")[2]
        if suffix not in NAMING:
            continue
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str) and item:
                yield item, "mac" if _ADDRESS.fullmatch(item) else "name"
