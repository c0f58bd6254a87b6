"""Which frequencies to tune to, so that a list of ranges is heard without a gap.

A hop is trusted over the middle 85 % of its sample rate only; hops follow one another at that step. A
receiver adds a spike at its own centre (DC), mirrors strong signals about it and makes spurs at fixed
distances from it. So the centre is kept out of a narrow band altogether, never stands on a channel raster,
and moves by a quarter of a hop from pass to pass: a real signal keeps its place, the receiver's own do not.

    one band, first pass    |----c----|----c----|----c----|      c: centre of a hop
    second pass          |----c----|----c----|----c----|
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import msgspec

from sweeper.plan import DWELL_S, GSM_UPLINK_HZ, UPLINK_DWELL_S, Band, Mode, SweepPlan
from sweeper.radio.receiver import USABLE

DC_GUARD_HZ = 30_000.0
"""Kept free between the centre of a hop and a narrow band: the spike and the 1/f noise beside it."""

RASTER_HZ = 6_250.0
"""Land-mobile channels stand on multiples of 6.25 kHz and of its multiples 12.5, 25, 200 kHz; centres stand
half a step beside them."""

SHIFTS = (0.0, 0.25, 0.5, 0.125, 0.375)
"""Shift of the hops in the passes one after the other, as a share of a hop."""

TRANSFORMS = 8.5
"""A dwell holds so many transform lengths at least: half overlapped they are the 16 of a decision."""

LONGEST_LOOK_S = 1.0
"""A longer dwell is heard as several looks, so that the buffers stay small."""


WATCH_PASSES = 1000
WATCH_S, WATCH_PASS_S, RETUNE_S = 0.1, 2.0, 0.01
"""A plan of so many passes (or without end) is a watch: few bands for hours. It stays 0.1 s on a hop, so that
retuning costs a tenth of the time, but no longer than brings it round in 2 s."""


class Hop(msgspec.Struct, frozen=True):
    """Tune to ``center_hz`` for ``dwell_s`` seconds, ``looks`` times in a row, to cover ``start_hz`` to
    ``stop_hz`` of the plan. A ``spare`` hop stands in for one that was refused."""

    center_hz: float
    start_hz: float
    stop_hz: float
    dwell_s: float
    looks: int = 1
    spare: bool = False


def hops(plan: SweepPlan, rate_hz: float, number: int = 0) -> list[Hop]:
    """The hops of pass ``number``: together they cover every range of the plan, in order of frequency."""
    bands = joined(plan.bands)
    made = [_band_hops(band, dwell_s(plan, band), rate_hz, number) for band in bands]
    if 0 < plan.passes < WATCH_PASSES:
        if plan.mode is Mode.BURST_SAFE:
            made = [
                [_over_uplinks(hop) for hop in part] if band.dwell_s is None else part
                for band, part in zip(bands, made, strict=True)
            ]
        return [hop for part in made for hop in part]
    longer_s = min(WATCH_S, WATCH_PASS_S / max(1, sum(map(len, made))) - RETUNE_S)
    stays = [(hop, band.dwell_s is None) for band, part in zip(bands, made, strict=True) for hop in part]
    return [
        msgspec.structs.replace(hop, dwell_s=max(hop.dwell_s, longer_s)) if free else hop
        for hop, free in stays
    ]


def _over_uplinks(hop: Hop) -> Hop:
    """The hop, staying long enough for a GSM handset if one may send there."""
    inside = any(hop.start_hz < high and low < hop.stop_hz for low, high in GSM_UPLINK_HZ)
    return msgspec.structs.replace(hop, dwell_s=max(hop.dwell_s, UPLINK_DWELL_S)) if inside else hop


def joined(bands: Iterable[Band]) -> list[Band]:
    """Ranges in order of frequency; empty ones left out, those that touch and are of like kind made one."""
    done: list[Band] = []
    for band in sorted(bands, key=lambda b: (b.start_hz, b.stop_hz, b.dwell_s or 0.0, b.bin_hz or 0.0)):
        if not 0 < band.start_hz < band.stop_hz < math.inf:
            continue
        last = done[-1] if done else None
        if (
            last
            and band.start_hz <= last.stop_hz
            and (band.dwell_s, band.bin_hz) == (last.dwell_s, last.bin_hz)
        ):
            done[-1] = msgspec.structs.replace(last, stop_hz=max(last.stop_hz, band.stop_hz))
        else:
            done.append(band)
    return done


def dwell_s(plan: SweepPlan, band: Band) -> float:
    """Seconds to listen on each hop of a band: what was asked for, but enough for the bin width."""
    bin_hz = band.bin_hz or plan.bin_hz
    return max(band.dwell_s or DWELL_S[plan.mode], TRANSFORMS / bin_hz)


def spares(hop: Hop) -> list[Hop]:
    """Where to tune instead of a hop that was refused: on the other side of a narrow band, else to both ends
    of the hop's part, since a tuner's limit may run through it."""
    if hop.spare:
        return []
    if hop.start_hz <= hop.center_hz <= hop.stop_hz:
        centers = [hop.start_hz + RASTER_HZ, hop.stop_hz - RASTER_HZ]
    else:
        centers = [hop.start_hz + hop.stop_hz - hop.center_hz]
    return [msgspec.structs.replace(hop, center_hz=_off_raster(hz), spare=True) for hz in centers]


def beside(hop: Hop, rate_hz: float, side: int = 1) -> Hop:
    """A hop a quarter further on (``side`` -1: back): what stood at the centre of ``hop`` now stands away."""
    return msgspec.structs.replace(hop, center_hz=_off_raster(hop.center_hz + side * USABLE * rate_hz / 4))


def span_hz(ranges: Iterable[tuple[float, float]]) -> float:
    """Hertz covered by ranges that may overlap."""
    total, reached = 0.0, -math.inf
    for start, stop in sorted(ranges):
        total += max(0.0, stop - max(start, reached))
        reached = max(reached, stop)
    return total


def minus(
    ranges: Iterable[tuple[float, float]], heard: Iterable[tuple[float, float]]
) -> list[tuple[float, float]]:
    """What of ``ranges`` no range in ``heard`` covers; leftovers under 1 Hz are rounding."""
    left = merged(ranges)
    for start, stop in merged(heard):
        parts = [part for low, high in left for part in ((low, min(high, start)), (max(low, stop), high))]
        left = sorted({part for part in parts if part[1] - part[0] >= 1.0})
    return left


def merged(ranges: Iterable[tuple[float, float]], gap_hz: float = 1.0) -> list[tuple[float, float]]:
    """Ranges in order, those that touch or lie within ``gap_hz`` made one."""
    done: list[tuple[float, float]] = []
    for start, stop in sorted(ranges):
        if done and start <= done[-1][1] + gap_hz:
            done[-1] = (done[-1][0], max(done[-1][1], stop))
        else:
            done.append((start, stop))
    return done


def named(ranges: Sequence[tuple[float, float]], most: int = 12) -> str:
    """Ranges in words, in megahertz: ``24.00-26.50, 868.00-870.00 MHz``."""
    words = [f"{start / 1e6:.2f}-{stop / 1e6:.2f}" for start, stop in merged(ranges)]
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(words[:most]) + " MHz" + more


def _band_hops(band: Band, dwell: float, rate_hz: float, number: int) -> list[Hop]:
    half = USABLE * rate_hz / 2
    looks = max(1, math.ceil(dwell / LONGEST_LOOK_S - 1e-9))
    width = band.stop_hz - band.start_hz
    if width <= half - DC_GUARD_HZ - RASTER_HZ:
        below = band.start_hz - DC_GUARD_HZ - RASTER_HZ / 2
        above = band.stop_hz + DC_GUARD_HZ + RASTER_HZ / 2
        center = _off_raster(above if number % 2 or below <= 0 else below)
        return [Hop(center, band.start_hz, band.stop_hz, dwell / looks, looks)]
    step = 2 * half - RASTER_HZ  # what moving a centre off the raster may cost
    slack = math.ceil(width / step) * step - width
    shift = (slack / 2 + SHIFTS[number % len(SHIFTS)] * step) % step
    made = []
    for index in range(math.ceil((width + shift) / step - 1e-9)):
        low = band.start_hz - shift + index * step
        center = min(max(low + step / 2, band.start_hz + RASTER_HZ), band.stop_hz - RASTER_HZ)
        part = max(low, band.start_hz), min(low + step, band.stop_hz)
        made.append(Hop(_off_raster(center), *part, dwell / looks, looks))
    return made


def _off_raster(hz: float) -> float:
    """The nearest frequency half-way between two channels of the finest raster; moves it by half a step."""
    return (math.floor(hz / RASTER_HZ) + 0.5) * RASTER_HZ
