"""Meetings by hand: when was a signal on the air, and when did people talk?"""

from __future__ import annotations

from pathlib import Path

import pytest

from sweeper import language
from sweeper.casework import search
from sweeper.jobs.job import Head, Job
from sweeper.jobs.papers import Check, Found, Meeting
from sweeper.records import Burst, Emission, Finding, Level, Medium, Opened
from sweeper.report.collect import Collector
from sweeper.text import say

START = 1_794_000_000.0
EN = language.get("en")


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job.create(
        tmp_path / "job", Head(number="1", purpose="p", permission="p", place="p", own=True), "me"
    )


def heard(*bursts: tuple[float, float], start_utc_s: float | None = START) -> Collector:
    """One finding, on the air in these stretches (seconds from the start, length)."""
    collected = Collector()
    collected(Opened(source="r", time_s=0.0, medium=Medium.RF, start_utc_s=start_utc_s))
    made = tuple(Burst(at, length, 433e6, 20.0) for at, length in bursts)
    collected(
        Emission(
            source="r",
            time_s=0.0,
            id="rf-1",
            center_hz=433e6,
            width_hz=1e4,
            power_dbfs=-30.0,
            snr_db=20.0,
            start_s=0.0,
            stop_s=100.0,
            bursts=made,
        )
    )
    collected(
        Finding(
            source="r",
            time_s=0.0,
            id="F-001",
            level=Level.MEDIUM,
            kind="rf-bug",
            title=say("t"),
            subject="rf-1",
            raised_s=0.0,
            confidence=0.5,
            why=(),
            benign=(),
            next=(),
            evidence=(),
        )
    )
    return collected


@pytest.mark.parametrize(
    ("bursts", "inside", "outside", "word"),
    [
        (((10.0, 10.0), (50.0, 2.0)), "10 s", "2 s", "keeps to the meetings"),
        (((0.0, 10.0), (50.0, 10.0)), "0 s", "20 s", ""),
        (((5.0, 10.0),), "5 s", "5 s", ""),  # half of one burst
        ((), "10 s", "1 min 30 s", ""),  # a carrier all the time
    ],
)
def test_time_inside_and_outside_the_meeting(
    job: Job, bursts: tuple[tuple[float, float], ...], inside: str, outside: str, word: str
) -> None:
    job.file(Meeting(label="Board", start_utc_s=START + 10, stop_utc_s=START + 20), "me", "meeting")
    section = search.meetings(job, heard(*bursts), EN)
    assert section is not None
    assert section.table is not None
    ((_, _, within, otherwise, said),) = section.table.rows
    assert [within.replace("\u202f", " "), otherwise.replace("\u202f", " "), said] == [inside, outside, word]


def test_without_a_time_of_day_nothing_is_claimed(job: Job) -> None:
    assert search.meetings(job, heard((1.0, 1.0)), EN) is None
    job.file(Meeting(label="Board", start_utc_s=START, stop_utc_s=START + 20), "me", "meeting")
    section = search.meetings(job, heard((1.0, 1.0), start_utc_s=None), EN)
    assert section is not None
    assert section.table is None
    assert "no recording tells its time of day" in section.paragraphs[0]


def test_a_checklists_place_is_named_in_the_readers_language(job: Job) -> None:
    for place in ("car/obd", "car/nothing such", "behind the stove"):
        job.file(Check(place=place, method="", result=Found.NOTHING, who="me", utc_s=0.0), "me", "check")
    for code, expected in (("en", "by eye and hand"), ("ru", None), ("kk", None)):
        section = search.by_hand(job, language.get(code))
        assert section is not None
        assert section.table is not None
        first, unknown, own = section.table.rows
        assert first[0] != "car/obd"
        assert (unknown[0], own[0]) == ("car/nothing such", "behind the stove")
        assert expected in (None, first[1])
