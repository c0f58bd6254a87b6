"""Findings: grouped by emitter, raised once, never sinking, always explained."""

from __future__ import annotations

from sweeper.findings import FindingsStage, worst
from sweeper.records import Detection, Evidence, Finding, Level
from sweeper.text import say


def detection(
    detector: str, level: Level, time_s: float, subject: str = "rf-0001", **more: object
) -> Detection:
    values: dict[str, object] = {
        "source": "in-1",
        "time_s": time_s,
        "detector": detector,
        "subject": subject,
        "kind": "rf-bug",
        "level": level,
        "confidence": 0.5,
        "title": say("Title of " + detector),
        "why": (say("heard"), say("by " + detector)),
        "benign": (say("a toy"), say("a sensor")),
        "next": (say("look there"),),
        "evidence": (Evidence("snr", 12.0, "dB"),),
    }
    return Detection(**{**values, **more})  # type: ignore[arg-type]


def feed(stage: FindingsStage, *detections: Detection) -> list[Finding]:
    return [f for d in detections for f in stage.feed(d) if isinstance(f, Finding)]


def test_detections_on_one_emitter_become_one_finding_led_by_the_strongest() -> None:
    stage = FindingsStage()
    first, second = feed(
        stage, detection("a", Level.LOW, 1.0), detection("b", Level.HIGH, 2.0, kind="gsm-device")
    )
    assert first.id == second.id == "F-001"
    assert (first.level, second.level) == (Level.LOW, Level.HIGH)
    assert second.kind == "gsm-device"
    assert second.title == say("Title of b")
    assert [p.text for p in second.why] == ["heard", "by b", "by a"], "each reason once, the strongest first"
    assert second.detectors == ("a", "b")
    assert len(second.evidence) == 2


def test_raised_is_when_the_present_level_was_first_reached() -> None:
    stage = FindingsStage()
    made = feed(
        stage,
        detection("a", Level.LOW, 1.0),
        detection("b", Level.LOW, 2.0),
        detection("a", Level.MEDIUM, 5.0),
        detection("b", Level.MEDIUM, 9.0),
    )
    assert [f.raised_s for f in made] == [1.0, 1.0, 5.0, 5.0]


def test_a_finding_never_sinks() -> None:
    made = feed(FindingsStage(), detection("a", Level.HIGH, 1.0), detection("a", Level.LOW, 2.0))
    assert [f.level for f in made] == [Level.HIGH, Level.HIGH]
    assert made[-1].raised_s == 1.0


def test_the_same_claim_twice_is_one_finding_record() -> None:
    made = feed(FindingsStage(), detection("a", Level.LOW, 1.0), detection("a", Level.LOW, 2.0))
    assert len(made) == 1


def test_other_emitters_get_their_own_numbers_in_order() -> None:
    made = feed(
        FindingsStage(),
        detection("a", Level.LOW, 1.0, subject="x"),
        detection("a", Level.INFO, 1.0, subject="y"),
    )
    assert [(f.id, f.subject) for f in made] == [("F-001", "x"), ("F-002", "y")]
    assert worst(made) is Level.LOW
    assert worst([]) is None
