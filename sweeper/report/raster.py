"""Power over frequency and time as a small picture: rows are kept pooled, painted at the end.

A waterfall shows at a glance what a list of bursts cannot: whether a signal hops, drifts or keeps a rhythm.
Peaks must survive the pooling, so columns and rows are reduced by their maximum.
"""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
import numpy.typing as npt

from sweeper.records import Trace

COLUMNS = 360
"""Points across: half of a picture's width in units, which a printer still resolves."""
ROWS = 240
"""Rows kept; when they are full, neighbours are joined and the rhythm of keeping halves."""
FEWEST_ROWS = 8
"""With fewer rows there is no time axis to speak of."""

_STOPS = ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))
"""Dark blue over green to yellow: even in lightness, so it reads in grey and for colour-blind eyes too."""


class Raster:
    """Rows of one frequency window, oldest first. ``times_s`` are their beginnings."""

    def __init__(self, trace: Trace) -> None:
        self.fold = max(1, -(-len(trace.max_db) // COLUMNS))
        self.start_hz = trace.start_hz - trace.bin_hz / 2
        self.stop_hz = self.start_hz + trace.bin_hz * len(trace.max_db)
        self.rows: list[npt.NDArray[np.float32]] = []
        self.times_s: list[float] = []
        self.end_s = trace.time_s
        self._stride = 1
        self._joined = 0
        self.add(trace)

    @classmethod
    def restored(
        cls,
        start_hz: float,
        stop_hz: float,
        rows: list[npt.NDArray[np.float32]],
        times_s: list[float],
        end_s: float,
    ) -> Raster:
        """Rows that were kept elsewhere, to be painted; nothing more is added to them."""
        made = cls.__new__(cls)
        made.fold, made.start_hz, made.stop_hz = 1, start_hz, stop_hz
        made.rows, made.times_s, made.end_s = list(rows), list(times_s), end_s
        made._stride, made._joined = 1, 0
        return made

    def add(self, trace: Trace) -> None:
        """Keep one more trace: as a row of its own, or joined to the last one."""
        row = _folded(trace.max_db, self.fold)
        self.end_s = max(self.end_s, trace.time_s + trace.dwell_s)
        if self._joined and self._joined < self._stride:
            np.maximum(self.rows[-1], row, out=self.rows[-1])
            self._joined += 1
            return
        if len(self.rows) >= ROWS:
            self._halve()
        self.rows.append(row)
        self.times_s.append(trace.time_s)
        self._joined = 1

    def _halve(self) -> None:
        self.rows = [np.maximum(a, b) for a, b in zip(self.rows[::2], self.rows[1::2], strict=True)]
        self.times_s = self.times_s[::2]
        self._stride *= 2

    def png(self) -> bytes:
        """The rows as a palette picture, from the noise (dark) to the strongest (bright)."""
        power = np.stack(self.rows)
        low = float(np.percentile(power, 20))
        high = max(float(power.max()), low + 10.0)
        level = np.clip((power - low) / (high - low) * 255, 0, 255).astype(np.uint8)
        return _png(level)

    def data_uri(self) -> str:
        """The picture as text that can stand inside an SVG."""
        return "data:image/png;base64," + base64.b64encode(self.png()).decode()


def _folded(values: npt.NDArray[np.float32], fold: int) -> npt.NDArray[np.float32]:
    wide = np.asarray(values, dtype=np.float32)
    if fold == 1:
        return wide.copy()
    short = -len(wide) % fold
    padded = np.concatenate([wide, np.repeat(wide[-1:], short)]) if short else wide
    folded: npt.NDArray[np.float32] = padded.reshape(-1, fold).max(axis=1)
    return folded


def palette() -> bytes:
    """256 colours, red, green and blue of each."""
    stops = np.array(_STOPS, dtype=float)
    at = np.linspace(0, len(stops) - 1, 256)
    colors = np.stack([np.interp(at, np.arange(len(stops)), stops[:, band]) for band in range(3)], axis=1)
    return bytes(np.rint(colors).astype(np.uint8).tobytes())


def _png(level: npt.NDArray[np.uint8]) -> bytes:
    """An 8-bit palette PNG (ISO/IEC 15948): signature, header, palette, filtered rows, end."""
    height, width = level.shape
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    lines = np.hstack([np.zeros((height, 1), dtype=np.uint8), level]).tobytes()
    chunks = ((b"IHDR", header), (b"PLTE", palette()), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
