"""What a file is: by content, by name, by the user; and one clear line for everything that is none."""

import gzip
import os
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sweeper.errors import InputError
from sweeper.recording import probe
from sweeper.text import english
from tests.recording.build import chunk, fmt, pcap, records, riff, samples

RNG = np.random.default_rng(5)
CU8 = (RNG.normal(0, 12, 20_000) + 127.5).round().astype(np.uint8).tobytes()
CF32 = RNG.normal(0, 0.1, 20_000).astype("<f4").tobytes()
CS16 = RNG.normal(0, 900, 20_000).astype("<i2").tobytes()


def said(path: Path | str, **overrides: Any) -> str:
    """The one line with which a file is refused."""
    with pytest.raises(InputError) as caught:
        probe(path, **overrides)
    line = str(caught.value)
    assert "\n" not in line
    assert line.isprintable()
    return line


@pytest.mark.parametrize("ending", ["iq", "raw", "bin", "dat", "data"])
@pytest.mark.parametrize(("body", "form"), [(CU8, "cu8"), (CF32, "cf32"), (CS16, "cs16")])
def test_content_decides_under_an_ambiguous_extension(
    tmp_path: Path, ending: str, body: bytes, form: str
) -> None:
    path = tmp_path / f"x_433.92M_1000k.{ending}"
    path.write_bytes(body)
    assert probe(path).format == form


@pytest.mark.parametrize(
    ("ending", "form"),
    [("cfile", "cf32"), ("complex", "cf32"), ("complex16s", "cs8"), ("complex32s", "cs16"),
     ("complex16u", "cu8"), ("cu8", "cu8"), ("CS16", "cs16"), ("c16", "cs16"), ("cf64", "cf64")],
)  # fmt: skip
def test_an_extension_names_its_format(tmp_path: Path, ending: str, form: str) -> None:
    path = tmp_path / f"x.{ending}"
    path.write_bytes(bytes(64))
    assert probe(path, rate_hz=1e6).format == form


def test_content_counts_more_than_the_extension(tmp_path: Path) -> None:
    path = tmp_path / "x_433.92M_250k.cu8"
    path.write_bytes(pcap([(1.7e9, b"frame")]))
    assert probe(path).format == "pcap"
    path.write_bytes(riff(fmt(), chunk(b"data", bytes(40))))
    assert probe(path).format == "wav-cs16"
    path.write_bytes(CF32)
    found = probe(path)
    assert found.format == "cf32"
    (line,) = found.problems
    assert english(line) == "named .cu8, but its content is cf32 and is read so; --format overrides"
    assert probe(path, format="cu8").format == "cu8"


def test_a_weak_signal_does_not_turn_the_name_over(tmp_path: Path) -> None:
    path = tmp_path / "x_433.92M_250k.cs8"
    path.write_bytes(CU8)
    assert probe(path).format == "cs8"


def test_the_user_counts_most(tmp_path: Path) -> None:
    path = tmp_path / "g001_433.92M_250k.cu8"
    path.write_bytes(CU8)
    found = probe(path, format="ci8", rate_hz=1e6, center_hz=868e6)
    assert (found.format, found.rate_hz, found.center_hz, found.duration_s) == ("cs8", 1e6, 868e6, 0.01)


def test_user_may_name_a_format_by_extension(tmp_path: Path) -> None:
    path = tmp_path / "x.unknown"
    path.write_bytes(CS16)
    assert probe(path, format="complex32s", rate_hz=1e6).format == "cs16"
    assert probe(path, format=".CS16", rate_hz=1e6).format == "cs16"
    assert samples(path, format="cs16_be", rate_hz=1e6)[0].real == np.frombuffer(CS16, ">i2")[0] / np.float32(
        32768
    )


def test_a_missing_rate_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "x.cs16"
    path.write_bytes(CS16)
    assert said(path) == f"{path}: the sample rate of this cs16 recording is not known; say --rate, as 2.4M"


def test_portapacks_text_file_tells_rate_and_centre(tmp_path: Path) -> None:
    (tmp_path / "BBD_0001.C16").write_bytes(CS16)
    (tmp_path / "BBD_0001.TXT").write_text("sample_rate=500000\ncenter_frequency=433920000\n")
    found = probe(tmp_path / "BBD_0001.C16")
    assert (found.format, found.rate_hz, found.center_hz) == ("cs16", 500e3, 433.92e6)


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        ({"rate_hz": 0.0}, "a rate of 0 S/s"),
        ({"rate_hz": -2.4e6}, "a rate of -2.4e+06 S/s"),
        ({"rate_hz": 1e15}, "a rate of 1e+15 S/s"),
        ({"rate_hz": float("nan")}, "a rate of nan S/s"),
        ({"rate_hz": float("inf")}, "a rate of inf S/s"),
        ({"center_hz": -1.0}, "a centre of -1 Hz"),
        ({"center_hz": float("nan")}, "a centre of nan Hz"),
        ({"center_hz": 1e18}, "a centre of 1e+18 Hz"),
        ({"format": "cx99"}, "format 'cx99' is not known"),
        ({"format": ""}, "format '' is not known"),
        ({"format": "pcap"}, "is not pcap at byte 0"),
    ],
)
def test_absurd_overrides(tmp_path: Path, overrides: dict[str, Any], line: str) -> None:
    path = tmp_path / "g001_433.92M_250k.cu8"
    path.write_bytes(CU8)
    assert line in said(path, **overrides)


@pytest.mark.parametrize(
    ("name", "body", "line"),
    [
        ("x.cu8", b"", "is empty at byte 0"),
        ("x.pcap", b"", "is empty at byte 0"),
        ("x_433M_250k.cu8", b"\x80", "too short for one sample of cu8 (1 bytes) at byte 0"),
        ("x_433M_250k.cf32", b"\x80", "too short for one sample of cf32 (1 bytes) at byte 0"),
        ("x.bin", b"\x80", "does not tell the sample format (too few bytes); say --format"),
        ("x.pcap", b"\x80", "is no packet capture"),
        ("x.wav", b"\x80", "no recording that is known here"),
        ("x.bin", bytes(5_000), "does not tell the sample format; say --format"),
        ("x.dat", RNG.integers(0, 256, 99_999, dtype=np.uint8).tobytes(), "say --format"),
        ("README", b"# Notes\n", "is text"),
        ("notes.md", "# Заметки об обследовании\n".encode() * 300, "is text"),
        ("x.csv", b"rssi_dbm,time,distance_m\n-74,2024-08-28,0\n", "is text"),
        ("x.jsonl", b'{"file": "x", "time_s": 1}\n', "is text"),
        ("x.cu8.gz", gzip.compress(CU8), "is compressed (gzip); unpack it first"),
        ("x.bin.gz", b"\x1f\x8b\x08\0\0\0", "is compressed (gzip) and damaged: "),
        ("x.bz2", b"BZh91AY&SY" + bytes(range(256)), "is compressed (bzip2) and damaged: "),
        ("x.png", b"\x89PNG\r\n\x1a\n" + bytes(99), "a picture"),
        ("x.xyz", CU8, "if it is raw IQ, say --format and --rate"),
    ],
)  # fmt: skip
def test_what_cannot_be_read(tmp_path: Path, name: str, body: bytes, line: str) -> None:
    path = tmp_path / name
    path.write_bytes(body)
    told = said(path)
    assert told.startswith(f"{path}: ")
    assert line in told


def test_what_is_no_file(tmp_path: Path) -> None:
    assert "is a folder" in said(tmp_path)
    assert "no such file" in said(tmp_path / "missing.cu8")
    fifo = tmp_path / "fifo.cu8"
    os.mkfifo(fifo)
    assert "is a pipe" in said(fifo)
    assert "is a device" in said("/dev/zero", format="cu8", rate_hz=1e6)
    loop = tmp_path / "loop.cu8"
    loop.symlink_to(loop)
    assert "symbolic links" in said(loop)
    assert "possible file name" in said("x\0y.cu8")
    assert "name too long" in said(tmp_path / ("x" * 300))
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "s"))
        assert "is a socket" in said(tmp_path / "s")


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "x.cu8"
    path.write_bytes(CU8)
    path.chmod(0)
    user = os.geteuid()
    if user == 0:  # root may read everything: be nobody for a moment
        os.seteuid(65_534)
    try:
        assert "permission denied" in said(path)
        assert "permission denied" in said(path, format="cu8", rate_hz=1e6)
    finally:
        os.seteuid(user)


def test_names_that_are_no_text(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/g001_433.92M_250k_\xff\xfe\n\x1b[2J.cu8"
    with open(raw, "wb") as file:
        file.write(CU8)
    found = probe(os.fsdecode(raw))
    assert found.name.isprintable()
    assert found.name.endswith("_\\xff\\xfe\\x0a\\x1b[2J.cu8")
    assert (found.center_hz, found.rate_hz) == (433.92e6, 250e3)
    assert samples(Path(os.fsdecode(raw))).size == 10_000
    with open(raw, "wb") as file:
        file.write(b"")
    assert "is empty" in said(os.fsdecode(raw))


def test_the_same_file_gives_the_same_records(tmp_path: Path) -> None:
    path = tmp_path / "g001_433.92M_250k.cu8"
    path.write_bytes(CU8)
    first, second = records(path), records(path)
    assert str(first) == str(second)
    assert np.array_equal(samples(path), samples(path))


RATES = {"gsm": None, "lte": 15.36e6, "misc": 4e6, "tpms": None, "urh": 1e6, "wifi": 20e6, "wmbus": None}


@pytest.mark.corpus
def test_every_iq_file_of_the_corpus_opens_as_its_list_says(corpus_path: Path) -> None:
    """Rates and centres as the corpus's README gives them; a rate that it gives and the name does not is the
    user's to say."""
    known = {
        "GSMSP_20070204_robert_dbsrx_941.0MHz_128.cfile": ("cf32", 500e3, 941e6, 0.160),
        "GSMSP_20070204_robert_dbsrx_953.6MHz_128.cfile": ("cf32", 500e3, 953.6e6, 0.160),
        "GSMSP_20070204_robert_dbsrx_937MHz_16.cfile": ("cf32", 4e6, 937e6, 0.020),
        "g001_433.92M_250k.cu8": ("cu8", 250e3, 433.92e6, 0.262144),
        "rtlsdr_868.625M_2M4_issue48.cu8": ("cu8", 2.4e6, 868.625e6, 0.0427),
        "rtlamr_912.6M_2359296.cu8": ("cu8", 2_359_296, 912.6e6, 0.121),
        "f1815.3_s19.2_bw20_0.08s_hackrf-1.bin": ("cs8", 19.2e6, 1815.3e6, 0.080),
        "GPS_L1_recording_10ms_4MHz_cf32.iq": ("cf32", 4e6, None, 0.010),
        "signal.10M.dat": ("cf32", 15.36e6, None, 0.0005),
    }
    folder = corpus_path / "rf"
    seen = 0
    asked: list[str] = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.suffix in (".jsonl", ".bz2", ".sigmf-meta"):
            continue
        try:
            found = probe(path)
        except InputError as error:
            asked.append(error.problem)
            found = probe(path, rate_hz=RATES[path.parent.name])
        seen += 1
        if path.name in known:
            form, rate, center, duration = known[path.name]
            assert (found.format, found.rate_hz, found.center_hz) == (form, rate, center)
            assert found.duration_s == pytest.approx(duration, abs=6e-4)
    assert seen == 51
    assert all("say --rate" in line for line in asked)
    assert len(asked) == 14
