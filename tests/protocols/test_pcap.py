"""Capture files against the specification, Wireshark's own writers, and bytes of no format at all."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.errors import ProtocolError
from sweeper.protocols.pcap import Packet, is_capture, packets


def read(data: bytes) -> tuple[list[Packet], ProtocolError | None]:
    """What can be read, and the complaint about the rest."""
    found: list[Packet] = []
    try:
        found.extend(packets(io.BytesIO(data)))
    except ProtocolError as error:
        return found, error
    return found, None


def pcap(order: str = "<", magic: int = 0xA1B2C3D4, link: int = 127, fraction: int = 250_000) -> bytes:
    """Two packets, of 3 and 1 bytes; the second was cut from 1500."""
    head = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link)
    first = struct.pack(order + "IIII", 1_700_000_000, fraction, 3, 3) + b"abc"
    return head + first + struct.pack(order + "IIII", 1_700_000_001, 0, 1, 1500) + b"d"


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    body += b"\0" * (-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def section(order: str = "<") -> bytes:
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(link: int, order: str = "<", options: bytes = b"", snaplen: int = 0) -> bytes:
    return block(1, struct.pack(order + "HHI", link, 0, snaplen) + options, order)


def enhanced(index: int, ticks: int, data: bytes, order: str = "<", options: bytes = b"") -> bytes:
    head = struct.pack(order + "IIIII", index, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
    return block(6, head + data + b"\0" * (-len(data) % 4) + options, order)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("magic", "fraction"), [(0xA1B2C3D4, 250_000), (0xA1B23C4D, 250_000_000)])
def test_both_orders_and_clocks(order: str, magic: int, fraction: int) -> None:
    found, error = read(pcap(order, magic, fraction=fraction))
    assert error is None
    assert found[0].time_s == 1_700_000_000.25
    assert [(p.link_type, p.data, p.length) for p in found] == [(127, b"abc", 3), (127, b"d", 1500)]


def test_fcs_bits_are_not_part_of_the_link_type() -> None:
    found, _ = read(pcap(link=0x3000_007F))
    assert {p.link_type for p in found} == {127}


def test_a_cut_packet_is_reported_where_it_starts() -> None:
    found, error = read(pcap()[:-1])
    assert [p.data for p in found] == [b"abc"]
    assert error is not None
    assert error.offset == 24 + 16 + 3


def test_absurd_length_is_refused_without_being_read() -> None:
    data = pcap()[:24] + struct.pack("<IIII", 1, 1, 0xFFFF_FFF0, 0xFFFF_FFF0) + b"x"
    found, error = read(data)
    assert not found
    assert error is not None
    assert "4294967280" in error.problem
    assert error.offset == 24


@pytest.mark.parametrize("data", [b"", b"\xd4", b"RIFF....WAVE", b"\xd4\xc3\xb2\xa1\x02\x00"])
def test_no_capture_at_all(data: bytes) -> None:
    found, error = read(data)
    assert not found
    assert error is not None


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng_interfaces_and_clocks(order: str) -> None:
    nanoseconds = struct.pack(order + "HHB3x", 9, 1, 9)
    shifted = struct.pack(order + "HHq", 14, 8, 1000)
    binary = struct.pack(order + "HHB3x", 9, 1, 0x80 | 10)
    data = (
        section(order)
        + interface(127, order)
        + interface(105, order, nanoseconds + shifted)
        + block(0x0BAD, struct.pack(order + "I", 55922) + b'{"kismet": 1}', order)
        + enhanced(1, 5_500_000_000, b"second", order, struct.pack(order + "HHI", 0x0BAC, 4, 55922))
        + enhanced(0, 2_500_000, b"first", order)
        + interface(1, order, binary)
        + enhanced(2, 3 * 1024 + 512, b"third", order)
    )
    found, error = read(data)
    assert error is None
    assert [(p.time_s, p.link_type, p.data) for p in found] == [
        (1005.5, 105, b"second"),
        (2.5, 127, b"first"),
        (3.5, 1, b"third"),
    ]


def test_pcapng_simple_and_obsolete_packets() -> None:
    old = struct.pack("<HHIIII", 0, 0, 0, 7_000_000, 2, 2) + b"ob"
    data = section() + interface(105, snaplen=4) + block(2, old) + block(3, struct.pack("<I", 9) + b"simp")
    found, error = read(data)
    assert error is None
    assert [(p.time_s, p.data, p.length) for p in found] == [(7.0, b"ob", 2), (7.0, b"simp", 9)]


def test_a_new_section_forgets_the_interfaces_and_may_turn_the_bytes() -> None:
    data = section() + interface(127) + section(">") + enhanced(0, 0, b"x", ">")
    found, error = read(data)
    assert not found
    assert error is not None
    assert "interface 0" in error.problem


def test_a_huge_foreign_block_is_passed_over_without_being_kept() -> None:
    class Endless(io.RawIOBase):
        """A section, an interface, a 1 GiB custom block of nothing, and one packet."""

        def __init__(self) -> None:
            size = struct.pack("<I", 1 << 30)
            self.parts = [section() + interface(1) + struct.pack("<I", 0xBAD) + size]
            self.rest = (1 << 30) - 12
            self.tail = [size + enhanced(0, 0, b"here")]

        def read(self, count: int = -1) -> bytes:
            if self.parts:
                return self.parts.pop()
            if self.rest:
                step = min(self.rest, 1 << 24)
                self.rest -= step
                return bytes(step)
            return self.tail.pop() if self.tail else b""

    found = list(packets(Endless()))  # type: ignore[arg-type]
    assert [p.data for p in found] == [b"here"]


def test_is_capture() -> None:
    assert is_capture(pcap())
    assert is_capture(section())
    assert not is_capture(b"\x0a\x0d\x0d\x0a12345678")
    assert not is_capture(b"")


@pytest.mark.parametrize(
    "form", ["pcap", "nsecpcap", "modpcap", "nokiapcap", "rh6_1pcap", "suse6_3pcap", "pcapng"]
)
def test_wiresharks_variants(form: str, tmp_path: Path) -> None:
    """The same packets, written by Wireshark's editcap in each of its pcap dialects."""
    if shutil.which("editcap") is None:
        pytest.skip("editcap (wireshark-common) is not installed")
    records = [(100 + i, i * 1000, bytes([i]) * (40 + 7 * i)) for i in range(30)]
    plain = pcap()[:24] + b"".join(struct.pack("<IIII", s, u, len(d), len(d)) + d for s, u, d in records)
    (tmp_path / "in").write_bytes(plain)
    subprocess.run(["editcap", "-F", form, tmp_path / "in", tmp_path / "out"], check=True)
    found, error = read((tmp_path / "out").read_bytes())
    assert error is None
    assert [(p.time_s, p.data) for p in found] == [(s + u / 1e6, d) for s, u, d in records]


@given(st.binary(max_size=300), st.sampled_from(["pcap", "pcapng", "none"]))
def test_any_bytes_give_packets_or_protocol_error(noise: bytes, form: str) -> None:
    head = {"pcap": pcap()[:24], "pcapng": section() + interface(127), "none": b""}[form]
    found, _ = read(head + noise)
    assert sum(len(p.data) for p in found) <= len(noise)


@given(st.data())
def test_changed_bytes_never_surprise(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from([pcap(), section() + interface(127) + enhanced(0, 5, b"abcdef")]))
    changed = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    found, _ = read(bytes(changed))
    assert sum(len(packet.data) for packet in found) <= len(changed)


@pytest.mark.corpus
def test_counts_equal_wiresharks_on_the_corpus(corpus_path: Path) -> None:
    if shutil.which("capinfos") is None:
        pytest.skip("capinfos (wireshark-common) is not installed")
    files = sorted(p for p in (corpus_path / "wifi").rglob("*") if p.is_file())
    table = subprocess.run(
        ["capinfos", "-T", "-r", "-M", "-c", *files], capture_output=True, text=True, check=False
    ).stdout
    told = dict(line.split("\t")[:2] for line in table.splitlines() if "\t" in line)
    assert len(told) > 1000
    mine = {str(path): len(read(path.read_bytes())[0]) for path in files}
    assert {name: count for name, count in mine.items() if name in told} == {
        name: int(count) for name, count in told.items()
    }
    assert all(count == 0 for name, count in mine.items() if name not in told)
