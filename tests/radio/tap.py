"""A monitor interface without hardware: a TAP device whose link type is set to radiotap's (803)."""

from __future__ import annotations

import fcntl
import os
import socket
import struct
from types import TracebackType

import pytest

TUNSETIFF, TUNSETLINK, SIOCSIFFLAGS, SIOCSIFMTU = 0x400454CA, 0x400454CD, 0x8914, 0x8922
IFF_TAP, IFF_NO_PI, IFF_UP, IFF_RUNNING = 0x0002, 0x1000, 0x1, 0x40


class Tap:
    """A context: the interface ``name`` is up within it; what is written to it is heard on it."""

    def __init__(self, name: str = "swmon0", kind: int = 803) -> None:
        self.name, self.kind = name, kind

    def __enter__(self) -> Tap:
        try:
            self.fd = os.open("/dev/net/tun", os.O_RDWR)
            fcntl.ioctl(self.fd, TUNSETIFF, struct.pack("16sH", self.name.encode(), IFF_TAP | IFF_NO_PI))
            fcntl.ioctl(self.fd, TUNSETLINK, self.kind)
            with open(f"/proc/sys/net/ipv6/conf/{self.name}/disable_ipv6", "w") as switch:
                switch.write("1")
        except OSError as error:
            pytest.skip(f"a TAP device may not be made here: {error}")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            fcntl.ioctl(control, SIOCSIFMTU, struct.pack("16si", self.name.encode(), 2400))
            fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh", self.name.encode(), IFF_UP | IFF_RUNNING))
        return self

    def send(self, frame: bytes) -> None:
        os.write(self.fd, frame)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        os.close(self.fd)
