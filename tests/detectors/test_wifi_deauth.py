"""Deauthentication floods, and the leave-taking that is none."""

from __future__ import annotations

from sweeper.detectors.wifi_deauth import FLOOD, WifiDeauth
from sweeper.records import Detection, Level
from tests.detectors import wifi_air as air

POINT, STATION = "50:c7:bf:00:00:01", "8c:de:f9:00:00:02"
EVERYBODY = "ff:ff:ff:ff:ff:ff"


def flood(*frames: bytes, count: int, gap_s: float = 0.01) -> list[Detection]:
    rows = [(i * gap_s, frames[i % len(frames)]) for i in range(count)]
    made = air.run(WifiDeauth(), *(air.batch(rows[at : at + 50]) for at in range(0, count, 50)))
    return list({r.subject: r for r in made if isinstance(r, Detection)}.values())


def test_both_ways_is_a_flood() -> None:
    (claim,) = flood(air.leave(POINT, STATION), air.leave(STATION, POINT), count=128)
    assert (claim.kind, claim.level) == ("deauth-flood", Level.MEDIUM)
    assert len(claim.benign) >= 2
    assert claim.confidence >= 0.9


def test_to_everybody_is_a_flood() -> None:
    assert len(flood(air.leave(POINT, EVERYBODY), count=128)) == 1


def test_one_way_for_another_reason_is_a_flood() -> None:
    assert len(flood(air.leave(POINT, STATION, reason=1), count=128)) == 1


def test_taking_leave_is_none() -> None:
    assert flood(air.leave(STATION, POINT, reason=3), count=FLOOD - 1) == []


def test_frames_spread_over_time_are_none() -> None:
    assert flood(air.leave(POINT, STATION, reason=1), count=300, gap_s=1.0) == []


def test_answers_to_a_station_that_never_joined_are_none() -> None:
    """An access point answers each stray data frame with reason 7 (seen in captures of replayed packets)."""
    stray = air.data(STATION, POINT, POINT)
    assert flood(stray, air.leave(POINT, STATION), count=600) == []
    assert flood(air.leave(POINT, STATION), count=600) == []  # the station itself is out of earshot


def test_answers_without_a_question_are_a_flood() -> None:
    quiet = [air.data(STATION, POINT, POINT)] + [air.leave(POINT, STATION)] * 20
    assert len(flood(*quiet, count=210)) == 1


def test_a_flood_is_told_when_it_comes_and_what_it_came_to() -> None:
    rows = [(i * 0.01, air.leave(POINT, EVERYBODY)) for i in range(2000)]
    made = air.run(WifiDeauth(), *(air.batch(rows[at : at + 50]) for at in range(0, 2000, 50)))
    first, last = (r for r in made if isinstance(r, Detection))
    assert first.time_s == rows[FLOOD - 1][0]
    assert last.evidence[0].value == 2000
    assert last.why[0].args["peak"] == 1001  # both ends of ten seconds, one frame each hundredth
