"""The list of access points that the Linux kernel keeps from its last scan, by generic netlink (nl80211).

Any user may read it, and nothing is sent on the air for it. A message, in the machine's byte order::

    length u32 | type u16 | flags u16 | sequence u32 | port u32 | command u8 | version u8 | 0 u16 | attributes

An attribute is ``length u16 | type u16 | value``, padded to four bytes; the two highest bits are flags.
The family's number is asked first (``GETFAMILY`` of family 16). A network (``NL80211_ATTR_BSS``) carries its
elements twice where both were heard: those of its last beacon, and those of its last probe response.
Source: Linux ``include/uapi/linux/netlink.h``, ``genetlink.h``, ``nl80211.h``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from sweeper.errors import ProtocolError
from sweeper.text import say

GENERIC, CONTROL = 16, 16
"""Protocol number of generic netlink, and the family that knows the others."""

DONE, ERROR, REQUEST, ACK, DUMP = 3, 2, 0x001, 0x004, 0x300
GET_FAMILY, FAMILY_ID, FAMILY_NAME = 3, 1, 2
GET_SCAN, TRIGGER_SCAN = 32, 33
IFINDEX, BSS = 3, 47
BSSID, FREQUENCY, CAPABILITY, INTERVAL, ELEMENTS, SIGNAL_MBM, SEEN_MS_AGO, BEACON_ELEMENTS = (
    1,
    2,
    5,
    4,
    6,
    7,
    10,
    11,
)
_HEAD = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")


class Reply(NamedTuple):
    """One message: its type, for generic ones the attributes' bytes; ``error`` is the errno of a refusal."""

    kind: int
    attributes: bytes
    error: int = 0


class Seen(NamedTuple):
    """One access point of a list: what was heard, how strongly, how long ago.

    ``beacon`` and ``response`` are elements as sent, empty where none were kept. What a list does not tell
    is ``None``.
    """

    bssid: bytes
    freq_mhz: int
    signal_dbm: int | None
    ago_s: float
    interval: int
    capability: int
    beacon: bytes
    response: bytes


def message(kind: int, command: int, flags: int, sequence: int, attributes: bytes) -> bytes:
    """A request. ``attributes`` as ``attribute`` builds them."""
    body = struct.pack("=BBH", command, 1, 0) + attributes
    return _HEAD.pack(_HEAD.size + len(body), kind, flags | REQUEST, sequence, 0) + body


def attribute(kind: int, value: bytes) -> bytes:
    """One attribute, padded.

    >>> attribute(3, b"abcde").hex()
    '090003006162636465000000'
    """
    return _ATTRIBUTE.pack(4 + len(value), kind) + value + bytes(-len(value) % 4)


def attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The attributes in a row of bytes; what does not fit ends them."""
    at = 0
    while at + 4 <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        if length < 4 or at + length > len(data):
            return
        yield kind & 0x3FFF, data[at + 4 : at + length]
        at += (length + 3) & ~3


def replies(data: bytes) -> Iterator[Reply]:
    """The messages of one datagram. Raises ``ProtocolError`` where lengths do not fit."""
    at = 0
    while at + _HEAD.size <= len(data):
        length, kind, _, _, _ = _HEAD.unpack_from(data, at)
        if length < _HEAD.size or at + length > len(data):
            raise ProtocolError(say("netlink: a message claims {length} bytes", length=length), at)
        body = data[at + _HEAD.size : at + length]
        error = -struct.unpack_from("=i", body)[0] if kind == ERROR and len(body) >= 4 else 0
        yield Reply(kind, b"" if kind in (ERROR, DONE) else body[4:], error)
        at += (length + 3) & ~3


def family_id(reply: Reply) -> int | None:
    """The number in an answer to ``GETFAMILY``."""
    found = dict(attributes(reply.attributes)).get(FAMILY_ID, b"")
    return int(struct.unpack("=H", found)[0]) if len(found) == 2 else None


def seen(reply: Reply) -> Seen | None:
    """The access point in one message of a scan list; ``None`` if there is none."""
    told = dict(attributes(dict(attributes(reply.attributes)).get(BSS, b"")))
    if len(told.get(BSSID, b"")) != 6:
        return None

    def number(kind: int, form: str) -> int | None:
        value = told.get(kind, b"")
        return int(struct.unpack(form, value)[0]) if len(value) == struct.calcsize(form) else None

    mbm = number(SIGNAL_MBM, "=i")
    beacon, either = told.get(BEACON_ELEMENTS, b""), told.get(ELEMENTS, b"")
    return Seen(
        bssid=told[BSSID],
        freq_mhz=number(FREQUENCY, "=I") or 0,
        signal_dbm=None if mbm is None else round(mbm / 100),
        ago_s=(number(SEEN_MS_AGO, "=I") or 0) / 1e3,
        interval=number(INTERVAL, "=H") or 0,
        capability=number(CAPABILITY, "=H") or 0,
        beacon=beacon,
        response=b"" if either == beacon else either,
    )


def frames(one: Seen) -> list[bytes]:
    """The frames that the entry was made of, behind a radiotap header with its frequency and signal.

    Where it is not told which of the two the elements are of, a probe response claims less than a beacon.
    """
    signal = -128 if one.signal_dbm is None else max(-127, min(0, one.signal_dbm))
    head = struct.pack("<BBHIHHb", 0, 0, 13, 0b101000, one.freq_mhz & 0xFFFF, 0, signal)
    fixed = struct.pack("<QHH", 0, one.interval, one.capability)
    kinds = ((0x80, one.beacon), (0x50, one.response))
    return [
        head + bytes([kind, 0, 0, 0]) + b"\xff" * 6 + one.bssid + one.bssid + b"\0\0" + fixed + elements
        for kind, elements in kinds
        if elements
    ]
