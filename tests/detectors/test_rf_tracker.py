"""What the tracker keeps of bursts when there are too many to keep."""

from __future__ import annotations

import pytest

from sweeper.detectors import rf_track
from sweeper.detectors.rf_heard import Heard
from sweeper.detectors.rf_tracker import Tracker
from sweeper.records import Emission

SEGMENT_S = 0.1
BURST = Heard(-5e3, 5e3, 0.02, 0.03, 1e-3, 20.0, False, False, False, on_s=0.01)


def heard(tracker: Tracker, center_hz: float, count: int, begin: int) -> None:
    for segment in range(begin, begin + count):
        tracker.listened(433e6, 435e6, SEGMENT_S)
        tracker.add(BURST, segment * SEGMENT_S, center_hz, 1e3)


def told(tracker: Tracker) -> list[Emission]:
    return sorted(tracker.emissions("t", 1e3, final=True), key=lambda one: one.center_hz)


@pytest.mark.parametrize(
    ("limits", "kept"),
    [
        pytest.param({"MOST_OF_ALL": 50, "AT_LEAST": 5}, (50, 5), id="a full shelf takes a few of each"),
        pytest.param({"MOST_BURSTS": 30}, (30, 20), id="one emission does not fill it"),
    ],
)
def test_bursts_beyond_a_limit_are_counted_and_not_kept(
    limits: dict[str, int], kept: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, limit in limits.items():
        monkeypatch.setattr(rf_track, name, limit)
    tracker = Tracker()
    heard(tracker, 433.5e6, 60, 0)
    heard(tracker, 434.5e6, 20, 60)
    first, later = told(tracker)
    assert (len(first.bursts), len(later.bursts)) == kept
    assert [one.features["bursts_total"] for one in (first, later)] == [60, 20]
    assert later.bursts[0].start_s == pytest.approx(6.02)  # its own first ones
