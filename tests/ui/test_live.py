"""The window with the real core and receivers that only the kernel and the bus believe in.

A virtual dongle (a library in the driver's place), a BlueZ on a private bus, a TAP device as monitor
interface.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from dbus_fast import Variant

from sweeper.radio import inventory
from sweeper.radio.inventory import SourceEntry
from sweeper.radio.wifi import WifiSource
from sweeper.radio.wifi_tuner import Fixed
from sweeper.records import Medium
from sweeper.ui import equipment
from sweeper.ui.guide import Course
from sweeper.ui.phase import Phase
from sweeper.ui.window import Window
from tests.radio.bluez import Bluez, start_bus
from tests.radio.played import BEACON
from tests.radio.tap import Tap
from tests.radio.test_ble import airtag
from tests.radio.test_rtlsdr import DONGLE
from tests.radio.virtual import children, scene
from tests.ui.test_guide import press
from tests.ui.test_window import text_of

CLOSES_S = 60.0
"""Closing ends, however busy the machine is: the core's own limits are shorter."""


def looked(qtbot, window: Window) -> None:
    """Let the window find out what is here."""
    window.look_around()
    qtbot.waitUntil(lambda: window.desk.equipment is not None, timeout=60_000)


def test_a_dongle_is_found_swept_located_and_let_go(
    qtbot, window: Window, tmp_path: Path, monkeypatch
) -> None:
    """From the sources page to a live spectrum, to the locate number; closing ends the driver's process."""
    scene(tmp_path, monkeypatch, DONGLE + "carrier f=433.9e6 level=-35\n")
    before = children()
    looked(qtbot, window)
    (entry,) = equipment.ready(window.desk, Medium.RF)
    assert "00000042" in entry.name
    window.desk.equipment = [entry]
    window.show_view("sources")
    card = window.view("sources")._body.itemAt(1).widget()
    card.test()
    qtbot.waitUntil(lambda: "It works" in text_of(card), timeout=60_000)

    window.show_view("newsweep")
    view = window.view("newsweep")
    view._ranges.setPlainText("432 - 436")
    view._passes.setValue(500)
    press(view, "Begin the sweep")
    found = window.desk.emissions.records
    qtbot.waitUntil(lambda: any(abs(e.center_hz - 433.9e6) < 2e3 for e in found.values()), timeout=60_000)
    qtbot.waitUntil(lambda: bool(window.desk.histories), timeout=20_000)
    name = next(e.id for e in found.values() if abs(e.center_hz - 433.9e6) < 2e3)

    window.locate(name)
    locate = window.view("locate")
    press(locate, "Stay on it with the receiver")
    following = window.desk.following
    qtbot.waitUntil(lambda: len(following.levels) > 10, timeout=60_000)
    assert following.levels[-1][1] == pytest.approx(-35, abs=4)  # dBFS, as the scene has it (gain may differ)
    qtbot.waitUntil(lambda: locate._number.text() not in ("", "–"), timeout=10_000)
    began = time.monotonic()
    window.close()
    assert time.monotonic() - began < CLOSES_S
    assert not window.desk.core.alive
    end = time.monotonic() + 60
    while children() - before and time.monotonic() < end:
        time.sleep(0.05)
    assert children() - before == set()


def test_closing_loses_nothing(qtbot, window: Window, tmp_path: Path, monkeypatch) -> None:
    """The dongle sweeps inside a flat; the window closes; the step is paused, what was heard is on disk."""
    scene(tmp_path, monkeypatch, DONGLE + "carrier f=100.05e6 level=-30\n")
    before = children()
    window.desk.equipment = [SourceEntry("rtlsdr", Medium.RF, True, "RTL-SDR")]
    window.enter("flat")
    guide = window.view("sweep")
    guide.go("listen")
    press(guide, "Begin to listen")
    qtbot.waitUntil(lambda: window.desk.emissions.rowCount() > 0, timeout=90_000)
    kept = guide.guide
    began = time.monotonic()
    window.close()
    assert time.monotonic() - began < CLOSES_S
    assert not window.desk.core.alive
    assert kept.leg("listen").course is Course.PAUSED
    assert kept.leg("listen").heard_s > 0
    assert b'"center_hz"' in kept.part_file("listen", 1).read_bytes()
    end = time.monotonic() + 60
    while children() - before and time.monotonic() < end:
        time.sleep(0.05)
    assert children() - before == set()


@pytest.fixture
def bluez(tmp_path: Path, monkeypatch) -> Iterator[list[bool]]:
    """A BlueZ with one adapter and a separated tag that sends five times a second, on a loop of its own."""
    process, address = start_bus(tmp_path)
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
    ready, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        daemon = Bluez(address)
        await daemon.start()
        daemon.add_adapter()
        ready.set()
        count = 0
        while not stop.is_set():
            count += 1
            daemon.advertise("C2:11:22:33:44:55", RSSI=Variant("n", -50 - count % 9), **tag())
            await asyncio.sleep(0.2)
        await daemon.stop()

    def tag() -> dict[str, Variant]:
        return {key: value for key, value in airtag().items() if key != "RSSI"}

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(20)
    yield []
    stop.set()
    thread.join(20)
    process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def test_a_tag_is_heard_by_bluetooth_and_followed(qtbot, window: Window, bluez: list[bool]) -> None:
    window.desk.equipment = [SourceEntry("ble", Medium.BLE, True, "Bluetooth adapter")]
    window.enter("office")
    guide = window.view("sweep")
    guide.go("listen")
    press(guide, "Begin to listen")
    qtbot.waitUntil(lambda: window.desk.bluetooth.rowCount() == 1, timeout=60_000)
    (tag,) = window.desk.bluetooth.records.values()
    assert tag.kind == "airtag"
    window.locate(tag.id)
    locate = window.view("locate")
    qtbot.waitUntil(lambda: len(locate._gauge.levels) > 3, timeout=60_000)
    assert -60 <= locate._gauge.levels[-1][1] <= -50
    window.show_view("sweep")
    press(guide, "Finish listening")
    qtbot.waitUntil(lambda: guide.guide.step == "film", timeout=30_000)
    assert guide.guide.listened_s.get("ble", 0) > 0


def test_a_network_is_heard_by_wifi(qtbot, window: Window, monkeypatch) -> None:
    pytest.importorskip("scapy")
    with Tap("swmon7") as tap:
        monkeypatch.setattr(
            inventory, "open_source", lambda _name, _plan=None: WifiSource(tap.name, tuner=Fixed())
        )
        window.desk.equipment = [SourceEntry("wifi", Medium.WIFI, True, "Wi-Fi adapter")]
        stop = threading.Event()

        def send() -> None:
            while not stop.wait(0.05):
                tap.send(BEACON)

        sender = threading.Thread(target=send)
        sender.start()
        try:
            window.show_view("newsweep")
            press(window.view("newsweep"), "Begin the sweep")
            qtbot.waitUntil(lambda: window.desk.wifi.rowCount() == 1, timeout=60_000)
            (network,) = window.desk.wifi.records.values()
            assert network.facts["wifi.ssid"] == ["Alatau"]
            window.show_view("wifi")
            assert "1 transmitter" in text_of(window.view("wifi"))
            window.close()
            assert not window.desk.core.alive
            assert window.desk.phase in (Phase.RUNNING, Phase.ENDED)
        finally:
            stop.set()
            sender.join()
