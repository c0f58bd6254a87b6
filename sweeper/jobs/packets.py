"""What was heard of Bluetooth and networks, written into the job as it comes: evidence that can be run again.

    recordings/sweep-001-ble.jsonl     a line an advertisement, as ``sweeper.recording.advert_log`` reads it
    recordings/sweep-001-wifi.pcapng   frames; of data only the headers, the content of traffic is not kept
    recordings/sweep-001-lan.pcapng    the same of a wired network; what is sent to everybody is kept whole

pcapng (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html): blocks of ``type 4 | length 4 |
body | length 4``, multiples of four bytes; a section header, an interface for each link type, a packet a
block. A file that a kill cut short is whole but for its last block.
"""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import msgspec

from sweeper import __version__
from sweeper.jobs.sink import MARGIN_S, later
from sweeper.jobs.store import COMMIT_S
from sweeper.records import Advertisement, AdvertisementBatch, FrameBatch, Medium, Opened, Record
from sweeper.text import Words, say

RADIOTAP = 127
ETHERNET = 1
HEADERS = 64
"""Bytes of a data frame that are kept behind the capture's own header: MAC, LLC and IP headers fit, and no
detector needs more of it (measured on the bundled captures, which are cut alike)."""
KEY_FRAME = 256
"""Bytes kept where a data frame carries a key exchange (EAPOL): the rules on forced log-ins count those."""
EAPOL = b"\xaa\xaa\x03\x00\x00\x00\x88\x8e"
"""LLC/SNAP of a key frame."""

_SECTION, _INTERFACE, _PACKET = 0x0A0D0D0A, 1, 6


class Packets:
    """Give it to the session as a sink; ``close`` at the end. ``problem`` tells why it writes no more."""

    def __init__(self, folder: Path, sweep: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.problem: Words | None = None
        self._folder = folder
        self._stem = f"sweep-{sweep:03d}"
        self._clock = clock
        self._starts: dict[str, float] = {}
        self._files: dict[str, BinaryIO] = {}
        self._links: dict[str, list[int]] = {}
        self._since: float | None = None

    def __call__(self, record: Record) -> None:
        if isinstance(record, Opened):
            self._starts[record.source] = record.start_utc_s or 0.0
        elif isinstance(record, AdvertisementBatch | FrameBatch) and self.problem is None:
            try:
                self._take(record)
            except OSError as error:
                self.problem = say(
                    "{folder}: {error}: packets are no longer recorded",
                    folder=self._folder,
                    error=error.strerror,
                )

    def close(self) -> None:
        """Everything on disk, files closed."""
        self._sync()
        for file in self._files.values():
            with suppress(OSError):  # what a full disk did not take is told in ``problem``
                file.close()
        self._files.clear()

    def _take(self, batch: AdvertisementBatch | FrameBatch) -> None:
        start_s = self._starts.get(batch.source, 0.0)
        if isinstance(batch, AdvertisementBatch):
            file = self._file("ble.jsonl", start_s)
            file.write(b"".join(line(advert, start_s) for advert in batch.adverts))
        else:
            self._frames(batch, start_s)
        if self._since is None:
            self._since = self._clock()
            later(COMMIT_S - MARGIN_S, self._sync)
        elif self._clock() - self._since >= COMMIT_S - MARGIN_S:
            self._sync()

    def _frames(self, batch: FrameBatch, start_s: float) -> None:
        name = f"{batch.medium.value}.pcapng"
        file = self._file(name, start_s)
        links = self._links.setdefault(name, [])
        if batch.link_type not in links:
            links.append(batch.link_type)
            file.write(interface(batch.link_type))
        number = links.index(batch.link_type)
        cut = _without_content if batch.medium is Medium.WIFI else _unless_to_all
        for time_s, frame, length in zip(batch.times_s, batch.frames, batch.lengths, strict=True):
            file.write(packet(number, start_s + time_s, cut(frame, batch.link_type), length))

    def _file(self, name: str, start_s: float) -> BinaryIO:
        file = self._files.get(name)
        if file is None:
            self._folder.mkdir(exist_ok=True)
            file = self._files[name] = (self._folder / f"{self._stem}-{name}").open("wb")
            file.write(_header(start_s) if name.endswith("jsonl") else section())
        return file

    def _sync(self) -> None:
        self._since = None
        try:
            for file in self._files.values():
                file.flush()
                os.fsync(file.fileno())
        except (OSError, ValueError) as error:
            self.problem = say(
                "{folder}: {error}: packets are no longer recorded", folder=self._folder, error=error
            )


def line(advert: Advertisement, start_s: float) -> bytes:
    """One advertisement as a line of JSON; what was not sent is left out."""
    place = advert.place
    fields = {
        "type": "advertisement",
        "time": round(start_s + advert.time_s, 6),
        "address": advert.address,
        "address_type": advert.address_type,
        "rssi_dbm": advert.rssi_dbm,
        "channel": advert.channel,
        "lat": place.lat if place is not None else None,
        "lon": place.lon if place is not None else None,
        "place": (place.name or None) if place is not None else None,
        "kind": advert.hint or None,
        "data": advert.data.hex() or None,
    }
    return msgspec.json.encode({key: value for key, value in fields.items() if value is not None}) + b"\n"


def _header(start_s: float) -> bytes:
    return (
        msgspec.json.encode({"type": "log", "recorder": f"sweeper {__version__}", "start": start_s}) + b"\n"
    )


def section() -> bytes:
    """The section header, which tells the program."""
    name = f"sweeper {__version__}".encode()
    options = _option(4, name) + _option(0, b"")
    return _block(_SECTION, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + options)


def interface(link_type: int) -> bytes:
    """An interface: link type, no limit of length, times in microseconds."""
    return _block(_INTERFACE, struct.pack("<HHI", link_type, 0, 0) + _option(9, b"\x06") + _option(0, b""))


def packet(number: int, utc_s: float, frame: bytes, length: int) -> bytes:
    """One packet of interface ``number``; ``length`` is what was on the air."""
    micros = round(utc_s * 1e6)
    head = struct.pack(
        "<IIIII", number, micros >> 32, micros & 0xFFFFFFFF, len(frame), max(length, len(frame))
    )
    return _block(_PACKET, head + _padded(frame))


def _block(kind: int, body: bytes) -> bytes:
    length = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + length + body + length


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _without_content(frame: bytes, link_type: int) -> bytes:
    """An 802.11 frame without what it carries: management and control whole, of data the headers."""
    head = int.from_bytes(frame[2:4], "little") if link_type == RADIOTAP and len(frame) >= 4 else 0
    if len(frame) <= head or frame[head] & 0x0C != 0x08:  # type in bits 2 and 3; 2 is data
        return frame
    keys = EAPOL in frame[head : head + HEADERS]
    return frame[: head + (KEY_FRAME if keys else HEADERS)]


def _unless_to_all(frame: bytes, link_type: int) -> bytes:
    """An Ethernet frame whole where it goes to everybody or to a group (how devices announce themselves)."""
    to_all = link_type == ETHERNET and bool(frame[:1]) and bool(frame[0] & 1)
    return frame if to_all else frame[:HEADERS]
