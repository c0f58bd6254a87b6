"""A small job made by hand: one sweep, one tag, one finding about it."""

from __future__ import annotations

from pathlib import Path

from sweeper.jobs.job import Head, Job, Person, Role
from sweeper.jobs.sink import JobSink
from sweeper.records import Device, Finding, Level, Medium
from sweeper.text import say

ADDRESS = "C1:02:03:04:05:06"
HEAD = Head(
    number="2026-7",
    purpose="sweep of a meeting room",
    permission="the owner's letter of 1.11.2026",
    place="Almaty, office 5",
    people=(Person("Aigul", Role.TECHNICIAN), Person("Viktor", Role.VIEWER)),
    profile="kz",
)


def finding(number: str = "F-001") -> Finding:
    return Finding(
        source="ble",
        time_s=1.0,
        id=number,
        level=Level.LOW,
        kind="tracker",
        title=say("A tag"),
        subject="ble-0001",
        raised_s=1.0,
        confidence=0.9,
        why=(say("Its address is {address}.", address=ADDRESS),),
        benign=(say("a"), say("b")),
        next=(say("look"),),
        evidence=(),
    )


def device() -> Device:
    facts = {"ble.name": "low", "ble.company": 76}  # a name that is also a word of the program
    return Device(source="ble", time_s=1.0, id="ble-0001", medium=Medium.BLE, address=ADDRESS, facts=facts)


def made(folder: Path, head: Head = HEAD) -> Job:
    """The job in ``folder``, open."""
    job = Job.create(folder, head, "Aigul")
    sink = JobSink(job.store, job.start_sweep("Aigul", "office"))
    sink(device())
    sink(finding())
    sink.flush()
    return job
