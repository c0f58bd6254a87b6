"""Advertising packets of the link layer, as sniffers capture them.

::

    +----------------+--------+--------+----------------------------+-------+
    | access address | header | length | payload                    | CRC   |
    | d6 be 89 8e    | 1      | 1      | length bytes               | 3     |
    +----------------+--------+--------+----------------------------+-------+
      header  bits 3-0 type, bit 6 TxAdd (sender's address is random)
      legacy  ADV_IND, ADV_NONCONN_IND, SCAN_RSP, ADV_SCAN_IND: address, 6 | AD structures
      extended (type 7): bits 5-0 header length, bits 7-6 mode | flags | [AdvA] [TargetA] [CTE] [ADI] [AuxPtr]
                         [SyncInfo] [TxPower] [ACAD] | AD structures

Source: Bluetooth Core Specification 5.4, volume 6 part B, sections 2.3 (PDUs) and 3.1 (checksum, whitening).
Connection requests, scan requests and data packets are left alone: nobody's traffic is read.
"""

from __future__ import annotations

import msgspec

from sweeper.errors import ProtocolError
from sweeper.text import say

ACCESS_ADDRESS = bytes.fromhex("d6be898e")
CRC_BYTES = 3
CRC_INIT = 0x555555

ADV_IND = 0
ADV_DIRECT_IND = 1
ADV_NONCONN_IND = 2
SCAN_RSP = 4
ADV_SCAN_IND = 6
ADV_EXT_IND = 7
WITH_DATA = {
    ADV_IND: "adv_ind",
    ADV_NONCONN_IND: "adv_nonconn_ind",
    SCAN_RSP: "scan_rsp",
    ADV_SCAN_IND: "scan_ind",
}

AUX = "aux_adv_ind"
"""Every extended advertising packet: they share one type and differ in where they are sent."""


class Heard(msgspec.Struct, frozen=True):
    """One advertisement taken out of a captured packet.

    ``address`` is empty where the packet names no sender (a continued or anonymous one). ``more`` says that
    a continuation follows; ``chain`` joins the pieces of one advertisement.
    """

    address: str
    address_type: str | None
    data: bytes
    rssi_dbm: int | None = None
    channel: int | None = None
    pdu: str = ""
    more: bool = False
    chain: int | None = None


def address_text(raw: bytes) -> str:
    """Six bytes in the order sent (least significant first) as ``AA:BB:CC:DD:EE:FF``."""
    return raw[::-1].hex(":").upper()


def _crc_table() -> tuple[int, ...]:
    """Per byte, least significant bit first: polynomial x24+x10+x9+x6+x4+x3+x+1, reflected."""
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (0xDA6000 if value & 1 else 0)
        table.append(value)
    return tuple(table)


_TABLE = _crc_table()
_INIT = int(f"{CRC_INIT:024b}"[::-1], 2)


def crc(pdu: bytes) -> bytes:
    """The checksum of an advertising PDU (header, length, payload), in the order sent."""
    value = _INIT
    for byte in pdu:
        value = value >> 8 ^ _TABLE[(value ^ byte) & 0xFF]
    return value.to_bytes(3, "little")


def whiten(data: bytes, channel: int) -> bytes:
    """Whitening of all behind the access address on one channel (0..39); done twice it undoes itself."""
    register = 0x40 | channel
    out = bytearray()
    for byte in data:
        mask = 0
        for bit in range(8):
            last = register >> 0 & 1
            mask |= last << bit
            register = register >> 1 ^ (0x44 if last else 0)
        out.append(byte ^ mask)
    return bytes(out)


def parse(packet: bytes, rssi_dbm: int | None = None, channel: int | None = None) -> Heard | None:
    """The advertisement in a link-layer packet that begins with its access address.

    ``None`` for packets that advertise nothing. Raises ``ProtocolError`` where the packet is cut.
    """
    if packet[:4] != ACCESS_ADDRESS:
        return None
    if len(packet) < 6:
        raise ProtocolError(say("a link-layer packet without a header"), len(packet))
    kind, length = packet[4] & 0x0F, packet[5]
    payload = packet[6 : 6 + length]
    if kind not in WITH_DATA and kind != ADV_EXT_IND:
        return None
    if len(payload) < length:
        raise ProtocolError(
            say(
                "a link-layer packet of {length} bytes where {count} are left",
                length=length,
                count=len(payload),
            ),
            6,
        )
    address_type = "random" if packet[4] & 0x40 else "public"
    if kind == ADV_EXT_IND:
        return _extended(payload, address_type, rssi_dbm, channel)
    if length < 6:
        raise ProtocolError(say("an advertisement without its sender's address"), 6)
    return Heard(address_text(payload[:6]), address_type, payload[6:], rssi_dbm, channel, WITH_DATA[kind])


def _extended(payload: bytes, address_type: str, rssi_dbm: int | None, channel: int | None) -> Heard | None:
    if not payload:
        raise ProtocolError(say("an extended advertisement without its header"), 6)
    header_length = payload[0] & 0x3F
    header, data = payload[1 : 1 + header_length], payload[1 + header_length :]
    if len(header) < header_length:
        raise ProtocolError(say("an extended header that runs past its packet"), 7)
    flags = header[0] if header else 0
    at = 1
    address = ""
    if flags & 0x01:
        address = address_text(header[at : at + 6])
        at += 6
    at += 6 if flags & 0x02 else 0
    at += 1 if flags & 0x04 else 0
    chain = None
    if flags & 0x08:
        chain = int.from_bytes(header[at : at + 2], "little")
        at += 2
    if at > max(header_length, 1):
        raise ProtocolError(say("an extended header shorter than its fields"), 7)
    if not data:
        return None  # only points to the packet that has the data
    return Heard(
        address,
        address_type if address else None,
        data,
        rssi_dbm,
        channel,
        AUX,
        more=bool(flags & 0x10),
        chain=chain,
    )


def checked(packet: bytes, channel: int | None = None) -> bytes:
    """The packet if its checksum holds, dewhitened if that makes it hold; raises ``ProtocolError`` otherwise.

    Captures that were made without a checksum carry three zero bytes; those are taken as they are.
    """
    if packet[:4] != ACCESS_ADDRESS or len(packet) < 6:
        return packet
    body = packet[4:]
    if _holds(body):
        return packet
    if channel is not None:
        plain = whiten(body, channel)
        if _holds(plain):
            return packet[:4] + plain
    if body[-CRC_BYTES:] == b"\0\0\0" and len(body) == 2 + body[1] + CRC_BYTES:
        return packet
    raise ProtocolError(say("a wrong checksum"))


def _holds(body: bytes) -> bool:
    end = 2 + body[1]
    return len(body) >= end + CRC_BYTES and crc(body[:end]) == body[end : end + CRC_BYTES]
