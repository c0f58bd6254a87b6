"""The doors: a guided sweep from the first screen to the result, with and without receivers."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from sweeper import reference
from sweeper.errors import Reason
from sweeper.radio import inventory
from sweeper.radio.inventory import SourceEntry
from sweeper.records import Burst, Level, Medium
from sweeper.text import say
from sweeper.ui import app, checklists, equipment, guide_listen, icons, legs, own_car, references
from sweeper.ui.guide import FIRST_S, Answer, Course, Guide, Seen
from sweeper.ui.phase import Phase
from sweeper.ui.window import Window
from tests.ui.fakes import Endless, Fake, Quiet, device, emission, recipe

NONE = SourceEntry(
    "rtlsdr", Medium.RF, False, reason=Reason.NO_DEVICE, detail="no dongle found", mend="plug it in"
)
SEEN = Seen("listen", 1, "F-001", Level.MEDIUM, "rf-bug", say("A steady voice"), "433.920 MHz")
READY = SourceEntry("fake", Medium.RF, True, "A receiver")


def text_of(widget) -> str:
    QApplication.processEvents()
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget))


def press(widget, name: str) -> None:
    QApplication.processEvents()
    found = [
        b for b in widget.findChildren(QPushButton) if b.accessibleName() == name and b.isVisibleTo(widget)
    ]
    assert found, f"no button {name!r}"
    found[0].click()
    QApplication.processEvents()


@pytest.mark.parametrize("plan", ["car", "flat", "office"])
def test_a_door_without_receivers_leads_to_the_checklist_and_an_honest_result(
    qtbot, window: Window, plan: str
) -> None:
    window.desk.equipment = [NONE]
    window.enter(plan)
    guide = window.view("sweep")
    said = text_of(guide)
    assert "Radio: cannot be heard here: no receiver is connected" in said
    assert "A recorder that does not transmit cannot be heard" in said
    press(guide, "Go on to the checklist")
    press(guide, "Show the result")
    said = text_of(guide)
    assert "Nothing was swept yet" in said
    assert "No device was found" not in said


def test_looking_without_listening_says_what_was_not_heard(qtbot, window: Window) -> None:
    window.desk.equipment = [NONE]
    window.enter("flat")
    guide = window.view("sweep")
    guide.go("look")
    for drawing, _place, _hint in checklists.places("flat"):
        guide.guide.answer(drawing, Answer.CLEAR)
    press(guide, "Show the result")
    said = text_of(guide)
    assert "No device was found" in said
    assert "It does not prove that there is none" in said
    assert "Nothing was listened to. Not heard: Radio, Bluetooth and Wi-Fi." in said
    count = len(checklists.places("flat"))
    assert f"Looked at {count} of {count} places." in said


def test_something_found_leads_to_the_found_device_guide(qtbot, window: Window) -> None:
    window.desk.equipment = []
    window.enter("car")
    guide = window.view("sweep")
    guide.go("look")
    guide.guide.answer("wheel", Answer.FOUND)
    press(guide, "I found something")
    said = text_of(guide)
    assert "You found something" in said
    assert "Wheel arches" in said
    for line in checklists.found_device():
        assert line in said


def test_listening_shows_progress_and_a_plain_result(qtbot, window: Window, monkeypatch) -> None:
    monkeypatch.setattr(inventory, "open_source", lambda _name, _plan=None: Endless())
    window.desk.equipment = [READY]
    window.enter("office")
    guide = window.view("sweep")
    press(guide, "Begin")
    assert guide.guide.step == "outside"
    press(guide, "Leave this step out")
    assert guide.guide.step == "listen"
    press(guide, "Begin to listen")
    qtbot.waitUntil(lambda: window.desk.findings.rowCount() == 2, timeout=10_000)
    monkeypatch.setattr(legs, "KEEP_MS", 100)
    qtbot.waitUntil(lambda: "2 things to look at" in text_of(guide), timeout=5000)
    assert window.page == "sweep"
    assert "left" in text_of(guide)
    press(guide, "Finish listening")
    qtbot.waitUntil(lambda: window.desk.phase is Phase.ENDED and guide.guide.step == "film", timeout=10_000)
    assert guide.guide.attention == 2
    press(guide, "Leave this step out")
    assert guide.guide.step == "network"
    press(guide, "Leave this step out")
    press(guide, "Show the result")
    said = text_of(guide)
    for wanted in (
        "2 things to look at",
        "A steady voice transmitter close by",
        "Why",
        "May also be",
        "A neighbour's baby monitor",
        "What now",
        "Walk towards it with Locate",
        "If you found a device",
    ):
        assert wanted in said


def test_the_first_plain_result_stands_within_two_minutes(qtbot, window: Window, monkeypatch) -> None:
    """The source's clock runs five times as fast; the result is due at 110 s of it."""
    assert FIRST_S <= 120
    monkeypatch.setattr(legs, "FIRST_S", 6.0)
    monkeypatch.setattr(guide_listen, "FIRST_S", 6.0)
    monkeypatch.setattr(inventory, "open_source", lambda _name, _plan=None: Quiet())
    window.desk.equipment = [READY]
    window.enter("flat")
    guide = window.view("sweep")
    guide.go("listen")
    press(guide, "Begin to listen")
    qtbot.waitUntil(lambda: "A first result stands in" in text_of(guide), timeout=10_000)
    assert "No device was found" not in text_of(guide)
    qtbot.waitUntil(lambda: guide.guide.progress.first == 0, timeout=15_000)
    qtbot.waitUntil(lambda: "No device was found so far" in text_of(guide), timeout=5000)


def test_a_pause_is_taken_up_after_a_restart(qtbot, settings, monkeypatch) -> None:
    """The window is closed while it is paused; the next one goes on with what was left."""
    monkeypatch.setattr(inventory, "open_source", lambda _name, _plan=None: Endless())
    first = app.open_window(settings)
    qtbot.addWidget(first)
    first.show()
    first.desk.equipment = [READY]
    first.enter("flat")
    guide = first.view("sweep")
    guide.go("listen")
    press(guide, "Begin to listen")
    qtbot.waitUntil(lambda: first.desk.position_s > 4, timeout=10_000)
    press(guide, "Pause")
    qtbot.waitUntil(lambda: first.desk.phase is Phase.ENDED and not first.desk.legs.leg, timeout=10_000)
    heard = guide.guide.leg("listen").heard_s
    assert heard > 4
    assert "paused" in text_of(guide)
    first.close()

    second = app.open_window(settings)
    qtbot.addWidget(second)
    second.show()
    second.desk.equipment = [READY]
    second.enter("flat")
    guide = second.view("sweep")
    assert guide.guide.step == "listen"
    assert guide.guide.attention == 2
    left = second.desk.legs.left_s("listen")
    assert left == pytest.approx(600 - heard)
    second.desk.legs.show("listen", 1, "F-001")
    qtbot.waitUntil(lambda: second.desk.findings.rowCount() == 2, timeout=10_000)
    assert second.desk.selection == "F-001"
    second.show_view("sweep")
    press(second.view("sweep"), "Go on listening")
    qtbot.waitUntil(lambda: second.desk.position_s > 1, timeout=10_000)
    assert second.desk.legs.left_s("listen") < left
    second.close()
    assert not second.desk.core.alive


def test_another_session_pauses_the_step(qtbot, window: Window, monkeypatch) -> None:
    """A recording opened meanwhile takes nothing from the sweep: the step is paused and kept."""
    monkeypatch.setattr(inventory, "open_source", lambda _name, _plan=None: Endless())
    window.desk.equipment = [READY]
    window.enter("flat")
    guide = window.view("sweep")
    guide.go("listen")
    press(guide, "Begin to listen")
    qtbot.waitUntil(lambda: window.desk.findings.rowCount() == 2, timeout=10_000)
    window.desk.begin(recipe(Fake(20)), "a recording")
    assert guide.guide.leg("listen").course is Course.PAUSED
    qtbot.waitUntil(lambda: window.desk.phase is Phase.ENDED, timeout=10_000)
    assert guide.guide.step == "listen"
    assert guide.guide.attention == 2
    assert window.desk.legs.leg == ""
    assert guide.guide.part_file("listen", 1).exists()


def test_a_sweep_that_was_left_is_taken_up_after_a_restart(tmp_path: Path) -> None:
    first = Guide.taken_up(tmp_path, "flat")
    first.go("look")
    first.answer("clock", Answer.FOUND)
    first.begin_part("listen")
    first.heard("listen", 1, 61.0, {"ble": 61.0}, [SEEN])
    first.heard("listen", 1, 62.0, {"ble": 62.0}, [SEEN])
    first.begin_part("listen")
    first.heard("listen", 2, 10.0, {"ble": 10.0, "wifi": 9.0}, [msgspec.structs.replace(SEEN, part=2)])
    again = Guide.taken_up(tmp_path, "flat")
    assert again.step == "look"
    assert again.progress.answers == {"clock": Answer.FOUND}
    assert again.listened_s == {"ble": 72.0, "wifi": 9.0}
    assert again.leg("listen").heard_s == 72.0
    assert [each.id for each in again.findings()] == ["F-001"]
    again.explain("listen", 2, {"F-001": True})
    assert again.attention == 1
    again.explain("listen", 1, {"F-001": True})
    assert again.attention == 0
    assert not Guide.taken_up(tmp_path, "car").begun
    again.restart()
    assert not Guide.taken_up(tmp_path, "flat").begun


def test_a_car_s_own_transmitters_are_set_apart(qtbot, window: Window) -> None:
    bursts = (Burst(1.0, 0.02, 433.92e6, 20.0), Burst(61.0, 0.02, 433.92e6, 20.0))
    tyre = msgspec.structs.replace(emission(), kind="fsk", bursts=bursts)
    steady = msgspec.structs.replace(emission(), kind="nfm")
    uplink = msgspec.structs.replace(emission(), center_hz=894e6, kind="gsm-uplink")
    has = {"telematics": True, "tyres": True}
    assert own_car.own(tyre, has) == "tyres"
    assert own_car.own(tyre, {"keys": True}) == "keys"
    assert own_car.own(tyre, {}) == ""
    assert own_car.own(steady, has) == ""
    assert own_car.own(uplink, has) == "telematics"
    assert own_car.own(uplink, {}) == ""
    window.desk.equipment = []
    window.enter("car")
    guide = window.view("sweep")
    part = guide.guide.begin_part("listen")
    seen = [msgspec.structs.replace(SEEN, own="tyres"), msgspec.structs.replace(SEEN, id="F-2", about="894")]
    guide.guide.heard("listen", part, 60.0, {"rf": 60.0}, seen)
    guide.go("result")
    said = text_of(guide)
    assert "1 thing to look at" in said
    assert "Perhaps the car's own" in said
    assert "The car's own tyre sensors send short bursts" in said


def test_outside_and_inside_are_compared(qtbot, window: Window, monkeypatch) -> None:
    """The outside step writes a reference; the inside step is compared with it."""
    monkeypatch.setattr(inventory, "open_source", lambda _name, _plan=None: Fake(30, live=True))
    window.desk.equipment = [READY]
    window.enter("flat")
    guide = window.view("sweep")
    guide.go("outside")
    press(guide, "Begin to listen")
    qtbot.waitUntil(lambda: guide.guide.step == "listen", timeout=20_000)
    path = Path(guide.guide.progress.reference)
    made = reference.load(path)
    assert made.head.name == "flat"
    assert {known.center_hz for known in made.head.emissions} == {433.92e6}
    compared: list[object] = []
    monkeypatch.setattr(references, "load", lambda given: compared.append(given))
    press(guide, "Begin to listen")
    qtbot.waitUntil(lambda: compared == [str(path)] * 2, timeout=10_000)  # for its gain, and to compare
    qtbot.waitUntil(lambda: guide.guide.step == "film", timeout=20_000)
    assert "rf" in guide.guide.listened_s


def test_the_film_test_says_what_to_do_and_what_came_of_it(qtbot, window: Window, monkeypatch) -> None:
    opened: list[str] = []

    def open_source(name: str, _plan: object = None) -> Endless:
        opened.append(name)
        return Endless()

    monkeypatch.setattr(inventory, "open_source", open_source)
    window.desk.equipment = [SourceEntry("wifi", Medium.WIFI, True, "Wi-Fi adapter")]
    window.desk.wifi.put([device(1, medium=Medium.WIFI)])
    window.enter("flat")
    guide = window.view("sweep")
    guide.go("film")
    assert "15 seconds each" in text_of(guide)
    press(guide, "Begin the test")
    assert opened == ["wifi:@2437"]
    for order in ("Keep still now", "Move about now", "Keep still now"):
        qtbot.waitUntil(lambda wanted=order: wanted in text_of(guide), timeout=15_000)
    qtbot.waitUntil(lambda: guide.guide.step == "network", timeout=20_000)
    guide.guide.progress.film = {"W-00001": "films-this-room"}
    guide.go("film")
    assert "Films this room." in text_of(guide)


@pytest.mark.parametrize(
    ("channel", "mhz"), [(1, 2412), (6, 2437), (13, 2472), (14, 2484), (36, 5180), (165, 5825)]
)
def test_wifi_channels(channel: int, mhz: int) -> None:
    """Centre frequencies by IEEE 802.11, table E-4."""
    assert equipment.megahertz(channel) == mhz


@pytest.mark.parametrize("content", [b"", b"{", b'{"plan": "flat", "step": "fly"}', b"[1, 2]"])
def test_a_damaged_file_begins_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "guide-flat.json").write_bytes(content)
    assert not Guide.taken_up(tmp_path, "flat").begun


def test_every_place_has_its_drawing() -> None:
    for plan in ("car", "flat", "office"):
        for drawing, _place, _hint in checklists.places(plan):
            assert (icons.FOLDER / f"place-{drawing}.svg").is_file()


def test_the_sources_page_says_reason_and_mend(qtbot, window: Window) -> None:
    window.desk.equipment = [NONE, READY]
    window.show_view("sources")
    said = text_of(window.view("sources"))
    for wanted in ("A receiver", "ready", "no receiver is connected", "no dongle found", "plug it in"):
        assert wanted in said
