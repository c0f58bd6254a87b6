"""The inventory of a captured local network: every sender with what it says of itself.

Devices are told apart by hardware address, or by IP address where the link has none. What a router passes on
from outside carries the router's hardware address, so only packets from local addresses count. Facts:
``lan.ip``, ``lan.oui``, ``lan.vendor``, ``lan.name`` (names asked for in DNS or TLS), ``lan.service`` and
``lan.instance`` (mDNS), ``lan.hostname``, ``lan.dhcp_class``, ``lan.ssdp_server``, ``lan.ssdp_type``,
``lan.ws_type``, ``lan.ws_scope`` (ONVIF), ``lan.pppp`` (a camera's P2P number), ``lan.rtsp`` (ports),
``lan.rtsp_server``, ``lan.rtsp_path``, ``lan.http_server``, ``lan.port`` (TCP ports that answered),
``lan.udp_port`` (32108 of peer-to-peer cameras), ``lan.txt`` (make, model and category told by mDNS).
Kinds: ``lan-host``, or what a signature calls it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address

from sweeper.detectors import Setup
from sweeper.errors import ProtocolError
from sweeper.protocols import lan
from sweeper.records import Device, FrameBatch, Level, Medium, Record, State, Value, told
from sweeper.signatures import Library
from sweeper.text import safe_text, say
from sweeper.vendors import ieee

MOST_HOSTS = 20_000
"""Senders listed in one session: more than any local network has."""

MOST_VALUES = 64
"""Values kept of one fact: a browser asks for thousands of names."""

FORWARD_S = 60.0
"""Within this time an IP address stays with the hardware address that used it first."""

TOLD_PORTS = frozenset(("port", "rtsp", "udp_port"))


@dataclass(slots=True)
class Host:
    """State of one sender."""

    number: int
    address: str
    mac: int | None
    first_s: float
    last_s: float = 0.0
    frames: int = 0
    changed: bool = True
    told: dict[str, dict[str, None]] = field(default_factory=dict)

    def tell(self, what: str, text: str) -> None:
        values = self.told.setdefault(what, {})
        if text not in values and len(values) < MOST_VALUES:
            values[text] = None
            self.changed = True

    def facts(self) -> dict[str, Value]:
        made: dict[str, Value] = {}
        if self.mac is not None and not self.mac & ieee.LOCAL_BIT:
            made["lan.oui"] = f"{self.mac >> 24:06x}"
            vendor = ieee.holder(self.mac)
            if vendor:
                made["lan.vendor"] = vendor
        for what, values in sorted(self.told.items()):
            made[f"lan.{what}"] = [int(v) if what in TOLD_PORTS else safe_text(v) for v in values]
        return made


class LanInventory:
    """FrameBatch of a local network in, Device out."""

    name = "lan-inventory"
    accepts: tuple[type[Record], ...] = (FrameBatch,)

    def __init__(self, library: Library) -> None:
        self._library = library
        self._hosts: dict[bytes, Host] = {}
        self._spoke: dict[bytes, tuple[int, float]] = {}
        self._source, self._last_s = "", 0.0
        self._frames = self._broken = 0

    def feed(self, record: FrameBatch, /) -> Iterator[Record]:
        """Devices that are new or about which something new was learnt."""
        if record.medium is not Medium.LAN or record.link_type not in lan.LINK_TYPES:
            return
        self._source, self._last_s = record.source, record.times_s[-1] if record.times_s else record.time_s
        self._frames += len(record.frames)
        touched: dict[int, Host] = {}
        for time_s, frame in zip(record.times_s, record.frames, strict=True):
            try:
                host = self._take(record.link_type, time_s, frame)
            except ProtocolError:
                self._broken += 1
                continue
            if host is not None and host.changed:
                touched[host.number] = host
        for _, host in sorted(touched.items()):
            host.changed = False
            yield self._device(host)

    def finish(self) -> Iterator[Record]:
        """Every device once more with its counts."""
        for host in self._hosts.values():
            yield self._device(host)
        if self._broken:
            broken = say("{count} frames were malformed", count=self._broken)
            yield told(
                say("of {frames} frames: {what}", frames=self._frames, what=broken),
                source=self._source,
                time_s=self._last_s,
                subject=self.name,
                state=State.READY,
            )

    def _take(self, link_type: int, time_s: float, frame: bytes) -> Host | None:
        mac, kind, at = lan.ip_of(link_type, frame)
        if mac is not None and (mac[0] & 1 or not any(mac)):
            return None
        packet = lan.packet(link_type, frame) if kind in (lan.IPV4, lan.IPV6) else None
        if packet is None and mac is None:
            return None
        host = self._host(mac or (packet.source if packet else b""), mac, time_s)
        if host is None:
            return None
        host.frames += 1
        host.last_s = time_s
        if packet is not None and _local(packet.source) and not self._forwarded(packet.source, host, time_s):
            if any(packet.source):
                host.tell("ip", str(ip_address(packet.source)))
            for said in lan.said(packet):
                host.tell(said.what, said.text)
        elif kind == lan.ARP and mac == frame[at + 8 : at + 14]:  # not one that answers in another's name
            address = lan.arp(frame, at)
            if address is not None and _local(address):
                host.tell("ip", str(ip_address(address)))
        return host

    def _forwarded(self, source: bytes, host: Host, time_s: float) -> bool:
        """Whether a packet comes by way of a router: its address was just heard from another device."""
        number, last_s = self._spoke.get(source, (host.number, time_s))
        if number != host.number and time_s - last_s < FORWARD_S:
            return True
        if len(self._spoke) < MOST_HOSTS or source in self._spoke:
            self._spoke[source] = (host.number, time_s)
        return False

    def _host(self, key: bytes, mac: bytes | None, time_s: float) -> Host | None:
        host = self._hosts.get(key)
        if host is None:
            if len(self._hosts) >= MOST_HOSTS or (mac is None and not _local(key)):
                return None
            number = int.from_bytes(mac, "big") if mac is not None else None
            address = mac.hex(":") if mac is not None else str(ip_address(key))
            host = self._hosts[key] = Host(len(self._hosts) + 1, address, number, time_s)
        return host

    def _device(self, host: Host) -> Device:
        facts = host.facts()
        hits = self._library.match(Medium.LAN, facts)
        best = hits[0] if hits else None
        vendor = facts.get("lan.vendor")
        return Device(
            source=self._source,
            time_s=self._last_s,
            id=f"lan-{host.number:04d}",
            medium=Medium.LAN,
            address=host.address,
            kind=best.device if best and best.level is not Level.INFO else "lan-host",
            vendor=(best.vendor if best else "") or (str(vendor) if vendor else None),
            model=(best.model if best else "") or None,
            signature=best.id if best else None,
            first_s=host.first_s,
            last_s=host.last_s,
            sightings=host.frames,
            addresses=(host.address,),
            facts=facts,
        )


def _local(address: bytes) -> bool:
    """Whether an IP address belongs to a local network (or to a sender that has none yet)."""
    if len(address) == 4:
        a, b = address[0], address[1]
        return a in (0, 10, 127) or (a, b) in ((192, 168), (169, 254)) or (a == 172 and 16 <= b < 32)
    return address[:1] in (b"\xfc", b"\xfd") or address[:2] == b"\xfe\x80" or not any(address)


def stage(setup: Setup) -> LanInventory:
    """The factory."""
    return LanInventory(setup.library)


def identify(frame: bytes, library: Library) -> list[Device]:
    """The device behind one Ethernet frame, as signatures' examples hold it."""
    inventory = LanInventory(library)
    batch = FrameBatch(
        source="example", time_s=0.0, medium=Medium.LAN, link_type=lan.ETHERNET,
        times_s=(0.0,), frames=(frame,), lengths=(len(frame),),
    )  # fmt: skip
    return [r for r in inventory.feed(batch) if isinstance(r, Device)]
