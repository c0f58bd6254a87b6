"""WAV recordings: written by scipy, and byte by byte after the chunks' descriptions."""

import math
import struct
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.io import wavfile

from sweeper.errors import InputError, SweeperError
from sweeper.recording import probe
from sweeper.recording.wav import auxi as parse_auxi
from sweeper.records import IqBlock
from tests.recording.build import auxi, chunk, fmt, records, riff, samples

NOON = 1767268800.0
"""2026-01-01 12:00:00 UTC, by date(1)."""


@pytest.mark.parametrize(
    ("dtype", "name", "scale", "shift"),
    [
        (np.int16, "wav-cs16", 32768, 0),
        (np.int32, "wav-cs32", 2**31, 0),
        (np.float32, "wav-cf32", 1, 0),
        (np.float64, "wav-cf64", 1, 0),
        (np.uint8, "wav-cu8", 127.5, 127.5),
    ],
)
def test_what_scipy_writes(tmp_path: Path, dtype: type, name: str, scale: float, shift: float) -> None:
    path = tmp_path / "x.wav"
    rng = np.random.default_rng(1)
    raw = rng.integers(0, 256, (1_000, 2)) if dtype is np.uint8 else rng.normal(0, 0.1, (1_000, 2)) * scale
    pairs = raw.astype(dtype)
    wavfile.write(path, 96_000, pairs)
    found = probe(path, center_hz=7.1e6)
    assert (found.format, found.rate_hz, found.center_hz) == (name, 96_000, 7.1e6)
    expected = (pairs.astype(np.float64) - shift) / scale
    got = samples(path)
    assert np.allclose(got.real, expected[:, 0], atol=1e-6)
    assert np.allclose(got.imag, expected[:, 1], atol=1e-6)


def test_24_bits(tmp_path: Path) -> None:
    values = [-(2**23), 0, 2**23 - 1, 1]
    body = b"".join(struct.pack("<i", value)[:3] for value in values)
    path = tmp_path / "x.wav"
    path.write_bytes(riff(fmt(bits=24), chunk(b"data", body)))
    assert samples(path).view(np.float32).tolist() == [-1.0, 0.0, 1 - 2**-23, 2**-23]


def test_auxi_tells_centre_and_start(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(riff(fmt(), auxi(433_920_000), chunk(b"data", bytes(400))))
    found = probe(path)
    assert (found.center_hz, found.start_utc_s) == (433_920_000, NOON + 0.5)
    assert found.duration_s == 100 / 250_000


def test_auxi_of_sdr_console_is_xml(tmp_path: Path) -> None:
    text = (
        '<SDR-XML-Root><Definition CurrentTimeUTC="01-01-2026 12:00:00" RadioCenterFreq="433920000" '
        'SampleRate="250000"/></SDR-XML-Root>'
    )
    path = tmp_path / "x.wav"
    body = text.encode("utf-16")  # with its byte-order mark
    path.write_bytes(riff(fmt(), chunk(b"auxi", body), chunk(b"data", bytes(400))))
    found = probe(path)
    assert (found.center_hz, found.start_utc_s) == (433_920_000, NOON)


@pytest.mark.parametrize("body", [b"", b"\0" * 20, b"\0" * 164, b"\xff" * 164, b"\xff\xfe<x", b"<\0"])
def test_auxi_that_tells_nothing(body: bytes) -> None:
    center, start = parse_auxi(body)
    assert start is None
    assert center in (None, 2**32 - 1)


@given(st.binary(max_size=200))
def test_any_auxi_gives_a_frequency_and_a_time_or_nothing(body: bytes) -> None:
    center, start = parse_auxi(body)
    assert center is None or (math.isfinite(center) and center > 0)
    assert start is None or start >= datetime(1990, 1, 1, tzinfo=UTC).timestamp()


def test_the_chunk_counts_more_than_the_name(tmp_path: Path) -> None:
    path = tmp_path / "SDRSharp_20250101_120000Z_100000000Hz_IQ.wav"
    path.write_bytes(riff(fmt(), auxi(433_920_000), chunk(b"data", bytes(400))))
    assert probe(path).center_hz == 433_920_000
    path.write_bytes(riff(fmt(), auxi(0, year=0), chunk(b"data", bytes(400))))
    found = probe(path)
    assert found.center_hz == 100_000_000
    assert found.start_utc_s == NOON - 365 * 86_400


def test_rf64_beyond_four_gigabytes(tmp_path: Path) -> None:
    """The 64-bit sizes of EBU Tech 3306; the file is sparse."""
    size = 5 << 30
    ds64 = chunk(b"ds64", struct.pack("<QQQI", size + 80, size, size // 4, 0))
    head = b"RF64" + b"\xff" * 4 + b"WAVE" + ds64 + fmt() + b"data" + b"\xff" * 4
    path = tmp_path / "x.wav"
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + size)
    found = probe(path)
    assert found.duration_s == size / 4 / 250_000
    assert found.problems == ()


@pytest.mark.parametrize("told", [0, 0xFFFFFFFF])
def test_a_recorder_that_was_cut_off(tmp_path: Path, told: int) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(riff(fmt(), chunk(b"data", bytes(400), told)))
    made, problems = records(path)
    assert made[0].samples.size == 100  # type: ignore[attr-defined]
    assert problems == ("the recorder was cut off: the header tells no length, read to the file's end",)


def test_a_shortened_file(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    whole = riff(fmt(), chunk(b"data", bytes(400)))
    path.write_bytes(whole[:-101])
    made, problems = records(path)
    assert made[0].samples.size == 74  # type: ignore[attr-defined]
    assert len(problems) == 2
    assert problems[0].startswith("the file ends 101 bytes before its header says")
    assert problems[1].startswith("the last sample is cut: 3 of 4 bytes")


def test_chunks_in_any_order_and_of_any_kind(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(riff(chunk(b"LIST", b"odd"), chunk(b"data", bytes(400)), fmt(), auxi(100_000_000)))
    found = probe(path)
    assert (found.rate_hz, found.center_hz) == (250_000, 100_000_000)


def test_extensible_format_names_its_kind_later(tmp_path: Path) -> None:
    body = (
        struct.pack("<HHIIHHHHI", 0xFFFE, 2, 48_000, 384_000, 8, 32, 22, 32, 3)
        + struct.pack("<H", 3)
        + bytes(14)
    )
    path = tmp_path / "x.wav"
    path.write_bytes(riff(chunk(b"fmt ", body), chunk(b"data", struct.pack("<4f", 0.5, -0.5, 1, 2))))
    assert samples(path).tolist() == [0.5 - 0.5j, 1 + 2j]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (riff(fmt(channels=1), chunk(b"data", bytes(400))), "a mono WAV file"),
        (riff(fmt(channels=3), chunk(b"data", bytes(400))), "3 channels"),
        (riff(fmt(tag=85), chunk(b"data", bytes(400))), "kind 85"),
        (riff(fmt(bits=12), chunk(b"data", bytes(400))), "12 bits"),
        (riff(fmt(rate=0), chunk(b"data", bytes(400))), "rate of 0"),
        (riff(chunk(b"data", bytes(400))), "without a format"),
        (riff(fmt()), "without samples"),
        (riff(fmt(), chunk(b"data", b"")), "without samples"),
        (riff(chunk(b"fmt ", b"\1\0"), chunk(b"data", bytes(400))), "cut short"),
        (b"RIFF\0\0\0\0WAVE", "without a format"),
    ],
)
def test_what_is_no_iq_recording_is_refused_with_one_line(tmp_path: Path, body: bytes, said: str) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(body)
    with pytest.raises(InputError, match=said) as caught:
        probe(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@given(st.binary(max_size=300), st.integers(0, 80), st.binary(max_size=4))
def test_damaged_headers_give_samples_that_are_in_the_file_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, tail: bytes, at: int, put: bytes
) -> None:
    whole = bytearray(riff(fmt(), auxi(433_920_000), chunk(b"data", bytes(40))) + tail)
    whole[at : at + len(put)] = put
    path = tmp_path_factory.getbasetemp() / "damaged.wav"
    path.write_bytes(whole)
    try:
        made, _problems = records(path)
    except SweeperError as error:
        assert "\n" not in str(error)  # noqa: PT017  either outcome is an answer
        return
    blocks = [record for record in made if isinstance(record, IqBlock)]
    assert sum(block.samples.size for block in blocks) <= len(whole)
    assert all(math.isfinite(block.time_s) and block.rate_hz > 0 for block in blocks)


@pytest.mark.parametrize("mark", [b"", b"\xff\xfe"])
def test_an_auxi_chunk_of_xml_with_and_without_a_mark_of_its_byte_order(mark: bytes) -> None:
    text = '<Definition CurrentTimeUTC="22-11-2026 12:00:00" RadioCenterFreq="433920000" />'
    center_hz, start_s = parse_auxi(mark + text.encode("utf-16-le"))
    assert center_hz == 433.92e6
    assert start_s == 1_795_348_800.0
