"""Locate: the motion settles without overshoot, the trend is honest, the number follows the target."""

from __future__ import annotations

import pytest

from sweeper.ui.gauge import Damped, trend
from sweeper.ui.phase import Phase
from sweeper.ui.window import Window
from tests.ui.fakes import FLOOR_DB, TONE_DB, Fake, recipe


def test_the_bar_follows_without_overshoot_and_settles_in_150_ms() -> None:
    motion = Damped()
    values = [motion.follow(1.0, 0.01) for _step in range(60)]
    assert max(values) <= 1.0 + 1e-9
    assert values == sorted(values)
    assert values[14] > 0.9
    assert values[-1] == pytest.approx(1.0, abs=1e-3)


def test_the_motion_does_not_depend_on_the_frame_rate() -> None:
    slow, fast = Damped(), Damped()
    for _step in range(2):
        slow.follow(1.0, 0.05)
    for _step in range(20):
        fast.follow(1.0, 0.005)
    assert slow.value == pytest.approx(fast.value, abs=1e-9)


def test_reduced_motion_jumps() -> None:
    assert Damped().follow(0.7, 0.001, still=True) == 0.7


@pytest.mark.parametrize(("slope", "wanted"), [(3.0, 1), (-3.0, -1), (0.2, 0)])
def test_trend_tells_walking_from_fading(slope: float, wanted: int) -> None:
    levels = [(t / 2, -60 + slope * t / 2 + (0.5 if t % 2 else -0.5)) for t in range(14)]
    assert trend(levels) == wanted


def test_the_number_is_the_level_of_the_target(qtbot, window: Window) -> None:
    window.desk.speed = None
    window.desk.begin(recipe(Fake(41)), "test")
    qtbot.waitUntil(lambda: window.desk.phase is Phase.ENDED, timeout=20_000)
    window.locate("B-00001")
    view = window.view("locate")
    assert window.page == "locate"
    qtbot.waitUntil(lambda: view._number.text() != "–", timeout=5000)
    newest = window.desk.core.memory.levels("C2:00:00:00:00:01")[-1][1]
    assert view._number.text() == f"−{-newest}"
    assert view._unit.text() == "dBm"


def test_an_emission_is_followed_by_its_level_above_the_noise(qtbot, window: Window) -> None:
    window.desk.speed = None
    window.desk.begin(recipe(Fake(41)), "test")
    qtbot.waitUntil(lambda: window.desk.phase is Phase.ENDED, timeout=20_000)
    window.locate("F-001")
    view = window.view("locate")
    qtbot.waitUntil(lambda: view._number.text() != "–", timeout=5000)
    assert float(view._number.text()) == pytest.approx(TONE_DB - FLOOR_DB, abs=2)


def test_marks_stretch_the_bar(qtbot, window: Window) -> None:
    gauge = window.view("locate")._gauge
    gauge.low, gauge.high = -90.0, -40.0
    assert gauge.share(-90) == 0.0
    assert gauge.share(-65) == pytest.approx(0.5)
    assert gauge.share(0) == 1.0
