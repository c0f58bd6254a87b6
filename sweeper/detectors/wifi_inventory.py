"""The Wi-Fi inventory: every transmitter with what it says of itself and what was measured of it.

A frame that fails its checksum, is broken, or stands alone without any proof makes no device: a corrupted
address is not a transmitter. A management frame whose elements fit, or a checksum that fits, proves an
address at once; anything else takes a second frame. What was left out is counted and told at the end.

Nothing recognised is still listed. Facts of a device: ``wifi.kind``, ``wifi.oui``, ``wifi.vendor``,
``wifi.randomised``, ``wifi.ssid``, ``wifi.probed`` (each with ``_hex``), ``wifi.hidden``, ``wifi.security``,
``wifi.channel``, ``wifi.bssid``, ``wifi.network``, ``wifi.vendor_elements``, ``wifi.wps.*``,
``wifi.taxonomy.probe``, ``.assoc``, ``.beacon``, ``wifi.country``, ``wifi.name``, ``wifi.mesh``,
``wifi.direct``, at the end ``wifi.cluster`` (id of the first of several random addresses that are one device)
and ``wifi.cluster_confidence``, and measured ``wifi.frames``, ``wifi.up_bytes``, ``wifi.down_bytes``,
``wifi.rssi_max``, ``wifi.signal`` ([seconds, dBm] points), ``wifi.rate_mbps_max``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from sweeper.detectors import Setup
from sweeper.detectors.wifi_frames import Checksums, crc_fits, is_wifi
from sweeper.detectors.wifi_links import linked
from sweeper.detectors.wifi_station import Station
from sweeper.forgetting import MOST_EVER, forgotten, full, make_room
from sweeper.protocols import frame_table as ft
from sweeper.protocols import ieee80211 as wifi
from sweeper.protocols.frame_table import Column, FrameTable
from sweeper.records import Device, FrameBatch, Level, Medium, Opened, Record, State, told
from sweeper.signatures import Library
from sweeper.text import listed, say

MOST_STATIONS = 50_000
"""Transmitters known at a time: a flood of made-up addresses must neither fill the memory nor hide who comes
after it. Of more those silent longest are forgotten (``sweeper.forgetting``)."""

MOST_WAITING = 8_192
"""Addresses seen once that wait for their second frame; the oldest are forgotten."""

MOST_DESCRIPTIONS = 4_096
"""Element lists kept read, for all transmitters together: random addresses repeat their phone's elements."""

RENEW_S = 1.0
"""A device that is heard live is told anew so often, for its signal: somebody may be walking towards it."""

_NO_ELEMENTS = frozenset({wifi.AUTHENTICATION, wifi.DEAUTHENTICATION, wifi.DISASSOCIATION, 9})


class _Summary(NamedTuple):
    """One transmitter's frames in one batch: rows, strongest signal (0: none told), last frequency, highest
    rate of data, whether any data came down from it, the row of the last that went up (-1: none), and the
    sequence numbers of the first and last frame."""

    address: int
    rows: Column
    strongest: int
    freq_mhz: int
    rate: float
    down: bool
    last_up: int
    sequences: tuple[int, int]


def _summaries(table: FrameTable, rows: Column) -> list[_Summary]:
    """The transmitters of a batch in order of their first frame; all counting is done in columns."""
    senders, first, inverse = np.unique(table.transmitter[rows], return_index=True, return_inverse=True)
    order = rows[np.argsort(inverse, kind="stable")]
    begins = np.concatenate([[0], np.cumsum(np.bincount(inverse))])
    ends = begins[1:] - 1
    signal = table.signal_dbm[order]
    data = table.kind[order] == ft.DATA
    ways = table.flags[order] & (ft.TO_DS | ft.FROM_DS)
    columns = zip(
        senders.tolist(),
        np.maximum.reduceat(np.where(signal < 0, signal, -128), begins[:-1]).tolist(),
        table.freq_mhz[order[ends]].tolist(),
        np.maximum.reduceat(np.where(data, table.rate_mbps[order], 0), begins[:-1]).tolist(),
        np.logical_or.reduceat(data & (ways == ft.FROM_DS), begins[:-1]).tolist(),
        np.maximum.reduceat(np.where(data & (ways == ft.TO_DS), order, -1), begins[:-1]).tolist(),
        begins[:-1].tolist(),
        begins[1:].tolist(),
        table.sequence[order[begins[:-1]]].tolist(),
        table.sequence[order[ends]].tolist(),
        strict=True,
    )
    found = [
        _Summary(
            sender, order[begin:end], max(dbm, -128) if dbm > -128 else 0, freq, rate, down, up, (low, high)
        )
        for sender, dbm, freq, rate, down, up, begin, end, low, high in columns
    ]
    return [found[index] for index in np.argsort(first, kind="stable").tolist()]


class WifiInventory:
    """FrameBatch in, Device out: when something new is learnt, and each once more at the end."""

    name = "wifi-inventory"
    accepts: tuple[type[Record], ...] = (FrameBatch, Opened)

    def __init__(self, library: Library) -> None:
        self._library = library
        self._live: set[str] = set()
        self._stations: dict[int, Station] = {}
        self._waiting: dict[int, int] = {}
        self._described: dict[tuple[int, bytes], wifi.Description] = {}
        self._checksums: dict[str, Checksums] = {}
        self._source = ""
        self._last_s = 0.0
        self._gone: list[Station] = []
        self._told = self._full = False
        self._count = self._frames = self._bad = self._broken = self._unlisted = 0

    def feed(self, record: FrameBatch | Opened, /) -> Iterator[Record]:
        """Devices that are new or about which something new was learnt; live ones each second too."""
        if isinstance(record, Opened):
            if record.live:
                self._live.add(record.source)
            return
        if not is_wifi(record) or not record.frames:
            return
        self._source, self._last_s = record.source, record.times_s[-1]
        table = self._checksums.setdefault(record.source, Checksums()).lay_out(record)
        self._frames += len(table)
        self._bad += int(table.bad.sum())
        self._broken += int((~table.ok & ~table.bad).sum())
        live = record.source in self._live
        heard = self._take(record, table)
        yield from self._forgotten()
        for station in heard:
            if station.changed or (live and station.last_s >= station.told_s + RENEW_S):
                station.changed, station.told_s = False, station.last_s
                yield self._device(station)

    def finish(self) -> Iterator[Record]:
        """Every device with its final measurements and links, and what was left out."""
        links = linked(station.sighting() for station in self._stations.values() if station.roams())
        for station in self._stations.values():
            link = links.get(station.number)
            if link is not None:
                station.said["wifi.cluster"] = f"wifi-{link.chain:04d}"
                station.said["wifi.cluster_confidence"] = link.confidence
            yield self._device(station)
        bad, broken, unlisted = self._bad, self._broken, self._unlisted
        left_out = [
            *([say("{count} frames failed their checksum", count=bad)] if bad else []),
            *([say("{count} frames were malformed", count=broken)] if broken else []),
            *(
                [say("{count} frames came from addresses that nothing proved", count=unlisted)]
                if unlisted
                else []
            ),
        ]
        if left_out:
            yield told(
                say("of {frames} frames: {what}", frames=self._frames, what=listed(left_out)),
                source=self._source,
                time_s=self._last_s,
                subject=self.name,
                state=State.READY,
            )

    def _forgotten(self) -> Iterator[Record]:
        """Those that had to go, a last time with their measurements; said once."""
        gone, self._gone = self._gone, []
        if self._count >= MOST_EVER and not self._full:
            self._full = True
            yield full(self.name, self._source, self._last_s)
        if gone and not self._told:
            self._told = True
            yield forgotten(self.name, self._source, self._last_s, MOST_STATIONS)
        for station in gone:
            yield self._device(station)

    def _take(self, batch: FrameBatch, table: FrameTable) -> list[Station]:
        """Learn from a batch; the stations that sent in it, by number."""
        usable = (
            table.ok & (table.transmitter != 0) & (table.transmitter >> np.uint64(40) & np.uint64(1) == 0)
        )
        self._broken += int(
            (table.ok & ~usable & (table.kind != ft.CONTROL) & (table.kind != ft.EXTENSION)).sum()
        )
        rows = np.flatnonzero(usable)
        if not len(rows):
            return []
        sums = _summaries(table, rows)
        for one in sums:
            self._sender(one, batch, table)
        self._elements(batch, table, rows)
        self._volumes(table, rows)
        sent = (self._stations.get(one.address) for one in sums)
        return sorted((station for station in sent if station is not None), key=lambda s: s.number)

    def _sender(self, one: _Summary, batch: FrameBatch, table: FrameTable) -> None:
        """Count the frames of one transmitter; list it if it is new and proven."""
        station = self._stations.get(one.address)
        if station is None:
            if not self._proven(one.address, one.rows, batch, table):
                self._unlisted += int(table.ok[one.rows].sum())
                return
            self._gone += make_room(self._stations, MOST_STATIONS, lambda one: one.last_s)
            self._count += 1
            station = Station(self._count, one.address, batch.times_s[one.rows[0]])
            station.first_sequence = one.sequences[0]
            self._stations[one.address] = station
        station.last_sequence = one.sequences[1]
        station.frames += len(one.rows)
        station.last_s = batch.times_s[one.rows[-1]]
        if one.strongest < 0:
            station.hear(station.last_s, one.strongest)
        station.freq_mhz = one.freq_mhz or station.freq_mhz
        station.rate_max = max(station.rate_max, one.rate)
        if one.down:
            station.become("access_point")
        if one.last_up >= 0:
            station.become("member")
            bssid = int(table.receiver[one.last_up])
            if not wifi.group(bssid):
                station.changed |= station.bssid is None  # roaming is told at the end
                station.bssid = bssid

    def _proven(self, address: int, rows: Column, batch: FrameBatch, table: FrameTable) -> bool:
        if self._count >= MOST_EVER:
            return False
        prove = self._checksums[batch.source].prove
        unproven = self._waiting.pop(address, 0)
        for row in rows[:8].tolist():
            frame, start = batch.frames[row], int(table.start[row])
            if prove and table.fcs[row] and len(frame) >= batch.lengths[row]:
                if crc_fits(frame, start):
                    return True
                table.ok[row] = False
                self._bad += 1
                continue
            if self._fits(frame, row, table):
                return True
            unproven += 1
        if unproven >= 2:
            return True
        if unproven:
            if len(self._waiting) >= MOST_WAITING:
                del self._waiting[next(iter(self._waiting))]
            self._waiting[address] = unproven
        return False

    def _fits(self, frame: bytes, row: int, table: FrameTable) -> bool:
        """Whether a management frame's elements fill it exactly, as chance seldom does."""
        subtype = _subtype(int(table.kind[row]), int(table.subtype[row]))
        if subtype in _NO_ELEMENTS or table.flags[row] & ft.PROTECTED or subtype not in wifi.FIXED:
            return False
        body = frame[int(table.start[row] + table.header[row]) : int(table.stop[row])]
        return len(body) > wifi.FIXED[subtype] and self._describe(subtype, body).complete

    def _describe(self, subtype: int, body: bytes) -> wifi.Description:
        at = wifi.FIXED[subtype]
        key = (subtype, body[at:])
        found = self._described.get(key)
        if found is None:
            if len(self._described) >= MOST_DESCRIPTIONS:
                self._described.clear()
            found = self._described[key] = wifi.describe(body, at)
        return found

    def _elements(self, batch: FrameBatch, table: FrameTable, rows: Column) -> None:
        """Read the elements of management frames, each list once for each transmitter."""
        kinds = table.kind[rows]
        telling = (kinds == ft.MANAGEMENT) | (kinds == ft.EXTENSION)
        management = rows[telling & (table.flags[rows] & ft.PROTECTED == 0)]
        prove = self._checksums[batch.source].prove
        begins = table.start[management] + table.header[management]
        for row, kind, number, sender, begin, stop in zip(
            management.tolist(),
            table.kind[management].tolist(),
            table.subtype[management].tolist(),
            table.transmitter[management].tolist(),
            begins.tolist(),
            table.stop[management].tolist(),
            strict=True,
        ):
            station = self._stations.get(sender)
            subtype = _subtype(kind, number)
            if station is None or subtype not in wifi.FIXED or subtype in (1, 3) or not table.ok[row]:
                continue
            frame = batch.frames[row]
            at = wifi.FIXED[subtype]
            body = frame[begin:stop]
            known = bytes((subtype,)) + body[at - 2 :] if at == 12 else bytes((subtype,)) + body[at:]
            if station.seen_before(known, 3 if at == 12 else 1):
                continue
            whole = len(frame) >= batch.lengths[row]
            if prove and table.fcs[row] and whole and not crc_fits(frame, int(table.start[row])):
                self._bad += 1
            elif len(body) >= at:
                station.read(subtype, body, self._describe(subtype, body))

    def _volumes(self, table: FrameTable, rows: Column) -> None:
        """Bytes up (sent by a station to its network) and down (sent by the network to a station)."""
        data = rows[table.kind[rows] == ft.DATA]
        ways = table.flags[data] & (ft.TO_DS | ft.FROM_DS)
        payload = np.maximum(table.length[data] - table.header[data], 0)
        for way, who, up in ((ft.TO_DS, table.transmitter, True), (ft.FROM_DS, table.receiver, False)):
            chosen = ways == way
            addresses, inverse = np.unique(who[data[chosen]], return_inverse=True)
            sums = np.bincount(inverse, weights=payload[chosen], minlength=len(addresses))
            for address, total in zip(addresses.tolist(), sums.tolist(), strict=True):
                station = self._stations.get(address)
                if station is not None and up:
                    station.up_bytes += int(total)
                elif station is not None:
                    station.down_bytes += int(total)

    def _device(self, station: Station) -> Device:
        facts = station.identity(self._stations.get(station.bssid or 0))
        if facts != station.matched:
            hits = self._library.match(Medium.WIFI, facts)
            station.matched, station.match = facts, hits[0] if hits else None
        best = station.match
        vendor = facts.get("wifi.vendor")
        return Device(
            source=self._source,
            time_s=self._last_s,
            id=station.id,
            medium=Medium.WIFI,
            address=wifi.address(station.address),
            kind=best.device if best and best.level is not Level.INFO else station.kind,
            vendor=(best.vendor if best else "") or (str(vendor) if vendor else None),
            model=(best.model if best else "") or str(facts.get("wifi.wps.model") or "") or None,
            signature=best.id if best else None,
            first_s=station.first_s,
            last_s=station.last_s,
            sightings=station.frames,
            rssi_dbm=station.rssi_last,
            addresses=(wifi.address(station.address),),
            facts={**facts, **station.measured()},
        )


def _subtype(kind: int, subtype: int) -> int:
    """A frame's subtype as ``ieee80211`` counts them; -1 where it has no elements."""
    if kind == ft.MANAGEMENT:
        return subtype
    return wifi.DMG_BEACON if kind == ft.EXTENSION and subtype == ft.DMG_BEACON else -1


def stage(setup: Setup) -> WifiInventory:
    """The factory."""
    return WifiInventory(setup.library)


def identify(frame: bytes, library: Library) -> Iterable[Device]:
    """The devices behind one 802.11 frame without capture header or FCS, as signatures' examples hold it."""
    stage = WifiInventory(library)
    batch = FrameBatch(
        source="example", time_s=0.0, medium=Medium.WIFI, link_type=105,
        times_s=(0.0,), frames=(frame,), lengths=(len(frame),),
    )  # fmt: skip
    return [r for r in stage.feed(batch) if isinstance(r, Device)]
