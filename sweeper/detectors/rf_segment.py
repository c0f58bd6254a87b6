"""One segment of a look (about 65 ms of samples, or one hop of a sweep): what is on the air in it.

Two layers. *Steady* signals stand in every quarter of the segment and are found on the mean of long
frames, where they are sharp and strong. *Bursts* are found in boxes of short frames, over a floor that
already holds
the steady ones, so that a modulated carrier does not crumble into bursts. What is one signal is put
together again: the pulses of a keyed one, the tones of an FSK burst. What a strong one causes in the
receiver (its
image, its products) is taken away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sweeper.detectors.rf_bursts import apart_from, keyed, together, within, without_artefacts
from sweeper.detectors.rf_heard import Heard
from sweeper.detectors.rf_steady import (
    lasting,
    snr_db,
    staying,
    steady_level,
    steady_signals,
    stretches,
    usual,
    without_splatter,
)
from sweeper.dsp import boxes, extents, floor, impulses, spectrum
from sweeper.dsp.extents import Box
from sweeper.dsp.islands import runs
from sweeper.dsp.spectrum import Complex, Real
from sweeper.dsp.statistics import PFA, mean

OVER_STEADY = 4.0
"""A burst inside a steady signal's band must be this much above it: below, it is that signal's modulation."""

MOST_PARTS = 1200
"""Pieces taken on in one segment; a denser band is reported as crowded."""


@dataclass(frozen=True)
class Segment:
    """The result: what was heard, and the spectra behind it (offsets ascending, densities in FS²/Hz)."""

    heard: tuple[Heard, ...]
    mean: Real
    peak: Real
    floor: Real
    frames: int
    crowded: bool


def analyse(
    samples: Complex, rate_hz: float, history: floor.History, time_s: float, pfa: float = PFA
) -> Segment:
    """Everything above the floor in ``samples``; ``pfa`` is the false-alarm rate per bin of this segment."""
    samples = impulses.without(samples, rate_hz)
    short, cells, ground = _cells(samples, rate_hz, history, time_s)
    long = max(short, spectrum.line_size(rate_hz, len(samples)))
    lines = cells.copy() if long == short else spectrum.power_frames(samples, long, rate_hz)
    usual_power, peak = lines.mean(axis=0), lines.max(axis=0)
    ground_long = _stretched(ground, long)
    error = floor.uncertainty(ground, len(cells))
    parts = stretches(_whitened(lines, ground_long, onto=lines))
    stays = lasting(parts, len(lines))
    seen = boxes.detect_lines(stays / usual(parts, len(lines)), len(lines), pfa / 2, long, error)
    standing = steady_signals(parts, stays, ground_long, seen, len(lines), rate_hz, len(samples))
    steady = staying(standing, cells, ground, rate_hz)
    whitened = _whitened(cells, ground)
    level = steady_level(cells, ground, steady, rate_hz)
    if steady:
        whitened *= np.where(level > ground, ground / (OVER_STEADY * level), np.float32(1))
    mask = boxes.detect(whitened, _share(pfa, long, short), short, error)
    bursts: list[Heard] = []
    crowded = False
    if mask is not None:
        found = extents.parts(whitened, mask, short, cells, level, ground)
        crowded = len(found) >= MOST_PARTS
        made = (_heard(box, cells, ground, rate_hz, len(samples), steady) for box in found[:MOST_PARTS])
        bursts = [one for one in made if one is not None]
        bursts = together(keyed(apart_from(bursts, steady)), 3 * short / 2 / rate_hz)
    steady = without_splatter(steady, bursts, len(samples) / rate_hz)
    heard = without_artefacts(steady, bursts, short / rate_hz, rate_hz)
    return Segment(tuple(heard), usual_power, peak, ground_long, len(lines), crowded)


def found(
    samples: Complex, rate_hz: float, history: floor.History, time_s: float, pfa: float = PFA
) -> list[tuple[float, float]]:
    """The bare decisions of ``analyse``: bands (offsets in Hz) in which something stands above the threshold.

    What is measured as false alarms and sensitivity; shaping, vetoes and names come after.
    """
    samples = impulses.without(samples, rate_hz)
    short, cells, ground = _cells(samples, rate_hz, history, time_s)
    long = max(short, spectrum.line_size(rate_hz, len(samples)))
    lines = cells if long == short else spectrum.power_frames(samples, long, rate_hz)
    ground_long = _stretched(ground, long)
    error = floor.uncertainty(ground, len(cells))
    parts = stretches(_whitened(lines, ground_long))
    stays = lasting(parts, len(lines)) / usual(parts, len(lines))
    seen = boxes.detect_lines(stays, len(lines), pfa / 2, long, error)
    whitened = _whitened(cells, ground)
    mask = boxes.detect(whitened, _share(pfa, long, short), short, error)
    out = [((a - long / 2) * rate_hz / long, (b - long / 2) * rate_hz / long) for a, b in runs(seen)]
    if mask is not None:
        for box in extents.pieces(mask):
            out.append(((box.low - short / 2) * rate_hz / short, (box.high - short / 2) * rate_hz / short))
    return out


def _share(pfa: float, long: int, short: int) -> float:
    """Rate per bin of the short frames that uses half of what all bins of the long ones may: a segment has as
    many decisions as its long frames have bins, shared alike by lines and bursts."""
    return pfa / 2 * long / short


def _cells(samples: Complex, rate_hz: float, history: floor.History, time_s: float) -> tuple[int, Real, Real]:
    """Length of the short frames, their power, and the floor under them."""
    short = spectrum.cell_size(rate_hz)
    while short > 16 and len(samples) < 4 * short:
        short //= 2
    cells = spectrum.power_frames(samples, short, rate_hz)
    least = np.float32(floor.rounding(samples, rate_hz))
    return short, cells, np.maximum(history.bound(floor.estimate(cells), time_s), least)


def _whitened(cells: Real, ground: Real, onto: Real | None = None) -> Real:
    """Power over the floor, with the surges of the whole span's noise taken out frame by frame; written
    ``onto`` an array that is needed no longer."""
    white: Real = np.multiply(cells, np.reciprocal(ground), out=onto)
    surge = floor.surge(white)
    if surge.max() > 1:  # which is rare
        white *= np.reciprocal(surge)[:, np.newaxis]
    return white


def _stretched(ground: Real, size: int) -> Real:
    """The floor at another resolution; density does not depend on it."""
    if len(ground) == size:
        return ground
    old = np.arange(len(ground)) / len(ground)
    return np.interp(np.arange(size) / size, old, ground).astype(np.float32)


def _heard(
    box: Box, cells: Real, ground: Real, rate_hz: float, count: int, steady: Sequence[Heard]
) -> Heard | None:
    """The burst in one box; ``None`` where all of the box is so clearly within one of the ``steady`` signals
    that its band and the rest need not be measured."""
    size = cells.shape[1]
    step = rate_hz / size
    hop = size / 2 / rate_hz
    frames = len(cells)
    total = count / rate_hz
    start = 0.0 if box.start == 0 else (box.start + 0.5) * hop
    stop = total if box.stop >= frames else min(total, (box.stop + 0.5) * hop)
    low = max(0, box.low - 1)
    high = min(size, box.high + 1)
    density = mean(cells[box.start : box.stop, low:high], 0)
    below = ground[low:high]
    excess = density - below
    power = float(excess.sum() * step)
    base = (low - size // 2 - 0.5) * step
    if any(within(base, base + len(excess) * step, power, stop - start, one) for one in steady):
        return None
    inner, outer = extents.occupied(excess)
    low_hz, high_hz = base + inner * step, base + outer * step
    return Heard(
        low_hz=low_hz,
        high_hz=high_hz,
        start_s=start,
        stop_s=stop,
        power=power,
        snr_db=snr_db(density, below, inner, outer),
        steady=False,
        opens=box.start == 0,
        ends=box.stop >= frames,
        grain_hz=step,
        on_s=stop - start,
    )
