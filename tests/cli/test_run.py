"""A session run by the command line ends as asked, whoever asks: what was heard until then is kept."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import AsyncGenerator

import pytest

from sweeper.cli.run import ENDINGS, run
from sweeper.plan import SweepPlan
from sweeper.radio import SourceInfo
from sweeper.records import Advertisement, AdvertisementBatch, Closed, Medium, Opened, Record
from sweeper.signatures import Library


class Endless:
    """A live source that hears one device and then nothing more, without end."""

    info = SourceInfo("made", Medium.BLE, True)

    async def records(self, plan: SweepPlan) -> AsyncGenerator[Record, None]:
        yield Opened(source="made", time_s=0.0, medium=Medium.BLE)
        advert = Advertisement(0.0, "c0:11:22:33:44:55", "random", -60, bytes.fromhex("0303aafe"))
        yield AdvertisementBatch(source="made", time_s=0.0, adverts=(advert,))
        await asyncio.sleep(3600)
        yield Closed(source="made", time_s=0.0, records=1)


@pytest.mark.skipif(sys.platform == "win32", reason="its loops take no signals")
@pytest.mark.parametrize("name", ENDINGS)
def test_it_ends_and_keeps_what_was_heard(name: str) -> None:
    assert threading.current_thread() is threading.main_thread(), "signals go to the main thread"
    number = getattr(signal, name)
    before = signal.getsignal(number)

    def end(record: Record) -> None:
        if isinstance(record, AdvertisementBatch):
            os.kill(os.getpid(), number)

    try:
        collected, outcome = run([Endless()], Library([]), sinks=[end], seconds=30.0)
    finally:
        signal.signal(number, before)
    assert outcome.stopped
    assert [device.address for device in collected.devices] == ["c0:11:22:33:44:55"]
