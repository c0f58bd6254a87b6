"""An LTE-like downlink: 15 kHz carriers with the normal cyclic prefix (3GPP 36.211, 6.12).

A slot of 0.5 ms holds seven symbols of 1/15 ms with prefixes of 160 or 144 samples of 1/30.72 us. Only the
carriers that the receiver can hear are rendered, so a 2.4 MHz look into a 20 MHz cell costs little.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from sweeper.synth.dice import Complexes, Dice, Reals
from sweeper.synth.scene import Lte
from sweeper.synth.wave import Envelope, always

SPACING_HZ = 15e3
SLOT_S = 0.5e-3
TICK_S = 1 / 30.72e6
PREFIX = np.array([160, 144, 144, 144, 144, 144, 144]) * TICK_S
STARTS = np.concatenate(([0.0], np.cumsum(PREFIX + 1 / SPACING_HZ)))
ROLL_S = 1.5e-6
"""One symbol fades into the next inside the prefix, as base stations do to keep to their channel."""
BLOCK = 12
"""Carriers of one resource block."""
REFERENCE = {0: 0, 4: 3}
"""Symbols of a slot that carry cell reference signals on each sixth carrier, used or not."""
QPSK = np.exp(2j * np.pi * (np.arange(4) + 0.5) / 4)


class LteWave:
    """QPSK on the resource blocks in use, reference signals on all."""

    stretches = staticmethod(always)

    def __init__(self, emitter: Lte, dice: Dice) -> None:
        self._half = int(emitter.width_hz / 2 / SPACING_HZ / BLOCK) * BLOCK
        self._load = emitter.load
        self._dice = dice
        self._known = lru_cache(maxsize=256)(self._values)
        self.reach_hz = self._half * SPACING_HZ + 30e3
        mean = emitter.load + (1 - emitter.load) * len(REFERENCE) / 7 / 6
        self._scale = 1 / np.sqrt(2 * self._half * mean)

    def at(self, t: Reals, band: tuple[float, float]) -> tuple[Reals | float, Envelope]:
        """The sum of the audible carriers, symbol by symbol."""
        low = max(-self._half, int(np.ceil(band[0] / SPACING_HZ)))
        high = min(self._half, int(np.floor(band[1] / SPACING_HZ)))
        carriers = np.array([k for k in range(low, high + 1) if k != 0])
        out = np.zeros(len(t), dtype=np.complex128)
        if not len(carriers):
            return 0.0, out
        step = (t[-1] - t[0]) / (len(t) - 1) if len(t) > 1 else TICK_S
        slots = np.floor(t / SLOT_S + 1e-12)
        numbers = slots.astype(np.int64) * 7 + np.searchsorted(STARTS[1:-1], t - slots * SLOT_S, side="right")
        edges = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(t)]
        symbols = [int(numbers[edge]) for edge in edges[:-1]]
        longest = max(b - a for a, b in pairwise(edges))
        table = np.exp(2j * np.pi * SPACING_HZ * step * np.outer(np.arange(longest), carriers))
        times = [float(t[edge]) for edge in edges[:-1]]
        faded = min(longest, int(np.ceil(ROLL_S / step)) + 1)
        waves = self._rows(symbols, times, carriers) @ table.T
        before = self._rows([n - 1 for n in symbols], times, carriers) @ table[:faded].T
        for row, (begin, end) in enumerate(pairwise(edges)):
            out[begin:end] = waves[row, : end - begin]
            slot, symbol = divmod(symbols[row], 7)
            short = min(faded, end - begin)
            rise = np.clip((t[begin : begin + short] - slot * SLOT_S - STARTS[symbol]) / ROLL_S, 0, 1)
            share = np.sin(rise * (np.pi / 2)) ** 2
            out[begin : begin + short] *= share
            out[begin : begin + short] += (1 - share) * before[row, :short]
        return 0.0, out * self._scale

    def _rows(self, symbols: list[int], times: list[float], carriers: npt.NDArray[np.int64]) -> Complexes:
        """The carriers of each symbol, turned to where they stand at a time in it or just after it."""
        rows = np.empty((len(symbols), len(carriers)), dtype=np.complex128)
        for row, (number, time) in enumerate(zip(symbols, times, strict=True)):
            slot, symbol = divmod(number, 7)
            useful = slot * SLOT_S + STARTS[symbol] + PREFIX[symbol]
            turn = np.exp(2j * np.pi * SPACING_HZ * (time - useful) * carriers)
            rows[row] = self._known(slot, symbol)[carriers + self._half] * turn
        return rows

    def _values(self, slot: int, symbol: int) -> Complexes:
        """What each carrier of one symbol carries; 0 where its block is not in use."""
        count = 2 * self._half + 1
        words = self._dice.words(count, slot * 7 + symbol)
        values: Complexes = QPSK[(words & np.uint64(3)).astype(np.int64)]
        if self._load < 1:
            used = self._dice.sub("blocks").uniform(-(-count // BLOCK), slot) < self._load
            keep = np.repeat(used, BLOCK)[:count]
            if symbol in REFERENCE:
                keep[REFERENCE[symbol] :: 6] = True
            values = values * keep
        return values
