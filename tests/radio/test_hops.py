"""Hops cover every range without a gap, whatever is asked for; the truth is plain interval arithmetic."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from sweeper.plan import FULL, Band, Mode, SweepPlan
from sweeper.radio.hops import RASTER_HZ, beside, dwell_s, hops, joined, merged, minus, named, span_hz, spares
from sweeper.radio.receiver import USABLE
from tests.radio.virtual import gaps

RATES = (2.4e6, 2.048e6, 1.024e6, 250e3)
bands = st.builds(
    lambda low, width: Band(low, low + width),
    st.floats(24e6, 1700e6).map(lambda x: round(x, 1)),
    st.floats(1e3, 60e6).map(lambda x: round(x, 1)),
)


@given(st.lists(bands, min_size=1, max_size=5), st.sampled_from(RATES), st.integers(0, 9))
def test_no_gap_for_any_list_of_ranges(ranges: list[Band], rate_hz: float, number: int) -> None:
    plan = SweepPlan(bands=tuple(ranges))
    half = USABLE * rate_hz / 2
    made = hops(plan, rate_hz, number)
    spans = [(hop.center_hz - half, hop.center_hz + half) for hop in made]
    for band in ranges:
        assert gaps(spans, band.start_hz, band.stop_hz) == []
    for hop in made:
        assert hop.center_hz - half <= hop.start_hz + 1
        assert hop.stop_hz <= hop.center_hz + half + 1


@given(bands, st.sampled_from(RATES), st.integers(0, 9))
def test_no_centre_stands_on_a_channel(band: Band, rate_hz: float, number: int) -> None:
    for hop in hops(SweepPlan(bands=(band,)), rate_hz, number):
        beyond = hop.center_hz % RASTER_HZ
        assert abs(beyond - RASTER_HZ / 2) < 1e-3


@given(bands, st.sampled_from(RATES))
def test_the_parts_of_a_pass_are_the_plan(band: Band, rate_hz: float) -> None:
    made = hops(SweepPlan(bands=(band,)), rate_hz)
    assert minus([(band.start_hz, band.stop_hz)], [(hop.start_hz, hop.stop_hz) for hop in made]) == []


def test_full_sweep_needs_no_more_hops_than_its_width_asks_for() -> None:
    made = hops(FULL, 2.4e6)
    assert len(made) == 857  # 1742 MHz in steps of 0.85 * 2.4 MHz less one raster step
    assert min(hop.center_hz for hop in made) >= 24e6
    assert max(hop.center_hz for hop in made) <= 1766e6


def test_a_narrow_band_is_heard_from_beside_and_from_both_sides_in_turn() -> None:
    plan = SweepPlan(bands=(Band(868.0e6, 868.6e6),))
    (below,) = hops(plan, 2.4e6, 0)
    (above,) = hops(plan, 2.4e6, 1)
    assert below.center_hz < 868.0e6 - 25e3
    assert above.center_hz > 868.6e6 + 25e3


def test_centres_move_by_a_quarter_of_a_hop_between_passes() -> None:
    plan = SweepPlan(bands=(Band(430e6, 440e6),))
    first = [hop.center_hz for hop in hops(plan, 2.4e6, 0)]
    second = [hop.center_hz for hop in hops(plan, 2.4e6, 1)]
    nearest = [min(abs(a - b) for b in second) for a in first]
    assert min(nearest) > 100e3


def test_dwell_follows_mode_band_and_bin_width() -> None:
    assert dwell_s(SweepPlan(mode=Mode.BURST_SAFE), Band(1e8, 2e8)) == 0.0052
    assert dwell_s(SweepPlan(mode=Mode.FAST), Band(1e8, 2e8, dwell_s=0.06)) == 0.06
    assert dwell_s(SweepPlan(mode=Mode.FAST), Band(1e8, 2e8, bin_hz=100.0)) == 0.085
    (hop,) = hops(SweepPlan(bands=(Band(100e6, 100.5e6, dwell_s=3.5),)), 2.4e6)
    assert (hop.looks, hop.dwell_s) == (4, 0.875)


def test_burst_safe_stays_two_frames_where_gsm_handsets_send() -> None:
    """4.615 ms a frame and 0.577 ms a slot (3GPP TS 45.002): two frames and a slot are 9.81 ms."""
    made = hops(SweepPlan(bands=(Band(870e6, 930e6),)), 2.4e6)
    over = [hop for hop in made if hop.stop_hz > 880e6 and hop.start_hz < 915e6]
    assert {hop.dwell_s > 2 * 60 / 13e3 + 15 / 26e3 for hop in over} == {True}
    assert {hop.dwell_s for hop in made if hop not in over} == {0.0052}
    fast = hops(SweepPlan(bands=(Band(880e6, 915e6),), mode=Mode.FAST), 2.4e6)
    asked = hops(SweepPlan(bands=(Band(880e6, 915e6, dwell_s=0.006),)), 2.4e6)
    assert {hop.dwell_s for hop in fast} == {0.003}
    assert {hop.dwell_s for hop in asked} == {0.006}


def test_a_watch_stays_longer_on_few_hops_and_still_comes_round() -> None:
    few = SweepPlan(bands=(Band(430e6, 434e6),), passes=10_000)
    assert {hop.dwell_s for hop in hops(few, 2.4e6)} == {0.1}
    many = hops(msgspec.structs.replace(few, bands=(Band(430e6, 530e6),)), 2.4e6)
    assert sum(hop.dwell_s + 0.01 for hop in many) <= 2.0 + 1e-9
    assert min(hop.dwell_s for hop in many) > 0.02
    assert {hop.dwell_s for hop in hops(msgspec.structs.replace(FULL, passes=0), 2.4e6)} == {0.0052}
    own = msgspec.structs.replace(few, bands=(Band(430e6, 434e6, dwell_s=0.02),))
    assert {hop.dwell_s for hop in hops(own, 2.4e6)} == {0.02}
    assert {hop.dwell_s for hop in hops(msgspec.structs.replace(few, passes=5), 2.4e6)} == {0.0052}


def test_ranges_that_touch_are_one_and_empty_ones_fall_away() -> None:
    wanted = [
        Band(2e8, 3e8),
        Band(1e8, 2e8),
        Band(5e8, 4e8),
        Band(-1.0, 5e6),
        Band(2.5e8, 2.6e8, bin_hz=100.0),
    ]
    assert joined(wanted) == [Band(1e8, 3e8), Band(2.5e8, 2.6e8, bin_hz=100.0)]


def test_the_spare_hops_of_a_refused_one_cover_its_part_from_both_ends() -> None:
    hop = hops(SweepPlan(bands=(Band(100e6, 110e6),)), 2.4e6)[1]
    pair = spares(hop)
    half = USABLE * 2.4e6 / 2
    assert gaps([(s.center_hz - half, s.center_hz + half) for s in pair], hop.start_hz, hop.stop_hz) == []
    assert [spares(s) for s in pair] == [[], []]


def test_a_second_look_from_beside_still_covers_the_old_centre() -> None:
    hop = hops(SweepPlan(bands=(Band(100e6, 110e6),)), 2.4e6)[1]
    assert 400e3 < abs(beside(hop, 2.4e6).center_hz - hop.center_hz) < USABLE * 1.2e6 - 400e3


def test_interval_arithmetic() -> None:
    assert minus([(0.0, 10.0)], [(2.0, 3.0), (5.0, 20.0)]) == [(0.0, 2.0), (3.0, 5.0)]
    assert minus([(0.0, 10.0)], [(-5.0, 20.0)]) == []
    assert minus([(0.0, 10.0), (20.0, 30.0)], [(8.0, 22.0)]) == [(0.0, 8.0), (22.0, 30.0)]
    assert span_hz([(0.0, 10.0), (5.0, 12.0), (20.0, 21.0)]) == 13.0
    assert merged([(3.0, 4.0), (0.0, 2.5)], gap_hz=0.5) == [(0.0, 4.0)]
    assert named([(24e6, 26.5e6), (868e6, 870e6)]) == "24.00-26.50, 868.00-870.00 MHz"
