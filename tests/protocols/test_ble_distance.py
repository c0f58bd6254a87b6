"""The band against the measurements that the curve was taken from, and its own order."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.protocols.ble.distance import CURVE, reach, smoothed


@given(st.floats(-120, 0))
def test_nearest_likely_farthest(level: float) -> None:
    band = reach(level)
    assert 0 < band.nearest_m <= band.likely_m
    assert band.farthest_m is None or band.likely_m <= band.farthest_m


@given(st.floats(-120, 0), st.floats(0, 30))
def test_weaker_is_never_nearer(level: float, less: float) -> None:
    assert reach(level - less).likely_m >= reach(level).likely_m


def test_points_of_the_curve() -> None:
    for metres, level in CURVE:
        assert reach(level).likely_m == pytest.approx(metres)
    assert reach(-95).farthest_m is None


def test_median_ignores_a_flash() -> None:
    assert smoothed([-70, -71, -20, -70, -69]) == -70
    assert smoothed([-70, -72]) == -71
    assert smoothed([]) is None
    assert smoothed([0] * 20 + [-60] * 9) == -60


@pytest.mark.corpus
def test_the_band_holds_the_truth_most_of_the_time(corpus_path: Path) -> None:
    """Single levels within one scatter: by the normal law about two thirds; smoothed ones more."""
    inside = total = 0
    for path in sorted((corpus_path / "ble").glob("airtag_rssi_distance_*.csv")):
        levels: list[float] = []
        at = None
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                metres = float(row["distance_m"])
                levels = levels if metres == at else []
                at = metres
                levels.append(float(row["rssi_dbm"]))
                band = reach(smoothed(levels) or 0.0)
                inside += band.nearest_m <= max(metres, 0.1) <= (band.farthest_m or 1e9)
                total += 1
    assert total > 9_000
    assert inside / total > 0.75
