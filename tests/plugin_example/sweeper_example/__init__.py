"""A complete outside package: what ``docs/extending.md`` walks through, and a test installs."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Iterable, Iterator
from pathlib import Path

import numpy as np

from sweeper.detectors import Setup
from sweeper.plan import SweepPlan
from sweeper.radio import SourceInfo
from sweeper.records import Closed, Detection, IqBlock, Level, Medium, Opened, Record
from sweeper.text import say

RATE_HZ = 250_000.0


def folder() -> Path:
    """Signatures laid out as the program's own: ``rf/``, ``ble/``, ``wifi/``, ``lan/``."""
    return Path(__file__).parent / "signatures"


class ToneSource:
    """A made-up receiver: one second of a tone at the frequency it is asked for."""

    def __init__(self, frequency_hz: float) -> None:
        self.info = SourceInfo("tone", Medium.RF, live=False, duration_s=1.0)
        self._frequency_hz = frequency_hz

    async def records(self, plan: SweepPlan) -> AsyncGenerator[Record, None]:
        """Opened, one block, Closed."""
        yield Opened(source="tone", time_s=0.0, medium=Medium.RF, rate_hz=RATE_HZ)
        phase = 2 * np.pi * 0.1 * np.arange(int(RATE_HZ))
        yield IqBlock(
            source="tone",
            time_s=0.0,
            rate_hz=RATE_HZ,
            center_hz=self._frequency_hz,
            samples=(0.5 * np.exp(1j * phase)).astype(np.complex64),
            first_sample=0,
        )
        yield Closed(source="tone", time_s=1.0, records=int(RATE_HZ), duration_s=1.0)


def source(rest: str) -> ToneSource:
    """``tone:433.92e6`` on the command line."""
    return ToneSource(float(rest or 100e6))


class QuietCarrier:
    """Claims something about every block whose samples all have the same strength."""

    name = "quiet-carrier"
    accepts: tuple[type[Record], ...] = (IqBlock,)

    def feed(self, block: IqBlock, /) -> Iterator[Record]:
        strength = np.abs(block.samples)
        if strength.size and float(np.ptp(strength)) < 1e-3:
            yield Detection(
                source=block.source,
                time_s=block.time_s,
                detector=self.name,
                subject=f"carrier@{block.center_hz:.0f}",
                kind="unknown-transmitter",
                level=Level.LOW,
                confidence=0.5,
                title=say("A carrier without modulation"),
                why=(say("Its strength does not change."),),
                benign=(say("A clock of some appliance."), say("A calibration signal.")),
                next=(say("Switch appliances off one after another."),),
            )

    def finish(self) -> Iterable[Record]:
        return ()


def stage(setup: Setup) -> QuietCarrier:
    """The factory."""
    return QuietCarrier()


class Sleeper:
    """Hangs on a block around 13.56 MHz: the program must name it and go on with the others."""

    name = "sleeper"
    accepts: tuple[type[Record], ...] = (IqBlock,)

    def feed(self, block: IqBlock, /) -> Iterable[Record]:
        while block.center_hz == 13.56e6:
            pass
        return ()

    def finish(self) -> Iterable[Record]:
        return ()


def sleeper(setup: Setup) -> Sleeper:
    """The factory."""
    return Sleeper()


class StuckSource(ToneSource):
    """A receiver whose driver never comes back."""

    async def records(self, plan: SweepPlan) -> AsyncGenerator[Record, None]:
        while True:
            time.sleep(0.01)
        yield Closed(source="stuck", time_s=0.0, records=0)


def stuck(rest: str) -> StuckSource:
    """``stuck`` on the command line."""
    made = StuckSource(float(rest or 100e6))
    made.info = SourceInfo("stuck", Medium.RF, live=True)
    return made


def broken(setup: Setup) -> QuietCarrier:
    """A factory with a defect: the program must name it and go on."""
    raise RuntimeError("this plug-in is broken on purpose")
