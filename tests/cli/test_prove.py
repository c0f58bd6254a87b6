"""Calibration and the sound test from the command line, on the virtual dongle."""

from __future__ import annotations

import io
import json
import os
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from sweeper.cli.prove import wav
from tests.virtual_dongle.fixture import Dongle

SCENE = """\
device serial=00000042
noise -100
fm f=446.00625e6 level=-35 dev=2500 tone=1000
"""


@pytest.fixture
def dongle(tmp_path: Path) -> Dongle:
    return Dongle(tmp_path).plays(SCENE)


def player(folder: Path, exits: int) -> None:
    """A player that notes what it was given, and no other within reach."""
    folder.mkdir()
    script = folder / "aplay"
    script.write_text(f'#!/bin/sh\ncp "$2" {folder}/played.wav\nexit {exits}\n', encoding="ascii")
    script.chmod(0o755)


def sweeper(dongle: Dongle, *words: str) -> tuple[int, bytes, str]:
    done = dongle.run([sys.executable, "-m", "sweeper", *words], timeout_s=120)
    return done.returncode, done.stdout, done.stderr.decode()


def test_without_base_stations_the_error_stays_unknown(dongle: Dongle) -> None:
    code, out, err = sweeper(dongle, "calibrate", "--json", "-")
    assert code == 3, err
    assert json.loads(out) == {"ppm": None}


def test_a_station_elsewhere_does_not_answer(
    dongle: Dongle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    player(tmp_path / "bin", 0)
    monkeypatch.setenv(
        "PATH", f"{tmp_path / 'bin'}:/bin:/usr/bin" if Path("/bin/cp").exists() else os.defpath
    )
    code, out, err = sweeper(
        dongle, "sound-test", "446.00625M", "--seconds", "3", "--gain", "30", "--json", "-"
    )
    assert code == 0, err
    answer = json.loads(out)
    assert answer["answered"] is False
    assert answer["p"] > 1e-4
    with wave.open(str(tmp_path / "bin" / "played.wav")) as played:
        assert played.getnframes() == 3 * 48_000


def test_a_player_that_fails_is_said(dongle: Dongle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    player(tmp_path / "bin", 1)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin:/usr/bin")
    code, _, err = sweeper(dongle, "sound-test", "446.00625M", "--seconds", "3", "--gain", "30")
    assert code == 2
    assert "could not play" in err
    assert "Traceback" not in err


def test_without_a_player_it_is_said(dongle: Dongle, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    code, _, err = sweeper(dongle, "sound-test", "446M", "--seconds", "3")
    assert code == 2
    assert "aplay" in err


def test_harmonics_are_told_with_their_chance(dongle: Dongle) -> None:
    air = "fm f=433.9e6 level=-20 dev=2500 tone=1000\nfm f=867.8e6 level=-50 dev=5000 tone=1000\n"
    dongle.plays("device serial=42\nnoise -100\n" + air)
    code, out, err = sweeper(dongle, "harmonic-test", "433.9M", "--gain", "29.7", "--json", "-")
    assert code == 1, err
    found = json.loads(out)
    assert [one["multiple"] for one in found["harmonics"]] == [2.0]
    assert found["harmonics"][0]["p"] < 0.05
    code, out, _ = sweeper(dongle, "harmonic-test", "460M", "--gain", "29.7")
    assert code == 3
    assert b"Nothing was heard" in out


@pytest.mark.parametrize("ppm", [-60.0, 35.0])
def test_a_known_carrier_tells_the_error(dongle: Dongle, ppm: float) -> None:
    dongle.plays(f"device serial=42\nnoise -100\nppm {ppm}\ncarrier f=162.4e6 level=-50\n")
    code, out, err = sweeper(dongle, "calibrate", "--carrier", "162.4M", "--json", "-")
    assert code == 0, err
    assert json.loads(out)["ppm"] == pytest.approx(ppm, abs=0.3)
    code, out, _ = sweeper(dongle, "calibrate", "--carrier", "170M", "--json", "-")
    assert code == 3
    assert json.loads(out) == {"ppm": None}


def test_traffic_that_goes_on_alike_does_not_answer(
    dongle: Dongle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    player(tmp_path / "bin", 0)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin:/usr/bin")
    dongle.plays(
        "device serial=42\nnoise -100\npaced 1\nook f=433.5e6 level=-30 baud=2000 on=0.05 period=0.1\n"
    )
    words = ["traffic-test", "433.5M", "--gain", "29.7", "--periods", "8", "--period", "0.5", "--json", "-"]
    code, out, err = sweeper(dongle, *words)
    assert code == 0, err
    found = json.loads(out)
    assert found["answered"] is False
    assert found["p"] > 0.005
    assert found["periods"] == 8


def test_the_wav_is_what_was_asked_for() -> None:
    sound = np.array([0.0, 0.5, -1.0, 2.0], np.float32)
    with wave.open(io.BytesIO(wav(sound, 48_000.0))) as read:
        assert (read.getnchannels(), read.getsampwidth(), read.getframerate()) == (1, 2, 48_000)
        samples = np.frombuffer(read.readframes(4), "<i2")
    assert samples.tolist() == [0, 16_383, -32_767, 32_767]
