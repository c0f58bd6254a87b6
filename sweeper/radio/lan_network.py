"""The user's own networks: which subnets this computer is in, and whom its kernel knows there.

Only private IPv4 ranges count (RFC 1918, and 169.254/16): an active look never leaves them. Tunnels and the
bridges of containers and virtual machines are no place for hidden devices; they are left out unless named.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from pathlib import Path

import msgspec

from sweeper.errors import Reason, SweeperError, Unavailable
from sweeper.text import safe_text, say

PRIVATE = tuple(
    IPv4Network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8")
)

VIRTUAL = re.compile(r"^(lo|docker|br-|veth|virbr|vmnet|vboxnet|tun|tap|wg|ppp|utun|tailscale|zt)")

MOST_ADDRESSES = 1_024
"""Addresses of one network that are asked one by one: a /22. Of a larger one only the part around us."""

PART_PREFIX = 24

ARP_FLAG_COMPLETE = 0x2
_PAIR = re.compile(r"(\d+\.\d+\.\d+\.\d+)\)?\s+(?:at\s+)?((?:[0-9a-fA-F]{1,2}[:-]){5}[0-9a-fA-F]{1,2})\b")


class Net(msgspec.Struct, frozen=True):
    """One network of ours: the interface's name, our address in it, and its range."""

    interface: str
    here: IPv4Address
    network: IPv4Network

    @property
    def part(self) -> IPv4Network:
        """The range whose addresses are asked one by one."""
        if self.network.num_addresses <= MOST_ADDRESSES:
            return self.network
        return IPv4Network((self.here, PART_PREFIX), strict=False)

    def others(self) -> list[str]:
        """The addresses of ``part`` but ours, in order."""
        hosts = self.part.hosts() if self.part.prefixlen < 31 else iter(self.part)
        return [str(host) for host in hosts if host != self.here or self.part.prefixlen == 32]


def private(network: IPv4Network) -> bool:
    """Whether a range lies within the private ones."""
    return any(network.subnet_of(one) for one in PRIVATE)


def networks() -> list[Net]:
    """Every private IPv4 network that an interface in use belongs to. Raises ``Unavailable``."""
    try:
        import psutil
    except ImportError:
        mend = say("pip install 'sweeper[lan]'")
        raise Unavailable("lan", Reason.LIBRARY_MISSING, say("psutil is not installed"), mend) from None
    states = psutil.net_if_stats()
    found = []
    for name, addresses in sorted(psutil.net_if_addrs().items()):
        if name in states and not states[name].isup:
            continue
        for one in addresses:
            if one.family.name == "AF_INET" and one.netmask:
                inside = IPv4Interface(f"{one.address}/{one.netmask}")
                if private(inside.network):
                    found.append(Net(name, inside.ip, inside.network))
    return found


def chosen(wanted: Iterable[str], known: Iterable[Net]) -> list[Net]:
    """The networks to look at: those named (whole, in part, or single addresses), or all but virtual ones.

    Raises ``SweeperError`` for a range that is not private, or not in a network that this computer is in.
    """
    known = list(known)
    asked = []
    for text in wanted:
        try:
            network = IPv4Network(text, strict=False)
        except ValueError:
            raise SweeperError(
                say("{network}: no IPv4 network; write 192.168.1.0/24", network=safe_text(text))
            ) from None
        if not private(network):
            raise SweeperError(
                say("{network}: not a private network; others' devices are not asked", network=str(network))
            )
        home = next((net for net in known if network.subnet_of(net.network)), None)
        if home is None:
            mine = ", ".join(str(net.network) for net in known) or "none"
            raise SweeperError(
                say(
                    "{network}: this computer is not in that network (it is in: {mine})",
                    network=str(network),
                    mine=mine,
                )
            )
        asked.append(Net(home.interface, home.here, network))
    if not asked:
        asked = [net for net in known if not VIRTUAL.match(net.interface) and net.network.prefixlen < 31]
    if not asked:
        raise Unavailable(
            "lan",
            Reason.NO_DEVICE,
            say("this computer is in no private network"),
            say("join the network first"),
        )
    return asked


def neighbours(table: Path = Path("/proc/net/arp")) -> dict[str, bytes]:
    """Hardware addresses that the kernel has learnt, by IP address; empty where it does not tell."""
    try:
        lines = table.read_text(encoding="ascii", errors="replace").splitlines()[1:]
    except OSError:
        return from_arp(_arp_program())
    found = {}
    for words in map(str.split, lines):
        if len(words) >= 4 and words[2].startswith("0x") and int(words[2], 16) & ARP_FLAG_COMPLETE:
            mac = _mac(words[3])
            if mac is not None:
                found[words[0]] = mac
    return found


def from_arp(text: str) -> dict[str, bytes]:
    """The pairs that ``arp -a`` prints on macOS and Windows."""
    found = {}
    for host, address in _PAIR.findall(text):
        mac = _mac(address)
        if mac is not None:
            found[host] = mac
    return found


def _mac(text: str) -> bytes | None:
    """An address of a single device; ``None`` for groups, zeros and what is none."""
    try:
        mac = bytes(int(part, 16) for part in re.split("[:-]", text))
    except ValueError:
        return None
    return mac if len(mac) == 6 and any(mac) and not mac[0] & 1 else None


def _arp_program() -> str:
    try:
        done = subprocess.run(["arp", "-a"], capture_output=True, text=True, timeout=10, check=False)  # noqa: S607
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
