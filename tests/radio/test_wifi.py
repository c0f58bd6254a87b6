"""Live capture: real AF_PACKET sockets on a TAP device, and adapters played by fakes."""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sweeper.coverage import CoverageStage
from sweeper.detectors.wifi_inventory import WifiInventory
from sweeper.errors import Reason, Unavailable
from sweeper.plan import SweepPlan
from sweeper.protocols.pcap import packets
from sweeper.protocols.radiotap import DLT_RADIOTAP
from sweeper.radio import capture_helper
from sweeper.radio.inventory import open_source
from sweeper.radio.wifi import WifiSource, present
from sweeper.radio.wifi_helper import HelperEar
from sweeper.radio.wifi_socket import Heard, MonitorSocket, interfaces, link_type
from sweeper.radio.wifi_tuner import Fixed, Hopper, IwTuner
from sweeper.records import Closed, Coverage, Device, FrameBatch, Medium, Opened, Record, State, Status
from sweeper.session import Session
from sweeper.signatures import Library
from tests.detectors import wifi_air as air
from tests.radio.tap import Tap

BEACON = air.with_radiotap(air.beacon("50:c7:bf:00:00:01", b"Alatau"), -42)
RATE = 20_000


def run(
    source: WifiSource, seconds: float, dwell: float = 0.05, begun: Callable[[], None] = lambda: None
) -> list[Record]:
    """All records of a source; ``begun`` is called once it listens."""
    plan = SweepPlan(wifi_seconds=seconds, wifi_dwell_s=dwell)

    async def collect() -> list[Record]:
        made = []
        async for record in source.records(plan):
            if isinstance(record, Opened):
                begun()
            made.append(record)
        return made

    return asyncio.run(collect())


def frames(records: list[Record]) -> list[bytes]:
    return [frame for r in records if isinstance(r, FrameBatch) for frame in r.frames]


def test_frames_of_a_monitor_interface() -> None:
    pytest.importorskip("scapy")
    with Tap() as tap:
        sender = threading.Timer(0.2, lambda: [tap.send(BEACON) for _ in range(20)])
        made = run(WifiSource(tap.name, tuner=Fixed()), 1.0, begun=sender.start)
        sender.join()
    assert frames(made) == [BEACON] * 20
    assert isinstance(made[0], Opened)
    assert made[0].live
    assert isinstance(made[-1], Closed)
    assert made[-1].records == 20
    batch = next(r for r in made if isinstance(r, FrameBatch))
    assert batch.link_type == DLT_RADIOTAP
    assert 0.2 <= batch.time_s < 1.0
    devices = [d for d in air.run(WifiInventory(Library([])), batch) if isinstance(d, Device)]
    assert (devices[0].facts["wifi.ssid"], devices[0].rssi_dbm) == (["Alatau"], -42)


def test_nothing_is_lost_at_twenty_thousand_frames_a_second() -> None:
    """Sent for two seconds at that rate, where the machine bears it; the kernel counts no drop.

    The sender waits while more frames are on their way than the kernel keeps for us, a tenth of a second's: a
    slow machine takes longer and loses nothing either.
    """
    pytest.importorskip("scapy")
    count = 2 * RATE
    with Tap("swmon1") as tap:
        ear = MonitorSocket(tap.name)
        got = 0

        def send() -> None:
            start = time.monotonic()
            for at in range(0, count, 200):
                while at - got > RATE // 10:
                    time.sleep(0.001)
                for _ in range(200):
                    tap.send(BEACON)
                time.sleep(max(0.0, start + (at + 200) / RATE - time.monotonic()))

        sender = threading.Thread(target=send)
        sender.start()
        heard: list[Heard] = []
        while sender.is_alive() or heard[-1].frames:
            heard.append(ear.read(0.25))
            got += len(heard[-1].frames) + heard[-1].lost
        sender.join()
        ear.close()
    assert sum(one.lost for one in heard) == 0
    assert sum(len(one.frames) for one in heard) == count
    times = [t for one in heard for t in one.times_s]
    assert times == sorted(times)


def test_an_interface_that_is_no_monitor() -> None:
    with Tap("swmon2", kind=1) as tap, pytest.raises(Unavailable) as told:
        MonitorSocket(tap.name)
    assert told.value.reason is Reason.NO_MONITOR_MODE
    assert "iw dev swmon2" in told.value.mend


def test_an_interface_that_is_not_there() -> None:
    with pytest.raises(Unavailable) as told:
        run(WifiSource("nowhere0", tuner=Fixed()), 0.1)
    assert told.value.reason is Reason.NO_DEVICE


def test_interfaces_are_read_from_the_system(tmp_path: Path) -> None:
    for name, kind in (("mon0", 803), ("eth0", 1), ("prism0", 802)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "type").write_text(f"{kind}\n")
    assert interfaces(tmp_path) == {"eth0": 1, "mon0": 803, "prism0": 802}
    assert link_type("prism0", tmp_path) == 119


class PlayedTime:
    """The time of a source whose capture is played: it goes on with each read, not with the machine."""

    now = 0.0
    wall = 1_795_000_000.0
    """What the clock on the wall shows at 0."""

    @classmethod
    def monotonic(cls) -> float:
        return cls.now

    @classmethod
    def utc(cls) -> float:
        return cls.wall + cls.now


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PlayedTime, "now", 0.0)
    monkeypatch.setattr(PlayedTime, "wall", PlayedTime.wall)
    monkeypatch.setattr("sweeper.radio.clock.now_s", PlayedTime.monotonic)
    monkeypatch.setattr("time.time", PlayedTime.utc)


class PlayedEar:
    """A capture that hands over what it was given, read by read."""

    link_type = 127

    def __init__(self, *reads: Heard | OSError) -> None:
        self.reads, self.closed = list(reads), False

    def read(self, seconds: float) -> Heard:
        PlayedTime.now += 0.005
        one = self.reads.pop(0) if self.reads else Heard([], [], [], 0)
        if isinstance(one, OSError):
            raise one
        return one

    def close(self) -> None:
        self.closed = True


class PlayedTuner:
    def __init__(self, *frequencies: int) -> None:
        self.known, self.tuned, self.restored = list(frequencies), [], 0
        self.tuned: list[int] = []

    def frequencies(self) -> list[int]:
        return self.known

    def tune(self, freq_mhz: int) -> bool:
        self.tuned.append(freq_mhz)
        return freq_mhz in self.known

    def restore(self) -> None:
        self.restored += 1


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


def test_hopping_visits_all_and_stays_where_more_is_heard() -> None:
    hopper = Hopper([2412 + 5 * i for i in range(13)], 0.25)
    first = [hopper.next() for _ in range(13)]
    assert sorted(freq for freq, _ in first) == [2412 + 5 * i for i in range(13)]
    assert {dwell for _, dwell in first} == {0.25}
    hopper.heard(2437, 100, 0.25)
    hopper.heard(2462, 0, 0.25)
    dwells = dict(hopper.next() for _ in range(13))
    assert dwells[2437] == 1.0  # four times, the most
    assert dwells[2462] == 0.25


IW_INFO = """Interface wlan0
	ifindex 3
	wiphy 2
	type managed
	channel 6 (2437 MHz), width: 20 MHz, center1: 2437 MHz
"""
IW_PHY = """	Band 1:
		Frequencies:
			* 2412.0 MHz [1] (20.0 dBm)
			* 2467 MHz [12] (disabled)
			* 2437 MHz [6] (20.0 dBm)
	Band 2:
			* 5180 MHz [36] (20.0 dBm) (no IR)
"""


def test_iw_is_asked_and_all_is_put_back() -> None:
    """The printed form is that of iw 5.19 and, with decimals, 6.9."""
    said: list[tuple[str, ...]] = []

    def iw(*words: str) -> str:
        said.append(words)
        return IW_PHY if words[0] == "phy" else IW_INFO if words[-1] == "info" else ""

    tuner = IwTuner("wlan0", iw)
    assert tuner.monitor() == "wlan0-mon"
    assert tuner.frequencies() == [2412, 2437, 5180]
    assert tuner.tune(5180)
    tuner.restore()
    assert said[1] == ("dev", "wlan0", "interface", "add", "wlan0-mon", "type", "monitor")
    assert said[-1] == ("dev", "wlan0-mon", "del")


def test_a_tuned_interface_returns_to_its_channel() -> None:
    said: list[tuple[str, ...]] = []

    def iw(*words: str) -> str:
        said.append(words)
        return IW_INFO.replace("managed", "monitor") if words[-1] == "info" else ""

    tuner = IwTuner("mon0", iw)
    assert tuner.monitor() == "mon0"
    tuner.restore()
    assert said[-1] == ("dev", "mon0", "set", "freq", "2437")


def test_the_helper_writes_what_wireshark_reads() -> None:
    """Frames and times survive the pcap stream; losses go to standard error."""
    heard = Heard([1_700_000_000.25, 1_700_000_000.5], [BEACON, BEACON[:40]], [len(BEACON), 1500], 3)
    out, told = io.BytesIO(), io.StringIO()
    capture_helper.capture(PlayedEar(heard), Fixed(), [], 0.01, 0.05, out, told)
    out.seek(0)
    assert [(p.time_s, p.link_type, p.data, p.length) for p in packets(out)] == [
        (1_700_000_000.25, 127, BEACON, len(BEACON)),
        (1_700_000_000.5, 127, BEACON[:40], 1500),
    ]
    assert json.loads(told.getvalue()) == {"lost": 3}


def test_frames_come_through_the_helper() -> None:
    """A real second process, which captures on a TAP device."""
    pytest.importorskip("scapy")
    words = [
        sys.executable,
        "-m",
        "sweeper.radio.capture_helper",
        "swmon3",
        "--seconds",
        "30",
        "--dwell",
        "0.05",
    ]
    with Tap("swmon3") as tap:
        stop = threading.Event()

        def send() -> None:
            while not stop.wait(0.02):
                tap.send(BEACON)

        sender = threading.Thread(target=send)
        sender.start()
        try:
            source = WifiSource("helper", lambda name: HelperEar(words), Fixed(), tuned_elsewhere=True)
            made = run(source, 1.0)
        finally:
            stop.set()
            sender.join()
    assert set(frames(made)) == {BEACON}
    assert not [r for r in made if isinstance(r, Status)]


ENDED = """
import sys
from sweeper.radio import capture_helper
from sweeper.radio.wifi_tuner import Fixed
class Kept(Fixed):
    def restore(self):
        print("restored", file=sys.stderr)
capture_helper.prepared = lambda name: (name, Kept())
sys.exit(capture_helper.main(["swmon5", "--dwell", "0.05"]))
"""


def test_a_helper_that_is_ended_puts_the_interface_back() -> None:
    """By the signal that the window sends it."""
    pytest.importorskip("scapy")
    words = [sys.executable, "-c", ENDED]
    with Tap("swmon5"), subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as helper:
        assert helper.stdout is not None
        helper.stdout.read(24)  # the header: from here on it captures
        helper.terminate()
        _, said = helper.communicate(timeout=600)
    assert (helper.returncode, said) == (0, b"restored\n")


def test_a_helper_that_may_not_start_says_why() -> None:
    pytest.importorskip("scapy")
    words = [sys.executable, "-m", "sweeper.radio.capture_helper", "nowhere0"]
    with pytest.raises(Unavailable) as told:
        HelperEar(words)
    assert "there is no interface nowhere0" in told.value.detail


def test_sources_by_name() -> None:
    for name in ("wifi", "wifi:wlan0mon", "wifi:wlan0mon@2437"):
        source = open_source(name)
        assert (source.info.name, source.info.live, source.info.medium) == (name, True, Medium.WIFI)
    with pytest.raises(Unavailable, match="no frequency"):
        open_source("wifi:wlan0mon@two")


def test_what_is_missing_is_told_without_changing_anything(tmp_path: Path) -> None:
    (tmp_path / "eth0").mkdir()
    (tmp_path / "eth0" / "type").write_text("1\n")
    why = present(tmp_path)
    assert why is not None
    assert (why.reason, bool(why.mend)) == (Reason.NO_DEVICE, True)
