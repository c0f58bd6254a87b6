"""``sweeper ble`` on recordings, and without any Bluetooth: one clear line and the right exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sweeper.cli import main

TAG = "C1:02:03:04:05:06"
NOISE = "C1:02:03:04:05:07"
AIRTAG = "1eff4c00121910000102030405060708090a0b0c0d0e0f1011121314150300"
PHONE = "0bff4c0010061a1e16ec7f61"
T0 = 1_795_334_400.0


def write(path: Path, rows: list[tuple[float, str, int, str]]) -> Path:
    lines = [
        {"time": T0 + t, "address": a, "address_type": "random", "rssi_dbm": r, "data": d}
        for t, a, r, d in sorted(rows)
    ]
    path.write_text("\n".join(json.dumps(line) for line in lines) + "\n")
    return path


def test_a_recorded_drive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A phone near all the way, and a tag that appears after 20 minutes and stays."""
    rows = [(float(t), NOISE, -80, PHONE) for t in range(0, 2580, 10)]
    rows += [(float(t), TAG, -70, AIRTAG) for t in range(1200, 2580, 10)]
    path = write(tmp_path / "drive.jsonl", rows)
    code = main(["ble", "test", "drive", "--recording", str(path), "--json", "-"])
    out, err = capsys.readouterr()
    assert code == 1
    document = json.loads(out)
    (finding,) = [f for f in document["findings"] if "ble-test" in f["detectors"]]
    assert (finding["kind"], finding["level"]) == ("follower", "high")
    assert "hidden one would do: 1." in err
    (status,) = [s for s in document["status"] if s["subject"] == "drive-test"]
    assert status["state"] == "ended"


def test_too_short_a_test_has_no_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "short.jsonl", [(float(t), NOISE, -80, PHONE) for t in range(60)])
    assert main(["ble", "test", "stationary", "--recording", str(path)]) == 3
    assert "not complete" in capsys.readouterr().err


def test_locate_gives_a_band(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """-69 dBm is the measured median at 5 m."""
    path = write(tmp_path / "walk.jsonl", [(float(t), TAG, -69, AIRTAG) for t in range(30)])
    assert main(["ble", "locate", TAG.lower(), "--recording", str(path), "--json", "-"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == 30
    last = lines[-1]
    assert last["likely_m"] == 5.0
    assert last["nearest_m"] < 5.0 < last["farthest_m"]
    assert last["curve_measured"]


def test_locate_says_when_it_was_not_heard(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "walk.jsonl", [(0.0, NOISE, -69, PHONE)])
    assert main(["ble", "locate", TAG, "--recording", str(path)]) == 3
    assert "not heard" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["scan", "--seconds", "1", "--known", "none"], ["ring", TAG]])
def test_without_bluetooth_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/none")
    code = main(["ble", *words])
    err = capsys.readouterr().err
    assert code in (2, 3)
    assert "Traceback" not in err
    assert "Bluetooth service does not answer" in err


def test_a_log_of_positions_is_not_for_a_live_scan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ble", "scan", "--gps", str(tmp_path / "x.gpx")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
