"""Bluetooth advertisements from a live adapter, by bleak.

    ble                the first adapter that is ready        ble:hci1            that adapter
    ble:passive        passive scanning (BlueZ 5.56 with its experimental interfaces)   ble:hci1,passive

bleak hands over fields, not bytes; they are written back as AD structures, so that live advertisements and
captures go through one door. Order and grouping on the air are lost, and BlueZ merges what one device sends
in turns. It also listens in turns, about ten seconds on and five off, and does not say so: the share of
seconds in which anything was heard is measured and reported.

An adapter that is switched off, pulled out, or whose daemon restarts says nothing; it only falls silent. So
after a silence scanning is begun anew, and what then goes wrong is told, until it works again.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any

from sweeper.errors import ProtocolError, Reason, Unavailable
from sweeper.plan import SweepPlan
from sweeper.protocols.ble import ad
from sweeper.radio import SourceInfo
from sweeper.records import (
    Advertisement,
    AdvertisementBatch,
    Closed,
    Medium,
    Opened,
    Place,
    Record,
    State,
    Status,
)

BATCH_S = 0.5
"""How long advertisements are collected before they are handed on."""
SILENCE_S = 15.0
"""Longer than BlueZ's own pause between two turns (bleak issue 2022 measured about 5 s)."""
RETRY_S = 3.0
STOP_S = 5.0
"""A daemon that is gone answers no stop; it is not waited for longer."""
BACKLOG = 20_000
"""Advertisements kept while nobody fetches them: 15 s of the most that D-Bus carried (1,200/s, measured)."""
NO_RSSI = -127
"""What bleak gives where the adapter told none."""

PASSIVE_PATTERNS = (
    *((0, ad.FLAGS, bytes((flags,))) for flags in (0x02, 0x04, 0x05, 0x06, 0x1A, 0x1B)),
    (0, ad.MANUFACTURER, b"\x4c\x00"),
    *((0, ad.SERVICE_DATA_16, ad.uuid_bytes(uuid)) for uuid in ("FEAA", "FCB2", "FD5A", "FEED", "FE33")),
)
"""BlueZ scans passively only for patterns: flags that nearly all send, and trackers that send none."""

MENDS = {
    Reason.LIBRARY_MISSING: "pip install 'sweeper[ble]'",
    Reason.NO_SERVICE: "install and start BlueZ: sudo apt install bluez && sudo systemctl start bluetooth",
    Reason.NO_DEVICE: "plug in a Bluetooth adapter, or name another: ble:hci1",
    Reason.POWERED_OFF: "switch Bluetooth on: bluetoothctl power on (or rfkill unblock bluetooth)",
    Reason.NO_PERMISSION: "allow this user to use Bluetooth (group bluetooth, or the privacy settings)",
    Reason.BUSY: "end the other program that scans",
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


def source(rest: str = "", where: Callable[[], Place | None] | None = None) -> BleSource:
    """The factory. ``rest`` stands behind ``ble:`` in the name; ``where`` tells the listener's place."""
    return BleSource(rest, where)


async def present(rest: str = "") -> Unavailable | None:
    """``None`` if the adapter can scan right now, else why not: it is asked to, and stopped at once."""
    wanted = BleSource(rest)
    ear = _Ear(wanted.info.name, wanted.adapter, wanted.passive, None)
    try:
        await ear.begin()
    except Unavailable as why:
        return why
    await ear.end()
    return None


class BleSource:
    """A live adapter. Nothing is imported or opened before ``records``."""

    def __init__(self, rest: str = "", where: Callable[[], Place | None] | None = None) -> None:
        words = [word for word in rest.split(",") if word]
        self.passive = "passive" in words
        self.adapter = next((word for word in words if word not in ("passive", "active")), None)
        self.info = SourceInfo(name=f"ble:{rest}" if rest else "ble", medium=Medium.BLE, live=True)
        self._where = where

    async def records(self, plan: SweepPlan) -> AsyncGenerator[Record, None]:
        """Opened, then batches and states for ``plan.ble_seconds``, then Closed. Raises ``Unavailable``."""
        ear = _Ear(self.info.name, self.adapter, self.passive, self._where)
        await ear.begin()
        count, seconds = 0, set[int]()
        try:
            yield Opened(
                source=self.info.name,
                time_s=0.0,
                medium=Medium.BLE,
                format="bleak",
                start_utc_s=ear.start_utc_s,
                live=True,
            )
            while ear.now_s < plan.ble_seconds:
                await asyncio.sleep(min(BATCH_S, max(0.0, plan.ble_seconds - ear.now_s)))
                for record in ear.take():
                    if isinstance(record, AdvertisementBatch):
                        count += len(record.adverts)
                        seconds.update(int(advert.time_s) for advert in record.adverts)
                    yield record
                for status in await ear.mind():
                    yield status
        finally:
            await ear.end()
        yield Closed(
            source=self.info.name,
            time_s=ear.now_s,
            records=count,
            duration_s=ear.now_s,
            problems=_duty(len(seconds), ear.now_s),
        )


def _duty(heard: int, duration_s: float) -> tuple[str, ...]:
    """What the reader must know about listening in turns."""
    whole = max(1, math.floor(duration_s))
    share = min(1.0, heard / whole)
    if share > 0.9:
        return ()
    return (f"something was heard in {heard} of {whole} seconds ({share:.0%}): the system listens in turns",)


class _Ear:
    """A scanner that is kept going: what it hears, and what is wrong with it."""

    def __init__(
        self, name: str, adapter: str | None, passive: bool, where: Callable[[], Place | None] | None
    ) -> None:
        self._name = name
        self._adapter = adapter
        self._passive = passive
        self._where = where
        self._scanner: Any = None
        self._heard: deque[Advertisement] = deque()
        self._lost = 0
        self._heard_s = self._tried_s = self._told_s = 0.0
        self._trouble: Reason | None = None
        self._start = time.monotonic()
        self.start_utc_s = time.time()

    @property
    def now_s(self) -> float:
        """Seconds since the beginning, by a clock that nobody sets."""
        return time.monotonic() - self._start

    async def begin(self) -> None:
        """Start scanning; raises ``Unavailable`` with the reason and the mend."""
        bleak = driver(self._name)
        options: dict[str, Any] = {"adapter": self._adapter} if self._adapter else {}
        if self._passive:
            options["or_patterns"] = list(PASSIVE_PATTERNS)
        scanner = bleak.BleakScanner(
            detection_callback=self._on_advert,
            scanning_mode="passive" if self._passive else "active",
            bluez=options,
        )
        try:
            await scanner.start()
        except (bleak.exc.BleakError, OSError, EOFError, TimeoutError) as error:
            reason = reason_of(error)
            detail = str(error).strip()
            if reason is Reason.NO_SERVICE:
                detail = f"the Bluetooth service does not answer ({detail})"
            raise Unavailable(self._name, reason, detail, MENDS.get(reason, "")) from error
        self._scanner = scanner
        self._tried_s = self.now_s

    async def end(self) -> None:
        """Stop scanning. A daemon that is gone, or busy, cannot be stopped any more; that is no failure."""
        scanner, self._scanner = self._scanner, None
        if scanner is None:
            return
        bleak = driver(self._name)
        with contextlib.suppress(bleak.exc.BleakError, OSError, EOFError, TimeoutError, AssertionError):
            await asyncio.wait_for(scanner.stop(), STOP_S)

    def take(self) -> Iterator[Record]:
        """What was heard since the last time, and how much was lost."""
        if self._heard:
            adverts = tuple(self._heard)
            self._heard.clear()
            yield AdvertisementBatch(source=self._name, time_s=adverts[0].time_s, adverts=adverts)
        if self._lost:
            detail = f"{self._lost} advertisements were dropped: analysis was behind"
            self._lost = 0
            yield self._status(State.DEGRADED, Reason.DROPPED, detail)

    async def mind(self) -> list[Status]:
        """After a silence begin anew; say what is wrong, once for each reason, and when it is right again."""
        now = self.now_s
        if self._trouble is not None and self._heard_s > self._told_s:
            return self._tell(State.LISTENING, None, "advertisements are heard again")
        patience_s = SILENCE_S if self._scanner is not None else RETRY_S
        if now - max(self._heard_s, self._tried_s) < patience_s:
            return []
        was_working = self._scanner is not None
        await self.end()
        try:
            await self.begin()
        except Unavailable as why:
            self._tried_s = self.now_s
            return self._tell(State.FAILED, why.reason, str(why))
        if not was_working:
            return self._tell(State.LISTENING, None, "scanning works again")
        detail = f"nothing was heard for {SILENCE_S:.0f} s; scanning was begun anew"
        return self._tell(State.DEGRADED, Reason.STALLED, detail)

    def _tell(self, state: State, reason: Reason | None, detail: str) -> list[Status]:
        if reason is self._trouble:
            return []
        self._trouble, self._told_s = reason, self.now_s
        return [self._status(state, reason, detail)]

    def _status(self, state: State, reason: Reason | None, detail: str) -> Status:
        return Status(
            source=self._name,
            time_s=self.now_s,
            subject=self._name,
            state=state,
            reason=reason,
            detail=detail,
        )

    def _on_advert(self, device: Any, data: Any) -> None:
        now = self.now_s
        self._heard_s = now
        if len(self._heard) >= BACKLOG:
            self._heard.popleft()
            self._lost += 1
        place = self._where() if self._where is not None else None
        self._heard.append(advertisement(device.address, data, now, place))


def advertisement(address: str, data: Any, time_s: float, place: Place | None = None) -> Advertisement:
    """bleak's ``AdvertisementData`` as a record; ``platform_data`` adds the address type and the flags."""
    properties: dict[str, Any] = {}
    if len(data.platform_data) > 1 and isinstance(data.platform_data[1], dict):
        properties = data.platform_data[1]
    flags = properties.get("AdvertisingFlags")
    try:
        payload = ad.from_fields(
            flags=flags[0] if flags else None,
            name=data.local_name,
            uuids=data.service_uuids,
            manufacturer=sorted(data.manufacturer_data.items()),
            service_data=sorted(data.service_data.items()),
            tx_power_dbm=data.tx_power,
        )
    except (
        ProtocolError
    ):  # an identifier that is none; the rest of such an advertisement is not trusted either
        payload = b""
    return Advertisement(
        time_s=time_s,
        address=address,
        address_type=properties.get("AddressType"),
        rssi_dbm=data.rssi if data.rssi is not None and data.rssi > NO_RSSI else None,
        data=payload,
        place=place,
    )


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
        raise Unavailable(name, reason, f"bleak is not installed ({error})", MENDS[reason]) from error
    return bleak
