"""802.11 frames with radiotap headers, as a monitor-mode adapter hands them over.

    radiotap  version 0 | pad | length 2 | present 4 | TSFT 8 | flags | rate | channel 4 | signal | antenna
              (HT frames: no rate, MCS 3 at the end)                              radiotap.org
    802.11    frame control 2 | duration 2 | three addresses of 6 | sequence 2 | body
    QoS data  ... | QoS 2 | CCMP header 8 (packet number) | encrypted | MIC 8     IEEE 802.11-2020, 9.2

There is no FCS: many drivers cut it off, and so the flags say.
"""

from __future__ import annotations

import struct

import msgspec

LINK_TYPE = 127
BROADCAST = b"\xff" * 6
TO_DS, FROM_DS, RETRY, POWER_SAVE, PROTECTED = 0x01, 0x02, 0x08, 0x10, 0x40
BEACON_TU_S = 1024e-6
ACK_US = {24: 44, 12: 48, 6: 60}
"""SIFS, acknowledgement at the highest basic rate not above the frame's, and the 2.4 GHz signal extension."""
_LEGACY = struct.Struct("<BBHIQBBHHbB")
_HT = struct.Struct("<BBHIQBxHHbBBBB")


class Air(msgspec.Struct, frozen=True):
    """How a frame was heard: capture time, channel, signal, and rate in half Mbit/s or HT MCS."""

    time_s: float
    channel: int
    signal_dbm: int
    rate: int | None = 12
    mcs: int | None = None


def mac(text: str) -> bytes:
    """Six bytes of an address."""
    return bytes.fromhex(text.replace(":", ""))


def megahertz(channel: int) -> int:
    """Centre of a channel."""
    if channel == 14:
        return 2484
    return 2407 + 5 * channel if channel < 14 else 5000 + 5 * channel


def radiotap(air: Air) -> bytes:
    """The header in front of a frame."""
    clock = round(air.time_s * 1e6) + 731_000_000
    low = air.channel <= 14
    if air.mcs is not None:
        flags = 0x0480 if low else 0x0500
        return _HT.pack(
            0, 0, 27, 0x0008082B, clock, 0, megahertz(air.channel), flags, air.signal_dbm, 0, 0x7F, 0, air.mcs
        )
    rate = air.rate or 2
    flags = (0x00A0 if rate in (2, 4, 11, 22) else 0x00C0) if low else 0x0140
    return _LEGACY.pack(
        0, 0, 24, 0x0000082F, clock, 0, rate, megahertz(air.channel), flags, air.signal_dbm, 0
    )


def element(number: int, value: bytes) -> bytes:
    """One information element."""
    return bytes([number, len(value)]) + value


def _header(control: int, duration: int, one: bytes, two: bytes, three: bytes, sequence: int) -> bytes:
    return (
        struct.pack("<HH", control, duration) + one + two + three + struct.pack("<H", (sequence & 0xFFF) << 4)
    )


def beacon(bssid: bytes, ssid: str, channel: int, clock_us: int, sequence: int) -> bytes:
    """A WPA2 access point of the 802.11n kind (a 5 GHz one also with VHT)."""
    body = struct.pack("<QHH", clock_us, 100, 0x0411) + element(0, ssid.encode())
    rates = bytes.fromhex("82848b960c121824") if channel <= 14 else bytes.fromhex("8c129824b048606c")
    body += element(1, rates) + element(3, bytes([channel])) + element(5, bytes([sequence % 2, 2, 0, 0]))
    body += element(7, b"KZ " + (bytes([1, 13, 20]) if channel <= 14 else bytes([36, 4, 23])))
    if channel <= 14:
        body += element(42, b"\x00") + element(50, bytes.fromhex("3048606c"))
    body += element(48, bytes.fromhex("0100000fac040100000fac040100000fac020c00"))
    body += element(45, bytes.fromhex("ef0117ffff0000") + bytes(19))
    body += element(61, bytes([channel]) + bytes(21)) + element(127, bytes.fromhex("0400080000000040"))
    if channel > 14:
        body += element(191, bytes.fromhex("b2018033eaff0000eaff0000")) + element(
            192, bytes([1, 42, 0, 0, 0])
        )
    body += element(
        221, bytes.fromhex("0050f20201018000") + bytes.fromhex("03a4000027a4000042435e0062322f00")
    )
    return _header(0x0080, 0, BROADCAST, bssid, bssid, sequence) + body


def probe_request(sender: bytes, ssid: str, channel: int, sequence: int) -> bytes:
    """A phone's question for any network, or for one by name."""
    body = element(0, ssid.encode()) + element(1, bytes.fromhex("02040b16"))
    body += element(50, bytes.fromhex("0c1218243048606c")) + element(3, bytes([channel]))
    body += element(45, bytes.fromhex("2d4017ff00000000") + bytes(18))
    body += element(127, bytes.fromhex("0400080400000040"))
    body += element(221, bytes.fromhex("0017f20a00010400000000"))
    return _header(0x0040, 0, BROADCAST, sender, BROADCAST, sequence) + body


def acknowledgement(receiver: bytes) -> bytes:
    """The answer to a unicast frame."""
    return struct.pack("<HH", 0x00D4, 0) + receiver


def null_data(sender: bytes, bssid: bytes, sequence: int, asleep: bool) -> bytes:
    """A station that tells its access point that it goes to sleep, or is back."""
    return _header(0x0048 | (TO_DS | (POWER_SAVE if asleep else 0)) << 8, 44, bssid, sender, bssid, sequence)


def qos_data(
    addresses: tuple[bytes, bytes, bytes],
    flags: int,
    sequence: int,
    packet_number: int,
    encrypted: bytes,
    *,
    tid: int = 0,
    mcs: int = 7,
) -> bytes:
    """An encrypted data frame; ``encrypted`` is the IP packet with LLC/SNAP and MIC, here random bytes."""
    duration = ACK_US[24 if mcs % 8 >= 3 else 12 if mcs % 8 >= 1 else 6]
    number = packet_number.to_bytes(6, "little")
    ccmp = number[:2] + b"\x00\x20" + number[2:]
    head = _header(0x0088 | (flags | PROTECTED) << 8, duration, *addresses, sequence)
    return head + bytes([tid, 0]) + ccmp + encrypted
