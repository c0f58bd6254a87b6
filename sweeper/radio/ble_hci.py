"""Bluetooth advertisements straight from a controller, by bumble: a USB dongle, a serial one, one over TCP.

    hci:usb:0                        the first USB dongle that the kernel leaves alone
    hci:serial:/dev/ttyACM0,1000000  a controller behind a serial port
    hci:tcp-client:HOST:PORT         one on another machine

Between it and the air there is no daemon: every advertisement comes with its own bytes and its own time,
extended ones included, and the controller listens without pauses. bumble opens the transport and speaks to
the controller; the advertising reports are read here, by the same code that reads captures.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncGenerator, Callable
from typing import Any

from sweeper.errors import ProtocolError, Reason, Unavailable
from sweeper.plan import SweepPlan
from sweeper.protocols.ble_capture import H4, Joiner
from sweeper.protocols.pcap import Packet
from sweeper.radio import SourceInfo
from sweeper.radio.ble_ear import Hear, Where, listen
from sweeper.records import Advertisement, Medium, Record
from sweeper.text import say

OPEN_S = 8.0
"""For opening the transport and for the controller's reset: a dongle answers within a second."""
OWN_ADDRESS = "F0:00:00:00:00:01"
"""The address that bumble wants for itself; scanning passively, it is never sent."""
SCAN_MS = 60.0
"""Interval and window alike: the controller listens all the time."""
SAME_S = 0.001
"""The same bytes from the same sender within this time are one advertisement that came by two ways."""

FAILURES = (OSError, EOFError, ValueError, RuntimeError, AssertionError, TypeError)
"""What serial, USB and TCP transports raise; ``TimeoutError`` and connection errors are ``OSError``."""

MENDS = {
    Reason.LIBRARY_MISSING: say("pip install 'sweeper[ble-hci]'"),
    Reason.NO_DEVICE: say("name one: hci:usb:0, hci:serial:/dev/ttyACM0,1000000 or hci:tcp-client:HOST:PORT"),
    Reason.NO_PERMISSION: say(
        "allow this user to open the device (a udev rule, or the group dialout for serial)"
    ),
    Reason.BUSY: say("make the kernel let go of it: sudo hciconfig hci0 down"),
    Reason.STALLED: say("unplug the dongle and plug it in again"),
}


def source(rest: str = "", where: Where | None = None, opener: Opener | None = None) -> HciSource:
    """The factory. ``rest`` is bumble's name of the transport; ``opener`` stands in for it in tests."""
    return HciSource(rest or "usb:0", where, opener)


Opener = Callable[[str], Any]
"""Transport name -> awaitable of an object with ``source``, ``sink`` and ``close()``."""


class HciSource:
    """A live controller. Nothing is imported or opened before ``records``."""

    def __init__(self, transport: str, where: Where | None = None, opener: Opener | None = None) -> None:
        self.info = SourceInfo(name=f"hci:{transport}", medium=Medium.BLE, live=True)
        self._transport = transport
        self._where = where
        self._opener = opener

    def records(self, plan: SweepPlan) -> AsyncGenerator[Record, None]:
        """Opened, then batches and states for ``plan.ble_seconds``, then Closed. Raises ``Unavailable``."""
        radio = HciRadio(self.info.name, self._transport, self._opener)
        return listen(self.info.name, "hci", radio, plan, self._where)


class HciRadio:
    """bumble's host, begun and ended; a tap on its packets hears the reports."""

    def __init__(self, name: str, transport: str, opener: Opener | None) -> None:
        self._name = name
        self._transport = transport
        self._opener = opener
        self._open: Any = None

    async def begin(self, clock: Callable[[], float], hear: Hear) -> None:
        """Open, reset, scan passively; raises ``Unavailable`` with the reason and the mend."""
        bumble = driver(self._name)
        opener = self._opener or bumble.transport.open_transport
        try:
            async with asyncio.timeout(OPEN_S):
                self._open = await opener(self._transport)
                device = bumble.device.Device.with_hci(
                    "sweeper", bumble.hci.Address(OWN_ADDRESS), self._open.source, self._open.sink
                )
                device.host.snooper = Tap(clock, hear)
                await device.power_on()
                await device.start_scanning(
                    active=False, scan_interval=SCAN_MS, scan_window=SCAN_MS, filter_duplicates=False
                )
        except (bumble.core.BaseBumbleError, *_failures()) as error:
            await self.end()
            reason = reason_of(error)
            detail = str(error).strip() or type(error).__name__
            raise Unavailable(self._name, reason, detail, MENDS.get(reason, "")) from error

    async def end(self) -> None:
        """Close the transport; the controller stops when it is reset or loses its host."""
        transport, self._open = self._open, None
        if transport is not None:
            with contextlib.suppress(*_failures()):
                async with asyncio.timeout(OPEN_S):
                    await transport.close()


class Tap:
    """What bumble calls a snooper: sees every packet between host and controller."""

    def __init__(self, clock: Callable[[], float], hear: Hear) -> None:
        self._clock = clock
        self._hear = hear
        self._joiner = Joiner()
        self._last: dict[str, tuple[float, bytes]] = {}

    def snoop(self, hci_packet: bytes, direction: int) -> None:
        """One packet with its H4 type byte. Damaged reports are passed over."""
        packet = Packet(self._clock(), H4, bytes(hci_packet), len(hci_packet))
        try:
            adverts = self._joiner.adverts(packet)
        except ProtocolError:
            return
        for advert in adverts:
            if not self._twice(advert):
                self._hear(advert)

    def _twice(self, advert: Advertisement) -> bool:
        time_s, data = self._last.get(advert.address, (-1.0, b""))
        self._last[advert.address] = (advert.time_s, advert.data)
        return data == advert.data and 0 <= advert.time_s - time_s < SAME_S


def _failures() -> tuple[type[BaseException], ...]:
    """``FAILURES``, and the USB library's own if bumble has loaded it: it derives from none of them."""
    usb = sys.modules.get("usb1")
    return FAILURES if usb is None else (*FAILURES, usb.USBError)


def reason_of(error: BaseException) -> Reason:
    """Why the controller cannot be used, from what the transport raised."""
    if isinstance(error, TimeoutError):
        return Reason.STALLED
    if isinstance(error, PermissionError) or "access" in str(error).lower():
        return Reason.NO_PERMISSION
    if "busy" in str(error).lower():
        return Reason.BUSY
    missing = isinstance(error, OSError | ValueError) or "no_device" in str(error).lower()
    return Reason.NO_DEVICE if missing else Reason.REFUSED


def driver(name: str) -> Any:
    """bumble with the parts that are used here, or ``Unavailable``."""
    try:
        import bumble
        import bumble.core
        import bumble.device
        import bumble.hci
        import bumble.transport
    except ImportError as error:
        reason = Reason.LIBRARY_MISSING
        raise Unavailable(
            name, reason, say("bumble is not installed ({error})", error=error), MENDS[reason]
        ) from error
    return bumble
