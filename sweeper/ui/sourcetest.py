"""Does a source hear anything? Two seconds of it, and a sentence about what came. Core's thread."""

from __future__ import annotations

import time
from contextlib import aclosing

import numpy as np

from sweeper.plan import Band, SweepPlan
from sweeper.records import AdvertisementBatch, FrameBatch, IqBlock, Medium, Status
from sweeper.ui import words
from sweeper.ui.words import _, ngettext, told

TEST_S = 2.0
LONGEST_S = 20.0
TEST_BAND = Band(98e6, 102e6)
"""FM broadcasting: the band in which something is heard almost everywhere."""


async def hear(name: str, medium: Medium) -> str:
    """What came of listening. Raises ``SweeperError`` where it cannot listen."""
    from sweeper.radio import inventory

    plan = SweepPlan(name="test", bands=(TEST_BAND,), ble_seconds=TEST_S, wifi_seconds=TEST_S)
    samples, adverts, frames, loudest = 0, 0, 0, -200.0
    said = ""
    began = time.monotonic()
    source = inventory.open_source(name, plan)
    async with aclosing(source.records(plan)) as stream:
        async for record in stream:
            if isinstance(record, IqBlock) and len(record.samples):
                samples += len(record.samples)
                power = float(np.mean(np.abs(record.samples) ** 2))
                loudest = max(loudest, 10 * np.log10(max(power, 1e-20)))
            elif isinstance(record, AdvertisementBatch):
                adverts += len(record.adverts)
            elif isinstance(record, FrameBatch):
                frames += len(record.frames)
            elif isinstance(record, Status) and record.detail:
                said = told(record.said or record.detail)
            if time.monotonic() - began > LONGEST_S:
                break
    if medium is Medium.RF and samples:
        level = words.decibels(round(loudest), "dBFS")
        return _("It works: {n} samples, the strongest hop at {level}.").format(n=samples, level=level)
    if medium is Medium.BLE and adverts:
        return (
            _("It works.")
            + " "
            + ngettext("{n} advertisement was heard.", "{n} advertisements were heard.", adverts)
        )
    if medium is Medium.WIFI and frames:
        return _("It works.") + " " + ngettext("{n} frame was heard.", "{n} frames were heard.", frames)
    nothing = _("It opens, but nothing was heard within two seconds.")
    return f"{nothing} {said}".strip()
