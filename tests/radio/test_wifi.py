"""Live capture: real AF_PACKET sockets on a TAP device, and adapters played by fakes."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from sweeper.detectors.wifi_inventory import WifiInventory
from sweeper.errors import Reason, Unavailable
from sweeper.protocols.pcap import packets
from sweeper.protocols.radiotap import DLT_RADIOTAP
from sweeper.radio import capture_helper
from sweeper.radio.inventory import open_source
from sweeper.radio.wifi import WifiSource, present
from sweeper.radio.wifi_helper import HelperEar
from sweeper.radio.wifi_socket import Heard, MonitorSocket, interfaces, link_type
from sweeper.radio.wifi_tuner import Fixed, Hopper, IwTuner
from sweeper.records import Closed, Device, FrameBatch, Medium, Opened, Record, Status
from sweeper.signatures import Library
from tests.detectors import wifi_air as air
from tests.radio.played import BEACON, PlayedEar, run
from tests.radio.tap import Tap

RATE = 20_000


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
