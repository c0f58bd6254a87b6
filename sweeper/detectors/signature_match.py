"""Signatures at work: what an emission or a device is known to look like, turned into a claim.

A device arrives with the signature that its inventory found. An emission is matched here, on facts made of
its measured values: ``rf.kind``, ``rf.center_mhz``, ``rf.width_khz``, ``rf.snr_db``, ``rf.power_dbfs``,
``rf.duration_s``, ``rf.bursts``, and every scalar feature as ``rf.<feature>``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sweeper.detectors import Setup
from sweeper.records import Detection, Device, Emission, Evidence, Level, Medium, Record, Value
from sweeper.signatures import FindingKind, Library, Signature
from sweeper.text import Phrase, say


class SignatureMatch:
    """Claims what signatures say, once for each subject and signature."""

    name = "signature-match"
    accepts: tuple[type[Record], ...] = (Device, Emission)

    def __init__(self, library: Library) -> None:
        self._library = library
        self._claimed: dict[str, tuple[str, Level]] = {}

    def feed(self, record: Device | Emission, /) -> Iterator[Record]:
        """A Detection when a signature is met that asks for the reader's attention."""
        if isinstance(record, Device):
            signature = self._library.by_id.get(record.signature or "")
        else:
            hits = self._library.match(Medium.RF, emission_facts(record))
            signature = hits[0] if hits else None
        if signature is None or not notable(signature) or _seldom(record, signature):
            return
        claim = (signature.id, signature.level)
        if self._claimed.get(record.id) != claim:
            self._claimed[record.id] = claim
            yield detection(record, signature)

    def finish(self) -> Iterable[Record]:
        return ()


def stage(setup: Setup) -> SignatureMatch:
    """The factory."""
    return SignatureMatch(setup.library)


def _seldom(record: Device | Emission, signature: Signature) -> bool:
    """Whether it was heard less often than the signature needs."""
    heard = record.sightings if isinstance(record, Device) else max(len(record.bursts), 1)
    return heard < signature.needs.sightings


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
