"""A reference recorded outside and compared inside, from the command line on the virtual dongle."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from sweeper.reference import load
from tests.virtual_dongle.fixture import Dongle

OUTSIDE = "device serial=00000042\nnoise -100\ncarrier f=434.1e6 level=-50\n"
INSIDE = OUTSIDE + "carrier f=436.7e6 level=-40\n"


def sweeper(dongle: Dongle, *words: str) -> tuple[int, bytes, str]:
    done = dongle.run([sys.executable, "-m", "sweeper", *words], timeout_s=120)
    return done.returncode, done.stdout, done.stderr.decode()


def test_outside_against_inside_at_the_gain_of_the_reference(tmp_path: Path) -> None:
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
