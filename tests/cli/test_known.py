"""``sweeper known`` and what a replay makes of the list: explicit, exact, refused in one line when wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sweeper.cli import main

TAG = "C1:02:03:04:05:06"
AIRTAG = "1eff4c00121910000102030405060708090a0b0c0d0e0f1011121314150300"
T0 = 1_795_334_400.0  # 2026-11-22T08:00:00Z


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """An AirTag away from its owner, each two seconds for a minute."""
    rows = [
        {"time": T0 + t, "address": TAG, "address_type": "random", "rssi_dbm": -60, "data": AIRTAG}
        for t in range(0, 60, 2)
    ]
    path = tmp_path / "tag.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n")
    return path


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = main([str(word) for word in words])
    out, err = capsys.readouterr()
    return code, out, err


def document(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, object]:
    _code, out, err = run(capsys, "replay", *words, "--json", "-")
    assert err == ""
    made: dict[str, object] = json.loads(out)
    return made


def levels(made: dict[str, object]) -> list[str]:
    return [finding["level"] for finding in made["findings"]]  # type: ignore[attr-defined, index]


def test_added_by_hand_listed_used_and_removed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, log: Path
) -> None:
    book = tmp_path / "known.json"
    assert levels(document(capsys, log)) == ["low"]
    code, out, _ = run(capsys, "known", "add", "my keys", "--address", TAG.lower(), "--file", book)
    assert code == 0
    assert "K-001" in out
    assert "address alone" in out
    made = document(capsys, log, "--known", book)
    assert levels(made) == ["info"]
    assert "Known devices that were heard: my keys." in run(capsys, "replay", log, "--known", book)[1]
    (device,) = made["devices"]  # type: ignore[misc]
    assert device["facts"]["known.alias"] == "my keys"  # type: ignore[index]
    _, out, _ = run(capsys, "known", "list", "--file", book, "--json", "-")
    (entry,) = json.loads(out)
    assert (entry["alias"], entry["mark"], entry["keys"]) == ("my keys", "own", [f"address={TAG}"])
    _, out, _ = run(capsys, "known", "list", "--file", book)
    assert "my keys" in out
    assert run(capsys, "known", "remove", "my keys", "--file", book)[0] == 0
    assert levels(document(capsys, log, "--known", book)) == ["low"]


def test_added_from_a_results_document(capsys: pytest.CaptureFixture[str], tmp_path: Path, log: Path) -> None:
    book, results = tmp_path / "known.json", tmp_path / "results.json"
    run(capsys, "replay", log, "--json", results)
    words = ["--from", results, "--subject", "ble-0001", "--mark", "false-alarm", "--place", "home"]
    assert run(capsys, "known", "add", "next door", *words, "--file", book)[0] == 0
    entry = json.loads(book.read_text())["entries"][0]
    assert any(key.startswith("findmy.key=") for key in entry["keys"])
    assert levels(document(capsys, log, "--known", book, "--place", "home")) == ["info"]
    assert levels(document(capsys, log, "--known", book, "--place", "office")) == ["medium"]


def test_the_same_recording_and_list_give_the_same_bytes(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, log: Path
) -> None:
    book = tmp_path / "known.json"
    run(capsys, "known", "add", "x", "--address", TAG, "--file", book)
    one = run(capsys, "replay", log, "--known", book, "--json", "-")
    assert one == run(capsys, "replay", log, "--known", book, "--json", "-")


def test_a_replay_does_not_look_at_ones_own_list(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own.json"
    run(capsys, "known", "add", "x", "--address", TAG, "--file", own)
    monkeypatch.setattr("sweeper.known.home", lambda: own)
    assert levels(document(capsys, log)) == ["low"]


def test_a_frequency_and_a_kind(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    book = tmp_path / "known.json"
    words = ["--frequency", "433.92M", "--width", "12.5k", "--kind", "nfm", "--mark", "friendly"]
    assert run(capsys, "known", "add", "baby", *words, "--file", book)[0] == 0
    words = ["--kind", "airtag", "--place", "home", "--position", "43.2,76.9", "--mark", "false-alarm"]
    assert run(capsys, "known", "add", "door", *words, "--file", book)[0] == 0
    first, second = json.loads(book.read_text())["entries"]
    assert (first["center_hz"], first["width_hz"], first["medium"]) == (433.92e6, 12.5e3, "rf")
    assert (second["place"]["lat"], second["place"]["name"], second["id"]) == (43.2, "home", "K-002")


@pytest.mark.parametrize(
    "words",
    [
        ["add", "x"],
        ["add", "x", "--kind", "airtag"],
        ["add", "x", "--address", "zz"],
        ["add", "x", "--address", TAG, "--position", "1000,0"],
        ["add", "x", "--subject", "ble-0001"],
        ["add", "x", "--from", "/nonexistent", "--subject", "ble-0001"],
        ["remove", "nobody"],
        ["list", "--file", "/nonexistent/known.json"],
    ],
)
def test_what_cannot_be_done_is_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: list[str]
) -> None:
    file = [] if "--file" in words else ["--file", str(tmp_path / "known.json")]
    (tmp_path / "known.json").write_text('{"sweeper_known": 1}')
    code, _out, err = run(capsys, "known", *words, *file)
    assert code == 2
    assert err.count("\n") == 1


GPX = """<gpx version="1.1" creator="t" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>
<trkpt lat="43.0" lon="76.0"><time>2026-11-22T08:00:00Z</time></trkpt>
<trkpt lat="43.0" lon="76.1"><time>2026-11-22T08:00:40Z</time></trkpt></trkseg></trk></gpx>"""


def test_positions_of_a_log_reach_the_list(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, log: Path
) -> None:
    """The tag is heard over 8 km of the way; marked as one at its beginning, it is raised."""
    book, track = tmp_path / "known.json", tmp_path / "track.gpx"
    track.write_text(GPX)
    words = ["--address", TAG, "--mark", "false-alarm", "--place", "home", "--position", "43.0,76.0"]
    run(capsys, "known", "add", "door", *words, "--file", book)
    assert levels(document(capsys, log, "--known", book)) == ["info"]
    made = document(capsys, log, "--known", book, "--gps", track)
    assert levels(made) == ["medium"]
    (given,) = made["inputs"]  # type: ignore[misc]
    assert "outside the log of positions" not in str(given)


def test_gpsd_and_bad_logs_are_refused_for_recordings(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, log: Path
) -> None:
    bad = tmp_path / "bad.gpx"
    bad.write_text("<gpx")
    for gps in ("gpsd", str(bad), str(tmp_path / "none")):
        code, _out, err = run(capsys, "replay", str(log), "--gps", gps)
        assert code == 2
        assert err.count("\n") == 1
