"""Every kind of device that the program can name has its label, and every label is in the catalogues.

``test_catalogues`` holds that what is extracted is translated into all languages; here, that every kind which
signatures or code can produce is among what is extracted. So no kind is shown by its inner name.
"""

from __future__ import annotations

import pytest

from sweeper import labels, language
from sweeper.detectors import ble_identity, ble_inventory, wifi_station
from sweeper.locale import catalogues
from sweeper.protocols.ble import apple
from sweeper.records import Medium
from sweeper.signatures import Library

IN_CODE = {"access-point", "ad-hoc", "station", "lan-host", ble_identity.UNKNOWN, ble_identity.MALFORMED}
"""What the inventories call a device that no signature names."""

KINDS = sorted(
    {each.device for each in Library.load().signatures if each.medium is not Medium.RF}
    | set(ble_identity.PROTOCOLS)
    | set(ble_inventory.HINTS.values())
    | set(apple.KINDS)
    | IN_CODE
)
EXTRACTED = {message.id for message in catalogues.extracted()}


def text_of(kind: str) -> str | None:
    """The text that is translated for a kind."""
    made = labels.MADE_BY.get(kind)
    return made[1] if made is not None else labels.DEVICE_KINDS.get(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_device_has_its_label(kind: str) -> None:
    text = text_of(kind)
    assert text is not None, f"{kind} would be shown by its inner name"
    assert text in EXTRACTED


@pytest.mark.parametrize("code", language.CODES)
def test_no_kind_is_shown_by_its_inner_name_nor_with_an_open_field(code: str) -> None:
    for kind in (*labels.DEVICE_KINDS, *labels.MADE_BY):
        said = language.get(code).device_kind(kind)
        assert said
        assert "_" not in said
        assert "{" not in said


def test_a_kind_stands_in_one_list_only() -> None:
    assert not set(labels.DEVICE_KINDS) & set(labels.MADE_BY)


def test_the_kinds_of_a_station_are_those_listed() -> None:
    station = wifi_station.Station(1, 2, 0.0)
    assert station.kind in IN_CODE
