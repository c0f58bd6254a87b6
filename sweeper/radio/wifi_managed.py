"""The lesser look: access points that an ordinary Wi-Fi adapter lists, where there is no monitor mode.

    Linux     the kernel's own list by nl80211; a passive scan is asked for where this user may (it only
              listens), else the list is as old as the system's last scan; NetworkManager's where that fails
    Windows   ``netsh``

Only access points that announce themselves are listed. Not heard: devices that have joined a network (most
cameras), phones, traffic, floods. Every such session says so, in its states and in its coverage.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import struct
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

from sweeper.errors import ProtocolError, Reason, Unavailable
from sweeper.plan import SweepPlan
from sweeper.protocols import nl80211, scan_lists
from sweeper.protocols.nl80211 import Seen
from sweeper.protocols.radiotap import DLT_RADIOTAP, channel_of
from sweeper.radio import SourceInfo, clock
from sweeper.records import Coverage, FrameBatch, Medium, Opened, Record, State, ended, told
from sweeper.text import Words, say

LOOK = "access-points-only"
"""What stands in the coverage of such a session."""

EVERY_S = 5.0
"""Between two readings of the list: a passive scan of 40 channels takes about as long."""

ANSWER_S = 5.0
PROGRAM_S = 15.0
NOT_HEARD = say(
    "the lesser look: only access points that announce themselves are listed; devices that have joined a "
    "network (most cameras), phones, traffic and floods are not heard"
)

Lister = Callable[[], list[Seen]]


def source(interface: str = "") -> ManagedSource:
    """The factory. Raises ``Unavailable`` where nothing here can list networks."""
    return ManagedSource(*lister(interface))


def lister(interface: str = "", root: Path = Path("/sys/class/net")) -> tuple[str, Lister]:
    """How networks are listed here, by name and as a function. Raises ``Unavailable``."""
    if sys.platform == "win32":
        return "netsh", lambda: list(
            scan_lists.netsh(_printed("netsh", "wlan", "show", "networks", "mode=bssid"))
        )
    adapters = [p.name for p in sorted(root.iterdir()) if (p / "phy80211").exists()] if root.is_dir() else []
    if interface and interface not in adapters:
        detail = say("{interface} is no Wi-Fi adapter", interface=interface)
        there = say("there are: {names}", names=", ".join(adapters)) if adapters else say("there are: none")
        raise Unavailable(f"wifi-list:{interface}", Reason.NO_DEVICE, detail, there)
    if adapters:
        name = interface or adapters[0]
        index = int((root / name / "ifindex").read_text())
        return f"nl80211 {name}", lambda: kernel_list(index)
    if shutil.which("nmcli"):
        fields = ("-t", "-e", "yes", "-f", "BSSID,SSID-HEX,FREQ,SIGNAL,SECURITY")
        words = ("nmcli", *fields, "device", "wifi", "list", "--rescan", "no")
        return "nmcli", lambda: list(scan_lists.nmcli(_printed(*words)))
    raise Unavailable("wifi-list", Reason.NO_DEVICE, say("no Wi-Fi adapter is connected"), say("connect one"))


def kernel_list(index: int) -> list[Seen]:
    """Ask the kernel for a passive scan, as far as it lets us, and for its list. Raises ``Unavailable``."""
    try:
        with Netlink() as link:
            device = nl80211.attribute(nl80211.IFINDEX, struct.pack("=I", index))
            # refused or busy, the list is as old as the last scan
            with contextlib.suppress(OSError):
                link.ask(
                    nl80211.TRIGGER_SCAN, nl80211.ACK, device
                )  # without names it only listens; refused or busy, the list is older
            found = [nl80211.seen(reply) for reply in link.ask(nl80211.GET_SCAN, nl80211.DUMP, device)]
    except (OSError, ProtocolError) as error:
        raise Unavailable(
            "wifi-list", Reason.REFUSED, say("the kernel gives no list: {error}", error=error)
        ) from None
    return [one for one in found if one is not None]


class Netlink:
    """A generic netlink socket, and the number of the family nl80211."""

    def __enter__(self) -> Netlink:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, nl80211.GENERIC)
        try:
            self._socket.settimeout(ANSWER_S)
            self._socket.bind((0, 0))
            name = nl80211.attribute(nl80211.FAMILY_NAME, b"nl80211\0")
            told = self._ask(nl80211.CONTROL, nl80211.GET_FAMILY, nl80211.ACK, name)
            self._family = next((n for n in map(nl80211.family_id, told) if n), 0)
        except OSError:
            self._socket.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def ask(self, command: int, flags: int, attributes: bytes) -> list[nl80211.Reply]:
        """The answers to one request. Raises ``OSError`` with the kernel's reason."""
        return self._ask(self._family, command, flags, attributes)

    def _ask(self, family: int, command: int, flags: int, attributes: bytes) -> list[nl80211.Reply]:
        self._socket.send(nl80211.message(family, command, flags, 1, attributes))
        answers: list[nl80211.Reply] = []
        while True:
            for reply in nl80211.replies(self._socket.recv(1 << 17)):
                if reply.kind == nl80211.ERROR and reply.error:
                    raise OSError(reply.error, os.strerror(reply.error))
                if reply.kind in (nl80211.ERROR, nl80211.DONE):
                    return answers
                answers.append(reply)


def _printed(*words: str) -> str:
    """What a program prints. Raises ``Unavailable``."""
    try:
        done = subprocess.run(words, capture_output=True, timeout=PROGRAM_S, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(
            "wifi-list", Reason.DRIVER_MISSING, say("{words}: {error}", words=words[0], error=error)
        ) from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip() or f"exit code {done.returncode}"
        raise Unavailable(
            "wifi-list", Reason.REFUSED, say("{words}: {said}", words=words[0], said=said.splitlines()[0])
        )
    return done.stdout.decode("utf-8", "replace")


class ManagedSource:
    """Reads the list again and again for ``plan.wifi_seconds``."""

    def __init__(self, way: str, listing: Lister, every_s: float = EVERY_S) -> None:
        self.info = SourceInfo(name="wifi-list", medium=Medium.WIFI, live=True)
        self._way, self._list, self._every_s = way, listing, every_s

    async def records(self, plan: SweepPlan) -> AsyncGenerator[Record, None]:
        """Opened, what is not heard, lists as frames, coverage, Closed. Raises ``Unavailable`` at first."""
        began, name = clock.now_s(), self.info.name
        found = await asyncio.to_thread(self._list)
        yield Opened(
            source=name,
            time_s=0.0,
            medium=Medium.WIFI,
            format=f"list of access points ({self._way})",
            start_utc_s=time.time(),
            live=True,
            look=LOOK,
        )
        yield told(
            NOT_HEARD,
            source=name,
            time_s=0.0,
            subject=name,
            state=State.DEGRADED,
            reason=Reason.NO_MONITOR_MODE,
        )
        count, channels, problems, last_s = 0, set[int](), list[Words](), float("-inf")
        still, stood_s = clock.Standstill(self._every_s), 0.0
        while True:
            now = round(clock.now_s() - began, 6)
            awake_s = now - stood_s  # the kernel's ages do not count sleep either
            fresh = [one for one in found if one.ago_s < awake_s - last_s]
            if fresh:
                batch = _batch(name, now, fresh)
                count += len(batch.frames)
                channels |= {c for one in fresh if (c := channel_of(one.freq_mhz))}
                yield batch
            last_s, left = awake_s, plan.wifi_seconds - awake_s
            if left <= 0:
                break
            still.beat()
            await asyncio.sleep(min(self._every_s, left))
            stood_s += still.beat()
            try:
                found = await asyncio.to_thread(self._list)
            except Unavailable as error:
                problems.append(error.said)
                break
        now = round(clock.now_s() - began, 6)
        yield Coverage(
            source=name, time_s=now, medium=Medium.WIFI, seconds=now - stood_s, frames=count, lost=0,
            channels=tuple(sorted(channels)), look=LOOK,
        )  # fmt: skip
        yield ended(problems, source=name, time_s=now, records=count, duration_s=now)


def _batch(name: str, now: float, found: list[Seen]) -> FrameBatch:
    frames = tuple(frame for one in found for frame in nl80211.frames(one))
    return FrameBatch(
        source=name,
        time_s=now,
        medium=Medium.WIFI,
        link_type=DLT_RADIOTAP,
        times_s=(now,) * len(frames),
        frames=frames,
        lengths=tuple(map(len, frames)),
    )
