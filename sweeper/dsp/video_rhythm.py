"""The rhythm of video in encrypted traffic: when packets go and how long they are tells frames from files.

An encoder makes one picture every 1/15 to 1/30 second and sends it at once, as a row of full packets and one
shorter last packet. So the bytes of a stream beat at the frame rate, steadily for as long as it lasts; the
sizes of the pictures differ from one to the next, and every second or so a key frame is several times as big.
A file being sent has none of that: its packets go when the network takes them and nearly all are full.

Methods after SCamF (ACSAC 2021: video frames rebuilt from bursts) and DeWiCam (ASIACCS 2018: packet lengths);
no upper limit on the share of full packets, since cameras that send long bursts reach 97 %.
"""

from __future__ import annotations

from math import comb
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

BIN_S = 0.002
"""Width of the bins of the time series: a tenth of the shortest picture period of interest."""

RATES_HZ = (4.5, 61.0)
"""Picture rates looked for: slow web cameras to fast encoders."""

GAP_S = 0.005
"""A pause that ends a burst: packets of one picture follow within about a millisecond."""

LEAST = 20
"""Fewer instants make no rhythm."""

LEAST_PACKETS = 30
LEAST_S = 2.0
"""A flow below either is not measured: ten pictures of a 5 Hz camera."""

FILLED = 0.8
"""Share of picture periods with traffic from which on a rate is believed to be the pictures' own."""

GATHERED = 0.5
"""How far bursts begin at one phase (1: all, 0: anywhere); packets paced over half a picture give 0.64."""

CLEAR = 60.0
"""A line of the bytes that needs no second look at the bursts' beginnings."""

SOUND_BYTES = 500.0
"""Longest packet that may be sound: 40 ms of G.711 are 320 bytes."""

LEAST_GROUP = 8
"""Pictures from key frame to key frame at least: fewer come about by chance where sizes vary much."""

BY_CHANCE = 3e-3
"""Big pictures of a film are steadily spaced by chance in so many looks; five keys two seconds apart pass."""

KEYS_S = 30.0
"""Seconds looked back for key frames: three of an encoder that makes one each ten seconds."""

_LOCAL_HZ = 2.5
"""Half width of the neighbourhood that a spectral line must stand out from."""


class Rhythm(NamedTuple):
    """What the packets of one flow show over one look.

    ``line`` is the power of the strongest line over the median around it (packets at random pass 30
    once in 2,000 looks), ``rate_hz`` its frequency. Per picture: ``picture_bytes`` mean, ``spread`` (standard
    deviation over mean), ``occupancy`` (share of periods in which anything was sent). ``key_period_s`` is the
    distance of key frames or ``None``. ``diverse`` is the number of different lengths of packets that are not
    full, for each picture: pictures end anywhere, files in blocks do not. ``full`` is the share of packets of
    the greatest length. ``sound`` tells that equal small packets ran beside the pictures; they are left out
    of all else.
    """

    line: float
    rate_hz: float
    picture_bytes: float
    spread: float
    occupancy: float
    key_period_s: float | None
    diverse: float
    full: float
    sound: bool


def rhythm(times_s: Floats, sizes: Floats) -> Rhythm | None:
    """Measure a flow's packets, in time order; ``None`` for fewer than 30 packets or under two seconds."""
    sound = sound_packets(sizes)
    times_s, sizes = times_s[~sound], sizes[~sound]
    if len(times_s) < LEAST_PACKETS or times_s[-1] - times_s[0] < LEAST_S:
        return None
    ends = np.flatnonzero(np.diff(times_s, append=np.inf) > GAP_S)
    begins = np.concatenate([[0], ends[:-1] + 1])
    line, rate = spectral_line(times_s, sizes)
    if line < CLEAR:  # key frames drown the line of small pictures, but each begins on time
        rests = times_s[
            sizes < 0.98 * sizes.max()
        ]  # a paced stream has no bursts, but a rest for each picture
        line, rate = max(
            (line, rate),
            spectral_line(times_s[begins], np.ones(len(begins))),
            spectral_line(rests, np.ones(len(rests))) if len(rests) >= LEAST else (0.0, 0.0),
        )
    rate = fundamental(times_s, sizes, times_s[begins], rate)
    period = 1 / rate
    pictures, heard = per_period(times_s, sizes, period)
    mean = float(pictures.mean()) if len(pictures) else 0.0
    return Rhythm(
        line=line,
        rate_hz=rate,
        picture_bytes=mean,
        spread=float(pictures.std() / mean) if mean else 0.0,
        occupancy=heard,
        key_period_s=key_period(pictures, period),
        diverse=len(np.unique(sizes[sizes < sizes.max()]))
        / max(min(len(ends), int((pictures > 0).sum())), 1),
        full=float((sizes == sizes.max()).mean()),
        sound=bool(sound.any()),
    )


def fundamental(times_s: Floats, sizes: Floats, begins_s: Floats, rate_hz: float) -> float:
    """The picture rate where ``rate_hz`` may be a multiple of it, in hertz.

    At a multiple most periods are empty. The rate itself is the first part of it at which bursts begin at one
    phase and nearly every period is filled; a still screen, which skips pictures as it likes, has none.
    """
    if per_period(times_s, sizes, 1 / rate_hz)[1] >= FILLED:
        return rate_hz
    for divisor in range(2, 9):
        lower = rate_hz / divisor
        if lower < RATES_HZ[0]:
            break
        gathered = abs(np.exp(2j * np.pi * lower * begins_s).mean())
        if gathered >= GATHERED and per_period(times_s, sizes, 1 / lower)[1] >= FILLED:
            return lower
    return rate_hz


def sound_packets(sizes: Floats) -> npt.NDArray[np.bool_]:
    """Which packets are sound: one small length that makes up more than a twelfth of all."""
    lengths, counts = np.unique(sizes[sizes < SOUND_BYTES], return_counts=True)
    if not len(lengths) or counts.max() < len(sizes) / 12 or counts.max() > 0.95 * len(sizes):
        return np.zeros(len(sizes), bool)
    sound: npt.NDArray[np.bool_] = sizes == lengths[np.argmax(counts)]
    return sound


def spectral_line(times_s: Floats, weights: Floats) -> tuple[float, float]:
    """The strongest line of a row of weighted instants: power over its surroundings' median, and hertz.

    A line at a multiple of a rate yields to the rate itself: pulses have harmonics, none above the first.
    """
    start = times_s[0]
    span = times_s[-1] - start
    count = 1 << int(np.ceil(np.log2(span / BIN_S + 2)))
    series = np.bincount(((times_s - start) / BIN_S).astype(int), weights=weights, minlength=count)
    occupied = int(span / BIN_S) + 1
    series[:occupied] -= series[:occupied].mean()
    power = np.abs(np.fft.rfft(series)) ** 2
    step_hz = 1 / (count * BIN_S)
    low, high = (int(r / step_hz) for r in RATES_HZ)
    high = min(high, len(power) - 1)
    width = max(int(_LOCAL_HZ / step_hz), 8)
    ratio = power / _local_median(power, width)
    best = low + int(np.argmax(ratio[low : high + 1]))
    for divisor in (2, 3, 4):
        near = round(best / divisor)
        if near - 2 < low:
            break
        lower = near - 2 + int(np.argmax(ratio[near - 2 : near + 3]))
        if ratio[lower] > 15.0 and power[lower] > 0.5 * power[best]:
            best = lower
            break
    return float(ratio[best]), float(_refined(power, best) * step_hz)


def _local_median(power: Floats, width: int) -> Floats:
    """Median over blocks of ``width`` bins, carried to each bin from the blocks around it."""
    blocks = len(power) // width
    if blocks < 3:
        return np.full(len(power), max(float(np.median(power)), 1e-12))
    medians = np.median(power[: blocks * width].reshape(blocks, width), axis=1)
    centres = (np.arange(blocks) + 0.5) * width
    floor = max(float(np.median(medians)) * 1e-3, 1e-12)
    return np.maximum(np.interp(np.arange(len(power)), centres, medians), floor)


def _refined(power: Floats, best: int) -> float:
    """The line's place between bins, by a parabola through three of them."""
    if not 0 < best < len(power) - 1:
        return float(best)
    a, b, c = np.sqrt(power[best - 1 : best + 2])
    bend = a - 2 * b + c
    return best + (0.5 * (a - c) / bend if bend < 0 else 0.0)


def per_period(times_s: Floats, sizes: Floats, period_s: float) -> tuple[Floats, float]:
    """Bytes in each picture period, and the share of periods with any.

    Periods start where the fewest bytes fall on average, so that no picture is cut in two. Stretches of more
    than ten silent periods (the receiver was on another channel) count as not heard, not as silent.
    """
    phase = times_s % period_s / period_s
    folded = np.bincount((phase * 20).astype(int) % 20, weights=sizes, minlength=20)
    quiet = (int(np.argmin(folded + np.roll(folded, 1) + np.roll(folded, -1))) + 0.5) / 20 * period_s
    index = np.floor((times_s - quiet) / period_s).astype(int)
    index -= index[0]
    pictures = np.asarray(np.bincount(index, weights=sizes), dtype=np.float64)
    gaps = np.diff(np.unique(index)) - 1
    unheard = int(gaps[gaps > 10].sum())
    sent = pictures[pictures > 0]
    if unheard:
        pictures = np.concatenate([sent, np.zeros(int(gaps[gaps <= 10].sum()))])
    return pictures, len(sent) / max(len(pictures), 1)


def keys(times_s: Floats, sizes: Floats, rate_hz: float) -> float | None:
    """The distance of key frames over a longer row of packets, for those that are seconds apart."""
    heard = times_s >= times_s[-1] - KEYS_S
    sound = sound_packets(sizes)
    pictures, _ = per_period(times_s[heard & ~sound], sizes[heard & ~sound], 1 / rate_hz)
    return key_period(pictures, 1 / rate_hz)


def key_period(pictures: Floats, period_s: float) -> float | None:
    """Seconds between key frames: the steady distance of the pictures that are much bigger than the rest."""
    if len(pictures) < 30:
        return None
    big = np.flatnonzero(pictures > 2.2 * np.median(pictures[pictures > 0]))
    if len(big) < 4 or len(big) > len(pictures) / 4:
        return None
    distances = np.diff(big)
    distances = distances[distances > 3]
    if len(distances) < 3:
        return None
    usual = float(np.median(distances))
    if usual < LEAST_GROUP:
        return None
    multiples = distances / usual
    reach = min(1.5, 0.12 * usual)
    steady = np.abs(multiples - np.round(multiples)) * usual <= reach
    # the median meets itself; how likely is it that chance brings as many of the others onto its grid?
    tries, met = len(distances) - 1, max(int(steady.sum()) - 1, 0)
    by_chance = at_least(met, tries, min(1.0, (2 * reach + 1) / usual))
    return round(usual * period_s, 2) if steady.mean() >= 0.75 and by_chance <= BY_CHANCE else None


def at_least(met: int, tries: int, chance: float) -> float:
    """The probability of ``met`` successes or more in as many tries.

    >>> at_least(2, 2, 0.5)
    0.25
    """
    return sum(comb(tries, k) * chance**k * (1 - chance) ** (tries - k) for k in range(met, tries + 1))
