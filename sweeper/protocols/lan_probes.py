"""The questions of the active look over one's own network, and answers put back into frames.

Five questions, none of which logs in, asks for a picture or tries a password::

    mDNS          UDP 224.0.0.251:5353       names of services          RFC 6762 5.1: one-shot, any port
    SSDP          UDP 239.255.255.250:1900   M-SEARCH, ssdp:all         UPnP Device Architecture 1.1
    WS-Discovery  UDP 239.255.255.250:3702   Probe                      OASIS WS-Discovery 1.1, ONVIF Core 7
    PPPP          UDP broadcast:32108        F1 30 00 00, F1 32 00 00   and 2C BA 5F 5D, the first one veiled
    RTSP          TCP                        OPTIONS                    RFC 2326 10.1

A socket hands over what was said without its headers. ``frame`` puts plain ones in front again, so that an
answer takes the same way through the pipeline as a captured packet, is kept in a job like one, and replays.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address
from typing import NamedTuple

from sweeper.protocols.lan import ETHERNET, RAW_IP, TCP, UDP

MDNS_GROUP, MDNS_PORT = "224.0.0.251", 5353
SSDP_GROUP, SSDP_PORT = "239.255.255.250", 1900
WS_GROUP, WS_PORT = "239.255.255.250", 3702

SERVICES = (
    "_services._dns-sd._udp.local",
    "_rtsp._tcp.local",
    "_onvif._tcp.local",
    "_axis-video._tcp.local",
    "_camera._tcp.local",
    "_ipcamera._tcp.local",
    "_psia._tcp.local",
    "_hap._tcp.local",
    "_http._tcp.local",
)
"""Asked for at once: the list of all services, and by name those that cameras offer (RFC 6763 9)."""

PPPP_SEARCHES = (b"\xf1\x30\x00\x00", b"\xf1\x32\x00\x00", b"\x2c\xba\x5f\x5d")

PORTS = {
    554: "RTSP",
    80: "web page",
    81: "web page of V-Starcam and its kin",
    88: "web page of Foscam",
    443: "web page",
    1935: "RTMP",
    2020: "ONVIF of TP-Link",
    5000: "ONVIF, web page of recorders",
    5544: "RTSP of Uniden and Annke",
    6668: "Tuya",
    7070: "RTSP of toy drones",
    8000: "Hikvision",
    8080: "web page, ONVIF",
    8443: "web page",
    8554: "RTSP",
    8899: "ONVIF of Xiongmai",
    9000: "Reolink",
    10554: "RTSP of V-Starcam",
    34567: "Xiongmai recorders",
    37777: "Dahua",
}
"""Ports on which cameras and recorders answer, the first one asked of every address. Makers' manuals."""

RTSP_PORTS = frozenset({554, 5544, 7070, 8554, 10554})

SYN_ACK, RST_ACK, PUSH = 0x12, 0x14, 0x18


class Answer(NamedTuple):
    """What came back: when, from which address and port, and how (``flags`` of TCP, 0 for UDP)."""

    time_s: float
    host: str
    port: int
    flags: int
    data: bytes = b""


def mdns_query(names: Sequence[str]) -> bytes:
    """A question for pointer records of each name.

    >>> mdns_query(["_hap._tcp.local"]).hex()
    '000000000001000000000000045f686170045f746370056c6f63616c00000c0001'
    """
    asked = b""
    for name in names:
        labels = [part.encode() for part in name.split(".")]
        asked += b"".join(bytes([len(label)]) + label for label in labels) + b"\0" + b"\0\x0c\0\x01"
    return struct.pack(">HHHHHH", 0, 0, len(names), 0, 0, 0) + asked


def ssdp_search(wait_s: int = 2) -> bytes:
    """The search for everything; devices answer within ``wait_s`` seconds."""
    lines = (
        "M-SEARCH * HTTP/1.1",
        f"HOST: {SSDP_GROUP}:{SSDP_PORT}",
        'MAN: "ssdp:discover"',
        f"MX: {wait_s}",
        "ST: ssdp:all",
    )
    return "\r\n".join((*lines, "", "")).encode()


def ws_probe(message_id: str, types: str = "") -> bytes:
    """A WS-Discovery probe; ``types`` as ``dn:NetworkVideoTransmitter``, empty asks for all."""
    wanted = f"<d:Types>{types}</d:Types>" if types else ""
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"'
        ' xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
        ' xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"'
        ' xmlns:dn="http://www.onvif.org/ver10/network/wsdl">'
        f"<e:Header><w:MessageID>uuid:{message_id}</w:MessageID>"
        "<w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>"
        "<w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header>"
        f"<e:Body><d:Probe>{wanted}</d:Probe></e:Body></e:Envelope>"
    ).encode()


def rtsp_options(host: str, port: int) -> bytes:
    """What may be asked of a server, without asking for it."""
    return (f"OPTIONS rtsp://{host}:{port}/ RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: sweeper\r\n\r\n").encode()


def services_named(names: Iterable[str]) -> list[str]:
    """The service types among names that outside bytes told, safe to ask for, each once.

    >>> services_named(["_hap._tcp.local", "x._hap._tcp.local", "_a._tcp.example"])
    ['_hap._tcp.local']
    """
    fresh = []
    for name in dict.fromkeys(n.lower() for n in names):
        first, _, rest = name.partition(".")
        typed = first[:1] == "_" and rest in ("_tcp.local", "_udp.local")
        if typed and name.isascii() and len(first) < 64 and "\\" not in first:
            fresh.append(name)
    return fresh


def frame(answer: Answer, here: str, our_port: int, mac: bytes | None) -> tuple[int, bytes]:
    """The answer as a frame: link type and bytes. Ethernet if its sender's hardware address is known.

    Identification, sequence numbers and checksums are zero: they were not handed over.
    """
    ports = struct.pack(">HH", answer.port, our_port)
    if answer.flags:
        body = ports + struct.pack(">IIBBHHH", 0, 0, 0x50, answer.flags, 0, 0, 0) + answer.data
    else:
        body = ports + struct.pack(">HH", 8 + len(answer.data), 0) + answer.data
    head = struct.pack(
        ">BBHHHBBH4s4s",
        0x45, 0, min(20 + len(body), 0xFFFF), 0, 0, 64, TCP if answer.flags else UDP, 0,
        IPv4Address(answer.host).packed, IPv4Address(here).packed,
    )  # fmt: skip
    if mac is None:
        return RAW_IP, head + body
    return ETHERNET, bytes(6) + mac + b"\x08\x00" + head + body


def arp_reply(mac: bytes, host: str, here: str) -> bytes:
    """An Ethernet frame that says who has an address, as the neighbour table told."""
    sender = mac + IPv4Address(host).packed
    return (
        bytes(6)
        + mac
        + b"\x08\x06\0\x01\x08\0\x06\x04\0\x02"
        + sender
        + bytes(6)
        + IPv4Address(here).packed
        + bytes(18)
    )
