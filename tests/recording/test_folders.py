"""A folder stands for the recordings in it; what is named is always an input."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from sweeper.recording import Input, expand
from tests.recording.build import chunk, fmt, pcap, riff, sigmf_meta

CU8 = (np.random.default_rng(5).normal(0, 12, 4_000) + 127.5).round().astype(np.uint8).tobytes()


def folder(place: Path) -> None:
    """Recordings of every kind beside files that are none."""
    (place / "sub").mkdir()
    (place / "b.cu8").write_bytes(CU8)
    (place / "a.pcap").write_bytes(pcap([]))
    (place / "sub" / "capture").write_bytes(pcap([(1.7e9, b"x")]))
    (place / "walk.jsonl").write_text(json.dumps({"type": "advertisement", "time": 1, "address": "x"}) + "\n")
    (place / "sweep.csv").write_text("2026-01-01, 12:00:00, 100, 104, 1.00, 1, -1, -2, -3, -4\n")
    (place / "iq.wav").write_bytes(riff(fmt(), chunk(b"data", bytes(8))))
    (place / "x.dat").write_bytes(CU8)
    (place / "s.sigmf-data").write_bytes(bytes(8))
    sigmf_meta(place / "s.sigmf-meta")
    (place / "README.md").write_text("# Notes\n")
    (place / "truth.json").write_text("{}")
    (place / "truth.jsonl").write_text('{"file": "b.cu8", "time_s": 1}\n')
    (place / "table.csv").write_text("a,b\n1,2\n")
    (place / "room.wav").write_bytes(riff(fmt(channels=1), chunk(b"data", bytes(8))))
    (place / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    (place / "zeros.bin").write_bytes(bytes(4_096))
    (place / ".hidden.cu8").write_bytes(CU8)


def test_all_recordings_once_by_name(tmp_path: Path) -> None:
    folder(tmp_path)
    found = [str(entry.path.relative_to(tmp_path)) for entry in expand([tmp_path])]
    assert found == [
        "a.pcap", "b.cu8", "iq.wav", "s.sigmf-meta", "sweep.csv", "walk.jsonl", "x.dat", "sub/capture"
    ]  # fmt: skip
    assert not any(entry.named for entry in expand([tmp_path]))


def test_what_is_named_is_an_input_whatever_it_is(tmp_path: Path) -> None:
    folder(tmp_path)
    assert expand([tmp_path / "README.md", tmp_path / "gone"]) == [
        Input(tmp_path / "README.md"),
        Input(tmp_path / "gone"),
    ]


def test_damaged_recordings_are_not_passed_over_in_silence(tmp_path: Path) -> None:
    (tmp_path / "a.pcap").write_bytes(b"")
    (tmp_path / "b.cu8").write_bytes(b"")
    (tmp_path / "c.wav").write_bytes(b"RIFF\0\0\0\0WAVE")
    (tmp_path / "d.sigmf-meta").write_text("{")
    (tmp_path / "e.sigmf-data").write_bytes(b"")
    (tmp_path / "f.WAV").write_bytes(b"begins with something else")
    names = [entry.path.name for entry in expand([tmp_path])]
    assert names == ["a.pcap", "b.cu8", "c.wav", "d.sigmf-meta", "e.sigmf-data", "f.WAV"]


def test_nothing_comes_twice(tmp_path: Path) -> None:
    folder(tmp_path)
    twice = expand([tmp_path / "b.cu8", tmp_path / "s.sigmf-data", tmp_path, tmp_path / "s.sigmf-meta"])
    names = [entry.path.name for entry in twice]
    assert names.count("b.cu8") == 1
    assert sum(name.startswith("s.sigmf") for name in names) == 1


def test_loops_of_links_end(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "up").symlink_to(tmp_path)
    (tmp_path / "self.cu8").symlink_to(tmp_path / "self.cu8")
    (tmp_path / "b.cu8").write_bytes(CU8)
    os.mkfifo(tmp_path / "pipe.cu8")
    (tmp_path / "linked.cu8").symlink_to(tmp_path / "b.cu8")
    names = [entry.path.name for entry in expand([tmp_path])]
    assert names == ["b.cu8", "linked.cu8", "pipe.cu8", "self.cu8"]


def test_an_empty_folder(tmp_path: Path) -> None:
    assert expand([tmp_path]) == []


@pytest.mark.corpus
def test_the_corpus_by_folder(corpus_path: Path) -> None:
    """16 walks and none of the tables; 30 tyre-pressure recordings and not the list beside them."""
    assert len(expand([corpus_path / "ble"])) == 16
    tpms = expand([corpus_path / "rf/tpms"])
    assert len(tpms) == 30
    assert all(entry.path.suffix == ".cu8" for entry in tpms)
