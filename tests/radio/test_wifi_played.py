"""A Wi-Fi capture that is played: losses, sleep, clocks that are set, channels that are refused."""

from __future__ import annotations

import asyncio
import threading

import pytest

from sweeper.coverage import CoverageStage
from sweeper.errors import Reason
from sweeper.plan import SweepPlan
from sweeper.radio.wifi import WifiSource
from sweeper.radio.wifi_socket import Heard
from sweeper.radio.wifi_tuner import Fixed
from sweeper.records import Closed, Coverage, FrameBatch, Record, State, Status
from sweeper.session import Session
from tests.radio.played import BEACON, PlayedEar, PlayedTime, PlayedTuner, run


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PlayedTime, "now", 0.0)
    monkeypatch.setattr(PlayedTime, "wall", PlayedTime.wall)
    monkeypatch.setattr("sweeper.radio.clock.now_s", PlayedTime.monotonic)
    monkeypatch.setattr("time.time", PlayedTime.utc)


@pytest.mark.usefixtures("played")
def test_losses_are_told_and_counted() -> None:
    ear = PlayedEar(Heard([PlayedTime.utc()], [BEACON], [len(BEACON)], 7))
    made = run(WifiSource("x", lambda name: ear, PlayedTuner(2412)), 0.1)
    assert [r.reason for r in made if isinstance(r, Status)] == [Reason.DROPPED]
    assert isinstance(made[-1], Closed)
    assert made[-1].problems == ("7 of 8 frames were lost",)


@pytest.mark.usefixtures("played")
def test_an_adapter_that_is_pulled_out() -> None:
    ear, tuner = PlayedEar(OSError(100, "Network is down")), PlayedTuner(2412)
    made = run(WifiSource("x", lambda name: ear, tuner), 5.0)
    (status,) = [r for r in made if isinstance(r, Status)]
    assert (status.state, status.reason) == (State.FAILED, Reason.UNPLUGGED)
    assert ear.closed
    assert tuner.restored == 1


class SleptEar(PlayedEar):
    """A beacon a read, at ``at_s``; the computer sleeps an hour in the fifth, told in the seventh."""

    def __init__(self, told: threading.Event) -> None:
        super().__init__()
        self.told, self.at_s = told, list[float]()

    def read(self, seconds: float) -> Heard:
        PlayedTime.now += seconds
        stamp_s = PlayedTime.utc()
        self.at_s.append(PlayedTime.now)
        PlayedTime.now += 3600.0 if len(self.at_s) == 5 else 0.0
        assert len(self.at_s) != 7 or self.told.wait(30.0)
        return Heard([stamp_s], [BEACON], [len(BEACON)], 0)


@pytest.mark.usefixtures("played")
def test_an_hour_asleep_is_told_not_counted_and_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sweeper.session.BEAT_S", 0.01)
    told, made = threading.Event(), list[Record]()
    ear = SleptEar(told)

    def sink(record: Record) -> None:
        made.append(record)
        if isinstance(record, Status):
            told.set()

    source = WifiSource("x", lambda name: ear, PlayedTuner(2412))
    plan = SweepPlan(wifi_seconds=2.0, wifi_dwell_s=0.1)
    asyncio.run(Session([source], [CoverageStage()], [sink], plan).run())
    (status,) = [r for r in made if isinstance(r, Status)]
    assert (status.reason, "slept" in status.detail) == (Reason.STOOD_STILL, True)
    (row,) = [r for r in made if isinstance(r, Coverage)]
    # from the first frame on, less the hour and what was played in the same beat of the session
    assert 0.0 < row.seconds <= 2.0 - ear.at_s[0]
    times = [t for r in made if isinstance(r, FrameBatch) for t in r.times_s]
    assert times == pytest.approx(ear.at_s, abs=2e-6)  # the fifth was heard before it slept, and read after
    (closed,) = [r for r in made if isinstance(r, Closed)]
    assert closed.duration_s == pytest.approx(3602.0, abs=1.0)


@pytest.mark.usefixtures("played")
@pytest.mark.parametrize("step_s", [-86_400.0, -0.35, 0.35, 86_400.0])
def test_a_clock_that_is_set_moves_no_frame(step_s: float) -> None:
    """NTP sets it while a read waits, between two frames of it."""

    at_s: list[float] = []

    class Set(PlayedEar):
        def read(self, seconds: float) -> Heard:
            stamps = []
            for _ in range(4):
                PlayedTime.now += seconds / 4
                stamps.append(PlayedTime.utc())
                at_s.append(PlayedTime.now)
                if len(at_s) == 18:
                    PlayedTime.wall += step_s
            return Heard(stamps, [BEACON] * 4, [len(BEACON)] * 4, 0)

    made = run(WifiSource("x", lambda name: Set(), PlayedTuner(2412)), 1.0, 0.1)
    times = [t for r in made if isinstance(r, FrameBatch) for t in r.times_s]
    assert times == pytest.approx(at_s, abs=2e-6)
    assert len(times) > 20


@pytest.mark.usefixtures("played")
def test_channels_are_hopped_and_one_can_be_locked() -> None:
    tuner = PlayedTuner(2412, 2437, 2462)
    run(WifiSource("x", lambda name: PlayedEar(), tuner), 0.2, 0.01)
    assert set(tuner.tuned) == {2412, 2437, 2462}
    locked = PlayedTuner(2412, 2437, 2462)
    run(WifiSource("x@2437", lambda name: PlayedEar(), locked), 0.1, 0.01)
    assert locked.tuned == [2437]


class Stubborn(PlayedTuner):
    """Lists more than it goes to."""

    def tune(self, freq_mhz: int) -> bool:
        self.tuned.append(freq_mhz)
        return freq_mhz == 2437


@pytest.mark.usefixtures("played")
def test_a_frequency_that_is_refused_is_told_once_and_left_out() -> None:
    tuner = Stubborn(2412, 2437, 5180)
    made = run(WifiSource("x", lambda name: PlayedEar(), tuner), 0.2, 0.01)
    assert [r.detail for r in made if isinstance(r, Status)] == [
        "the adapter does not tune to 2412 MHz: not heard",
        "the adapter does not tune to 5180 MHz: not heard",
    ]
    assert tuner.tuned.count(2412) == tuner.tuned.count(5180) == 1
    assert tuner.tuned.count(2437) > 2
    assert isinstance(made[-1], Closed)
    assert len(made[-1].problems) == 2


@pytest.mark.usefixtures("played")
def test_an_adapter_that_cannot_be_tuned_says_so() -> None:
    made = run(WifiSource("x", lambda name: PlayedEar(), Fixed()), 0.05)
    assert any(isinstance(r, Status) and "one channel" in r.detail for r in made)
