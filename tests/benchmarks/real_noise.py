"""False alarms in real receiver noise: the stretches of the corpus's recordings that hold no signal.

What is empty is decided here from the recording alone, with plain sums and transforms that share nothing
with the program's detection. A recording is cut into pieces of ``PIECES_S`` without overlap and without a
window, so the bins of a piece of noise are independent and the energy of a band is a gamma variable whose
shape is the number of its bins. Against the band's own median over time a piece that chance would make so
strong once in ``1 / CHANCE`` is on the air, with ``GUARD_S`` around it. Lines are looked for in one
transform of all that is left: a crystal's line gathers in one bin over seconds what it hides in 5 ms. What
is so rare takes no noise out (a few thousandths of a cell in all the corpus), so the count of what is left
is not flattered.

What is weaker than this test sees stays in and counts as a false alarm: the rates are bounds from above.
Bands that are in use throughout (GSM and LTE downlinks) and what was generated or squelched are left out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.ndimage import binary_dilation, median_filter
from scipy.stats import gamma

from sweeper.detectors import rf_segment
from sweeper.dsp import floor, spectrum
from tests.benchmarks.noise_alarms import Count
from tests.dsp.signals import Samples, read

CHANCE = 1e-8
PIECES_S = (0.5e-3, 2e-3, 8e-3)
BANDS = (1, 4, 16)
GUARD_S = 2e-3
LINE_GUARD = 2.0
"""Bins of the detector's short transform left out on either side of a line, as far as its window spreads."""

LENGTHS_S = (0.0052, 0.065536)
"""A hop of a sweep and a segment of a recording."""


@dataclass(frozen=True)
class Kind:
    """Recordings of one kind of receiver."""

    name: str
    pattern: str
    rate_hz: float


KINDS = (
    Kind("RTL-SDR, 433.92 MHz, 250 kS/s", "tpms/*.cu8", 250e3),
    Kind("RTL-SDR, 868 and 912 MHz, 2.4 MS/s", "wmbus/*.cu8", 2.4e6),
    Kind("RTL-SDR, 868 and 912 MHz, 2.4 MS/s", "misc/rtlamr*.cu8", 2.359296e6),
    Kind("GPS front end, 1575 MHz, 4 MS/s", "misc/GPS*.iq", 4e6),
    Kind("remotes (urh; rate taken as 1 MS/s)", "urh/ask.complex", 1e6),
    Kind("remotes (urh; rate taken as 1 MS/s)", "urh/enocean.complex", 1e6),
    Kind("remotes (urh; rate taken as 1 MS/s)", "urh/fsk.complex", 1e6),
    Kind("remotes (urh; rate taken as 1 MS/s)", "urh/homematic.complex32s", 1e6),
)


@dataclass
class Empty:
    """What of a recording is empty: a flag a sample, and the offsets (Hz) of lines that stand in it."""

    samples: npt.NDArray[np.bool_]
    lines: list[tuple[float, float]] = field(default_factory=list)

    def stretches(self, count: int) -> Iterator[int]:
        """Starts of as many stretches of ``count`` empty samples as fit one after another."""
        used = np.concatenate(([0], np.cumsum(~self.samples)))
        at = 0
        while at + count <= len(self.samples):
            if used[at + count] == used[at]:
                yield at
                at += count
            else:
                at = int(np.searchsorted(used, used[at + count], "left"))


def empty(samples: Samples, rate_hz: float) -> Empty:
    """The stretches and lines of a recording by the criterion above."""
    free = np.ones(len(samples), bool)
    for seconds in PIECES_S:
        count = int(seconds * rate_hz)
        pieces = np.fft.fft(samples[: len(samples) // count * count].reshape(-1, count), axis=1)
        power = np.abs(np.fft.fftshift(pieces[:, 1:], axes=1)) ** 2
        for bands in BANDS:
            if len(power) >= 8 and count >= 4 * bands:
                hot = _hot(power, bands)
                for piece in np.flatnonzero(hot):
                    free[piece * count : (piece + 1) * count] = False
    guard = int(GUARD_S * rate_hz)
    free = ~binary_dilation(~free, np.ones(2 * guard + 1, bool)) if not free.all() else free
    return Empty(free, _lines(samples, free, rate_hz))


def _hot(power: npt.NDArray[np.float64], bands: int) -> npt.NDArray[np.bool_]:
    """Which pieces hold more in one of the bands than chance gives noise of that band's usual level."""
    cuts = np.linspace(0, power.shape[1], bands + 1).astype(int)
    energy = np.add.reduceat(power, cuts[:-1], axis=1)
    shape = np.diff(cuts)
    level = np.median(energy, axis=0) / gamma.ppf(0.5, shape)
    return np.asarray(np.any(energy > level * gamma.isf(CHANCE, shape), axis=1))


def _lines(samples: Samples, free: npt.NDArray[np.bool_], rate_hz: float) -> list[tuple[float, float]]:
    """Lines that stand in all of what is free: bins of one long transform, and means of 16 and 256 bins,
    over what is usual around them. The holes' edges spread a line by a few bins, so each is told with its
    neighbours."""
    held = np.where(free, samples - samples[free].mean() if free.any() else samples, 0) * np.hanning(
        len(samples)
    )
    power = np.fft.fftshift(np.abs(np.fft.fft(held)) ** 2)
    out: list[tuple[float, float]] = []
    for width in (1, 16, 256):
        bins = len(power) // width
        if bins < 64:
            continue
        means = power[: bins * width].reshape(bins, width).mean(axis=1)
        shape = max(1.0, 0.4 * width * max(0.1, float(free.mean())))
        around = median_filter(means, 65, mode="nearest") * shape / gamma.ppf(0.5, shape)
        step = rate_hz / len(samples) * width
        for at in np.flatnonzero(means > around * gamma.isf(CHANCE, shape) / shape).tolist():
            low = (at - 1) * step - rate_hz / 2
            out.append((low, low + 3 * step))
    return out


@dataclass
class Alarm:
    """One alarm in what is called empty."""

    file: str
    start_s: float
    low_hz: float
    high_hz: float


def recording(path: Path, rate_hz: float, seconds: float, pfa: float) -> tuple[Count, list[Alarm]]:
    """The alarms of one recording, cut into stretches of so many seconds."""
    samples = read(path)
    blank = empty(samples, rate_hz)
    count = int(seconds * rate_hz)
    bins = max(spectrum.cell_size(rate_hz), spectrum.line_size(rate_hz, count))
    coarse = rate_hz / min(bins, spectrum.cell_size(rate_hz))
    middles = spectrum.frequencies(bins, rate_hz)
    blocked = [
        (low - LINE_GUARD * coarse, high + LINE_GUARD * coarse) for low, high in [*blank.lines, (0.0, 0.0)]
    ]
    decided = int(np.sum([not any(low <= hz <= high for low, high in blocked) for hz in middles]))
    history, total, alarms = floor.History(), Count(), []
    for at in blank.stretches(count):
        total.decisions += decided
        total.blocks += 1
        for low, high in rf_segment.found(samples[at : at + count], rate_hz, history, at / rate_hz, pfa):
            if not any(a <= high and low <= b for a, b in blocked):
                alarms.append(Alarm(path.name, at / rate_hz, low, high))
    total.alarms = len(alarms)
    return total, alarms


def corpus() -> Path:
    """Where the corpus is."""
    return Path(os.environ.get("SWEEPER_CORPUS", Path(__file__).parents[3] / "shared" / "corpus")) / "rf"


def measured(pfa: float, seconds: float) -> tuple[dict[str, Count], list[Alarm]]:
    """Counts by kind of recording, and the alarms themselves."""
    counts = {kind.name: Count() for kind in KINDS}
    alarms: list[Alarm] = []
    for kind in KINDS:
        for path in sorted(corpus().glob(kind.pattern)):
            part, told = recording(path, kind.rate_hz, seconds, pfa)
            total = counts[kind.name]
            total.alarms, total.decisions = total.alarms + part.alarms, total.decisions + part.decisions
            total.blocks += part.blocks
            alarms += told
    return counts, alarms
