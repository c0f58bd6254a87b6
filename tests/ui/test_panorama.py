"""Traces onto one grid: nothing strong is lost, nothing unheard looks heard, memory is bounded."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.records import Trace
from sweeper.ui.history import COARSE, History
from sweeper.ui.panorama import HIGH_DB, LOW_DB, MAX_BINS, PENDING_ROWS, Panorama, level_db, quantised


def trace(levels: list[float], start_hz: float = 100e6, bin_hz: float = 1e3, time_s: float = 0.0) -> Trace:
    mean = np.array(levels, np.float32)
    return Trace(
        source="x",
        time_s=time_s,
        start_hz=start_hz,
        bin_hz=bin_hz,
        mean_db=mean,
        max_db=mean + 1,
        dwell_s=0.1,
        transforms=4,
    )


def test_a_single_trace_is_shown_as_it_is() -> None:
    made = Panorama()
    made.add(trace([-100.0, -90.0, -80.0]))
    view = made.take()
    assert view is not None
    assert view.current.tolist() == [-100.0, -90.0, -80.0]
    assert view.maximum.tolist() == [-99.0, -89.0, -79.0]
    assert view.grid.frequencies().tolist() == [100e6, 100e6 + 1e3, 100e6 + 2e3]
    assert len(view.rows) == 1
    assert np.isnan(view.floor).all()


def test_holds_and_mean() -> None:
    made = Panorama()
    for level in (-100.0, -80.0, -90.0):
        made.add(trace([level, level]))
    view = made.take()
    assert view is not None
    assert view.current.tolist() == [-90.0, -90.0]
    assert view.maximum.tolist() == [-79.0, -79.0]
    assert view.minimum.tolist() == [-100.0, -100.0]
    assert view.mean.tolist() == [-90.0, -90.0]
    made.reset_holds()
    made.add(trace([-95.0, -95.0]))
    again = made.take()
    assert again is not None
    assert again.maximum.tolist() == [-94.0, -94.0]


def test_nothing_new_gives_nothing() -> None:
    made = Panorama()
    assert made.take() is None
    made.add(trace([-100.0, -90.0]))
    assert made.take() is not None
    assert made.take() is None


@given(st.integers(0, 19_999))
def test_the_strongest_bin_survives_on_fewer_columns(strong: int) -> None:
    levels = np.full(20_000, -120.0, np.float32)
    levels[strong] = -30.0
    made = Panorama()
    made.add(trace(levels.tolist()))
    view = made.take()
    assert view is not None
    assert view.grid.columns == MAX_BINS
    assert view.current.max() == -30.0
    column = int(view.current.argmax())
    assert abs(view.grid.frequencies()[column] - (100e6 + strong * 1e3)) <= view.grid.step_hz


def test_a_sweep_of_pieces_makes_one_row_each_time_it_comes_round() -> None:
    """Two hops make the band; the row is done when the first is heard again."""
    made = Panorama(span_hz=(100e6, 100e6 + 7e3))
    for turn in range(3):
        made.add(trace([-100.0] * 4, start_hz=100e6, time_s=turn))
        made.add(trace([-90.0] * 4, start_hz=100e6 + 4e3, time_s=turn + 0.5))
    view = made.take()
    assert view is not None
    assert view.grid.columns == 8
    assert view.current.tolist() == [-100.0] * 4 + [-90.0] * 4
    assert len(view.rows) == 2


def test_hops_that_overlap_a_little_make_one_row() -> None:
    made = Panorama(span_hz=(100e6, 100e6 + 17e3))
    for turn in range(3):
        made.add(trace([-100.0] * 10, start_hz=100e6, time_s=turn))
        made.add(trace([-90.0] * 10, start_hz=100e6 + 8e3, time_s=turn + 0.5))
    view = made.take()
    assert view is not None
    assert len(view.rows) == 2
    assert (view.rows > 0).all()


def test_what_was_not_heard_is_not_shown_as_quiet() -> None:
    made = Panorama(span_hz=(100e6, 100e6 + 7e3))
    made.add(trace([-100.0] * 4))
    view = made.take()
    assert view is not None
    assert np.isnan(view.current[4:]).all()
    assert np.isfinite(view.current[:4]).all()


def test_a_trace_beside_the_grid_makes_it_grow() -> None:
    made = Panorama()
    made.add(trace([-100.0] * 4))
    first = made.take()
    made.add(trace([-80.0] * 4, start_hz=100e6 + 10e3))
    second = made.take()
    assert first is not None
    assert second is not None
    assert second.epoch > first.epoch
    assert second.grid.stop_hz == pytest.approx(100e6 + 13e3)


def test_what_was_heard_is_carried_over_as_the_grid_grows() -> None:
    made = Panorama()
    for hop in range(5):
        made.add(trace([-100.0 + hop] * 4, start_hz=100e6 + hop * 4e3))
    view = made.take()
    assert view is not None
    assert view.grid.columns == 20
    assert view.current.tolist() == [-100.0 + column // 4 for column in range(20)]
    assert view.maximum.tolist() == [-99.0 + column // 4 for column in range(20)]
    assert view.mean.tolist() == view.minimum.tolist() == view.current.tolist()


def test_a_far_band_does_not_belong_to_this_stretch() -> None:
    made = Panorama()
    assert made.takes(trace([-100.0] * 4))
    made.add(trace([-100.0] * 4))
    assert made.takes(trace([-100.0] * 4, start_hz=100e6 + 900e3))
    assert not made.takes(trace([-100.0] * 4, start_hz=103e6))
    assert not made.takes(trace([-100.0] * 4, start_hz=97e6))


def test_rows_for_a_hidden_window_are_bounded() -> None:
    made = Panorama()
    for index in range(PENDING_ROWS + 50):
        made.add(trace([-100.0, -90.0], time_s=float(index)))
    view = made.take()
    assert view is not None
    assert len(view.rows) == PENDING_ROWS
    assert view.times_s[-1] == PENDING_ROWS + 49


def test_level_between_two_frequencies_is_above_the_floor() -> None:
    made = Panorama()
    made.add(trace([-120.0] * 50 + [-80.0] + [-120.0] * 50))
    heard = made.level(100e6 + 45e3, 100e6 + 55e3)
    assert heard is not None
    assert heard[1] == pytest.approx(40.0, abs=0.1)
    assert made.level(90e6, 91e6) is None


@given(st.floats(LOW_DB, HIGH_DB))
def test_a_waterfall_byte_tells_its_level_to_a_decibel(level: float) -> None:
    value = int(quantised(np.array([level], np.float32))[0])
    told = level_db(value)
    assert told is not None
    assert abs(told - level) <= (HIGH_DB - LOW_DB) / 254 + 1e-3
    assert level_db(0) is None


def test_history_is_bounded_and_keeps_the_strongest() -> None:
    """Hours go by: the ring stays as it is, the newest rows stay, and a burst of long ago is still there."""
    history = History(16, rows=64)
    fine, coarse = history.fine.nbytes, history.coarse.nbytes
    burst = np.zeros((1, 16), np.uint8)
    burst[0, 5] = 255
    history.extend(burst, (0.0,))
    for index in range(1, 5000):
        history.extend(np.full((1, 16), 50, np.uint8), (float(index),))
    assert (history.fine.nbytes, history.coarse.nbytes) == (fine, coarse)
    assert history.count <= 64
    assert history.times_s[history.count - 1] == 4999.0
    assert history.fine[: history.count, 5].max() == 255
    assert np.all(np.diff(history.times_s[: history.count]) > 0)


def test_the_coarse_copy_keeps_the_strongest_of_its_columns() -> None:
    history = History(10, rows=8)
    row = np.arange(10, dtype=np.uint8)[None, :]
    history.extend(row, (0.0,))
    assert history.coarse[0].tolist() == [COARSE - 1, 2 * COARSE - 1, 9]
