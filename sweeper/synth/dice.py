"""Randomness that can be asked for at any point: the same scene gives the same numbers in any order.

A ``Dice`` is a Philox counter generator (Salmon et al., SC'11) whose key is a hash of the scene's seed and
the names of what it is thrown for; ``at`` selects one of its independent sub-streams (packet 12, noise tile
3400). Only the generator's raw 64-bit words are used, which NumPy keeps the same between its releases
(NEP 19); every distribution is made of them here.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]
Reals = npt.NDArray[np.floating[Any]]
Complexes = npt.NDArray[np.complexfloating[Any, Any]]


class Dice:
    """Random numbers for one purpose, addressed by sub-stream."""

    def __init__(self, seed: int, *names: str | int) -> None:
        digest = hashlib.blake2b(repr((seed, *names)).encode(), digest_size=16).digest()
        self._key = np.frombuffer(digest, dtype="<u8").astype(np.uint64)
        self._seed = seed
        self._names = names

    def sub(self, *names: str | int) -> Dice:
        """Dice for a part of this purpose, independent of these."""
        return Dice(self._seed, *self._names, *names)

    def words(self, count: int, at: int = 0) -> Words:
        """``count`` raw 64-bit words of sub-stream ``at``."""
        counter = np.array([0, at & (2**64 - 1), 0, 0], dtype=np.uint64)
        return np.random.Philox(key=self._key, counter=counter).random_raw(count)

    def uniform(self, count: int, at: int = 0) -> Reals:
        """Reals in [0, 1)."""
        return (self.words(count, at) >> np.uint64(11)) * 2.0**-53

    def between(self, low: float, high: float, at: int = 0) -> float:
        """One real in [low, high)."""
        return float(low + (high - low) * self.uniform(1, at)[0])

    def below(self, bound: int, at: int = 0) -> int:
        """One integer in [0, bound)."""
        return int(self.words(1, at)[0]) % bound

    def bits(self, count: int, at: int = 0) -> npt.NDArray[np.uint8]:
        """Zeros and ones."""
        return np.unpackbits(self.words(-(-count // 64), at).astype("<u8").view(np.uint8))[:count]

    def bytes(self, count: int, at: int = 0) -> bytes:
        """Random bytes."""
        return self.words(-(-count // 8), at).astype("<u8").tobytes()[:count]

    def gauss(self, count: int, at: int = 0) -> Complexes:
        """Circular complex Gaussian samples of unit mean power (Box and Muller, one word each)."""
        words = self.words(count, at)
        radius = np.sqrt(-np.log(((words >> np.uint64(32)) + 0.5) * 2.0**-32))
        angle = (words & np.uint64(0xFFFFFFFF)) * (2 * np.pi * 2.0**-32)
        samples = np.empty(count, dtype=np.complex128)
        np.multiply(radius, np.cos(angle), out=samples.real)
        np.multiply(radius, np.sin(angle), out=samples.imag)
        return samples

    def normal(self, at: int = 0) -> float:
        """One real standard normal number."""
        return float(self.gauss(1, at)[0].real * np.sqrt(2))
