"""Walking towards one Bluetooth device: its level smoothed, its trend, its sound, and a band of distance.

It is followed under all the addresses that the inventory has linked to it, so the walk goes on when a tag
changes its address. Advertisements come once or twice a second, and a scan pauses; so everything is smoothed
over seconds. The distance is read off the curve measured of AirTags (``protocols.ble.distance``); for other
devices it is the same curve and only shows the order of size.
"""

from __future__ import annotations

import msgspec

from sweeper.dsp.locate import Locator, Reading
from sweeper.protocols.ble.address import normalise
from sweeper.protocols.ble.distance import SMOOTH, Reach, reach, smoothed
from sweeper.records import AdvertisementBatch, Device, Medium, Record

SMOOTH_S = 3.0
"""Two or three advertisements of a tag that sends each second."""
TREND_S = 12.0
"""A dozen advertisements, some ten steps."""

MEASURED_KINDS = frozenset(("airtag",))
"""What the curve was measured of."""


class WalkReading(msgspec.Struct, frozen=True):
    """What to show. ``measured``: the curve is of this kind of device."""

    address: str
    reading: Reading
    distance: Reach
    measured: bool


class BleWalk:
    """Records in, readings of one device out; ``subject`` is one of its addresses or its id."""

    def __init__(self, subject: str) -> None:
        self._subject = normalise(subject).casefold()
        self._wanted = {self._subject}
        self._locator = Locator(smooth_s=SMOOTH_S, trend_s=TREND_S)
        self._levels: list[float] = []
        self._kind = ""

    def feed(self, record: Record) -> list[WalkReading]:
        """Readings for a batch's advertisements of this device; a Device record adds its linked addresses."""
        if isinstance(record, Device):
            self._learn(record)
        if not isinstance(record, AdvertisementBatch):
            return []
        made = []
        for advert in record.adverts:
            level = advert.rssi_dbm
            if level is not None and level < 0 and advert.address.casefold() in self._wanted:
                made.append(self._reading(advert.address, advert.time_s, float(level)))
        return made

    def _learn(self, device: Device) -> None:
        if device.medium is not Medium.BLE:
            return
        names = {address.casefold() for address in (*device.addresses, device.address)}
        if names & self._wanted or device.id.casefold() == self._subject:
            self._wanted |= names
            self._kind = device.kind

    def _reading(self, address: str, time_s: float, level: float) -> WalkReading:
        self._levels = [*self._levels, level][-SMOOTH:]
        median = smoothed(self._levels)
        return WalkReading(
            address,
            self._locator.feed(time_s, level),
            reach(level if median is None else median),
            self._kind in MEASURED_KINDS,
        )
