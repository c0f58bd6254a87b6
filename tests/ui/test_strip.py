"""The strip says with what is listened in words, and where something is wrong, what."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLabel

from sweeper.errors import Reason
from sweeper.proposing import Proposed, in_words
from sweeper.records import Medium, Opened, State, Status
from sweeper.signatures import Condition
from sweeper.ui import menus, view_teach
from sweeper.ui.window import Window


def opened(name: str, medium: Medium, *, live: bool = True) -> Opened:
    return Opened(source=name, time_s=0.0, medium=medium, live=live)


def said(window: Window) -> list[str]:
    window._strip.refresh()
    return [text.text() for _dot, text in window._strip._sources if not text.isHidden()]


@pytest.fixture
def listening(window: Window) -> Window:
    desk = window.desk
    desk.live = True
    for name, medium in (("ble", Medium.BLE), ("wifi", Medium.WIFI)):
        desk.opened[name] = opened(name, medium)
        desk.states[name] = Status(source=name, time_s=0.0, subject=name, state=State.LISTENING)
    return window


def test_sources_are_called_by_what_they_hear(listening: Window) -> None:
    assert said(listening) == ["Bluetooth: listening", "Wi-Fi: listening"]


def test_what_is_wrong_is_said_by_its_reason(listening: Window) -> None:
    listening.desk.states["wifi"] = Status(
        source="wifi", time_s=1.0, subject="wifi", state=State.DEGRADED, reason=Reason.NO_MONITOR_MODE
    )
    assert said(listening)[1].startswith("Wi-Fi: ")
    assert "monitor mode" in said(listening)[1]


def test_two_of_a_medium_are_told_apart(listening: Window) -> None:
    for name in ("rtlsdr:1", "rtlsdr:2"):
        listening.desk.opened[name] = opened(name, Medium.RF)
    assert [text.partition(":")[0] for text in said(listening)[2:]] == ["Radio (rtlsdr", "Radio (rtlsdr"]


def test_a_recording_is_called_by_its_file(listening: Window) -> None:
    listening.desk.opened.clear()
    listening.desk.opened["/home/me/tone.cu8"] = opened("/home/me/tone.cu8", Medium.RF, live=False)
    assert said(listening)[0].startswith("tone.cu8: ")


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        (Condition("rf.kind", equals="wfm"), "kind of signal is wide FM"),
        (Condition("rf.center_mhz", range=(100.9, 101.1)), "frequency (MHz) between 100.9 and 101.1"),
        (Condition("ble.name", starts_with="JBL"), "name sent begins with JBL"),
    ],
)
def test_a_condition_is_read_in_words(window: Window, condition: Condition, wanted: str) -> None:
    assert view_teach.in_words(Proposed(condition, in_words(condition), 1)) == wanted


def test_a_number_s_field_has_an_inner_margin(window: Window) -> None:
    window.show_view("newsweep")
    assert window.view("newsweep")._passes.lineEdit().textMargins().left() >= 4


def test_the_strip_speaks_the_language_chosen(listening: Window) -> None:
    menus.change(listening, "language", "ru")
    texts = [each.text() for each in listening._strip.findChildren(QLabel)]
    assert "Bluetooth: слушает" in texts
    menus.change(listening, "language", "en")
