"""Operators: the codes of Kazakhstan as ITU-T lists them, every line with its source."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from sweeper import operators
from sweeper.errors import SignatureError


@pytest.mark.parametrize(
    ("mnc", "name"), [("01", "Beeline"), ("02", "Kcell, Activ"), ("07", "Altel"), ("77", "Tele2")]
)
def test_the_operators_of_kazakhstan(mnc: str, name: str) -> None:
    found = operators.operator("401", mnc)
    assert found is not None
    assert found.name == name
    assert found.confirmed


def test_what_is_not_listed_is_not_guessed() -> None:
    assert operators.operator("401", "1") is None, "a code of another length is another code"
    assert operators.operator("250", "01") is None
    assert operators.country("262") is None
    assert operators.operator("401", "01", "nowhere") is None


def test_nobody_uses_the_test_network() -> None:
    found = operators.country("001")
    assert found is not None
    assert "Test network" in found.name.en


def test_every_line_has_source_and_date_and_doubtful_ones_say_so() -> None:
    file = operators.region("kz")
    for line in (*file.operator, *file.country, *file.band):
        assert len(line.source) > 10
        assert line.date >= dt.date(2026, 1, 1)
    doubtful = {band for line in file.band if not line.confirmed for band in line.bands}
    assert {"B1", "B7", "B8"} <= doubtful
    assert operators.bands("401", "02")[0].confirmed


def test_a_bad_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text("operator = [{ mcc = 401 }]\ncountry = []\nband = []\n")
    with pytest.raises(SignatureError, match=r"x\.toml.*mcc"):
        operators.read(tmp_path / "x.toml")
