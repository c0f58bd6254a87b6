"""What the sweep engine asks of a receiver, whatever the driver behind it.

The engine hands over a list of *looks* (tune there, let it settle, hear so many samples) and gets one outcome
for each, in order. The receiver may work ahead: while the engine's consumer computes on one look, the next
ones are tuned and read. ``stream`` stays on one frequency without a gap, for listening and long watches.

    engine ──looks──> Receiver ──Heard | Refused, one a look──> engine
                         │
                         └── raises ReceiverLost when the device went away or fell silent
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from sweeper.errors import Reason, SweeperError
from sweeper.records import Samples
from sweeper.text import Words, english

RATES_HZ = (2_560_000, 2_400_000, 2_048_000, 1_800_000, 1_024_000, 250_000)
"""Sample rates tried in turn. 2.56 MS/s is the most that an RTL2832U is known to deliver without losing
samples (rtl-sdr.com); the others are what slower USB ports, networks and old drivers carry."""

USABLE = 0.85
"""Share of the sample rate that is trusted, 2.176 of 2.56 MHz. The R820T's filter is set to 2.43 MHz between
its half-power points: the 7.5 % on each side where it falls and where aliases fold in are cut off."""

FULL_SCALE = 127.5
"""Midpoint of the RTL2832U's unsigned bytes: 0 and 255 lie equally far from it."""


class Look(msgspec.Struct, frozen=True):
    """Tune to ``center_hz``, throw ``settle`` samples away, hear ``samples`` without a gap."""

    center_hz: float
    samples: int
    settle: int = 0


class Heard(msgspec.Struct, frozen=True, eq=False):
    """One look heard: complex64 samples of full scale 1.0, the monotonic time of the last one in seconds, and
    the share of converter readings that stood at either rail."""

    samples: Samples
    end_s: float
    clipped: float = 0.0


class Refused(msgspec.Struct, frozen=True):
    """The receiver cannot tune there; ``words`` are ours or the driver's."""

    words: Words

    @property
    def detail(self) -> str:
        return english(self.words)


class Facts(msgspec.Struct, frozen=True):
    """What an opened receiver is. After a retune old or wild samples may arrive for ``settle_window_s``;
    ``settle_margin_s`` is added to what was measured; ``settle_fallback_s`` holds where nothing could be: the
    default is the 4096 bytes that ``rtl_power`` throws away."""

    label: str
    gains_db: tuple[float, ...] = ()
    settle_window_s: float = 0.008
    settle_margin_s: float = 0.0
    settle_fallback_s: float = 0.001


class ReceiverLost(SweeperError):  # noqa: N818  (a state of the world, like Unavailable)
    """The receiver went away or fell silent in the middle of the work."""

    def __init__(self, reason: Reason, words: Words) -> None:
        super().__init__(words)
        self.reason = reason
        self.detail = str(self)


class RateRefused(SweeperError):  # noqa: N818
    """The receiver does not do this sample rate."""


class Receiver(Protocol):
    """A tuner with a converter behind it. One coroutine uses it at a time."""

    name: str

    async def open(self) -> Facts:
        """Take the device. Raises ``Unavailable``."""
        ...

    async def set_rate(self, rate_hz: float) -> float:
        """The rate that it really runs at, in hertz. Raises ``RateRefused`` or ``ReceiverLost``."""
        ...

    async def set_gain(self, gain_db: float) -> float:
        """Fix the gain to the nearest step; returns that step in decibels. Raises ``ReceiverLost``."""
        ...

    def look(self, looks: Sequence[Look]) -> AsyncGenerator[Heard | Refused, None]:
        """One outcome a look, in order. Raises ``ReceiverLost``."""
        ...

    def stream(self, center_hz: float, samples: int) -> AsyncGenerator[Heard | Refused, None]:
        """Blocks of ``samples`` from one frequency until closed; where samples were lost in between, a block
        is shorter by none but its ``end_s`` jumps. Raises ``ReceiverLost``."""
        ...

    async def close(self) -> None:
        """Let go of everything; never raises."""
        ...


def complex_of(raw: npt.NDArray[np.uint8]) -> Samples:
    """Unsigned bytes I, Q, I, Q… as complex samples of full scale 1.0; shape (n,) from (2n,) bytes."""
    floats: npt.NDArray[np.float32] = _LEVELS[raw]
    return floats.view(np.complex64)


_LEVELS = ((np.arange(256) - FULL_SCALE) / FULL_SCALE).astype(np.float32)


def clipped_share(raw: npt.NDArray[np.uint8]) -> float:
    """Share of bytes at either rail (0 or 255): above a thousandth the converter is overloaded."""
    if not len(raw):
        return 0.0
    counts = np.count_nonzero((raw == 0) | (raw == 255))
    return float(counts) / len(raw)


def nearest(steps: Sequence[float], wanted: float) -> float:
    """The step nearest to what is wanted, the lower of two equally near; ``wanted`` where there are none."""
    return min(steps, key=lambda step: (abs(step - wanted), step), default=wanted)
