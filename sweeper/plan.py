"""What is to be swept: bands, dwell, bin width, passes; and the presets behind the three doors.

Frequencies are of what an RTL-SDR's R820T tuner reaches (24 to 1766 MHz, measured by its makers); what lies
outside is *not swept* and is said so. Figures: the project's ``signatures/bands`` files name the sources.
"""

from __future__ import annotations

import enum
from itertools import pairwise

import msgspec

RTLSDR_RANGE_HZ = (24e6, 1766e6)
"""What the R820T tuner covers."""


class Mode(enum.StrEnum):
    """``fast`` finds carriers; ``burst-safe`` dwells long enough to hold a whole GSM burst in every hop."""

    FAST = "fast"
    BURST_SAFE = "burst-safe"


DWELL_S = {Mode.FAST: 0.003, Mode.BURST_SAFE: 0.0052}
"""Seconds on each hop. One whole 577 µs GSM burst in 4.615 ms is certain from 5.19 ms of listening."""


GSM_UPLINK_HZ = ((880e6, 915e6), (1710e6, 1785e6))
"""Where GSM handsets and bugs send (3GPP TS 45.005)."""

UPLINK_DWELL_S = 0.0099
"""Burst-safe seconds on each hop there. A slot is silent in one frame of 26 and in others besides (5.5 % of a
real call's frames), so one frame cannot do: two frames and a slot are 9.81 ms."""


GSM_DOWNLINK_HZ = (925e6, 960e6)
"""Where GSM-900 base stations send (3GPP TS 45.005); GSM-1800's lie above an R820T."""

GSM_LOOK_S = 0.060
"""A frequency correction burst is certain within 56 ms: twelve frames and a slot."""


class Band(msgspec.Struct, frozen=True):
    """One range to sweep, in hertz; ``dwell_s`` overrides the mode's dwell, ``bin_hz`` the bin width."""

    start_hz: float
    stop_hz: float
    dwell_s: float | None = None
    bin_hz: float | None = None


class SweepPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What to listen to. Sources take from it what concerns them."""

    name: str = "custom"
    bands: tuple[Band, ...] = ()
    mode: Mode = Mode.BURST_SAFE
    passes: int = 1
    gain_db: float | None = None
    ppm: float = 0.0
    bin_hz: float = 5_000.0
    ble_seconds: float = 120.0
    wifi_seconds: float = 120.0
    wifi_dwell_s: float = 0.25


def with_gsm_look(bands: tuple[Band, ...]) -> tuple[Band, ...]:
    """The same bands, staying on GSM-900's base stations for as long as an FCCH burst needs."""
    low, high = GSM_DOWNLINK_HZ
    made: list[Band] = []
    for band in bands:
        cuts = sorted(
            {band.start_hz, *(cut for cut in (low, high) if band.start_hz < cut < band.stop_hz), band.stop_hz}
        )
        for start, stop in pairwise(cuts):
            inside = low <= start and stop <= high
            dwell_s = max(band.dwell_s or 0.0, GSM_LOOK_S) if inside else band.dwell_s
            made.append(Band(start, stop, dwell_s, band.bin_hz))
    return tuple(made)


def _mhz(*ranges: tuple[float, float]) -> tuple[Band, ...]:
    return tuple(Band(low * 1e6, high * 1e6) for low, high in ranges)


CAR = SweepPlan(
    name="car",
    bands=_mhz((433.0, 435.0), (703, 748), (832, 862), (863, 870), (880, 928), (1610, 1626.5), (1710, 1766)),
    passes=5,
)
FLAT = SweepPlan(
    name="flat",
    bands=_mhz((87.5, 174), (300, 470), (703, 748), (832, 928), (1080, 1360), (1710, 1766)),
    passes=3,
)
OFFICE = SweepPlan(
    name="office",
    bands=_mhz((30, 216), (300, 790), (790, 960), (1080, 1400), (1518, 1626.5), (1710, 1766)),
    passes=3,
)
FULL = SweepPlan(name="full", bands=(Band(*RTLSDR_RANGE_HZ),), passes=1)
PRESETS = {plan.name: plan for plan in (CAR, FLAT, OFFICE, FULL)}
