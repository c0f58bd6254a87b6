"""Captured packets against tshark's own decode, and against layouts written down by hand."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.errors import ProtocolError
from sweeper.protocols import ble_capture
from sweeper.protocols.ble import hci, link
from sweeper.protocols.pcap import Packet

SENDER = bytes.fromhex("060504030201")
ADDRESS = "01:02:03:04:05:06"
AD = bytes.fromhex("020106" + "05ff4c001000")


def legacy(kind: int = 0, random: bool = True, data: bytes = AD) -> bytes:
    """A whole packet with its checksum; header bit 6 is TxAdd."""
    pdu = bytes((kind | (0x40 if random else 0), 6 + len(data))) + SENDER + data
    return link.ACCESS_ADDRESS + pdu + link.crc(pdu)


def extended(header: str, data: bytes) -> bytes:
    fields = bytes.fromhex(header)
    body = bytes((len(fields),)) + fields + data
    pdu = bytes((0x47, len(body))) + body
    return link.ACCESS_ADDRESS + pdu + link.crc(pdu)


def with_header(packet: bytes, rf_channel: int = 0, rssi: int = -60, flags: int = 0x0C03) -> bytes:
    head = struct.pack("<BbbBIH", rf_channel, rssi, -90, 0, 0x8E89BED6, flags)
    return head + packet


def nordic(packet: bytes, flags: int = 1, version: int = 3, kind: int = 2) -> bytes:
    body = struct.pack("<BBBBHI", 10, flags, 37, 61, 5, 1000) + packet
    return b"\x01" + struct.pack("<HBHB", len(body), version, 7, kind) + body


def one(link_type: int, data: bytes) -> link.Heard:
    found = ble_capture.heard(link_type, data)
    assert len(found) == 1
    return found[0]


def tshark(tmp_path: Path, link_type: int, packets: list[bytes], *fields: str) -> list[list[str]]:
    """What tshark reads in the same bytes."""
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed")
    path = tmp_path / "x.pcap"
    body = b"".join(struct.pack("<IIII", 1, 0, len(p), len(p)) + p for p in packets)
    path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link_type) + body)
    command = ["tshark", "-r", str(path), "-T", "fields", *[x for f in fields for x in ("-e", f)]]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [line.split("\t") for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("link_type", "data"),
    [(251, legacy()), (256, with_header(legacy())), (272, nordic(legacy()))],
    ids=["link layer", "with header", "sniffer"],
)
def test_sender_type_and_checksum_as_tshark_has_them(tmp_path: Path, link_type: int, data: bytes) -> None:
    fields = ("btle.advertising_address", "btle.advertising_header.randomized_tx", "btle.crc.incorrect")
    address, random, wrong = tshark(tmp_path, link_type, [data], *fields)[0]
    heard = one(link_type, data)
    assert heard.address == address.upper() == ADDRESS
    assert heard.address_type == "random"
    assert random in ("1", "True")
    assert wrong == ""
    assert heard.data == AD


def test_wrong_checksum_is_wrong_for_tshark_too(tmp_path: Path) -> None:
    bad = legacy()[:-1] + bytes((legacy()[-1] ^ 1,))
    assert tshark(tmp_path, 251, [bad], "_ws.expert.message")[0][0]
    with pytest.raises(ProtocolError, match="checksum"):
        ble_capture.heard(251, bad)


def test_checksum_of_a_packet_off_the_air() -> None:
    """Nordic's published example packet: ADV_IND of D3:85:56:5D:C1:83 is not at hand, so the specification's
    bit-serial register is run beside the table."""
    pdu = legacy()[4:-3]
    register = [int(b) for b in f"{0x555555:024b}"][::-1]  # position 0 first
    for byte in pdu:
        for bit in range(8):
            feed = register[23] ^ (byte >> bit & 1)
            register = [feed, *register[:23]]
            for tap in (1, 3, 4, 6, 9, 10):
                register[tap] ^= feed
    sent = register[::-1]  # most significant position first on the air
    expected = bytes(sum(sent[8 * i + b] << b for b in range(8)) for i in range(3))
    assert link.crc(pdu) == expected


def test_whitening_of_the_specification_register() -> None:
    """Volume 6 part B 3.2: position 0 is one, 1 to 6 the channel, most significant first; x7 + x4 + 1."""
    channel = 37
    register = [1, *[channel >> (5 - i) & 1 for i in range(6)]]
    bits = []
    for _ in range(16):
        out = register[6]
        bits.append(out)
        register = [out, *register[:6]]
        register[4] ^= out
    expected = bytes(sum(bits[8 * i + b] << b for b in range(8)) for i in range(2))
    assert link.whiten(b"\0\0", channel) == expected


def test_whitened_capture_is_dewhitened() -> None:
    packet = legacy()
    raw = packet[:4] + link.whiten(packet[4:], 38)
    heard = one(256, with_header(raw, rf_channel=12, flags=0x0002))
    assert (heard.data, heard.channel) == (AD, 38)


def test_header_of_256_tells_signal_and_channel() -> None:
    heard = one(256, with_header(legacy(), rf_channel=39, rssi=-71))
    assert (heard.rssi_dbm, heard.channel) == (-71, 39)
    assert one(256, with_header(legacy(), flags=0x0C01)).rssi_dbm is None


def test_256_refuses_what_the_sniffer_called_wrong() -> None:
    with pytest.raises(ProtocolError, match="checksum"):
        ble_capture.heard(256, with_header(legacy(), flags=0x0401))


def test_rf_channels_in_frequency_order() -> None:
    """2402 MHz is channel 37, 2404 is 0, 2426 is 38, 2428 is 11, 2480 is 39."""
    assert [ble_capture.channel_of(n) for n in (0, 1, 11, 12, 13, 38, 39, 40)] == [
        37,
        0,
        10,
        38,
        11,
        36,
        39,
        None,
    ]


@pytest.mark.parametrize("version", [1, 2, 3])
def test_sniffer_versions(version: int) -> None:
    data = bytearray(nordic(legacy(), version=version, kind=2 if version == 3 else 6))
    if version == 1:
        data[1:3] = bytes((6, len(data) - 7))
    heard = one(272, bytes(data))
    assert (heard.address, heard.rssi_dbm, heard.channel) == (ADDRESS, -61, 37)


def test_sniffer_wrong_checksum_and_other_events() -> None:
    with pytest.raises(ProtocolError):
        ble_capture.heard(272, nordic(legacy(), flags=0))
    assert ble_capture.heard(272, nordic(b"", kind=9)) == []


@pytest.mark.parametrize("kind", [3, 5])
def test_requests_and_data_are_left_alone(kind: int) -> None:
    assert ble_capture.heard(251, legacy(kind)) == []
    assert ble_capture.heard(251, b"\x11\x22\x33\x44" + legacy()[4:]) == []


def test_extended_advertisement_as_tshark_has_it(tmp_path: Path) -> None:
    data = extended("09" + SENDER.hex() + "3412", AD)
    address = tshark(tmp_path, 256, [with_header(data, flags=0x0C83)], "btle.advertising_address")[0][0]
    heard = one(256, with_header(data, rf_channel=5, flags=0x0C83))
    assert heard.address == address.upper() == ADDRESS
    assert (heard.data, heard.chain, heard.more) == (AD, 0x1234, False)


def test_pointer_without_data_is_no_advertisement() -> None:
    assert ble_capture.heard(251, extended("18" + "3412" + "000000", b"")) == []


def test_chain_is_joined() -> None:
    first = extended("19" + SENDER.hex() + "3412" + "000000", AD[:5])
    rest = extended("08" + "3412", AD[5:])
    joiner = ble_capture.Joiner()
    assert joiner.adverts(Packet(1.0, 251, first, len(first))) == []
    whole = joiner.adverts(Packet(1.1, 251, rest, len(rest)))
    assert [(a.address, a.data) for a in whole] == [(ADDRESS, AD)]
    assert [a.data for a in ble_capture.adverts(Packet(1.0, 251, first, len(first)))] == [AD[:5]]
    assert ble_capture.adverts(Packet(1.0, 251, rest, len(rest))) == []


def legacy_report(*reports: tuple[int, int, bytes, int]) -> bytes:
    body = bytes((len(reports),))
    for kind, address_type, data, rssi in reports:
        body += bytes((kind, address_type)) + SENDER + bytes((len(data),)) + data + struct.pack("b", rssi)
    return bytes((0x04, 0x3E, len(body) + 1, 0x02)) + body


def extended_report(data: bytes, status: int = 0, rssi: int = -50) -> bytes:
    body = b"\x01" + struct.pack("<HB", status << 5, 1) + SENDER
    body += struct.pack("<BBBbbHB", 1, 2, 4, 127, rssi, 0, 0) + bytes(6) + bytes((len(data),)) + data
    return bytes((0x04, 0x3E, len(body) + 1, 0x0D)) + body


def test_hci_reports_as_tshark_has_them(tmp_path: Path) -> None:
    packets = [b"\0\0\0\1" + legacy_report((0, 0, AD, -70)), b"\0\0\0\1" + extended_report(AD)]
    rows = tshark(
        tmp_path, 201, packets, "bthci_evt.bd_addr", "bthci_evt.rssi", "btcommon.eir_ad.entry.company_id"
    )
    for row, packet in zip(rows, packets, strict=True):
        heard = one(201, packet)
        assert heard.address == row[0].upper()
        assert str(heard.rssi_dbm) == row[1]
        assert int(row[2], 16) == 0x004C
        assert heard.data == AD
    assert one(201, packets[0]).address_type == "public"
    assert one(201, packets[1]).address_type == "random"


def test_several_reports_in_one_event_and_no_signal() -> None:
    found = ble_capture.heard(187, legacy_report((0, 1, AD, -70), (4, 1, b"", 127)))
    assert [(h.pdu, h.rssi_dbm) for h in found] == [("adv_ind", -70), ("scan_rsp", None)]


def test_hci_pieces_are_joined() -> None:
    joiner = ble_capture.Joiner()
    pieces = [extended_report(AD[:4], status=1), extended_report(AD[4:])]
    found = [joiner.adverts(Packet(0.0, 187, p, len(p))) for p in pieces]
    assert [len(f) for f in found] == [0, 1]
    assert found[1][0].data == AD


def test_other_hci_packets_are_left_alone() -> None:
    assert ble_capture.heard(187, b"\x02\x00\x00") == []
    assert ble_capture.heard(187, b"\x04\x0e\x01\x00") == []


@pytest.mark.parametrize("cut", range(5, len(legacy_report((0, 1, AD, -70)))))
def test_a_cut_report_is_refused(cut: int) -> None:
    with pytest.raises(ProtocolError):
        hci.h4(legacy_report((0, 1, AD, -70))[:cut])


def test_unknown_link_type() -> None:
    with pytest.raises(ProtocolError, match="link type 1 "):
        ble_capture.heard(1, b"")


@given(st.sampled_from([187, 201, 251, 256, 272]), st.binary(max_size=80))
def test_only_its_own_error(link_type: int, data: bytes) -> None:
    for shaped in (data, b"\x04\x3e" + data, link.ACCESS_ADDRESS + data, with_header(data), nordic(data)):
        made, refusal = [], ""
        try:
            made = ble_capture.Joiner().adverts(Packet(0.0, link_type, shaped, len(shaped)))
        except ProtocolError as error:
            refusal = str(error)
        assert not (made and refusal)
        assert all(advert.address and len(advert.data) <= len(shaped) for advert in made)
