"""A reference recorded outside and compared inside, from the command line on the virtual dongle."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from sweeper.cli import main
from sweeper.reference import load
from tests.virtual_dongle.fixture import Dongle

OUTSIDE = "device serial=00000042\nnoise -100\ncarrier f=434.1e6 level=-50\n"
INSIDE = OUTSIDE + "carrier f=436.7e6 level=-40\n"


Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def sweeper(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """A command in this process, which has loaded all of it once; the dongle's driver has one of its own."""

    def run(dongle: Dongle, *words: str) -> tuple[int, str, str]:
        for name in ("VDONGLE_SCENE", "SWEEPER_LIBRTLSDR"):
            monkeypatch.setenv(name, dongle.environment[name])
        capsys.readouterr()
        code = main(["--lang", "en", *words])
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def test_outside_against_inside_at_the_gain_of_the_reference(sweeper: Command, tmp_path: Path) -> None:
    file = tmp_path / "outside.reference.npz"
    outside = Dongle(tmp_path).plays(OUTSIDE)
    where = ["--range", "432M:438M"]
    code, _, err = sweeper(outside, "reference", "record", str(file), *where, "--antenna", "whip")
    assert code == 0, err
    taken = load(file).head
    assert taken.conditions.gain_db is not None  # chosen by the receiver's test, and kept
    assert [round(one.center_hz / 1e6, 2) for one in taken.emissions] == [434.1]

    words = [*where, "--passes", "3", "--reference", str(file), "--json", "-"]
    code, out, err = sweeper(outside, "sweep", *words, "--antenna", "whip")
    assert code == 0, err
    code, out, err = sweeper(Dongle(tmp_path).plays(INSIDE), "sweep", *words, "--antenna", "whip")
    assert code == 1, err
    (finding,) = json.loads(out)["findings"]
    assert finding["kind"] == "new-emission"
    assert len(finding["benign"]) >= 2

    code, _, err = sweeper(outside, "sweep", *words, "--antenna", "discone")
    assert code == 2
    assert "discone" in err
    code, _, err = sweeper(outside, "sweep", *words, "--antenna", "whip", "--gain", "10")
    assert code == 2
    assert "gain" in err
    code, _, err = sweeper(outside, "sweep", *words, "--antenna", "whip", "--mode", "fast")
    assert code == 2
    assert "5.2 ms" in err


def test_several_references_are_merged_and_their_ranges_swept(sweeper: Command, tmp_path: Path) -> None:
    """Two days outside: what was on the air on either is known. Without ranges, theirs are swept."""
    morning, evening = tmp_path / "morning.reference.npz", tmp_path / "evening.reference.npz"
    dongle = Dongle(tmp_path).plays(OUTSIDE)
    how = ["--range", "432M:438M", "--gain", "29.7", "--antenna", "whip"]
    assert sweeper(dongle, "reference", "record", str(morning), *how)[0] == 0
    dongle.plays(INSIDE)
    assert sweeper(dongle, "reference", "record", str(evening), *how)[0] == 0
    both = tmp_path / "both.reference.npz"
    code, _, err = sweeper(dongle, "reference", "merge", str(both), str(morning), str(evening))
    assert code == 0, err
    merged = load(both).head
    assert {round(one.center_hz / 1e6, 1) for one in merged.emissions} == {434.1, 436.7}
    assert merged.merged == ("morning", "evening")
    for references in ([str(both)], [str(morning), str(evening)]):
        named = [word for file in references for word in ("--reference", file)]
        code, out, err = sweeper(dongle, "sweep", *named, "--antenna", "whip", "--json", "-")
        assert code == 0, err
        assert " old" in err, "the age of a reference is told"
        found = json.loads(out)
        assert found["findings"] == []
        assert found["coverage"][0]["start_hz"] <= 432e6
        assert found["coverage"][0]["stop_hz"] >= 438e6
    code, out, _ = sweeper(dongle, "sweep", "--reference", str(morning), "--antenna", "whip", "--json", "-")
    assert code == 1
    assert [one["kind"] for one in json.loads(out)["findings"]] == ["new-emission"]
    other = tmp_path / "discone.reference.npz"
    assert sweeper(dongle, "reference", "record", str(other), *how[:-1], "discone")[0] == 0
    code, _, err = sweeper(dongle, "reference", "merge", str(both), str(morning), str(other))
    assert code == 2
    assert "discone" in err


def test_what_the_reference_had_and_is_gone_is_listed(sweeper: Command, tmp_path: Path) -> None:
    file = tmp_path / "outside.reference.npz"
    dongle = Dongle(tmp_path).plays(INSIDE)
    how = ["--range", "432M:438M", "--gain", "29.7"]
    assert sweeper(dongle, "reference", "record", str(file), *how)[0] == 0
    dongle.plays(OUTSIDE)
    code, out, err = sweeper(dongle, "sweep", "--reference", str(file), "--passes", "3", "--json", "-")
    assert code == 0, err
    told = [one["detail"] for one in json.loads(out)["status"] if one["subject"] == "reference"]
    assert len(told) == 1
    (mhz,) = re.findall(r"\d+\.\d+", told[0])
    assert float(mhz) == pytest.approx(436.7, abs=0.003), "the other carrier is still there"
