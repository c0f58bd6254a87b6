"""Where a signal begins and ends, in time and in frequency, once it is known to be there.

Two levels again (LAD): a signal that was found at the high threshold reaches as far as the low one. Strong
signals splatter; their skirts, sidelobes and the receiver's own products lie ``SKIRT`` below the peak and are
left out. The width is the 99 % occupied bandwidth (ITU-R SM.328: 0.5 % of the power on either side).
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sweeper.dsp.boxes import LOW_PFA
from sweeper.dsp.islands import Mask, islands, runs
from sweeper.dsp.spectrum import Real
from sweeper.dsp.statistics import independent, mean, median, threshold

SKIRT = 10 ** (-25 / 10)
"""What lies 25 dB under a signal's peak density is its skirt, not its band."""

JOIN = 0.15
"""Runs closer than this share of their widths together are one: sidelobes meet at nulls, channels do not."""

LINE_BINS = 6
PEDESTAL = 0.05
"""A run of at most six bins is a line; what stands under it with 5 % of its power belongs to it."""

FADE = 10 ** (-14 / 10)
"""A burst is on while its power is within 14 dB of its own level."""


class Box(NamedTuple):
    """Half-open ranges of frames and of bins."""

    start: int
    stop: int
    low: int
    high: int


def bands(profile: Real, low: float) -> list[tuple[int, int]]:
    """Half-open runs of bins that stand above ``low`` and are not a stronger run's skirt.

    ``profile`` is power over the floor per bin. Runs a fraction of their width apart are joined. What is left
    beside a strong run counts as its own only where it stands out from its own neighbourhood.
    """
    if len(profile) == 0:
        return []
    peak = float(np.maximum.reduce(profile))
    if float(np.minimum.reduce(profile)) > max(low, peak * SKIRT):
        return [(0, len(profile))]  # all of it is one run, which leaves nothing beside it
    found = _joined(runs(profile > max(low, peak * SKIRT)))
    found = _pedestals(profile, low, found)
    if peak * SKIRT > low:
        found += _beside(profile, low, found)
    return sorted(found)


def _joined(parts: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Joins runs whose gap is small against their widths, until none is left."""
    merged = True
    while merged and len(parts) > 1:
        merged = False
        out = [parts[0]]
        for start, stop in parts[1:]:
            before = out[-1]
            if start - before[1] <= max(1.0, JOIN * (stop - start + before[1] - before[0])):
                out[-1] = (before[0], stop)
                merged = True
            else:
                out.append((start, stop))
        parts = out
    return parts


def _pedestals(profile: Real, low: float, found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """A narrow line that stands on a wide signal of comparable power is one with it: a carrier and its
    sidebands.

    The line's skirt threshold hid the wide part, so the profile is looked at again without the line.
    """
    out = []
    for start, stop in found:
        if stop - start > LINE_BINS:
            out.append((start, stop))
            continue
        reach = 4 * LINE_BINS
        around = np.concatenate(
            (profile[max(0, start - reach) : max(0, start - 3)], profile[stop + 3 : stop + reach])
        )
        beside = median(around) if len(around) else 0.0
        if beside < 0.99 * low and _too_wide(start - 1, stop + 1, len(profile)):
            out.append((start, stop))
            continue
        without = profile.copy()
        without[max(0, start - 3) : stop + 3] = beside
        wide = [r for r in _joined(runs(_smooth(without) > low)) if r[0] <= start and stop <= r[1]]
        power = float(np.add.reduce(profile[start:stop] - 1))
        if wide and float(np.add.reduce(without[wide[0][0] : wide[0][1]] - 1)) > PEDESTAL * power:
            out.append(wide[0])
        else:
            out.append((start, stop))
    return sorted(set(out))


def _too_wide(start: int, stop: int, bins: int) -> bool:
    """Whether no two runs on either side of that gap can be joined over it, however wide they are."""
    gap = min(bins, stop) - max(0, start)
    return gap > 1 and gap > JOIN * (bins - gap)


def _smooth(profile: Real) -> Real:
    return np.convolve(edged(profile, 2), np.ones(5) / 5, "valid").astype(np.float32)


def edged(values: Real, before: int, after: int | None = None) -> Real:
    """``values`` with the first one repeated ``before`` times in front, the last ``after`` times behind."""
    after = before if after is None else after
    return np.concatenate((np.repeat(values[:1], before), values, np.repeat(values[-1:], after)))


def _beside(profile: Real, low: float, found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Weak signals in the skirts of strong ones, by an ordered-statistic CFAR (Rohling 1983).

    A bin must stand 12 dB over the median of the 32 bins around it (its own 6 left out), which a smooth
    skirt never does, however strong its owner, and lie at least one width away from that.
    """
    guard, window, factor = 3, 16, 16.0
    used = np.zeros(len(profile), bool)
    for start, stop in found:
        reach = (stop - start) + 2
        used[max(0, start - reach) : stop + reach] = True
    candidates = np.flatnonzero((profile > low * factor) & ~used)
    out: list[tuple[int, int]] = []
    for at in candidates.tolist():
        if out and at < out[-1][1]:
            continue
        around = np.concatenate(
            (
                profile[max(0, at - guard - window) : max(0, at - guard)],
                profile[at + guard + 1 : at + guard + 1 + window],
            )
        )
        if len(around) and profile[at] > factor * median(around):
            half = profile[at] / factor
            left, right = at, at + 1
            while left > 0 and not used[left - 1] and profile[left - 1] > half:
                left -= 1
            while right < len(profile) and not used[right] and profile[right] > half:
                right += 1
            out.append((left, right))
    return out


def occupied(excess: npt.NDArray[np.floating], share: float = 0.99) -> tuple[float, float]:
    """Edges (fractional bins, from the first bin's lower edge) that hold ``share`` of the power.

    Bins below the skirt level count as empty, so that uneven noise does not shift the edges.
    """
    power = (excess * (excess > SKIRT * np.maximum.reduce(excess, initial=0.0))).astype(np.float64)
    total = np.add.reduce(power)
    if total <= 0:
        return 0.0, float(len(power))
    steps = (np.add.accumulate(power) / total).tolist()
    tail = (1 - share) / 2
    return _reached(tail, steps), _reached(1 - tail, steps)


def _reached(part: float, steps: list[float]) -> float:
    """Where a sum that grows by steps, one at the end of each bin, passes ``part``."""
    at = bisect_right(steps, part)
    if at >= len(steps):
        return float(len(steps))
    before = steps[at - 1] if at else 0.0
    return (part - before) / (steps[at] - before) + at


def pieces(mask: Mask) -> list[Box]:
    """The connected pieces of a mask as boxes."""
    return [Box(*place) for place in islands(mask, corners=True).boxes().tolist()]


def parts(
    whitened: Real, mask: Mask, frame: int, cells: Real, level: Real, ground: Real, most: int = 400
) -> list[Box]:
    """Every separate burst in the mask as a box; each box is one run in time of one band.

    ``whitened`` is what the mask was found in; ``cells`` are the densities themselves, ``level`` what is
    usual in each bin (steady signals included) and ``ground`` the floor: bands are cut where the burst's own
    density ends. At most the ``most`` strongest connected pieces are taken apart.
    """
    found = islands(mask, corners=True)
    places = found.boxes()
    if found.total > most:
        places = places[np.sort(np.argsort(-found.sums(whitened), kind="stable")[:most])]
    out: list[Box] = []
    for top, bottom, first, last in places.tolist():
        low = max(threshold(independent(bottom - top, 1, frame), LOW_PFA), 1.3)
        density = mean(cells[top:bottom, first:last], 0)
        profile = 1 + (density - level[first:last]) / ground[first:last]
        for left, right in bands(profile, low) or [(0, len(profile))]:
            a, b = first + left, first + right
            for start, stop in times(whitened[top:bottom, a:b], frame):
                out.append(Box(top + start, top + stop, a, b))
    return out


def times(band: Real, frame: int, gap: int = 2) -> list[tuple[int, int]]:
    """Runs of frames in which a band (whitened cells ``[frames, bins]``) is on the air."""
    if len(band) == 1:
        return [(0, 1)]
    power = mean(band, 1)
    low = threshold(independent(1, band.shape[1], frame), LOW_PFA)
    on = power > low
    if not on.any():
        return [(0, len(power))] if len(power) <= 4 else []
    return runs(power > max(low, median(power[on]) * FADE), gap)
