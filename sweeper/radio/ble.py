"""Bluetooth advertisements from a live adapter, by bleak.

    ble                the first adapter that is ready        ble:hci1            that adapter
    ble:passive        passive scanning (BlueZ 5.56 with its experimental interfaces)   ble:hci1,passive

bleak hands over fields, not bytes; they are written back as AD structures, so that live advertisements and
captures go through one door. Order and grouping on the air are lost, and BlueZ merges what one device sends
in turns. It also listens in turns, about ten seconds on and five off, and does not say so: the share of
seconds in which anything was heard is measured and reported (``ble_ear``).
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, Callable
from typing import Any

from sweeper.errors import ProtocolError, Reason, Unavailable
from sweeper.plan import SweepPlan
from sweeper.protocols.ble import ad
from sweeper.radio import SourceInfo
from sweeper.radio.ble_ear import Hear, Where, listen
from sweeper.records import Advertisement, Medium, Record, Value
from sweeper.text import Words, say

STOP_S = 5.0
"""A daemon that is gone answers no stop; it is not waited for longer."""
NO_RSSI = -127
"""What bleak gives where the adapter told none."""

PASSIVE_PATTERNS = (
    *((0, ad.FLAGS, bytes((flags,))) for flags in (0x02, 0x04, 0x05, 0x06, 0x1A, 0x1B)),
    (0, ad.MANUFACTURER, b"\x4c\x00"),
    *((0, ad.SERVICE_DATA_16, ad.uuid_bytes(uuid)) for uuid in ("FEAA", "FCB2", "FD5A", "FEED", "FE33")),
)
"""BlueZ scans passively only for patterns: flags that nearly all send, and trackers that send none."""

_IN_THE_RECORD = frozenset(("Address", "AddressType", "RSSI", "Name", "TxPower", "Adapter"))
"""Properties that the record itself has."""
_CAPITALS = re.compile(r"(?<=[a-z])(?=[A-Z])")
LONGEST_TEXT = 248
"""The longest device name that Bluetooth allows."""

MENDS = {
    Reason.LIBRARY_MISSING: say("pip install 'sweeper[ble]'"),
    Reason.NO_SERVICE: say(
        "install and start BlueZ: sudo apt install bluez && sudo systemctl start bluetooth"
    ),
    Reason.NO_DEVICE: say("plug in a Bluetooth adapter, or name another: ble:hci1"),
    Reason.POWERED_OFF: say("switch Bluetooth on: bluetoothctl power on (or rfkill unblock bluetooth)"),
    Reason.NO_PERMISSION: say("allow this user to use Bluetooth (group bluetooth, or the privacy settings)"),
    Reason.BUSY: say("end the other program that scans"),
}

_DBUS_REASONS = {
    "org.freedesktop.DBus.Error.ServiceUnknown": Reason.NO_SERVICE,
    "org.freedesktop.DBus.Error.NameHasNoOwner": Reason.NO_SERVICE,
    "org.freedesktop.DBus.Error.NoReply": Reason.STALLED,
    "org.freedesktop.DBus.Error.AccessDenied": Reason.NO_PERMISSION,
    "org.freedesktop.DBus.Error.UnknownObject": Reason.NO_DEVICE,
    "org.bluez.Error.NotReady": Reason.POWERED_OFF,
    "org.bluez.Error.NotAuthorized": Reason.NO_PERMISSION,
    "org.bluez.Error.InProgress": Reason.BUSY,
}
_BLEAK_REASONS = {
    "NO_BLUETOOTH": Reason.NO_DEVICE,
    "NO_BLE_CENTRAL_ROLE": Reason.NO_DEVICE,
    "POWERED_OFF": Reason.POWERED_OFF,
    "DENIED_BY_USER": Reason.NO_PERMISSION,
    "DENIED_BY_SYSTEM": Reason.NO_PERMISSION,
    "DENIED_BY_UNKNOWN": Reason.NO_PERMISSION,
}


def source(rest: str = "", where: Where | None = None) -> BleSource:
    """The factory. ``rest`` stands behind ``ble:`` in the name; ``where`` tells the listener's place."""
    return BleSource(rest, where)


async def present(rest: str = "") -> Unavailable | None:
    """``None`` if the adapter can scan right now, else why not: it is asked to, and stopped at once."""
    radio = BleSource(rest).radio()
    try:
        await radio.begin(lambda: 0.0, lambda advert: None)
    except Unavailable as why:
        return why
    await radio.end()
    return None


class BleSource:
    """A live adapter. Nothing is imported or opened before ``records``."""

    def __init__(self, rest: str = "", where: Where | None = None) -> None:
        words = [word for word in rest.split(",") if word]
        self.passive = "passive" in words
        self.adapter = next((word for word in words if word not in ("passive", "active")), None)
        self.info = SourceInfo(name=f"ble:{rest}" if rest else "ble", medium=Medium.BLE, live=True)
        self._where = where

    def records(self, plan: SweepPlan) -> AsyncGenerator[Record, None]:
        """Opened, then batches and states for ``plan.ble_seconds``, then Closed. Raises ``Unavailable``."""
        return listen(self.info.name, "bleak", self.radio(), plan, self._where)

    def radio(self) -> BleakRadio:
        """What it listens with."""
        return BleakRadio(self.info.name, self.adapter, self.passive)


class BleakRadio:
    """bleak's scanner, begun and ended."""

    def __init__(self, name: str, adapter: str | None, passive: bool) -> None:
        self._name = name
        self._adapter = adapter
        self._passive = passive
        self._scanner: Any = None

    async def begin(self, clock: Callable[[], float], hear: Hear) -> None:
        """Start scanning; raises ``Unavailable`` with the reason and the mend."""
        bleak = driver(self._name)
        options: dict[str, Any] = {"adapter": self._adapter} if self._adapter else {}
        if self._passive:
            options["or_patterns"] = list(PASSIVE_PATTERNS)
        scanner = bleak.BleakScanner(
            detection_callback=lambda device, data: hear(advertisement(device.address, data, clock())),
            scanning_mode="passive" if self._passive else "active",
            bluez=options,
        )
        try:
            await scanner.start()
        except (bleak.exc.BleakError, OSError, EOFError, TimeoutError) as error:
            reason = reason_of(error)
            detail: Words = str(error).strip()
            if reason is Reason.NO_SERVICE:
                detail = say("the Bluetooth service does not answer ({error})", error=str(error).strip())
            raise Unavailable(self._name, reason, detail, MENDS.get(reason, "")) from error
        self._scanner = scanner

    async def end(self) -> None:
        """Stop scanning. A daemon that is gone, or busy, cannot be stopped any more; that is no failure."""
        scanner, self._scanner = self._scanner, None
        if scanner is None:
            return
        bleak = driver(self._name)
        with contextlib.suppress(bleak.exc.BleakError, OSError, EOFError, TimeoutError, AssertionError):
            async with asyncio.timeout(STOP_S):
                await scanner.stop()


def advertisement(address: str, data: Any, time_s: float) -> Advertisement:
    """bleak's ``AdvertisementData`` as a record; ``platform_data`` adds the address type and the flags."""
    properties: dict[str, Any] = {}
    if len(data.platform_data) > 1 and isinstance(data.platform_data[1], dict):
        properties = data.platform_data[1]
    flags = properties.get("AdvertisingFlags")
    others = properties.get("AdvertisingData")
    try:
        payload = ad.from_fields(
            flags=flags[0] if flags else None,
            name=data.local_name,
            uuids=data.service_uuids,
            manufacturer=sorted(data.manufacturer_data.items()),
            service_data=sorted(data.service_data.items()),
            tx_power_dbm=data.tx_power,
        )
        payload += ad.encode(sorted(others.items())) if isinstance(others, dict) else b""
    except ProtocolError:
        payload = b""  # an identifier that is none; the rest of such an advertisement is not trusted either
    return Advertisement(
        time_s=time_s,
        address=address,
        address_type=properties.get("AddressType"),
        rssi_dbm=data.rssi if data.rssi is not None and data.rssi > NO_RSSI else None,
        data=payload,
        platform=platform_facts(properties),
    )


def platform_facts(properties: dict[str, Any]) -> dict[str, Value]:
    """What the system tells of a sender that is not in its advertisement: small letters, plain values.

    ``paired`` matters most: such a device is this computer's own.
    """
    kept: dict[str, Value] = {}
    for name, value in sorted(properties.items()):
        if name in _IN_THE_RECORD or not isinstance(value, str | int | float | bool):
            continue
        kept[_CAPITALS.sub("_", name).lower()] = value[:LONGEST_TEXT] if isinstance(value, str) else value
    return kept


def reason_of(error: BaseException) -> Reason:
    """Why the adapter cannot be used, from what bleak, D-Bus or the system raised."""
    told = getattr(error, "reason", None)
    if told is not None:
        return _BLEAK_REASONS.get(getattr(told, "name", ""), Reason.NO_DEVICE)
    name = getattr(error, "dbus_error", None)
    if name is not None:
        return _DBUS_REASONS.get(name, Reason.REFUSED)
    if isinstance(error, TimeoutError):
        return Reason.STALLED
    if isinstance(error, OSError | EOFError):
        return Reason.NO_SERVICE
    return Reason.NO_DEVICE if "not found" in str(error) else Reason.REFUSED


def driver(name: str) -> Any:
    """bleak, or ``Unavailable``."""
    try:
        import bleak
        import bleak.exc
    except ImportError as error:
        reason = Reason.LIBRARY_MISSING
        raise Unavailable(
            name, reason, say("bleak is not installed ({error})", error=error), MENDS[reason]
        ) from error
    return bleak
