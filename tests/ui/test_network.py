"""The two looks that need no receiver: asking the network, by consent only, and listing access points."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QDialogButtonBox

from sweeper.errors import Reason, Unavailable
from sweeper.protocols.nl80211 import Seen
from sweeper.radio import inventory, lan_network
from sweeper.radio.inventory import SourceEntry
from sweeper.radio.lan_asking import Look
from sweeper.radio.lan_network import Net
from sweeper.radio.wifi_managed import ManagedSource
from sweeper.records import Medium
from sweeper.ui import equipment, network, network_dialog, outcome
from sweeper.ui.guide import Course
from sweeper.ui.network_dialog import NetworkDialog
from sweeper.ui.phase import Phase
from sweeper.ui.window import Window
from tests.ui.fakes import Endless, recipe
from tests.ui.test_guide import press, text_of

LONG_MS = 30_000
PORT = 5544
HOST = str(IPv4Address("127.1.0.0") + os.getpid() % 65_000 + 1)
"""An address of this computer that no other worker uses."""
LOOPBACK = Net("lo", IPv4Address(HOST), IPv4Network(f"{HOST}/32"))
MONITOR = SourceEntry("wifi", Medium.WIFI, False, "Wi-Fi adapter", Reason.NO_MONITOR_MODE)
LISTED = SourceEntry("wifi-list", Medium.WIFI, True, "Wi-Fi adapter, access points only")


@pytest.fixture
def camera(monkeypatch) -> Iterator[list[bytes]]:
    """A camera's RTSP service on this computer, the only network there is; what it was asked."""
    monkeypatch.setattr(network, "find", lambda: [LOOPBACK])
    monkeypatch.setattr(network, "kind_names", lambda: [("ports", "Camera ports")])
    asked: list[bytes] = []
    server = socket.create_server((HOST, PORT))

    def serve() -> None:
        while True:
            try:
                peer, _there = server.accept()
                with peer:
                    asked.append(peer.recv(4096))
                    if asked[-1].startswith(b"OPTIONS "):
                        head = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nServer: Hipcam RealServer/V1.0\r\n"
                        peer.sendall(head + b"Public: OPTIONS, DESCRIBE, SETUP, PLAY\r\n\r\n")
            except OSError:
                return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield asked
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(20)
    assert not thread.is_alive()


def on_network(window: Window) -> list[str]:
    return [device.address for device in window.desk.wifi.records.values() if device.medium is Medium.LAN]


def test_the_guided_sweep_asks_the_network_after_the_click(qtbot, window: Window, camera) -> None:
    """Real questions to a real service on this computer; the findings stand in the sweep's result."""
    window.desk.equipment = []
    window.enter("flat")
    guide = window.view("sweep")
    guide.go("network")
    qtbot.waitUntil(lambda: f"so it sends. Networks: {HOST}/32" in text_of(guide), timeout=LONG_MS)
    assert "Nothing is logged in to, no password is tried" in text_of(guide)
    assert camera == []
    press(guide, "Send this now")
    qtbot.waitUntil(lambda: guide.guide.leg("network").course is Course.DONE, timeout=LONG_MS)
    assert any(line.startswith(b"OPTIONS ") for line in camera)
    assert on_network(window)
    assert guide.guide.step == "look"
    found = guide.guide.findings()
    assert {each.leg for each in found} == {"network"}
    guide.go("network")
    assert "1 device of the network answered." in text_of(guide)
    guide.go("result")
    assert "The network was asked which devices are in it." in text_of(guide)


def test_the_network_step_may_be_left_out_and_then_nothing_is_sent(qtbot, window: Window, camera) -> None:
    window.desk.equipment = []
    window.enter("office")
    guide = window.view("sweep")
    guide.go("network")
    press(guide, "Leave this step out")
    assert guide.guide.step == "look"
    assert guide.guide.leg("network").course is Course.SKIPPED
    assert camera == []


def test_without_a_network_it_says_so(qtbot, window: Window, monkeypatch) -> None:
    monkeypatch.setattr(lan_network, "networks", list)
    window.desk.equipment = []
    window.enter("flat")
    guide = window.view("sweep")
    guide.go("network")
    wanted = "No network can be asked here: this computer is in no private network"
    qtbot.waitUntil(lambda: wanted in text_of(guide), timeout=LONG_MS)
    assert not guide._pages.currentWidget().findChild(network.Asked).look()


def test_the_dialog_sends_only_what_is_ticked_and_only_if_agreed(qtbot, window: Window, camera) -> None:
    dialog = NetworkDialog(window, window.desk)
    qtbot.addWidget(dialog)
    agree = dialog._buttons.button(QDialogButtonBox.StandardButton.Ok)
    assert not agree.isEnabled()
    qtbot.waitUntil(agree.isEnabled, timeout=LONG_MS)
    dialog.show()
    assert "one attempt to connect" in text_of(dialog)
    dialog.asked._kinds["ports"].setChecked(False)
    assert not agree.isEnabled()
    assert "nothing would be sent" in text_of(dialog)
    dialog.asked._kinds["ports"].setChecked(True)
    assert dialog.asked.look().nets == (LOOPBACK,)
    assert camera == []


@pytest.mark.parametrize("page", ["sources", "wifi"])
def test_the_answers_go_into_the_sweep_that_runs(qtbot, window: Window, camera, page: str) -> None:
    desk = window.desk
    desk.equipment = []
    desk.begin(recipe(Endless()), "a sweep", live=True)
    qtbot.waitUntil(lambda: desk.phase is Phase.RUNNING and desk.findings.rowCount() == 2, timeout=LONG_MS)
    run = desk.core.run
    window.show_view(page)

    def agree() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, NetworkDialog) and dialog.asked.look() is not None:
            dialog.accept()
        else:
            QTimer.singleShot(20, agree)

    QTimer.singleShot(0, agree)
    press(window.view(page), "Ask your network…")
    qtbot.waitUntil(lambda: "lan" in desk.closed, timeout=LONG_MS)
    assert desk.core.run == run
    assert camera
    assert desk.phase is Phase.RUNNING
    assert desk.opened.keys() >= {"fake.cu8", "lan"}
    desk.stop()
    qtbot.waitUntil(lambda: desk.phase is Phase.ENDED, timeout=LONG_MS)


def listing() -> ManagedSource:
    elements = b"\x00\x05Guest\x03\x01\x06"  # its name; channel 6 (IEEE 802.11-2020, 9.4.2.2 and .4)
    seen = Seen(bytes.fromhex("020000000001"), 2437, -50, -1.0, 100, 0x0401, elements, b"")
    return ManagedSource("test", lambda: [seen], every_s=0.1)


def test_access_points_are_listed_where_wifi_cannot_be_heard(qtbot, window: Window, monkeypatch) -> None:
    """The guided sweep says what it is, and its result never calls it hearing Wi-Fi."""
    monkeypatch.setattr(inventory, "open_source", lambda _name, _plan=None: listing())
    window.desk.equipment = [MONITOR, LISTED]
    assert equipment.ready(window.desk, Medium.WIFI) == []
    assert "Of Wi-Fi the access points can be listed." in equipment.sentence(window.desk)
    window.enter("flat")
    guide = window.view("sweep")
    guide.go("listen")
    said = text_of(guide)
    assert "Wi-Fi: cannot be heard here" in said
    assert "sends nothing" in said
    press(guide, "Begin to listen")
    qtbot.waitUntil(lambda: "wifi-list" in window.desk.opened, timeout=LONG_MS)
    qtbot.waitUntil(lambda: window.desk.position_s > 1.2, timeout=LONG_MS)
    press(guide, "Finish listening")
    qtbot.waitUntil(lambda: guide.guide.leg("listen").course is Course.DONE, timeout=LONG_MS)
    assert guide.guide.listened_s.keys() == {"wifi-list"}
    said = outcome.heard(guide.guide)
    assert "Not heard: Radio, Bluetooth and Wi-Fi." in said
    assert "Of Wi-Fi only the access points were listed" in said


def test_the_wifi_page_lists_access_points(qtbot, window: Window, monkeypatch) -> None:
    monkeypatch.setattr(inventory, "open_source", lambda _name, _plan=None: listing())
    window.show_view("wifi")
    press(window.view("wifi"), "List access points")
    qtbot.waitUntil(lambda: window.desk.wifi.rowCount() == 1, timeout=LONG_MS)
    assert window.page == "wifi"
    assert "Nothing is sent" in text_of(window)
    window.desk.stop()
    qtbot.waitUntil(lambda: window.desk.phase is Phase.ENDED, timeout=LONG_MS)


def test_nobody_to_list_them_is_said(qtbot, window: Window, monkeypatch) -> None:
    def refuse(_name: str, _plan: object = None) -> ManagedSource:
        raise Unavailable("wifi-list", Reason.NO_DEVICE, "no Wi-Fi adapter is connected", "connect one")

    monkeypatch.setattr(inventory, "open_source", refuse)
    window.show_view("wifi")
    press(window.view("wifi"), "List access points")
    qtbot.waitUntil(lambda: "cannot be listed here" in text_of(window), timeout=LONG_MS)
    assert window.desk.phase is Phase.IDLE


def test_how_long_a_look_takes() -> None:
    """3 s of discovery, 1 s for the repeat, 1.5 s for late answers; the attempts at a hundred a second."""
    home = Net("wlan0", IPv4Address("192.168.1.10"), IPv4Network("192.168.1.0/24"))
    assert network.seconds(Look((home,), ("mdns",))) == 5.5
    assert network.seconds(Look((home,), ("ports",), (554, 80))) == pytest.approx(5.5 + (253 + 40) / 100)


def test_the_plan_of_a_sweep_may_hold_the_network(qtbot, window: Window, camera, monkeypatch) -> None:
    """Ticked, it asks first; disagreed, nothing begins; agreed, it is one session with the rest."""
    answers = [None, Look((LOOPBACK,), ("ports",), (PORT,))]
    monkeypatch.setattr(network_dialog, "agreed", lambda *_a: answers.pop(0))
    desk = window.desk
    desk.equipment = []
    window.show_view("newsweep")
    view = window.view("newsweep")
    view._network.setChecked(True)
    press(view, "Begin the sweep")
    assert desk.phase is Phase.IDLE
    assert camera == []
    press(view, "Begin the sweep")
    qtbot.waitUntil(lambda: desk.phase is Phase.ENDED, timeout=LONG_MS)
    assert desk.opened.keys() == {"lan"}
    qtbot.waitUntil(lambda: bool(on_network(window)), timeout=LONG_MS)
    window.show_view("wifi")
    window.view("wifi")._keep("lan")
    assert desk.wifi.rowCount() == 1
    window.view("wifi")._keep("unknown")
    window.view("wifi")._keep("")
