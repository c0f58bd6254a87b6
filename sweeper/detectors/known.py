"""Which emitters the user already knows: recognised, still listed, and raised only where they do not belong.

A device is recognised when the inventory announces it, and again with every identifier that it adds. The
inventory links changing addresses, so a tag that was recognised once stays so when it rotates. An entry that
knows only *one device of a kind at a place* is given to one device at a time; it passes to a successor when
the holder has fallen silent, as a tag does whose key was changed.

Places come with the advertisements, or are told for the whole session. Without one nothing is *elsewhere*.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from sweeper.detectors import Setup
from sweeper.known import Book, Mark, Match, elsewhere
from sweeper.records import (
    Advertisement,
    AdvertisementBatch,
    Detection,
    Device,
    Emission,
    Evidence,
    Level,
    Medium,
    Place,
    Recognised,
    Record,
    Value,
)
from sweeper.text import say

GONE_S = 60.0
"""Silent for so long, the holder of a kind is gone: tags away from their owners send every 2 s."""

KINDS = {Medium.BLE: "tracker"}
"""What a thing that is out of place is called; other media say *unknown transmitter*."""


class KnownDevices:
    """Device and Emission in, Recognised out, and the Device again with what is known among its facts.

    A Detection where something is away from its place.
    """

    name = "known"
    accepts: tuple[type[Record], ...] = (Device, Emission, AdvertisementBatch)

    def __init__(self, book: Book, here: Place | None = None) -> None:
        self._book = book
        self._here = here
        self._matches: dict[str, Match] = {}
        self._addresses: dict[str, Device] = {}
        self._holders: dict[str, tuple[str, float]] = {}
        self._raised: set[str] = set()

    def feed(self, record: Device | Emission | AdvertisementBatch, /) -> Iterator[Record]:
        """What is known of the record's emitters, once and when it changes."""
        if not self._book.entries:
            return
        if isinstance(record, Emission):
            yield from self._found(record, self._book.emission(record, self._here))
        elif isinstance(record, Device):
            for address in record.addresses or (record.address,):
                self._addresses[address] = record
            here = record.place or self._here
            found = self._book.device(record, here)
            if found is None and record.id not in self._matches:
                found = self._of_kind(record, here, record.time_s)
            yield from self._found(record, found)
            match = self._matches.get(record.id)
            if match is not None:
                yield _annotated(record, match)
        else:
            for advert in record.adverts:
                device = self._addresses.get(advert.address)
                if device is not None:
                    yield from self._heard(device, advert)

    def finish(self) -> Iterable[Record]:
        return ()

    def _heard(self, device: Device, advert: Advertisement) -> Iterator[Record]:
        match = self._matches.get(device.id)
        here = advert.place or self._here
        if match is None:
            found = self._of_kind(device, here, advert.time_s)
            if found is not None:
                yield from self._found(device, found)
                yield _annotated(device, found)
        elif match.by == "kind":
            self._holders[match.known.id] = (device.id, advert.time_s)
        if match is not None and here is not None and match.known.place is not None:
            away = elsewhere(match.known, here)
            if away is not None and (away or match.elsewhere is None) and away is not match.elsewhere:
                moved = Match(match.known, match.confidence, match.by, away)
                yield from self._found(device, moved, advert.time_s)
                yield _annotated(device, self._matches[device.id])

    def _of_kind(self, device: Device, here: Place | None, time_s: float) -> Match | None:
        """The entry for one device of its kind, unless another device holds it."""
        found = self._book.kind(device, here)
        if found is None:
            return None
        holder, heard_s = self._holders.get(found.known.id, (device.id, time_s))
        if holder != device.id and time_s - heard_s < GONE_S:
            return None
        self._holders[found.known.id] = (device.id, time_s)
        return found

    def _found(
        self, subject: Device | Emission, match: Match | None, time_s: float | None = None
    ) -> Iterator[Record]:
        """Tell a match that is new, surer, or found away from its place; what was known stays known."""
        before = self._matches.get(subject.id)
        if match is None or (before is not None and not _says_more(match, before)):
            return
        if before is not None and match.elsewhere is None and before.known.id == match.known.id:
            match = Match(match.known, match.confidence, match.by, before.elsewhere)
        self._matches[subject.id] = match
        now_s = subject.time_s if time_s is None else time_s
        yield _recognised(subject, match, now_s)
        if match.elsewhere and subject.id not in self._raised:
            self._raised.add(subject.id)
            yield _detection(subject, match, now_s)


def _says_more(match: Match, before: Match) -> bool:
    if match.known.id == before.known.id:
        news = match.elsewhere is not None and match.elsewhere is not before.elsewhere
        return match.confidence > before.confidence or (news and not before.elsewhere)
    return match.confidence > before.confidence


def _annotated(device: Device, match: Match) -> Device:
    """The device with the user's word for it, for tables and reports."""
    said: dict[str, Value] = {
        "known.entry": match.known.id,
        "known.alias": match.known.alias,
        "known.mark": match.known.mark.value,
        "known.confidence": match.confidence,
        "known.by": match.by,
        "known.place": _place_text(match.known.place) or None,
        "known.elsewhere": match.elsewhere,
    }
    return msgspec.structs.replace(device, facts={**device.facts, **said})


def _recognised(subject: Device | Emission, match: Match, now_s: float) -> Recognised:
    known = match.known
    return Recognised(
        source=subject.source,
        time_s=now_s,
        subject=subject.id,
        entry=known.id,
        mark=known.mark.value,
        alias=known.alias,
        confidence=match.confidence,
        by=match.by,
        place=_place_text(known.place),
        elsewhere=match.elsewhere,
    )


def _detection(subject: Device | Emission, match: Match, now_s: float) -> Detection:
    known = match.known
    medium = subject.medium if isinstance(subject, Device) else Medium.RF
    own = known.mark is Mark.OWN
    alias, place = known.alias, _place_text(known.place)
    return Detection(
        source=subject.source,
        time_s=now_s,
        detector=KnownDevices.name,
        subject=subject.id,
        kind=KINDS.get(medium, "unknown-transmitter"),
        level=Level.LOW if own else Level.MEDIUM,
        confidence=round(match.confidence * 0.8, 2),
        title=say("Something of yours is not where it belongs")
        if own
        else say("Something you know from another place is here too"),
        why=(
            say("It was recognised as {alias}, which belongs to {place}.", alias=alias, place=place),
            say("It was now heard at another place."),
        ),
        benign=(
            say("Its owner, or you, brought it along."),
            say("You are nearer to that place than it seems, or the position is wrong."),
        ),
        next=(
            say("Ask who brought it; if nobody did, search for it by signal strength."),
            say("If this is right, change its place in the list of known devices."),
        ),
        evidence=(
            Evidence(what="known.entry", value=known.id, source=subject.source, time_s=now_s),
            Evidence(what="known.by", value=match.by, source=subject.source, time_s=now_s),
        ),
    )


def _place_text(place: Place | None) -> str:
    if place is None:
        return ""
    if place.name or place.lat is None or place.lon is None:
        return place.name
    return f"{place.lat:.4f}, {place.lon:.4f}"


def stage(setup: Setup) -> KnownDevices:
    """The factory; idle without a book."""
    return KnownDevices(setup.known or Book(), setup.here)
