"""The active look: real servers in a network namespace, and what it refuses to ask."""

from __future__ import annotations

import asyncio
import email
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import dpkt
import pytest
from click.testing import CliRunner

from sweeper import cli
from sweeper.errors import SweeperError, Unavailable
from sweeper.plan import SweepPlan
from sweeper.protocols import lan, lan_probes
from sweeper.radio import lan as radio
from sweeper.radio.lan_asking import Asker, Look, questions
from sweeper.radio.lan_network import Net, chosen, from_arp, neighbours, networks
from tests.conftest import ROOT

HOME = Net("wlan0", IPv4Address("192.168.1.10"), IPv4Network("192.168.1.0/24"))
OFFICE = Net("eth0", IPv4Address("10.4.7.9"), IPv4Network("10.4.0.0/16"))
BRIDGE = Net("docker0", IPv4Address("172.17.0.1"), IPv4Network("172.17.0.0/16"))
LOOPBACK = Net("lo", IPv4Address("127.0.0.1"), IPv4Network("127.0.0.1/32"))
OURS, THEIRS = f"sweepus{os.getpid()}", f"sweepcam{os.getpid()}"  # several workers may be at it


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@pytest.fixture(scope="module")
def camera() -> Iterator[str]:
    """Two namespaces joined by a cable; in the other one the camera runs. Yields our namespace's name."""
    for peer in ("zeroconf", "wsdiscovery"):
        pytest.importorskip(peer)
    if shutil.which("ip") is None:
        pytest.skip("the program 'ip' is not installed")
    try:
        for name in (OURS, THEIRS):
            ip("netns", "add", name)
        ip("link", "add", "swv0", "netns", OURS, "type", "veth", "peer", "name", "swv1", "netns", THEIRS)
        ip("-n", THEIRS, "link", "set", "swv1", "address", "44:47:cc:00:00:02")
        for name, port, address in ((OURS, "swv0", "10.77.0.1/24"), (THEIRS, "swv1", "10.77.0.2/24")):
            ip("-n", name, "addr", "add", address, "dev", port)
            ip("-n", name, "link", "set", "lo", "up")
            ip("-n", name, "link", "set", port, "up")
            ip("-n", name, "route", "add", "default", "dev", port)
    except subprocess.CalledProcessError as error:
        _gone()
        pytest.skip(f"network namespaces may not be made here: {error.stderr.decode().strip()}")
    served = None
    try:
        served = _served()
        yield OURS
    finally:
        _gone()
        if served is not None:
            served.communicate()


def _served() -> subprocess.Popen[bytes]:
    """The camera, up. Its libraries give up where the computer is too busy to answer them: three attempts."""
    words = ["ip", "netns", "exec", THEIRS, sys.executable, "-m", "tests.radio.lan_camera", "10.77.0.2"]
    said = b""
    for _ in range(3):
        served = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert served.stdout is not None
        if served.stdout.readline() == b"up\n":
            return served
        said = served.communicate()[1]
    pytest.fail(f"the camera did not come up: {said.decode()[-2000:]}")


def _gone() -> None:
    """End what runs in the namespaces, and the namespaces."""
    for name in (OURS, THEIRS):
        listed = subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True, check=False)
        for pid in listed.stdout.split():
            os.kill(int(pid), signal.SIGTERM)
        subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


def scan(namespace: str, *words: str) -> dict[str, Any]:
    program = "import sys; from sweeper.cli import main; sys.exit(main(sys.argv[1:]))"
    given = ["lan", "scan", "--yes", "--json", "-", *words]
    command = ["ip", "netns", "exec", namespace, sys.executable, "-c", program, *given]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode in (0, 1), done.stderr
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def test_a_camera_tells_all_that_it_is_asked(camera: str) -> None:
    """zeroconf, WSDiscovery and our RFC-written servers answer; the hardware address is the kernel's."""
    for _ in range(5):  # on a busy computer an answer may come later than a scan waits for it
        made = scan(camera)
        (device,) = made["devices"]
        facts = device["facts"]
        if (
            554 in facts["lan.port"]
            and {"lan.pppp", "lan.ssdp_type", "lan.ws_type", "lan.txt"} <= facts.keys()
        ):
            break
    assert device["address"] == "44:47:cc:00:00:02"
    assert facts["lan.ip"] == ["10.77.0.2"]
    assert 554 in facts["lan.port"]
    assert "Hipcam RealServer/V1.0" in facts["lan.rtsp_server"]
    assert facts["lan.pppp"] == ["VSTB-123456-ABCDE"]
    assert facts["lan.udp_port"] == [32108]
    assert facts["lan.ssdp_type"] == ["urn:schemas-upnp-org:device:DigitalSecurityCamera:1"]
    assert "dn:NetworkVideoTransmitter" in facts["lan.ws_type"]
    assert "onvif://www.onvif.org/type/video_encoder" in facts["lan.ws_scope"]
    assert {"_hap._tcp.local", "_nursery._tcp.local"} <= set(facts["lan.service"])  # the second by its list
    assert {"ci=17", "md=Eye 2", "model=NC1"} == set(facts["lan.txt"])  # the owner's name is left alone
    assert [(f["kind"], f["level"], f["subject"]) for f in made["findings"]] == [
        ("camera", "medium", device["id"])
    ]
    (row,) = made["coverage"]
    assert (row["medium"], row["frames"] > 0) == ("lan", True)


def test_the_system_s_own_rtsp_server_is_understood(camera: str) -> None:
    """GStreamer's RTSP server, where the system has it."""
    known = subprocess.run(
        ["/usr/bin/python3", "-c", "import gi; gi.require_version('GstRtspServer', '1.0')"],
        capture_output=True,
        check=False,
    )
    if known.returncode:
        pytest.skip("GStreamer's RTSP server is not installed")
    for _ in range(20):  # it takes a moment to start
        facts = scan(camera, "--only", "ports", "--subnet", "10.77.0.2/32")["devices"][0]["facts"]
        if 8554 in facts.get("lan.rtsp", ()):
            break
    assert "GStreamer RTSP server" in facts["lan.rtsp_server"]


def test_only_what_was_chosen_is_asked(camera: str) -> None:
    (device,) = scan(camera, "--only", "pppp")["devices"]
    told = {key for key in device["facts"] if key not in ("lan.oui", "lan.vendor")}
    assert told == {"lan.ip", "lan.pppp", "lan.udp_port"}


@pytest.mark.parametrize("text", ["8.8.8.0/24", "0.0.0.0/0", "192.0.0.0/8", "172.0.0.0/12"])
def test_public_ranges_are_never_asked(text: str) -> None:
    with pytest.raises(SweeperError, match="not a private network"):
        chosen([text], [HOME])


def test_networks_that_we_are_not_in_are_not_asked() -> None:
    with pytest.raises(SweeperError, match=r"not in that network \(it is in: 192.168.1.0/24\)"):
        chosen(["10.0.0.0/24"], [HOME])
    with pytest.raises(SweeperError, match="no IPv4 network"):
        chosen(["next door\x1b[2J"], [HOME])
    with pytest.raises(Unavailable):
        chosen([], [])


def test_bridges_are_left_out_unless_named() -> None:
    assert chosen([], [BRIDGE, HOME]) == [HOME]
    assert chosen(["172.17.0.0/24"], [BRIDGE, HOME])[0].interface == "docker0"


def test_of_a_large_network_only_the_part_around_us_is_asked() -> None:
    assert OFFICE.part == IPv4Network("10.4.7.0/24")
    assert len(OFFICE.others()) == 253
    assert "10.4.7.9" not in OFFICE.others()
    assert len(HOME.others()) == 253
    told = " ".join(phrase.text.format(**phrase.args) for phrase in radio.statement(Look((OFFICE,))))
    assert "Of 10.4.0.0/16 only 10.4.7.0/24 is asked" in told


def test_what_will_be_sent_is_said() -> None:
    told = " ".join(phrase.text.format(**phrase.args) for phrase in radio.statement(Look((HOME,))))
    for word in ("192.168.1.0/24", "mDNS, SSDP, WS-Discovery", "32108", "253 addresses", "no password"):
        assert word in told
    few = " ".join(p.text.format(**p.args) for p in radio.statement(Look((HOME,), ("pppp",))))
    assert "mDNS" not in few
    assert "addresses" not in few


def test_nothing_is_sent_without_consent(monkeypatch: pytest.MonkeyPatch) -> None:
    from sweeper.cli import lan as command

    monkeypatch.setattr("sweeper.radio.lan_network.networks", lambda: [LOOPBACK])
    with socket.create_server(("127.0.0.1", 8554)) as server:
        server.settimeout(0.5)
        words = ["--subnet", "127.0.0.1/32", "--only", "ports"]
        done = CliRunner().invoke(command.scan, words, input="n\n", standalone_mode=False)
        assert done.return_value == cli.UNREADABLE
        assert "asks the devices of your network" in done.output
        with pytest.raises(TimeoutError):
            server.accept()


def test_attempts_keep_to_their_rate() -> None:
    """Thirty attempts at fifty a second take at least 0.58 seconds; not a moment less."""
    heard: list[lan_probes.Answer] = []
    look = Look((LOOPBACK,), ("ports",), tuple(range(40_001, 40_031)), rate_per_s=50)

    async def ask() -> Asker:
        asker = Asker(look, heard.append, time.monotonic, dict)
        await asker.run()
        return asker

    began = time.monotonic()
    asker = asyncio.run(ask())
    assert time.monotonic() - began >= 29 / 50
    assert asker.sent == 30
    assert {answer.flags for answer in heard} == {lan_probes.RST_ACK}


def test_an_answer_from_elsewhere_is_not_taken() -> None:
    heard: list[lan_probes.Answer] = []

    async def ask() -> None:
        asker = Asker(Look((HOME,)), heard.append, lambda: 1.0, dict)
        asker.hear("8.8.8.8", 554, lan_probes.SYN_ACK)
        asker.hear("192.168.1.20", 554, lan_probes.SYN_ACK)

    asyncio.run(ask())
    assert [answer.host for answer in heard] == ["192.168.1.20"]


def test_a_server_that_says_nothing_or_nonsense(monkeypatch: pytest.MonkeyPatch) -> None:
    """One accepts and stays silent, one sends a megabyte: both are open ports, and the look ends."""
    monkeypatch.setattr(lan_probes, "RTSP_PORTS", frozenset({40_101, 40_102}))
    silent = socket.create_server(("127.0.0.1", 40_101))
    loud = socket.create_server(("127.0.0.1", 40_102))

    def shout() -> None:
        peer, _ = loud.accept()
        with peer:
            try:
                peer.sendall(b"\xff" * 1_000_000)
            except OSError:
                return

    threading.Thread(target=shout, daemon=True).start()
    source = radio.LanSource(Look((LOOPBACK,), ("ports",), (40_101, 40_102)), known=dict)

    async def all_of_it() -> list[object]:
        return [record async for record in source.records(SweepPlan())]

    made = asyncio.run(all_of_it())
    silent.close()
    loud.close()
    frames = [f for r in made if type(r).__name__ == "FrameBatch" for f in r.frames]  # type: ignore[attr-defined]
    opened = {
        dpkt.ip.IP(frame).data.sport for frame in frames if dpkt.ip.IP(frame).data.flags == lan_probes.SYN_ACK
    }
    assert opened == {40_101, 40_102}
    assert max(map(len, frames)) <= 4_096 + 40


def test_questions_are_what_others_understand() -> None:
    """dpkt and WSDiscovery read what we ask."""
    from wsdiscovery.message import parseSOAPMessage

    ((there, data),) = questions("mdns", HOME)
    asked = dpkt.dns.DNS(data)
    assert there == ("224.0.0.251", 5353)
    assert [q.name for q in asked.qd] == list(lan_probes.SERVICES)
    assert {(q.type, q.cls) for q in asked.qd} == {(dpkt.dns.DNS_PTR, dpkt.dns.DNS_IN)}
    probe = parseSOAPMessage(questions("onvif", HOME)[0][1], ("192.168.1.10", 3702))
    assert probe.getTypes()[0].getLocalname() == "NetworkVideoTransmitter"
    ((there, search),) = questions("ssdp", HOME)
    headers = email.message_from_bytes(search.split(b"\r\n", 1)[1])
    assert (headers["MAN"], headers["ST"], headers["HOST"]) == (
        '"ssdp:discover"',
        "ssdp:all",
        "239.255.255.250:1900",
    )
    assert {there for there, _ in questions("pppp", HOME)} == {("192.168.1.255", 32108)}


def test_answers_are_put_back_into_frames_that_others_read() -> None:
    answer = lan_probes.Answer(1.0, "192.168.1.20", 1900, 0, b"HTTP/1.1 200 OK\r\n\r\n")
    kind, frame = lan_probes.frame(answer, "192.168.1.10", 49152, bytes.fromhex("4447cc000002"))
    read = dpkt.ethernet.Ethernet(frame)
    assert (kind, read.src.hex(), socket.inet_ntoa(read.data.src)) == (1, "4447cc000002", "192.168.1.20")
    assert (read.data.data.sport, read.data.data.data) == (1900, answer.data)
    kind, frame = lan_probes.frame(answer._replace(flags=0x12), "192.168.1.10", 49152, None)
    assert (kind, dpkt.ip.IP(frame).data.flags) == (lan.RAW_IP, 0x12)
    told = dpkt.arp.ARP(
        lan_probes.arp_reply(bytes.fromhex("4447cc000002"), "192.168.1.20", "192.168.1.1")[14:]
    )
    assert (told.op, told.sha.hex(), socket.inet_ntoa(told.spa)) == (2, "4447cc000002", "192.168.1.20")


def test_neighbours_are_read_on_three_systems(tmp_path: Path) -> None:
    """Printed forms of Linux's table, and of ``arp -a`` on macOS and Windows."""
    table = tmp_path / "arp"
    table.write_text(
        "IP address       HW type     Flags       HW address            Mask     Device\n"
        "192.168.1.20     0x1         0x2         44:47:cc:00:00:02     *        wlan0\n"
        "192.168.1.21     0x1         0x0         00:00:00:00:00:00     *        wlan0\n"
    )
    wanted = {"192.168.1.20": bytes.fromhex("4447cc000002")}
    assert neighbours(table) == wanted
    mac = "? (192.168.1.20) at 44:47:cc:0:0:2 on en0 ifscope\n? (192.168.1.9) at (incomplete) on en0\n"
    assert from_arp(mac) == wanted
    windows = (
        "Interface: 192.168.1.10 --- 0x4\n  Internet Address      Physical Address      Type\n"
        "  192.168.1.20          44-47-cc-00-00-02     dynamic\n"
        "  192.168.1.255         ff-ff-ff-ff-ff-ff     static\n"
    )
    assert from_arp(windows) == wanted


def test_this_computer_knows_its_networks() -> None:
    pytest.importorskip("psutil")
    assert any(net.network.is_loopback for net in networks())
