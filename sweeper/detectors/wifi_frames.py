"""Wi-Fi batches laid out once for all the stages that read them, and the frame checksum's whereabouts.

A capture may or may not keep the four FCS bytes, and may or may not say so; anonymised captures say so but
their checksums no longer fit. So the first frames of a source are tried: if unflagged frames end in a valid
CRC-32, all of the source's do; if most flagged frames fail, the checksum proves nothing there.
"""

from __future__ import annotations

import zlib
from functools import lru_cache

from sweeper.protocols.frame_table import FrameTable, table
from sweeper.protocols.radiotap import LINK_TYPES
from sweeper.records import FrameBatch, Medium

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
        for row, frame in enumerate(batch.frames[: 4 * SAMPLES]):
            if not found.ok[row] or len(frame) < batch.lengths[row]:
                continue
            start = int(found.start[row])
            if found.fcs[row] and self._flagged < SAMPLES:
                self._flagged += 1
                self._fitting += crc_fits(frame, start)
            elif not found.fcs[row] and self._unflagged < SAMPLES:
                self._unflagged += 1
                self.everywhere |= crc_fits(frame, start)
        return laid_out(batch, True) if self.everywhere else found
