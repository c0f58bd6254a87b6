"""``sweeper identify ble``: the contract's keys, one document a line from standard input."""

from __future__ import annotations

import io
import json

import pytest

from sweeper.cli import main

KEYS = ["kind", "state", "network", "battery", "vendor", "signature", "benign", "threat"]
AIRTAG = "1eff4c00121910000102030405060708090a0b0c0d0e0f1011121314150300"
"""Laid out by the Find My format: status 0x10 is an AirTag with a full battery, length 0x19 separated."""


def test_one_advert(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["identify", "ble", AIRTAG, "--address-type", "random", "--json", "-"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert list(document) == KEYS
    assert document["kind"] == "airtag"
    assert document["state"] == "separated"
    assert document["battery"] == "full"
    assert document["benign"] is False


def test_one_a_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    lines = f"{AIRTAG},random\n\n0bff4c0010061a1e16ec7f61,random\nzz\n05ff4c001219\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))
    assert main(["identify", "ble", "-", "--json", "-"]) == 2, "a line that is no hex is an error"
    out, err = capsys.readouterr()
    kinds = [json.loads(line)["kind"] for line in out.splitlines()]
    assert kinds == ["airtag", "benign_apple", "malformed", "malformed"]
    assert err.count("\n") == 1
    assert "line 4" in err or "line 3" in err


def test_no_hex_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["identify", "ble", "xyz"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
