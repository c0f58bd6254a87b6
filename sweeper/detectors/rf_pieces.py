"""What looks of a sweep show of a signal wider than they are: tracks that are parts of it and not senders."""

from __future__ import annotations

from collections.abc import Iterable

from sweeper.detectors.rf_heard import Heard
from sweeper.detectors.rf_track import FILLING, SURE, Track

DIGITAL = {
    "ook",
    "fsk",
    "psk",
    "dect",
    "ble",
    "wifi",
    "gsm-uplink",
    "gsm-c0",
    "gsm-downlink",
    "lte",
    "nr",
    "ofdm",
}
"""Names that a keyed signal can have; two different ones on one frequency are two emitters."""

PIECE_MARGIN, PIECE_DENSITY = 0.1, 10.0
"""What a look shows of a wider signal reaches no farther beyond it, in its widths, and is no denser than so
many times the whole of it."""

RIM_HZ, RIM_DENSITY, RIM_DB = 50e3, 2.0, 3.0
"""A steady thing within the band of a known wide signal or so little beyond it, no denser than so many times
that one and fainter than this, is its ripple or its rim."""

MOSTLY = 0.7
"""Share of its band within signals known as a whole from which on an OFDM track is made of their parts."""


def is_piece(track: Track, low: float, high: float, density: float) -> bool:
    """Whether a track is part of a wider signal: within its band, of no clear kind of its own, no denser."""
    if track.absorbed or track.veto is not None:
        return False
    margin = PIECE_MARGIN * (high - low)
    if track.stitched:
        return low < track.center_hz < high
    if track.kind in SURE | DIGITAL and track.kind not in FILLING:
        return False
    inside = low - margin <= track.low_hz and track.high_hz <= high + margin
    return inside and track.power < PIECE_DENSITY * density * max(track.width_hz, 1.0)


def is_rim(one: Heard | Track, wide: Track) -> bool:
    """Whether a faint steady signal (absolute frequencies) is no more than a wider one's ripple or rim."""
    if one.snr_db >= RIM_DB or one.width_hz > wide.width_hz / 2:
        return False
    if isinstance(one, Track) and one.kind in SURE | DIGITAL:
        return False
    inside = wide.low_hz - RIM_HZ <= one.low_hz and one.high_hz <= wide.high_hz + RIM_HZ
    return inside and one.power / max(one.width_hz, 1.0) < RIM_DENSITY * wide.power / max(wide.width_hz, 1.0)


def share_within(track: Track, others: Iterable[Track]) -> float:
    """The share of a track's band that lies within the others'."""
    inside = sum(max(0.0, min(track.high_hz, o.high_hz) - max(track.low_hz, o.low_hz)) for o in others)
    return inside / max(track.width_hz, 1.0)
