"""`sweeper sources`: what is there, and for what is not, the reason and the mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweeper.errors import Reason, SweeperError
from sweeper.radio import inventory
from sweeper.radio.inventory import SourceEntry, address, list_sources, open_source
from sweeper.records import Medium
from sweeper.text import english
from tests.radio.virtual import children, scene


def rtlsdr_entries() -> list[SourceEntry]:
    return [entry for entry in list_sources() if entry.name.startswith("rtlsdr")]


def test_dongles_by_serial_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene(tmp_path, monkeypatch, "device serial=AAA\ndevice serial=BBB\nbusy 1\n")
    before = children()
    free, held = rtlsdr_entries()
    assert (free.name, free.available, free.reason) == ("rtlsdr:AAA", True, None)
    assert "R820T" in free.label
    assert (held.name, held.available, held.reason) == ("rtlsdr:BBB", False, Reason.BUSY)
    assert held.mend
    assert children() == before


def test_dongles_that_share_a_serial_number_have_no_name_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene(tmp_path, monkeypatch, "device serial=00000001\ndevice serial=00000001\n")
    assert {entry.name for entry in rtlsdr_entries()} == {"rtlsdr"}


def test_no_permission_prints_the_udev_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene(tmp_path, monkeypatch, "device serial=AAA\ndenied 1\n")
    (entry,) = rtlsdr_entries()
    assert entry.reason is Reason.NO_PERMISSION
    assert 'ATTRS{idVendor}=="0bda"' in entry.mend
    assert "udevadm" in entry.mend


def test_the_kernel_driver_prints_the_blacklist_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modules = tmp_path / "modules"
    modules.write_text(
        "dvb_usb_rtl28xxu 45056 0 - Live 0x0000\ndvb_core 1 1 x - Live 0x0\n", encoding="ascii"
    )
    assert inventory.kernel_driver_loaded(modules)
    assert not inventory.kernel_driver_loaded(tmp_path / "nothing")
    scene(tmp_path, monkeypatch, "device serial=AAA\nbusy 1\n")
    monkeypatch.setattr(inventory, "kernel_driver_loaded", lambda: True)
    (entry,) = rtlsdr_entries()
    assert "blacklist dvb_usb_rtl28xxu" in entry.mend


def test_a_missing_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWEEPER_LIBRTLSDR", "/nowhere/librtlsdr.so")
    monkeypatch.setattr(inventory, "usb_dongles", lambda: ["1-1"])
    (entry,) = rtlsdr_entries()
    assert (entry.available, entry.reason) == (False, Reason.DRIVER_MISSING)
    assert "/nowhere/librtlsdr.so" in entry.detail
    assert "a dongle is plugged in" in entry.detail
    assert "SWEEPER_LIBRTLSDR" in entry.mend


def test_dongles_on_the_bus_are_seen_without_a_driver(tmp_path: Path) -> None:
    for name, vendor, product in (("1-1", "0bda", "2838"), ("1-2", "1d6b", "0002"), ("usb1", "", "")):
        (tmp_path / name).mkdir()
        if vendor:
            (tmp_path / name / "idVendor").write_text(vendor + "\n", encoding="ascii")
            (tmp_path / name / "idProduct").write_text(product + "\n", encoding="ascii")
    assert inventory.usb_dongles(tmp_path) == ["1-1"]


def test_the_other_kinds_are_listed() -> None:
    entries = list_sources()
    (remote,) = [entry for entry in entries if entry.name.startswith("rtltcp")]
    assert remote.available is None
    assert "rtl_tcp" in remote.mend
    assert [entry for entry in entries if entry.name.startswith("soapy")]
    assert all(entry.available or entry.mend for entry in entries)


def test_sources_by_name() -> None:
    for name in ("rtlsdr", "rtlsdr:00000042", "rtltcp:lab-2:1234", "rtltcp:lab-2", "soapy:driver=hackrf"):
        source = open_source(name)
        assert (source.info.name, source.info.live, source.info.medium) == (name, True, Medium.RF)


@pytest.mark.parametrize(
    "name", ["", "hackrf", "soapy", "soapy:", "rtltcp:", "rtltcp::1", "rtltcp:a:b", "rtltcp:a:0"]
)
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(SweeperError, match="rtltcp:HOST:PORT") as error:
        open_source(name)
    assert "\n" not in str(error.value)


def test_addresses() -> None:
    assert address("", "10.0.0.5:5555") == ("10.0.0.5", 5555)
    assert address("", "lab") == ("lab", 1234)
    assert address("", "[fe80::1]:99") == ("fe80::1", 99)
    assert address("", "[fe80::1]") == ("fe80::1", 1234)
    with pytest.raises(SweeperError):
        address("rtltcp:a:65536", "a:65536")


def test_the_document_of_sources_is_english_and_holds_no_phrases() -> None:
    entry = inventory._rtl_tcp()
    assert set(inventory.row(entry)) == {"name", "medium", "available", "label", "reason", "detail", "mend"}
    assert entry.why is not None
    assert english(entry.why) == entry.detail == "not tried: name the server"
