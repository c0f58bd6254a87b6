"""Finding what stands above the floor in time and frequency: energy in boxes of many sizes.

A burst is found best by a detector that sums over its own duration and width (Urkowitz 1967). Nobody knows
these, so the whitened cells are summed in boxes of ``TIMES`` frames by ``WIDTHS`` bins, half overlapping.
All boxes
that touch one bin in one look share its false-alarm rate, so the rate stated holds for the whole bank.
What the small boxes find is taken out before the large ones look: a strong signal must not claim the empty
cells around it.
Extents follow by a second, lower threshold (LAD, localisation by double threshold: Vartiainen et al. 2005).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from sweeper.dsp import tails
from sweeper.dsp.islands import Mask, islands, runs
from sweeper.dsp.spectrum import Real
from sweeper.dsp.statistics import FLOOR_ERROR, independent, threshold

TIMES = (1, 4, 16, 64)
"""Frames in a box; the whole look is the mean spectrum's affair."""

CLOSE, CLOSELY = 4, 5
"""In place of boxes of four frames at every second one, wide boxes (from ``BETWEEN`` on) are five frames long
and lie at every frame: wide ones are few, so it costs little, and a burst of half a millisecond, a slot of
GSM, loses 0.2 dB less between two boxes (bench_detection.py)."""

SMALL = 16
"""Cells in the boxes that look first; what they find is taken out before the larger ones look."""

OVERLAPPING, OVERLAPPING_LINES = 1.0, 3.0
"""Boxes of neighbouring sizes and places hold the same noise, so not every decision counts. Far out in the
tail the half overlapping boxes of cells alarm apart; boxes on a line's spectrum lie three quarters over one
another in sizes that differ by a third, and a false line shows in several (noise_alarms.py)."""

LASTING = 1.17
"""Variance of what lasts of noise (the lesser of mean and second weakest quarter) in that of the mean:
1.15 for normal quarters, 1.16 to 1.19 for those of 23 frames."""

LOW_PFA = 1e-3
"""False-alarm rate of the lower threshold, at which a found signal's extent ends."""


BETWEEN = 24
"""From this width on there are boxes half as wide again as the powers of two: they cost little there, and a
slot of GSM is neither 150 nor 300 kHz wide."""


def widths(bins: int) -> tuple[int, ...]:
    """Bins in a box: 1, 4, 8, 16, 24, 32, 48 … up to half of the span."""
    out = [1]
    width = 4
    while width <= bins // 2:
        out.append(width)
        if BETWEEN <= 3 * width // 2 <= bins // 2:
            out.append(3 * width // 2)
        width *= 2
    return tuple(out)


def _halved(cells: Real, axis: int) -> Real:
    """Sums of neighbouring pairs along ``axis`` (slices, because a reduction over a short axis is slow)."""
    count = cells.shape[axis] // 2 * 2
    if axis == 0:
        return np.asarray(cells[0:count:2] + cells[1:count:2])
    return np.asarray(cells[:, 0:count:2] + cells[:, 1:count:2])


def _sliding(halves: Real, axis: int) -> Real:
    """Boxes of two halves each, half overlapping."""
    return np.asarray(halves[:-1] + halves[1:] if axis == 0 else halves[:, :-1] + halves[:, 1:])


def _blocks(hit: Mask, time: int, width: int) -> tuple[Mask, int, int]:
    """The blocks that the hit boxes cover, and a block's frames and bins: boxes are two blocks long and two
    wide, or three where the width is no power of two; a single frame or bin is its own block, and so is each
    frame of ``CLOSELY`` lying boxes."""
    bins, frames = 1, 1
    if width > 1:
        count = 2 if width & (width - 1) == 0 else 3
        wide = np.zeros((hit.shape[0], hit.shape[1] + count - 1), bool)
        for shift in range(count):
            wide[:, shift : shift + hit.shape[1]] |= hit
        hit, bins = wide, width // count
    if time > 1:
        count = time if time == CLOSELY else 2
        tall = np.zeros((hit.shape[0] + count - 1, hit.shape[1]), bool)
        for shift in range(count):
            tall[shift : shift + hit.shape[0]] |= hit
        hit, frames = tall, time // count
    return hit, frames, bins


def _spread(blocks: Mask, frames: int, bins: int, onto: Mask) -> None:
    """Marks the cells of ``blocks`` of so many frames and bins in ``onto``."""
    rows, columns = np.flatnonzero(blocks.any(axis=1)), np.flatnonzero(blocks.any(axis=0))
    if not len(rows):
        return
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    part = blocks[top:bottom, left:right]
    if bins > 1:
        part = np.repeat(part, bins, axis=1)
    if frames > 1:
        part = np.repeat(part, frames, axis=0)
    onto[top * frames : bottom * frames, left * bins : right * bins] |= part


def _bank(cells: Real, wanted: Callable[[int], bool] = lambda size: True) -> Iterator[tuple[int, int, Real]]:
    """Every (time, width) of the bank with its sums, computed from one another; of so many cells as are
    ``wanted`` when it is their turn."""
    yield from _lasting(cells, 1, wanted)
    sizes = widths(cells.shape[1])
    halves, width = cells, 4
    while width in sizes and any(wanted(time * one) for one in sizes if one >= width for time in TIMES):
        halves = _halved(halves, 1)
        base = _sliding(halves, 1)
        yield from _lasting(base, width, wanted)
        if 3 * width // 2 in sizes and wanted(3 * width // 2 * TIMES[-1]):
            yield from _lasting(np.asarray(base[:, :-1] + halves[:, 2:]), 3 * width // 2, wanted)
        width *= 2


def _lasting(base: Real, width: int, wanted: Callable[[int], bool]) -> Iterator[tuple[int, int, Real]]:
    """Boxes of one width and all ``TIMES``."""
    if wanted(width):
        yield 1, width, base
    quarter = base
    size = 1
    for time in TIMES[1:]:
        if len(base) < 2 * time:
            break
        if time == CLOSE and width >= BETWEEN:
            if wanted(CLOSELY * width):
                pairs = base[:-1] + base[1:]
                yield CLOSELY, width, np.asarray(pairs[:-3] + pairs[2:-1] + base[CLOSE:])
        elif wanted(time * width):
            while size < time // 2:
                quarter = _halved(quarter, 0)
                size *= 2
            yield time, width, _sliding(quarter, 0)


def _hits(cells: Real, pfa: float, floor_error: float, above: int = 0) -> list[tuple[int, int, Mask]]:
    """Every box size of more than ``above`` cells that found something, smallest box first, with its boxes
    above the threshold. Where one of up to ``SMALL`` cells did, larger ones are left for a second look."""
    out: list[tuple[int, int, Mask]] = []
    times = sum(t == 1 or len(cells) >= 2 * t for t in TIMES)
    share = OVERLAPPING * pfa / (times * len(widths(cells.shape[1])))

    def wanted(size: int) -> bool:
        return above < size and (size <= SMALL or above > 0 or not any(t * w <= SMALL for t, w, _ in out))

    for time, width, sums in _bank(cells, wanted):
        allowed = share * cells.shape[1] / sums.size
        level = time * width * tails.level(time, width, allowed, floor_error)
        if float(sums.max(initial=0.0)) > level:
            out.append((time, width, np.asarray(sums > level)))
    return sorted(out, key=lambda hit: (hit[0] * hit[1], hit[0]))


def _unclaimed(covered: Mask, found: Mask) -> Mask:
    """Of what is covered now, the connected pieces that hold nothing found already."""
    pieces = islands(covered, corners=False)
    return pieces.painted(~pieces.holding(found & covered), covered.shape)


def _add(found: Mask, hit: Mask, time: int, width: int) -> None:
    """Adds to ``found`` what the hit boxes cover and is no part of something found already.

    Blocks hang together as their cells do, and there are far fewer of them.
    """
    covered, frames, bins = _blocks(hit, time, width)
    _spread(_unclaimed(covered, _any(found, covered.shape, frames, bins)), frames, bins, found)


def _any(mask: Mask, shape: tuple[int, ...], frames: int, bins: int) -> Mask:
    """Which of the first blocks (``shape``, of so many frames and bins, powers of two) hold anything of the
    mask. Eight cells are one word."""
    rows, columns = shape
    part = mask[: rows * frames, : columns * bins]
    if frames > 1:
        part = np.bitwise_or.reduce(part.reshape(rows, frames, -1), axis=1)
    if bins > 1:
        part = np.ascontiguousarray(part).view(f"u{min(bins, 8)}") != 0
    while part.shape[1] > columns:
        part = part[:, ::2] | part[:, 1::2]
    return np.asarray(part)


def detect(cells: Real, pfa: float, frame: int, floor_error: float = FLOOR_ERROR) -> Mask | None:
    """Which cells of ``cells`` (whitened: noise has mean 1, shape ``[frames, bins]``) hold a signal.

    ``pfa`` is the false-alarm rate per bin for the whole of the look, ``frame`` the transform's length
    (for the window's correlations). ``None`` where nothing was found, which is the usual case and cheap.
    """
    hits = _hits(cells, pfa, floor_error)
    if not hits:
        return None
    found = np.zeros(cells.shape, bool)
    small = [hit for hit in hits if hit[0] * hit[1] <= SMALL]
    for time, width, hit in small:
        _spread(*_blocks(hit, time, width), found)
    if small:
        found = grow(cells, found, frame)
        rest = cells.copy()
        np.putmask(rest, found, np.float32(1))
        hits = _hits(rest, pfa, floor_error, SMALL)
    for time, width, hit in hits:
        _add(found, hit, time, width)
    return found


def grow(cells: Real, seeds: Mask, frame: int) -> Mask:
    """The seeds and what hangs together with them above the lower threshold, in 3 by 3 means."""
    rows, columns = np.flatnonzero(seeds.any(axis=1)), np.flatnonzero(seeds.any(axis=0))
    reach = 256
    top, bottom = max(0, rows[0] - reach), min(len(cells), rows[-1] + reach + 1)
    left, right = max(0, columns[0] - reach), min(cells.shape[1], columns[-1] + reach + 1)
    part = np.ascontiguousarray(cells[top:bottom, left:right])
    smooth = _threes(_beside(part))
    smooth /= np.float32(9)
    low = smooth > threshold(independent(3, 3, frame), LOW_PFA)
    inside = seeds[top:bottom, left:right]
    pieces = islands(low | inside, corners=True)
    out = seeds.copy()
    out[top:bottom, left:right] |= pieces.painted(pieces.holding(inside), inside.shape)
    return out


def _threes(values: Real) -> Real:
    """Sums of each row with those before and behind it; at the ends it stands for the one that lacks."""
    sums = np.empty_like(values)
    np.add(values[:-1], values[1:], out=sums[1:])
    np.add(values[0], values[0], out=sums[0])
    sums[:-1] += values[1:]
    sums[-1] += values[-1]
    return sums


def _beside(values: Real) -> Real:
    """The same of columns: over all rows in one go, whose ends are then made anew."""
    flat = values.ravel()
    sums = np.empty_like(values)
    line = sums.ravel()
    np.add(flat[:-1], flat[1:], out=line[1:])
    np.add(values[:, 0], values[:, 0], out=sums[:, 0])
    line[:-1] += flat[1:]
    if values.shape[1] > 1:
        sums[:, -1] = (values[:, -2] + values[:, -1]) + values[:, -1]
    else:
        np.add(2 * values[:, 0], values[:, 0], out=sums[:, 0])
    return sums


def line_widths(bins: int) -> tuple[int, ...]:
    """Bins in a box on a mean spectrum: 1, 2, 3, 4, 6, 8, 12 … up to half of the span.

    One dimension is cheap, so the sizes lie close: no signal is much wider or narrower than its box."""
    out = [1, 2, 3]
    width = 4
    while width <= bins // 2:
        out += [width, width + width // 2]
        width *= 2
    return tuple(size for size in out if size <= max(bins // 2, 1))


def detect_lines(mean: Real, frames: int, pfa: float, frame: int, floor_error: float = FLOOR_ERROR) -> Mask:
    """Which bins of a whitened mean spectrum over ``frames`` frames hold a signal, extents included.

    Boxes of all ``line_widths`` share the false-alarm rate per bin; extents reach down to the lower
    threshold. What narrower boxes find is taken out before wider ones look.
    """
    bins = len(mean)
    found = np.zeros(bins, bool)
    sizes = line_widths(bins)
    share = OVERLAPPING_LINES * pfa / len(sizes)
    spread = float(np.sqrt(LASTING))
    total = np.zeros(bins + 1)
    np.cumsum(mean, dtype=np.float64, out=total[1:])
    for width in sizes:
        step = max(1, width // 4)
        sums = total[width::step] - total[: bins - width + 1 : step]
        level = tails.level(frames, width, share * bins / len(sums), floor_error)
        level = 1 + spread * (level - 1)
        hit = step * np.flatnonzero(sums > width * level)
        if not len(hit):
            continue
        if width == 1:
            covered = np.zeros(bins, bool)
            covered[hit] = True
            found = _connected(mean, covered, frames, frame)
        else:
            edges = np.zeros(bins + 1, np.int32)
            edges[hit] += 1
            edges[hit + width] -= 1
            covered = np.cumsum(edges)[:bins] > 0
            new = [run for run, holds in _runs_holding(covered, found) if not holds]
            if not new:
                continue  # nothing is to be taken out that was not before
            for left, right in new:
                found[left:right] = True
        np.cumsum(np.where(found, np.float32(1.0), mean), dtype=np.float64, out=total[1:])
    return _connected(mean, found, frames, frame) if found.any() else found


def _connected(mean: Real, found: Mask, frames: int, frame: int) -> Mask:
    """What was found and the bins that hang together with it above the lower threshold, in means of three."""
    kernel = np.ones(3, np.float32) / 3
    edged = np.concatenate((mean[:1], mean, mean[-1:]))
    low = np.convolve(edged, kernel, mode="valid") > threshold(independent(frames, 3, frame), LOW_PFA)
    joined = np.zeros(len(mean), bool)
    for (start, stop), holds in _runs_holding(found | low, found):
        joined[start:stop] = holds
    return joined


def _runs_holding(covered: Mask, found: Mask) -> list[tuple[tuple[int, int], bool]]:
    """The runs of ``covered``, each with whether it holds anything of ``found`` (both of one dimension)."""
    flags = found.tobytes()
    return [((start, stop), flags.find(1, start, stop) >= 0) for start, stop in runs(covered)]
