"""Everyday packets, decoded by the real rtl_433 where it is installed."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from sweeper import synth
from sweeper.synth import scene as s


def rendered(folder: Path, packet_format: str, rate_hz: float) -> Path:
    scene = s.Scene(
        name=packet_format,
        seed=11,
        duration_s=0.6,
        capture=(s.Capture(center_hz=433.92e6, rate_hz=rate_hz),),
        rf=(
            s.Packets(
                name="sender",
                format=packet_format,  # type: ignore[arg-type]
                center_hz=433.93e6,
                level_dbm=-69,
                first_s=0.1,
                period_s=(30, 40),
            ),
        ),
    )
    return synth.write(scene, folder)[0]


@pytest.mark.parametrize(
    ("packet_format", "rate_hz", "arguments", "model"),
    [
        ("weather-sensor", 250e3, [], "LaCrosse-TX141THBv2"),
        ("tpms", 250e3, [], "Renault"),
        ("wmbus", 1.2e6, ["-R", "104"], "Wireless-MBus"),
        ("key-fob", 250e3, [], None),
    ],
)
def test_rtl_433_decodes_them(
    tmp_path: Path, packet_format: str, rate_hz: float, arguments: list[str], model: str | None
) -> None:
    if shutil.which("rtl_433") is None:
        pytest.skip("rtl_433 is not installed")
    path = rendered(tmp_path, packet_format, rate_hz)
    command = ["rtl_433", "-s", str(int(rate_hz)), "-r", str(path), "-F", "json", *arguments]
    run = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    decoded = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    assert decoded
    if model:
        assert decoded[0]["model"] == model
        assert decoded[0]["mic"] == "CRC"
    if packet_format == "weather-sensor":
        assert 18 < decoded[0]["temperature_C"] < 25
        assert 35 <= decoded[0]["humidity"] <= 58
    assert decoded[0]["time"].startswith("@0.1")
