"""Asking a local network: datagrams to everybody, then paced connections to those that are there.

Answers go to ``hear`` as they come; nothing is parsed here but what the next question needs (services that
mDNS named). Every datagram and attempt is counted in ``sent``.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from ipaddress import IPv4Address

import msgspec

from sweeper.protocols import lan, lan_probes
from sweeper.protocols.lan_probes import Answer
from sweeper.radio.lan_network import Net

KINDS = ("mdns", "ssdp", "onvif", "pppp", "ports")
"""What can be asked; ``ports`` includes RTSP."""

RATE_PER_S = 100.0
"""Attempts to connect a second: little for any access point, and a /24 takes three seconds."""

AT_ONCE = 64
CONNECT_S = 1.0
"""A device in the same network answers within milliseconds, one on sleepy Wi-Fi within half a second."""

REPLY_S = 1.5
DISCOVERY_S = 3.0
"""How long answers to the questions are waited for; SSDP lets devices answer within two seconds."""

REPEAT_S = 1.0
"""The questions are asked again after this time: UDP gets lost."""

LONGEST_REPLY = 4_096

There = tuple[str, int]


class Look(msgspec.Struct, frozen=True):
    """What is to be asked, and where."""

    nets: tuple[Net, ...]
    kinds: tuple[str, ...] = KINDS
    ports: tuple[int, ...] = tuple(lan_probes.PORTS)
    rate_per_s: float = RATE_PER_S

    @property
    def addresses(self) -> list[str]:
        """Whom the port look asks, each once."""
        return list(dict.fromkeys(host for net in self.nets for host in net.others()))

    def here(self, host: str) -> str:
        """Our own address in the network that a host belongs to."""
        inside = (net for net in self.nets if IPv4Address(host) in net.network)
        return str(next(inside, self.nets[0]).here)

    def mine(self, host: str) -> bool:
        """Whether an address lies within what may be asked."""
        return any(IPv4Address(host) in net.network for net in self.nets)


class Asker:
    """One look over the network. ``clock`` gives the seconds since it began."""

    def __init__(
        self,
        look: Look,
        hear: Callable[[Answer], None],
        clock: Callable[[], float],
        known: Callable[[], Mapping[str, bytes]],
    ) -> None:
        self.look = look
        self.sent = 0
        self.alive: dict[str, None] = {}
        self._tell, self._clock, self._known = hear, clock, known
        self._services: dict[str, None] = {}
        self._next_s = 0.0
        self._room = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Ask everything that the look wants."""
        await asyncio.gather(*(self._questions(net) for net in self.look.nets))
        if "ports" in self.look.kinds and self.look.ports:
            await self._ports()

    def hear(self, host: str, port: int, flags: int, data: bytes = b"") -> None:
        """Take one answer, if it comes from where we asked."""
        if not self.look.mine(host):
            return
        self.alive[host] = None
        if not flags and port == lan_probes.MDNS_PORT:
            packet = lan.Packet(None, b"", b"", lan.UDP, port, 0, 0, data)
            told = (one.text for one in lan.said(packet) if one.what == "service")
            self._services.update(dict.fromkeys(lan_probes.services_named(told)))
        self._tell(Answer(self._clock(), host, port, flags, data))

    async def _questions(self, net: Net) -> None:
        """The questions to everybody in one network, twice; mDNS once more for services that were named."""
        ears: dict[str, asyncio.DatagramTransport] = {}
        try:
            for kind in KINDS[:-1]:
                if kind in self.look.kinds:
                    ears[kind] = await self._ear(net)
            for _ in range(2):
                for kind, ear in ears.items():
                    self._send(ear, questions(kind, net))
                await asyncio.sleep(REPEAT_S)
            fresh = [name for name in self._services if name not in lan_probes.SERVICES]
            if "mdns" in ears and fresh:
                asked = lan_probes.mdns_query(fresh[: lan.MOST_NAMES])
                self._send(ears["mdns"], [((lan_probes.MDNS_GROUP, lan_probes.MDNS_PORT), asked)])
            if ears:
                await asyncio.sleep(DISCOVERY_S - REPEAT_S)
        finally:
            for ear in ears.values():
                ear.close()

    async def _ear(self, net: Net) -> asyncio.DatagramTransport:
        """A socket that sends to groups and to everybody by one interface, and hears the answers."""
        ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        ear.setblocking(False)
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        ear.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, net.here.packed)
        ear.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)  # not beyond the next router
        ear.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, net.here.is_loopback)
        ear.bind((str(net.here), 0))
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: _Ear(self), sock=ear)
        return transport

    def _send(self, ear: asyncio.DatagramTransport, what: Iterable[tuple[There, bytes]]) -> None:
        for there, data in what:
            ear.sendto(data, there)
            self.sent += 1

    async def _ports(self) -> None:
        """The first port of every address; the others of those that are there."""
        first, *others = self.look.ports
        await asyncio.gather(*(self._port(host, first) for host in self.look.addresses))
        listed = set(self.look.addresses)
        there = [h for h in dict.fromkeys([*self.alive, *sorted(self._known())]) if h in listed]
        await asyncio.gather(*(self._port(host, port) for port in others for host in there))

    async def _port(self, host: str, port: int) -> None:
        """One attempt to connect, in its turn."""
        async with self._room:
            await self._turn()
            self.sent += 1
            try:
                async with asyncio.timeout(CONNECT_S):
                    reader, writer = await asyncio.open_connection(host, port, limit=LONGEST_REPLY)
            except ConnectionRefusedError:
                self.hear(host, port, lan_probes.RST_ACK)
                return
            except (OSError, TimeoutError):
                return
            self.hear(host, port, lan_probes.SYN_ACK)
            try:
                if port in lan_probes.RTSP_PORTS:
                    writer.write(lan_probes.rtsp_options(host, port))
                    self.sent += 1
                    async with asyncio.timeout(REPLY_S):
                        data = await reader.read(LONGEST_REPLY)
                    self.hear(host, port, lan_probes.PUSH, data)
            except (OSError, TimeoutError):
                pass  # it listens and does not answer: the open port was told already
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()

    async def _turn(self) -> None:
        """Wait so that attempts keep to the rate."""
        now = time.monotonic()
        self._next_s = max(self._next_s, now) + 1 / self.look.rate_per_s
        await asyncio.sleep(self._next_s - now)


def questions(kind: str, net: Net) -> Sequence[tuple[There, bytes]]:
    """The datagrams of one question, each with where it goes."""
    if kind == "mdns":
        there = (lan_probes.MDNS_GROUP, lan_probes.MDNS_PORT)
        return [(there, lan_probes.mdns_query(lan_probes.SERVICES))]
    if kind == "ssdp":
        return [((lan_probes.SSDP_GROUP, lan_probes.SSDP_PORT), lan_probes.ssdp_search())]
    if kind == "onvif":
        there = (lan_probes.WS_GROUP, lan_probes.WS_PORT)
        types = ("dn:NetworkVideoTransmitter", "")
        return [(there, lan_probes.ws_probe(str(uuid.uuid4()), one)) for one in types]
    there = (str(net.network.broadcast_address), lan.PPPP_PORT)
    return [(there, data) for data in lan_probes.PPPP_SEARCHES]


class _Ear(asyncio.DatagramProtocol):
    """Hands datagrams to the asker; errors of single datagrams (nobody there) are no news."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._asker.hear(addr[0], addr[1], 0, data)
