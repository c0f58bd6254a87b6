"""Outside against inside, end to end: two scenes, the virtual dongle, engine, RF stage and comparison."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweeper.detectors import Setup
from sweeper.detectors.reference import ReferenceStage
from sweeper.detectors.rf_emissions import stage as rf_emissions
from sweeper.dsp.level_grid import Grid
from sweeper.pipeline import Pipeline, Stage
from sweeper.radio.inventory import open_source
from sweeper.records import Detection, Emission, Record, State, Status, Trace
from sweeper.reference import FORMAT, Comparison, Conditions, Head, Reference, known_of, load, save
from sweeper.signatures import Library
from tests.radio.virtual import heard, plan_of, scene

OUTSIDE = (
    "device serial=42\nnoise -100\ndc -45\n"
    "carrier f=434.1e6 level=-50\nfm f=438.00625e6 level=-45 dev=2500 tone=1000\n"
)
INSIDE = OUTSIDE + "carrier f=436.7e6 level=-40\ncarrier f=434.1e6 level=-38\n"
PLAN = plan_of((430, 440), gain_db=29.7, passes=3)


def swept(*stages: Stage) -> list[Record]:
    """All records of a sweep through the stages."""
    pipeline = Pipeline(stages)
    made = [one for record in heard(open_source("rtlsdr"), PLAN) for one in pipeline.feed(record)]
    return [*made, *pipeline.finish()]


def test_new_and_stronger_emissions_are_found_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup = Setup(Library(()))
    scene(tmp_path, monkeypatch, OUTSIDE)
    grid, emissions = Grid(5e3), {}
    for record in swept(rf_emissions(setup)):
        if isinstance(record, Trace):
            grid.add(record)
        elif isinstance(record, Emission):
            emissions[record.id] = known_of(record)
    conditions = Conditions("rtlsdr", "whip", 29.7, ((430e6, 440e6),))
    head = Head(FORMAT, "outside", 0.0, conditions, 5e3, tuple(emissions.values()))
    save(Reference(head, grid), tmp_path / "outside.reference.npz")
    comparison = Comparison(load(tmp_path / "outside.reference.npz"))

    again = swept(rf_emissions(setup), ReferenceStage(comparison))
    assert not [one for one in again if isinstance(one, Status) and one.state is State.FAILED]
    assert [one for one in again if isinstance(one, Detection)] == []

    scene(tmp_path, monkeypatch, INSIDE)
    found = [
        one for one in swept(rf_emissions(setup), ReferenceStage(comparison)) if isinstance(one, Detection)
    ]
    told = sorted({(one.kind, round(float(one.title.args["mhz"]), 2)) for one in found})
    assert told == [("new-emission", 436.7), ("stronger-emission", 434.1)]
