"""Live commands on the virtual dongle: what is on the air is heard where it is, what is not heard is said."""

from __future__ import annotations

import json
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from tests.virtual_dongle.fixture import Dongle

SCENE = """\
device serial=00000042
noise -100
carrier f=433.5e6 level={level}
"""


@pytest.fixture
def dongle(tmp_path: Path) -> Dongle:
    return Dongle(tmp_path).plays(SCENE.format(level=-35))


def sweeper(dongle: Dongle, *words: str) -> tuple[int, bytes, str]:
    done = dongle.run([sys.executable, "-m", "sweeper", *words], timeout_s=120)
    return done.returncode, done.stdout, done.stderr.decode()


def test_sources_lists_the_dongle_by_its_serial(dongle: Dongle) -> None:
    code, out, err = sweeper(dongle, "sources", "--json", "-")
    assert code == 0, err
    ready = [row["name"] for row in json.loads(out) if row["available"]]
    assert ready[0].startswith("rtlsdr")


def test_a_sweep_hears_the_carrier_where_it_is_and_all_of_the_range(dongle: Dongle) -> None:
    code, out, err = sweeper(dongle, "sweep", "--range", "432M:436M", "--gain", "30", "--json", "-")
    assert code in (0, 1), err
    document = json.loads(out)
    assert min(abs(e["center_hz"] - 433.5e6) for e in document["emissions"]) < 5e3
    (row,) = document["coverage"]
    assert row["start_hz"] <= 432e6
    assert row["stop_hz"] >= 436e6
    assert document["sweep"]["hops"] >= 2
    assert "not swept" not in err


def test_a_sweep_says_how_near_and_how_likely(dongle: Dongle) -> None:
    code, out, err = sweeper(dongle, "sweep", "--range", "432M:436M", "--range", "880M:915M", "--json", "-")
    assert code in (0, 1), err
    limits = json.loads(out)["limits"]
    assert [one["center_hz"] for one in limits["reach"]] == [433.92e6, 900e6]
    assert all(one["within_m"] > 10 and "10 mW" in one["text"] for one in limits["reach"])
    chances = [one["chance"] for one in limits["cellular_tracker"]]
    assert chances == sorted(chances, reverse=True), "the rarer it reports, the less likely"
    assert 0 < chances[0] < 0.05
    _, shown, _ = sweeper(dongle, "sweep", "--range", "432M:436M")
    assert b"10 mW transmitter at 433.92 MHz within" in shown


def test_passes_are_stitched_and_written_as_csv(dongle: Dongle, tmp_path: Path) -> None:
    file = tmp_path / "sweep.csv"
    words = ["--range", "432M:436M", "--gain", "30", "--passes", "2", "--trace", str(file)]
    code, out, err = sweeper(dongle, "sweep", *words, "--json", "-")
    assert code in (0, 1), err
    passes = json.loads(out)["passes"]
    assert [one["number"] for one in passes] == [0, 1]
    for one in passes:
        top = max(range(len(one["max_db"])), key=lambda i: one["max_db"][i] or -999)
        assert one["start_hz"] + top * one["step_hz"] == pytest.approx(433.5e6, abs=10e3)
        assert one["start_hz"] <= 432e6 <= 436e6 <= one["start_hz"] + len(one["mean_db"]) * one["step_hz"]
    for name in ("sweep.csv", "sweep.max.csv"):
        code, out, err = sweeper(dongle, "replay", str(tmp_path / name), "--json", "-")
        assert code in (0, 1), err
        document = json.loads(out)
        assert document["inputs"][0]["format"] == "hackrf-sweep-csv"
        assert min(abs(e["center_hz"] - 433.5e6) for e in document["emissions"]) < 10e3


def test_ranges_have_their_own_dwell_and_the_gsm_look_is_long_enough(dongle: Dongle) -> None:
    ranges = ["--range", "430M:431M:20ms:1k", "--range", "433M:434M", "--range", "920M:930M"]
    code, out, err = sweeper(dongle, "sweep", *ranges, "--gain", "30", "--gsm-look", "--json", "-")
    assert code in (0, 1), err
    dwells = {round(row["start_hz"] / 1e6): row["dwell_s"] for row in json.loads(out)["coverage"]}
    at = {
        low: max(dwell for start, dwell in dwells.items() if abs(start - low) < 3) for low in (430, 433, 925)
    }
    assert at == {430: 0.02, 433: 0.0052, 925: 0.06}
    code, _, err = sweeper(dongle, "sweep", "--range", "430M:431M:0ms")
    assert code == 2
    assert "dwell" in err


def test_what_the_tuner_cannot_reach_is_said_and_exits_with_three(dongle: Dongle) -> None:
    code, out, err = sweeper(dongle, "sweep", "--range", "2400M:2410M", "--gain", "30", "--json", "-")
    assert code == 3
    assert "not swept: 2400.000 to 2410.000 MHz" in err
    assert json.loads(out)["coverage"] == []


def test_locate_gives_levels_and_listen_gives_sound(dongle: Dongle) -> None:
    words = ["--gain", "30", "--seconds", "1"]
    code, out, err = sweeper(dongle, "locate", "433.5M", *words, "--json", "-")
    assert code == 0, err
    levels = [json.loads(line)["level_db"] for line in out.splitlines()]
    assert len(levels) >= 5
    dongle.plays(SCENE.format(level=-45))
    _code, out, _err = sweeper(dongle, "locate", "433.5M", *words, "--json", "-")
    weaker = [json.loads(line)["level_db"] for line in out.splitlines()]
    assert np.median(levels) - np.median(weaker) == pytest.approx(10, abs=0.5)
    code, out, err = sweeper(dongle, "listen", "433.5M", *words)
    assert code == 0, err
    assert len(out) / 2 == pytest.approx(48_000, rel=0.25), "one second of 16-bit mono at 48 kHz"


def test_listen_tells_the_level_in_lines(dongle: Dongle) -> None:
    words = ["--gain", "30", "--seconds", "1", "--mode", "am", "--squelch", "-10", "--json", "-"]
    code, out, err = sweeper(dongle, "listen", "433.5M", *words)
    assert code == 0, err
    rows = [json.loads(line) for line in out.splitlines()]
    assert rows
    assert {"time_s", "level_db", "open", "lost"} == set(rows[0])
    assert not any(row["open"] for row in rows), "the carrier is weaker than the squelch"
    assert {round(row["level_db"]) for row in rows} <= {-36, -35, -34}, "the scene's own level"


def test_sound_is_kept_only_when_asked_for_and_with_a_warning(dongle: Dongle, tmp_path: Path) -> None:
    before = set(tmp_path.iterdir())
    words = ["--gain", "30", "--seconds", "0.5"]
    _, out, err = sweeper(dongle, "listen", "433.5M", *words)
    assert "consent" not in err
    left = {path.name for path in set(tmp_path.iterdir()) - before}
    assert not [name for name in left if not name.endswith(".lock")], "nothing is stored"
    code, out, err = sweeper(dongle, "listen", "433.5M", *words, "--save", str(tmp_path / "kept.wav"))
    assert code == 0, err
    assert "consent" in err
    with wave.open(str(tmp_path / "kept.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 48_000)
        assert file.readframes(file.getnframes()) == out
    quiet = sweeper(dongle, "listen", "433.5M", *words, "--mode", "am", "--volume", "0")[1]
    assert quiet.strip(b"\0") == b""


def test_ticks_rise_with_the_level(dongle: Dongle) -> None:
    words = ["locate", "433.5M", "--gain", "30", "--seconds", "2", "--tone"]
    counts = []
    for level in ("-90", "-37"):
        scale = ["--weakest", level, "--strongest", str(float(level) + 53)]
        code, out, err = sweeper(dongle, *words, *scale)
        assert code == 0, err
        samples = np.frombuffer(out, "<i2").astype(float)
        loud = np.abs(samples).reshape(-1)[: len(samples) // 48 * 48].reshape(-1, 48).max(axis=1) > 1000
        counts.append(int(np.count_nonzero(loud[1:] & ~loud[:-1])))
    assert counts[0] > 2 * counts[1] > 0, "near the upper end of the scale, then near the lower"


def test_no_dongle_is_one_clear_line(tmp_path: Path) -> None:
    code, _out, err = sweeper(Dongle(tmp_path).plays("noise -100\n"), "sweep", "--range", "432M:433M")
    assert "Traceback" not in err
    assert code in (0, 3)
