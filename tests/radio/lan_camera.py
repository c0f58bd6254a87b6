"""A network camera for the tests of the active look, as one program: it answers on the address it is given.

mDNS by zeroconf and WS-Discovery by WSDiscovery, both other people's work; RTSP by GStreamer's server where
the system has it, and by a few lines written to RFC 2326; SSDP and PPPP by their descriptions.

    python -m tests.radio.lan_camera 10.77.0.2
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

MDNS, DISCOVERY = "FB0000E0", "FAFFFFEF"
"""224.0.0.251 and 239.255.255.250, as the kernel's table of groups writes them."""

GST = """
import sys, gi
gi.require_version('Gst', '1.0'); gi.require_version('GstRtspServer', '1.0')
from gi.repository import Gst, GstRtspServer, GLib
Gst.init(None)
server = GstRtspServer.RTSPServer(); server.set_address(sys.argv[1]); server.set_service('8554')
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch('( videotestsrc is-live=true ! rtpvrawpay name=pay0 )')
server.get_mount_points().add_factory('/live', factory)
server.attach(None); print('up', flush=True); GLib.MainLoop().run()
"""


def serve_rtsp(server: socket.socket) -> None:
    """OPTIONS as RFC 2326 10.1 answers it, with a camera's name of itself; whoever hangs up is let go."""
    while True:
        peer, _ = server.accept()
        with peer, contextlib.suppress(OSError):
            asked = peer.recv(4096)
            if asked.startswith(b"OPTIONS ") and b"CSeq: 1\r\n" in asked:
                peer.sendall(
                    b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nServer: Hipcam RealServer/V1.0\r\n"
                    b"Public: OPTIONS, DESCRIBE, SETUP, PLAY\r\n\r\n"
                )


def serve_ssdp(host: str) -> None:
    """The answer to a search for everything (UPnP 1.1, 1.3.3)."""
    ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    ear.bind(("", 1900))
    group = socket.inet_aton("239.255.255.250") + socket.inet_aton(host)
    ear.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
    while True:
        asked, there = ear.recvfrom(4096)
        if asked.startswith(b"M-SEARCH * HTTP/1.1\r\n") and b'MAN: "ssdp:discover"' in asked:
            ear.sendto(
                b"HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=1800\r\nEXT:\r\n"
                b"SERVER: Linux/3.0 UPnP/1.0 IpCamera/1.0\r\n"
                b"ST: urn:schemas-upnp-org:device:DigitalSecurityCamera:1\r\nUSN: uuid:1\r\n\r\n",
                there,
            )


def serve_pppp() -> None:
    """The camera's number in answer to a search, as cam-reverse and the PPPP dissector describe it."""
    ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ear.bind(("", 32108))
    while True:
        asked, there = ear.recvfrom(4096)
        if asked == b"\xf1\x30\0\0":
            number = struct.pack(">8sI8s", b"VSTB", 123456, b"ABCDE")
            ear.sendto(b"\xf1\x41" + struct.pack(">H", len(number)) + number, there)
        elif asked == b"\x2c\xba\x5f\x5d":
            ear.sendto(bytes.fromhex("2cba4f5d0011223344"), there)


def wait_for_groups() -> None:
    """Until mDNS has joined its group and both SSDP and WS-Discovery, in their threads, theirs."""
    end_s = time.monotonic() + 60
    while time.monotonic() < end_s:
        users = dict.fromkeys((MDNS, DISCOVERY), 0)
        for row in Path("/proc/net/igmp").read_text().split("\n"):
            words = row.split()
            if len(words) >= 2 and words[0] in users:
                users[words[0]] += int(words[1])
        if users[MDNS] >= 1 and users[DISCOVERY] >= 2:
            return
        time.sleep(0.05)


def main(host: str) -> None:
    from wsdiscovery import QName, Scope
    from wsdiscovery.publishing import ThreadedWSPublishing
    from zeroconf import ServiceInfo, Zeroconf

    rtsp = socket.create_server((host, 554))
    for work in ((serve_rtsp, rtsp), (serve_ssdp, host), (serve_pppp,)):
        threading.Thread(target=work[0], args=work[1:], daemon=True).start()
    if shutil.which("/usr/bin/python3"):
        subprocess.Popen(
            ["/usr/bin/python3", "-c", GST, host], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    told = Zeroconf(interfaces=[host])
    for kind, name, more in (
        ("_hap._tcp.local.", "Eye", {"md": "Eye 2", "ci": "17"}),
        ("_nursery._tcp.local.", "Crib", {"model": "NC1", "owner": "Aliya"}),
    ):
        told.register_service(
            ServiceInfo(kind, f"{name}.{kind}", addresses=[socket.inet_aton(host)], port=80, properties=more)
        )
    discovery = ThreadedWSPublishing(ttl=1)
    discovery.start()
    discovery.publishService(
        types=[QName("http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter", "dn")],
        scopes=[Scope("onvif://www.onvif.org/type/video_encoder"), Scope("onvif://www.onvif.org/name/IPC")],
        xAddrs=[f"http://{host}/onvif/device_service"],
    )
    wait_for_groups()
    print("up", flush=True)
    time.sleep(3600)  # it is ended by who started it


if __name__ == "__main__":
    main(sys.argv[1])
