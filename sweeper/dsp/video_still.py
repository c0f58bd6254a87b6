"""One still picture from an analogue camera's signal: frequency to brightness, lines by their sync pulses.

It decodes content, so it is made only on request: to see which room a hidden camera looks at.

    one line, 64 µs (PAL) or 63.56 µs (NTSC)          field: broad pulses, then 288 or 243 lines
    |‾‾|__|‾colour burst‾|~~~~~ picture 52 µs ~~~~~|  a picture is two fields, woven line by line
     1.5 4.7 µs sync

(ITU-R BT.1700.) Sync is the extreme of frequency, below or above by the transmitter's make. The line's length
comes from the whole stretch, each field's place from its broad pulses, which last longer than any other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.signal

from sweeper.dsp import video
from sweeper.dsp.spectrum import Complex

Picture = npt.NDArray[np.uint8]

COLUMNS = 720
LUMINANCE_HZ = 3e6
"""What is kept of the brightness: below the colour carrier (3.58 or 4.43 MHz) and the sound's."""

SYNC_S = (3.5e-6, 6.5e-6)
BROAD_S = 18e-6
"""A broad pulse lasts 27 µs, the sync of a line 4.7, an equalising pulse 2.4."""

ACTIVE_S = (10.5e-6, 62.0e-6)
"""From a sync pulse's beginning to the picture's two edges."""

FIELD = {"pal": (288, 23.25), "ntsc": (243, 17.25)}
"""Lines of a field that are seen, and how many after the first broad pulse they begin: in NTSC line 21, where
that pulse begins line 4 (SMPTE 170M). A quarter of a line more makes the next one sure in the field that
begins at half a line, too: its lines lie half a line lower."""

LEAST_S = 0.045
"""A whole frame and a bit, wherever it begins."""


class Still(NamedTuple):
    """The picture, ``[rows, columns]`` from black to white, its standard, and how many fields are in it."""

    picture: Picture
    standard: str
    fields: int


def still(samples: Complex, rate_hz: float) -> Still | None:
    """The first whole picture in ``samples`` (a camera's channel, mixed to zero); ``None`` without one."""
    lines = video.find(samples, rate_hz)
    if lines is None or len(samples) < LEAST_S * rate_hz:
        return None
    level = _brightness(samples, rate_hz)
    found = max((_fields(side * level, rate_hz) for side in (1.0, -1.0)), key=lambda f: f.syncs)
    if not found.starts:
        return None
    period = rate_hz / lines.line_rate_hz
    count, first = FIELD[lines.standard]
    rows = [_rows(found, start, period, count, first, rate_hz) for start in found.starts]
    whole = [r for r in rows if r is not None]
    if not whole:
        return None
    woven = whole[0] if len(whole) < 2 else _woven(whole[0], whole[1], found.late)
    low, high = np.percentile(woven, [0.5, 99.5])
    scaled = np.clip((woven - low) / max(float(high - low), 1e-12), 0, 1) * 255
    return Still(scaled.astype(np.uint8), lines.standard, min(2, len(whole)))


class _Found(NamedTuple):
    """Brightness with sync at the bottom, sync beginnings (samples), fields' beginnings; whether the first
    field is the one that begins half a line late."""

    level: npt.NDArray[np.float32]
    syncs: int
    edges: npt.NDArray[np.float64]
    starts: list[float]
    late: bool


def _brightness(samples: Complex, rate_hz: float) -> npt.NDArray[np.float32]:
    turn = np.angle(samples[1:] * np.conj(samples[:-1])).astype(np.float32)
    if rate_hz < 2.5 * LUMINANCE_HZ:
        return turn
    taps = scipy.signal.firwin(63, LUMINANCE_HZ, fs=rate_hz)
    return np.asarray(scipy.signal.fftconvolve(turn, taps, "same"), np.float32)


def _fields(level: npt.NDArray[np.float32], rate_hz: float) -> _Found:
    """Pulses below a quarter of the way up from the lowest level, by their lengths."""
    low, high = (float(v) for v in np.percentile(level, [1, 98]))
    below = level < low + 0.15 * (high - low)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], below.astype(np.int8), [0]))))
    begins, lengths = edges[::2], (edges[1::2] - edges[::2]) / rate_hz
    sync = begins[(lengths > SYNC_S[0]) & (lengths < SYNC_S[1])].astype(np.float64)
    broad = begins[lengths > BROAD_S]
    starts: list[float] = []
    for at in broad.tolist():
        if not starts or at - starts[-1] > 0.01 * rate_hz:
            starts.append(float(at))
    late = False
    if starts and len(sync):
        before = sync[sync < starts[0]]
        half = rate_hz / 15_680 / 2
        late = bool(len(before)) and round((starts[0] - before[-1]) / half) % 2 == 1
    return _Found(level, len(sync), sync, starts, late)


def _rows(
    found: _Found, start: float, period: float, count: int, first: float, rate_hz: float
) -> npt.NDArray[np.float32] | None:
    """The lines of one field, each from its own sync pulse where it is near its place."""
    near = found.edges[(found.edges > start) & (found.edges < start + (count + first) * period)]
    if len(near) < count // 2:
        return None
    numbers = np.round((near - near[0]) / period)
    shift = float(np.median(near - numbers * period))
    places = shift + period * (np.arange(count) + np.round(first - (shift - start) / period))
    if places[-1] + period > len(found.level):
        return None
    across = np.linspace(ACTIVE_S[0], ACTIVE_S[1], COLUMNS) * rate_hz
    at = places[:, None] + across[None, :]
    rows = np.interp(at.ravel(), np.arange(len(found.level)), found.level).reshape(count, COLUMNS)
    return np.asarray(rows, np.float32)


def _woven(
    one: npt.NDArray[np.float32], other: npt.NDArray[np.float32], late: bool
) -> npt.NDArray[np.float32]:
    """Two fields line by line; the one that begins half a line late holds the lower lines."""
    upper, lower = (other, one) if late else (one, other)
    out = np.empty((2 * len(one), one.shape[1]), np.float32)
    out[0::2], out[1::2] = upper, lower
    return out
