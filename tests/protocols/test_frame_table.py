"""The table of frames: the standard's header lengths, agreement with tshark and with single reading."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.errors import ProtocolError
from sweeper.protocols import frame_table as ft
from sweeper.protocols import radiotap
from sweeper.protocols.pcap import Packet, packets

A, B, C, D = (bytes([2, 0, 0, 0, 0, n]) for n in (0xA, 0xB, 0xC, 0xD))


def number(address: bytes) -> int:
    return int.from_bytes(address, "big")


def one(frame: bytes, length: int | None = None) -> ft.FrameTable:
    return ft.table(105, [frame], [length or len(frame)])


@pytest.mark.parametrize(
    ("control", "flags", "header"),
    [
        (0x80, 0x00, 24),  # beacon
        (0xD0, 0x80, 28),  # action with HT control
        (0x08, 0x01, 24),  # data to the DS
        (0x08, 0x03, 30),  # four addresses
        (0x88, 0x01, 26),  # QoS
        (0x88, 0x03, 32),
        (0x88, 0x83, 36),  # QoS, four addresses, HT control
        (0x08, 0x81, 24),  # order bit without QoS is no HT control
        (0xB4, 0x00, 16),  # RTS
        (0xC4, 0x00, 10),  # CTS
        (0xD4, 0x00, 10),  # ACK
        (0x94, 0x00, 16),  # block ack
    ],
)
def test_header_lengths(control: int, flags: int, header: int) -> None:
    frame = bytes([control, flags, 0, 0]) + A + B + C + b"\x10\x00" + bytes(40)
    found = one(frame)
    assert found.ok[0]
    assert found.header[0] == header
    cut = one(frame[: header - 1])
    assert not cut.ok[0]


def test_addresses_and_fields() -> None:
    frame = b"\x88\x41\x34\x12" + A + B + C + b"\x50\x01" + b"\x06\x00" + b"payload"
    found = one(frame, 1500)
    assert (found.kind[0], found.subtype[0], found.flags[0], found.duration[0]) == (ft.DATA, 8, 0x41, 0x1234)
    assert [int(c[0]) for c in (found.receiver, found.transmitter, found.address3)] == [
        number(x) for x in (A, B, C)
    ]
    assert (found.sequence[0], found.tid[0]) == (0x15, 6)
    assert (found.start[0], found.stop[0], found.length[0]) == (0, len(frame), 1500)


def test_acknowledgements_name_no_sender() -> None:
    assert one(b"\xd4\x00\0\0" + A).transmitter[0] == 0


def test_a_bandwidth_signalling_sender_is_itself() -> None:
    rts = b"\xb4\x00\0\0" + A + bytes([B[0] | 1]) + B[1:]
    assert int(one(rts).transmitter[0]) == number(B)


def test_control_wrapper_is_read_as_what_it_carries() -> None:
    wrapped = b"\x74\x00\0\0" + A + b"\xb4\x00" + b"\1\2\3\4" + B
    found = one(wrapped)
    assert found.ok[0]
    assert (found.subtype[0], int(found.receiver[0]), int(found.transmitter[0])) == (11, number(A), number(B))


def test_fcs_is_left_off() -> None:
    header = struct.pack("<BBHIB", 0, 0, 9, 2, 0x10)
    frame = header + b"\x08\x01\0\0" + A + B + C + b"\0\0" + b"data" + b"FCS!"
    found = ft.table(127, [frame], [len(frame)])
    assert (found.stop[0], found.length[0]) == (len(frame) - 4, 28)
    cut = ft.table(127, [frame], [len(frame) + 100])
    assert (cut.stop[0], cut.length[0]) == (len(frame), 128)


@pytest.mark.parametrize("frame", [b"", b"\x81\0\0\0" + bytes(40), b"\x80\0"])
def test_what_is_no_frame(frame: bytes) -> None:
    assert not one(frame).ok[0]


@given(st.lists(st.binary(max_size=120), min_size=1, max_size=8), st.sampled_from([105, 119, 127, 192]))
def test_agrees_with_reading_one_by_one(frames: list[bytes], link_type: int) -> None:
    found = ft.table(link_type, frames, [len(f) for f in frames])
    for row, frame in enumerate(frames):
        try:
            radio = radiotap.header(link_type, frame)
        except ProtocolError:
            assert not found.ok[row]
            continue
        assert found.start[row] == radio.start
        assert found.fcs[row] == radio.fcs
        assert found.bad[row] == radio.bad
        assert found.signal_dbm[row] == (ft.NO_SIGNAL if radio.signal_dbm is None else radio.signal_dbm)
        assert found.freq_mhz[row] == (radio.freq_mhz or 0)
        assert found.rate_mbps[row] == pytest.approx(radio.rate_mbps or 0, abs=0.06)


@given(st.binary(min_size=1, max_size=7), st.data())
def test_radiotap_with_many_words(words: bytes, data: st.DataObject) -> None:
    """Headers whose present words are plausible: the columns and the one-by-one reader agree."""
    chain = [w * 0x01010101 & 0x5FFFFFFF for w in words]
    chain = [w | 1 << 31 for w in chain[:-1]] + [chain[-1]]
    body = struct.pack(f"<{len(chain)}I", *chain) + data.draw(st.binary(max_size=150))
    frame = struct.pack("<BBH", 0, 0, 4 + len(body)) + body + b"\x80\0\0\0" + A + B + C + bytes(14)
    found = ft.table(127, [frame], [len(frame)])
    assert found.start[0] in (0, 4 + len(body))
    test_agrees_with_reading_one_by_one.hypothesis.inner_test([frame, frame[:-3]], 127)


def test_an_aggregate_is_one_frame_of_its_sender() -> None:
    """A-MSDU (QoS control, bit 7): two subframes, as 802.11-2020 9.3.2.2 lays them out, and an FCS."""
    subframes = b"".join(B + C + struct.pack(">H", 40) + bytes(40 + 2) for _ in range(2))
    frame = b"\x88\x01\0\0" + A + B + C + b"\x10\0" + b"\x85\0" + subframes + b"FCS!"
    head = struct.pack("<BBHIB", 0, 0, 9, 1 << 1, 0x10)
    found = ft.table(127, [head + frame], [len(head + frame)])
    assert bool(found.ok[0])
    assert (int(found.tid[0]), int(found.header[0])) == (5, 26)
    assert int(found.length[0] - found.header[0]) == len(subframes)
    assert int(found.transmitter[0]).to_bytes(6, "big") == B


def test_a_vendors_namespace_and_an_antennas_behind_it() -> None:
    """Standard fields, then a vendor's set of unknown length, then an antenna: the first set is read."""
    words = struct.pack("<III", 1 << 31 | 1 << 30 | 0b101010, 1 << 31 | 1 << 29 | 0xFF, 1 << 5 | 1 << 11)
    fields = struct.pack("<BxHHbx", 0x10, 2437, 0, -42) + b"\0\x10\x18\x01\x04\0" + b"vend" + bytes([200, 1])
    head = struct.pack("<BBH", 0, 0, 4 + len(words) + len(fields)) + words + fields
    beacon = b"\x80\0\0\0" + A + B + C + bytes(14) + b"FCS!"
    found = ft.table(127, [head + beacon], [len(head + beacon)])
    assert (bool(found.ok[0]), int(found.signal_dbm[0]), int(found.freq_mhz[0])) == (True, -42, 2437)
    assert int(found.stop[0] - found.start[0]) == len(beacon) - 4


def _read(path: Path) -> list[Packet]:
    found: list[Packet] = []
    try:
        with path.open("rb") as stream:
            found.extend(packets(stream))
    except ProtocolError:
        pass
    return found


@pytest.mark.corpus
@pytest.mark.parametrize(
    "name",
    [
        "aircrack/test1.pcap",
        "aircrack/wpa-psk-linksys.cap",
        "aircrack/wpa3-psk.pcap",
        "aircrack/capture_wds-01.cap",
        "tcpdump/ieee802.11_exthdr.pcap",
        "tcpdump/ieee802.11_htc.pcap",
        "taxonomy/Nest Cam IQ 5GHz Google Wifi sw preprod hw preprod Broadcast Probe.pcap",
    ],
)
def test_agrees_with_tshark(corpus_path: Path, name: str) -> None:
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed")
    path = corpus_path / "wifi" / name
    fields = (
        "wlan.fc.type_subtype",
        "wlan.ta",
        "wlan.ra",
        "wlan.seq",
        "radiotap.dbm_antsignal",
        "wlan_radio.frequency",
    )
    arguments = [word for field in fields for word in ("-e", field)]
    told = subprocess.run(
        ["tshark", "-n", "-r", path, "-T", "fields", "-E", "occurrence=f", *arguments],
        capture_output=True, text=True, check=False,
    ).stdout.splitlines()  # fmt: skip
    captured = _read(path)
    found = ft.table(captured[0].link_type, [p.data for p in captured], [p.length for p in captured])
    compared = 0
    for row, line in enumerate(told):
        kind, sender, receiver, sequence, signal, frequency = line.split("\t")
        if not found.ok[row] or not kind:
            continue
        compared += 1
        assert int(kind, 0) == found.kind[row] << 4 | found.subtype[row]
        assert (sender or "00:00:00:00:00:00") == int(found.transmitter[row]).to_bytes(6, "big").hex(":")
        if receiver:
            assert receiver == int(found.receiver[row]).to_bytes(6, "big").hex(":")
        if sequence:
            assert int(sequence) == found.sequence[row]
        if signal:
            assert int(signal) == found.signal_dbm[row]
        if frequency and found.freq_mhz[row]:
            assert int(frequency) == found.freq_mhz[row]
    assert compared >= 0.9 * len(told)
    assert np.count_nonzero(found.ok) == compared
