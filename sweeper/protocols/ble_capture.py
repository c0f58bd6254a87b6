"""Captured Bluetooth packets as advertisements, by libpcap link type.

::

    251  link layer: access address, PDU, checksum
    256  a header of 10 bytes before it: channel | signal | noise | offences | reference, 4 | flags, 2
    272  nRF Sniffer: board | length, 2 | version | counter, 2 | packet id | 10 | flags | channel | -signal
         | event, 2 | time, 4 | link layer              (older versions order the first bytes otherwise)
    187  HCI with the H4 type byte      201  the same after 4 bytes of direction

Sources: the link-type list at tcpdump.org, and the layout that Nordic publishes for its sniffer. 256 counts
channels in frequency order (0 = 2402 MHz); ours are link-layer numbers, where 37, 38 and 39 advertise.
Packets whose checksum is wrong are refused: noise would invent devices.
"""

from __future__ import annotations

from collections.abc import Callable

from sweeper.errors import ProtocolError
from sweeper.protocols.ble import hci, link
from sweeper.protocols.ble.link import Heard
from sweeper.protocols.pcap import Packet
from sweeper.records import Advertisement
from sweeper.text import say

H4 = 187
H4_WITH_DIRECTION = 201
LINK_LAYER = 251
LINK_LAYER_WITH_HEADER = 256
NORDIC = 272

_DEWHITENED = 0x0001
_SIGNAL_VALID = 0x0002
_CRC_CHECKED = 0x0400
_CRC_VALID = 0x0800
_PHY_CODED = 2

_NORDIC_ADVERT = 0x02
_NORDIC_PACKET = 0x06
_NORDIC_CRC_OK = 0x01
_NORDIC_MARK = b"\xbe\xef"
"""What the oldest version puts in place of the board number."""

MAX_CHAIN = 1650
"""Most AD bytes of one extended advertisement."""
MAX_OPEN = 256
"""Most unfinished advertisements kept; the oldest is handed out as it is when one more begins."""


def adverts(packet: Packet) -> list[Advertisement]:
    """The advertisements in one captured packet, ``time_s`` as the packet's. Several only in HCI reports.

    Each packet by itself: of an advertisement in several packets only the first piece comes out. ``Joiner``
    puts them together. Raises ``ProtocolError`` on a cut or damaged packet.
    """
    return [_advert(packet.time_s, one) for one in heard(packet.link_type, packet.data) if one.address]


def heard(link_type: int, data: bytes) -> list[Heard]:
    """What one packet of a link type says, pieces of longer advertisements included."""
    reader = _READERS.get(link_type)
    if reader is None:
        raise ProtocolError(
            say("link type {link_type} carries no Bluetooth advertisements", link_type=link_type)
        )
    return reader(data)


class Joiner:
    """Reads packets in time order and puts extended advertisements that came in pieces together."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int | None], Heard] = {}

    def adverts(self, packet: Packet) -> list[Advertisement]:
        """As the function of this name; a piece is held back until its last has come."""
        out: list[Advertisement] = []
        for one in heard(packet.link_type, packet.data):
            whole = self._join(one)
            out += [_advert(packet.time_s, each) for each in whole if each.address]
        return out

    def _join(self, one: Heard) -> list[Heard]:
        key = ("" if one.pdu == link.AUX else one.address, one.chain)  # the link layer names the sender once
        begun = self._open.pop(key, None)
        if begun is not None and (not one.address or one.address == begun.address):
            one = Heard(
                begun.address,
                begun.address_type,
                (begun.data + one.data)[:MAX_CHAIN],
                begun.rssi_dbm,
                begun.channel,
                begun.pdu,
                one.more,
                one.chain,
            )
            begun = None
        out = [begun] if begun is not None else []
        if not one.more:
            return [*out, one]
        self._open[key] = one
        if len(self._open) > MAX_OPEN:
            out.append(self._open.pop(next(iter(self._open))))
        return out


def _advert(time_s: float, one: Heard) -> Advertisement:
    return Advertisement(
        time_s=time_s,
        address=one.address,
        address_type=one.address_type,
        rssi_dbm=one.rssi_dbm,
        data=one.data,
        channel=one.channel,
    )


def _link_layer(data: bytes) -> list[Heard]:
    return _one(link.parse(link.checked(data)))


def _with_header(data: bytes) -> list[Heard]:
    if len(data) < 10:
        raise ProtocolError(say("a packet header of {count} bytes, 10 needed", count=len(data)), 0)
    flags = data[8] | data[9] << 8
    channel = channel_of(data[0])
    rssi = int.from_bytes(data[1:2], "big", signed=True) if flags & _SIGNAL_VALID else None
    packet = data[10:]
    if flags >> 14 & 0x03 == _PHY_CODED:
        packet = packet[:4] + packet[5:]  # the coding indicator stands between address and header
    if flags & _CRC_CHECKED and flags & _DEWHITENED:
        if not flags & _CRC_VALID:
            raise ProtocolError(say("a wrong checksum"))
    else:
        packet = link.checked(packet, channel)
    return _one(link.parse(packet, rssi, channel))


def _nordic(data: bytes) -> list[Heard]:
    at = 8 if data[:2] == _NORDIC_MARK else 7
    if len(data) < at + 10:
        raise ProtocolError(
            say("a sniffer header of {count} bytes, {at} needed", count=len(data), at=at + 10), 0
        )
    kind = data[2] if at == 8 else data[6]
    if kind not in (_NORDIC_ADVERT, _NORDIC_PACKET):
        return []
    flags, channel, rssi = data[at + 1], data[at + 2], -data[at + 3]
    packet = data[at + data[at] :]
    if flags >> 4 & 0x07 == _PHY_CODED:
        packet = packet[:4] + packet[5:]
    if packet[:4] == link.ACCESS_ADDRESS and not flags & _NORDIC_CRC_OK:
        raise ProtocolError(say("a wrong checksum"))
    return _one(link.parse(packet, rssi, channel))


def _h4_with_direction(data: bytes) -> list[Heard]:
    if len(data) < 5:
        raise ProtocolError(say("an HCI packet of {count} bytes, at least 5 needed", count=len(data)), 0)
    return hci.h4(data[4:])


def _one(advert: Heard | None) -> list[Heard]:
    return [] if advert is None else [advert]


def channel_of(rf_channel: int) -> int | None:
    """The link-layer channel of a frequency index: 0, 12 and 39 are the advertising channels 37, 38, 39."""
    if rf_channel > 39:
        return None
    return {0: 37, 12: 38, 39: 39}.get(rf_channel, rf_channel - (1 if rf_channel < 12 else 2))


_READERS: dict[int, Callable[[bytes], list[Heard]]] = {
    H4: hci.h4,
    H4_WITH_DIRECTION: _h4_with_direction,
    LINK_LAYER: _link_layer,
    LINK_LAYER_WITH_HEADER: _with_header,
    NORDIC: _nordic,
}
