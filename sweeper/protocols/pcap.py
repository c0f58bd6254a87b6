"""Capture files: pcap with its variants, and pcapng, read as a stream in bounded memory.

pcap is one 24-byte header and then records; both byte orders occur::

    magic u32 | major u16 | minor u16 | zone i32 | sigfigs u32 | snaplen u32 | link u32
    record:  seconds u32 | fraction u32 | captured u32 | original u32 | [more] | captured bytes

The magic tells byte order and fraction: ``A1B2C3D4`` microseconds, ``A1B23C4D`` nanoseconds, ``A1B2CD34``
Kuznetsov's patched libpcap, whose record header is 24 or 28 bytes. Nokia's files carry the plain magic and a
20-byte record header, Red Hat 6.1's the plain magic and 24 bytes. Which record header a file has is found
by walking its first records.
Only the low 16 bits of ``link`` are the link type; the high ones may tell the length of the FCS.

pcapng is a list of blocks, each ``type u32 | length u32 | body | length u32``, padded to four bytes.
Section headers reset the interfaces and may change the byte order; interface blocks carry link type and
clock resolution; packets stand in enhanced (6), simple (3) and obsolete (2) packet blocks. All other blocks,
vendors' custom blocks (0x0BAD, 0x40000BAD: Kismet writes GPS and JSON there) included, are passed over.

Sources: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng; the variants as Wireshark's wiretap documents them.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import BinaryIO, NamedTuple

import msgspec

from sweeper.errors import ProtocolError
from sweeper.text import say

CHUNK = 1 << 18
"""Bytes asked of the stream at a time: far above a frame, far below any memory limit."""

MAX_PACKET = 262_144
"""Longest captured packet believed, as in libpcap and Wireshark for network link types."""

MAX_BLOCK = MAX_PACKET + 65_536
"""Longest pcapng block taken into memory: one packet and its options. Longer ones are passed over."""

PCAPNG = b"\x0a\x0d\x0d\x0a"
_ORDER_MAGIC = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}


_ENHANCED = {order: Struct(order + "IIIII").unpack_from for order in "<>"}
_OBSOLETE = {order: Struct(order + "HHIIII").unpack_from for order in "<>"}
_WORD = {order: Struct(order + "I").unpack_from for order in "<>"}


class Packet(msgspec.Struct, frozen=True, gc=False):
    """One captured packet: UTC seconds, libpcap link type, the captured bytes, the length on the air."""

    time_s: float
    link_type: int
    data: bytes
    length: int


class _Form(NamedTuple):
    """What the magic tells: byte order, fractions of a second, and the record headers to try."""

    order: str
    per_second: float
    headers: tuple[int, ...]


_MAGICS: dict[bytes, _Form] = {
    b"\xd4\xc3\xb2\xa1": _Form("<", 1e6, (16, 20, 24)),
    b"\xa1\xb2\xc3\xd4": _Form(">", 1e6, (16, 20, 24)),
    b"\x4d\x3c\xb2\xa1": _Form("<", 1e9, (16,)),
    b"\xa1\xb2\x3c\x4d": _Form(">", 1e9, (16,)),
    b"\x34\xcd\xb2\xa1": _Form("<", 1e6, (24, 28)),
    b"\xa1\xb2\xcd\x34": _Form(">", 1e6, (24, 28)),
}


def is_capture(head: bytes) -> bool:
    """Whether a file that starts with ``head`` (12 bytes are enough, 4 the least) is pcap or pcapng."""
    if head[:4] == PCAPNG:
        return len(head) < 12 or head[8:12] in _ORDER_MAGIC
    return head[:4] in _MAGICS


def packets(stream: BinaryIO) -> Iterator[Packet]:
    """Every readable packet in file order.

    What can be read is yielded; then ``ProtocolError`` tells what is wrong with the rest and at which byte.
    A packet whose bytes are cut off by the end of the file is not yielded, as in tshark.
    """
    window = _Window(stream)
    window.fill(12)
    head = window.data[:12]
    if head[:4] == PCAPNG:
        yield from _pcapng(window)
    elif head[:4] in _MAGICS:
        yield from _pcap(window, _MAGICS[head[:4]])
    else:
        raise ProtocolError(say("neither a pcap nor a pcapng file") if head else say("an empty file"), 0)


class _Window:
    """The part of the stream in memory: ``data[at:]`` is unread, ``base`` the file offset of ``data[0]``."""

    def __init__(self, stream: BinaryIO) -> None:
        self._read = getattr(stream, "read1", stream.read)
        self.data = b""
        self.at = 0
        self.base = 0

    def fill(self, count: int) -> bool:
        """Have ``count`` unread bytes at hand, if the stream has them."""
        have = len(self.data) - self.at
        if have >= count:
            return True
        parts = [self.data[self.at :]]
        while have < count:
            part = self._read(max(CHUNK, count - have))
            if not part:
                break
            parts.append(part)
            have += len(part)
        self.base += self.at
        self.data = b"".join(parts)
        self.at = 0
        return have >= count

    def skip(self, count: int) -> bool:
        """Pass over ``count`` bytes without keeping them."""
        while count > 0:
            if self.at >= len(self.data) and not self.fill(1):
                return False
            step = min(count, len(self.data) - self.at)
            self.at += step
            count -= step
        return True

    @property
    def offset(self) -> int:
        return self.base + self.at


def _pcap(window: _Window, form: _Form) -> Iterator[Packet]:
    if not window.fill(24):
        raise ProtocolError(say("the file ends within its header"), window.base + len(window.data))
    order, per_second, _ = form
    major, minor = Struct(order + "HH").unpack_from(window.data, 4)
    link_type = Struct(order + "I").unpack_from(window.data, 20)[0] & 0xFFFF
    size = _record_header(window.data, form)
    window.at = 24
    swapped = (major, minor) < (2, 3)  # captured and original length stood the other way round before 2.3
    unpack = Struct(order + "IIII").unpack_from
    while True:
        data, at, end = window.data, window.at, len(window.data)
        while end - at >= size:
            seconds, fraction, captured, original = unpack(data, at)
            if swapped:
                captured, original = original, captured
            if captured > MAX_PACKET:
                raise ProtocolError(
                    say("a packet claims {captured} bytes", captured=captured), window.base + at
                )
            stop = at + size + captured
            if stop > end:
                break
            window.at = stop
            yield Packet(seconds + fraction / per_second, link_type, data[at + size : stop], original)
            at = stop
        wanted = size if end - at < size else size + captured
        if not window.fill(wanted):
            if window.at < len(window.data):
                raise ProtocolError(say("the file ends within a packet"), window.offset)
            return


def _record_header(data: bytes, form: _Form) -> int:
    """The record header's size: the first that leads through the first records without nonsense.

    Looked for in what the first read brought: a live stream is not waited for.
    The alternatives are believed only where the usual one fails and they lead to a second record.
    """
    usual, *others = form.headers
    if _walk(data, form, usual) is not None:
        return usual
    return next((size for size in others if (_walk(data, form, size) or 0) >= 2), usual)


def _walk(data: bytes, form: _Form, size: int, most: int = 20) -> int | None:
    """Plausible records from the file header on, at most ``most``; ``None`` if one is not plausible."""
    unpack = Struct(form.order + "IIII").unpack_from
    at = 24
    for count in range(most):
        if at + size > len(data):
            return count
        _, fraction, captured, original = unpack(data, at)
        if captured > MAX_PACKET or original > MAX_PACKET or fraction >= form.per_second:
            return None
        at += size + captured
    return most


class _Interface(NamedTuple):
    """One pcapng interface: link type, snap length (0: unlimited), ticks a second, offset in seconds."""

    link_type: int
    snaplen: int
    per_second: int
    offset_s: int


def _pcapng(window: _Window) -> Iterator[Packet]:
    order = "<"
    interfaces: list[_Interface] = []
    last_s = 0.0
    head = Struct(order + "II").unpack_from
    while window.fill(8) or window.at < len(window.data):
        start = window.offset
        if len(window.data) - window.at < 8:
            raise ProtocolError(say("the file ends within a block"), start)
        section = window.data[window.at : window.at + 4] == PCAPNG
        if section:
            order = _section_order(window)
            head = Struct(order + "II").unpack_from
            interfaces = []
        kind, length = head(window.data, window.at)
        if length < 12:
            raise ProtocolError(say("a block claims {length} bytes", length=length), start)
        body = _body(window, kind, length, order)
        if kind not in (1, 2, 3, 6):
            continue
        if kind == 1:
            interfaces.append(_interface(body, order, start))
        else:
            packet = _PACKET_BLOCKS[kind](body, order, interfaces, start, last_s)
            last_s = packet.time_s
            yield packet


def _body(window: _Window, kind: int, length: int, order: str) -> bytes:
    """What stands between the two lengths of the block; empty for the kinds that are passed over."""
    start = window.offset
    padded = (length + 3) & ~3
    body = b""
    if kind in (1, 2, 3, 6):
        if padded > MAX_BLOCK:
            raise ProtocolError(say("a packet block claims {length} bytes", length=length), start)
        whole = window.fill(padded)
        body = window.data[window.at + 8 : window.at + padded - 4]
    else:
        whole = True
    if not (whole and window.skip(padded - 4) and window.fill(4)):
        raise ProtocolError(say("the file ends within a block"), start)
    if _WORD[order](window.data, window.at)[0] != length:
        raise ProtocolError(say("the two lengths of a block differ"), start)
    window.at += 4
    return body


def _section_order(window: _Window) -> str:
    start = window.offset
    if not window.fill(12):
        raise ProtocolError(say("the file ends within a section header"), start)
    magic = window.data[window.at + 8 : window.at + 12]
    if magic not in _ORDER_MAGIC:
        raise ProtocolError(say("a section header without its byte-order magic"), start)
    return _ORDER_MAGIC[magic]


def _interface(body: bytes, order: str, start: int) -> _Interface:
    """``link u16 | reserved u16 | snaplen u32 | options``."""
    if len(body) < 8:
        raise ProtocolError(say("an interface block is too short"), start)
    link_type, _, snaplen = Struct(order + "HHI").unpack_from(body, 0)
    per_second, offset_s = 1_000_000, 0
    for code, value in _options(body, 8, order):
        if code == 9 and value:  # if_tsresol: a power of ten, or of two where the top bit is set
            per_second = 2 ** (value[0] & 0x7F) if value[0] & 0x80 else 10 ** value[0]
        elif code == 14 and len(value) == 8:  # if_tsoffset
            offset_s = Struct(order + "q").unpack(value)[0]
    return _Interface(link_type, snaplen, per_second, offset_s)


def _options(body: bytes, at: int, order: str) -> Iterator[tuple[int, bytes]]:
    """The options of a block; they end with code 0, or where the body does."""
    unpack = Struct(order + "HH").unpack_from
    while at + 4 <= len(body):
        code, length = unpack(body, at)
        if code == 0 or at + 4 + length > len(body):
            return
        yield code, body[at + 4 : at + 4 + length]
        at += 4 + (length + 3 & ~3)


def _time(interface: _Interface, high: int, low: int) -> float:
    return ((high << 32) | low) / interface.per_second + interface.offset_s


def _enhanced(body: bytes, order: str, known: list[_Interface], start: int, last_s: float) -> Packet:
    """``interface u32 | time high u32 | time low u32 | captured u32 | original u32 | bytes | options``."""
    if len(body) < 20:
        raise ProtocolError(say("a packet block is too short"), start)
    index, high, low, captured, original = _ENHANCED[order](body, 0)
    return _packet(body, known, start, index, (high, low), captured, original)


def _obsolete(body: bytes, order: str, known: list[_Interface], start: int, last_s: float) -> Packet:
    """As the enhanced block, with ``interface u16 | drops u16`` in front."""
    if len(body) < 20:
        raise ProtocolError(say("a packet block is too short"), start)
    index, _, high, low, captured, original = _OBSOLETE[order](body, 0)
    return _packet(body, known, start, index, (high, low), captured, original)


def _packet(
    body: bytes,
    known: list[_Interface],
    start: int,
    index: int,
    ticks: tuple[int, int],
    captured: int,
    original: int,
) -> Packet:
    if index >= len(known):
        raise ProtocolError(say("a packet of interface {index}, which is not described", index=index), start)
    if captured > len(body) - 20:
        raise ProtocolError(
            say("a packet claims {captured} bytes in a block of {count}", captured=captured, count=len(body)),
            start,
        )
    interface = known[index]
    return Packet(_time(interface, *ticks), interface.link_type, body[20 : 20 + captured], original)


def _simple(body: bytes, order: str, known: list[_Interface], start: int, last_s: float) -> Packet:
    """``original u32 | bytes``: of the first interface, without time: the previous packet's is kept."""
    if len(body) < 4:
        raise ProtocolError(say("a packet block is too short"), start)
    if not known:
        raise ProtocolError(say("a packet of interface 0, which is not described"), start)
    original = _WORD[order](body, 0)[0]
    captured = min(original, len(body) - 4)
    if known[0].snaplen:
        captured = min(captured, known[0].snaplen)
    return Packet(last_s, known[0].link_type, body[4 : 4 + captured], original)


_PACKET_BLOCKS = {2: _obsolete, 3: _simple, 6: _enhanced}
