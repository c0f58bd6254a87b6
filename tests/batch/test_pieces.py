"""Cut recordings: every burst once, whatever lies across a cut. The truth is the keying below."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sweeper.batch import run, units, work
from sweeper.batch.units import Unit
from sweeper.errors import InputError
from sweeper.signatures import builtin_folder

RATE = 250_000
LENGTH_S = 13.0
BURST_S = 0.040
SETTINGS = work.Settings((str(builtin_folder()),))


def starts() -> list[float]:
    """A telegram every 0.41 s, and one across each cut that pieces of 4 s make (13/3 and 26/3 s)."""
    regular = [0.30 + 0.41 * i for i in range(30)]
    cuts = [LENGTH_S / 3, 2 * LENGTH_S / 3]
    clear = [s for s in regular if all(abs(s - cut) > 0.2 for cut in cuts)]
    return sorted([*clear, cuts[0] - BURST_S / 2, cuts[1] - BURST_S / 4])


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    rng = np.random.default_rng(1)
    n = int(RATE * LENGTH_S)
    samples = (rng.normal(size=n) + 1j * rng.normal(size=n)) * 0.02
    for start in starts():
        at = round(start * RATE)
        t = np.arange(round(BURST_S * RATE))
        samples[at : at + t.size] += 0.3 * np.exp(2j * np.pi * 30_000 / RATE * t)
    both = np.empty(2 * n)
    both[0::2], both[1::2] = samples.real, samples.imag
    folder.joinpath("keyed_433.92M_250k.cu8").write_bytes(
        np.clip(np.round(both * 127.5 + 127.5), 0, 255).astype(np.uint8).tobytes()
    )
    folder.joinpath("broken.pcap").write_bytes(b"not a capture")
    return folder


def analysed(archive: Path, out: Path, piece_s: float) -> dict:
    plan = units.plan([archive], piece_s=piece_s)
    run.run(plan, SETTINGS, out, run.local, workers=2)
    return json.loads((out / "documents" / "keyed_433.92M_250k.cu8.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def whole(archive: Path, tmp_path_factory) -> dict:
    return analysed(archive, tmp_path_factory.mktemp("whole"), 60.0)


@pytest.fixture(scope="module")
def cut(archive: Path, tmp_path_factory) -> dict:
    return analysed(archive, tmp_path_factory.mktemp("cut"), 4.0)


def heard(document: dict) -> list[float]:
    near = [e for e in document["emissions"] if abs(e["center_hz"] - 433.95e6) < 5e3]
    return sorted(b["start_s"] for e in near for b in e["bursts"] if b["duration_s"] > BURST_S / 4)


def test_the_plan_cuts_samples_only(archive: Path) -> None:
    plan = units.plan([archive], piece_s=4.0)
    keyed = [unit for unit in plan if unit.name.startswith("keyed")]
    assert [(u.piece, u.pieces) for u in keyed] == [(0, 3), (1, 3), (2, 3)]
    assert keyed[0].start_s == 0.0
    assert [u.stop_s for u in keyed[:2]] == [u.start_s for u in keyed[1:]]
    assert keyed[2].stop_s is None
    (broken,) = [unit for unit in plan if unit.name == "broken.pcap"]
    assert broken.pieces == 1
    assert broken.problem


def test_every_burst_is_there_once(cut: dict) -> None:
    found = heard(cut)
    assert len(found) == len(starts())
    assert found == pytest.approx(starts(), abs=2e-3)


def test_a_burst_across_a_cut_keeps_its_length(cut: dict) -> None:
    emission = max(cut["emissions"], key=lambda e: e["snr_db"])
    assert [b["duration_s"] for b in emission["bursts"]] == pytest.approx([BURST_S] * len(starts()), abs=4e-3)
    assert emission["features"]["bursts_total"] == len(starts())


def test_pieces_and_the_whole_agree(cut: dict, whole: dict) -> None:
    assert heard(cut) == pytest.approx(heard(whole), abs=2e-3)
    assert {e["kind"] for e in cut["emissions"]} == {e["kind"] for e in whole["emissions"]}
    same = ("path", "records", "duration_s", "rate_hz", "sha256", "problems")
    assert [cut["inputs"][0][key] for key in same] == [whole["inputs"][0][key] for key in same]
    (row,), (entire,) = cut["coverage"], whole["coverage"]
    assert row["dwell_s"] == pytest.approx(entire["dwell_s"], rel=0.01)
    assert [(f["level"], f["kind"]) for f in cut["findings"]] == [
        (f["level"], f["kind"]) for f in whole["findings"]
    ]


def test_two_recordings_of_one_name_are_refused(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x_433.92M_250k.cu8").write_bytes(bytes([127, 128] * 40_000))
    with pytest.raises(InputError, match="common folder"):
        units.plan([tmp_path / "a", tmp_path / "b"])
    assert [u.name for u in units.plan([tmp_path])] == ["a/x_433.92M_250k.cu8", "b/x_433.92M_250k.cu8"]


def test_an_id_tells_pieces_apart() -> None:
    assert Unit("p", "n", "k").id != Unit("p", "n", "k", 0, 2).id != Unit("p", "n", "k", 1, 2).id
