"""btsnoop files written by hand and read by capinfos, too."""

from __future__ import annotations

import contextlib
import io
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.errors import ProtocolError
from sweeper.protocols import ble_capture, btsnoop

EVENT = bytes.fromhex("043e0e0201000106050403020102" + "0000" + "c4")
START_S = 1_700_000_000


def snoop(link: int, *records: tuple[int, bytes]) -> bytes:
    out = b"btsnoop\0" + struct.pack(">II", 1, link)
    for n, (flags, data) in enumerate(records):
        stamp = (START_S + n) * 1_000_000 + 0x00DCDDB30F2F8000
        out += struct.pack(">IIIIQ", len(data), len(data), flags, 0, stamp) + data
    return out


def test_h4_records() -> None:
    found = list(btsnoop.packets(io.BytesIO(snoop(1002, (3, EVENT), (2, b"\x01\x03\x0c\x00")))))
    assert [(p.time_s, p.link_type) for p in found] == [(START_S, 187), (START_S + 1, 187)]
    heard = ble_capture.adverts(found[0])
    assert [(a.address, a.rssi_dbm, a.time_s) for a in heard] == [("01:02:03:04:05:06", -60, START_S)]


@pytest.mark.parametrize(("link", "flags"), [(1001, 3), (2001, 3)])
def test_records_without_a_type_byte(link: int, flags: int) -> None:
    found = list(btsnoop.packets(io.BytesIO(snoop(link, (flags, EVENT[1:])))))
    assert [p.data for p in found] == [EVENT]


def test_monitor_records_that_are_no_events() -> None:
    assert list(btsnoop.packets(io.BytesIO(snoop(2001, (0, b"x"), (2, b"\x01"))))) == []


def test_wireshark_reads_the_same_time(tmp_path: Path) -> None:
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed")
    path = tmp_path / "x.log"
    path.write_bytes(snoop(1002, (3, EVENT)))
    command = ["tshark", "-r", str(path), "-T", "fields", "-e", "frame.time_epoch", "-e", "bthci_evt.bd_addr"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    time, address = done.stdout.split()
    assert float(time) == START_S
    assert address == "01:02:03:04:05:06"


@pytest.mark.parametrize(("cut", "offset"), [(10, 10), (20, 16), (45, 16)])
def test_a_cut_file_says_where(cut: int, offset: int) -> None:
    with pytest.raises(ProtocolError) as caught:
        list(btsnoop.packets(io.BytesIO(snoop(1002, (3, EVENT))[:cut])))
    assert caught.value.offset == offset


def test_unknown_data_link_and_absurd_length() -> None:
    with pytest.raises(ProtocolError, match="data link 7"):
        list(btsnoop.packets(io.BytesIO(snoop(7))))
    record = struct.pack(">IIIIQ", 1, 1 << 30, 0, 0, 0)
    with pytest.raises(ProtocolError, match="bytes"):
        list(btsnoop.packets(io.BytesIO(snoop(1002) + record)))


@given(st.binary(max_size=120))
def test_only_its_own_error(data: bytes) -> None:
    whole = b"btsnoop\0\0\0\0\1\0\0\3\xea" + data
    read = 0
    with contextlib.suppress(ProtocolError):
        for packet in btsnoop.packets(io.BytesIO(whole)):
            read += 24 + len(packet.data)
    assert read <= len(data), "no packet is made of bytes that are not there"
