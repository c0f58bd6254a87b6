"""One segment of a look (about 65 ms of samples, or one hop of a sweep): what is on the air in it.

Two layers. *Steady* signals stand in every quarter of the segment and are found on the mean of long
frames, where they are sharp and strong. *Bursts* are found in boxes of short frames, over a floor that already holds
the steady ones, so that a modulated carrier does not crumble into bursts. What is one signal is put
together again: the pulses of a keyed one, the tones of an FSK burst. What a strong one causes in the receiver (its
image, its products) is taken away.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from sweeper.dsp import boxes, extents, floor, spectrum, statistics
from sweeper.dsp.extents import Box
from sweeper.dsp.spectrum import Complex, Real
from sweeper.dsp.statistics import PFA
from sweeper.records import Value

STEADY_SHARE = 0.1
"""Steady: the weakest of up to 16 stretches of the segment holds at least this share of the mean power."""

HALF_SHARE = 0.45
"""The weaker half of the stretches holds at least this share of the mean power."""

FSK_GAP_HZ = 150e3
"""The tones of no common FSK device lie farther apart than this; two senders on the air by chance do."""

GROWTH = 2.0
"""How much wider than its usual band a steady signal may be, on each side."""

EXCURSION_S = 0.01
"""A swing of a frequency-modulated signal beyond its usual band is shorter than this."""

LEAST_FM_HZ = 2.5e3
"""A steady signal narrower than this is a bare carrier and does not swing."""

PAUSE = 0.12
PAUSES = 0.06
NARROW_PAUSES = 0.25
"""A signal 9 dB under its level for 6 % of the time makes pauses; a narrow one fades, so 25 % are asked of it."""

FAINT = 3.0
"""Below this power over the floor one stretch is too noisy to tell whether the signal lasts."""

SKIRT_REACH = 1.5
SKIRT_SNR_DB = 10.0
"""A steady line 20 dB weaker, within 1.5 widths of a strong one and not 10 dB clear, is its skirt."""

OVER_STEADY = 4.0
"""A burst inside a steady signal's band must be this much above it: below, it is that signal's modulation."""

ARTEFACT_DB = 23.0
"""What comes and goes with a burst this much stronger is made by the receiver or the transmitter's splatter."""

SPLATTER_DB = 11.0
"""The same within ``SPLATTER_REACH`` widths of the stronger one, or where its sidebands fold at the span's edges."""

SPLATTER_REACH = 1.5

FLASHES = ((1.3, 15.0), (2.1, 11.0))
"""A single flash of so many frames is taken for an impulse of noise below so many dB of signal to noise."""

KEYING = 100.0
"""Pulses closer than this many times 1/width are one keyed burst (a pulse is about 2/width long)."""

KEYING_S = (0.0003, 0.010)
"""Bounds of that gap: remotes pause up to 10 ms within a packet; GSM slots lie 4 ms apart and are wide."""


@dataclass(frozen=True)
class Heard:
    """One signal in one segment. Frequencies are offsets from the look's centre, times from the segment's start."""

    low_hz: float
    high_hz: float
    start_s: float
    stop_s: float
    power: float
    snr_db: float
    steady: bool
    opens: bool
    ends: bool
    pulses: int = 1
    on_s: float = 0.0
    kind: str = ""
    features: dict[str, Value] = field(default_factory=dict)

    @property
    def center_hz(self) -> float:
        return (self.low_hz + self.high_hz) / 2

    @property
    def width_hz(self) -> float:
        return self.high_hz - self.low_hz


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
    short = spectrum.cell_size(rate_hz)
    while short > 16 and len(samples) < 4 * short:
        short //= 2
    cells = spectrum.power_frames(samples, short, rate_hz)
    least = np.float32(floor.rounding(samples, rate_hz))
    ground = np.maximum(history.bound(floor.estimate(cells), time_s), least)
    long = max(short, spectrum.line_size(rate_hz, len(samples)))
    lines = cells if long == short else spectrum.power_frames(samples, long, rate_hz)
    ground_long = _stretched(ground, long)
    calm = lines / floor.surge(lines / ground_long)[:, np.newaxis]
    lasting = _lasting(calm)
    seen = boxes.detect_lines(lasting / ground_long, len(lines), pfa / 2, long)
    steady = _steady(calm, lasting, ground_long, seen, rate_hz, len(samples))
    steady = [one for one in steady if not _pauses(one, cells, ground, rate_hz)]
    whitened = cells / ground
    whitened /= floor.surge(whitened)[:, np.newaxis]
    level = _steady_level(cells, ground, steady, rate_hz)
    if steady:
        whitened *= np.where(level > ground, ground / (OVER_STEADY * level), np.float32(1))
    mask = boxes.detect(whitened, pfa / 2, short)
    bursts: list[Heard] = []
    crowded = False
    if mask is not None:
        found = extents.parts(whitened, mask, short, cells, level, ground)
        crowded = len(found) >= MOST_PARTS
        bursts = [_heard(box, cells, ground, rate_hz, len(samples)) for box in found[:MOST_PARTS]]
        bursts = _together(_keyed(_apart_from(bursts, steady)), 3 * short / 2 / rate_hz)
    steady = _without_splatter(steady, bursts, len(samples) / rate_hz)
    heard = _without_artefacts(steady, bursts, short / rate_hz, rate_hz)
    return Segment(tuple(heard), lines.mean(axis=0), lines.max(axis=0), ground_long, len(lines), crowded)


MOST_PARTS = 1200
"""Pieces taken on in one segment; a denser band is reported as crowded."""


def _stretched(ground: Real, size: int) -> Real:
    """The floor at another resolution; density does not depend on it."""
    if len(ground) == size:
        return ground
    old = np.arange(len(ground)) / len(ground)
    return np.interp(np.arange(size) / size, old, ground).astype(np.float32)


def _lasting(lines: Real) -> Real:
    """What stays: per bin the lesser of mean and median (as a mean), so that bursts do not count."""
    mean = lines.mean(axis=0)
    if len(lines) < 6:
        return np.asarray(mean)
    groups = min(8, len(lines) // 2)
    each = len(lines) // groups
    means = lines[: groups * each].reshape(groups, each, -1).mean(axis=1)
    shape = statistics.independent(each, 1, lines.shape[1])
    rank = (groups - 1) // 2
    bias = statistics.quantile_bias(shape, (rank + 0.6) / (groups + 0.2))
    middle = np.partition(means, rank, axis=0)[rank] / np.float32(bias)
    return np.asarray(np.minimum(mean, middle))


def _steady(
    lines: Real, mean: Real, ground: Real, seen: boxes.Mask, rate_hz: float, count: int
) -> list[Heard]:
    """Signals on the air through the whole segment."""
    bins = len(mean)
    excess = mean / ground
    groups = np.array_split(lines, min(16, max(1, len(lines) // 3)))
    stretches = np.array([part.mean(axis=0) for part in groups]) / ground
    average = lines.mean(axis=0) / ground
    steady: list[Heard] = []
    step = rate_hz / bins
    for start, stop in extents.runs(seen):
        for a, b in _pieces(excess, start, stop, len(lines)):
            over = float(np.mean(excess[a:b])) - 1
            parts = np.sort(stretches[:, a:b].mean(axis=1) - 1)
            edges = ((a - bins // 2 - 0.5) * step, (b - bins // 2 - 0.5) * step)
            if len(parts) < 2 or float(parts[: len(parts) // 2].mean()) < HALF_SHARE * over:
                continue
            if over > FAINT and parts[0] < STEADY_SHARE * over:
                continue
            a, b = _whole_band(average, a, b, start, stop)
            edges = ((a - bins // 2 - 0.5) * step, (b - bins // 2 - 0.5) * step)
            inner, outer = extents.occupied(average[a:b] - 1)
            low_hz, high_hz = edges[0] + inner * step, edges[0] + outer * step
            steady.append(
                Heard(
                    low_hz=low_hz,
                    high_hz=max(high_hz, low_hz + step),
                    start_s=0.0,
                    stop_s=count / rate_hz,
                    power=float(np.sum((average[a:b] - 1) * ground[a:b]) * step),
                    snr_db=_snr_db(average[a:b] * ground[a:b], ground[a:b], inner, outer),
                    steady=True,
                    opens=True,
                    ends=True,
                    on_s=count / rate_hz,
                )
            )
    return _without_skirts(steady)


def _whole_band(average: Real, a: int, b: int, start: int, stop: int) -> tuple[int, int]:
    """The band on the plain mean: a frequency-modulated signal is wider than where it is most of the time.

    Grows over connected bins within 25 dB of the peak to at most ``GROWTH`` times the width.
    """
    level = max(2.0, float(average[a:b].max()) * extents.SKIRT)
    most = int(GROWTH * (b - a))
    low, high = max(0, a - most), min(len(average), b + most)
    above = average[low:high] > level
    left, right = a, b
    while left > low and (above[left - 1 - low] or (left - 2 >= low and above[left - 2 - low])):
        left -= 1
    while right < high and (above[right - low] or (right + 1 < high and above[right + 1 - low])):
        right += 1
    return left, right


def _pauses(one: Heard, cells: Real, ground: Real, rate_hz: float) -> bool:
    """Whether a wide signal is off now and then: packets that follow each other closely are not steady."""
    size = len(ground)
    a = int(np.clip(np.ceil(one.low_hz / rate_hz * size + size / 2), 0, size - 1))
    b = int(np.clip(np.floor(one.high_hz / rate_hz * size + size / 2) + 1, a + 1, size))
    if len(cells) < 24:
        return False
    power = (cells[:, a:b] / ground[a:b]).mean(axis=1) - 1
    noise = 1 / np.sqrt(statistics.independent(1, b - a, size))
    level = float(np.percentile(power, 95))
    if level < 6 * noise:
        return False
    return float(np.mean(power < max(PAUSE * level, 2 * noise))) > (PAUSES if b - a >= 6 else NARROW_PAUSES)


def _pieces(excess: Real, start: int, stop: int, frames: int) -> list[tuple[int, int]]:
    """The signals in one run of raised bins, each significant in itself; faint wide runs are smoothed first."""
    bins = len(excess)
    part = excess[start:stop]
    wide = 1
    if float(part.max()) < 1 + FAINT and stop - start > 12:
        wide = min(16, (stop - start) // 4)
        part = np.convolve(
            np.pad(part, (wide // 2, wide - 1 - wide // 2), mode="edge"), np.ones(wide) / wide, "valid"
        )
    low = statistics.threshold(statistics.independent(frames, max(3, wide), bins), boxes.LOW_PFA)
    out = []
    for left, right in extents.bands(part, low):
        a, b = start + left, start + right
        needed = statistics.threshold(statistics.independent(frames, b - a, bins), PFA)
        if float(np.mean(excess[a:b])) > needed:
            out.append((a, b))
    return out


def _without_skirts(steady: list[Heard]) -> list[Heard]:
    """Leaves out faint lines in the skirts of a far stronger neighbour: its sidebands, not other senders."""
    kept = []
    for one in steady:
        for other in steady:
            near = abs(one.center_hz - other.center_hz) < SKIRT_REACH * other.width_hz
            if near and one.snr_db < SKIRT_SNR_DB and one.power * 100 < other.power:
                break
        else:
            kept.append(one)
    return kept


def _snr_db(density: Real, ground: Real, inner: float, outer: float) -> float:
    """Signal over noise within the occupied band, in dB (at least -20)."""
    a, b = int(inner), max(int(inner) + 1, int(np.ceil(outer)))
    ratio = float(np.sum(density[a:b]) / np.sum(ground[a:b])) - 1
    return float(10 * np.log10(max(ratio, 0.01)))


def _steady_level(cells: Real, ground: Real, steady: list[Heard], rate_hz: float) -> Real:
    """Usual density per bin: the floor, and where a steady signal is, that signal's own median."""
    if not steady:
        return ground
    size = len(ground)
    level = ground.copy()
    step = rate_hz / size
    some = cells[:: max(1, len(cells) // 128)]
    usual = np.median(some, axis=0) / np.log(2) if len(some) >= 8 else some.mean(axis=0)
    for one in steady:
        a = max(0, int(np.floor(one.low_hz / step + size / 2 - 1)))
        b = min(size, int(np.ceil(one.high_hz / step + size / 2 + 2)))
        level[a:b] = np.maximum(level[a:b], usual[a:b])
    return level


def _heard(box: Box, cells: Real, ground: Real, rate_hz: float, count: int) -> Heard:
    size = cells.shape[1]
    step = rate_hz / size
    hop = size / 2 / rate_hz
    low = max(0, box.low - 1)
    high = min(size, box.high + 1)
    density = cells[box.start : box.stop, low:high].mean(axis=0)
    below = ground[low:high]
    inner, outer = extents.occupied(density - below)
    base = (low - size // 2 - 0.5) * step
    low_hz, high_hz = base + inner * step, base + outer * step
    frames = len(cells)
    total = count / rate_hz
    start = 0.0 if box.start == 0 else (box.start + 0.5) * hop
    stop = total if box.stop >= frames else min(total, (box.stop + 0.5) * hop)
    return Heard(
        low_hz=low_hz,
        high_hz=high_hz,
        start_s=start,
        stop_s=stop,
        power=float(np.sum(density - below) * step),
        snr_db=_snr_db(density, below, inner, outer),
        steady=False,
        opens=box.start == 0,
        ends=box.stop >= frames,
        on_s=stop - start,
    )


def _apart_from(bursts: list[Heard], steady: list[Heard]) -> list[Heard]:
    """Bursts that are not merely the modulation of a steady signal."""
    out = []
    for burst in bursts:
        for one in steady:
            reach = 0.3 * one.width_hz
            inside = one.low_hz - reach <= burst.low_hz and burst.high_hz <= one.high_hz + reach
            gap = max(one.low_hz, burst.low_hz) - min(one.high_hz, burst.high_hz)
            sideband = gap <= 2 * one.width_hz and burst.power < 0.1 * one.power and one.snr_db > 12
            brief = burst.on_s < EXCURSION_S and one.width_hz > LEAST_FM_HZ and one.snr_db > 9
            excursion = brief and gap <= one.width_hz and burst.power < 2 * one.power
            if (inside and burst.power < 2 * one.power) or sideband or excursion:
                break
        else:
            out.append(burst)
    return out


def merged(one: Heard, other: Heard, pulses: int | None = None) -> Heard:
    """Both as one signal; power is averaged over the time on the air, the band is the stronger one's or both."""
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


def _keyed(bursts: list[Heard]) -> list[Heard]:
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
    narrow = min(before.width_hz, after.width_hz)
    apart = abs(before.center_hz - after.center_hz)
    overlap = min(before.high_hz, after.high_hz) - max(before.low_hz, after.low_hz)
    if overlap < 0.5 * narrow and apart > 0.6 * max(before.width_hz, after.width_hz):
        return False
    gap = after.start_s - before.stop_s
    wide = max(before.width_hz, after.width_hz)
    return gap <= float(np.clip(KEYING / wide, *KEYING_S)) and gap > -before.on_s


def _together(bursts: list[Heard], tolerance_s: float) -> list[Heard]:
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


def _without_splatter(steady: list[Heard], bursts: list[Heard], length_s: float) -> list[Heard]:
    """Leaves out faint lines that far stronger bursts leave in the mean: their sidebands, or rounding."""
    strong = [(b, b.power * b.on_s / length_s) for b in bursts if b.snr_db > 15]
    kept = []
    for one in steady:
        for burst, power in strong:
            near = abs(one.center_hz - burst.center_hz) < 8 * burst.width_hz
            if power > one.power * (100 if near and one.snr_db < 12 else 30_000):
                break
        else:
            kept.append(one)
    return kept


def _without_artefacts(
    steady: list[Heard], bursts: list[Heard], frame_s: float, rate_hz: float
) -> list[Heard]:
    """Leaves out what a much stronger burst makes while it lasts (images, products, splatter), and flashes."""
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
