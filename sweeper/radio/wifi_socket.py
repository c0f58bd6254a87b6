"""The capture socket of a monitor interface: scapy opens it, raw bytes are read from it, losses are counted.

scapy dissects 900 frames a second and loses the rest without a word; the socket it opens hands over 100,000
if its buffer is large and its bytes are left alone. The kernel stamps each frame and counts what it dropped
(``PACKET_STATISTICS``, reset by reading). Linux only.
"""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import struct
import time
from pathlib import Path
from typing import Any, NamedTuple

from sweeper.errors import Reason, Unavailable
from sweeper.protocols.radiotap import DLT_80211, DLT_PRISM, DLT_RADIOTAP
from sweeper.text import say

BUFFER = 32 << 20
"""Bytes that the kernel may hold for us: over a second of 20,000 full frames."""

LONGEST = 1 << 16
"""Longest frame read; longer ones are cut, their length is told."""

MOST = 4_096
"""Frames in a batch: a Python object each would cost more than its parsing."""

SO_RCVBUFFORCE, SO_TIMESTAMPNS = 33, 35
SOL_PACKET, PACKET_STATISTICS = 263, 6
ARPHRD = {801: DLT_80211, 802: DLT_PRISM, 803: DLT_RADIOTAP}
"""Kinds of interface (``/sys/class/net/*/type``) that hand over 802.11 frames."""

MENDS = {
    Reason.LIBRARY_MISSING: say("pip install 'sweeper[wifi]'"),
    Reason.NO_PERMISSION: say("run the capture helper with the right: sudo sweeper-capture"),
}


class Heard(NamedTuple):
    """Frames of one read: UTC seconds, bytes, lengths on the air, and what the kernel dropped meanwhile."""

    times_s: list[float]
    frames: list[bytes]
    lengths: list[int]
    lost: int


def interfaces(root: Path = Path("/sys/class/net")) -> dict[str, int]:
    """Every network interface and its kind (803 is radiotap)."""
    found = {}
    for path in sorted(root.iterdir()) if root.is_dir() else ():
        with contextlib.suppress(OSError, ValueError):
            found[path.name] = int((path / "type").read_text())
    return found


def link_type(name: str, root: Path = Path("/sys/class/net")) -> int:
    """The link type of an interface. Raises ``Unavailable`` if it is absent or not in monitor mode."""
    known = interfaces(root)
    if name not in known:
        names = ", ".join(n for n in known if n != "lo")
        mend = say("name one of: {names}", names=names) if names else say("there is none")
        raise Unavailable(
            f"wifi:{name}", Reason.NO_DEVICE, say("there is no interface {name}", name=name), mend
        )
    if known[name] not in ARPHRD:
        mend = say(
            "sudo iw dev {name} interface add mon0 type monitor && sudo ip link set mon0 up", name=name
        )
        raise Unavailable(
            f"wifi:{name}", Reason.NO_MONITOR_MODE, say("{name} is not in monitor mode", name=name), mend
        )
    return ARPHRD[known[name]]


def scapy_socket(name: str) -> Any:
    """scapy's listening socket. Raises ``Unavailable`` if scapy is missing or the kernel refuses."""
    try:
        import scapy.arch.linux  # the driver, imported when asked for; it fills ``conf``
        import scapy.layers.dot11  # noqa: F401  (tells scapy the link types)
        from scapy.config import conf
    except ImportError:
        mend = MENDS[Reason.LIBRARY_MISSING]
        raise Unavailable(
            f"wifi:{name}", Reason.LIBRARY_MISSING, say("scapy is not installed"), mend
        ) from None
    try:
        return conf.L2listen(iface=name, promisc=False)
    except PermissionError:
        mend = MENDS[Reason.NO_PERMISSION]
        raise Unavailable(
            f"wifi:{name}", Reason.NO_PERMISSION, say("this user may not capture frames"), mend
        ) from None
    except OSError as error:
        if error.errno != errno.ENETDOWN:
            raise Unavailable(f"wifi:{name}", Reason.REFUSED, str(error)) from None
        mend = say("sudo ip link set {name} up", name=name)
        raise Unavailable(f"wifi:{name}", Reason.REFUSED, say("{name} is down", name=name), mend) from None


class MonitorSocket:
    """An open capture on one interface."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.link_type = link_type(name)
        self._owner = scapy_socket(name)
        self._socket: socket.socket = self._owner.ins
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
        except PermissionError:  # without CAP_NET_ADMIN the system's own limit holds
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        self._socket.setblocking(False)
        self._buffer = bytearray(LONGEST)
        self._drops()

    def read(self, seconds: float) -> Heard:
        """Frames of the next ``seconds``, at most ``MOST``. Raises ``OSError`` once the interface is gone."""
        until = time.monotonic() + seconds
        times: list[float] = []
        frames: list[bytes] = []
        lengths: list[int] = []
        view, receive = memoryview(self._buffer), self._socket.recvmsg_into
        while len(frames) < MOST:
            try:
                size, extra, _, sender = receive([view], 64, socket.MSG_TRUNC)
            except BlockingIOError:
                left = until - time.monotonic()
                if left <= 0:
                    break
                select.select([self._socket], [], [], left)
                continue
            if sender[2] == socket.PACKET_OUTGOING:
                continue
            frames.append(bytes(view[: min(size, LONGEST)]))
            lengths.append(size)
            times.append(_stamp(extra))
        return Heard(times, frames, lengths, self._drops())

    def _drops(self) -> int:
        """What the kernel dropped since the last question."""
        told = self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8)
        return int(struct.unpack("II", told)[1])

    def close(self) -> None:
        self._owner.close()


def _stamp(extra: list[tuple[int, int, bytes]]) -> float:
    """The kernel's time of a frame, UTC."""
    for level, kind, data in extra:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS and len(data) >= 16:
            seconds, nanoseconds = struct.unpack("qq", data[:16])
            return float(seconds + nanoseconds / 1e9)
    return time.time()
