"""Packet captures as records: each packet goes where its link type belongs.

    105 802.11   119 with Prism header   127 with radiotap   192 with PPI       Wi-Fi frames
    1   Ethernet   113, 276 Linux cooked (tcpdump -i any)   101, 12, 14, 228, 229 raw IP, 0 loopback
                                                                                LAN frames
    251, 256 BLE link layer   272 nRF Sniffer   187, 201 HCI   and btsnoop      advertisements

Kismet's pcapng holds several interfaces of several kinds: each packet is taken by itself, and records come
out in file order. A clock that jumps backwards is left as it is: time is what the capturing host wrote.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO

from sweeper.errors import InputError, ProtocolError
from sweeper.protocols import ble_capture, btsnoop, pcap
from sweeper.protocols.pcap import Packet
from sweeper.recording.files import READ_ERRORS, reason
from sweeper.recording.problems import Problems
from sweeper.records import Advertisement, AdvertisementBatch, FrameBatch, Medium, Record
from sweeper.text import say

FRAMES = {
    **dict.fromkeys((105, 119, 127, 192), Medium.WIFI),
    **dict.fromkeys((1, 113, 276, 101, 12, 14, 228, 229, 0), Medium.LAN),
}
ADVERTS = frozenset({187, 201, 251, 256, 272})
"""Link types that carry Bluetooth: HCI, HCI with direction, link layer, with header, Nordic."""

BATCH = 2_000
"""Packets in a batch at most."""
BATCH_BYTES = 4 << 20
"""Bytes that a batch holds at most, and one packet: capture files may hold packets of 256 KiB."""
BATCH_S = 1.0
"""Seconds that a batch spans at most, so that a replay at its own speed moves on every second."""
MOST_FOREIGN = 100_000
"""Packets of other kinds passed over in search of the first that is read."""
CLOCK_DIGITS = 6
"""Decimals of a time: UTC seconds in a double are exact to a quarter of a microsecond, no further."""
BACK_S = 1.0
"""A step back by more than this is a clock that was set, not packets that overtook each other."""
CLOCK_BACK = say("times left as recorded where the clock jumps back")
UNSET_CLOCK_S = 86_400.0 * 366
"""A first packet within 1970 says that the capturing host's clock was never set."""

NAMES = {
    143: "DOCSIS",
    147: "private",
    189: "USB",
    195: "802.15.4",
    215: "802.15.4",
    220: "USB",
    230: "802.15.4",
    283: "802.15.4",
}
"""What a capture of a kind that is not read is likely to be, for the line that refuses it."""


@dataclass(frozen=True)
class Start:
    """What the first packet that is read tells. ``time_s`` is ``None`` in a capture without packets."""

    medium: Medium
    time_s: float | None
    format: str


def is_capture(head: bytes) -> bool:
    """Whether a file that starts with ``head`` is pcap, pcapng or btsnoop."""
    return pcap.is_capture(head) or btsnoop.is_capture(head)


def start(path: str, file: BinaryIO) -> Start:
    """Looks at the packets up to the first that is read; ``InputError`` where there is none to come."""
    head = file.read(16)
    file.seek(0)
    form = "btsnoop" if btsnoop.is_capture(head) else "pcapng" if head[:4] == pcap.PCAPNG else "pcap"
    others: dict[int, int] = {}
    try:
        for packet in islice(_packets(file, head), MOST_FOREIGN):
            medium = Medium.BLE if packet.link_type in ADVERTS else FRAMES.get(packet.link_type)
            if medium is not None:
                return Start(medium, packet.time_s, form)
            others[packet.link_type] = others.get(packet.link_type, 0) + 1
    except ProtocolError as error:
        raise InputError(path, error.words, error.offset) from error
    except READ_ERRORS as error:
        raise InputError(path, say("cannot be read: {error}", error=reason(error))) from error
    if others:
        kinds = ", ".join(f"{_named(kind)}: {count}" for kind, count in sorted(others.items()))
        raise InputError(path, say("its packets are of kinds that are not read ({kinds})", kinds=kinds))
    return Start(Medium.BLE if form == "btsnoop" else Medium.WIFI, None, form)


def _named(link_type: int) -> str:
    name = NAMES.get(link_type)
    return f"link type {link_type}, {name}" if name else f"link type {link_type}"


def _packets(file: BinaryIO, head: bytes) -> Iterator[Packet]:
    return btsnoop.packets(file) if btsnoop.is_capture(head) else pcap.packets(file)


def batches(file: BinaryIO, origin_s: float, source: str, problems: Problems) -> Iterator[Record]:
    """The packets of an open capture as batches; times count from ``origin_s``."""
    head = file.read(16)
    file.seek(0)
    open_batches: dict[int, _Batch] = {}
    joiner = ble_capture.Joiner()
    count, held, size, first_s, last_s = 0, 0, 0, 0.0, -math.inf
    try:
        for packet in _packets(file, head):
            time_s = round(packet.time_s - origin_s, CLOCK_DIGITS)
            if held and (held >= BATCH or size >= BATCH_BYTES or abs(time_s - first_s) >= BATCH_S):
                yield from _flush(open_batches, source)
                held = size = 0
            if not held:
                first_s = time_s
            if time_s < last_s - BACK_S:
                problems.count(
                    CLOCK_BACK,
                    say("by {seconds:.0f} s at packet {count}", seconds=last_s - time_s, count=count + 1),
                )
            last_s = time_s
            kind = packet.link_type
            if kind in FRAMES:
                batch = open_batches.get(kind) or _begin(open_batches, kind, time_s)
                batch.times_s.append(time_s)
                batch.frames.append(packet.data)
                batch.lengths.append(packet.length)
                held += 1
            elif kind in ADVERTS:
                held += _heard(open_batches, joiner, packet, time_s, problems)
            else:
                problems.count(say("packets of {kind}, not read", kind=_named(kind)), "")
            count += 1
            size += len(packet.data)
    except ProtocolError as error:
        problems.add(say("{problem}; the packets before it were read", problem=error))
    except READ_ERRORS as error:
        problems.add(
            say("reading broke off after {count} packets: {error}", count=count, error=reason(error))
        )
    yield from _flush(open_batches, source)
    if not count:
        problems.add(say("a capture without packets"))


def _begin(open_batches: dict[int, _Batch], kind: int, time_s: float) -> _Batch:
    batch = open_batches[kind] = _Batch(time_s)
    return batch


def _heard(
    open_batches: dict[int, _Batch],
    joiner: ble_capture.Joiner,
    packet: Packet,
    time_s: float,
    problems: Problems,
) -> int:
    """Adds what a Bluetooth packet says to its batch; returns how many advertisements that was."""
    try:
        adverts = joiner.adverts(packet)
    except ProtocolError as error:
        problems.count(
            say("Bluetooth packets that are cut or damaged"), say("({problem})", problem=error.words)
        )
        return 0
    if adverts:
        kind = packet.link_type
        batch = open_batches.get(kind) or _begin(open_batches, kind, time_s)
        batch.adverts += [at(advert, time_s) for advert in adverts]
    return len(adverts)


def at(advert: Advertisement, time_s: float) -> Advertisement:
    """The same advertisement at another time."""
    return Advertisement(
        time_s,
        advert.address,
        advert.address_type,
        advert.rssi_dbm,
        advert.data,
        advert.channel,
        advert.place,
        advert.hint,
        advert.platform,
    )


@dataclass
class _Batch:
    """Packets of one link type, not yet handed on: frames with their times and lengths, or adverts."""

    start_s: float
    times_s: list[float] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    adverts: list[Advertisement] = field(default_factory=list)


def _flush(open_batches: dict[int, _Batch], source: str) -> Iterator[Record]:
    for kind, batch in open_batches.items():
        if batch.adverts:
            yield AdvertisementBatch(source=source, time_s=batch.start_s, adverts=tuple(batch.adverts))
        else:
            yield FrameBatch(
                source=source,
                time_s=batch.start_s,
                medium=FRAMES[kind],
                link_type=kind,
                times_s=tuple(batch.times_s),
                frames=tuple(batch.frames),
                lengths=tuple(batch.lengths),
            )
    open_batches.clear()
