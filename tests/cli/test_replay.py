"""The command line's contract: documents, exit codes, one clear line for whatever is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sweeper.cli import main

KEYS = {"sweeper", "inputs", "coverage", "emissions", "devices", "findings", "status"}
SEPARATED_AIRTAG = "1eff4c00121910000102030405060708090a0b0c0d0e0f1011121314150300"


def noise(path: Path, seconds: float = 0.1, rate: float = 250e3) -> Path:
    """Receiver noise as an RTL-SDR's 8-bit samples, four steps wide, from a fixed seed."""
    generator = np.random.Generator(np.random.PCG64(7))
    values = generator.normal(127.5, 4.0, int(2 * seconds * rate))
    np.clip(np.round(values), 0, 255).astype(np.uint8).tofile(path)
    return path


def tag_log(path: Path, seconds: int = 20) -> Path:
    """An AirTag away from its owner, each two seconds, as a log line each."""
    rows = [
        {
            "type": "advertisement",
            "time": 1_700_000_000.0 + t,
            "address": "C1:02:03:04:05:06",
            "address_type": "random",
            "rssi_dbm": -60,
            "data": SEPARATED_AIRTAG,
        }
        for t in range(0, seconds, 2)
    ]
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n")
    return path


def run(capsysbinary: pytest.CaptureFixture[bytes], *words: str) -> tuple[int, str, str]:
    code = main(list(words))
    out, err = capsysbinary.readouterr()
    return code, out.decode(), err.decode()


def test_the_document_has_the_contracts_keys_and_nothing_else_on_standard_output(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = noise(tmp_path / "noise_433.92M_250k.cu8")
    code, out, err = run(capsysbinary, "replay", str(path), "--json", "-")
    document = json.loads(out)
    assert set(document) >= KEYS
    assert code == 0, document["findings"]
    assert err == ""
    (given,) = document["inputs"]
    assert given["path"] == str(path)
    assert (given["medium"], given["format"], given["rate_hz"]) == ("rf", "cu8", 250e3)
    assert given["center_hz"] == 433.92e6
    assert given["duration_s"] == pytest.approx(0.1)
    assert given["records"] == 25_000
    (row,) = document["coverage"]
    assert (row["start_hz"], row["stop_hz"]) == (433.795e6, 434.045e6)
    assert document["emissions"] == [], "noise is no emission"


def test_a_finding_is_explained_and_exits_with_one(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = tag_log(tmp_path / "walk.jsonl")
    code, out, _ = run(capsysbinary, "replay", str(path), "--json", "-")
    document = json.loads(out)
    assert code == 1
    (finding,) = document["findings"]
    assert finding["kind"] == "tracker"
    assert finding["level"] == "low"
    assert len(finding["benign"]) >= 2
    assert finding["why"]
    assert finding["next"]
    assert finding["signature"]
    (device,) = [d for d in document["devices"] if d["id"] == finding["subject"]]
    assert (device["address"], device["kind"], device["state"]) == (
        "C1:02:03:04:05:06",
        "airtag",
        "separated",
    )
    assert device["sightings"] == 10


def test_the_same_recording_gives_the_same_bytes(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    tag_log(tmp_path / "walk.jsonl")
    noise(tmp_path / "noise_433.92M_250k.cu8")
    first = run(capsysbinary, "replay", str(tmp_path), "--json", "-")
    second = run(capsysbinary, "replay", str(tmp_path), "--json", "-")
    assert first == second
    environment = {**os.environ, "PYTHONHASHSEED": "4242"}
    third = subprocess.run(
        [sys.executable, "-m", "sweeper", "replay", str(tmp_path), "--json", "-"],
        capture_output=True,
        check=False,
        env=environment,
        timeout=600,
    )
    assert third.stdout.decode() == first[1]


def test_each_input_is_a_document_a_line(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    tag_log(tmp_path / "b.jsonl")
    noise(tmp_path / "a_433.92M_250k.cu8")
    code, out, _ = run(capsysbinary, "replay", "--each", str(tmp_path), "--json", "-")
    documents = [json.loads(line) for line in out.splitlines()]
    assert [d["inputs"][0]["medium"] for d in documents] == ["rf", "ble"]
    assert [len(d["findings"]) for d in documents] == [0, 1]
    assert code == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.cu8", b""),
        ("one.pcap", b"\xd4"),
        ("broken.sigmf-meta", b"{"),
        ("text.wav", b"not a wave file at all"),
        ("noise.pcapng", b"\x0a\x0d\x0d\x0a\xff\xff\xff\xff" * 4),
    ],
)
def test_bad_input_is_one_clear_line_and_the_others_are_still_processed(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes], name: str, content: bytes
) -> None:
    bad = tmp_path / name
    bad.write_bytes(content)
    good = tag_log(tmp_path / "walk.jsonl")
    code, out, err = run(capsysbinary, "replay", str(bad), str(good), "--json", "-")
    assert code == 2
    assert len(err.splitlines()) == 1
    assert name in err
    assert "Traceback" not in err
    document = json.loads(out)
    assert len(document["findings"]) == 1, "the good input was processed"
    assert [i["problems"] != [] for i in document["inputs"] if name in i["path"]] == [True]


@pytest.mark.parametrize("rate", ["0", "-5", "nan", "1e15", "many"])
def test_an_absurd_rate_is_refused(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes], rate: str
) -> None:
    path = noise(tmp_path / "noise.cu8")
    code, _, err = run(capsysbinary, "replay", str(path), f"--rate={rate}", "--json", "-")
    assert code == 2
    assert len(err.splitlines()) == 1


def test_missing_and_unreadable_paths_are_named(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    code, _, err = run(capsysbinary, "replay", str(tmp_path / "absent.cu8"))
    assert code == 2
    assert "absent.cu8" in err
    code, _, err = run(capsysbinary, "replay")
    assert code == 2
    assert len(err.splitlines()) == 1


def test_a_name_that_is_no_utf8_is_still_read(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/bad\xff_433.92M_250k.cu8"
    noise(tmp_path / "plain.cu8").rename(os.fsdecode(raw))
    done = subprocess.run(
        [sys.executable.encode(), b"-m", b"sweeper", b"replay", raw, b"--json", b"-"],
        capture_output=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["inputs"][0]["center_hz"] == 433.92e6


def test_a_person_reads_what_was_found_and_what_was_not_swept(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    quiet = noise(tmp_path / "noise_433.92M_250k.cu8")
    _, out, _ = run(capsysbinary, "replay", str(quiet))
    assert "No device was found." in out
    assert "Not swept: Bluetooth, Wi-Fi." in out
    _, out, _ = run(capsysbinary, "--lang", "ru", "replay", str(quiet))
    assert "устройства не обнаружены" in out.lower()
    _, out, _ = run(capsysbinary, "--lang", "kk", "replay", str(quiet))
    assert "құрылғы анықталған жоқ" in out.lower()


def test_a_report_is_written_where_asked(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    target = tmp_path / "new" / "report.html"
    code, _, err = run(capsysbinary, "replay", str(tag_log(tmp_path / "w.jsonl")), "--report", str(target))
    assert code == 1
    assert str(target) in err
    text = target.read_text(encoding="utf-8")
    assert text.lstrip().lower().startswith("<!doctype html>")
    assert "http://" not in text.replace("http://www.w3.org/", "")
