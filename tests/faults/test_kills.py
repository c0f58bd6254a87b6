"""A sweep into a job, killed three times: the short form of ``python -m tests.measure.kills sweep 100``.

The sweep runs in a forked process, which spares the start of the program, and promises to commit at once.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from sweeper.casework import spectra
from sweeper.casework.keeping import begin
from sweeper.jobs import packets, sink
from sweeper.jobs.job import Job
from sweeper.radio.rtlsdr import RtlSdr
from sweeper.radio.sweep import SweepSource
from sweeper.session import Session, standard_stages
from tests.faults.test_sources import LIBRARY
from tests.measure.kills import SCENE, Place, all_gone, check, committed, descendants, wait
from tests.radio.virtual import plan_of, scene

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the virtual dongle is Linux's")


def sweep_for_ever(folder: Path) -> None:
    """A kept sweep of one band; it ends only by being killed."""
    spectra.COMMIT_S = packets.COMMIT_S = sink.COMMIT_S = 0.0  # type: ignore[misc]
    kept = begin(Job(folder), "kills", "sweep")
    source = SweepSource("rtlsdr", lambda: RtlSdr(""))
    plan = plan_of((433, 435), passes=1_000_000, gain_db=30.0)
    asyncio.run(Session([source], standard_stages(LIBRARY), kept.sinks, plan).run())


def has_heard(folder: Path, sweep: int) -> bool:
    """Whether something of the air is committed for that sweep."""
    return any((number, kind) == (sweep, "spectrum") for number, kind, _item in committed(folder))


def test_three_kills_of_a_sweep_lose_nothing_and_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene(tmp_path, monkeypatch, SCENE)
    place, dice = Place(tmp_path).prepared(), random.Random(9)
    for turn in range(3):
        earlier = committed(place.job)
        child = os.fork()
        if child == 0:
            try:
                sweep_for_ever(place.job)
            finally:
                os._exit(1)
        wait(partial(has_heard, place.job, turn + 1), "nothing was committed")
        time.sleep(dice.uniform(0.0, 0.1))
        seen, drivers = committed(place.job), descendants(child)
        os.kill(child, signal.SIGKILL)
        assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
        assert len(drivers) == 1
        wait(partial(all_gone, drivers), "the driver lives on")
        check(place, seen, earlier)
        assert len({sweep for sweep, _kind, _item in seen}) == turn + 1
