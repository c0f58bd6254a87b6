"""Detections on one emitter become one Finding: rated, explained, and never more certain than its evidence.

The strongest detection gives title, kind and level; the others add their reasons, innocent causes and
evidence. A finding is raised once: ``raised_s`` is when it first reached its present level, and it never
sinks back, because a reader may already have acted on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sweeper.records import Detection, Finding, Level, Record
from sweeper.text import Phrase


class FindingsStage:
    """Groups detections by subject; yields a Finding whenever one changes."""

    name = "findings"
    accepts: tuple[type[Record], ...] = (Detection,)

    def __init__(self) -> None:
        self._detections: dict[str, dict[str, Detection]] = {}
        self._findings: dict[str, Finding] = {}

    def feed(self, detection: Detection, /) -> Iterator[Record]:
        """The finding that this detection makes or changes."""
        by_detector = self._detections.setdefault(detection.subject, {})
        key = f"{detection.detector}/{detection.signature or detection.kind}"
        known = by_detector.get(key)
        if known is not None and _claim(known) == _claim(detection) and known.evidence == detection.evidence:
            return
        if known is None or detection.level.rank >= known.level.rank:
            by_detector[key] = detection
        before = self._findings.get(detection.subject)
        finding = _compose(before, len(self._findings), list(by_detector.values()), detection.time_s)
        self._findings[detection.subject] = finding
        yield finding

    def finish(self) -> Iterable[Record]:
        return ()


def stage(_setup: object) -> FindingsStage:
    """The factory."""
    return FindingsStage()


def _claim(detection: Detection) -> tuple[object, ...]:
    return (detection.kind, detection.level, detection.title, detection.why)


def _compose(before: Finding | None, count: int, detections: list[Detection], now_s: float) -> Finding:
    ranked = sorted(detections, key=lambda d: (-d.level.rank, -d.confidence, d.detector, d.signature or ""))
    best = ranked[0]
    raised_s = now_s
    if before is not None and before.level.rank >= best.level.rank:
        raised_s = before.raised_s
    return Finding(
        source=best.source,
        time_s=now_s,
        id=before.id if before is not None else f"F-{count + 1:03d}",
        level=best.level,
        kind=best.kind,
        title=best.title,
        subject=best.subject,
        raised_s=raised_s,
        confidence=best.confidence,
        why=_unique(phrase for d in ranked for phrase in d.why),
        benign=_unique(phrase for d in ranked for phrase in d.benign),
        next=_unique(phrase for d in ranked for phrase in d.next),
        evidence=tuple(e for d in ranked for e in d.evidence),
        signature=best.signature,
        signature_version=best.signature_version,
        detectors=tuple(sorted({d.detector for d in ranked})),
    )


def _unique(phrases: Iterable[Phrase]) -> tuple[Phrase, ...]:
    kept: list[Phrase] = []
    for phrase in phrases:
        if phrase not in kept:
            kept.append(phrase)
    return tuple(kept)


def worst(findings: Iterable[Finding]) -> Level | None:
    """The highest level among the findings, ``None`` without any."""
    return max((f.level for f in findings), key=lambda level: level.rank, default=None)
