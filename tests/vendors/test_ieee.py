"""The IEEE registry: holders as published, the longest block first, nothing for random addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.vendors import ieee


@pytest.mark.parametrize(
    ("address", "name"),
    [
        (0x00000C_000000, "Cisco Systems, Inc"),  # MA-L, one of the oldest
        (0x308CFB_112233, "Dropcam"),
        (0x18B430_000001, "Nest Labs Inc."),
        (0xC85CE2_7ABCDE, "SYNERGY SYSTEMS AND SOLUTIONS"),  # MA-M inside a block of the registry itself
        (0xCCCCCC_000000, "Silicon Laboratories"),
    ],
)
def test_holders(address: int, name: str) -> None:
    assert ieee.holder(address) == name


def test_random_addresses_have_no_holder() -> None:
    assert ieee.holder(0x308CFB_112233 | ieee.LOCAL_BIT) is None


def test_the_registry_itself_is_no_maker() -> None:
    assert ieee.holder(0xC85CE2_F00000) is None  # an MA-M block of C85CE2 that nobody holds


def test_origin_is_told() -> None:
    about = ieee.about()
    assert about["date"] >= "2026-08-26"
    assert about["blocks"] == sum(about["counts"].values()) > 50_000


@given(st.integers(0, (1 << 48) - 1))
def test_any_address(address: int) -> None:
    name = ieee.holder(address)
    assert name is None or name.strip() == name != ""
