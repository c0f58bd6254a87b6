"""Bursts of a segment put together: pulses to packets, tones to one signal; by-products of strong ones
left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from sweeper.detectors.rf_heard import Heard
from sweeper.detectors.rf_steady import Doubles, reach_of

FSK_GAP_HZ = 150e3
"""The tones of no common FSK device lie farther apart than this; two senders on the air by chance do."""

EXCURSION_S = 0.01
"""A swing of a frequency-modulated signal beyond its usual band is shorter than this."""

LEAST_FM_HZ = 2.5e3
"""A steady signal narrower than this is a bare carrier and does not swing."""

EDGE, LOUDER = 0.3, 2.0
"""What lies within a steady signal's band and so many widths beside it, and is less than so many times as
strong, is its modulation."""

OVERLAP = 0.15
"""A weaker burst that shares this part of its band with a steady signal is that signal's swing."""

CRUMB = 0.3
"""A steady line narrower than this share of a burst does not explain it; the burst may explain the line."""

ARTEFACT_DB = 23.0
"""What comes and goes with a burst this much stronger is made by the receiver or the transmitter's
splatter."""

SPLATTER_DB = 11.0
"""The same within ``SPLATTER_REACH`` widths of the stronger one, or where its sidebands fold at the span's
edges."""

SPLATTER_REACH = 1.5
FLASHES = ((1.3, 15.0), (2.1, 11.0))
"""A single flash of so many frames is taken for an impulse of noise below so many dB of signal to noise."""

KEYING = 100.0
"""Pulses closer than this many times 1/width are one keyed burst (a pulse is about 2/width long)."""

KEYING_S = (0.0003, 0.010)
"""Bounds of that gap: remotes pause up to 10 ms within a packet; GSM slots lie 4 ms apart and are wide."""


def apart_from(bursts: list[Heard], steady: list[Heard]) -> list[Heard]:
    """Bursts that are not merely the modulation of a steady signal."""
    if not bursts or not steady:
        return bursts
    hidden = np.any(_modulation(_figures(bursts)[:, :, np.newaxis], _figures(steady)), axis=1)
    return [bursts[at] for at in np.flatnonzero(~hidden).tolist()]


def within(low_hz: float, high_hz: float, power: float, on_s: float, one: Heard) -> bool:
    """Whether whatever lies in that band, with that power, is the modulation of the steady signal ``one``."""
    if not power < LOUDER * one.power:
        return False
    width = one.width_hz
    brief = on_s < EXCURSION_S and width > LEAST_FM_HZ and one.snr_db > 9
    edge = width if brief else EDGE * width
    return one.low_hz - low_hz <= edge and high_hz - one.high_hz <= edge


def _figures(heard: list[Heard]) -> Doubles:
    """Band, power, signal to noise and time on the air, a row each."""
    return np.array([(h.low_hz, h.high_hz, h.width_hz, h.power, h.snr_db, h.on_s) for h in heard]).T


def _modulation(bursts: Doubles, steady: Doubles) -> npt.NDArray[np.bool_]:
    """Which burst (rows) is the modulation of which steady signal (columns)."""
    low, high, width, power, snr, on_s = bursts
    one_low, one_high, one_width, one_power, one_snr, _ = steady
    weaker = power < LOUDER * one_power
    gap = np.maximum(one_low, low) - np.minimum(one_high, high)
    edge = EDGE * one_width
    swings = one_width > LEAST_FM_HZ
    inside = (one_low - low <= edge) & (high - one_high <= edge)
    inside |= (-gap > OVERLAP * width) & swings
    sideband = (gap <= 2 * one_width) & (power < 0.1 * one_power) & (one_snr > 12)
    reach = reach_of(one_power, power)
    skirt = (snr < 15) & (gap <= reach * one_width) & ((reach > 0) | (one_width > CRUMB * width))
    excursion = (on_s < EXCURSION_S) & swings & (one_snr > 9) & (gap <= one_width)
    return np.asarray(((inside | excursion) & weaker) | sideband | skirt)


def merged(one: Heard, other: Heard, pulses: int | None = None) -> Heard:
    """Both as one signal; power is averaged over the time on the air, the band is the stronger one's or
    both."""
    on = one.on_s + other.on_s
    power = (one.power * one.on_s + other.power * other.on_s) / on if on > 0 else max(one.power, other.power)
    strong = one if one.power >= other.power else other
    return replace(
        strong,
        start_s=min(one.start_s, other.start_s),
        stop_s=max(one.stop_s, other.stop_s),
        power=power,
        snr_db=max(one.snr_db, other.snr_db),
        opens=one.opens or other.opens,
        ends=one.ends or other.ends,
        pulses=one.pulses + other.pulses if pulses is None else pulses,
        on_s=on,
    )


def keyed(bursts: list[Heard]) -> list[Heard]:
    """Joins pulses on one frequency that follow each other within the keying gap."""
    out: list[Heard] = []
    for burst in sorted(bursts, key=lambda h: (h.start_s, h.low_hz)):
        for i in range(len(out) - 1, max(-1, len(out) - 33), -1):
            if keys_on(out[i], burst):
                out[i] = merged(out[i], burst)
                break
        else:
            out.append(burst)
    return out


def keys_on(before: Heard, after: Heard) -> bool:
    """Whether ``after`` continues ``before``: same place in frequency, within the keying gap in time."""
    gap = after.start_s - before.stop_s
    if not -before.on_s < gap <= KEYING_S[1]:
        return False
    narrow, wide = sorted((before.width_hz, after.width_hz))
    overlap = min(before.high_hz, after.high_hz) - max(before.low_hz, after.low_hz)
    if overlap < 0.5 * narrow and abs(before.center_hz - after.center_hz) > 0.6 * wide:
        return False
    return gap <= min(max(KEYING / wide, KEYING_S[0]), KEYING_S[1])


def together(bursts: list[Heard], tolerance_s: float) -> list[Heard]:
    """Joins what begins and ends together and lies near by: the tones and sidelobes of one burst."""
    out: list[Heard] = []
    for burst in sorted(bursts, key=lambda h: (-h.power, h.low_hz)):
        for i, other in enumerate(out):
            if _same_moment(burst, other, tolerance_s) and _near(burst, other):
                out[i] = _widened(other, burst)
                break
        else:
            out.append(burst)
    return sorted(out, key=lambda h: (h.start_s, h.low_hz))


def _same_moment(one: Heard, other: Heard, tolerance_s: float) -> bool:
    share = 0.06 if min(one.snr_db, other.snr_db) > 12 else 0.15
    tolerance = tolerance_s + share * max(one.stop_s - one.start_s, other.stop_s - other.start_s)
    begin = abs(one.start_s - other.start_s) <= tolerance
    end = abs(one.stop_s - other.stop_s) <= tolerance
    bounded = not (one.opens and one.ends) and not (other.opens and other.ends)
    return begin and end and bounded


def _near(one: Heard, other: Heard) -> bool:
    """Within three times the wider one's width, or ten where both are about as strong: the tones of FSK."""
    gap = max(one.low_hz, other.low_hz) - min(one.high_hz, other.high_hz)
    alike = 0.25 < one.power / max(other.power, 1e-30) < 4
    wide = max(one.width_hz, other.width_hz)
    return gap <= max(0.3 * wide, min((10 if alike else 3) * wide, FSK_GAP_HZ))


def _widened(strong: Heard, weak: Heard) -> Heard:
    """The band holds both, if the weaker carries enough of the power to be a tone and not a sideband."""
    joint = merged(strong, weak, pulses=max(strong.pulses, weak.pulses))
    power = strong.power + weak.power
    on = max(strong.on_s, weak.on_s)
    if weak.power < 0.1 * strong.power:
        return replace(joint, power=power, on_s=on)
    return replace(
        joint,
        low_hz=min(strong.low_hz, weak.low_hz),
        high_hz=max(strong.high_hz, weak.high_hz),
        power=power,
        on_s=on,
    )


def without_artefacts(
    steady: list[Heard], bursts: list[Heard], frame_s: float, rate_hz: float
) -> list[Heard]:
    """Leaves out what a much stronger burst makes while it lasts (images, products, splatter), and
    flashes."""
    strong = sorted(bursts, key=lambda h: -h.power)[:64]
    kept = [
        burst
        for burst in bursts
        if not _flashes(burst, frame_s)
        and not any(_makes(other, burst, frame_s, rate_hz) for other in strong)
    ]
    return sorted([*steady, *kept], key=lambda h: (h.start_s, h.low_hz))


def _flashes(burst: Heard, frame_s: float) -> bool:
    return burst.pulses < 3 and any(burst.on_s <= n * frame_s and burst.snr_db < db for n, db in FLASHES)


def _makes(other: Heard, burst: Heard, frame_s: float, rate_hz: float) -> bool:
    """Whether ``burst`` is a by-product of ``other``: inside its time and far weaker."""
    if other.power < 10 ** (SPLATTER_DB / 10) * burst.power or (other.opens and other.ends):
        return False
    margin = 2 * frame_s
    if burst.start_s < other.start_s - margin or burst.stop_s > other.stop_s + margin:
        return False
    if other.power >= 10 ** (ARTEFACT_DB / 10) * burst.power:
        return True
    gap = max(burst.low_hz, other.low_hz) - min(burst.high_hz, other.high_hz)
    gap = min(gap, rate_hz - max(burst.high_hz, other.high_hz) + min(burst.low_hz, other.low_hz))
    return gap <= SPLATTER_REACH * other.width_hz
