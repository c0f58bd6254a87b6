"""What a device says of itself on a local network: names asked for and offered, services, announcements.

Ethernet with VLAN tags (link type 1), Linux cooked (113, 276), raw IP (101, 12, 14, 228, 229), loopback (0).
Only headers of protocols that name devices are read; payload of connections is not kept::

    DNS 53, mDNS 5353, LLMNR 5355   names asked for; services and host names offered
    DHCP 67/68                      host name (12), vendor class (60)
    SSDP 1900, WS-Discovery 3702    server, device type, scopes
    PPPP (CS2, iLnkP2P) 32108       F1 type u8 length u16 ...; F1 41 carries the camera's number
    RTSP any TCP port               status line, Server, path
    TLS                             server name of the hello; HTTP: Server
    TCP                             ports that answered a connection

Names that peers wrote are returned as text with what is not ASCII escaped; nothing here raises for bad bytes
but ``ProtocolError``. Sources: RFC 1035, 2131, 2326, 6066, 6762; UPnP 1.1; pmarrapese's PPPP dissector.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from struct import Struct
from struct import error as StructError  # noqa: N812  (an exception, whatever its name)
from typing import NamedTuple

from sweeper.errors import ProtocolError
from sweeper.text import say

ETHERNET, RAW_IP, COOKED, COOKED2, LOOPBACK = 1, 101, 113, 276, 0
LINK_TYPES = (ETHERNET, RAW_IP, COOKED, COOKED2, LOOPBACK, 12, 14, 228, 229)
IPV4, IPV6, ARP, VLAN = 0x0800, 0x86DD, 0x0806, (0x8100, 0x88A8)
TCP, UDP = 6, 17
_U16 = Struct(">H").unpack_from
_PORTS = Struct(">HH").unpack_from

PPPP_PORT = 32108
SERVICE_LIST = "_services._dns-sd._udp.local"
"""The name behind which all services are listed (RFC 6763 9)."""

DESCRIBING = frozenset({"md", "ci", "model", "modelname", "manufacturer", "vendor", "product", "ty", "am"})
"""Keys of text records that name make and model; ``ci`` is HomeKit's category (17: camera, 18: doorbell)."""

MOST_NAMES = 32
"""Records of one DNS message that are read."""


class Packet(NamedTuple):
    """One IP packet; ``mac`` is its sender's hardware address, ``None`` where the link has none."""

    mac: bytes | None
    source: bytes
    target: bytes
    protocol: int
    source_port: int
    target_port: int
    flags: int
    payload: bytes


class Said(NamedTuple):
    """One thing a packet tells of its sender."""

    what: str
    text: str


def ip_of(link_type: int, frame: bytes) -> tuple[bytes | None, int, int]:
    """Sender's hardware address, ethertype, and where the network layer begins.

    Raises ``ProtocolError`` for a frame that is too short or of another link type.
    """
    if link_type == ETHERNET:
        at, mac = 12, frame[6:12]
        if len(frame) < 14:
            raise ProtocolError(say("Ethernet: frame too short"), len(frame))
        kind = _U16(frame, at)[0]
        while kind in VLAN and at + 6 <= len(frame):
            at += 4
            kind = _U16(frame, at)[0]
        return mac, kind, at + 2
    if link_type == COOKED:
        if len(frame) < 16:
            raise ProtocolError(say("Linux cooked: frame too short"), len(frame))
        whole = _U16(frame, 4)[0] == 6
        return frame[6:12] if whole else None, _U16(frame, 14)[0], 16
    if link_type == COOKED2:
        if len(frame) < 20:
            raise ProtocolError(say("Linux cooked 2: frame too short"), len(frame))
        return frame[12:18] if frame[11] == 6 else None, _U16(frame, 0)[0], 20
    if link_type not in LINK_TYPES:
        raise ProtocolError(say("link type {link_type} is no local network's", link_type=link_type))
    at = 4 if link_type == LOOPBACK else 0
    if len(frame) <= at:
        raise ProtocolError(say("raw IP: empty frame"), len(frame))
    return None, IPV6 if frame[at] >> 4 == 6 else IPV4, at


def packet(link_type: int, frame: bytes) -> Packet | None:
    """The TCP or UDP packet in a frame; ``None`` for anything else, also for later fragments.

    Raises ``ProtocolError`` where headers are cut or nonsense.
    """
    mac, kind, at = ip_of(link_type, frame)
    if kind == IPV4:
        if at + 20 > len(frame) or frame[at] >> 4 != 4 or frame[at] & 15 < 5:
            raise ProtocolError(say("IPv4: header too short"), at)
        protocol, source, target = frame[at + 9], frame[at + 12 : at + 16], frame[at + 16 : at + 20]
        if _U16(frame, at + 6)[0] & 0x1FFF:
            return None
        end = at + max(_U16(frame, at + 2)[0], 20)
        at += 4 * (frame[at] & 15)
    elif kind == IPV6:
        if at + 40 > len(frame) or frame[at] >> 4 != 6:
            raise ProtocolError(say("IPv6: header too short"), at)
        protocol, source, target = frame[at + 6], frame[at + 8 : at + 24], frame[at + 24 : at + 40]
        end = at + 40 + _U16(frame, at + 4)[0]
        at += 40
    else:
        return None
    return _transport(frame[:end] if end < len(frame) else frame, at, mac, source, target, protocol)


def _transport(
    frame: bytes, at: int, mac: bytes | None, source: bytes, target: bytes, protocol: int
) -> Packet | None:
    if protocol == UDP and at + 8 <= len(frame):
        here, there = _PORTS(frame, at)
        return Packet(mac, source, target, protocol, here, there, 0, frame[at + 8 :])
    if protocol == TCP and at + 20 <= len(frame):
        here, there = _PORTS(frame, at)
        data = frame[at + 4 * (frame[at + 12] >> 4) :]
        return Packet(mac, source, target, protocol, here, there, frame[at + 13], data)
    return None


def said(packet: Packet) -> Iterator[Said]:
    """What the packet tells of its sender. Bytes that do not follow their protocol end it silently."""
    data = packet.payload
    if packet.protocol == UDP:
        yield from _said_udp(packet, data)
        return
    if packet.flags & 0x12 == 0x12:
        yield Said("port", str(packet.source_port))
    if data[:8] == b"RTSP/1.0":
        yield from _rtsp(data, packet.source_port)
    elif data[:3] == b"\x16\x03\x01":
        name = server_name(data)
        if name:
            yield Said("name", name)
    elif data[:5] == b"HTTP/":
        server = headers(data).get("server")
        if server:
            yield Said("http_server", server)


def _said_udp(packet: Packet, data: bytes) -> Iterator[Said]:
    ports = (packet.source_port, packet.target_port)
    if 53 in ports or 5353 in ports or 5355 in ports:
        yield from _names(packet, data)
    elif 68 in ports and 67 in ports:
        yield from dhcp(data)
    elif data[:8] in (b"NOTIFY *", b"HTTP/1.1"):  # answers may come from any port
        yield from _ssdp(data)
    elif data[:1] == b"<" and (b"ProbeMatch" in data or b"Hello>" in data):
        yield from onvif(data)
    elif data[:1] == b"\xf1" or data[:4] == b"\x2c\xba\x5f\x5d":
        yield from pppp(packet, data)
    elif packet.source_port == PPPP_PORT and len(data) >= 4:  # veiled answers: the port alone tells
        yield Said("udp_port", str(PPPP_PORT))


def text(data: bytes) -> str:
    """Outside bytes as text; what is not ASCII is escaped."""
    return data.decode("ascii", "backslashreplace")


def _name(data: bytes, at: int) -> tuple[str, int]:
    """A DNS name and where the reading goes on. Raises ``ProtocolError`` for loops and cuts."""
    labels: list[str] = []
    after = -1
    for _ in range(64):
        if at >= len(data):
            raise ProtocolError(say("DNS: name beyond the message"), at)
        length = data[at]
        if length >= 0xC0:
            if at + 2 > len(data):
                raise ProtocolError(say("DNS: pointer beyond the message"), at)
            after = at + 2 if after < 0 else after
            at = _U16(data, at)[0] & 0x3FFF
        elif length == 0:
            return ".".join(labels), after if after >= 0 else at + 1
        else:
            labels.append(text(data[at + 1 : at + 1 + length]))
            at += 1 + length
    raise ProtocolError(say("DNS: name without end"), at)


def dns(data: bytes) -> tuple[bool, list[str], list[tuple[str, int, bytes, int]]]:
    """Whether it is an answer, the names asked for, and the records: name, type, message, offset of the data.

    Raises ``ProtocolError``.
    """
    if len(data) < 12:
        raise ProtocolError(say("DNS: header too short"), len(data))
    answer = bool(data[2] & 0x80)
    questions, records = _U16(data, 4)[0], sum(_U16(data, at)[0] for at in (6, 8, 10))
    at, asked, found = 12, [], []
    for _ in range(min(questions, MOST_NAMES)):
        name, at = _name(data, at)
        asked.append(name)
        at += 4
    for _ in range(min(records, MOST_NAMES)):
        name, at = _name(data, at)
        if at + 10 > len(data):
            raise ProtocolError(say("DNS: record beyond the message"), at)
        found.append((name, _U16(data, at)[0], data, at + 10))
        at += 10 + _U16(data, at + 8)[0]
    return answer, asked, found


def _names(packet: Packet, data: bytes) -> Iterator[Said]:
    """A question tells whom the asker deals with; an mDNS answer tells what the answerer offers."""
    try:
        answer, asked, records = dns(data)
        if not answer and packet.target_port == 53:
            for name in asked:
                yield Said("name", name.lower())
        elif answer and packet.source_port == 5353:
            for name, kind, message, at in records:
                if kind == 12 and name.lower() == SERVICE_LIST:
                    yield Said("service", _name(message, at)[0].lower())
                elif kind == 12:
                    yield Said("service", name.lower())
                    yield Said("instance", _name(message, at)[0])
                elif kind == 16:
                    yield from _descriptions(message, at)
                elif kind in (1, 28):
                    yield Said("hostname", name)
    except ProtocolError:
        return


def _descriptions(message: bytes, at: int) -> Iterator[Said]:
    """Those strings of a text record (RFC 6763 6) that say what a device is; others may name people."""
    end = min(at + _U16(message, at - 2)[0], len(message))
    while at < end:
        one = message[at + 1 : min(at + 1 + message[at], end)]
        key, equals, value = one.partition(b"=")
        if equals and value and text(key).lower() in DESCRIBING:
            yield Said("txt", f"{text(key).lower()}={text(value)}")
        at += 1 + message[at]


def arp(frame: bytes, at: int) -> bytes | None:
    """The IPv4 address that the sender of an ARP message calls its own; ``None`` where it tells none."""
    if frame[at : at + 6] != b"\0\x01\x08\0\x06\x04" or at + 28 > len(frame):
        return None
    address = frame[at + 14 : at + 18]
    return address if any(address) else None


def dhcp(data: bytes) -> Iterator[Said]:
    """Host name and vendor class of a DHCP request: options behind the 236-byte header and its cookie."""
    if len(data) < 240 or data[0] != 1 or data[236:240] != b"\x63\x82\x53\x63":
        return
    at = 240
    while at + 2 <= len(data) and data[at] != 255:
        if data[at] == 0:
            at += 1
            continue
        code, value = data[at], data[at + 2 : at + 2 + data[at + 1]]
        if code in (12, 60) and value:
            yield Said("hostname" if code == 12 else "dhcp_class", text(value.rstrip(b"\0")))
        at += 2 + data[at + 1]


def headers(data: bytes) -> dict[str, str]:
    """The header lines of an HTTP-like message, names in lower case."""
    lines = data[:4096].split(b"\r\n\r\n")[0].split(b"\r\n")[1:]
    pairs = (line.split(b":", 1) for line in lines if b":" in line)
    return {text(name.strip()).lower(): text(value.strip()) for name, value in pairs}


def _ssdp(data: bytes) -> Iterator[Said]:
    found = headers(data)
    for name, what in (("server", "ssdp_server"), ("st", "ssdp_type"), ("nt", "ssdp_type")):
        if found.get(name):
            yield Said(what, found[name])


_WS_TAGS = (
    (re.compile(rb"<(?:[\w-]{1,32}:)?Types(?:\s[^>]{0,512})?>([^<]{1,4096})<"), "ws_type"),
    (re.compile(rb"<(?:[\w-]{1,32}:)?Scopes(?:\s[^>]{0,512})?>([^<]{1,4096})<"), "ws_scope"),
)
"""Elements with any prefix and attributes; XML of strangers is searched, never parsed."""


def onvif(data: bytes) -> Iterator[Said]:
    """Types and scopes of a WS-Discovery hello or match; ONVIF's scopes name model and hardware."""
    for tag, what in _WS_TAGS:
        found = tag.search(data)
        for word in found[1].split()[:MOST_NAMES] if found else ():
            yield Said(what, text(word))


def pppp(packet: Packet, data: bytes) -> Iterator[Said]:
    """Peer-to-peer camera protocol: ``F1 | type | length u16``; 30 and 32 search, 41 and 42 tell the number.

    The search is sent by viewers, so it says nothing of its sender.
    """
    if data[:4] == b"\x2c\xba\x5f\x5d":  # the search, as some cameras want it obfuscated
        return
    if len(data) < 4 or _U16(data, 2)[0] != len(data) - 4 or data[1] not in (0x41, 0x42):
        return
    body = data[4:]
    if len(body) >= 20:  # prefix in 8 bytes, number u32 at 8, suffix in 8 bytes
        prefix, suffix = body[:8].rstrip(b"\0"), body[12:20].rstrip(b"\0")
        if prefix.isalnum() and suffix.isalnum():
            yield Said("pppp", f"{text(prefix)}-{int.from_bytes(body[8:12], 'big'):06d}-{text(suffix)}")


def _rtsp(data: bytes, port: int) -> Iterator[Said]:
    yield Said("rtsp", str(port))
    found = headers(data)
    if found.get("server"):
        yield Said("rtsp_server", found["server"])
    base = found.get("content-base", "")
    if base.startswith("rtsp://") and "/" in base[7:]:
        yield Said("rtsp_path", "/" + base[7:].split("/", 1)[1])


def server_name(data: bytes) -> str:
    """The server name of a TLS client hello; empty if it has none or does not fit."""
    try:
        at = 5 + 4 + 2 + 32
        at += 1 + data[at]
        at += 2 + _U16(data, at)[0]
        at += 1 + data[at]
        end = at + 2 + _U16(data, at)[0]
        at += 2
        while at + 4 <= min(end, len(data)):
            kind, length = _PORTS(data, at)
            if kind == 0:
                size = _U16(data, at + 7)[0]
                return text(data[at + 9 : at + 9 + size]).lower()
            at += 4 + length
    except (IndexError, StructError):
        return ""
    return ""
