"""References and differences: levels are set here, so what is new, stronger or missing is known."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.detectors.reference import ReferenceStage
from sweeper.dsp.level_grid import Grid
from sweeper.errors import InputError
from sweeper.records import Burst, Detection, Emission, Level, Record, Status, Trace
from sweeper.reference import (
    FORMAT,
    Comparison,
    Conditions,
    Friendly,
    Head,
    Known,
    Reference,
    known_of,
    load,
    merge,
    mismatches,
    only_within,
    save,
)

FLOOR_DB = -100.0
HERE = Conditions("R820T", "whip", 30.0, ((430e6, 440e6),))
Signals = dict[float, float]
"""Frequency in hertz -> decibels over the floor, one bin wide."""


def trace(
    signals: Signals,
    seed: int,
    start_hz: float = 430e6,
    bin_hz: float = 5e3,
    bins: int = 2000,
    peaks: float = 6.0,
) -> Trace:
    """One look: levels waver by 1 dB from bin to bin and look to look."""
    level = FLOOR_DB + np.random.default_rng(seed).normal(0.0, 1.0, bins)
    for hz, db in signals.items():
        level[round((hz - start_hz) / bin_hz)] += db
    return Trace(
        source="played",
        time_s=float(seed),
        start_hz=start_hz,
        bin_hz=bin_hz,
        mean_db=level.astype(np.float32),
        max_db=(level + peaks).astype(np.float32),
        floor_db=np.full(bins, FLOOR_DB, np.float32),
        dwell_s=0.005,
        transforms=50,
    )


def emission(
    hz: float, width_hz: float = 5e3, bursts: int = 0, name: str = "rf-0001", power: float = -50.0
) -> Emission:
    return Emission(
        source="played",
        time_s=9.0,
        id=name,
        center_hz=hz,
        width_hz=width_hz,
        power_dbfs=power,
        snr_db=20.0,
        start_s=0.0,
        stop_s=9.0,
        bursts=tuple(Burst(float(i), 0.01, hz, 20.0) for i in range(bursts)),
    )


def reference(signals: Signals, looks: int = 5, cell_hz: float = 5e3, name: str = "car park") -> Reference:
    grid = Grid(cell_hz)
    for seed in range(looks):
        grid.add(trace(signals, seed))
    known = tuple(known_of(emission(hz)) for hz in signals)
    return Reference(Head(FORMAT, name, 1.7e9, HERE, cell_hz, known), grid)


def compared(
    against: Reference, live: Signals, *emissions: Emission, friendly: tuple[Friendly, ...] = ()
) -> list[Record]:
    stage = ReferenceStage(Comparison(against, friendly))
    made: list[Record] = []
    for seed in range(100, 103):
        made += stage.feed(trace(live, seed))
    for one in emissions:
        made += stage.feed(one)
    return [*made, *stage.finish()]


def detections(records: list[Record]) -> list[Detection]:
    return [record for record in records if isinstance(record, Detection)]


def test_a_new_emission() -> None:
    (found,) = detections(compared(reference({}), {433.9e6: 25.0}, emission(433.9e6)))
    assert (found.kind, found.level, found.subject) == ("new-emission", Level.MEDIUM, "rf-0001")
    assert found.evidence[0].value == pytest.approx(25.0, abs=3.0)
    assert len(found.benign) >= 2
    assert found.next


def test_what_the_reference_has_is_silent_and_stronger_speaks() -> None:
    against = reference({433.9e6: 25.0})
    assert compared(against, {433.9e6: 25.5}, emission(433.9e6)) == []
    (found,) = detections(compared(against, {433.9e6: 34.0}, emission(433.9e6)))
    assert (found.kind, found.level) == ("stronger-emission", Level.LOW)
    assert found.evidence[0].value == pytest.approx(9.0, abs=2.5)


def test_what_was_there_before_is_not_explained_by_silence() -> None:
    """Innocent causes fit the finding: what the reference has was not silent while it was recorded."""
    (new,) = detections(compared(reference({}), {433.9e6: 25.0}, emission(433.9e6)))
    against = reference({433.9e6: 25.0})
    (stronger,) = detections(compared(against, {433.9e6: 34.0}, emission(433.9e6)))
    assert any("silent while the reference" in cause.text for cause in new.benign)
    assert not any("silent while the reference" in cause.text for cause in stronger.benign)
    assert len(stronger.benign) >= 3
    assert not {cause.text for cause in new.benign} & {cause.text for cause in stronger.benign}


def test_a_signal_that_was_there_but_not_listed_is_stronger_not_new() -> None:
    against = reference({433.9e6: 15.0})
    against = Reference(msgspec.structs.replace(against.head, emissions=()), against.grid)
    (found,) = detections(compared(against, {433.9e6: 30.0}, emission(433.9e6)))
    assert found.kind == "stronger-emission"


def test_a_crystal_that_drifted_is_no_difference() -> None:
    against = reference({433.9e6: 25.0})
    assert compared(against, {433.905e6: 25.0}, emission(433.905e6)) == []


def test_a_reference_that_wavers_needs_a_greater_difference() -> None:
    grid = Grid(5e3)
    for seed, db in enumerate((10.0, 25.0, 12.0, 24.0, 14.0)):
        grid.add(trace({433.9e6: db}, seed))
    against = Reference(Head(FORMAT, "fading", 1.7e9, HERE, 5e3, (known_of(emission(433.9e6)),)), grid)
    assert compared(against, {433.9e6: 32.0}, emission(433.9e6)) == []  # 15 dB over the mean, sigma 6.7 dB
    assert detections(compared(against, {433.9e6: 55.0}, emission(433.9e6)))


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_wide_emissions_do_not_differ_by_chance(seed: int) -> None:
    against = reference({}, looks=1)
    stage = ReferenceStage(Comparison(against))
    list(stage.feed(trace({}, 1000 + seed)))
    assert list(stage.feed(emission(433.9e6, width_hz=2e6))) == []


def test_bursts_are_compared_by_their_greatest_level() -> None:
    quiet = reference({})
    stage = ReferenceStage(Comparison(quiet))
    list(stage.feed(trace({}, 100)))
    loud = trace({}, 101)
    at = round((433.9e6 - loud.start_hz) / loud.bin_hz)
    loud.max_db[at] += 30.0
    list(stage.feed(loud))
    list(stage.feed(trace({}, 102)))
    (found,) = list(stage.feed(emission(433.9e6, bursts=1)))
    assert isinstance(found, Detection)
    assert found.kind == "new-emission"
    assert len(found.benign) == 4


def test_told_once_and_again_when_it_grows() -> None:
    stage = ReferenceStage(Comparison(reference({})))
    for _ in range(3):
        list(stage.feed(trace({433.9e6: 12.0}, 100)))
    assert len(list(stage.feed(emission(433.9e6)))) == 1
    assert list(stage.feed(emission(433.9e6))) == []
    for _ in range(4):
        list(stage.feed(trace({433.9e6: 30.0}, 101)))
    assert len(list(stage.feed(emission(433.9e6)))) == 1


def test_missing_and_not_compared_are_listed() -> None:
    against = reference({433.9e6: 25.0, 435.0e6: 25.0})
    records = compared(against, {433.9e6: 25.0}, emission(433.9e6), emission(868e6, name="rf-0002"))
    texts = [record.detail for record in records if isinstance(record, Status)]
    assert texts[0] == "in the reference, not heard now: 435.0000 MHz"
    assert texts[1].startswith("1 emissions lie where the reference heard nothing")
    assert detections(records) == []


def test_friendly_signals_are_silent_until_they_change() -> None:
    friend = (Friendly(433.9e6, 12e3, -50.0, "wireless bell"),)
    against = reference({})
    assert detections(compared(against, {433.9e6: 25.0}, emission(433.9e6), friendly=friend)) == []
    louder = emission(433.9e6, power=-43.0)
    assert detections(compared(against, {433.9e6: 25.0}, louder, friendly=friend))
    wider = emission(433.9e6, width_hz=20e3)
    assert detections(compared(against, {433.9e6: 25.0}, wider, friendly=friend))
    elsewhere = emission(433.95e6)
    assert detections(compared(against, {433.95e6: 25.0}, elsewhere, friendly=friend))


def test_without_a_reference_the_stage_is_idle() -> None:
    stage = ReferenceStage(None)
    assert stage.accepts == ()
    assert list(stage.finish()) == []


# --- the grid ---------------------------------------------------------------------------------------------


@given(st.floats(700.0, 40e3), st.floats(700.0, 40e3), st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_power_is_conserved_on_any_cells(bin_hz: float, cell_hz: float, seed: int) -> None:
    levels = np.random.default_rng(seed).uniform(-120, -40, 3000).astype(np.float32)
    made = Trace(
        source="x",
        time_s=0.0,
        start_hz=433e6,
        bin_hz=bin_hz,
        mean_db=levels,
        max_db=levels,
        dwell_s=0.01,
        transforms=20,
    )
    grid = Grid(cell_hz)
    grid.add(made)
    (stretch,) = grid.stretches()
    cells = 10 ** (grid.read("mean", *stretch) / 10) * cell_hz
    whole = float(np.sum(10.0 ** (levels.astype(np.float64) / 10)) * bin_hz)
    edges = (
        2 * max(bin_hz, cell_hz) * float(10 ** (levels.max() / 10))
    )  # cells reach no further than the trace
    assert whole - edges <= cells.sum() <= whole * (1 + 1e-9)


def test_a_peak_is_kept_where_it_is() -> None:
    grid = Grid(10e3)
    grid.add(trace({433.9e6: 30.0}, 1, bin_hz=1e3, bins=10_000, peaks=0.0))
    first, count = grid.cells(430.1e6, 439.9e6)
    assert first + int(np.argmax(grid.read("top", first, count))) == 43_390
    assert grid.read("top", 43_390, 1)[0] == pytest.approx(FLOOR_DB + 30, abs=4)
    assert grid.read("mean", 43_390, 1)[0] == pytest.approx(FLOOR_DB + 20, abs=4)  # one of ten bins


def test_mean_and_spread_are_those_of_the_looks() -> None:
    grid, levels = Grid(5e3), []
    for seed in range(8):
        made = trace({}, seed)
        levels.append(made.mean_db.astype(float))
        grid.add(made)
    first = 86_001
    at = round((first * 5e3 - 430e6) / 5e3)
    assert grid.read("mean", first, 1)[0] == pytest.approx(np.mean([one[at] for one in levels]), abs=1e-4)
    spread = np.std([one[at] for one in levels], ddof=1)
    chance = 4.3429 / np.sqrt(50 * 0.55)
    assert grid.sigma("mean", first, 1)[0] == pytest.approx(max(spread, chance, 0.5), abs=1e-3)
    assert grid.read("looks", first, 1)[0] == 8


def test_regridded_levels_agree_with_those_taken_on_the_new_cells() -> None:
    fine, coarse = Grid(5e3), Grid(20e3)
    for seed in range(4):
        fine.add(trace({433.9e6: 30.0}, seed))
        coarse.add(trace({433.9e6: 30.0}, seed))
    made = fine.regridded(20e3)
    first, count = 21_600, 200
    assert made.read("mean", first, count) == pytest.approx(coarse.read("mean", first, count), abs=0.5)
    assert fine.regridded(5e3) is fine


def test_cells_not_heard_are_not_there() -> None:
    grid = Grid(5e3)
    grid.add(trace({}, 1))
    assert not grid.covered(439e6, 441e6)
    assert np.isnan(grid.read("mean", *grid.cells(500e6, 500.1e6))).all()
    assert list(Grid(5e3).stretches()) == []


# --- files, merging, conditions ---------------------------------------------------------------------------


def test_a_reference_outlives_its_file(tmp_path: Path) -> None:
    made = reference({433.9e6: 25.0})
    path = tmp_path / "outside.reference.npz"
    save(made, path)
    read = load(path)
    assert read.head == made.head
    for name in ("mean", "top", "floor", "looks", "peak2"):
        have = read.grid.read(name, 86_000, 1000)
        assert have == pytest.approx(made.grid.read(name, 86_000, 1000), rel=1e-6)
    assert read.age_s(1.7e9 + 60) == 60
    assert list(tmp_path.iterdir()) == [path]


def test_broken_files_are_refused_in_words(tmp_path: Path) -> None:
    good = tmp_path / "good.npz"
    save(reference({}), good)
    whole = good.read_bytes()
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "half").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "other").write_bytes(b"MM\x00\x2a not an archive")
    np.savez(tmp_path / "foreign.npz", head=np.zeros(3))
    np.savez(tmp_path / "pickle.npz", head=np.array([object()], dtype=object))
    with np.load(good) as archive:
        tables = dict(archive)
    np.savez(tmp_path / "short.npz", **{**tables, "mean": tables["mean"][:-1]})
    np.savez(tmp_path / "minus.npz", **{**tables, "count": -tables["count"]})
    names = ("empty", "half", "other", "foreign.npz", "pickle.npz", "short.npz", "minus.npz", "absent")
    for name in names:
        with pytest.raises(InputError, match=name):
            load(tmp_path / name)


def test_merging_counts_all_looks_and_keeps_all_emissions() -> None:
    first, second = reference({433.9e6: 25.0}, 3), reference({436.0e6: 25.0}, 5, name="street")
    both = merge([first, second], "outside")
    assert both.head.merged == ("car park", "street")
    assert [one.center_hz for one in both.head.emissions] == [433.9e6, 436.0e6]
    assert both.grid.read("looks", 86_780, 1)[0] == 8
    assert first.grid.read("looks", 86_780, 1)[0] == 3  # the parts are left as they were
    means = [one.grid.read("mean", 86_780, 1)[0] for one in (first, second)]
    assert both.grid.read("mean", 86_780, 1)[0] == pytest.approx((3 * means[0] + 5 * means[1]) / 8)
    assert both.grid.read("top", 87_200, 1)[0] == second.grid.read("top", 87_200, 1)[0]
    with pytest.raises(ValueError, match="nothing"):
        merge([], "none")


def test_what_several_references_heard_is_one_emission_of_the_merged() -> None:
    first, second = reference({433.9e6: 25.0, 436.0e6: 20.0}), reference({433.9e6: 28.0}, name="street")
    moved = [
        msgspec.structs.replace(one, center_hz=one.center_hz + 900.0, power_dbfs=-47.0)
        for one in second.head.emissions
    ]
    head = msgspec.structs.replace(second.head, emissions=tuple(moved))
    both = merge([first, msgspec.structs.replace(second, head=head)], "outside")
    kept = [(one.center_hz, one.power_dbfs) for one in both.head.emissions]
    assert kept == [(433.9e6 + 900.0, -47.0), (436.0e6, -50.0)]


def test_other_conditions_are_named() -> None:
    made = reference({})
    assert mismatches(made, HERE) == []
    assert mismatches(made, msgspec.structs.replace(HERE, gain_db=30.5)) == []
    other = Conditions("R828D", "discone", None, ())
    texts = [phrase.text for phrase in mismatches(made, other)]
    assert len(texts) == 3
    assert all("{then}" in text and "{here}" in text for text in texts)


def test_what_appeared_only_in_the_meeting() -> None:
    inside = emission(1e8, name="in")
    inside = msgspec.structs.replace(inside, start_s=100.0, stop_s=200.0)
    before = msgspec.structs.replace(inside, start_s=90.0, id="before")
    bursty = msgspec.structs.replace(
        inside, bursts=(Burst(110.0, 1.0, 1e8, 9.0), Burst(500.0, 1.0, 1e8, 9.0))
    )
    assert [one.id for one in only_within([inside, before, bursty], [(95.0, 300.0)])] == ["in"]
    assert only_within([bursty], [(95.0, 300.0), (490.0, 600.0)]) == [bursty]


def test_known_emissions_are_found_by_overlap() -> None:
    made = reference({433.9e6: 25.0})
    assert made.known_at(433.8975e6, 433.8980e6) == [Known(433.9e6, 5e3, -50.0, 20.0, "unknown", True)]
    assert made.known_at(434e6, 435e6) == []
