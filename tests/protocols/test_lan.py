"""What hosts say of themselves: messages built from the RFCs, and any bytes."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.errors import ProtocolError
from sweeper.protocols import lan

MAC = bytes.fromhex("0a0b0c0d0e0f")


def ipv4(payload: bytes, protocol: int, source: str = "192.168.1.20") -> bytes:
    address = bytes(int(part) for part in source.split("."))
    return (
        struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0)
        + address
        + bytes(4)
        + payload
    )


def udp(data: bytes, source: int, target: int) -> bytes:
    return ipv4(struct.pack(">HHHH", source, target, 8 + len(data), 0) + data, 17)


def tcp(data: bytes, source: int, target: int, flags: int = 0x18) -> bytes:
    return ipv4(struct.pack(">HHIIBBHHH", source, target, 0, 0, 0x50, flags, 0, 0, 0) + data, 6)


def ethernet(packet: bytes, *tags: int) -> bytes:
    return bytes(6) + MAC + b"".join(struct.pack(">HH", 0x8100, t) for t in tags) + b"\x08\x00" + packet


def said(packet: bytes) -> dict[str, list[str]]:
    found = lan.packet(lan.ETHERNET, ethernet(packet))
    assert found is not None
    told: dict[str, list[str]] = {}
    for one in lan.said(found):
        told.setdefault(one.what, []).append(one.text)
    return told


def question(name: str) -> bytes:
    labels = b"".join(bytes([len(x)]) + x.encode() for x in name.split(".")) + b"\0"
    return struct.pack(">HHHHHH", 1, 0x100, 1, 0, 0, 0) + labels + struct.pack(">HH", 1, 1)


@pytest.mark.parametrize(
    ("link_type", "head", "mac"),
    [
        (1, ethernet(b""), MAC),
        (1, ethernet(b"", 5), MAC),
        (1, ethernet(b"", 5, 6), MAC),
        (113, struct.pack(">HHH", 0, 1, 6) + MAC + bytes(2) + b"\x08\x00", MAC),
        (276, b"\x08\x00" + bytes(2) + bytes(4) + bytes([0, 1, 0, 6]) + MAC + bytes(2), MAC),
        (101, b"", None),
        (0, b"\x02\0\0\0", None),
    ],
)
def test_links(link_type: int, head: bytes, mac: bytes | None) -> None:
    found = lan.packet(link_type, head + udp(b"data", 1000, 2000))
    assert found is not None
    assert (found.mac, found.source, found.source_port, found.payload) == (
        mac, bytes([192, 168, 1, 20]), 1000, b"data",
    )  # fmt: skip


def test_a_dns_question_tells_whom_one_deals_with() -> None:
    assert said(udp(question("VS-cam.example.COM"), 40000, 53)) == {"name": ["vs-cam.example.com"]}


def test_a_dns_answer_says_nothing_of_its_sender() -> None:
    answer = bytearray(question("example.com"))
    answer[2] |= 0x80
    assert said(udp(bytes(answer), 53, 40000)) == {}


def test_mdns_offers() -> None:
    record = b"\x05_rtsp\x04_tcp\x05local\0" + struct.pack(">HHIH", 12, 1, 120, 6) + b"\x03cam\xc0\x0c"
    message = struct.pack(">HHHHHH", 0, 0x8400, 0, 1, 0, 0) + record
    assert said(udp(message, 5353, 5353)) == {
        "service": ["_rtsp._tcp.local"],
        "instance": ["cam._rtsp._tcp.local"],
    }


def test_a_name_that_points_at_itself_ends() -> None:
    message = struct.pack(">HHHHHH", 1, 0x100, 1, 0, 0, 0) + b"\xc0\x0c" + bytes(4)
    assert said(udp(message, 40000, 53)) == {}
    with pytest.raises(ProtocolError):
        lan.dns(message)


def test_dhcp() -> None:
    options = b"\x35\x01\x01\x00\x0c\x06ipcam1\x3c\x05udhcp\xff"
    message = b"\x01\x01\x06\x00" + bytes(232) + b"\x63\x82\x53\x63" + options
    assert said(udp(message, 68, 67)) == {"hostname": ["ipcam1"], "dhcp_class": ["udhcp"]}


def test_ssdp_search_says_nothing_but_an_announcement_does() -> None:
    assert said(udp(b"M-SEARCH * HTTP/1.1\r\nST: ssdp:all\r\n\r\n", 50000, 1900)) == {}
    notify = b"NOTIFY * HTTP/1.1\r\nNT: upnp:rootdevice\r\nSERVER: Linux UPnP/1.0 IPC\r\n\r\n"
    assert said(udp(notify, 50000, 1900)) == {
        "ssdp_server": ["Linux UPnP/1.0 IPC"],
        "ssdp_type": ["upnp:rootdevice"],
    }


def test_onvif_match() -> None:
    body = (
        b"<d:ProbeMatches><d:ProbeMatch><d:Types>dn:NetworkVideoTransmitter</d:Types>"
        b"<d:Scopes>onvif://www.onvif.org/name/A onvif://www.onvif.org/type/video_encoder</d:Scopes>"
    )
    told = said(udp(body, 3702, 50000))
    assert told["ws_type"] == ["dn:NetworkVideoTransmitter"]
    assert told["ws_scope"][1].endswith("video_encoder")
    assert said(udp(b"<d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types>", 50000, 3702)) == {}


def test_pppp_number_and_search() -> None:
    body = b"FTYC\0\0\0\0" + struct.pack(">I", 811847) + b"AGFDZ\0\0\0"
    assert said(udp(b"\xf1\x41\x00\x14" + body, 32108, 50000)) == {"pppp": ["FTYC-811847-AGFDZ"]}
    assert said(udp(bytes.fromhex("f1300000"), 50000, 32108)) == {}
    assert said(udp(b"\xf1\x41\x00\xff" + body, 32108, 50000)) == {}


def test_rtsp_server_and_viewer() -> None:
    answer = b"RTSP/1.0 200 OK\r\nServer: Hipcam\r\nContent-Base: rtsp://10.0.0.2:554/11/\r\n\r\n"
    assert said(tcp(answer, 554, 40000)) == {
        "rtsp": ["554"],
        "rtsp_server": ["Hipcam"],
        "rtsp_path": ["/11/"],
    }
    assert said(tcp(b"OPTIONS rtsp://10.0.0.2/ RTSP/1.0\r\n\r\n", 40000, 554)) == {}


def test_a_port_is_open_when_it_answers() -> None:
    assert said(tcp(b"", 34567, 40000, 0x12)) == {"port": ["34567"]}
    assert said(tcp(b"", 40000, 34567, 0x02)) == {}


def test_tls_server_name() -> None:
    name = b"p2p.example.com"
    extension = struct.pack(">HHHBH", 0, len(name) + 5, len(name) + 3, 0, len(name)) + name
    hello = (
        b"\x03\x03"
        + bytes(32)
        + b"\0"
        + b"\0\x02\x13\x01"
        + b"\x01\0"
        + struct.pack(">H", len(extension))
        + extension
    )
    record = (
        b"\x16\x03\x01"
        + struct.pack(">H", len(hello) + 4)
        + b"\x01\0"
        + struct.pack(">H", len(hello))
        + hello
    )
    assert said(tcp(record, 40000, 443)) == {"name": ["p2p.example.com"]}


@given(st.sampled_from(lan.LINK_TYPES), st.binary(max_size=120))
def test_any_frame(link_type: int, frame: bytes) -> None:
    try:
        found = lan.packet(link_type, frame)
    except ProtocolError:
        return
    if found is not None:
        assert len(found.payload) <= len(frame)
        assert all(one.what and one.text.isascii() for one in lan.said(found))


@given(st.binary(max_size=200), st.sampled_from([53, 5353, 67, 1900, 3702, 32108]), st.booleans())
def test_any_message(data: bytes, port: int, reply: bool) -> None:
    ports = (port, 68) if reply else (68, port)
    found = lan.packet(lan.ETHERNET, ethernet(udp(data, *ports)))
    assert found is not None
    assert sum(len(one.text) for one in lan.said(found)) <= 40 * (len(data) + 8) + 64 * 255


@given(st.binary(max_size=200), st.sampled_from([b"", b"RTSP/1.0", b"\x16\x03\x01", b"HTTP/1.1"]))
def test_any_stream(data: bytes, start: bytes) -> None:
    found = lan.packet(lan.ETHERNET, ethernet(tcp(start + data, 554, 40000)))
    assert found is not None
    assert sum(len(one.text) for one in lan.said(found)) <= 40 * (len(data) + 8) + 64 * 255
