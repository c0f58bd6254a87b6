"""The collector keeps the last word on everything, in bounded memory, and says what it left out."""

from __future__ import annotations

import numpy as np
import pytest

from sweeper.errors import Reason
from sweeper.records import Advertisement, AdvertisementBatch, Device, Medium, State, Status, Trace
from sweeper.report import collect
from sweeper.report.collect import Collector, Look
from sweeper.report.strengths import Strengths


def trace(mean: np.ndarray, highest: np.ndarray, transforms: int = 1, start_hz: float = 1e6) -> Trace:
    return Trace(
        source="a",
        time_s=0.0,
        start_hz=start_hz,
        bin_hz=100.0,
        mean_db=mean.astype(np.float32),
        max_db=highest.astype(np.float32),
        dwell_s=0.5,
        transforms=transforms,
    )


def test_maxima_are_held_and_means_are_averaged_as_powers() -> None:
    look = Look(trace(np.array([0.0, -10.0]), np.array([3.0, 0.0]), transforms=1))
    look.add(trace(np.array([-10.0, -10.0]), np.array([1.0, 5.0]), transforms=3))
    assert look.max_db.tolist() == [3.0, 5.0]
    expected = 10 * np.log10((1.0 * 1 + 0.1 * 3) / 4)
    assert look.mean_db[0] == pytest.approx(expected, abs=1e-6)
    assert (look.dwell_s, look.passes) == (1.0, 2)


def test_a_wide_trace_is_pooled_so_that_no_peak_is_lost() -> None:
    bins = 10_000
    highest = np.full(bins, -90.0)
    highest[7_777] = -20.0
    look = Look(trace(np.full(bins, -90.0), highest))
    assert len(look.max_db) <= collect.LOOK_POINTS
    peak = int(look.max_db.argmax())
    assert look.max_db[peak] == -20.0
    assert look.start_hz + peak * look.step_hz == pytest.approx(1e6 + 7_777 * 100.0, abs=look.step_hz)


def test_looks_are_told_apart_by_where_they_look() -> None:
    collected = Collector()
    flat = np.zeros(8)
    for start_hz in (1e6, 2e6, 1e6):
        collected(trace(flat, flat, start_hz=start_hz))
    assert sorted(look.passes for look in collected.looks.values()) == [1, 2]


def test_an_empty_trace_is_nothing() -> None:
    collected = Collector()
    collected(trace(np.zeros(0), np.zeros(0)))
    assert not collected.looks


def test_what_was_left_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collect, "MAX_DEVICES", 3)
    collected = Collector()
    for index in range(5):
        collected(Device(source="b", time_s=0.0, id=f"d{index}", medium=Medium.BLE, address="x"))
    assert len(collected.devices) == 3
    status, _count = collected.statuses[-1]
    assert status.reason is Reason.DROPPED
    assert "2 devices" in status.detail


def test_a_known_device_is_updated_even_when_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collect, "MAX_DEVICES", 1)
    collected = Collector()
    for sightings in (1, 2):
        collected(Device(source="b", time_s=0.0, id="d", medium=Medium.BLE, address="x", sightings=sightings))
    assert [device.sightings for device in collected.devices] == [2]
    assert not collected.left_out


def test_the_same_status_is_counted_not_repeated() -> None:
    collected = Collector()
    for _ in range(5):
        collected(
            Status(
                source="r", time_s=0.0, subject="r", state=State.DEGRADED, reason=Reason.DROPPED, detail="x"
            )
        )
    assert [count for _, count in collected.statuses] == [5]


def test_a_signal_history_is_thinned_but_spans_the_whole_time() -> None:
    collected = Collector()
    for index in range(10_000):
        collected(adverts(Advertisement(float(index), "aa", rssi_dbm=-60)))
    history = collected.histories["aa"]
    assert collect.HISTORY_POINTS / 4 <= len(history) <= collect.HISTORY_POINTS
    assert history[0][0] == 0.0
    assert history[-1][0] > 9_900
    assert [moment for moment, _ in history] == sorted(moment for moment, _ in history)


def test_points_are_kept_exactly_in_a_tenth_of_the_room() -> None:
    points = [(1.0 / 3 + index, -40 - index % 60) for index in range(250)]
    kept = Strengths(points)
    assert (list(kept), kept[0], kept[-1], len(kept)) == (points, points[0], points[-1], 250)
    kept.thin()
    assert list(kept) == points[::2]
    assert list(Strengths([(0.0, 10**9), (1.0, -(10**9))])) == [(0.0, 32767), (1.0, -32768)]


def test_a_device_has_the_history_of_all_its_addresses() -> None:
    collected = Collector()
    collected(adverts(Advertisement(1.0, "aa", rssi_dbm=-60), Advertisement(3.0, "cc", rssi_dbm=-50)))
    collected(adverts(Advertisement(2.0, "bb", rssi_dbm=-70), Advertisement(4.0, "aa")))
    device = Device(source="b", time_s=0.0, id="d", medium=Medium.BLE, address="bb", addresses=("aa", "bb"))
    assert collected.history(device) == [(1.0, -60), (2.0, -70)]


def adverts(*sent: Advertisement) -> AdvertisementBatch:
    return AdvertisementBatch(source="b", time_s=sent[0].time_s, adverts=sent)
