"""802.11 frames built by hand for the Wi-Fi tests, and the pipeline that reads them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from pathlib import Path

from sweeper.errors import ProtocolError
from sweeper.pipeline import Stage
from sweeper.protocols.pcap import Packet, packets
from sweeper.records import Device, FrameBatch, Medium, Record

ALL = b"\xff" * 6


def mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


def element(number: int, data: bytes) -> bytes:
    return bytes([number, len(data)]) + data


RATES = element(1, bytes.fromhex("82848b96"))


def beacon(
    sender: str,
    ssid: bytes,
    more: bytes = b"",
    *,
    clock: int = 0,
    capabilities: int = 0x0401,
    subtype: int = 8,
) -> bytes:
    address = mac(sender)
    fixed = struct.pack("<QHH", clock, 100, capabilities)
    head = bytes([subtype << 4, 0, 0, 0]) + ALL + address + address + b"\0\0"
    return head + fixed + element(0, ssid) + RATES + element(3, b"\x06") + more


def probe(sender: str, ssid: bytes = b"", more: bytes = b"") -> bytes:
    return b"\x40\0\0\0" + ALL + mac(sender) + ALL + b"\0\0" + element(0, ssid) + RATES + more


def data(sender: str, receiver: str, third: str, flags: int = 1, size: int = 100) -> bytes:
    """A QoS data frame; ``flags`` 1 goes up to an access point, 2 comes down."""
    return (
        b"\x88" + bytes([flags]) + b"\0\0" + mac(receiver) + mac(sender) + mac(third) + bytes(4) + bytes(size)
    )


def leave(sender: str, receiver: str, reason: int = 7, subtype: int = 12) -> bytes:
    head = bytes([subtype << 4, 0, 0, 0]) + mac(receiver) + mac(sender) + mac(sender) + b"\0\0"
    return head + struct.pack("<H", reason)


def with_radiotap(
    frame: bytes, dbm: int = -50, freq: int = 2437, *, fcs: bool = True, spoil: bool = False
) -> bytes:
    """The frame behind a radiotap header with flags, channel and signal, and its checksum."""
    head = struct.pack("<BBHIBxHHbx", 0, 0, 16, 0b101010, 0x10 if fcs else 0, freq, 0, dbm)
    check = struct.pack("<I", zlib.crc32(frame) ^ (0xFFFF if spoil else 0)) if fcs else b""
    return head + frame + check


def batch(frames: Iterable[tuple[float, bytes]], link_type: int = 105, source: str = "test") -> FrameBatch:
    rows = list(frames)
    return FrameBatch(
        source=source, time_s=rows[0][0], medium=Medium.WIFI, link_type=link_type,
        times_s=tuple(t for t, _ in rows), frames=tuple(f for _, f in rows),
        lengths=tuple(len(f) for _, f in rows),
    )  # fmt: skip


def run(stage: Stage, *batches: Record) -> list[Record]:
    """Everything that a stage makes of the batches, its last words included."""
    made = [record for one in batches for record in stage.feed(one)]
    return [*made, *stage.finish()]


def devices(records: Iterable[Record]) -> dict[str, Device]:
    """The last record of each device by address."""
    return {r.address: r for r in records if isinstance(r, Device)}


def capture(path: Path, medium: Medium = Medium.WIFI, size: int = 500) -> Iterable[FrameBatch]:
    """A capture file's packets as batches; what cannot be read is left out."""
    rows: list[Packet] = []
    try:
        with path.open("rb") as stream:
            rows.extend(packets(stream))
    except ProtocolError:
        pass
    start = rows[0].time_s if rows else 0.0
    for at in range(0, len(rows), size):
        part = rows[at : at + size]
        for link_type in dict.fromkeys(p.link_type for p in part):
            same = [p for p in part if p.link_type == link_type]
            yield FrameBatch(
                source=path.name, time_s=same[0].time_s - start, medium=medium, link_type=link_type,
                times_s=tuple(p.time_s - start for p in same), frames=tuple(p.data for p in same),
                lengths=tuple(p.length for p in same),
            )  # fmt: skip
