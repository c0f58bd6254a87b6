"""A band of noise with wide signals in it, as the looks of a sweep hear it: each look from another moment,
with the receiver's filter and a gain of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tests.dsp.signals import Samples, noise

RATE = 2.4e6
USABLE_HZ = 0.85 * RATE
COUNT = int(0.0052 * RATE)
STEP_HZ = USABLE_HZ - 6250
N0 = 1e-10

Array = npt.NDArray[np.float64]


class Signal(NamedTuple):
    """An even band (width at half power) with raised-cosine edges; ``snr_db`` over the noise."""

    low_hz: float
    width_hz: float
    roll_off: float
    snr_db: float

    def density(self, hz: Array) -> Array:
        slope = max(self.roll_off * self.width_hz, 1.0)

        def up(x: Array) -> Array:
            return np.asarray(0.5 - 0.5 * np.cos(np.pi * np.clip(x / slope + 0.5, 0, 1)))

        return np.asarray(
            10 ** (self.snr_db / 10) * up(hz - self.low_hz) * up(self.low_hz + self.width_hz - hz)
        )


def flat(hz: Array) -> Array:
    """Noise that is the same everywhere."""
    return np.ones_like(hz)


def looks(
    start_hz: float,
    stop_hz: float,
    signals: Sequence[Signal] = (),
    gain_db: float = 0.7,
    around: Callable[[Array], Array] = flat,
    seed: int = 1,
    shift: float = 0.0,
) -> Iterator[tuple[float, Samples]]:
    """Centre and samples of every look; ``gain_db`` is the scatter of the gain from look to look."""
    random = np.random.default_rng(seed)
    offsets = np.fft.fftfreq(COUNT, 1 / RATE)
    response = 10 ** (-0.3 * np.abs(2 * offsets / RATE) ** 10)
    for number, center in enumerate(np.arange(start_hz + (0.5 - shift) * STEP_HZ, stop_hz, STEP_HZ).tolist()):
        level = around(offsets + center) + sum(one.density(offsets + center) for one in signals)
        gain = 10 ** (gain_db * random.standard_normal() / 10)
        white = np.fft.fft(noise(COUNT, RATE, N0, 1000 * seed + number))
        yield center, np.fft.ifft(white * np.sqrt(level * response * gain)).astype(np.complex64)
