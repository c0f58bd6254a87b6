"""The technician's pages: plan of a sweep, references, sources, known devices, signatures, detail."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QInputDialog

from sweeper import known
from sweeper.dsp.crystal import Crystal
from sweeper.errors import Reason
from sweeper.known import Known, Mark
from sweeper.plan import PRESETS, Band, Mode
from sweeper.radio import calibrate, inventory
from sweeper.radio.inventory import SourceEntry
from sweeper.records import IqBlock, Medium
from sweeper.reference import Conditions, Recorder, save
from sweeper.ui import (
    equipment,
    glimpse,
    known_dialog,
    photo_dialog,
    ranges,
    references,
    view_permissions,
    view_references,
)
from sweeper.ui.phase import Phase
from sweeper.ui.settings import Tuning
from sweeper.ui.verdict_dialog import VerdictDialog
from sweeper.ui.window import Window
from tests.ui.fakes import Endless, Fake, emission, trace
from tests.ui.test_guide import NONE, READY, press
from tests.ui.test_window import play, text_of


def test_ranges_are_read_as_people_write_them() -> None:
    bands, wrong = ranges.parse("433-435\n863,5 – 870\n\n100\n435-433\n0-1\n24 1766")
    assert bands == (Band(433e6, 435e6), Band(863.5e6, 870e6), Band(24e6, 1766e6))
    assert wrong == [4, 5, 6]
    for plan in PRESETS.values():
        assert ranges.parse(ranges.written(plan.bands)) == (plan.bands, [])


def test_a_sweep_is_planned_and_begun(qtbot, window: Window, monkeypatch) -> None:
    opened: list[tuple[str, object]] = []

    def open_source(name: str, plan: object = None) -> Endless:
        opened.append((name, plan))
        return Endless()

    monkeypatch.setattr(inventory, "open_source", open_source)
    window.desk.equipment = [READY, NONE]
    window.desk.settings.tune("fake", Tuning(28.0, 12.5, "dipole"))
    window.show_view("newsweep")
    view = window.view("newsweep")
    assert list(view._sources) == ["fake"]
    view._ranges.setPlainText("433 - 435\n2400-2480\nnonsense")
    said = text_of(view)
    assert "1 line is no range" in said
    assert "An RTL-SDR hears 24 to 1766 MHz" in said
    view._passes.setValue(7)
    press(view, "Begin the sweep")
    ((name, plan),) = opened
    assert name == "fake"
    assert plan.bands == (Band(433e6, 435e6), Band(2400e6, 2480e6))
    assert (plan.passes, plan.gain_db, plan.ppm, plan.mode) == (7, 28.0, 12.5, Mode.BURST_SAFE)
    assert window.page == "spectrum"
    qtbot.waitUntil(lambda: window.desk.emissions.rowCount() >= 1, timeout=10_000)
    again = type(view)(window.desk, window.show_view)
    assert again.plan().bands == plan.bands


def test_without_a_source_no_sweep_begins(qtbot, window: Window) -> None:
    window.desk.equipment = [NONE]
    window.show_view("newsweep")
    press(window.view("newsweep"), "Begin the sweep")
    assert "Nothing to listen with." in text_of(window._message)
    assert window.desk.phase is Phase.IDLE


def made_reference(window: Window, name: str) -> str:
    recorder = Recorder(1_000.0)
    recorder(trace(1))
    path = references.folder(window.desk.settings.folder) / f"{name}.reference.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    save(recorder.made(name, Conditions("fake", "dipole", 28.0, ()), 1.0e9), path)
    return str(path)


def test_references_are_chosen_renamed_merged_and_deleted(qtbot, window: Window, monkeypatch) -> None:
    yard, _roof = made_reference(window, "yard"), made_reference(window, "roof")
    (references.folder(window.desk.settings.folder) / "broken.reference.npz").write_bytes(b"no")
    window.show_view("references")
    view = window.view("references")
    assert view._lines.rowCount() == 3
    view._use(yard)
    assert window.desk.settings.text("reference") == yard
    view._table.select(yard)
    monkeypatch.setattr(QInputDialog, "getText", lambda *_a: ("the yard", True))
    press(view, "Rename…")
    assert {line.name for line in references.listed(window.desk.settings.folder)} >= {"the yard", "roof"}
    press(view, "Merge all")
    assert view._lines.rowCount() == 4
    view._table.select(yard)
    press(view, "Delete")
    assert not Path(yard).exists()


def test_a_signal_is_declared_friendly_and_taken_back(qtbot, window: Window) -> None:
    window.show_view("references")
    view = window.view("references")
    view.declare(emission())
    view.declare(emission())
    (made,) = references.friendlies(window.desk.settings.folder)
    assert made.still(emission())
    assert not made.still(msgspec.structs.replace(emission(), power_dbfs=-20.0))
    view._harmless.select(f"{made.center_hz:.0f}")
    press(view, "Take it back")
    assert references.friendlies(window.desk.settings.folder) == []
    press(view, "Declare the selected signal friendly")
    assert "No signal is selected." in text_of(window._message)
    assert view_references.ReferencesView is type(view)


def test_the_rules_file_names_the_receivers(qtbot, window: Window, tmp_path: Path) -> None:
    """The dongles' ids are those of osmocom's rules; each rule is for the user at the computer only."""
    window.show_view("permissions")
    window.view("permissions").save(tmp_path / "70-sweeper-sdr.rules")
    lines = (tmp_path / "70-sweeper-sdr.rules").read_text().splitlines()
    for vendor, product in inventory.USB_IDS:
        (rule,) = [line for line in lines if f'"{vendor}"' in line and f'"{product}"' in line]
        assert 'TAG+="uaccess"' in rule
    assert all("0666" not in line for line in lines)
    said = text_of(window.view("permissions"))
    assert "never asks for a password" in said
    assert any("udevadm control --reload-rules" in block[2] for block in view_permissions.blocks())


def test_a_source_is_tuned_tested_and_named(qtbot, window: Window, monkeypatch) -> None:
    monkeypatch.setattr(inventory, "open_source", lambda _name, _plan=None: Fake(5, live=True))
    window.desk.equipment = [
        READY,
        SourceEntry("wifi", Medium.WIFI, False, reason=Reason.NO_DEVICE, mend="plug"),
    ]
    window.show_view("sources")
    radio, wifi = window.view("sources").findChildren(type(window.view("sources")._body.itemAt(1).widget()))
    radio._gain.setValue(19.7)
    radio._ppm.setValue(-3.0)
    radio._antenna.setText("whip")
    radio._antenna.editingFinished.emit()
    assert window.desk.settings.tuning("fake") == Tuning(19.7, -3.0, "whip")
    radio.test()
    qtbot.waitUntil(lambda: "It opens, but nothing was heard" in text_of(radio), timeout=10_000)
    assert "no receiver is connected" in text_of(wifi)
    assert equipment.named(window.desk, "wifi") == "wifi"
    window.desk.settings.put("wifi-channel", "6")
    assert equipment.named(window.desk, "wifi") == "wifi:@2437"
    window.desk.settings.put_flag("wifi-helper", True)
    assert equipment.named(window.desk, "wifi") == "wifi:helper,@2437"
    window.desk.settings.put("wifi-adapter", "wlan1")
    assert equipment.named(window.desk, "wifi") == "wifi:helper,wlan1@2437"
    assert equipment.named(window.desk, "rtlsdr") == "rtlsdr"
    assert equipment.named(window.desk, "ble") == "ble"
    window.desk.settings.put("ble-adapter", "hci1")
    assert equipment.named(window.desk, "ble") == "ble:hci1"


def test_a_known_device_gets_an_alias_and_a_place(qtbot, window: Window, monkeypatch) -> None:
    play(qtbot, window, Fake(30))
    window.desk.select("B-00001")
    monkeypatch.setattr(
        known_dialog,
        "ask",
        lambda _p, _s, entry: msgspec.structs.replace(entry, alias="my keys", mark=Mark.OWN),
    )
    qtbot.keyClick(window, Qt.Key.Key_F)
    book = known.load(window.desk.settings.known_path)
    (entry,) = book.entries
    assert (entry.alias, entry.mark, entry.medium) == ("my keys", Mark.OWN, Medium.BLE)
    assert "Known: my keys" in [
        b.text() for b in window._inspector.findChildren(type(window._transport._report))
    ]
    window.show_view("known")
    view = window.view("known")
    assert view._model.rowCount() == 1
    monkeypatch.setattr(
        known_dialog, "ask", lambda _p, _s, entry: msgspec.structs.replace(entry, alias="the dog's tag")
    )
    view.change(entry.id)
    assert known.load(window.desk.settings.known_path).entries[0].alias == "the dog's tag"
    view._table.select(entry.id)
    press(view, "Take out of the list")
    assert known.load(window.desk.settings.known_path).entries == ()


def test_a_broken_list_of_known_devices_is_never_written_over(qtbot, window: Window) -> None:
    window.desk.settings.known_path.write_bytes(b"{broken")
    window.show_view("known")
    entry = Known(id="K-001", medium=Medium.BLE, mark=Mark.OWN, alias="x")
    window.desk.familiar.keep(entry)
    assert window.desk.settings.known_path.read_bytes() == b"{broken"
    assert "cannot be read" in text_of(window._message)


def test_the_dialog_of_a_known_device(qtbot, window: Window) -> None:
    entry = Known(id="K-001", medium=Medium.BLE, mark=Mark.OWN, alias="x")
    dialog = known_dialog.KnownDialog(window, window.desk.style, entry)
    qtbot.addWidget(dialog)
    dialog.alias.setText("  keys ")
    dialog.place.setText("home")
    made = dialog.made()
    assert (made.alias, made.place.name if made.place else "") == ("keys", "home")


def test_a_verdict_needs_a_name(qtbot, window: Window) -> None:
    dialog = VerdictDialog(window, window.desk.style, "Confirmed", "", "")
    qtbot.addWidget(dialog)
    ok = dialog._buttons.buttons()[0]
    assert not dialog._buttons.button(dialog._buttons.StandardButton.Ok).isEnabled()
    dialog.name.setText("A. Person")
    assert dialog._buttons.button(dialog._buttons.StandardButton.Ok).isEnabled()
    assert ok.accessibleName()


def test_a_photo_with_a_person_needs_a_box(qtbot, window: Window) -> None:
    image = QImage(400, 300, QImage.Format.Format_RGB32)
    image.fill(QColor("#808080"))
    dialog = photo_dialog.PhotoDialog(window, window.desk.style, image)
    qtbot.addWidget(dialog)
    dialog.show()
    ok = dialog._box.button(dialog._box.StandardButton.Ok)
    assert ok.isEnabled()
    dialog.people.setChecked(True)
    assert not ok.isEnabled()
    area = dialog.marker._area()
    start, stop = area.topLeft().toPoint(), area.center().toPoint()
    qtbot.mousePress(dialog.marker, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(dialog.marker, stop)
    qtbot.mouseRelease(dialog.marker, Qt.MouseButton.LeftButton, pos=stop)
    (box,) = dialog.marker.boxes
    assert box == pytest.approx((0, 0, 0.5, 0.5), abs=0.02)
    assert ok.isEnabled()
    qtbot.mouseClick(dialog.marker, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert len(dialog.marker.boxes) == 1  # a slip of the hand is no box


class Keyed(Fake):
    """A recording whose samples hold a carrier keyed 10 ms in 30, 100 kHz above the centre."""

    def __init__(self, path: str) -> None:
        super().__init__(1)
        self.path = path

    async def records(self, _plan: object):
        t = np.arange(100_000) / 1e6
        noise = np.random.default_rng(1).normal(size=(2, len(t))) * 1e-3
        keyed = 0.1 * (t % 0.03 < 0.01) * np.exp(2j * np.pi * 1e5 * t)
        samples = (keyed + noise[0] + 1j * noise[1]).astype(np.complex64)
        yield IqBlock(
            source="fake.cu8", time_s=0.0, rate_hz=1e6, center_hz=433.82e6, samples=samples, first_sample=0
        )


def test_a_signal_is_looked_into(qtbot, window: Window, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(glimpse, "_sources", lambda path, _demo, _name, _start: [Keyed(path)])
    play(qtbot, window, Fake(30))
    window.show_subject("detail", "E-00001")
    view = window.view("detail")
    qtbot.waitUntil(lambda: "bursts" in text_of(view), timeout=10_000)
    said = text_of(view)
    assert "4 bursts" in said
    assert "10.0\u202fms" in said
    assert "30.0\u202fms" in said
    assert view._curves[1].getData()[0] is not None


def test_a_signature_is_made_of_what_was_heard(qtbot, window: Window, tmp_path: Path) -> None:
    """From the demo: propose, fill in, save; the file is read back by the loader."""
    window.desk.speed = None
    window.open_demo()
    qtbot.waitUntil(lambda: window.desk.bluetooth.rowCount() > 3, timeout=120_000)
    window.desk.stop()
    qtbot.waitUntil(lambda: window.desk.phase is Phase.ENDED, timeout=60_000)
    name = next(d.id for d in window.desk.bluetooth.records.values() if d.facts.get("ble.company"))
    window.show_subject("teach", name)
    view = window.view("teach")
    qtbot.waitUntil(lambda: view._proposal is not None, timeout=60_000)
    assert any(box.isChecked() for box in view._boxes)
    view.save(tmp_path)
    qtbot.waitUntil(lambda: "not complete yet" in text_of(window._message), timeout=30_000)
    view._title.setText("A speaker of ours")
    view._benign.setPlainText("A speaker of the house.\nA neighbour's speaker.")
    view.save(tmp_path)
    qtbot.waitUntil(lambda: "The signature is saved" in text_of(window._message), timeout=30_000)
    (made,) = list(tmp_path.rglob("*.toml"))
    assert "A speaker of ours" in made.read_text("utf-8")


@pytest.mark.parametrize("way", ["Measure the crystal", "By a known carrier…"])
def test_the_crystal_is_measured_and_taken_into_account(qtbot, window: Window, monkeypatch, way: str) -> None:
    """By base stations, or by a carrier that the reader names; where nothing is heard, it says so."""
    answers: list[Crystal | None] = [None, Crystal(ppm=-3.2, spread_ppm=0.1, used=4)]
    asked: list[tuple[float, ...]] = []

    async def measured(_make: object, *hz: float) -> Crystal | None:
        asked.append(hz)
        return answers.pop(0)

    monkeypatch.setattr(calibrate, "calibrate", measured)
    monkeypatch.setattr(calibrate, "calibrate_on", measured)
    monkeypatch.setattr(inventory, "receiver", lambda _name: object)
    monkeypatch.setattr(QInputDialog, "getDouble", lambda *_a: (162.55, True))
    window.desk.equipment = [READY]
    window.show_view("sources")
    sources = window.view("sources")
    press(sources, way)
    qtbot.waitUntil(lambda: "was heard" in text_of(sources), timeout=30_000)
    assert window.desk.settings.tuning("fake").ppm == 0.0
    press(sources, way)
    qtbot.waitUntil(lambda: "The crystal is off by −3.2 ppm" in text_of(sources), timeout=30_000)
    assert window.desk.settings.tuning("fake").ppm == -3.2
    assert asked == [(), ()] if way.startswith("Measure") else [(162.55e6,), (162.55e6,)]
