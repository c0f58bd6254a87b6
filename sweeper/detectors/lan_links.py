"""One device on the air and on the wire: the Wi-Fi inventory and that of the network merged by address.

A station uses the same hardware address in its frames and in its packets, so a device of either inventory
whose address is also in the other is one device. The radio's record gains what the network told (``lan.*``,
and ``wifi.lan``, the other's id); the network's gains ``lan.wifi`` and ``same_as``, by which findings on both
come together under the radio's id: that is the one that can be walked up to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from sweeper.detectors import Setup
from sweeper.records import Device, Medium, Record, Value

HEARD = ("wifi.ssid", "wifi.network", "wifi.channel", "wifi.rssi_max", "wifi.bssid", "wifi.kind")
"""What of the radio's facts stands in the network's record too: where to look for it."""


class LanLinks:
    """Device in, the merged Devices out, again whenever either changes."""

    name = "lan-links"
    accepts: tuple[type[Record], ...] = (Device,)

    def __init__(self) -> None:
        self._radio: dict[str, Device] = {}
        self._network: dict[str, Device] = {}

    def feed(self, record: Device, /) -> Iterator[Record]:
        """Both records of a device that is in both inventories."""
        known = {Medium.WIFI: self._radio, Medium.LAN: self._network}.get(record.medium)
        if known is None:
            return
        known[record.address] = record
        radio, network = self._radio.get(record.address), self._network.get(record.address)
        if radio is None or network is None:
            return
        told = {key: value for key, value in network.facts.items() if key.startswith("lan.")}
        yield msgspec.structs.replace(radio, facts={**radio.facts, **told, "wifi.lan": network.id})
        heard: dict[str, Value] = {key: radio.facts[key] for key in HEARD if key in radio.facts}
        yield msgspec.structs.replace(
            network,
            facts={**network.facts, **heard, "lan.wifi": radio.id, "same_as": radio.id},
            rssi_dbm=radio.rssi_dbm,
        )

    def finish(self) -> Iterable[Record]:
        return ()


def stage(_setup: Setup) -> LanLinks:
    """The factory."""
    return LanLinks()
