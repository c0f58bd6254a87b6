"""Recorded packets: what was written is what is read, and what people say to one another is not in it."""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.errors import ProtocolError
from sweeper.jobs import packets
from sweeper.jobs.packets import Packets
from sweeper.protocols.pcap import packets as read_packets
from sweeper.recording.advert_log import parse
from sweeper.records import Advertisement, AdvertisementBatch, FrameBatch, Medium, Opened, Place

ADVERTS = st.builds(
    Advertisement,
    time_s=st.floats(0, 1e6).map(lambda seconds: round(seconds, 6)),
    address=st.from_regex(r"([0-9A-F]{2}:){5}[0-9A-F]{2}", fullmatch=True),
    address_type=st.sampled_from([None, "random", "public"]),
    rssi_dbm=st.none() | st.integers(-127, 20),
    data=st.binary(max_size=100),
    channel=st.none() | st.integers(0, 39),
    place=st.none() | st.builds(Place, name=st.text(min_size=1, max_size=20)),
    hint=st.text(max_size=20),
)


@given(ADVERTS, st.sampled_from([0.0, 1_669_209_443.77]))
def test_an_advertisement_is_read_as_it_was_heard(advert: Advertisement, start_s: float) -> None:
    line = packets.line(advert, start_s)
    assert line.count(b"\n") == 1
    read = parse(line)
    assert read is not None
    assert abs(read.time_s - start_s - advert.time_s) < 2e-6
    for name in ("address", "address_type", "rssi_dbm", "data", "channel", "place", "hint"):
        assert getattr(read, name) == getattr(advert, name), name


FRAMES = st.lists(st.tuples(st.floats(0, 1e5), st.binary(max_size=300), st.integers(0, 2000)), max_size=8)


@given(FRAMES, st.lists(st.sampled_from([127, 105, 1]), min_size=1, max_size=3, unique=True))
def test_what_is_written_is_read_by_the_reader_of_captures(
    frames: list[tuple[float, bytes, int]], links: list[int]
) -> None:
    written = packets.section()
    for number, link in enumerate(links):
        written += packets.interface(link)
        for time_s, frame, length in frames:
            written += packets.packet(number, time_s, frame, length)
    read = list(read_packets(io.BytesIO(written)))
    assert len(read) == len(links) * len(frames)
    expected = [(link, *frame) for link in links for frame in frames]
    for packet, (link, time_s, frame, length) in zip(read, expected, strict=True):
        assert packet.link_type == link
        assert packet.data == frame
        assert packet.length == max(length, len(frame))
        assert abs(packet.time_s - time_s) <= 1e-6


SECRET = b"GET /private HTTP/1.1"


@pytest.mark.parametrize(
    ("medium", "link", "frame", "kept"),
    [
        (Medium.WIFI, 105, b"\x08\x00" + bytes(22) + bytes(80) + SECRET, False),  # data
        (Medium.WIFI, 105, b"\x88\x41" + bytes(24) + bytes(80) + SECRET, False),  # protected QoS data
        (Medium.WIFI, 127, b"\x00\x00\x08\x00" + bytes(4) + b"\x08\x00" + bytes(102) + SECRET, False),
        (Medium.WIFI, 105, b"\x80\x00" + bytes(100) + SECRET, True),  # a beacon
        (Medium.LAN, 1, b"\x00" * 12 + b"\x08\x00" + bytes(80) + SECRET, False),  # to one machine
        (Medium.LAN, 1, b"\xff" * 6 + bytes(8) + bytes(80) + SECRET, True),  # to everybody
    ],
)
def test_the_content_of_traffic_is_not_kept(medium: Medium, link: int, frame: bytes, kept: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        sink = Packets(Path(folder), 1)
        sink(Opened(source="w", time_s=0.0, medium=medium, start_utc_s=1.7e9))
        sink(
            FrameBatch(
                source="w",
                time_s=0.0,
                medium=medium,
                link_type=link,
                times_s=(0.5,),
                frames=(frame,),
                lengths=(len(frame),),
            )
        )
        sink.close()
        assert sink.problem is None
        (path,) = Path(folder).iterdir()
        assert (SECRET in path.read_bytes()) is kept
        with path.open("rb") as stream:
            (packet,) = read_packets(stream)
    assert packet.length == len(frame), "how long it was is kept"


def test_a_recording_cut_anywhere_is_read_up_to_there() -> None:
    whole = packets.section() + packets.interface(105)
    ends = []
    for number in range(5):
        whole += packets.packet(0, float(number), bytes(40 + number), 0)
        ends.append(len(whole))
    for cut in range(len(packets.section()) + len(packets.interface(105)), len(whole) + 1):
        stream, count = read_packets(io.BytesIO(whole[:cut])), 0
        with suppress(ProtocolError):  # the reader may say that the last block is cut
            while next(stream, None) is not None:
                count += 1
        assert count >= sum(end <= cut for end in ends)


@pytest.mark.skipif(shutil.which("capinfos") is None, reason="no capinfos here")
def test_wiresharks_own_tool_reads_the_file(tmp_path: Path) -> None:
    sink = Packets(tmp_path, 1)
    sink(Opened(source="b", time_s=0.0, medium=Medium.WIFI, start_utc_s=1.7e9))
    for link in (105, 127):
        sink(
            FrameBatch(
                source="b",
                time_s=0.0,
                medium=Medium.WIFI,
                link_type=link,
                times_s=(1.0, 2.0),
                frames=(b"\x80\x00" + bytes(30), b"\x80\x00" + bytes(31)),
                lengths=(32, 33),
            )
        )
    sink(AdvertisementBatch(source="b", time_s=0.0, adverts=()))
    sink.close()
    path = tmp_path / "sweep-001-wifi.pcapng"
    done = subprocess.run(
        ["capinfos", "-c", "-t", "-M", str(path)], capture_output=True, text=True, check=True
    )
    assert "pcapng" in done.stdout
    assert "Number of packets:   4" in done.stdout
