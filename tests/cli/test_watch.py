"""A watch on the virtual dongle: bursts in the log, the timeline, and the crystal's error taken out."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from sweeper.cli.watch import COLUMNS, Timeline
from sweeper.records import Burst, Emission
from tests.virtual_dongle.fixture import Dongle

SCENE = """\
device serial=00000042
noise -100
ppm 40
paced 1
carrier f=433.5e6 level=-30
ook f=434.42e6 level=-20 baud=2000 on=0.2 period=0.5
"""


def test_a_watch_logs_bursts_and_draws_the_timeline(tmp_path: Path) -> None:
    dongle = Dongle(tmp_path).plays(SCENE)
    log = tmp_path / "watch.jsonl"
    words = ["--range", "433M:435M", "--gain", "29.7", "--ppm", "40", "--hours", "0.0025"]
    command = [sys.executable, "-m", "sweeper", "watch", *words, "--log", str(log), "--json", "-"]
    done = dongle.run(command, timeout_s=90)
    assert done.returncode in (0, 1), done.stderr.decode()
    found = json.loads(done.stdout)
    carrier = min(found["emissions"], key=lambda e: abs(e["center_hz"] - 433.5e6))
    assert carrier["center_hz"] == pytest.approx(433.5e6, abs=2e3), "40 ppm are 17 kHz"
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    bursts = [row for row in rows if row["what"] == "burst" and abs(row["center_hz"] - 434.42e6) < 30e3]
    assert bursts
    assert all(0 < row["duration_s"] < 0.3 for row in bursts)
    assert {"emission", "burst"} <= {row["what"] for row in rows}
    drawn = [line for line in done.stderr.decode().splitlines() if "433.5" in line and "█" in line]
    assert len(drawn) == 1


def told(at_s: float, bursts: tuple[Burst, ...] = ()) -> Emission:
    return Emission(
        source="r",
        time_s=at_s,
        id="rf-0001",
        center_hz=433e6,
        width_hz=1e4,
        power_dbfs=-50.0,
        snr_db=20.0,
        start_s=0.0,
        stop_s=at_s,
        kind="ook",
        bursts=bursts,
    )


def test_the_timeline_folds_as_time_goes_on() -> None:
    timeline = Timeline()
    bursts = [Burst(at, 1.0, 433e6, 20.0) for at in (0.0, 1000.0, 2000.0, 4000.0)]
    for count in range(1, 5):
        timeline(told(bursts[count - 1].start_s + 1.0, tuple(bursts[:count])))
    (line,) = timeline.lines()
    bar = line.split()[-1]
    assert len(bar) <= COLUMNS
    assert bar.count("█") == 4
    assert [round(at / (len(bar) - 1), 2) for at, c in enumerate(bar) if c == "█"] == pytest.approx(
        [0, 0.25, 0.5, 1.0], abs=0.03
    )


def test_a_steady_emission_is_there_between_two_tellings_a_minute_apart() -> None:
    timeline = Timeline()
    for at_s in (1.0, 31.0, 61.0, 400.0, 430.0):
        timeline(told(at_s))
    (line,) = timeline.lines()
    bar = line.split()[-1]
    share = bar.count("█") / len(bar)
    assert share == pytest.approx((61 + 30) / 430, abs=0.08)
