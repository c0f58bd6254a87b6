"""What the receiver makes itself is named so, what is on the air keeps its name: the virtual dongle's spurs.

The scene knows the truth: two spurs at fixed offsets from wherever the dongle is tuned, two strong carriers
with a third-order distortion behind them, and honest carriers.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sweeper.detectors import Setup
from sweeper.detectors.rf_emissions import stage
from sweeper.pipeline import Pipeline
from sweeper.plan import SweepPlan
from sweeper.radio.hops import Hop
from sweeper.radio.inventory import open_source
from sweeper.radio.vetting import Vetting, lines, lower_step
from sweeper.records import Emission, IqBlock
from sweeper.signatures import Library
from tests.dsp.signals import noise, tone
from tests.radio.virtual import heard, plan_of, scene

AIR = "carrier f=433.9e6 level=-45\ncarrier f=428.3e6 level=-50\nfm f=446.00625e6 level=-40 dev=2500 tone=0\n"
STRONG = "carrier f=439.11e6 level=-12\ncarrier f=439.31e6 level=-12\n"
CLEAN = "device serial=42\nnoise -100\ndc -45\nimage -42\n"
DIRTY = CLEAN + "spur -417e3 -50\nspur 650e3 -48\nip3 0.5\n"
RATE = 2.56e6


def swept(plan: SweepPlan) -> tuple[list[Emission], list[IqBlock]]:
    """The last word on each emission of a sweep, and the blocks it was made of."""
    pipeline = Pipeline([stage(Setup(Library(())))])
    told: dict[str, Emission] = {}
    blocks = []
    made = [one for record in heard(open_source("rtlsdr"), plan) for one in pipeline.feed(record)]
    for record in [*made, *pipeline.finish()]:
        if isinstance(record, Emission):
            told[record.id] = record
        elif isinstance(record, IqBlock):
            blocks.append(record)
    return list(told.values()), blocks


def near(emissions: list[Emission], hz: float) -> list[Emission]:
    return [one for one in emissions if abs(one.center_hz - hz) < 6e3]


@pytest.mark.parametrize("passes", [1, 3])
def test_spurs_and_products_are_named_and_carriers_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, passes: int
) -> None:
    scene(tmp_path, monkeypatch, DIRTY + AIR + STRONG)
    emissions, blocks = swept(plan_of((425, 450), gain_db=29.7, passes=passes))
    spurs = [one for one in emissions if one.kind == "spur"]
    families = {one.features["veto"]: one for one in spurs}
    assert set(families) == {"fixed-offset", "intermodulation"}
    offsets = sorted(
        one.features["tuning_offset_hz"] for one in spurs if one.features["veto"] == "fixed-offset"
    )
    assert offsets == pytest.approx([-417e3, 650e3], abs=2e3), "one emission a family"
    products = [one.center_hz for one in spurs if one.features["veto"] == "intermodulation"]
    assert products == pytest.approx([438.91e6, 439.51e6], abs=3e3), "2f1 - f2 and 2f2 - f1"
    for hz in (433.9e6, 428.3e6, 439.11e6, 439.31e6):
        (one,) = near(emissions, hz)
        assert one.kind == "carrier", hz
        assert int(one.features["centres"]) >= 2
    honest = [one for one in emissions if one.kind != "spur"]
    assert len(honest) == 5, "four carriers and a voice, nothing else"
    steps = sorted({block.gain_step_db for block in blocks if block.second_look})
    assert steps == pytest.approx([-9.0, 0.0], abs=1)


def test_without_spurs_nothing_is_vetoed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene(tmp_path, monkeypatch, CLEAN + AIR)
    emissions, _ = swept(plan_of((425, 450), gain_db=29.7))
    assert sorted(one.kind for one in emissions) == ["carrier", "carrier", "nfm"]


def test_a_tone_behind_the_tuner_does_not_follow_the_gain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One hop only: there the gain tells, and the retune as well."""
    scene(tmp_path, monkeypatch, CLEAN + "spur 300e3 -50\ncarrier f=433.35e6 level=-50\n")
    emissions, _ = swept(plan_of((433, 435), gain_db=29.7))
    (carrier,) = near(emissions, 433.35e6)
    assert carrier.kind == "carrier"
    assert {one.kind for one in emissions if one is not carrier} == {"spur"}


def test_narrow_steady_lines_are_seen_and_noise_is_none() -> None:
    count = 12_800
    samples = noise(count, RATE, 1e-10, 3)
    assert lines(samples, RATE) == ()
    power = 100 * 1e-10 * RATE / 1024
    found = lines(samples + tone(count, 311e3, power, RATE), RATE)
    assert [line.offset_hz for line in found] == pytest.approx([311e3], abs=500)
    keyed = tone(count, 311e3, power, RATE)
    keyed[count // 2 :] = 0
    assert lines(samples + keyed, RATE) == (), "half of the time is not steady"
    swing = np.cumsum(30e3 * np.sin(2 * np.pi * 1e3 * np.arange(count) / RATE)) * 2 * np.pi / RATE
    assert lines(samples + (np.sqrt(power) * np.exp(1j * swing)).astype(np.complex64), RATE) == ()


def test_second_looks_are_a_share_of_the_pass() -> None:
    """Where every hop has a line, most are not heard again; those that share an offset come first."""
    vetting = Vetting(RATE)
    count = 12_800
    for index in range(200):
        offset = -417e3 if index % 10 == 0 else 100e3 + 4.7e3 * index % 900e3
        samples = noise(count, RATE, 1e-10, index) + tone(count, offset, 1e-5, RATE)
        center = 100e6 + 2.17e6 * index
        vetting.first(Hop(center, center - 1e6, center + 1e6, 0.005, looks=3), samples)
    todo = vetting.retuned(200)
    assert len(todo) == 25
    assert all(hop.looks == 1 for hop in todo)
    shared = {round(100e6 + 2.17e6 * index) for index in range(0, 200, 10)}
    originals = {round(hop.center_hz) for hop in vetting.softer()}
    assert shared <= originals


def test_the_gain_of_the_test() -> None:
    assert lower_step((0.0, 10.0, 20.0, 25.0, 30.0), 30.0) == 20.0
    assert lower_step((25.0, 30.0), 30.0) is None
