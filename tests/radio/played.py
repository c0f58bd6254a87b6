"""A Wi-Fi capture that is played: its time, its reads and its tuner, and what a source makes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sweeper.plan import SweepPlan
from sweeper.radio.wifi import WifiSource
from sweeper.radio.wifi_socket import Heard
from sweeper.records import Opened, Record
from tests.detectors import wifi_air as air

BEACON = air.with_radiotap(air.beacon("50:c7:bf:00:00:01", b"Alatau"), -42)


def run(
    source: WifiSource, seconds: float, dwell: float = 0.05, begun: Callable[[], None] = lambda: None
) -> list[Record]:
    """All records of a source; ``begun`` is called once it listens."""
    plan = SweepPlan(wifi_seconds=seconds, wifi_dwell_s=dwell)

    async def collect() -> list[Record]:
        made = []
        async for record in source.records(plan):
            if isinstance(record, Opened):
                begun()
            made.append(record)
        return made

    return asyncio.run(collect())


class PlayedTime:
    """The time of a source whose capture is played: it goes on with each read, not with the machine."""

    now = 0.0
    wall = 1_795_000_000.0
    """What the clock on the wall shows at 0."""

    @classmethod
    def monotonic(cls) -> float:
        return cls.now

    @classmethod
    def utc(cls) -> float:
        return cls.wall + cls.now


class PlayedEar:
    """A capture that hands over what it was given, read by read."""

    link_type = 127

    def __init__(self, *reads: Heard | OSError) -> None:
        self.reads, self.closed = list(reads), False

    def read(self, seconds: float) -> Heard:
        PlayedTime.now += 0.005
        one = self.reads.pop(0) if self.reads else Heard([], [], [], 0)
        if isinstance(one, OSError):
            raise one
        return one

    def close(self) -> None:
        self.closed = True


class PlayedTuner:
    def __init__(self, *frequencies: int) -> None:
        self.known, self.tuned, self.restored = list(frequencies), [], 0
        self.tuned: list[int] = []

    def frequencies(self) -> list[int]:
        return self.known

    def tune(self, freq_mhz: int) -> bool:
        self.tuned.append(freq_mhz)
        return freq_mhz in self.known

    def restore(self) -> None:
        self.restored += 1
