"""Listening to Bluetooth until what a test waits for was heard: no test may depend on the machine's speed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from typing import Any, Protocol, cast

from bleak.backends.bluezdbus import manager as bluez_manager

from sweeper.errors import Reason
from sweeper.plan import SweepPlan
from sweeper.records import AdvertisementBatch, Record, State, Status

LIMIT_S = 60.0
"""Only so that a failure ends: nothing is expected to be this slow."""


class Listens(Protocol):
    def records(self, plan: SweepPlan) -> AsyncGenerator[Record, None]: ...


class Plan:
    """A plan in the one point that a Bluetooth source asks of it; ``enough`` ends the listening."""

    ble_seconds = LIMIT_S

    def enough(self) -> None:
        self.ble_seconds = 0.0


class Scan:
    """What was got so far, for the steps that are done meanwhile."""

    def __init__(self) -> None:
        self.got: list[Record] = []

    async def until(self, seen: Callable[[], object]) -> None:
        """Wait for it; what was got so far is in the failure."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LIMIT_S):
                while not seen():
                    await asyncio.sleep(0.005)
        assert seen(), f"waited in vain; so far: {self.got[-8:]}"

    async def heard(self, count: int) -> None:
        """Wait until so many advertisements have come through."""
        await self.until(lambda: len(adverts(self.got)) >= count)

    async def told(self, state: State, reason: Reason | None = None) -> None:
        """Wait until the last that was told is this."""
        await self.until(lambda: states(self.got)[-1:] == [(state, reason)])


async def scanned(
    source: Listens,
    steps: Callable[[Scan], Coroutine[Any, Any, None]],
    fetching: Callable[[], bool] = lambda: True,
) -> list[Record]:
    """All records of a source: the steps begin with the first record and end the listening.

    A record is asked for only while ``fetching()``.
    """
    scan, plan = Scan(), Plan()

    async def doing() -> None:
        try:
            await scan.until(lambda: scan.got)
            await steps(scan)
        finally:
            plan.enough()

    task = asyncio.create_task(doing())
    try:
        async with aclosing(source.records(cast(SweepPlan, plan))) as records:
            async for record in records:
                scan.got.append(record)
                await scan.until(fetching)
        await task
    finally:
        task.cancel()
        await asyncio.wait([task])
    return scan.got


async def leave_bleak() -> None:
    """bleak keeps its connection for the life of the loop, which ends here."""
    manager = bluez_manager._global_instances.get(asyncio.get_running_loop())
    if manager is not None and manager._bus is not None:
        await gone(manager._bus)


async def gone(bus: Any) -> None:
    """Leave a message bus, and wait until that is done."""
    bus.disconnect()
    with contextlib.suppress(OSError, EOFError):
        await asyncio.wait_for(bus.wait_for_disconnect(), LIMIT_S)


def adverts(records: list[Record]) -> list[Any]:
    return [a for r in records if isinstance(r, AdvertisementBatch) for a in r.adverts]


def states(records: list[Record]) -> list[tuple[State, Reason | None]]:
    return [(r.state, r.reason) for r in records if isinstance(r, Status)]
