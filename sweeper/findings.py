"""Detections on one emitter become one Finding: rated, explained, and never more certain than its evidence.

The strongest detection gives title, kind and level; the others add their reasons, innocent causes and
evidence. Two subjects that turn out to be one device (a Device that says ``same_as``) share a finding. A
finding is raised once: ``raised_s`` is when it first reached its present level, and it never
sinks back, because a reader may already have acted on it.

What the user has said they know (``Recognised``) is still found and told of, for information: it reaches no
higher level unless it is away from where it belongs, or travels along although it belongs somewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from sweeper.records import Detection, Device, Finding, Level, Recognised, Record
from sweeper.text import Phrase, say

CHANGED = "rf-friendly"
"""The detector that says of a known emission that it is no longer as the user declared it."""


class FindingsStage:
    """Groups detections by subject; yields a Finding whenever one changes."""

    name = "findings"
    accepts: tuple[type[Record], ...] = (Detection, Recognised, Device)

    def __init__(self) -> None:
        self._detections: dict[str, dict[str, Detection]] = {}
        self._findings: dict[str, Finding] = {}
        self._recognised: dict[str, Recognised] = {}
        self._same: dict[str, str] = {}
        self._count = 0

    def feed(self, record: Detection | Recognised | Device, /) -> Iterator[Record]:
        """The finding that a detection makes or changes, or that turns out to be of a known device."""
        if isinstance(record, Device):
            yield from self._joined(record)
            return
        if isinstance(record, Recognised):
            self._recognised[record.subject] = record
            if record.subject in self._findings:
                yield self._finding(record.subject, record.time_s)
            return
        subject = self._same.get(record.subject, record.subject)
        yield from self._detected(msgspec.structs.replace(record, subject=subject))

    def _joined(self, device: Device) -> Iterator[Record]:
        """A device that says it is another one: what was found on it is found on that."""
        other = device.facts.get("same_as")
        if not isinstance(other, str) or other in (device.id, self._same.get(device.id)):
            return
        self._same[device.id] = other
        if device.id in self._findings:
            self._findings.setdefault(other, self._findings.pop(device.id))
        if device.id in self._recognised:
            self._recognised.setdefault(other, self._recognised[device.id])
        for detection in self._detections.pop(device.id, {}).values():
            yield from self._detected(msgspec.structs.replace(detection, subject=other))

    def _detected(self, detection: Detection) -> Iterator[Record]:
        by_detector = self._detections.setdefault(detection.subject, {})
        key = f"{detection.detector}/{detection.signature or detection.kind}"
        known = by_detector.get(key)
        if known is not None and _claim(known) == _claim(detection) and known.evidence == detection.evidence:
            return
        if known is None or detection.level.rank >= known.level.rank:
            by_detector[key] = detection
        yield self._finding(detection.subject, detection.time_s)

    def _finding(self, subject: str, now_s: float) -> Finding:
        before = self._findings.get(subject)
        detections = list(self._detections[subject].values())
        finding = _compose(before, self._count, detections, now_s, self._recognised.get(subject))
        self._count += before is None
        self._findings[subject] = finding
        return finding

    def finish(self) -> Iterable[Record]:
        return ()


def stage(_setup: object) -> FindingsStage:
    """The factory."""
    return FindingsStage()


def _claim(detection: Detection) -> tuple[object, ...]:
    return (detection.kind, detection.level, detection.title, detection.why)


def _compose(
    before: Finding | None, count: int, detections: list[Detection], now_s: float, known: Recognised | None
) -> Finding:
    ranked = sorted(detections, key=lambda d: (-d.level.rank, -d.confidence, d.detector, d.signature or ""))
    best = ranked[0]
    settled = known is not None and _settled(known, best) and not any(d.detector == CHANGED for d in ranked)
    level = Level.INFO if settled else best.level
    raised_s = now_s
    if before is not None and before.level.rank >= level.rank:
        level, raised_s = before.level, before.raised_s
    return Finding(
        source=best.source,
        time_s=now_s,
        id=before.id if before is not None else f"F-{count + 1:03d}",
        level=level,
        kind=best.kind,
        title=best.title,
        subject=best.subject,
        raised_s=raised_s,
        confidence=best.confidence,
        why=(*_known(known), *_unique(phrase for d in ranked for phrase in d.why)),
        benign=_unique(phrase for d in ranked for phrase in d.benign),
        next=_unique(phrase for d in ranked for phrase in d.next),
        evidence=tuple(e for d in ranked for e in d.evidence),
        signature=best.signature,
        signature_version=best.signature_version,
        detectors=tuple(sorted({d.detector for d in ranked})),
    )


def _settled(known: Recognised, claim: Detection) -> bool:
    """Whether what the user said about it answers this claim.

    What is one's own may travel along. Anything else that belongs to a place must not be heard elsewhere, and
    a device known by its kind alone may have been exchanged for another.
    """
    if known.elsewhere or (known.by == "kind" and claim.kind == "follower"):
        return False
    return not (claim.kind == "follower" and known.mark != "own" and known.place)


def _known(known: Recognised | None) -> Iterator[Phrase]:
    if known is None:
        return
    if known.by == "kind":
        yield say("You marked one device of this kind, at this place, as known: {alias}.", alias=known.alias)
    elif known.mark == "own":
        yield say("You marked it as your own: {alias}.", alias=known.alias)
    elif known.mark == "friendly":
        yield say("You marked it as known and harmless: {alias}.", alias=known.alias)
    else:
        yield say("You marked it as a false alarm: {alias}.", alias=known.alias)
    if known.place and known.elsewhere is None:
        yield say("It belongs to {place}; whether this is that place was not told.", place=known.place)


def _unique(phrases: Iterable[Phrase]) -> tuple[Phrase, ...]:
    kept: list[Phrase] = []
    for phrase in phrases:
        if phrase not in kept:
            kept.append(phrase)
    return tuple(kept)


def worst(findings: Iterable[Finding]) -> Level | None:
    """The highest level among the findings, ``None`` without any."""
    return max((f.level for f in findings), key=lambda level: level.rank, default=None)
