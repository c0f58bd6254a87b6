"""btsnoop: the log that Android's Bluetooth stack and BlueZ's btmon write.

::

    "btsnoop\\0" | version 1, 4 | data link, 4          then for each packet, all big-endian:
    original length, 4 | captured length, 4 | flags, 4 | drops, 4 | microseconds since year 0, 8 | bytes

    data link 1001  HCI without a type byte: flags bit 0 received, bit 1 command or event
              1002  HCI with the H4 type byte (Android)
              2001  Linux monitor: flags are adapter << 16 | opcode (3 = event)

Source: the format as described with Symantec's snoop (RFC 1761) and as BlueZ's documentation has it. Packets
come out as libpcap's link type 187 (HCI with type byte), so that one reader serves them all.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from sweeper.errors import ProtocolError
from sweeper.protocols.pcap import Packet
from sweeper.text import say

MAGIC = b"btsnoop\0"
LINK_TYPE = 187
"""libpcap's BLUETOOTH_HCI_H4."""
EPOCH_US = 0x00DCDDB30F2F8000
"""Microseconds from the year 0 to 1970, as all writers of this format agree."""
UNENCAPSULATED = 1001
H4 = 1002
MONITOR = 2001
MONITOR_EVENT = 3
MAX_PACKET = 1 << 18
"""No HCI packet is longer than 64 KiB; more means a damaged length."""

_HEADER = struct.Struct(">II")
_RECORD = struct.Struct(">IIIIQ")
_H4_TYPES = {0: b"\x02", 1: b"\x02", 2: b"\x01", 3: b"\x04"}
"""H4 type byte by the flags of data link 1001."""


def is_capture(head: bytes) -> bool:
    """Whether a file that begins with ``head`` (at least 8 bytes) is btsnoop."""
    return head.startswith(MAGIC)


def packets(file: BinaryIO) -> Iterator[Packet]:
    """Packets in file order. Raises ``ProtocolError`` with the offset at which the file is cut or damaged."""
    head = file.read(16)
    if not is_capture(head) or len(head) < 16:
        raise ProtocolError(say("not a btsnoop file, or cut in its header"), len(head))
    version, link = _HEADER.unpack(head[8:])
    if version != 1 or link not in (UNENCAPSULATED, H4, MONITOR):
        raise ProtocolError(
            say("btsnoop version {version} with data link {link} is not known", version=version, link=link), 8
        )
    offset = 16
    while record := file.read(_RECORD.size):
        if len(record) < _RECORD.size:
            raise ProtocolError(say("a btsnoop record cut in its header"), offset)
        original, captured, flags, _drops, stamp = _RECORD.unpack(record)
        if captured > MAX_PACKET:
            raise ProtocolError(say("a btsnoop record of {captured} bytes", captured=captured), offset)
        data = file.read(captured)
        if len(data) < captured:
            raise ProtocolError(say("a btsnoop record cut in its packet"), offset)
        offset += _RECORD.size + captured
        time_s = (stamp - EPOCH_US) / 1e6
        if link == H4:
            yield Packet(time_s, LINK_TYPE, data, original)
        elif link == UNENCAPSULATED:
            yield Packet(time_s, LINK_TYPE, _H4_TYPES[flags & 0x03] + data, original + 1)
        elif flags & 0xFFFF == MONITOR_EVENT:
            yield Packet(time_s, LINK_TYPE, b"\x04" + data, original + 1)
