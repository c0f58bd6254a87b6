"""Signals whose every property is known because they are computed from it; and readers for the corpus.

Truth by arithmetic: frequencies, symbol times and noise power are set here and asked for in the tests.
Noise has density ``n0`` per hertz, so a signal of power ``p`` has p / (n0 * width) over the noise.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.signal import firwin, lfilter

from sweeper.detectors import Setup
from sweeper.detectors.rf_emissions import stage
from sweeper.records import Closed, Emission, IqBlock, Medium, Opened, Record, Trace
from sweeper.signatures import Library

Samples = npt.NDArray[np.complex64]
RATE = 2.4e6


def noise(count: int, rate: float = RATE, n0: float = 1e-10, seed: int = 1) -> Samples:
    """White noise of density ``n0`` (full scale² per Hz)."""
    random = np.random.default_rng(seed)
    sigma = np.sqrt(n0 * rate / 2)
    return (sigma * (random.standard_normal(count) + 1j * random.standard_normal(count))).astype(np.complex64)


def tone(count: int, hz: float, power: float, rate: float = RATE) -> Samples:
    return (np.sqrt(power) * np.exp(2j * np.pi * hz * np.arange(count) / rate)).astype(np.complex64)


def from_frequency(hz: npt.NDArray[np.floating], power: float, rate: float = RATE) -> Samples:
    """Constant envelope with the given instantaneous frequency."""
    phase = 2 * np.pi * np.cumsum(hz) / rate
    return (np.sqrt(power) * np.exp(1j * phase)).astype(np.complex64)


def voice(
    count: int, rate: float = RATE, seed: int = 2, low: float = 300, high: float = 3000
) -> npt.NDArray[np.float64]:
    """Noise in the band of speech, with syllables, peak about 1."""
    random = np.random.default_rng(seed)
    audio_rate = 4 * high
    length = int(count / rate * audio_rate) + 64
    raw = lfilter(
        firwin(129, [low, high], fs=audio_rate, pass_zero=False), 1, random.standard_normal(length + 200)
    )[200:]
    syllables = 0.6 + 0.4 * np.sin(2 * np.pi * 4 * np.arange(len(raw)) / audio_rate)
    raw = raw * syllables / (2.5 * np.std(raw))
    return np.clip(np.interp(np.arange(count) / rate, np.arange(len(raw)) / audio_rate, raw), -1, 1)


def bits(count: int, seed: int = 3) -> npt.NDArray[np.int8]:
    return np.random.default_rng(seed).integers(0, 2, count).astype(np.int8)


def held(
    symbols: npt.NDArray[np.floating], symbol_rate: float, rate: float = RATE
) -> npt.NDArray[np.float64]:
    """Each symbol held for its time."""
    count = int(len(symbols) * rate / symbol_rate)
    return np.asarray(symbols, np.float64)[
        np.minimum((np.arange(count) * symbol_rate / rate).astype(int), len(symbols) - 1)
    ]


def fsk(
    data: npt.NDArray[np.int8],
    symbol_rate: float,
    deviation: float,
    hz: float,
    power: float,
    rate: float = RATE,
) -> Samples:
    return from_frequency(hz + deviation * (2.0 * held(data, symbol_rate, rate) - 1), power, rate)


def gfsk(
    data: npt.NDArray[np.int8],
    symbol_rate: float,
    index: float,
    bt: float,
    hz: float,
    power: float,
    rate: float = RATE,
) -> Samples:
    """Gaussian-filtered FSK; ``index`` 0.5 and ``bt`` 0.3 is GMSK."""
    levels = held(2.0 * data - 1, symbol_rate, rate)
    sigma = np.sqrt(np.log(2)) / (2 * np.pi * bt * symbol_rate) * rate
    reach = int(4 * sigma) + 1
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    smooth = np.convolve(levels, kernel / kernel.sum(), "same")
    return from_frequency(hz + index * symbol_rate / 2 * smooth, power, rate)


def ook(
    data: npt.NDArray[np.int8], symbol_rate: float, hz: float, power: float, rate: float = RATE
) -> Samples:
    level = held(data.astype(float), symbol_rate, rate)
    return (level * tone(len(level), hz, power, rate)).astype(np.complex64)


def psk(
    data: npt.NDArray[np.int8], symbol_rate: float, hz: float, power: float, rate: float = RATE
) -> Samples:
    level = held(2.0 * data - 1, symbol_rate, rate)
    return (level * tone(len(level), hz, power, rate)).astype(np.complex64)


def put(base: Samples, at_s: float, signal: Samples, rate: float = RATE) -> None:
    """Adds ``signal`` to ``base`` in place, beginning at ``at_s``."""
    start = round(at_s * rate)
    stop = min(len(base), start + len(signal))
    base[start:stop] += signal[: stop - start]


def read(path: Path) -> Samples:
    """A corpus recording by its extension (see the corpus's README)."""
    name = path.name
    if name.endswith(".cu8"):
        raw = (np.fromfile(path, np.uint8).astype(np.float32) - 127.5) / 127.5
    elif name.endswith((".complex16s", "hackrf-1.bin")):
        raw = np.fromfile(path, np.int8).astype(np.float32) / 128
    elif name.endswith(".complex32s"):
        raw = np.fromfile(path, np.int16).astype(np.float32) / 32768
    else:
        return np.fromfile(path, np.complex64)
    return (raw[::2] + 1j * raw[1::2]).astype(np.complex64)


def blocks(
    samples: Samples, rate: float, center: float, size: int = 1 << 16, start_s: float = 0.0
) -> Iterable[IqBlock]:
    for first in range(0, len(samples), size):
        yield IqBlock(
            source="t",
            time_s=start_s + first / rate,
            rate_hz=rate,
            center_hz=center,
            samples=samples[first : first + size],
            first_sample=first,
        )


def analysed(records: Iterable[Record]) -> tuple[list[Emission], list[Trace]]:
    """What the stage makes of the records of one source: its last word on every emission, and its traces."""
    rf = stage(Setup(library=Library([])))
    last: dict[str, Emission] = {}
    traces: list[Trace] = []

    def take(made: Iterable[Record]) -> None:
        for record in made:
            if isinstance(record, Emission):
                last[record.id] = record
            elif isinstance(record, Trace):
                traces.append(record)

    take(rf.feed(Opened(source="t", time_s=0.0, medium=Medium.RF)))
    for record in records:
        take(rf.feed(record))
    take(rf.feed(Closed(source="t", time_s=0.0, records=0)))
    take(rf.finish())
    return list(last.values()), traces


def emissions(samples: Samples, rate: float = RATE, center: float = 433e6) -> list[Emission]:
    return analysed(blocks(samples, rate, center))[0]
