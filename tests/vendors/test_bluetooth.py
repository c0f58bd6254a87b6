"""The shipped table against numbers printed in the Bluetooth SIG's assigned numbers."""

from __future__ import annotations

from sweeper.vendors import bluetooth


def test_known_holders() -> None:
    assert bluetooth.company(0x004C) == "Apple, Inc."
    assert bluetooth.company(0x067C) == "Tile, Inc."
    assert bluetooth.company(0x00C7) == "Quuppa Oy."
    assert bluetooth.company(0x0FB2) == "PLAUD Inc."
    assert bluetooth.member(0xFEED) == "Tile, Inc."


def test_nobody() -> None:
    assert bluetooth.company(0xFFF0) is None
    assert bluetooth.member(0x180F) is None


def test_the_table_says_when_and_from_what() -> None:
    assert "companies" in bluetooth.about()
    assert bluetooth.about()[:4].isdigit()
