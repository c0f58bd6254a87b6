"""``sweeper sweep`` as a user runs it, with the virtual dongle for a receiver."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.virtual_dongle.fixture import Dongle

OFFICE = Path(__file__).parent / "office.scene"


def test_a_sweep_hears_the_office(tmp_path: Path) -> None:
    """Carrier and GSM bursts stand where the scene puts them; the crystal's 8 ppm are given by hand."""
    dongle = Dongle(tmp_path).plays(OFFICE.read_text())
    ranges = ["--range", "432M:436M", "--range", "896M:899M"]
    command = [sys.executable, "-m", "sweeper", "sweep", "--source", "rtlsdr", *ranges]
    run = dongle.run([*command, "--passes", "10", "--ppm", "8", "--json", "-"])
    assert run.returncode == 1, run.stderr.decode()
    found = json.loads(run.stdout)
    carriers = [e for e in found["emissions"] if abs(e["center_hz"] - 433.9e6) < 5e3]
    bursts = [e for e in found["emissions"] if e["kind"] == "gsm-uplink"]
    assert carriers
    assert bursts
    assert all(abs(e["center_hz"] - 897.4e6) < 30e3 for e in bursts)
    assert {f["kind"] for f in found["findings"] if f["level"] != "info"} == {"gsm-device"}
    swept = [row for row in found["coverage"] if row["medium"] == "rf"]
    assert min(row["start_hz"] for row in swept) <= 432e6
    assert max(row["stop_hz"] for row in swept) >= 899e6


def test_without_a_dongle_the_sweep_says_so(tmp_path: Path) -> None:
    dongle = Dongle(tmp_path).plays("")
    run = dongle.run(
        [
            sys.executable,
            "-m",
            "sweeper",
            "sweep",
            "--source",
            "rtlsdr",
            "--range",
            "433M:434M",
            "--json",
            "-",
        ]
    )
    assert run.returncode in (2, 3)
    assert b"Traceback" not in run.stderr
    assert b"rtlsdr" in run.stderr
