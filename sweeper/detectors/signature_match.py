"""Signatures at work: what an emission or a device is known to look like, turned into a claim.

A device arrives with the signature that its inventory found. An emission is matched here, on facts made of
its measured values: ``rf.kind``, ``rf.center_mhz``, ``rf.width_khz``, ``rf.snr_db``, ``rf.power_dbfs``,
``rf.duration_s``, ``rf.bursts``, and every scalar feature as ``rf.<feature>``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from sweeper.detectors import Setup
from sweeper.records import Detection, Device, Emission, Evidence, Level, Medium, Record, Value
from sweeper.signatures import FindingKind, Library, Signature
from sweeper.text import Phrase, say

CROWD = 100
"""Subjects of one signature that are each claimed. No room holds more; gadgets that play at being hundreds of
devices a minute are sold as toys, and a reader who gets a finding for each will miss all the others."""

STAYS_S = 60.0
"""What is heard for so long is claimed alone even in a crowd, as many again at most: else a real one could
hide in a flood, whose members come and go."""


@dataclass
class _Crowd:
    """Those that look alike by one signature: the first few, the others, and the claim for these."""

    few: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)
    told: int = 0
    claim: Detection | None = None

    def alone(self, record: Device | Emission) -> bool:
        """Whether this one is claimed for itself."""
        if record.id in self.few:
            return True
        if self.claim is not None and self.claim.subject == record.id:
            return False
        return len(self.few) < (2 * CROWD if _heard_s(record) >= STAYS_S else CROWD)

    @property
    def count(self) -> int:
        return len(self.few) + len(self.others)


class SignatureMatch:
    """Claims what signatures say, once for each subject and signature; of a crowd together."""

    name = "signature-match"
    accepts: tuple[type[Record], ...] = (Device, Emission)

    def __init__(self, library: Library) -> None:
        self._library = library
        self._claimed: dict[str, str] = {}
        self._crowds: dict[str, _Crowd] = {}
        self._now_s = 0.0

    def feed(self, record: Device | Emission, /) -> Iterator[Record]:
        """A Detection when a signature is met that asks for the reader's attention."""
        if isinstance(record, Device):
            signature = self._library.by_id.get(record.signature or "")
        else:
            hits = self._library.match(Medium.RF, emission_facts(record))
            signature = hits[0] if hits else None
        if signature is None or not notable(signature) or _seldom(record, signature):
            return
        crowd = self._crowds.setdefault(signature.id, _Crowd())
        if crowd.alone(record):
            if self._claimed.get(record.id) != signature.id:
                self._claimed[record.id] = signature.id
                crowd.few.add(record.id)
                crowd.others.discard(record.id)
                yield detection(record, signature)
            return
        if record.id in crowd.others:
            return
        crowd.others.add(record.id)
        self._now_s = record.time_s
        if crowd.claim is None:
            crowd.claim = _together(record, signature)
        if crowd.count > 2 * crowd.told:  # at each doubling: a flood must not become a flood of findings
            yield self._counted(crowd, crowd.claim)

    def _counted(self, crowd: _Crowd, claim: Detection) -> Detection:
        crowd.told = crowd.count
        heard = say(
            "Different ones heard: {count}. Only {few} have a finding each: the first, and some that stayed.",
            count=crowd.count,
            few=len(crowd.few),
        )
        return msgspec.structs.replace(claim, time_s=self._now_s, why=(*claim.why, heard))

    def finish(self) -> Iterable[Record]:
        """How large each crowd became."""
        for crowd in self._crowds.values():
            if crowd.claim is not None:
                yield self._counted(crowd, crowd.claim)


def stage(setup: Setup) -> SignatureMatch:
    """The factory."""
    return SignatureMatch(setup.library)


def _seldom(record: Device | Emission, signature: Signature) -> bool:
    """Whether it was heard less often than the signature needs."""
    heard = record.sightings if isinstance(record, Device) else max(len(record.bursts), 1)
    return heard < signature.needs.sightings


def _heard_s(record: Device | Emission) -> float:
    """Seconds from when it was first heard until the last time."""
    return record.last_s - record.first_s if isinstance(record, Device) else record.stop_s - record.start_s


def notable(signature: Signature) -> bool:
    """Signatures of ordinary things name them and make no finding."""
    return signature.level is not Level.INFO or signature.kind is not FindingKind.UNKNOWN_TRANSMITTER


def emission_facts(emission: Emission) -> dict[str, Value]:
    """The named values of an emission that RF signatures match on."""
    facts: dict[str, Value] = {
        "rf.kind": emission.kind,
        "rf.width_khz": emission.width_hz / 1e3,
        "rf.snr_db": emission.snr_db,
        "rf.power_dbfs": emission.power_dbfs,
        "rf.duration_s": emission.stop_s - emission.start_s,
        "rf.bursts": len(emission.bursts),
    }
    if emission.center_hz > 0 and emission.features.get("center_known", True):
        facts["rf.center_mhz"] = emission.center_hz / 1e6
    for name, value in emission.features.items():
        if isinstance(value, str | int | float):
            facts.setdefault(f"rf.{name}", value)
    return facts


def detection(record: Device | Emission, signature: Signature) -> Detection:
    """The claim of one signature about one emission or device."""
    return Detection(
        source=record.source,
        time_s=record.time_s,
        detector="signature-match",
        subject=record.id,
        kind=signature.kind.value,
        level=signature.level,
        confidence=signature.confidence,
        title=signature.title.phrase(),
        why=(signature.description.phrase(), *_measured(record)),
        benign=tuple(words.phrase() for words in signature.benign),
        next=tuple(words.phrase() for words in signature.next),
        evidence=tuple(_evidence(record, signature)),
        signature=signature.id,
        signature_version=signature.version,
    )


def _together(record: Device | Emission, signature: Signature) -> Detection:
    """The claim for a crowd: filed with the first that has no finding of its own."""
    return msgspec.structs.replace(
        detection(record, signature),
        title=say("Very many at once: {name}", name=signature.title.phrase()),
        why=(signature.description.phrase(),),
        benign=(
            say("A toy or a tool that pretends to be many devices: such floods are a known prank."),
            say("A place that holds so many, such as a station, a warehouse or an office building."),
            say("A few devices that change their addresses and are counted anew each time."),
        ),
        next=(
            say("Listen again later and elsewhere: a flood ends, or stays behind."),
            say("Look in the list of devices for what was heard before the others came."),
        ),
    )


def _measured(record: Device | Emission) -> Iterator[Phrase]:
    if isinstance(record, Emission):
        yield say(
            "Heard at {mhz:.3f} MHz, {khz:.1f} kHz wide, {snr:.0f} dB above the noise floor.",
            mhz=record.center_hz / 1e6,
            khz=record.width_hz / 1e3,
            snr=record.snr_db,
        )
        if record.bursts:
            yield say("It was on the air in {count} bursts.", count=len(record.bursts))
    else:
        yield say("Its address is {address}.", address=record.address)
        if record.rssi_dbm is not None:
            yield say("Its strongest signal was {dbm} dBm.", dbm=record.rssi_dbm)


def _evidence(record: Device | Emission, signature: Signature) -> Iterator[Evidence]:
    """The facts that the signature asked for, with their values."""
    facts = emission_facts(record) if isinstance(record, Emission) else record.facts
    asked = [*signature.match.all, *signature.match.any]
    for key in dict.fromkeys(condition.key for condition in asked):
        if key in facts:
            value = facts[key]
            value = round(value, 3) if isinstance(value, float) else value
            yield Evidence(what=key, value=value, source=record.source, time_s=record.time_s)
