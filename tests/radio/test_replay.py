"""Recordings as a source: Opened, records, Closed; stopping; folders with overrides; and any bytes at all."""

import asyncio
import hashlib
import json
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.errors import InputError, SweeperError
from sweeper.plan import SweepPlan
from sweeper.radio.replay import ReplaySource, open_recordings, source
from sweeper.records import AdvertisementBatch, Closed, FrameBatch, IqBlock, Medium, Opened, Record, Trace
from tests.recording.build import auxi, chunk, fmt, pcap, riff, sigmf_meta

CU8 = (np.random.default_rng(5).normal(0, 12, 20_000) + 127.5).round().astype(np.uint8).tobytes()
ADVERT = {"type": "advertisement", "time": 1.7e9, "address": "00:11:22:33:44:55"}


def heard(made: ReplaySource) -> list[Record]:
    async def run() -> list[Record]:
        return [record async for record in made.records(SweepPlan())]

    return asyncio.run(run())


def test_a_recording_is_opened_read_and_closed(tmp_path: Path) -> None:
    path = tmp_path / "g001_433.92M_250k.cu8"
    path.write_bytes(CU8 + b"\0")
    made = source(path)
    assert (made.info.name, made.info.medium, made.info.live, made.info.duration_s) == (
        str(path), Medium.RF, False, 0.04
    )  # fmt: skip
    opened, block, closed = heard(made)
    assert isinstance(opened, Opened)
    assert (opened.path, opened.format, opened.rate_hz, opened.center_hz) == (
        str(path),
        "cu8",
        250e3,
        433.92e6,
    )
    assert (opened.live, opened.demo, opened.duration_s) == (False, False, 0.04)
    assert isinstance(block, IqBlock)
    assert block.samples.size == 10_000
    assert isinstance(closed, Closed)
    assert (closed.records, closed.duration_s) == (10_000, 0.04)
    assert closed.problems == ("the last sample is cut: 1 of 2 bytes at byte 20000",)
    assert closed.sha256 == hashlib.sha256(CU8 + b"\0").hexdigest()
    assert {record.source for record in (opened, block, closed)} == {str(path)}


def test_channels_count_once(tmp_path: Path) -> None:
    (tmp_path / "x.sigmf-data").write_bytes(bytes(range(240)))
    sigmf_meta(tmp_path / "x.sigmf-meta", num_channels=2)
    made = ReplaySource(tmp_path / "x.sigmf-meta")
    closed = heard(made)[-1]
    assert isinstance(closed, Closed)
    assert closed.records == 30
    assert closed.sha256 == hashlib.sha256(bytes(range(240))).hexdigest()


def test_a_start_within_the_recording(tmp_path: Path) -> None:
    path = tmp_path / "g001_433.92M_250k.cu8"
    path.write_bytes(CU8)
    _, block, closed = heard(ReplaySource(path, start_s=0.03))
    assert (block.time_s, closed.time_s) == (0.03, 0.04)


def test_a_replay_can_be_stopped_between_blocks(tmp_path: Path) -> None:
    path = tmp_path / "long_433.92M_2400k.cu8"
    with path.open("wb") as file:
        file.truncate(1 << 30)

    async def run() -> int:
        count = 0

        async def follow() -> None:
            nonlocal count
            stream = ReplaySource(path).records(SweepPlan())
            try:
                async for _ in stream:
                    count += 1
            finally:
                await stream.aclose()

        task = asyncio.create_task(follow())
        while count < 5:
            await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        return count

    assert asyncio.run(run()) < 100


def test_a_file_that_goes_away_before_it_is_played(tmp_path: Path) -> None:
    path = tmp_path / "g001_433.92M_250k.cu8"
    path.write_bytes(CU8)
    made = ReplaySource(path)
    path.unlink()
    with pytest.raises(InputError, match="cannot be opened"):
        heard(made)


def test_a_folder_opens_what_it_holds_and_names_what_it_cannot(tmp_path: Path) -> None:
    (tmp_path / "a_433.92M_250k.cu8").write_bytes(CU8)
    (tmp_path / "b.cs16").write_bytes(CU8)
    (tmp_path / "c.pcap").write_bytes(pcap([(1.7e9, b"frame")]))
    (tmp_path / "d.wav").write_bytes(riff(fmt(rate=96_000), auxi(100_000_000), chunk(b"data", bytes(400))))
    (tmp_path / "e.pcap").write_bytes(b"")
    (tmp_path / "walk.jsonl").write_text(json.dumps(ADVERT) + "\n")
    opened, refused = open_recordings([tmp_path])
    assert [Path(one.info.name).name for one in opened] == [
        "a_433.92M_250k.cu8",
        "c.pcap",
        "d.wav",
        "walk.jsonl",
    ]
    assert [str(error) for error in refused] == [
        f"{tmp_path}/b.cs16: the sample rate of this cs16 recording is not known; say --rate, as 2.4M",
        f"{tmp_path}/e.pcap: is empty at byte 0",
    ]
    opened, refused = open_recordings([tmp_path], format_name="cs8", rate_hz=1e6)
    assert [(Path(one.path).name, one.format, one.rate_hz) for one in map(first, opened)] == [
        ("a_433.92M_250k.cu8", "cs8", 1e6),
        ("b.cs16", "cs8", 1e6),
        ("c.pcap", "pcap", None),
        ("d.wav", "wav-cs16", 96_000),
        ("walk.jsonl", "ble-jsonl", None),
    ]
    assert len(refused) == 1


def test_overrides_among_several_named_files_concern_the_headerless(tmp_path: Path) -> None:
    (tmp_path / "a.cu8").write_bytes(CU8)
    (tmp_path / "c.pcap").write_bytes(pcap([(1.7e9, b"frame")] * 40))
    both = [tmp_path / "a.cu8", tmp_path / "c.pcap"]
    opened, refused = open_recordings(both, format_name="cs8", rate_hz=1e6)
    assert [first(one).format for one in opened] == ["cs8", "pcap"]
    assert refused == []
    (alone,), _ = open_recordings(both[1:], format_name="cs8", rate_hz=1e6)
    assert first(alone).format == "cs8"


def test_overrides_fill_in_but_do_not_rename_a_folders_containers(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(riff(fmt(rate=96_000), chunk(b"data", bytes(400))))
    (tmp_path / "b.pcap").write_bytes(bytes(4_000))
    (tmp_path / "c.sigmf-data").write_bytes(bytes(400))
    sigmf_meta(tmp_path / "c.sigmf-meta", sample_rate=None)
    opened, refused = open_recordings([tmp_path], format_name="cu8", rate_hz=1e6, center_hz=1e8)
    assert [(one.format, one.rate_hz, one.center_hz) for one in map(first, opened)] == [
        ("wav-cs16", 96_000, 1e8),
        ("sigmf-cs16", 1e6, 1e8),
    ]
    assert ["b.pcap: is no packet capture" in str(error) for error in refused] == [True]


def first(made: object) -> Opened:
    assert isinstance(made, ReplaySource)
    opened = heard(made)[0]
    assert isinstance(opened, Opened)
    return opened


def test_an_empty_folder_is_said(tmp_path: Path) -> None:
    opened, refused = open_recordings([tmp_path])
    assert opened == []
    assert [str(error) for error in refused] == [f"{tmp_path}: a folder without recordings"]


def test_names_of_sources_differ_even_if_paths_look_alike(tmp_path: Path) -> None:
    (tmp_path / "a_433M_250k\x01.cu8").write_bytes(CU8)
    (tmp_path / "a_433M_250k\\x01.cu8").write_bytes(CU8)
    opened, _ = open_recordings([tmp_path])
    assert len({one.info.name for one in opened}) == 2


STARTS = (
    b"", b"RIFF\xff\xff\xff\xffWAVEfmt ", b"RF64\xff\xff\xff\xffWAVEds64",
    riff(fmt(), auxi(1), chunk(b"data", b"abcd")),
    pcap([(1.7e9, b"frame")] * 3), pcap([(1.7e9, b"frame")] * 3, 187), b"\n\r\r\n\x1c\0\0\0\x4d\x3c\x2b\x1a",
    b"btsnoop\0\0\0\0\1\0\0\3\xea", json.dumps(ADVERT).encode() + b"\n", b'{"type": "log"}\n',
    b"2026-01-01, 12:00:00, 100, 104, 1.00, 1, -1, -2, -3, -4\n", b"\x1f\x8b\x08\0", b"PK\3\4", b"BZh9",
    bytes(257) + b"ustar\0" + b"00" + bytes(300), b"\xfd7zXZ\0",
)  # fmt: skip
NAMES = (
    "x.cu8",
    "x.cf32",
    "x.bin",
    "x.wav",
    "x.pcap",
    "x.sigmf",
    "x.sigmf-data",
    "x.jsonl",
    "x.csv",
    "x.sigmf.gz",
)


@settings(max_examples=600, deadline=None)
@given(
    start=st.sampled_from(STARTS),
    at=st.integers(0, 400),
    put=st.binary(max_size=8),
    tail=st.binary(max_size=400),
    name=st.sampled_from(NAMES),
    form=st.sampled_from(
        (None, "cu8", "cf64", "pcap", "wav", "sigmf", "btsnoop", "ble-jsonl", "rtl-power-csv")
    ),
    rate=st.none() | st.floats() | st.just(1e6),
)
def test_any_file_is_read_or_refused_with_one_line(
    tmp_path_factory: pytest.TempPathFactory,
    start: bytes,
    at: int,
    put: bytes,
    tail: bytes,
    name: str,
    form: str | None,
    rate: float | None,
) -> None:
    whole = bytearray(start + tail)
    whole[at : at + len(put)] = put
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(whole)
    try:
        made = heard(ReplaySource(path, format_name=form, rate_hz=rate))
    except SweeperError as error:
        told = [str(error)]
    else:
        told = check(made)
    assert all(line.isprintable() for line in told)


def check(made: list[Record]) -> tuple[str, ...]:
    """What every replay owes: Opened first, Closed last, a count that is true, times that are numbers."""
    opened, *between, closed = made
    assert isinstance(opened, Opened)
    assert isinstance(closed, Closed)
    count = 0
    for record in between:
        assert np.isfinite(record.time_s)
        if isinstance(record, IqBlock):
            assert np.isfinite(record.samples.view(np.float32)).all()
            count += record.samples.size if record.channel == 0 else 0
        elif isinstance(record, AdvertisementBatch):
            count += len(record.adverts)
        elif isinstance(record, FrameBatch):
            assert len(record.frames) == len(record.times_s) == len(record.lengths)
            count += len(record.frames)
        else:
            assert isinstance(record, Trace)
            count += 1
    assert closed.records == count
    return closed.problems


@pytest.mark.corpus
@settings(max_examples=150, deadline=None)
@given(
    which=st.integers(0, 10**6),
    cut=st.integers(0, 4_096),
    at=st.integers(0, 200),
    put=st.binary(min_size=1, max_size=6),
)
def test_heads_of_real_recordings_with_flipped_bytes(
    corpus_path: Path, tmp_path_factory: pytest.TempPathFactory, which: int, cut: int, at: int, put: bytes
) -> None:
    heads = _heads(corpus_path)
    name, head = heads[which % len(heads)]
    body = bytearray(head[:cut])
    body[at : at + len(put)] = put
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(body)
    try:
        made = heard(ReplaySource(path))
    except SweeperError as error:
        assert "\n" not in str(error)  # noqa: PT017  either outcome is an answer
        return
    check(made)
    assert isinstance(made[0], Opened)


_KEPT: list[tuple[str, bytes]] = []


def _heads(corpus_path: Path) -> list[tuple[str, bytes]]:
    """Name and first 4 KiB of one in ten corpus files that are recordings."""
    if not _KEPT:
        paths = [
            p
            for p in sorted(corpus_path.rglob("*"))
            if p.is_file() and p.suffix not in (".md", ".sigmf-meta")
        ]
        for path in paths[::10]:
            with path.open("rb") as file:
                _KEPT.append((path.name, file.read(4_096)))
    return _KEPT
