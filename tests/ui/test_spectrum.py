"""The spectrum: peaks, markers, reference and difference, bands, the time cursor, saved pictures."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from sweeper import allocations
from sweeper.reference import Conditions, Recorder, save
from sweeper.ui import readout, references, spectrum_tools
from sweeper.ui.peaks import peaks
from sweeper.ui.phase import Phase
from sweeper.ui.window import Window
from tests.ui.fakes import FLOOR_DB, TONE_DB, TONE_HZ, Fake, recipe, trace


@pytest.fixture
def spectrum(qtbot, window: Window):
    """The view after a short replay."""
    window.desk.speed = None
    window.desk.begin(recipe(Fake(40)), "test")
    qtbot.waitUntil(lambda: window.desk.phase is Phase.ENDED, timeout=20_000)
    window.show_view("spectrum")
    view = window.view("spectrum")
    qtbot.waitUntil(lambda: view.curves.view is not None, timeout=5000)
    return view


def test_peaks_are_local_maxima_above_the_floor() -> None:
    levels = np.full(1000, -100.0, np.float32)
    levels[200:204] = [-60, -50, -55, -70]
    levels[500] = -90.0
    levels[800] = -96.0  # 4 dB: not told from noise
    found = peaks(np.arange(1000.0), levels, np.full(1000, -100.0, np.float32))
    assert [(peak.hz, peak.level_db, peak.over_db) for peak in found] == [
        (201.0, -50.0, 50.0),
        (500.0, -90.0, 10.0),
    ]
    assert peaks(np.zeros(3), np.full(3, np.nan, np.float32), np.zeros(3, np.float32)) == []
    many = np.tile(np.array([-100, -100, -100, -100, -100, -100, -100, -50], np.float32), 100)
    assert len(peaks(np.arange(800.0), many, np.full(800, -100, np.float32), 7)) == 7


def test_markers_sit_on_peaks_and_tell_their_distance(spectrum) -> None:
    spectrum.curves.mark_peak()
    (hz,) = spectrum.curves.markers.frequencies
    assert hz == pytest.approx(TONE_HZ, abs=2_000)
    spectrum.curves.markers.add(TONE_HZ + 100_000)
    said = spectrum._marked.text()
    assert "M1 433.9" in said
    assert "M2 434.0" in said
    assert "Δ 100" in said or "Δ 99" in said or "Δ 101" in said
    for _turn in range(12):
        spectrum.curves.markers.add(TONE_HZ)
    assert len(spectrum.curves.markers.frequencies) == 8
    assert spectrum.curves.markers.frequencies[0] == hz
    spectrum.curves.markers.clear()
    assert spectrum._marked.text() == ""


def test_the_table_of_peaks_names_the_band(spectrum) -> None:
    spectrum.lists.setCurrentIndex(1)
    spectrum._show_peaks()
    peak = spectrum.lists._peaks.at(0)
    assert peak.hz == pytest.approx(TONE_HZ, abs=2_000)
    assert peak.over_db == pytest.approx(TONE_DB + 2 - FLOOR_DB, abs=3)
    band = allocations.at(TONE_HZ)
    assert band is not None
    assert spectrum.lists._peaks.columns[3].text(peak) == band.name.en


def test_the_difference_is_the_level_over_the_reference(spectrum, tmp_path: Path) -> None:
    """A reference 10 dB above the floor: the trace's noise lies 10 dB under it, the tone far above."""
    recorder = Recorder(1_000.0)
    outside = msgspec.structs.replace(trace(1), mean_db=np.full(2048, FLOOR_DB + 10, np.float32))
    recorder(msgspec.structs.replace(outside, max_db=outside.mean_db))
    folder = references.folder(spectrum.desk.settings.folder)
    folder.mkdir(parents=True)
    save(recorder.made("yard", Conditions("fake", "", None, ()), 1.0), folder / "yard.reference.npz")
    (line,) = references.listed(spectrum.desk.settings.folder)
    assert (line.name, line.problem) == ("yard", "")
    spectrum.use_reference(line.path)
    spectrum.set_difference(True)
    drawn = spectrum.curves.levels("mean")
    view = spectrum.curves.view
    assert np.allclose(drawn, view.mean - (FLOOR_DB + 10), atol=0.01)
    assert np.allclose(spectrum.curves.levels("reference"), 0.0, atol=0.01)
    spectrum.set_difference(False)
    assert np.allclose(spectrum.curves.levels("mean"), view.mean, equal_nan=True)
    spectrum.use_reference("")
    assert spectrum.curves.reference is None


def test_the_time_cursor_shows_the_row_of_its_time(spectrum) -> None:
    history, _view = spectrum.desk.histories[spectrum._stretch]
    spectrum.moment.put(10.0)
    row = spectrum.curves.levels("cursor")
    assert row is not None
    made = trace(10).max_db
    assert np.nanmax(np.abs(row - made)) <= 0.8  # one step of the waterfall
    assert spectrum._read.text() == "at 0:01"
    assert history.times_s[10] == pytest.approx(1.0)
    spectrum.moment.put(11.0)
    assert spectrum.curves.levels("cursor") is None


def test_bands_history_and_pictures(spectrum, tmp_path: Path, qtbot) -> None:
    spectrum.use_bands("eu")
    assert spectrum.curves.strip._bands == allocations.region("eu")
    spectrum.use_bands("")
    assert spectrum.curves.strip._bands == ()
    spectrum.set_whole(True)
    low, high = spectrum._fall.getViewBox().viewRange()[1]
    assert high - low >= 40
    for name in ("a.png", "b.svg"):
        spectrum_tools.write_picture(spectrum, str(tmp_path / name))
        assert (tmp_path / name).stat().st_size > 2_000
    assert b"<svg" in (tmp_path / "b.svg").read_bytes()[:600]
    assert readout.trace(spectrum.curves, TONE_HZ).startswith("433.92")


def test_the_timeline_lists_and_chooses(spectrum, qtbot) -> None:
    spectrum.lists.setCurrentIndex(2)
    timeline = spectrum.lists._timeline
    timeline.refresh()
    assert [each.id for each in timeline._rows] == ["B-00001", "E-00001", "W-00001"] or timeline._rows
    timeline._choose(0)
    assert spectrum.desk.selection == timeline._rows[0].id
    assert not timeline.grab().isNull()
