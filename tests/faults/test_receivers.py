"""The driver is killed in the middle of a sweep: told, started again, and no part of the plan missing."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from sweeper.errors import Reason
from sweeper.radio.rtlsdr import RtlSdr
from sweeper.radio.sweep import SweepSource
from sweeper.records import IqBlock, Record
from sweeper.report import results
from sweeper.report.collect import Collector
from sweeper.session import Session, standard_stages
from tests.faults.test_sources import LIBRARY
from tests.radio.virtual import children, covered, gaps, limited, plan_of, scene, states

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the virtual dongle is Linux's")

DONGLE = "device serial=00000042\nnoise -100\n"
SPAN_MHZ = (430, 500)
"""Some thirty hops: more than the eight looks that are sent ahead, whose answers outlive the child."""


def swept(kills: int) -> tuple[list[Record], int]:
    """The records of a sweep whose driver is killed ``kills`` times; how often that was done.

    What a driver has sent before its end is still heard, so the next one is there a few blocks later.
    """
    source = SweepSource("rtlsdr", lambda: RtlSdr(""), (0.05,) * 8)
    before = children()

    async def collect() -> tuple[list[Record], int]:
        records: list[Record] = []
        killed: set[int] = set()
        async for record in source.records(plan_of(SPAN_MHZ)):
            records.append(record)
            if isinstance(record, IqBlock) and len(killed) < kills:
                for child in children() - before - killed:
                    os.kill(child, signal.SIGKILL)
                    killed.add(child)
        return records, len(killed)

    made = limited(collect())
    assert children() == before
    return made


def test_a_killed_driver_is_told_and_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene(tmp_path, monkeypatch, DONGLE)
    records, kills = swept(1)
    assert kills == 1
    first, lost, again = states(records)
    assert (first.reason, again.reason) == (None, None)
    assert lost.reason is Reason.STALLED
    assert "process" in lost.detail
    assert gaps(covered(records), 430e6, 500e6) == []


def test_killed_again_and_again_the_sweep_still_hears_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene(tmp_path, monkeypatch, DONGLE)
    records, kills = swept(3)
    assert kills == 3
    assert [status.reason for status in states(records)].count(Reason.STALLED) == 3
    assert gaps(covered(records), 430e6, 500e6) == []


def test_in_a_session_it_reaches_the_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same through session and document: the status is printed, the span is covered."""
    scene(tmp_path, monkeypatch, DONGLE)
    before, collected, heard = children(), Collector(), [0]

    def killer(record: Record) -> None:
        heard[0] += isinstance(record, IqBlock)
        if heard[0] == 3 and isinstance(record, IqBlock):
            for child in children() - before:
                os.kill(child, signal.SIGKILL)

    source = SweepSource("rtlsdr", lambda: RtlSdr(""), (0.05,) * 8)
    session = Session([source], standard_stages(LIBRARY), [collected, killer], plan_of(SPAN_MHZ))
    outcome = limited(session.run())
    assert outcome.unheard == ()
    document = results.document(collected, library=LIBRARY)
    assert "stalled" in {row["reason"] for row in document["status"]}
