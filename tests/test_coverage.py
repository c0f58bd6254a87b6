"""Coverage counts only what arrived: seconds, ranges, adverts and frames by arithmetic."""

from __future__ import annotations

import tracemalloc

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.coverage import CoverageStage, gaps
from sweeper.errors import Reason
from sweeper.plan import Band
from sweeper.records import (
    Advertisement,
    AdvertisementBatch,
    Coverage,
    Device,
    FrameBatch,
    IqBlock,
    Medium,
    Opened,
    Record,
    Status,
    Trace,
)
from sweeper.session import stood_still


def rows(*records: Record) -> list[Coverage]:
    stage = CoverageStage()
    for record in records:
        assert list(stage.feed(record)) == []
    return [r for r in stage.finish() if isinstance(r, Coverage)]


def iq(center_hz: float, samples: int, first: int = 0, rate_hz: float = 2e6) -> IqBlock:
    return IqBlock(
        source="rf",
        time_s=0.0,
        rate_hz=rate_hz,
        center_hz=center_hz,
        samples=np.arange(samples).astype(np.complex64),
        first_sample=first,
    )


def trace(start_hz: float, bins: int, floor_db: float | None, source: str = "rf") -> Trace:
    level = np.full(bins, -100.0, np.float32)
    floor = None if floor_db is None else np.full(bins, floor_db, np.float32)
    return Trace(
        source=source,
        time_s=0.0,
        start_hz=start_hz,
        bin_hz=1e3,
        mean_db=level,
        max_db=level,
        dwell_s=0.25,
        transforms=10,
        floor_db=floor,
    )


def test_a_lesser_look_that_is_stopped_stays_a_lesser_look() -> None:
    """Its source has told no coverage of its own: that must not turn a list into listening."""
    look = "access-points-only"
    opened = Opened(source="list", time_s=0.0, medium=Medium.WIFI, live=True, look=look)
    batch = FrameBatch(
        source="list", time_s=0.0, medium=Medium.WIFI, link_type=127,
        times_s=(0.0, 3.0), frames=(b"a", b"b"), lengths=(1, 1),
    )  # fmt: skip
    full = FrameBatch(
        source="air",
        time_s=0.0,
        medium=Medium.WIFI,
        link_type=127,
        times_s=(0.0,),
        frames=(b"a",),
        lengths=(1,),
    )
    assert {row.source: row.look for row in rows(opened, batch, full)} == {"list": look, "air": ""}


def test_nothing_heard_is_no_coverage() -> None:
    assert rows() == []
    assert rows(AdvertisementBatch(source="b", time_s=0.0, adverts=())) == []


def test_iq_counts_its_seconds_and_the_floor_comes_from_its_traces() -> None:
    (row,) = rows(iq(100e6, 1_000_000), iq(100e6, 1_000_000, first=1_000_000), trace(99.5e6, 1000, -120.0))
    assert (row.start_hz, row.stop_hz) == (99e6, 101e6)
    assert row.seconds == pytest.approx(1.0)
    assert row.dwell_s == pytest.approx(1.0), "one look of two blocks"
    assert row.floor_dbfs_per_hz == pytest.approx(-120.0)


def test_a_trace_made_of_iq_comes_first_and_is_not_counted_twice() -> None:
    (row,) = rows(trace(99.5e6, 1000, -120.0), iq(100e6, 1_000_000))
    assert (row.start_hz, row.stop_hz, row.seconds) == (99e6, 101e6, 0.5)
    assert row.floor_dbfs_per_hz == pytest.approx(-120.0)


def test_samples_of_one_value_are_no_listening_and_it_is_said_once() -> None:
    stage, told = CoverageStage(), []
    for number in range(4):
        block = iq(100e6, 1_000_000, first=1_000_000 * number)
        if number in {1, 2}:
            block.samples[400_000:] = 1 + 1j
        told += stage.feed(msgspec.structs.replace(block, time_s=0.5 * number))
    assert [(s.time_s, s.reason) for s in told if isinstance(s, Status)] == [(0.7, Reason.STALLED)]
    (row,) = stage.finish()
    assert isinstance(row, Coverage)
    assert row.seconds == pytest.approx(2 - 2 * 0.3)


def test_a_look_of_one_value_is_not_swept() -> None:
    stage = CoverageStage()
    live, deaf = iq(100e6, 12_480), iq(102e6, 12_480)
    deaf.samples[:] = 0
    assert len([*stage.feed(live), *stage.feed(deaf)]) == 1
    assert [(row.start_hz, row.stop_hz) for row in stage.finish() if isinstance(row, Coverage)] == [
        (99e6, 101e6)
    ]


def test_channels_that_hear_at_the_same_time_count_once() -> None:
    second = msgspec.structs.replace(iq(100e6, 1_000_000), channel=1)
    (row,) = rows(iq(100e6, 1_000_000), second)
    assert row.seconds == pytest.approx(0.5)


def test_adjacent_hops_heard_alike_are_one_row_and_a_gap_stays_a_gap() -> None:
    made = rows(iq(100e6, 20_000), iq(101.8e6, 20_000), iq(103.6e6, 20_000), iq(120e6, 20_000))
    assert [(r.start_hz, r.stop_hz) for r in made] == [(99e6, 104.6e6), (119e6, 121e6)]
    assert made[0].seconds == pytest.approx(0.01), "each frequency was heard that long"


def test_a_hop_heard_much_longer_keeps_its_own_row() -> None:
    made = rows(iq(100e6, 20_000), iq(101.8e6, 200_000))
    assert [r.seconds for r in made] == pytest.approx([0.01, 0.1])


def test_traces_alone_count_their_dwell() -> None:
    (row,) = rows(trace(100e6, 1000, None, "csv"), trace(100e6, 1000, None, "csv"))
    assert row.seconds == pytest.approx(0.5)
    assert row.dwell_s == pytest.approx(0.25)
    assert (row.start_hz, row.stop_hz) == (99.9995e6, 100.9995e6)
    assert row.floor_dbfs_per_hz is None


def test_adverts_and_frames_are_counted_with_losses_and_channels() -> None:
    advert = Advertisement(time_s=3.0, address="AA:BB:CC:DD:EE:FF")
    later = Advertisement(time_s=63.0, address="AA:BB:CC:DD:EE:FF")
    frames = FrameBatch(
        source="w",
        time_s=1.0,
        medium=Medium.WIFI,
        link_type=127,
        times_s=(1.0, 2.5),
        frames=(b"a", b"b"),
        lengths=(1, 1),
        lost=7,
    )
    device = Device(
        source="w", time_s=2.0, id="wifi-0001", medium=Medium.WIFI, address="x", facts={"wifi.channel": 6}
    )
    ble, wifi = rows(AdvertisementBatch(source="b", time_s=3.0, adverts=(advert, later)), frames, device)
    assert (ble.medium, ble.seconds, ble.adverts, ble.frames) == (Medium.BLE, 60.0, 2, None)
    assert (wifi.medium, wifi.seconds, wifi.frames, wifi.lost) == (Medium.WIFI, 1.5, 2, 7)
    assert wifi.channels == (6,)


def heard(start_hz: float, stop_hz: float) -> Coverage:
    return Coverage(
        source="rf", time_s=0.0, medium=Medium.RF, seconds=1.0, start_hz=start_hz, stop_hz=stop_hz
    )


def test_gaps_are_what_the_plan_asked_for_and_nobody_heard() -> None:
    bands = [Band(100e6, 110e6), Band(200e6, 201e6)]
    assert gaps(bands, []) == [(100e6, 110e6), (200e6, 201e6)]
    assert gaps(bands, [heard(99e6, 120e6), heard(200e6, 201e6)]) == []
    assert gaps(bands, [heard(102e6, 104e6), heard(103e6, 108e6), heard(150e6, 300e6)]) == [
        (100e6, 102e6),
        (108e6, 110e6),
    ]


@given(
    st.lists(st.tuples(st.integers(0, 90), st.integers(1, 30)), max_size=6),
    st.integers(0, 80),
    st.integers(1, 20),
)
def test_gaps_and_coverage_fill_a_band_exactly(spans: list[tuple[int, int]], start: int, width: int) -> None:
    band = Band(start * 1e6, (start + width) * 1e6)
    rows = [heard(low * 1e6, (low + size) * 1e6) for low, size in spans]
    missing = gaps([band], rows)
    for step in range(width * 2):
        at = band.start_hz + (step + 0.5) * 5e5
        is_heard = any(row.start_hz <= at <= row.stop_hz for row in rows)  # type: ignore[operator]
        assert is_heard != any(low <= at <= high for low, high in missing)


def test_time_asleep_between_two_packets_was_not_listened_to() -> None:
    """Told by the session; where no packet comes after it, it lies outside of the time anyway."""
    heard: list[Record] = []
    for time_s, still_s in ((0.0, 0.0), (10.0, 3600.0), (3620.0, 0.0), (3630.0, 500.0)):
        heard.append(
            FrameBatch(
                source="wifi",
                time_s=time_s,
                medium=Medium.WIFI,
                link_type=105,
                times_s=(time_s,),
                frames=(b"",),
                lengths=(0,),
            )
        )
        if still_s:
            heard.append(stood_still("wifi", time_s, still_s))
    (row,) = rows(*heard)
    assert row.seconds == pytest.approx(30.0)
    (row,) = rows(stood_still("wifi", 0.0, 20.0), *heard)  # before anything was heard
    assert row.seconds == pytest.approx(30.0)


def test_a_night_of_looks_takes_little_memory_and_is_told_as_it_was() -> None:
    """Each hop is looked at once in two seconds: two numbers of eight bytes a look, and once only for IQ."""
    stage, samples = CoverageStage(), np.arange(20_000).astype(np.complex64)
    hops = [100e6 + 2e6 * n for n in range(10)]
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for look in range(300):
        for hop in hops:
            traced = msgspec.structs.replace(trace(hop - 0.5e6, 10, None), time_s=2.0 * look)
            block = msgspec.structs.replace(iq(hop, 0), time_s=2.0 * look, samples=samples)
            assert not [*stage.feed(traced), *stage.feed(block)]
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert held < 24 * 300 * len(hops), "a tuple of two numbers takes 112"
    told = {row.looks_s for row in stage.finish() if isinstance(row, Coverage)}
    assert told == {tuple((2.0 * look, 2.0 * look + 0.01) for look in range(300))}
