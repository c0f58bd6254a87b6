"""Advertising reports of the host controller interface (HCI), as btmon, Android and USB captures hold them.

::

    event 3e | length | subevent | reports | ...
    subevent 02, legacy:    type | address type | address, 6 | length | AD structures | RSSI
    subevent 0d, extended:  type, 2 | address type | address, 6 | primary PHY | secondary PHY | set | power
                            | RSSI | periodic interval, 2 | direct type | direct address, 6 | length
                            | AD structures

Source: Bluetooth Core Specification 5.4, volume 4 part E, sections 7.7.65.2 and 7.7.65.13. Several reports in
one event follow each other, which is how controllers send them. Type bits 6-5 of an extended report: 1 = more
follows, 2 = cut off by the controller. All other packets are left alone.
"""

from __future__ import annotations

from collections.abc import Callable

from sweeper.errors import ProtocolError
from sweeper.protocols.ble.link import Heard, address_text
from sweeper.text import say

EVENT = 0x04
"""H4 packet type."""
LE_META = 0x3E
LEGACY_REPORT = 0x02
EXTENDED_REPORT = 0x0D

NO_RSSI = 127
ANONYMOUS = 0xFF
_Take = Callable[[bytes, int], tuple[int, Heard]]
_LEGACY_PDUS = {0: "adv_ind", 1: "adv_direct_ind", 2: "scan_ind", 3: "adv_nonconn_ind", 4: "scan_rsp"}
_ADDRESS_TYPES = {0: "public", 1: "random", 2: "public", 3: "random"}
"""2 and 3 are identities that the controller resolved."""


def event(packet: bytes) -> list[Heard]:
    """The advertisements of one HCI event (without the H4 byte); empty for events of other kinds."""
    if len(packet) < 4 or packet[0] != LE_META or packet[2] not in (LEGACY_REPORT, EXTENDED_REPORT):
        return []
    if len(packet) < 2 + packet[1]:
        raise ProtocolError(
            say(
                "an HCI event of {packet} bytes where {count} are left",
                packet=packet[1],
                count=len(packet) - 2,
            ),
            2,
        )
    body = packet[3 : 2 + packet[1]]
    return _reports(body, _legacy if packet[2] == LEGACY_REPORT else _extended)


def h4(packet: bytes) -> list[Heard]:
    """The advertisements of one packet that begins with its H4 type; only events have any."""
    return event(packet[1:]) if packet[:1] == bytes((EVENT,)) else []


def _reports(body: bytes, take: _Take) -> list[Heard]:
    if not body:
        raise ProtocolError(say("an advertising report without its count"), 3)
    heard: list[Heard] = []
    at = 1
    for _ in range(body[0]):
        try:
            at, report = take(body, at)
        except IndexError:
            raise ProtocolError(say("an advertising report that runs past its event"), 3 + at) from None
        heard.append(report)
    return heard


def _legacy(body: bytes, at: int) -> tuple[int, Heard]:
    length = body[at + 8]
    end = at + 9 + length
    rssi = body[end]
    return end + 1, Heard(
        address_text(body[at + 2 : at + 8]),
        _ADDRESS_TYPES.get(body[at + 1]),
        body[at + 9 : end],
        _rssi(rssi),
        pdu=_LEGACY_PDUS.get(body[at], "unknown"),
    )


def _extended(body: bytes, at: int) -> tuple[int, Heard]:
    kind = body[at] | body[at + 1] << 8
    length = body[at + 23]
    end = at + 24 + length
    if end > len(body):
        raise IndexError
    anonymous = body[at + 2] == ANONYMOUS
    return end, Heard(
        "" if anonymous else address_text(body[at + 3 : at + 9]),
        _ADDRESS_TYPES.get(body[at + 2]),
        body[at + 24 : end],
        _rssi(body[at + 13]),
        pdu="scan_rsp" if kind & 0x08 else "adv_ind" if kind & 0x10 else "adv_ext_ind",
        more=kind >> 5 & 0x03 == 1,
        chain=body[at + 11],
    )


def _rssi(value: int) -> int | None:
    signed = value - 256 if value > 127 else value
    return None if signed == NO_RSSI else signed
