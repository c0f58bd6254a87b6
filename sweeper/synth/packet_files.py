"""Packet captures written byte by byte: pcap (radiotap and Bluetooth LE link layer) and btsnoop.

    pcap     a1b2c3d4 | 2 | 4 | 0 | 0 | snap length | link type
             then seconds | microseconds | length, twice | bytes
    256      RF channel | signal | noise | offences | access address 4 | flags 2 | access address 4 | PDU
             then the PDU's checksum 3
    PDU      type and address type | length | advertiser's address, last byte first | AD structures
    btsnoop  "btsnoop\\0" | 1 | 1002
             then length, twice | flags | drops | microseconds since year 0 | HCI packet

Sources: tcpdump.org's link-type list; Core Specification vol 6 part B, 2.3 and 3.1.1; vol 4 part E, 7.7.65.2.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from sweeper.records import Advertisement

RADIOTAP = 127
BLE_LINK_LAYER = 256
SNAP_LENGTH = 65_535
ACCESS_ADDRESS = 0x8E89BED6
RF_CHANNEL = {37: 0, 38: 12, 39: 39}
"""Advertising channels in order of frequency."""
PHDR_FLAGS = 0x0001 | 0x0002 | 0x0010 | 0x0400 | 0x0800
"""De-whitened, signal valid, reference address valid, checksum checked and valid."""
BTSNOOP_EPOCH_US = 0x00DCDDB30F2F8000


def pcap_header(link_type: int) -> bytes:
    """The file header."""
    return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, SNAP_LENGTH, link_type)


def pcap_packet(utc_s: float, data: bytes, snap: int = 0) -> bytes:
    """One packet with its header, cut to ``snap`` bytes unless that is 0."""
    micros = round(utc_s * 1e6)
    kept = data[:snap] if snap else data
    return struct.pack("<IIII", micros // 1_000_000, micros % 1_000_000, len(kept), len(data)) + kept


def ble_pcap(adverts: Sequence[Advertisement], start_utc_s: float) -> bytes:
    """Advertisements as a sniffer on the three advertising channels would write them."""
    parts = [pcap_header(BLE_LINK_LAYER)]
    for advert in adverts:
        head = 0x40 if advert.address_type == "random" else 0x00
        address = bytes.fromhex(advert.address.replace(":", ""))[::-1]
        pdu = bytes([head, 6 + len(advert.data)]) + address + advert.data
        radio = struct.pack(
            "<BbbBIH",
            RF_CHANNEL[advert.channel or 37],
            advert.rssi_dbm or -60,
            -128,
            0,
            ACCESS_ADDRESS,
            PHDR_FLAGS,
        )
        packet = radio + struct.pack("<I", ACCESS_ADDRESS) + pdu + crc24(pdu)
        parts.append(pcap_packet(start_utc_s + advert.time_s, packet))
    return b"".join(parts)


def btsnoop(adverts: Sequence[Advertisement], start_utc_s: float) -> bytes:
    """Advertisements as LE advertising reports of an Android phone's HCI log."""
    parts = [b"btsnoop\0" + struct.pack(">II", 1, 1002)]
    for advert in adverts:
        kind = 1 if advert.address_type == "random" else 0
        address = bytes.fromhex(advert.address.replace(":", ""))[::-1]
        report = bytes([0x02, 1, 0x00, kind]) + address + bytes([len(advert.data)]) + advert.data
        report += struct.pack("b", advert.rssi_dbm or -60)
        packet = bytes([0x04, 0x3E, len(report)]) + report
        micros = round((start_utc_s + advert.time_s) * 1e6) + BTSNOOP_EPOCH_US
        parts.append(struct.pack(">IIIIQ", len(packet), len(packet), 3, 0, micros) + packet)
    return b"".join(parts)


def crc24(pdu: bytes) -> bytes:
    """The link layer's checksum: polynomial 0x00065B, start 0x555555, low bits first."""
    register = 0xAAAAAA
    for byte in pdu:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ 0xDA6000 if register & 1 else register >> 1
    return register.to_bytes(3, "little")
