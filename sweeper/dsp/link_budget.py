"""How weak, how far, how likely: what a sweep could have heard, with its error stated.

A receiver without calibration still knows one level: where its floor is its own, that floor is thermal noise
plus its noise figure. From there decibels of full scale become dBm, a detection threshold becomes a power,
and a power becomes a distance. Each step adds an error; results carry a low and a high beside the value.

    floor of the receiver   -174 dBm/Hz + 6 ± 3 dB      (an R820T at high gain)
    path                    ITU-R P.1238 indoors, free space as the best case
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

THERMAL_DBM_HZ = -174.0
"""kT at 290 K."""

NOISE_FIGURE_DB, NOISE_FIGURE_ERROR_DB = 6.0, 3.0
"""An R820T at high gain: 3.5 dB in its data sheet, 6 dB with input losses, as measured by its users."""

INDOOR_EXPONENT = 30.0
"""Decibels a decade of distance between rooms (ITU-R P.1238, 28 to 33 at 0.9 to 2 GHz)."""

INDOOR_WORST = 33.0
SHADOW_DB = 20.0
FLOOR_DB = 15.0
"""For the sure distance: two standard deviations of shadowing (8 to 12 dB each) and one concrete floor (9 to
19 dB), all of the same recommendation."""

ANTENNA_DBI, ANTENNA_ERROR_DB = -3.0, 4.0
"""A whip or telescopic antenna used over decades of frequency; a body or a table beside it."""

PFA, PD = 1e-6, 0.9
"""False alarms a bin and chance of detection that a stated sensitivity holds for."""


class Estimate(msgspec.Struct, frozen=True):
    """A value and between what it may lie."""

    value: float
    low: float
    high: float


def power_dbm(
    power_dbfs: float, floor_dbfs_per_hz: float, noise_figure_db: float = NOISE_FIGURE_DB
) -> Estimate:
    """A power in dBm, for a floor that is the receiver's own. Where the band itself is noisy (man-made noise,
    low gain) the floor lies above thermal and the true power *above* this: ``high`` allows 10 dB."""
    value = power_dbfs - floor_dbfs_per_hz + THERMAL_DBM_HZ + noise_figure_db
    return Estimate(value, value - NOISE_FIGURE_ERROR_DB, value + 10.0)


def needed_snr_db(averages: float, pfa: float = PFA, pd: float = PD) -> float:
    """Signal-to-noise ratio in one bin at which the ideal energy detector of so many independent averages
    finds a noise-like signal with chance ``pd`` at ``pfa`` false alarms."""
    from scipy.special import gammainccinv, gammaincinv  # half a second, of which every command would pay

    # Half the quantiles of chi squared, by the functions behind scipy.stats, which takes a second to load.
    half_freedom = max(averages, 1.0)
    threshold, found = gammainccinv(half_freedom, pfa), gammaincinv(half_freedom, 1 - pd)
    return 10 * math.log10(float(threshold) / float(found) - 1)


def sensitivity_dbm(bin_hz: float, averages: float, noise_figure_db: float = NOISE_FIGURE_DB) -> Estimate:
    """The weakest carrier that is found in a bin of that width."""
    value = THERMAL_DBM_HZ + noise_figure_db + 10 * math.log10(bin_hz) + needed_snr_db(averages)
    return Estimate(value, value - NOISE_FIGURE_ERROR_DB, value + NOISE_FIGURE_ERROR_DB)


def free_space_db(distance_m: float, hz: float) -> float:
    """Path loss between isotropic antennas in the open (Friis)."""
    return 20 * math.log10(4 * math.pi * distance_m * hz / 299_792_458.0)


def indoor_db(distance_m: float, hz: float, exponent: float = INDOOR_EXPONENT) -> float:
    """Path loss through rooms: free space for the first metre, then ``exponent`` decibels a decade."""
    return free_space_db(1.0, hz) + exponent * math.log10(max(distance_m, 1.0))


def detection_distance_m(
    radiated_dbm: float, hz: float, sensitivity: Estimate, antenna_dbi: float = ANTENNA_DBI
) -> Estimate:
    """Within how many metres a transmitter would have been found: ``value`` through rooms, ``low`` with all
    against it (a floor between, shadowed, antenna poor, receiver deaf), ``high`` in the open.

    >>> round(detection_distance_m(10.0, 433e6, sensitivity_dbm(5e3, 16)).low)
    102
    """
    margin = radiated_dbm + antenna_dbi - free_space_db(1.0, hz)
    worst = margin - sensitivity.high - SHADOW_DB - FLOOR_DB - ANTENNA_ERROR_DB
    best = margin - sensitivity.low + ANTENNA_ERROR_DB
    return Estimate(
        _reached(margin - sensitivity.value, INDOOR_EXPONENT),
        _reached(worst, INDOOR_WORST),
        _reached(best, 20.0),
    )


def _reached(margin_db: float, exponent: float) -> float:
    """Metres at which a margin over the first metre's loss is used up; below a metre as in free space."""
    return 10 ** (margin_db / (exponent if margin_db > 0 else 20.0))


def chance_on_air(
    looks_s: Sequence[tuple[float, float]], every_s: float, burst_s: float, needed_s: float = 0.0
) -> float:
    """How likely a transmitter that reports every ``every_s`` seconds for ``burst_s`` was on the air, for at
    least ``needed_s``, during the given looks (start, stop in seconds). Its phase is unknown: the answer is
    the share of phases that some look catches, exactly.

    >>> chance_on_air([(0.0, 60.0)], every_s=600.0, burst_s=3.0)
    0.105
    """
    if every_s <= 0 or needed_s > burst_s:
        return 0.0
    caught: list[tuple[float, float]] = []
    for start, stop in looks_s:
        low, high = start - burst_s + needed_s, stop - needed_s
        if high - low >= every_s:
            return 1.0
        if high > low:
            begin = low % every_s
            end = begin + high - low
            caught += [(begin, min(end, every_s)), (0.0, end - every_s)] if end > every_s else [(begin, end)]
    total = reached = 0.0
    for start, stop in sorted(caught):
        total += max(0.0, stop - max(start, reached))
        reached = max(reached, stop)
    return total / every_s
