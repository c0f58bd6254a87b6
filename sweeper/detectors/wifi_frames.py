"""Wi-Fi batches laid out once for all the stages that read them, and the frame checksum's whereabouts.

A capture may or may not keep the four FCS bytes, and may or may not say so; anonymised captures say so but
their checksums no longer fit. So the first frames of a source are tried: if unflagged frames end in a valid
CRC-32, all of the source's do; if most flagged frames fail, the checksum proves nothing there.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from sweeper.forgetting import keep_newest
from sweeper.protocols import ieee80211 as wifi
from sweeper.protocols.frame_table import Column, FrameTable, table
from sweeper.protocols.radiotap import LINK_TYPES
from sweeper.records import Device, FrameBatch, Medium

SAMPLES = 32
"""Frames tried of each sort before the question is closed: chance fits one in four thousand million."""


@lru_cache(maxsize=2)
def laid_out(batch: FrameBatch, fcs_everywhere: bool) -> FrameTable:
    """The table of a batch. The stages of a pipeline ask for it in turn; batches hash by identity."""
    return table(batch.link_type, batch.frames, batch.lengths, fcs_everywhere=fcs_everywhere)


def is_wifi(batch: FrameBatch) -> bool:
    return batch.medium is Medium.WIFI and batch.link_type in LINK_TYPES


def crc_fits(frame: bytes, start: int) -> bool:
    """Whether the bytes from ``start`` on end in the CRC-32 of those before."""
    return len(frame) - start > 14 and zlib.crc32(frame[start:-4]) == int.from_bytes(frame[-4:], "little")


class Checksums:
    """What is known of one source's checksums."""

    def __init__(self) -> None:
        self.everywhere = False
        self._unflagged = 0
        self._flagged = 0
        self._fitting = 0

    @property
    def prove(self) -> bool:
        """Whether a frame whose flagged checksum fails is to be distrusted."""
        return self.everywhere or 2 * self._fitting > self._flagged

    def lay_out(self, batch: FrameBatch) -> FrameTable:
        """The batch's table, after having looked at its checksums if that is still open."""
        found = laid_out(batch, self.everywhere)
        if self.everywhere or min(self._unflagged, self._flagged) >= SAMPLES:
            return found
        wanted = found.ok & (found.fcs & (self._flagged < SAMPLES) | ~found.fcs & (self._unflagged < SAMPLES))
        for row in np.flatnonzero(wanted[: 4 * SAMPLES]).tolist():
            frame = batch.frames[row]
            if len(frame) < batch.lengths[row]:
                continue
            start = int(found.start[row])
            if found.fcs[row] and self._flagged < SAMPLES:
                self._flagged += 1
                self._fitting += crc_fits(frame, start)
            elif not found.fcs[row] and self._unflagged < SAMPLES:
                self._unflagged += 1
                self.everywhere |= crc_fits(frame, start)
        return laid_out(batch, True) if self.everywhere else found


def by_address(addresses: Column, rows: Column) -> Iterator[tuple[int, Column]]:
    """The ``rows`` of a batch, grouped by the value that ``addresses`` has in them, each group in order.

    >>> [(who, rows.tolist()) for who, rows in by_address(np.array([7, 3, 7]), np.array([0, 1, 2]))]
    [(3, [1]), (7, [0, 2])]
    """
    if not len(rows):
        return
    order = rows[np.argsort(addresses[rows], kind="stable")]
    found = addresses[order]
    cuts = np.flatnonzero(found[1:] != found[:-1]) + 1
    begins = [0, *cuts.tolist()]
    for begin, end in zip(begins, [*begins[1:], len(order)], strict=True):
        yield int(found[begin]), order[begin:end]


MOST_IDS = 1 << 16
"""Addresses whose devices are remembered: more than the inventory knows at a time."""


class Air:
    """What every stage that reads frames keeps: which device an address is, and each source's checksums."""

    def __init__(self) -> None:
        self.source, self.last_s = "", 0.0
        self._ids: dict[int, str] = {}
        self._checksums: dict[str, Checksums] = {}

    def take(self, record: FrameBatch | Device) -> FrameTable | None:
        """The table of a Wi-Fi batch; ``None`` for a device, whose id is remembered, and for other media."""
        if isinstance(record, Device):
            if record.medium is Medium.WIFI:
                keep_newest(self._ids, number(record), record.id, MOST_IDS)
            return None
        if not is_wifi(record) or not record.frames:
            return None
        self.source, self.last_s = record.source, record.times_s[-1]
        return self._checksums.setdefault(record.source, Checksums()).lay_out(record)

    def subject(self, address: int) -> str:
        """The id of the device with this address, or the address itself where the inventory has none."""
        return self._ids.get(address, wifi.address(address))


def number(device: Device) -> int:
    """A Wi-Fi device's address as a number."""
    return int(device.address.replace(":", ""), 16)
