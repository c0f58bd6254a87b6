"""The harmonic test end to end: a transmitter near by with its harmonics, and a distant one without."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweeper.errors import Unavailable
from sweeper.harmonic_test import harmonic_test, plan_for
from sweeper.radio.inventory import open_source
from tests.radio.virtual import limited, scene

DONGLE = "device serial=42\nnoise -100\ndc -45\n"
BUG = "fm f=433.9e6 level=-20 dev=2500 tone=1000\n"
HARMONICS = "fm f=867.8e6 level=-50 dev=5000 tone=1000\nfm f=1301.7e6 level=-48 dev=7500 tone=1000\n"
STATIONS = "carrier f=868.1e6 level=-60\ncarrier f=1301.3e6 level=-50\n"


def test_a_bug_shows_its_harmonics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene(tmp_path, monkeypatch, DONGLE + BUG + HARMONICS + STATIONS)
    answer = limited(harmonic_test(open_source("rtlsdr"), 433.9e6, 12.5e3, 29.7))
    assert answer.fundamental is not None
    assert answer.fundamental.center_hz == pytest.approx(433.9e6, abs=2e3)
    assert [one.multiple for one in answer.found] == [2.0, 3.0]
    assert [one.center_hz for one in answer.found] == pytest.approx([867.8e6, 1301.7e6], abs=4e3)
    assert [one.below_db for one in answer.found] == pytest.approx([30, 28], abs=3)
    assert all(one.p < 0.05 for one in answer.found)
    assert answer.heard == (2.0, 3.0, 0.5, pytest.approx(1 / 3))


def test_a_distant_station_shows_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene(tmp_path, monkeypatch, DONGLE + BUG + STATIONS)
    answer = limited(harmonic_test(open_source("rtlsdr"), 433.9e6, 12.5e3, 29.7))
    assert answer.fundamental is not None
    assert answer.found == ()


def test_nothing_at_the_frequency(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene(tmp_path, monkeypatch, DONGLE + STATIONS)
    answer = limited(harmonic_test(open_source("rtlsdr"), 433.9e6, 12.5e3, 29.7))
    assert answer.fundamental is None
    assert answer.found == ()


def test_without_a_receiver_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene(tmp_path, monkeypatch, "")
    with pytest.raises(Unavailable):
        limited(harmonic_test(open_source("rtlsdr"), 433.9e6))


def test_the_plan_leaves_out_what_cannot_be_heard() -> None:
    centers = [(band.start_hz + band.stop_hz) / 2 for band in plan_for(900e6, 12.5e3).bands]
    assert centers == pytest.approx([900e6, 450e6, 300e6])
